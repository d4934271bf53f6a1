// SPDX-License-Identifier: GPL-2.0-only
/* suture apply: put patches into all processes that run, and those to come. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "patchset.h"
#include "wait.h"

/* Searches after the first one: for files that were mapped during it. */
#define MORE_SEARCHES	3

struct options {
	struct wait_options wait;
	bool force, json;
	const char *module;
	char **files;		/* --file */
	size_t nr_files;
	char **patches;
};

enum { OPT_NO_WAIT = 256, OPT_FORCE, OPT_MODULE, OPT_FILE, OPT_JSON };

static const struct argp_option argp_options[] = {
	{ "no-wait", OPT_NO_WAIT, NULL, 0, "Start the transition and return at once", 0 },
	{ "timeout", 't', "SECONDS", 0, "Wait no longer than this (the transition goes on)", 0 },
	{ "force", OPT_FORCE, NULL, 0,
	  "Do not wait until a process is out of the old functions (immediate, whatever the patch says)", 0 },
	{ "module", OPT_MODULE, "PATH", 0,
	  "Load this suture.ko when none is loaded (else SUTURE_KO, else by name)", 0 },
	{ "file", OPT_FILE, "PATH", 0, "Look at this file too for the build-id; may be repeated", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print the summary as JSON", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
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
	case OPT_MODULE:
		opt->module = arg;
		return 0;
	case OPT_FILE:
		return -suture_strv_add(&opt->files, &opt->nr_files, arg);
	case OPT_JSON:
		opt->json = true;
		return 0;
	case ARGP_KEY_ARGS:
		opt->patches = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which patch module?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "FILE...",
	.doc = "Put patch modules (.spm) into every process that maps the file they are "
	       "for, now and later. Loads suture.ko when it is not loaded. A patch that is "
	       "applied already is no error."
	       "\v" CLI_EXIT_CODES,
};

/* The module, loaded if need be; a file descriptor or a negative errno. */
static int get_device(const struct options *opt, struct suture_error *err)
{
	const char *path = opt->module ? opt->module : getenv("SUTURE_KO");
	int ret;

	if (access(SUTURE_DEVICE, F_OK)) {
		ret = suture_module_load(path && *path ? path : NULL, err);
		if (ret)
			return ret;
	}
	return suture_device_open(err);
}

/* One patch to the kernel. Sets the patch's result. */
static int load_one(int dev, struct patchset *set, struct patchset_patch *patch, uint32_t flags)
{
	struct suture_error err = { 0 };

	if (patchset_missing(set, patch)) {
		patch->result = RESULT_NOTHING;
		return SUTURE_EXIT_NOTHING;
	}
	if (suture_load(dev, patch->spm, patch->want_of, set->found, flags, &patch->loaded, &err)) {
		suture_error_prefix(&err, "%s", patch->spm->path);
		patch->result = RESULT_ERROR;
		return cli_error(&err);
	}
	patch->result = patch->loaded.already ? RESULT_ALREADY : RESULT_STARTED;
	return SUTURE_EXIT_DONE;
}

/*
 * While we searched, processes may have mapped further files with the same
 * build-id. The kernel sees new mappings of the files that it watches, not new
 * files: search again until there are none.
 */
static int search_again(int dev, struct patchset *set, const struct options *opt, uint32_t flags)
{
	struct suture_error err = { 0 };
	struct suture_loaded more;
	bool added = true;
	size_t i;
	int round;

	for (round = 0; added && round < MORE_SEARCHES; round++) {
		added = false;
		if (patchset_find(set, opt->files, &err))
			return cli_error(&err);
		for (i = 0; i < set->nr; i++) {
			struct patchset_patch *patch = &set->patches[i];

			if (patch->result != RESULT_STARTED && patch->result != RESULT_ALREADY)
				continue;
			/* Files that vanished meanwhile are no loss. */
			if (patchset_missing(set, patch))
				continue;
			if (suture_load(dev, patch->spm, patch->want_of, set->found, flags, &more,
					&err)) {
				suture_error_prefix(&err, "%s", patch->spm->path);
				return cli_error(&err);
			}
			patch->loaded.nr_added += more.nr_added;
			patch->loaded.nr_files = more.nr_files;
			added |= more.nr_added > 0;
		}
	}
	return SUTURE_EXIT_DONE;
}

static int apply(struct patchset *set, const struct options *opt)
{
	uint32_t flags = opt->force ? SUTURE_LOAD_FORCE : 0;
	struct suture_error err = { 0 };
	struct json_object *list = NULL;
	int code = SUTURE_EXIT_DONE, dev;
	bool any = false;
	size_t i;

	for (i = 0; i < set->nr; i++)
		any |= !patchset_missing(set, &set->patches[i]);
	/* Without anything to patch there is no reason to load a kernel module. */
	dev = any ? get_device(opt, &err) : -1;
	if (any && dev < 0)
		return cli_error(&err);

	for (i = 0; i < set->nr; i++)
		code = cli_worse(code, load_one(dev, set, &set->patches[i], flags));
	if (any)
		code = cli_worse(code, search_again(dev, set, opt, flags));

	if (opt->json)
		list = json_object_new_array();
	for (i = 0; i < set->nr; i++) {
		struct patchset_patch *patch = &set->patches[i];

		if (patch->result == RESULT_STARTED || patch->result == RESULT_ALREADY)
			code = cli_worse(code, wait_applied(dev, patch, &opt->wait, list));
		else
			patchset_report_not_loaded(set, patch, list);
	}
	if (dev >= 0)
		close(dev);
	if (list) {
		struct json_object *root = json_object_new_object();

		json_object_object_add(root, "patches", list);
		json_object_object_add(root, "exit", json_object_new_int(code));
		return json_finish(root, code);
	}
	return code;
}

int cmd_apply(int argc, char **argv)
{
	struct options opt = { .wait.timeout_ms = -1 };
	struct suture_error err = { 0 };
	struct patchset *set = NULL;
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	opt.wait.json = opt.json;
	/* All files are checked before any process is touched. */
	if (patchset_open(opt.patches, &set, &err) || patchset_find(set, opt.files, &err))
		code = cli_error(&err);
	else
		code = apply(set, &opt);
	patchset_free(set);
	suture_strv_free(opt.files);
	return code;
}
