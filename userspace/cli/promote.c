// SPDX-License-Identifier: GPL-2.0-only
/* suture promote: from the canaries to all processes. */
#include <stdio.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"

struct options {
	struct wait_options wait;
	struct names_options names;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &opt->wait;
	state->child_inputs[1] = &opt->names;
	return 0;
}

static const struct argp_child children[] = {
	{ &options_wait, 0, NULL, 0 }, { &options_names, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.args_doc = "NAME...",
	.doc = "Let patches that were applied with --canary go on to all processes that they "
	       "are for."
	       "\v" CLI_EXIT_CODES,
};

static int promote(int dev, const struct suture_ioc_patch *patch, struct json_object *list,
		   void *arg)
{
	struct patchset_patch waited = { .result = RESULT_STARTED };
	const struct options *opt = arg;
	struct suture_error err = { 0 };
	int code;

	if (suture_device_promote(dev, patch->name, &err)) {
		suture_error_prefix(&err, "%s", patch->name);
		return cli_error(&err);
	}
	snprintf(waited.loaded.name, sizeof(waited.loaded.name), "%s", patch->name);
	waited.spm = suture_status_spm(patch);
	code = wait_applied(dev, &waited, &opt->wait, list);
	suture_spm_close(waited.spm);
	return code;
}

int cmd_promote(int argc, char **argv)
{
	struct patches_command command = { .fn = promote };
	struct options opt = { .names.ask = "which patch?" };

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	command.names = opt.names.list;
	command.json = opt.wait.json;
	command.arg = &opt;
	return patches_run(&command);
}
