// SPDX-License-Identifier: GPL-2.0-only
/* What the kernel says of processes and patches, in words and totals. */
#include <stdio.h>
#include <string.h>

#include "status.h"
#include "text.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const state_names[] = {
	[SUTURE_PROC_UNPATCHED] = "unpatched",
	[SUTURE_PROC_PATCHED] = "patched",
	[SUTURE_PROC_WAITING] = "waiting",
	[SUTURE_PROC_DRAINING] = "draining",
	[SUTURE_PROC_NOT_APPLICABLE] = "not applicable",
	[SUTURE_PROC_REFUSED] = "refused",
	[SUTURE_PROC_FAILED] = "failed",
};

static const char *const reason_names[] = {
	[SUTURE_REASON_NONE] = "none",
	[SUTURE_REASON_INSIDE] = "inside",
	[SUTURE_REASON_RUNNING] = "running",
	[SUTURE_REASON_FORKING] = "forking",
	[SUTURE_REASON_ALTSTACK] = "altstack",
	[SUTURE_REASON_BUSY] = "busy",
	[SUTURE_REASON_NOT_EXEC] = "not-exec",
	[SUTURE_REASON_INCOMPLETE] = "incomplete",
	[SUTURE_REASON_OLD_BYTES] = "old-bytes",
	[SUTURE_REASON_NO_ROOM] = "no-room",
	[SUTURE_REASON_AMBIGUOUS] = "ambiguous",
	[SUTURE_REASON_HOOK] = "hook",
	[SUTURE_REASON_HOOK_LATE] = "hook-late",
	[SUTURE_REASON_HOOK_NOBODY] = "hook-nobody",
	[SUTURE_REASON_LINKER] = "linker",
	[SUTURE_REASON_SCOPE] = "scope",
	[SUTURE_REASON_CANARY] = "canary",
	[SUTURE_REASON_PARTLY] = "partly",
	[SUTURE_REASON_REPLACED] = "replaced",
	[SUTURE_REASON_HOOKS_DUE] = "hooks-due",
};

static const char *const patch_state_names[] = {
	[SUTURE_PATCH_APPLYING] = "applying",
	[SUTURE_PATCH_APPLIED] = "applied",
	[SUTURE_PATCH_REVERTING] = "reverting",
};

const char *suture_proc_state_name(uint32_t state)
{
	return state < ARRAY_SIZE(state_names) ? state_names[state] : "unknown";
}

const char *suture_proc_reason_name(uint32_t reason)
{
	return reason < ARRAY_SIZE(reason_names) ? reason_names[reason] : "unknown";
}

const char *suture_patch_state_name(uint32_t state)
{
	if (state >= ARRAY_SIZE(patch_state_names) || !patch_state_names[state])
		return "unknown";
	return patch_state_names[state];
}

void suture_totals_count(const struct suture_proc *procs, size_t nr, struct suture_totals *ret)
{
	size_t i;

	memset(ret, 0, sizeof(*ret));
	for (i = 0; i < nr; i++) {
		ret->total++;
		switch (procs[i].state) {
		case SUTURE_PROC_UNPATCHED:
			ret->unpatched++;
			break;
		case SUTURE_PROC_PATCHED:
			ret->patched++;
			break;
		case SUTURE_PROC_WAITING:
			ret->waiting++;
			break;
		case SUTURE_PROC_DRAINING:
			ret->draining++;
			break;
		case SUTURE_PROC_NOT_APPLICABLE:
			ret->not_applicable++;
			break;
		case SUTURE_PROC_REFUSED:
			ret->refused++;
			break;
		case SUTURE_PROC_FAILED:
			ret->failed++;
			break;
		default:
			ret->unknown++;
		}
	}
}

char *suture_totals_text(const struct suture_totals *t, char *buf, size_t size)
{
	const struct {
		uint32_t nr;
		const char *word;
	} parts[] = {
		{ t->patched, "patched" },
		{ t->unpatched, "unpatched" },
		{ t->waiting, "waiting" },
		{ t->draining, "draining" },
		{ t->not_applicable, "not applicable" },
		{ t->refused, "refused" },
		{ t->failed, "failed" },
		{ t->unknown, "in a state that this suture does not know" },
	};
	const char *between = ": ";
	size_t len, i;

	snprintf(buf, size, "%u process%s", t->total, t->total == 1 ? "" : "es");
	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		if (!parts[i].nr)
			continue;
		len = strlen(buf);
		snprintf(buf + len, size - len, "%s%u %s", between, parts[i].nr, parts[i].word);
		between = ", ";
	}
	return buf;
}

