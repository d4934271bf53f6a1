// SPDX-License-Identifier: GPL-2.0-only
/* suture pack: make a patch module of the author's objects and the target's file. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "pack.h"

static const struct argp_option argp_options[] = {
	{ "target", 't', "FILE", 0, "A file whose functions are replaced; may be repeated", 0 },
	{ "output", 'o', "FILE", 0, "The patch module to be written", 0 },
	{ "name", 'n', "NAME", 0, "Its name (else that of the output, without .spm)", 0 },
	{ "debug", 'd', "FILE", 0, "Separate debug file of one of the objects, for its static names; may be repeated", 0 },
	{ "needed", 'N', "FILE", 0, "Another object that the patch refers to; may be repeated", 0 },
	{ "cc", 'c', "PROGRAM", 0, "Compiler that assembles and links (else cc)", 0 },
	{ 0 }
};

static int add(char *const **list, size_t *nr, char *arg)
{
	char **more = realloc((void *)*list, (*nr + 1) * sizeof(*more));

	if (!more)
		return ENOMEM;
	more[(*nr)++] = arg;
	*list = more;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct suture_pack_options *opt = state->input;

	switch (key) {
	case 't':
		return add(&opt->targets, &opt->nr_targets, arg);
	case 'o':
		opt->output = arg;
		return 0;
	case 'n':
		opt->name = arg;
		return 0;
	case 'd':
		return add(&opt->debugs, &opt->nr_debugs, arg);
	case 'c':
		opt->cc = arg;
		return 0;
	case 'N':
		return add(&opt->needed, &opt->nr_needed, arg);
	case ARGP_KEY_ARGS:
		opt->objects = state->argv + state->next;
		opt->nr_objects = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		if (!opt->nr_targets)
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
	       "<suture/patch.h>, for one build of each target. patches/patch.mk calls this."
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
	free((void *)opt.targets);
	free((void *)opt.debugs);
	free((void *)opt.needed);
	return ret;
}
