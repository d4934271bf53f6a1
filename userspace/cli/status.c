// SPDX-License-Identifier: GPL-2.0-only
/* suture status: every process that a patch concerns, and how it stands. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bad.h"
#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"
#include "verify-run.h"
#include "wait.h"

enum { OPT_VERIFY = 256, OPT_WATCH };

#define SCREEN_OWN	"\033[?1049h"	/* the terminal keeps what it shows */
#define SCREEN_BACK	"\033[?1049l"
#define SCREEN_CLEAR	"\033[H\033[J"

struct options {
	bool json, verify, watch;
	int64_t every_ms;
	char **names;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		opt->every_ms = 1000;
		state->child_inputs[0] = &opt->json;
		return 0;
	case OPT_VERIFY:
		opt->verify = true;
		return 0;
	case OPT_WATCH:
		opt->watch = true;
		if (arg && (wait_parse_timeout(arg, &opt->every_ms) || opt->every_ms < 100))
			argp_error(state, "`%s' is no number of seconds, 0.1 at least", arg);
		return 0;
	case ARGP_KEY_ARGS:
		opt->names = state->argv + state->next;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (opt->watch && (opt->json || opt->verify))
			argp_error(state, "--watch goes with neither --json nor --verify");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &options_json, 0, NULL, 0 }, { 0 } };

static const struct argp_option argp_options[] = {
	{ "verify", OPT_VERIFY, NULL, 0,
	  "Read the text of every process as well, and compare it with what it should be", 0 },
	{ "watch", OPT_WATCH, "SECONDS", OPTION_ARG_OPTIONAL,
	  "Show it again and again, every second or so often, until interrupted", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.args_doc = "[NAME...]",
	.doc = "Show each process that maps what a patch is for (all patches, or those named): "
	       "patched; waiting (which thread is inside which function); draining (the old "
	       "code is back, a thread is still in the new one); not applicable; refused; "
	       "failed; and the totals. And patches that did harm on this machine, with the "
	       "evidence."
	       "\v" CLI_EXIT_CODES "  5 also: --verify has found a difference.",
};

static void print_patch(const struct suture_ioc_patch *patch, const struct suture_proc *procs,
			size_t nr, const struct suture_spm *spm)
{
	struct suture_totals totals;
	char text[256];

	output_text(patch->name, 0);
	printf(" ");
	output_text(patch->version, 0);
	printf(": %s\n", suture_patch_state_name(patch->state));
	output_scope(patch);
	output_procs(procs, nr, spm);
	suture_totals_count(procs, nr, &totals);
	printf("  %s\n", suture_totals_text(&totals, text, sizeof(text)));
}

static struct json_object *json_patch(const struct suture_ioc_patch *patch,
				      const struct suture_proc *procs, size_t nr,
				      const struct suture_spm *spm)
{
	struct json_object *obj = json_object_new_object();
	struct suture_totals totals;

	suture_totals_count(procs, nr, &totals);
	json_object_object_add(obj, "name", json_text(patch->name));
	json_object_object_add(obj, "version", json_text(patch->version));
	json_object_object_add(obj, "state", json_text(suture_patch_state_name(patch->state)));
	json_add_scope(obj, patch);
	json_object_object_add(obj, "totals", json_totals(&totals));
	json_object_object_add(obj, "processes", json_procs(procs, nr, spm));
	return obj;
}

static int show(int dev, const struct suture_ioc_patch *patch, struct json_object *list, void *arg)
{
	struct suture_error err = { 0 };
	struct suture_proc *procs;
	struct suture_spm *spm;
	size_t nr;
	int ret;

	ret = suture_device_procs(dev, patch->name, &procs, &nr, &err);
	/* Reverted since it was listed; who has named it wants to know. */
	if (ret == -ENOENT && !arg)
		return SUTURE_EXIT_DONE;
	if (ret) {
		suture_error_prefix(&err, "%s", patch->name);
		return cli_error(&err);
	}
	spm = suture_status_spm(patch);
	if (list)
		json_object_array_add(list, json_patch(patch, procs, nr, spm));
	else
		print_patch(patch, procs, nr, spm);
	suture_spm_close(spm);
	free(procs);
	return SUTURE_EXIT_DONE;
}

/* ------------------------------------------------------------------- watch */

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static void print_clock(void)
{
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	if (localtime_r(&now, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm))
		printf("%s\n", text);
}

/* One round is written at once, so nothing flickers. */
static int watch(const struct patches_command *command, int64_t every_ms)
{
	const struct timespec pause = { every_ms / 1000, every_ms % 1000 * 1000000 };
	struct sigaction action = { .sa_handler = on_signal };
	bool terminal = isatty(STDOUT_FILENO);
	static char buf[1 << 20];

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, buf, _IOFBF, sizeof(buf));
	if (terminal)
		printf(SCREEN_OWN);
	while (!ended) {
		if (terminal)
			printf(SCREEN_CLEAR);
		print_clock();
		/* What is wrong now may be right with the next round. */
		patches_run(command);
		if (!terminal)
			printf("\n");
		if (fflush(stdout))
			break;
		nanosleep(&pause, NULL);
	}
	if (terminal)
		printf(SCREEN_BACK);
	return fflush(stdout) ? SUTURE_EXIT_ERROR : SUTURE_EXIT_DONE;
}

int cmd_status(int argc, char **argv)
{
	struct patches_command command = { .fn = show };
	struct options opt = { 0 };

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	command.names = opt.names;
	command.arg = opt.names;
	command.json = opt.json;
	command.also = bad_show;
	command.finish = opt.verify ? verify_run : NULL;
	return opt.watch ? watch(&command, opt.every_ms) : patches_run(&command);
}