static void thread_text(const struct suture_proc *proc, char *buf, size_t size)
{
	char comm[4 * sizeof(proc->thread_comm)];

	suture_text_clean_buf(proc->thread_comm, 0, comm, sizeof(comm));
	if (!proc->tid)
		snprintf(buf, size, "a thread");
	else if (*comm)
		snprintf(buf, size, "thread %d (%s)", proc->tid, comm);
	else
		snprintf(buf, size, "thread %d", proc->tid);
}

static void func_text(const struct suture_proc *proc, const struct suture_spm *spm,
		      const char *unknown, char *buf, size_t size)
{
	const char *name = suture_spm_func_name(spm, proc->func);

	if (name)
		suture_text_clean_buf(name, 0, buf, size);
	else if (proc->func == SUTURE_NO_FUNC)
		snprintf(buf, size, "%s", unknown);
	else
		snprintf(buf, size, "function number %u", proc->func);
}

static void waiting_detail(const struct suture_proc *proc, const struct suture_spm *spm,
			   char *buf, size_t size)
{
	char thread[128], func[512], tries[64] = "";

	thread_text(proc, thread, sizeof(thread));
	func_text(proc, spm, "a function of the patch", func, sizeof(func));
	if (proc->attempts > 1)
		snprintf(tries, sizeof(tries), "; %u attempts", proc->attempts);

	switch (proc->reason) {
	case SUTURE_REASON_INSIDE:
		snprintf(buf, size, "%s is inside %s%s", thread, func, tries);
		break;
	case SUTURE_REASON_RUNNING:
		snprintf(buf, size, "%s did not stop within the time allowed%s", thread, tries);
		break;
	case SUTURE_REASON_FORKING:
		snprintf(buf, size, "%s is in clone, fork or vfork%s", thread, tries);
		break;
	case SUTURE_REASON_ALTSTACK:
		snprintf(buf, size, "%s runs on another stack%s", thread, tries);
		break;
	case SUTURE_REASON_BUSY:
		snprintf(buf, size, "a lock or a page of the process was not free%s", tries);
		break;
	case SUTURE_REASON_HOOK_NOBODY:
		snprintf(buf, size, "no thread could be made to run the hooks%s", tries);
		break;
	case SUTURE_REASON_LINKER:
		snprintf(buf, size, "%s is in the dynamic linker, the hooks must wait%s", thread,
			 tries);
		break;
	case SUTURE_REASON_HOOKS_DUE:
		snprintf(buf, size, "patched, but its hooks have not run yet%s", tries);
		break;
	default:
		snprintf(buf, size, "reason %u%s", proc->reason, tries);
	}
}

/* Which hook, in words; hooks have no names. */
static void hook_text(const struct suture_proc *proc, const struct suture_spm *spm, char *buf,
		      size_t size)
{
	static const char *const kinds[] = {
		[SUTURE_HOOK_PRE_PATCH] = "pre_patch",
		[SUTURE_HOOK_POST_PATCH] = "post_patch",
		[SUTURE_HOOK_PRE_UNPATCH] = "pre_unpatch",
		[SUTURE_HOOK_POST_UNPATCH] = "post_unpatch",
	};
	uint32_t kind = 0;

	if (spm && proc->func < spm->note.nr_hooks)
		kind = spm->note.hooks[proc->func].kind;
	if (kind && kind < ARRAY_SIZE(kinds))
		snprintf(buf, size, "%s hook (number %u)", kinds[kind], proc->func);
	else if (proc->func != SUTURE_NO_FUNC)
		snprintf(buf, size, "hook number %u", proc->func);
	else
		snprintf(buf, size, "hook");
}

