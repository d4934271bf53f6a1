// SPDX-License-Identifier: GPL-2.0-only
/* suture revert: take patches out again. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "wait.h"

struct options {
	struct wait_options wait;
	bool all, force;
	char **names;
};

enum { OPT_ALL = 'a', OPT_NO_WAIT = 256, OPT_FORCE, OPT_JSON };

static const struct argp_option argp_options[] = {
	{ "all", OPT_ALL, NULL, 0, "All patches, the one that was loaded last first", 0 },
	{ "no-wait", OPT_NO_WAIT, NULL, 0, "Start the transition and return at once", 0 },
	{ "timeout", 't', "SECONDS", 0, "Wait no longer than this (the revert goes on)", 0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Do not wait until a process is out of the new functions (immediate, whatever the patch says)", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print the summary as JSON", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case OPT_ALL:
		opt->all = true;
		return 0;
	case OPT_NO_WAIT:
		opt->wait.no_wait = true;
		return 0;
	case 't':
		if (wait_parse_timeout(arg, &opt->wait.timeout_ms))
			argp_error(state, "`%s' is no number of seconds", arg);
		return 0;
	case OPT_FORCE:
		opt->force = true;
		return 0;
	case OPT_JSON:
		opt->wait.json = true;
		return 0;
	case ARGP_KEY_ARGS:
		opt->names = state->argv + state->next;
		return 0;
	case ARGP_KEY_END:
		if (opt->all && opt->names)
			argp_error(state, "--all and names exclude each other");
		if (!opt->all && !opt->names)
			argp_error(state, "which patch? (or --all)");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "NAME...\n--all",
	.doc = "Take patches out of all processes and unload them."
	       "\v" CLI_EXIT_CODES,
};

static int revert_one(int dev, const char *name, const struct options *opt,
		      struct json_object *list)
{
	struct suture_error err = { 0 };
	struct suture_ioc_patch patch;
	struct suture_totals before;
	struct suture_proc *procs;
	struct suture_spm *spm;
	size_t nr;
	int code;

	if (suture_device_patch(dev, name, &patch, &err) ||
	    suture_device_procs(dev, name, &procs, &nr, &err)) {
		suture_error_prefix(&err, "%s", name);
		return cli_error(&err);
	}
	suture_totals_count(procs, nr, &before);
	free(procs);
	spm = suture_status_spm(&patch);
	if (suture_device_revert(dev, name, opt->force ? SUTURE_REVERT_FORCE : 0, &err)) {
		suture_error_prefix(&err, "%s", name);
		code = cli_error(&err);
	} else {
		code = wait_reverted(dev, name, spm, &before, &opt->wait, list);
	}
	suture_spm_close(spm);
	return code;
}

static int revert_all(int dev, const struct options *opt, struct json_object *list)
{
	struct suture_ioc_patch *patches;
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE;
	size_t nr;

	if (suture_device_patches(dev, &patches, &nr, &err))
		return cli_error(&err);
	if (!nr && !list)
		printf("no patch is loaded\n");
	/* The order of loading, turned round. */
	while (nr-- > 0)
		code = cli_worse(code, revert_one(dev, patches[nr].name, opt, list));
	free(patches);
	return code;
}

int cmd_revert(int argc, char **argv)
{
	struct options opt = { .wait.timeout_ms = -1 };
	struct json_object *root, *list = NULL;
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE, dev;
	char **name;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	dev = suture_device_open(&err);
	if (dev < 0)
		return cli_error(&err);
	if (opt.wait.json)
		list = json_object_new_array();
	if (opt.all)
		code = revert_all(dev, &opt, list);
	for (name = opt.names; name && *name; name++)
		code = cli_worse(code, revert_one(dev, *name, &opt, list));
	close(dev);
	if (!list)
		return code;
	root = json_object_new_object();
	json_object_object_add(root, "patches", list);
	json_object_object_add(root, "exit", json_object_new_int(code));
	return json_finish(root, code);
}
