// SPDX-License-Identifier: GPL-2.0-only
/* suture apply: put patches into all processes that run, and those to come. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"
#include "service.h"

/* Searches after the first one: for files that were mapped during it. */
#define MORE_SEARCHES	3

struct options {
	struct wait_options wait;
	struct file_options files;
	struct suture_scope scope;
	bool force, no_policy;
	const char *module;
	struct names_options patches;
};

enum { OPT_FORCE = 256, OPT_MODULE, OPT_NO_POLICY };

static const struct argp_option argp_options[] = {
	{ "force", OPT_FORCE, NULL, 0,
	  "Do not wait until a process is out of the old functions (immediate, whatever the patch says)", 0 },
	{ "module", OPT_MODULE, "PATH", 0,
	  "Load this suture.ko when none is loaded (else SUTURE_KO, else by name)", 0 },
	{ "no-policy", OPT_NO_POLICY, NULL, 0, "Do not heed policy.d", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->wait;
		state->child_inputs[1] = &opt->files;
		state->child_inputs[2] = &opt->scope;
		state->child_inputs[3] = &opt->patches;
		return 0;
	case OPT_FORCE:
		opt->force = true;
		return 0;
	case OPT_MODULE:
		opt->module = arg;
		return 0;
	case OPT_NO_POLICY:
		opt->no_policy = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &options_wait, 0, NULL, 0 },
	{ &options_files, 0, NULL, 0 },
	{ &options_scope, 0, "Which processes, now and later (all but --canary may be repeated):", 1 },
	{ &options_names, 0, NULL, 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.args_doc = "FILE|NAME...",
	.doc = "Put patch modules (.spm), or patches that lie in the folders of the service, into every process that maps the file they are "
	       "for, now and later. Loads suture.ko when it is not loaded. A patch that is "
	       "applied already is no error."
	       "\v" CLI_EXIT_CODES,
};

/* What the steps of one call share. */
struct apply {
	const struct options *opt;
	struct patchset *set;
	int dev;
	uint32_t flags;
	struct json_object *list;
	size_t nr_finished;	/* patches that were waited for and summed up */
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

static bool is_in(const struct patchset_patch *patch)
{
	return patch->result == RESULT_STARTED || patch->result == RESULT_ALREADY;
}

/* ------------------------------------------------------- whose place it takes */

/* Does the patch say that it takes the place of the loaded one of that name? */
static bool takes_place_of(const struct suture_spm *spm, const char *name)
{
	const struct spm_note *note = &spm->note;
	uint32_t i;

	if (!strcmp(name, suture_spm_name(spm)))
		return false;
	if (note->head->flags & SUTURE_NOTE_REPLACE)
		return true;
	for (i = 0; i < note->nr_replaces; i++)
		if (!strcmp(name, spm_string(note, note->replaces[i])))
			return true;
	return false;
}

/* How many of the first @nr patches of the command line are up to the last whose place it takes. */
static size_t nr_replaced(const struct apply *a, const struct suture_spm *spm, size_t nr)
{
	while (nr && !takes_place_of(spm, suture_spm_name(a->set->patches[nr - 1].spm)))
		nr--;
	return nr;
}

/* Is it out of force by another one of the command line? */
static bool was_replaced(const struct apply *a, size_t i)
{
	for (size_t k = i + 1; k < a->set->nr; k++)
		if (is_in(&a->set->patches[k]) &&
		    takes_place_of(a->set->patches[k].spm, suture_spm_name(a->set->patches[i].spm)))
			return true;
	return false;
}

/* @before: the patches that were loaded before it. */
static void report_place(const struct patchset_patch *patch,
			 const struct suture_ioc_patch *before, size_t nr)
{
	const char *between = ": takes the place of ";
	bool any = false;
	size_t i;

	for (i = 0; i < nr; i++) {
		if (before[i].state == SUTURE_PATCH_REVERTING ||
		    !takes_place_of(patch->spm, before[i].name))
			continue;
		if (!any)
			output_text(patch->loaded.name, 0);
		any = true;
		printf("%s", between);
		output_text(before[i].name, 0);
		printf(" ");
		output_text(before[i].version, 0);
		between = ", ";
	}
	if (any)
		printf("\n");
	fflush(stdout);
}

/* ------------------------------------------------------------------ steps */

/* Wait for its end and sum up. */
static int finish(struct apply *a, struct patchset_patch *patch)
{
	struct suture_ioc_patch loaded;
	struct json_object *last;
	int code;

	if (!is_in(patch)) {
		patchset_report_not_loaded(a->set, patch, a->list);
		return SUTURE_EXIT_DONE;
	}
	code = wait_applied(a->dev, patch, &a->opt->wait, a->list);
	if (code == SUTURE_EXIT_ERROR ||
	    suture_device_patch(a->dev, patch->loaded.name, &loaded, NULL))
		return code;
	if (!a->list) {
		output_scope(&loaded);
		return code;
	}
	last = json_object_array_get_idx(a->list, json_object_array_length(a->list) - 1);
	json_add_scope(last, &loaded);
	return code;
}

static int load(struct apply *a, struct patchset_patch *patch, struct suture_error *err)
{
	return suture_load(a->dev, patch->spm, patch->want_of, a->set->found, a->flags,
			   &a->opt->scope, &patch->loaded, err);
}

/* @said: files of which it was said already. */
static void report_left_out(const struct patchset_patch *patch, uint32_t said)
{
	const struct suture_loaded *loaded = &patch->loaded;

	if (loaded->nr_left_out <= said)
		return;
	if (loaded->nr_left_out > 1)
		cli_note("%s: %u files are left out, the last of them: %s", loaded->name,
			 loaded->nr_left_out, loaded->left_out);
	else
		cli_note("%s: left out: %s", loaded->name, loaded->left_out);
}

/* One patch to the kernel. Sets the patch's result. */
static int load_one(struct apply *a, size_t i)
{
	struct patchset_patch *patch = &a->set->patches[i];
	struct suture_ioc_patch *before = NULL;
	int code = SUTURE_EXIT_DONE, ret;
	struct suture_error err = { 0 };
	size_t nr = 0;

	if (patchset_missing(a->set, patch)) {
		patch->result = RESULT_NOTHING;
		return SUTURE_EXIT_NOTHING;
	}
	/* Those that it replaces are gone soon: what they came to has to be known before. */
	while (a->nr_finished < nr_replaced(a, patch->spm, i) && !a->opt->wait.no_wait)
		code = cli_worse(code, finish(a, &a->set->patches[a->nr_finished++]));
	if (!a->list && suture_device_patches(a->dev, &before, &nr, &err))
		return cli_worse(code, cli_error(&err));
	ret = load(a, patch, &err);
	/* Perhaps it is for the same files as one that we have just started. */
	while (ret == -EBUSY && a->nr_finished < i && !a->opt->wait.no_wait) {
		code = cli_worse(code, finish(a, &a->set->patches[a->nr_finished++]));
		ret = load(a, patch, &err);
	}
	if (ret) {
		suture_error_prefix(&err, "%s", patch->spm->path);
		patch->result = RESULT_ERROR;
		code = cli_worse(code, cli_error(&err));
	} else {
		patch->result = patch->loaded.already ? RESULT_ALREADY : RESULT_STARTED;
		if (service_applied(patch->spm->path, patch->loaded.name,
				    spm_string(&patch->spm->note, patch->spm->note.head->version),
				    &err))
			code = cli_worse(code, cli_error(&err));
		report_left_out(patch, 0);
		if (patch->result == RESULT_STARTED)
			report_place(patch, before, nr);
	}
	free(before);
	return code;
}

/*
 * While we searched, processes may have mapped further files with the same
 * build-id. The kernel sees new mappings of the files that it watches, not new
 * files: search again until there are none.
 */
static int search_again(struct apply *a)
{
	struct suture_error err = { 0 };
	struct suture_loaded first;
	bool added = true;
	size_t i;
	int round;

	for (round = 0; added && round < MORE_SEARCHES; round++) {
		added = false;
		if (patchset_find(a->set, a->opt->files.paths, &err))
			return cli_error(&err);
		for (i = a->nr_finished; i < a->set->nr; i++) {
			struct patchset_patch *patch = &a->set->patches[i];

			/* One that is gone would be loaded anew, above the other. */
			if (!is_in(patch) || was_replaced(a, i))
				continue;
			/* Files that vanished meanwhile are no loss. */
			if (patchset_missing(a->set, patch))
				continue;
			first = patch->loaded;
			if (load(a, patch, &err)) {
				suture_error_prefix(&err, "%s", patch->spm->path);
				return cli_error(&err);
			}
			report_left_out(patch, first.nr_left_out);
			added |= patch->loaded.nr_added > 0;
			patch->loaded.nr_added += first.nr_added;
			patch->loaded.already = first.already;
			if (patch->loaded.nr_left_out < first.nr_left_out)
				patch->loaded.nr_left_out = first.nr_left_out;
		}
	}
	return SUTURE_EXIT_DONE;
}

static int apply(struct patchset *set, const struct options *opt)
{
	struct apply a = {
		.opt = opt, .set = set, .dev = -1, .flags = opt->force ? SUTURE_LOAD_FORCE : 0,
	};
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE;
	bool any = false;
	size_t i;

	for (i = 0; i < set->nr; i++)
		any |= !patchset_missing(set, &set->patches[i]);
	/* Without anything to patch there is no reason to load a kernel module. */
	if (any) {
		a.dev = get_device(opt, &err);
		if (a.dev < 0)
			return cli_error(&err);
	}
	if (opt->wait.json)
		a.list = json_object_new_array();
	for (i = 0; i < set->nr; i++)
		code = cli_worse(code, load_one(&a, i));
	if (any)
		code = cli_worse(code, search_again(&a));
	while (a.nr_finished < set->nr)
		code = cli_worse(code, finish(&a, &set->patches[a.nr_finished++]));
	if (a.dev >= 0) {
		close(a.dev);
		suture_report_poke(&suture_dirs);
	}
	return patches_json(a.list, code);
}

/* ------------------------------------------------------- what the service knows */

/* A word that is no file may be the name of a patch in the service's folders. */
static int find_by_name(char **words, char ***ret_paths, struct suture_error *err)
{
	char **paths = NULL, *path;
	size_t nr = 0;
	int ret = 0;

	for (; !ret && *words; words++) {
		path = NULL;
		if (!strchr(*words, '/') && access(*words, F_OK))
			ret = service_find_file(*words, &path, err);
		if (!ret && suture_strv_add(&paths, &nr, path ? path : *words))
			ret = suture_error_nomem(err);
		free(path);
	}
	*ret_paths = paths;
	return ret;
}

static int check_service(const struct patchset *set, struct suture_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < set->nr; i++) {
		const struct suture_spm *spm = set->patches[i].spm;

		ret = service_may_apply(spm->path, suture_spm_name(spm),
					spm_string(&spm->note, spm->note.head->version), err);
	}
	return ret;
}

int cmd_apply(int argc, char **argv)
{
	struct suture_error err = { 0 };
	struct patchset *set = NULL;
	struct options opt = { .patches.ask = "which patch module?" };
	char **paths = NULL;
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	/* All files are checked before any process is touched, the policy's as well. */
	if (find_by_name(opt.patches.list, &paths, &err) ||
	    patchset_open(paths, opt.files.paths, !opt.no_policy, &set, &err) ||
	    check_service(set, &err) || suture_policy_scope(&set->policy, &opt.scope, &err)) {
		code = cli_error(&err);
	} else {
		suture_scope_sort(&opt.scope);
		output_excluded(set->found);
		output_too_many(set->found);
		code = apply(set, &opt);
	}
	patchset_free(set);
	suture_strv_free(paths);
	suture_strv_free(opt.files.paths);
	suture_scope_free(&opt.scope);
	return code;
}
