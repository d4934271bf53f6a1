// SPDX-License-Identifier: GPL-2.0-only
/* Waiting for transitions, with a progress line, and the summary at their end. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "settle.h"
#include "wait.h"

#define CLEAR_LINE	"\r\033[K"

/* Second opinions: no more than this at a time, and so often. */
#define SETTLE_BUDGET_MS	200
#define SETTLE_EVERY_MS		1000
#define REPLACED_MS		3000	/* at most, for patches whose place was taken */

static volatile sig_atomic_t interrupted;

struct progress {
	const struct suture_spm *spm;
	bool reverting;
	bool terminal;
	bool shown;
	struct suture_settler *settler;	/* NULL: --no-unwind */
	int64_t next_settle;		/* milliseconds */
};

int wait_parse_timeout(const char *text, int64_t *ret_ms)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end == text || *end || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
		return -EINVAL;
	*ret_ms = (int64_t)(seconds * 1000);
	return 0;
}

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

/* Ctrl-C ends the waiting, not the transition: say so instead of dying. */
static void catch_interrupt(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
}

/* The process that one should know of first. */
static const struct suture_proc *held_up(const struct suture_proc *procs, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (procs[i].state == SUTURE_PROC_WAITING || procs[i].state == SUTURE_PROC_DRAINING)
			return &procs[i];
	return NULL;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Those that wait for a thread's stack: does it only look so? */
static void settle(struct progress *progress, const struct suture_proc *procs, size_t nr)
{
	int64_t begin = now_ms();
	bool soon;

	if (!progress->settler || begin < progress->next_settle)
		return;
	/* No answer is no error: the transition goes on as it would without. Where there was no
	 * time for all threads, and it is of use, the others are next. */
	soon = suture_settler_pass(progress->settler, procs, nr, SETTLE_BUDGET_MS, NULL, NULL,
				   NULL) > 0 &&
	       now_ms() - begin >= SETTLE_BUDGET_MS;
	progress->next_settle = now_ms() + (soon ? SETTLE_BUDGET_MS : SETTLE_EVERY_MS);
}

static bool on_progress(const struct suture_proc *procs, size_t nr, void *arg)
{
	char detail[1024], comm[64], line[2048];
	const struct suture_proc *proc = held_up(procs, nr);
	struct progress *progress = arg;
	struct suture_totals totals;
	struct winsize size;
	uint32_t done;
	int columns = 80, len;

	settle(progress, procs, nr);
	if (!progress->terminal)
		return !interrupted;
	suture_totals_count(procs, nr, &totals);
	done = progress->reverting ? totals.unpatched : totals.patched;
	len = snprintf(line, sizeof(line), "%s %u of %u",
		       progress->reverting ? "reverted" : "patched", done, totals.total);
	if (proc) {
		suture_proc_detail(proc, progress->spm, detail, sizeof(detail));
		suture_text_clean_buf(proc->comm, 0, comm, sizeof(comm));
		snprintf(line + len, sizeof(line) - len, ", waiting: %d (%s): %s", proc->pid, comm,
			 detail);
	}
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col > 1)
		columns = size.ws_col;
	fprintf(stderr, CLEAR_LINE "%.*s", columns - 1, line);
	fflush(stderr);
	progress->shown = true;
	return !interrupted;
}

static int wait_for(int dev, const char *name, const struct wait_options *opt,
		    struct progress *progress, struct suture_error *err)
{
	int ret;

	catch_interrupt();
	progress->terminal = !opt->json && isatty(STDERR_FILENO);
	if (!opt->no_unwind) {
		ret = suture_settler_new(dev, name, &progress->settler, err);
		if (ret)
			return ret;
	}
	ret = suture_transition_wait(dev, name, opt->timeout_ms, on_progress, progress, err);
	suture_settler_free(progress->settler);
	progress->settler = NULL;
	if (progress->shown)
		fprintf(stderr, CLEAR_LINE);
	return ret;
}

/*
 * Those whose place the patch has taken everywhere are out of force, but stay loaded while a
 * thread seems to be inside them. Nobody else would find out that it is not.
 */
static void settle_replaced(int dev, const char *name, const struct wait_options *opt)
{
	struct wait_options brief = *opt;
	struct suture_ioc_patch *patches;
	struct suture_error err;
	size_t nr, i;

	if (brief.timeout_ms < 0 || brief.timeout_ms > REPLACED_MS)
		brief.timeout_ms = REPLACED_MS;
	if (suture_device_patches(dev, &patches, &nr, &err))
		return;
	for (i = 0; i < nr && !interrupted; i++) {
		struct progress progress = { .reverting = true };

		if (!strcmp(patches[i].replaced_by, name) &&
		    patches[i].state == SUTURE_PATCH_REVERTING)
			wait_for(dev, patches[i].name, &brief, &progress, &err);
	}
	free(patches);
}

/* Those that need somebody's attention. */
static void output_troubled(const struct suture_proc *procs, size_t nr,
			    const struct suture_spm *spm)
{
	struct suture_proc *some = calloc(nr + 1, sizeof(*some));
	size_t nr_some = 0, i;

	if (!some)
		return;
	for (i = 0; i < nr; i++)
		if (procs[i].state != SUTURE_PROC_PATCHED &&
		    procs[i].state != SUTURE_PROC_UNPATCHED &&
		    procs[i].state != SUTURE_PROC_NOT_APPLICABLE)
			some[nr_some++] = procs[i];
	output_procs(some, nr_some, spm);
	free(some);
}

