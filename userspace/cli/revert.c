// SPDX-License-Identifier: GPL-2.0-only
/* suture revert: take patches out again. */
#include <stdlib.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"
#include "revert.h"
#include "service.h"

struct options {
	struct revert_options how;
	bool all;
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
		state->child_inputs[0] = &opt->how.wait;
		return 0;
	case OPT_ALL:
		opt->all = true;
		return 0;
	case OPT_FORCE:
		opt->how.force = true;
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

int revert_patch(int dev, const struct suture_ioc_patch *patch,
		 const struct revert_options *opt, struct json_object *list)
{
	struct suture_error err = { 0 };
	struct suture_totals before;
	struct suture_proc *procs;
	struct suture_spm *spm;
	size_t nr;
	int code, ret;

	ret = suture_device_procs(dev, patch->name, &procs, &nr, &err);
	if (ret == -ENOENT && opt->may_be_gone)
		return SUTURE_EXIT_DONE;
	if (ret) {
		suture_error_prefix(&err, "%s", patch->name);
		return cli_error(&err);
	}
	suture_totals_count(procs, nr, &before);
	free(procs);
	spm = suture_status_spm(patch);
	ret = suture_device_revert(dev, patch->name, opt->force ? SUTURE_REVERT_FORCE : 0, &err);
	if (ret && !(ret == -ENOENT && opt->may_be_gone)) {
		suture_error_prefix(&err, "%s", patch->name);
		code = cli_error(&err);
	} else {
		code = wait_reverted(dev, patch->name, spm, &before, &opt->wait, list);
	}
	suture_spm_close(spm);
	return code;
}

static int revert(int dev, const struct suture_ioc_patch *patch, struct json_object *list,
		  void *arg)
{
	return revert_patch(dev, patch, arg, list);
}

/* The service is not to bring them back at once. */
static int hold(int dev, char *const *names)
{
	struct suture_error err = { 0 };

	return service_hold(dev, names, &err) ? cli_error(&err) : SUTURE_EXIT_DONE;
}

int cmd_revert(int argc, char **argv)
{
	struct patches_command command = { .fn = revert, .begin = hold, .backwards = true };
	struct options opt = { 0 };
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	command.names = opt.names;
	command.json = opt.how.wait.json;
	/* one may go with another that was reverted before it */
	opt.how.may_be_gone = opt.all;
	command.arg = &opt.how;
	code = patches_run(&command);
	suture_report_poke(&suture_dirs);
	return code;
}