static void late_detail(const struct suture_proc *proc, const struct suture_spm *spm, char *buf,
			size_t size)
{
	char thread[128], hook[64];

	thread_text(proc, thread, sizeof(thread));
	hook_text(proc, spm, hook, sizeof(hook));
	snprintf(buf, size, "the %s did not return in time in %s", hook, thread);
}

static void failed_detail(const struct suture_proc *proc, const struct suture_spm *spm, char *buf,
			  size_t size)
{
	if (proc->reason == SUTURE_REASON_HOOK_LATE)
		late_detail(proc, spm, buf, size);
	else
		snprintf(buf, size, "%s (error %d)", strerror(-proc->error), -proc->error);
}

static void other_detail(const struct suture_proc *proc, const struct suture_spm *spm, char *buf,
			 size_t size)
{
	char func[512], hook[64];

	switch (proc->reason) {
	case SUTURE_REASON_NONE:
		*buf = '\0';
		break;
	case SUTURE_REASON_NOT_EXEC:
		snprintf(buf, size, "maps the file, but not its text");
		break;
	case SUTURE_REASON_INCOMPLETE:
		snprintf(buf, size, "does not map all objects of the patch");
		break;
	case SUTURE_REASON_OLD_BYTES:
		func_text(proc, spm, "a replaced function", func, sizeof(func));
		snprintf(buf, size,
			 "the text of %s is not what the patch names (a breakpoint, another hook?)",
			 func);
		break;
	case SUTURE_REASON_NO_ROOM:
		snprintf(buf, size, "no free address space in reach of the object");
		break;
	case SUTURE_REASON_AMBIGUOUS:
		snprintf(buf, size, "an object is mapped too many times");
		break;
	case SUTURE_REASON_HOOK:
		hook_text(proc, spm, hook, sizeof(hook));
		snprintf(buf, size, "the %s refused with %d", hook, proc->error);
		break;
	case SUTURE_REASON_HOOK_LATE:
		late_detail(proc, spm, buf, size);
		break;
	case SUTURE_REASON_SCOPE:
		snprintf(buf, size, "the patch is not for this process (its rules exclude it)");
		break;
	case SUTURE_REASON_CANARY:
		snprintf(buf, size, "not one of the canaries; `suture promote' goes on to it");
		break;
	case SUTURE_REASON_PARTLY:
		snprintf(buf, size, "in part: it does not map all targets");
		break;
	case SUTURE_REASON_REPLACED:
		snprintf(buf, size, proc->state == SUTURE_PROC_PATCHED ?
			 "until the patch that takes its place can be applied" :
			 "the patch that takes its place is in force");
		break;
	default:
		snprintf(buf, size, "reason %u", proc->reason);
	}
}

char *suture_proc_detail(const struct suture_proc *proc, const struct suture_spm *spm, char *buf,
			 size_t size)
{
	char thread[128], func[512];

	*buf = '\0';
	switch (proc->state) {
	case SUTURE_PROC_WAITING:
		waiting_detail(proc, spm, buf, size);
		break;
	case SUTURE_PROC_DRAINING:
		if (proc->reason == SUTURE_REASON_BUSY) {
			waiting_detail(proc, spm, buf, size);
			break;
		}
		thread_text(proc, thread, sizeof(thread));
		func_text(proc, spm, "a new function", func, sizeof(func));
		snprintf(buf, size, "%s is still inside %s%s", thread,
			 proc->func == SUTURE_NO_FUNC ? "" : "the new ", func);
		break;
	case SUTURE_PROC_FAILED:
		failed_detail(proc, spm, buf, size);
		break;
	case SUTURE_PROC_UNPATCHED:
		if (!proc->attempts)
			snprintf(buf, size, "not reached yet");
		break;
	default:
		other_detail(proc, spm, buf, size);
	}
	return buf;
}

struct suture_spm *suture_status_spm(const struct suture_ioc_patch *patch)
{
	struct suture_spm *spm;

	if (suture_spm_open(patch->path, &spm, NULL))
		return NULL;
	if (!strcmp(suture_spm_name(spm), patch->name) &&
	    !strcmp(spm_string(&spm->note, spm->note.head->version), patch->version) &&
	    spm->note.nr_funcs == patch->nr_funcs)
		return spm;
	suture_spm_close(spm);
	return NULL;
}
