// SPDX-License-Identifier: GPL-2.0-only
/* suture bundle: a Debian package of a patch. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "bundle.h"
#include "command.h"
#include "options.h"
#include "output.h"

struct options {
	struct suture_bundle_options how;
	bool json;
	struct names_options files;
};

enum { OPT_PACKAGE = 256, OPT_VERSION, OPT_MAINTAINER };

static const struct argp_option argp_options[] = {
	{ "output", 'o', "PATH", 0, "The package's file, or a folder for it (else here)", 0 },
	{ "package", OPT_PACKAGE, "NAME", 0, "Its name (else suture-patch- and the patch's)", 0 },
	{ "package-version", OPT_VERSION, "VERSION", 0, "Its version (else the patch's)", 0 },
	{ "maintainer", OPT_MAINTAINER, "TEXT", 0, "\"Name <address>\" (else $DEBEMAIL)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->json;
		state->child_inputs[1] = &opt->files;
		opt->how.maintainer = getenv("DEBEMAIL");
		return 0;
	case 'o':
		opt->how.output = arg;
		return 0;
	case OPT_PACKAGE:
		opt->how.package = arg;
		return 0;
	case OPT_VERSION:
		opt->how.version = arg;
		return 0;
	case OPT_MAINTAINER:
		opt->how.maintainer = arg;
		return 0;
	case ARGP_KEY_SUCCESS:
		if (!opt->how.maintainer || !*opt->how.maintainer)
			argp_error(state, "who maintains the package? (--maintainer 'Name <address>', or $DEBEMAIL)");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &options_json, 0, NULL, 0 }, { &options_names, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.args_doc = "FILE...",
	.doc = "Make a Debian package of a patch (.spm), or of its variants for several builds. "
	       "It puts them into /usr/lib/suture/patches, where sutured sees them."
	       "\v" CLI_EXIT_CODES,
};

int cmd_bundle(int argc, char **argv)
{
	struct suture_error err = { 0 };
	struct suture_bundle bundle;
	struct json_object *root;
	struct options opt = { .files.ask = "which patch module?" };
	int code = SUTURE_EXIT_DONE;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (suture_bundle_make(opt.files.list, &opt.how, &bundle, &err))
		return cli_error(&err);
	if (opt.json) {
		root = json_object_new_object();
		json_object_object_add(root, "file", json_text(bundle.path));
		json_object_object_add(root, "package", json_text(bundle.package));
		json_object_object_add(root, "version", json_text(bundle.version));
		json_object_object_add(root, "architecture", json_text(bundle.arch));
		json_object_object_add(root, "installed", json_object_new_int64(bundle.installed));
		json_object_object_add(root, "exit", json_object_new_int(code));
		code = json_finish(root, code);
	} else {
		output_text(bundle.path, 0);
		printf("\n");
	}
	free(bundle.path);
	return code;
}
