// SPDX-License-Identifier: GPL-2.0-only
/* Options that several commands have: children of their argp. */
#include "command.h"
#include "libdirs.h"
#include "options.h"

enum { OPT_JSON = 256, OPT_NO_WAIT, OPT_NO_UNWIND, OPT_FILE, OPT_PID, OPT_UID, OPT_CGROUP,
       OPT_EXE, OPT_EXCEPT, OPT_CANARY };

/* ------------------------------------------------------------------ json */

static const struct argp_option json_argp_options[] = {
	{ "json", OPT_JSON, NULL, 0, "Print as JSON", 0 },
	{ 0 }
};

static error_t parse_json(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	if (key != OPT_JSON)
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

const struct argp options_json = { .options = json_argp_options, .parser = parse_json };

/* ------------------------------------------------------------------ wait */

static const struct argp_option wait_argp_options[] = {
	{ "no-wait", OPT_NO_WAIT, NULL, 0, "Start the transition and return at once", 0 },
	{ "no-unwind", OPT_NO_UNWIND, NULL, 0,
	  "While waiting, do not unwind the threads that hold processes up", 0 },
	{ "timeout", 't', "SECONDS", 0, "Wait no longer than this (the transition goes on)", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print the summary as JSON", 0 },
	{ 0 }
};

static error_t parse_wait(int key, char *arg, struct argp_state *state)
{
	struct wait_options *opt = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		opt->timeout_ms = -1;
		return 0;
	case OPT_NO_WAIT:
		opt->no_wait = true;
		return 0;
	case OPT_NO_UNWIND:
		opt->no_unwind = true;
		return 0;
	case 't':
		if (wait_parse_timeout(arg, &opt->timeout_ms))
			argp_error(state, "`%s' is no number of seconds", arg);
		return 0;
	case OPT_JSON:
		opt->json = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp options_wait = { .options = wait_argp_options, .parser = parse_wait };

/* ----------------------------------------------------------------- names */

static error_t parse_names(int key, char *arg, struct argp_state *state)
{
	struct names_options *names = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_ARGS:
		names->list = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "%s", names->ask);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp options_names = { .parser = parse_names };

/* ----------------------------------------------------------------- files */

static const struct argp_option files_argp_options[] = {
	{ "file", OPT_FILE, "PATH", 0, "Look at this file too for the build-id; may be repeated", 0 },
	{ 0 }
};

static error_t parse_files(int key, char *arg, struct argp_state *state)
{
	struct file_options *opt = state->input;

	if (key != OPT_FILE)
		return ARGP_ERR_UNKNOWN;
	return -suture_strv_add(&opt->paths, &opt->nr, arg);
}

const struct argp options_files = { .options = files_argp_options, .parser = parse_files };

/* ----------------------------------------------------------------- scope */

static const struct argp_option scope_argp_options[] = {
	{ "pid", OPT_PID, "N", 0, "Only this process", 1 },
	{ "uid", OPT_UID, "USER", 0, "Only processes of this user (name or number)", 1 },
	{ "cgroup", OPT_CGROUP, "PATH", 0, "Only processes in this cgroup (v2) and those below it", 1 },
	{ "exe", OPT_EXE, "PATTERN", 0, "Only processes of the executables of these paths", 1 },
	{ "except", OPT_EXCEPT, "KIND:VALUE", 0,
	  "Not these processes; KIND is pid, uid, cgroup or exe", 1 },
	{ "canary", OPT_CANARY, "N%", 0,
	  "Only this share of the processes at first (`suture promote' goes on to the rest)", 1 },
	{ 0 }
};

static error_t parse_scope(int key, char *arg, struct argp_state *state)
{
	struct suture_scope *scope = state->input;
	struct suture_error err = { 0 };
	int ret;

	switch (key) {
	case OPT_PID:
		ret = suture_scope_add(scope, SUTURE_RULE_PID, arg, false, &err);
		break;
	case OPT_UID:
		ret = suture_scope_add(scope, SUTURE_RULE_UID, arg, false, &err);
		break;
	case OPT_CGROUP:
		ret = suture_scope_add(scope, SUTURE_RULE_CGROUP, arg, false, &err);
		break;
	case OPT_EXE:
		ret = suture_scope_add(scope, SUTURE_RULE_EXE, arg, false, &err);
		break;
	case OPT_EXCEPT:
		ret = suture_scope_add_except(scope, arg, &err);
		break;
	case OPT_CANARY:
		ret = suture_scope_set_canary(scope, arg, &err);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	if (ret)
		argp_error(state, "%s", err.text);
	return 0;
}

const struct argp options_scope = { .options = scope_argp_options, .parser = parse_scope };
