// SPDX-License-Identifier: GPL-2.0-only
/* suture pack: make a patch module of the author's objects and the target's file. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pack.h"

static const struct argp_option argp_options[] = {
	{ "target", 't', "FILE", 0, "The file whose functions are replaced", 0 },
	{ "output", 'o', "FILE", 0, "The patch module to be written", 0 },
	{ "name", 'n', "NAME", 0, "Its name (else that of the output, without .spm)", 0 },
	{ "debug", 'd', "FILE", 0, "Separate debug file of the target, for its static names", 0 },
	{ "needed", 'N', "FILE", 0, "Another object that the patch refers to; may be repeated", 0 },
	{ "cc", 'c', "PROGRAM", 0, "Compiler that assembles and links (else cc)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct suture_pack_options *opt = state->input;
	char **needed;

	switch (key) {
	case 't':
		opt->target = arg;
		return 0;
	case 'o':
		opt->output = arg;
		return 0;
	case 'n':
		opt->name = arg;
		return 0;
	case 'd':
		opt->debug = arg;
		return 0;
	case 'c':
		opt->cc = arg;
		return 0;
	case 'N':
		needed = realloc((void *)opt->needed, (opt->nr_needed + 1) * sizeof(*needed));
		if (!needed)
			return ENOMEM;
		needed[opt->nr_needed++] = arg;
		opt->needed = needed;
		return 0;
	case ARGP_KEY_ARGS:
		opt->objects = state->argv + state->next;
		opt->nr_objects = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (!opt->target)
			argp_error(state, "which target? (--target FILE)");
		else if (!opt->output)
			argp_error(state, "where to? (--output FILE)");
		else if (!opt->nr_objects)
			argp_error(state, "which objects?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "OBJECT...",
	.doc = "Make a patch module (.spm) of object files that were compiled with "
	       "<suture/patch.h>, for one build of one file. patches/patch.mk calls this."
	       "\v" CLI_EXIT_CODES,
};

static void warn(void *ctx, const char *text)
{
	(void)ctx;
	cli_note("warning: %s", text);
}

int cmd_pack(int argc, char **argv)
{
	struct suture_pack_options opt = { .warn = warn };
	struct suture_error err;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	ret = suture_pack(&opt, &err) ? cli_error(&err) : SUTURE_EXIT_DONE;
	free((void *)opt.needed);
	return ret;
}
