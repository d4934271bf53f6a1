// SPDX-License-Identifier: GPL-2.0-only
/* suture revert: take patches out again. */
#include <stdlib.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"

struct options {
	struct wait_options wait;
	bool all, force;
	char **names;
};

enum { OPT_ALL = 'a', OPT_FORCE = 256 };

static const struct argp_option argp_options[] = {
	{ "all", OPT_ALL, NULL, 0, "All patches, the one that was loaded last first", 0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Do not wait until a process is out of the new functions (immediate, whatever the patch says)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->wait;
		return 0;
	case OPT_ALL:
		opt->all = true;
		return 0;
	case OPT_FORCE:
		opt->force = true;
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

static const struct argp_child children[] = { { &options_wait, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.args_doc = "NAME...\n--all",
	.doc = "Take patches out of all processes and unload them."
	       "\v" CLI_EXIT_CODES,
};

static int revert(int dev, const struct suture_ioc_patch *patch, struct json_object *list,
		  void *arg)
{
	const struct options *opt = arg;
	struct suture_error err = { 0 };
	struct suture_totals before;
	struct suture_proc *procs;
	struct suture_spm *spm;
	size_t nr;
	int code, ret;

	ret = suture_device_procs(dev, patch->name, &procs, &nr, &err);
	if (ret == -ENOENT && opt->all)
		return SUTURE_EXIT_DONE;	/* went with one that was reverted before it */
	if (ret) {
		suture_error_prefix(&err, "%s", patch->name);
		return cli_error(&err);
	}
	suture_totals_count(procs, nr, &before);
	free(procs);
	spm = suture_status_spm(patch);
	if (suture_device_revert(dev, patch->name, opt->force ? SUTURE_REVERT_FORCE : 0, &err)) {
		suture_error_prefix(&err, "%s", patch->name);
		code = cli_error(&err);
	} else {
		code = wait_reverted(dev, patch->name, spm, &before, &opt->wait, list);
	}
	suture_spm_close(spm);
	return code;
}

int cmd_revert(int argc, char **argv)
{
	struct patches_command command = { .fn = revert, .backwards = true };
	struct options opt = { 0 };

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	command.names = opt.names;
	command.json = opt.wait.json;
	command.arg = &opt;
	return patches_run(&command);
}