static void sum_up(const char *name, const char *result, const struct suture_proc *procs,
		   size_t nr, const struct suture_spm *spm)
{
	struct suture_totals totals;
	char text[256];

	suture_totals_count(procs, nr, &totals);
	output_text(name, 0);
	printf(": %s; %s\n", result, suture_totals_text(&totals, text, sizeof(text)));
	output_troubled(procs, nr, spm);
}

static struct json_object *json_summary(const char *name, const char *result,
					const struct suture_proc *procs, size_t nr,
					const struct suture_spm *spm)
{
	struct json_object *obj = json_object_new_object();
	struct suture_totals totals;

	suture_totals_count(procs, nr, &totals);
	json_object_object_add(obj, "name", json_text(name));
	json_object_object_add(obj, "result", json_text(result));
	json_object_object_add(obj, "totals", json_totals(&totals));
	json_object_object_add(obj, "processes", json_procs(procs, nr, spm));
	return obj;
}

static bool in_trouble(const struct suture_proc *procs, size_t nr)
{
	struct suture_totals totals;

	suture_totals_count(procs, nr, &totals);
	return totals.refused || totals.failed;
}

int wait_applied(int dev, const struct patchset_patch *patch, const struct wait_options *opt,
		 struct json_object *list)
{
	struct progress progress = { .spm = patch->spm };
	const char *name = patch->loaded.name, *result;
	struct suture_error err = { 0 };
	struct suture_proc *procs = NULL;
	struct json_object *obj;
	int code = SUTURE_EXIT_DONE, ret = 0;
	size_t nr = 0;

	if (!opt->no_wait)
		ret = wait_for(dev, name, opt, &progress, &err);
	if (!ret && !opt->no_wait && !opt->no_unwind)
		settle_replaced(dev, name, opt);
	if (ret == -ENOENT)
		suture_error_set(&err, ret, "%s: it was reverted while it was being applied", name);
	else if (!ret || ret == -ETIMEDOUT || ret == -EINTR) {
		int r = suture_device_procs(dev, name, &procs, &nr, &err);

		ret = r ? r : ret;
	}
	if (ret && ret != -ETIMEDOUT && ret != -EINTR)
		return cli_error(&err);

	result = patch->loaded.already ? "already applied" : "applied";
	if (ret) {
		code = SUTURE_EXIT_TIMEOUT;
		result = ret == -EINTR ? "interrupted, the transition goes on"
				       : "timed out, the transition goes on";
	} else if (opt->no_wait) {
		result = patch->loaded.already ? "already applied" : "transition started";
	} else if (in_trouble(procs, nr)) {
		code = SUTURE_EXIT_PARTIAL;
	}
	if (list) {
		obj = json_summary(name, result, procs, nr, patch->spm);
		json_object_object_add(obj, "file", json_text(patch->spm ? patch->spm->path : NULL));
		json_object_object_add(obj, "files_found",
				       json_object_new_int64(patch->loaded.nr_files));
		json_object_object_add(obj, "files_added",
				       json_object_new_int64(patch->loaded.nr_added));
		json_object_object_add(obj, "files_left_out",
				       json_object_new_int64(patch->loaded.nr_left_out));
		json_object_array_add(list, obj);
	} else {
		sum_up(name, result, procs, nr, patch->spm);
		if (!nr)
			printf("  no process maps it now; those to come are patched when they do\n");
	}
	free(procs);
	return code;
}

int wait_reverted(int dev, const char *name, const struct suture_spm *spm,
		  const struct suture_totals *before, const struct wait_options *opt,
		  struct json_object *list)
{
	uint32_t was_in = before->patched + before->draining;
	struct progress progress = { .spm = spm, .reverting = true };
	const char *result = "reverted";
	struct suture_error err = { 0 };
	struct suture_proc *procs = NULL;
	int code = SUTURE_EXIT_DONE, ret = 0;
	size_t nr = 0;

	if (!opt->no_wait)
		ret = wait_for(dev, name, opt, &progress, &err);
	if (ret && ret != -ENOENT && ret != -ETIMEDOUT && ret != -EINTR)
		return cli_error(&err);

	/* The end of a revert is that the name is unknown. */
	if (ret != -ENOENT) {
		int r = suture_device_procs(dev, name, &procs, &nr, &err);

		if (r && r != -ENOENT)
			return cli_error(&err);
		if (r == -ENOENT)
			ret = -ENOENT;
	}
	if (ret == -ETIMEDOUT || ret == -EINTR) {
		code = SUTURE_EXIT_TIMEOUT;
		result = ret == -EINTR ? "interrupted, the revert goes on"
				       : "timed out, the revert goes on";
	} else if (!ret && opt->no_wait) {
		result = "revert started";
	} else if (!ret) {
		code = SUTURE_EXIT_PARTIAL;
		result = "not taken out of every process";
	}
	if (list) {
		struct json_object *obj = json_summary(name, result, procs, nr, spm);

		json_object_object_add(obj, "was_in", json_object_new_int64(was_in));
		json_object_array_add(list, obj);
	} else if (ret == -ENOENT) {
		output_text(name, 0);
		printf(": %s; it was in %u process%s\n", result, was_in, was_in == 1 ? "" : "es");
	} else {
		sum_up(name, result, procs, nr, spm);
	}
	free(procs);
	return code;
}
