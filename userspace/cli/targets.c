// SPDX-License-Identifier: GPL-2.0-only
/* suture targets: what would be patched, without doing it. */
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "output.h"

struct options {
	struct file_options files;
	bool json, no_policy;
	struct names_options patches;
};

enum { OPT_NO_POLICY = 256 };

static const struct argp_option argp_options[] = {
	{ "no-policy", OPT_NO_POLICY, NULL, 0, "Do not heed policy.d", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->files;
		state->child_inputs[1] = &opt->json;
		state->child_inputs[2] = &opt->patches;
		return 0;
	case OPT_NO_POLICY:
		opt->no_policy = true;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &options_files, 0, NULL, 0 }, { &options_json, 0, NULL, 0 },
	{ &options_names, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.args_doc = "FILE...",
	.doc = "Show the files and processes that patch modules (.spm) would be applied to. "
	       "Nothing is changed, and neither the kernel module nor root is needed (but "
	       "only root sees all processes)."
	       "\v" CLI_EXIT_CODES,
};

static const char *role_name(uint32_t role)
{
	return role == SUTURE_ROLE_TARGET ? "target" : "needed";
}

/* The line of the policy that keeps this process from being patched, or NULL. */
static const char *excluded_exe(const struct patchset *set, pid_t pid)
{
	static const char deleted[] = " (deleted)";
	char link[64], path[PATH_MAX];
	ssize_t len;
	size_t i;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return NULL;
	path[len] = '\0';
	if (len > (ssize_t)strlen(deleted) && !strcmp(path + len - strlen(deleted), deleted))
		path[len - strlen(deleted)] = '\0';
	for (i = 0; i < set->policy.exes.nr; i++)
		if (!fnmatch(set->policy.exes.entries[i].pattern, path, 0))
			return set->policy.exes.entries[i].where;
	return NULL;
}

static void print_files(const struct patchset *set, unsigned int want)
{
	const struct suture_found *found = set->found;
	const char *by;
	size_t i, j;

	for (i = 0; i < found->nr_files; i++) {
		const struct suture_found_file *file = &found->files[i];

		if (file->want != want)
			continue;
		printf("    ");
		output_text(file->path, 0);
		if (file->deleted)
			printf(" (deleted)");
		if (file->foreign)
			printf(" (in the mount namespace of process %d)", file->pid);
		if (!file->pid)
			printf(" (on disk, not mapped)");
		if (file->excluded)
			printf(" (excluded by %s)", file->excluded);
		printf("\n");
		for (j = 0; j < found->nr_procs; j++) {
			if (found->procs[j].file != i)
				continue;
			printf("      %7d  ", found->procs[j].pid);
			output_text(found->procs[j].comm, 0);
			by = excluded_exe(set, found->procs[j].pid);
			printf("%s", found->procs[j].exec ? "" : "  (maps the file, not its text)");
			if (by)
				printf("  (excluded by %s)", by);
			printf("\n");
		}
	}
}

/* Does the process map, executable, a file of the object? */
static bool maps(const struct patchset *set, const struct patchset_patch *patch, uint32_t object,
		 pid_t pid)
{
	uint32_t role = patch->spm->note.objects[object].role;
	const struct suture_found *found = set->found;
	size_t i;

	for (i = 0; i < found->nr_procs; i++)
		if (found->procs[i].pid == pid && found->procs[i].exec &&
		    suture_found_use(&found->files[found->procs[i].file], patch->want_of[object],
				     role))
			return true;
	return false;
}

/* All objects that the patch must have; with ANY_TARGET one of the targets is enough. */
static bool maps_enough(const struct patchset *set, const struct patchset_patch *patch, pid_t pid)
{
	const struct spm_note *note = &patch->spm->note;
	bool any = note->head->flags & SUTURE_NOTE_ANY_TARGET;
	uint32_t i;

	for (i = 0; i < note->nr_objects; i++) {
		if (any && note->objects[i].role != SUTURE_ROLE_TARGET)
			continue;
		if (maps(set, patch, i, pid) == any)
			return any;
	}
	return !any;
}

/* Each pid once: its first record decides. */
static bool first_of_pid(const struct suture_found *found, size_t i)
{
	size_t j;

	for (j = i; j-- > 0 && found->procs[j].pid == found->procs[i].pid;)
		;
	return j + 1 == i;
}

static size_t count_ready(const struct patchset *set, const struct patchset_patch *patch)
{
	size_t nr = 0, i;

	for (i = 0; i < set->found->nr_procs; i++)
		if (first_of_pid(set->found, i) &&
		    maps_enough(set, patch, set->found->procs[i].pid) &&
		    !excluded_exe(set, set->found->procs[i].pid))
			nr++;
	return nr;
}

static void print_patch(const struct patchset *set, const struct patchset_patch *patch)
{
	const struct spm_note *note = &patch->spm->note;
	char hex[2 * SUTURE_BUILD_ID_MAX + 1];
	size_t nr;
	uint32_t i;

	output_text(suture_spm_name(patch->spm), 0);
	printf(" ");
	output_text(spm_string(note, note->head->version), 0);
	printf("\n");
	for (i = 0; i < note->nr_objects; i++) {
		const struct suture_object *obj = &note->objects[i];

		printf("  %s ", role_name(obj->role));
		output_text(spm_string(note, obj->name), 0);
		printf(", build-id %s\n", suture_text_hex(obj->build_id, obj->build_id_len, hex));
		print_files(set, patch->want_of[i]);
		if (!suture_found_has(set->found, patch->want_of[i]))
			printf("    no file\n");
	}
	nr = count_ready(set, patch);
	printf("  %zu process%s would be patched\n", nr, nr == 1 ? "" : "es");
}

static struct json_object *json_files(const struct patchset *set, unsigned int want)
{
	const struct suture_found *found = set->found;
	struct json_object *list = json_object_new_array(), *obj, *procs, *proc;
	size_t i, j;

	for (i = 0; i < found->nr_files; i++) {
		const struct suture_found_file *file = &found->files[i];

		if (file->want != want)
			continue;
		obj = json_object_new_object();
		json_object_object_add(obj, "path", json_text(file->path));
		json_object_object_add(obj, "device", json_object_new_uint64(file->dev));
		json_object_object_add(obj, "inode", json_object_new_uint64(file->inode));
		json_object_object_add(obj, "deleted", json_object_new_boolean(file->deleted));
		json_object_object_add(obj, "other_namespace",
				       json_object_new_boolean(file->foreign));
		json_object_object_add(obj, "excluded_by", json_text(file->excluded));
		procs = json_object_new_array();
		for (j = 0; j < found->nr_procs; j++) {
			if (found->procs[j].file != i)
				continue;
			proc = json_object_new_object();
			json_object_object_add(proc, "pid",
					       json_object_new_int(found->procs[j].pid));
			json_object_object_add(proc, "comm", json_text(found->procs[j].comm));
			json_object_object_add(proc, "executable",
					       json_object_new_boolean(found->procs[j].exec));
			json_object_object_add(proc, "excluded_by",
					       json_text(excluded_exe(set, found->procs[j].pid)));
			json_object_array_add(procs, proc);
		}
		json_object_object_add(obj, "processes", procs);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_patch(const struct patchset *set,
				      const struct patchset_patch *patch)
{
	struct json_object *root = json_object_new_object(), *obj;
	struct json_object *objects = json_object_new_array();
	const struct spm_note *note = &patch->spm->note;
	uint32_t i;

	json_object_object_add(root, "name", json_text(suture_spm_name(patch->spm)));
	json_object_object_add(root, "version",
			       json_text(spm_string(note, note->head->version)));
	json_object_object_add(root, "file", json_text(patch->spm->path));
	for (i = 0; i < note->nr_objects; i++) {
		obj = json_object_new_object();
		json_object_object_add(obj, "name",
				       json_text(spm_string(note, note->objects[i].name)));
		json_object_object_add(obj, "role", json_text(role_name(note->objects[i].role)));
		json_object_object_add(obj, "build_id", json_hex(note->objects[i].build_id,
								 note->objects[i].build_id_len));
		json_object_object_add(obj, "files", json_files(set, patch->want_of[i]));
		json_object_array_add(objects, obj);
	}
	json_object_object_add(root, "objects", objects);
	json_object_object_add(root, "would_be_patched",
			       json_object_new_int64(count_ready(set, patch)));
	json_object_object_add(root, "missing",
			       json_missing(patch->spm, patch->want_of, set->found));
	return root;
}

static int show(const struct patchset *set, bool json)
{
	struct json_object *root, *list;
	int code = SUTURE_EXIT_DONE;
	size_t i;

	for (i = 0; i < set->nr; i++)
		if (patchset_missing(set, &set->patches[i]))
			code = SUTURE_EXIT_NOTHING;
	if (json) {
		list = json_object_new_array();
		for (i = 0; i < set->nr; i++)
			json_object_array_add(list, json_patch(set, &set->patches[i]));
		root = json_object_new_object();
		json_object_object_add(root, "patches", list);
		json_object_object_add(root, "processes_not_readable",
				       json_object_new_int64(set->found->nr_denied));
		return json_finish(root, code);
	}
	for (i = 0; i < set->nr; i++) {
		const struct patchset_patch *patch = &set->patches[i];

		print_patch(set, patch);
		fflush(stdout);
		if (patchset_missing(set, patch))
			output_missing(patch->spm, patch->want_of, set->found);
	}
	if (code == SUTURE_EXIT_DONE)
		output_denied(set->found);
	return code;
}

int cmd_targets(int argc, char **argv)
{
	struct suture_error err = { 0 };
	struct patchset *set = NULL;
	struct options opt = { .patches.ask = "which patch module?" };
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (patchset_open(opt.patches.list, opt.files.paths, !opt.no_policy, &set, &err))
		code = cli_error(&err);
	else
		code = show(set, opt.json);
	patchset_free(set);
	suture_strv_free(opt.files.paths);
	return code;
}
