// SPDX-License-Identifier: GPL-2.0-only
/* How suture trace shows what was counted. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "output.h"
#include "trace-print.h"

/* What one process called of one function (or site), both sides together. */
struct row {
	const char *name;
	uint64_t new, old, behind;
	bool exact, original;
};

void trace_begin(const struct suture_spm *spm, const struct suture_trace *trace)
{
	const struct suture_trace_func *funcs;
	size_t nr, i, nr_old = 0, nr_new = 0, files = suture_trace_files(trace);

	funcs = suture_trace_funcs(trace, &nr);
	for (i = 0; i < nr; i++) {
		if (!funcs[i].traced)
			cli_note("%s: the %s code cannot be traced: %s", funcs[i].name,
				 funcs[i].old ? "old" : "new", funcs[i].why);
		else if (!funcs[i].exact)
			cli_note("%s: a call of the %s code may be counted more than once",
				 funcs[i].name, funcs[i].old ? "old" : "new");
		nr_old += funcs[i].traced && funcs[i].old;
		nr_new += funcs[i].traced && !funcs[i].old;
	}
	cli_note("tracing %s: %zu old function%s in %zu file%s, %zu new", suture_spm_name(spm),
		 nr_old, nr_old == 1 ? "" : "s", files, files == 1 ? "" : "s", nr_new);
}

/* The row of the count at *@i and of those that follow for the same function. */
static struct row next_row(const struct trace_print *print, const struct suture_trace_proc *proc,
			   size_t *i)
{
	const struct suture_trace_func *funcs;
	uint32_t number;
	size_t nr;
	struct row row = { .exact = true };

	funcs = suture_trace_funcs(print->trace, &nr);
	number = funcs[proc->counts[*i].func].number;
	for (; *i < proc->nr && funcs[proc->counts[*i].func].number == number; ++*i) {
		const struct suture_trace_count *c = &proc->counts[*i];
		const struct suture_trace_func *f = &funcs[c->func];

		row.name = f->name;
		row.exact &= f->exact;
		row.original |= f->original;
		if (f->old) {
			row.old += c->calls;
			row.behind += c->behind;
		} else {
			row.new += c->calls;
		}
	}
	return row;
}

/* What a process is, in words; "" when there is nothing to say. */
static char *standing_text(const struct trace_print *print, const struct suture_trace_proc *proc,
			   char *buf, size_t size)
{
	char detail[1024] = "";
	int len = 0;

	*buf = '\0';
	if (!proc->status)
		len = snprintf(buf, size, "%s", print->loaded ? "gone" : "the patch is not loaded");
	else {
		suture_proc_detail(proc->status, print->spm, detail, sizeof(detail));
		len = snprintf(buf, size, "%s%s%s", suture_proc_state_name(proc->status->state),
			       *detail ? ": " : "", detail);
	}
	switch (proc->standing) {
	case SUTURE_STANDING_BEFORE:
		snprintf(buf + len, size - len, "; the old calls were before it was patched");
		break;
	case SUTURE_STANDING_BEHIND:
		snprintf(buf + len, size - len, "; yet somebody enters the old code behind the branch");
		break;
	case SUTURE_STANDING_INSIDE:
		snprintf(buf + len, size - len, "; thread %d seems to be still inside the old %s",
			 proc->inside_tid, suture_spm_func_name(print->spm, proc->inside_func) ?: "?");
		break;
	default:
		break;
	}
	return buf;
}

static void print_name(const struct suture_trace_proc *proc)
{
	if (proc->pid)
		printf("  %7d  ", proc->pid);
	else
		printf("  %7s  ", "-");		/* not of our pid namespace */
	output_text(proc->comm, 15);
	printf("  ");
}

static void print_proc(const struct trace_print *print, const struct suture_trace_proc *proc)
{
	char text[2048];
	size_t i = 0;

	if (!proc->nr) {
		/* those that could not even have done it are of no interest */
		if (proc->standing == SUTURE_STANDING_NEW)
			return;
		print_name(proc);
		printf("%-24s  %10s  %10s  %s\n", "-", "-", "-",
		       standing_text(print, proc, text, sizeof(text)));
		return;
	}
	standing_text(print, proc, text, sizeof(text));
	while (i < proc->nr) {
		struct row row = next_row(print, proc, &i);

		print_name(proc);
		output_text(row.name, 24);
		printf("  %10" PRIu64 "  %10" PRIu64 "  %s", row.new, row.old, text);
		if (row.behind)
			printf("; %" PRIu64 " of the old by %s", row.behind,
			       row.original ? "the patch itself" : "another way than its entry");
		printf("\n");
		*text = '\0';	/* once is enough */
	}
}

