// SPDX-License-Identifier: GPL-2.0-only
/* suture trace: who calls the old code, who the new? */
#include <argp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "loaded.h"
#include "output.h"
#include "trace-inside.h"
#include "trace-print.h"
#include "wait.h"

enum { OPT_JSON = 256, OPT_FOR, OPT_PID, OPT_FILE };

struct options {
	bool json;
	int64_t for_ms;		/* negative: until it is interrupted */
	pid_t pid;
	const char *name;
	char **files;		/* NULL-terminated, or NULL */
	size_t nr_files;
};

static const struct argp_option argp_options[] = {
	{ "for", OPT_FOR, "SECONDS", 0, "End after this time (else Ctrl-C does)", 0 },
	{ "pid", OPT_PID, "PID", 0, "Only this process; ends with it", 0 },
	{ "file", OPT_FILE, "PATH", 0, "Look for old code in this file, too; may be repeated", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print as JSON", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;
	char *end;
	long pid;

	switch (key) {
	case OPT_JSON:
		opt->json = true;
		return 0;
	case OPT_FOR:
		if (wait_parse_timeout(arg, &opt->for_ms))
			argp_error(state, "`%s' is no number of seconds", arg);
		return 0;
	case OPT_PID:
		pid = strtol(arg, &end, 10);
		if (end == arg || *end || pid <= 0 || pid > INT32_MAX)
			argp_error(state, "`%s' is no process id", arg);
		opt->pid = pid;
		return 0;
	case OPT_FILE:
		opt->files = reallocarray(opt->files, opt->nr_files + 2, sizeof(*opt->files));
		if (!opt->files)
			return ENOMEM;
		opt->files[opt->nr_files++] = arg;
		opt->files[opt->nr_files] = NULL;
		return 0;
	case ARGP_KEY_ARG:
		if (opt->name)
			argp_usage(state);
		opt->name = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "NAME|FILE",
	.doc = "Count the calls of a patch's old and new functions in every process, and say at the "
	       "end whether the old code is dead, or who still runs it. The patch is named, or, also "
	       "when it is not loaded yet, its file."
	       "\v" CLI_EXIT_CODES "  5 also: the old code is not dead.",
};

/* What is traced, and what the kernel has loaded. */
struct job {
	const struct options *opt;
	int dev;			/* -1: no module is loaded */
	struct suture_ioc_patch *patches;
	struct suture_spm **spms;	/* of the patches; NULL where the file is gone */
	size_t nr_patches;
	struct suture_spm *given;	/* from a file */
	struct suture_spm *spm;		/* one of these */
	struct suture_trace *trace;
};

static bool is_file(const char *name)
{
	size_t len = strlen(name);

	return strchr(name, '/') || (len > 4 && !strcmp(name + len - 4, ".spm"));
}

static int open_loaded(struct job *job, bool needed, struct suture_error *err)
{
	int ret;

	job->dev = suture_device_open(err);
	if (job->dev == -ENOENT && !needed)
		return 0;
	if (job->dev < 0)
		return job->dev;
	ret = suture_device_patches(job->dev, &job->patches, &job->nr_patches, err);
	return ret ?: suture_loaded_spms(job->patches, job->nr_patches, &job->spms, err);
}

/* Which patch module is meant: the loaded one of that name, or else the file. */
static int find_spm(struct job *job, struct suture_error *err)
{
	bool file = is_file(job->opt->name);
	const char *name = job->opt->name;
	int ret = 0;

	if (file) {
		ret = suture_spm_open(name, &job->given, err);
		if (ret)
			return ret;
		name = suture_spm_name(job->given);
		job->spm = job->given;
	}
	ret = open_loaded(job, !file, err);
	for (size_t i = 0; !ret && i < job->nr_patches; i++) {
		if (strcmp(job->patches[i].name, name))
			continue;
		/* once more, for its words */
		if (!job->spms[i])
			return suture_loaded_spm(&job->patches[i], &job->spms[i], err);
		job->spm = job->spms[i];
		return 0;
	}
	if (!ret && !job->spm)
		ret = suture_error_set(err, -ENOENT,
				       "%s: no such patch is loaded; name its file to trace before it is",
				       name);
	return ret;
}

static int start(struct job *job, struct suture_error *err)
{
	struct suture_spm **others = calloc(job->nr_patches + 1, sizeof(*others));
	size_t nr = 0, i;
	int ret;

	if (!others)
		return suture_error_nomem(err);
	for (i = 0; i < job->nr_patches; i++)
		if (job->spms[i])
			others[nr++] = job->spms[i];
	ret = suture_trace_start(job->spm, -1, others, nr, job->opt->files, job->opt->pid,
				 &job->trace, err);
	if (ret)
		suture_error_prefix(err, "%s", suture_spm_name(job->spm));
	free(others);
	return ret;
}

static void on_signal(int sig)
{
	(void)sig;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* Until a signal, the end of the time, or that of the process. Blocks the signals
 * that end it, so that taking the probes away is not interrupted. */
static void sleep_through(const struct options *opt, sigset_t *unblocked)
{
	struct pollfd pollfd = { .fd = -1, .events = POLLIN };
	int64_t end = now_ms() + opt->for_ms, left = 0;
	struct timespec timeout;

	if (opt->pid)
		pollfd.fd = syscall(SYS_pidfd_open, opt->pid, 0);
	do {
		if (opt->for_ms >= 0) {
			left = end - now_ms();
			left = left > 0 ? left : 0;
			timeout.tv_sec = left / 1000;
			timeout.tv_nsec = left % 1000 * 1000000;
		}
	} while (!ppoll(&pollfd, 1, opt->for_ms >= 0 ? &timeout : NULL, unblocked) && left);
	if (pollfd.fd >= 0)
		close(pollfd.fd);
}

/* Signals must not end the program while probes are set and counts not yet shown. */
static void hold_signals(sigset_t *unblocked)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, unblocked);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigdelset(unblocked, SIGINT);
	sigdelset(unblocked, SIGTERM);
}

static int report(struct job *job, double seconds, struct suture_error *err)
{
	struct trace_print print = {
		.spm = job->spm, .trace = job->trace, .seconds = seconds, .pid = job->opt->pid,
	};
	struct suture_trace_inside *inside = NULL;
	struct suture_trace_count *counts = NULL;
	struct suture_proc *status = NULL;
	size_t nr_counts = 0, nr_status = 0, nr_inside = 0, nr_funcs;
	const struct suture_trace_func *funcs = suture_trace_funcs(job->trace, &nr_funcs);
	int ret;

	ret = suture_trace_read(job->trace, &counts, &nr_counts, &print.lost, err);
	if (!ret && job->dev >= 0 &&
	    !suture_device_patch(job->dev, suture_spm_name(job->spm), &print.patch, NULL)) {
		ret = suture_device_procs(job->dev, print.patch.name, &status, &nr_status, err);
		/* reverted in this moment */
		print.loaded = !ret;
		ret = ret == -ENOENT ? 0 : ret;
	}
	if (!ret && print.loaded)
		ret = suture_trace_inside(job->spm, funcs, nr_funcs, status, nr_status,
					  job->opt->pid, &inside, &nr_inside, err);
	if (!ret)
		ret = suture_trace_judge(funcs, counts, nr_counts, print.loaded ? &print.patch : NULL,
					 status, nr_status, inside, nr_inside, job->opt->pid,
					 &print.report, err);
	if (!ret)
		ret = job->opt->json ? trace_json(&print) : trace_text(&print);
	else
		ret = cli_error(err);
	free(print.report.procs);
	free(inside);
	free(counts);
	free(status);
	return ret;
}

int cmd_trace(int argc, char **argv)
{
	struct options opt = { .for_ms = -1 };
	struct job job = { .opt = &opt, .dev = -1 };
	struct suture_error err = { 0 };
	sigset_t unblocked;
	int64_t begin;
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (opt.pid && kill(opt.pid, 0) && errno == ESRCH) {
		suture_error_set(&err, -ESRCH, "there is no process %d", opt.pid);
		return cli_error(&err);
	}
	hold_signals(&unblocked);
	if (find_spm(&job, &err) || start(&job, &err)) {
		code = cli_error(&err);
		goto out;
	}
	trace_begin(job.spm, job.trace);
	begin = now_ms();
	sleep_through(&opt, &unblocked);
	suture_trace_stop(job.trace);
	code = report(&job, (now_ms() - begin) / 1000.0, &err);
out:
	suture_trace_free(job.trace);
	suture_loaded_free(job.spms, job.nr_patches);
	suture_spm_close(job.given);
	free(job.patches);
	free(opt.files);
	if (job.dev >= 0)
		close(job.dev);
	return code;
}