static void print_verdict(const struct trace_print *print)
{
	size_t could = 0, inside = 0, before = 0, runs = 0, i;

	for (i = 0; i < print->report.nr_procs; i++) {
		enum suture_standing s = print->report.procs[i].standing;

		could += s == SUTURE_STANDING_COULD;
		inside += s == SUTURE_STANDING_INSIDE;
		before += s == SUTURE_STANDING_BEFORE;
		runs += s >= SUTURE_STANDING_ENDED;
	}
	switch (print->report.verdict) {
	case SUTURE_VERDICT_DEAD:
		printf("the old code is dead%s%s\n", print->pid ? " in this process" : "",
		       before ? ": it was called only before the patch" : "");
		break;
	case SUTURE_VERDICT_IDLE:
		printf("the old code was not called, but it is not dead: ");
		if (!print->loaded)
			printf("the patch is not loaded\n");
		else if (print->patch.state == SUTURE_PATCH_REVERTING)
			printf("the patch is being reverted\n");
		else
			printf("%zu process%s can call it, %zu ha%s a thread inside\n", could,
			       could == 1 ? "" : "es", inside, inside == 1 ? "s" : "ve");
		break;
	case SUTURE_VERDICT_ALIVE:
		printf("the old code is alive: %zu process%s ran it\n", runs, runs == 1 ? "" : "es");
		break;
	}
	if (print->lost)
		printf("%" PRIu64 " calls were not counted: too many processes\n", print->lost);
}

static int exit_code(const struct trace_print *print)
{
	return print->report.verdict == SUTURE_VERDICT_DEAD && !print->lost ? SUTURE_EXIT_DONE
									   : SUTURE_EXIT_PARTIAL;
}

int trace_text(const struct trace_print *print)
{
	size_t i;

	printf("  %7s  %-15s  %-24s  %10s  %10s  %s\n", "PID", "COMMAND", "FUNCTION", "NEW", "OLD",
	       "STATE");
	for (i = 0; i < print->report.nr_procs; i++)
		print_proc(print, &print->report.procs[i]);
	printf("%s, %.1f s: ", suture_spm_name(print->spm), print->seconds);
	print_verdict(print);
	return exit_code(print);
}

static struct json_object *json_counts(const struct trace_print *print,
				       const struct suture_trace_proc *proc)
{
	struct json_object *list = json_object_new_array(), *obj;
	size_t i = 0;

	while (i < proc->nr) {
		struct row row = next_row(print, proc, &i);

		obj = json_object_new_object();
		json_object_object_add(obj, "function", json_text(row.name));
		json_object_object_add(obj, "new", json_object_new_uint64(row.new));
		json_object_object_add(obj, "old", json_object_new_uint64(row.old));
		json_object_object_add(obj, "old_behind_branch", json_object_new_uint64(row.behind));
		json_object_object_add(obj, "exact", json_object_new_boolean(row.exact));
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_procs_traced(const struct trace_print *print)
{
	struct json_object *list = json_object_new_array(), *obj;
	char text[2048];
	size_t i;

	for (i = 0; i < print->report.nr_procs; i++) {
		const struct suture_trace_proc *proc = &print->report.procs[i];
		const struct suture_proc *status = proc->status;

		obj = json_object_new_object();
		json_object_object_add(obj, "pid", json_object_new_int(proc->pid));
		json_object_object_add(obj, "comm", json_text(proc->comm));
		json_object_object_add(obj, "state",
				       status ? json_text(suture_proc_state_name(status->state)) : NULL);
		json_object_object_add(obj, "reason",
				       status ? json_text(suture_proc_reason_name(status->reason))
					      : NULL);
		json_object_object_add(obj, "standing",
				       json_text(suture_standing_name(proc->standing)));
		json_object_object_add(obj, "detail",
				       json_text(standing_text(print, proc, text, sizeof(text))));
		json_object_object_add(obj, "functions", json_counts(print, proc));
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_funcs(const struct trace_print *print)
{
	struct json_object *list = json_object_new_array(), *obj;
	const struct suture_trace_func *funcs;
	size_t nr, i;

	funcs = suture_trace_funcs(print->trace, &nr);
	for (i = 0; i < nr; i++) {
		obj = json_object_new_object();
		json_object_object_add(obj, "function", json_text(funcs[i].name));
		json_object_object_add(obj, "side", json_text(funcs[i].old ? "old" : "new"));
		json_object_object_add(obj, "traced", json_object_new_boolean(funcs[i].traced));
		json_object_object_add(obj, "exact", json_object_new_boolean(funcs[i].exact));
		json_object_object_add(obj, "original", json_object_new_boolean(funcs[i].original));
		json_object_object_add(obj, "why", funcs[i].traced ? NULL : json_text(funcs[i].why));
		json_object_array_add(list, obj);
	}
	return list;
}

int trace_json(const struct trace_print *print)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "name", json_text(suture_spm_name(print->spm)));
	json_object_object_add(root, "loaded", json_object_new_boolean(print->loaded));
	json_object_object_add(root, "seconds", json_object_new_double(print->seconds));
	json_object_object_add(root, "verdict",
			       json_text(suture_verdict_name(print->report.verdict)));
	json_object_object_add(root, "lost", json_object_new_uint64(print->lost));
	json_object_object_add(root, "traced", json_funcs(print));
	json_object_object_add(root, "processes", json_procs_traced(print));
	return json_finish(root, exit_code(print));
}
