// SPDX-License-Identifier: GPL-2.0-only
/* suture list: the patches that are loaded, and those that lie in the service's folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bad.h"
#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"
#include "service.h"

struct options {
	bool json, details;
};

static const struct argp_option argp_options[] = {
	{ "long", 'l', NULL, 0, "What each replaces, and where its file is, as well", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->json;
		return 0;
	case 'l':
		opt->details = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &options_json, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.doc = "List the patches that are loaded, in the order of loading, and those that lie in "
	       "the folders of the service, with what keeps them from being in force."
	       "\v" CLI_EXIT_CODES,
};

/* One patch, from what the kernel has and what is in the folders; either may be missing. */
struct row {
	const char *name, *version, *level, *cve, *description, *state;
	const struct suture_ioc_patch *patch;
	const struct suture_plan_item *item;	/* NULL: the folders could not be read */
	struct suture_store_file *file;		/* the one that counts, in the folders */
	struct suture_spm *own;			/* file of the loaded patch, or NULL */
	const struct suture_spm *spm;		/* what the texts come from */
	uint64_t size;				/* bytes, 0: not known */
	uint32_t patched;			/* processes */
	const char *error;
	const struct suture_mark *mark;		/* what is remembered of it, or NULL */
};

static const char *text_of(const struct suture_spm *spm, uint32_t string)
{
	return spm ? spm_string(&spm->note, string) : "";
}

static void fill_processes(int dev, struct row *row)
{
	struct suture_totals totals;
	struct suture_proc *procs;
	size_t nr;

	if (suture_device_procs(dev, row->patch->name, &procs, &nr, NULL))
		return;
	suture_totals_count(procs, nr, &totals);
	row->patched = totals.patched;
	free(procs);
}

static uint64_t size_of(const struct suture_spm *spm)
{
	return spm ? spm->size : 0;
}

static void fill(int dev, const struct suture_view *view, const struct suture_report *report,
		 struct row *row)
{
	const struct suture_plan_item *item = row->item;

	if (item)
		row->file = suture_view_file(view, item->file);
	if (row->patch) {
		row->name = row->patch->name;
		row->version = row->patch->version;
		row->state = suture_patch_state_name(row->patch->state);
		row->own = suture_status_spm(row->patch);
		row->spm = row->own;
		fill_processes(dev, row);
	} else {
		row->name = item->name ? item->name : strrchr(row->file->path, '/') + 1;
		row->version = item->name ? item->file->version : "";
		row->state = item->action == SUTURE_ACTION_APPLY ? "pending" :
								  suture_why_name(item->why);
		row->spm = row->file->spm;
	}
	row->size = row->spm ? size_of(row->spm) : row->file ? row->file->size : 0;
	row->level = row->spm ? text_of(row->spm, row->spm->note.head->level) : "";
	row->cve = row->spm ? text_of(row->spm, row->spm->note.head->cve) : "";
	row->description = row->spm ? text_of(row->spm, row->spm->note.head->description) : "";
	row->mark = suture_marks_find(&view->marks, row->name);
	if (row->file)
		row->error = row->file->why ? row->file->why :
			     suture_report_error(report, row->file->path, NULL);
}

/* "yes", "no" or "-": nobody knows, or what it is for is not here. */
static const char *package_has_fix(const struct row *row)
{
	if (!row->item || !row->item->file || !row->item->name)
		return "-";
	if (row->item->file->fit == SUTURE_FIT_DISK)
		return "no";
	return row->item->file->newer ? "yes" : "-";
}

/* ------------------------------------------------------------- for people */

static void print_size(uint64_t size)
{
	if (!size)
		printf("%6s", "-");
	else if (size < 1 << 20)
		printf("%5.0fK", (double)size / 1024);
	else
		printf("%5.1fM", (double)size / (1 << 20));
}

static void print_head(void)
{
	printf("%-24s  %-10s  %-12s  %-11s  %-19s  %5s  %-5s  %6s  %s\n", "NAME", "VERSION",
	       "LEVEL", "STATE", "SINCE", "PROCS", "FIXED", "SIZE", "CVE");
}

static void print_details(const struct row *row)
{
	const struct spm_note *note = row->spm ? &row->spm->note : NULL;

	if (row->patch)
		printf("  functions %u, sites %u, hooks %u, files %u\n", row->patch->nr_funcs,
		       row->patch->nr_sites, row->patch->nr_hooks, row->patch->nr_files);
	else if (note)
		printf("  functions %u, sites %u, hooks %u\n", note->nr_funcs, note->nr_sites,
		       note->nr_hooks);
	if (*row->description) {
		printf("  ");
		output_text(row->description, 0);
		printf("\n");
	}
	printf("  ");
	output_text(row->patch ? row->patch->path : row->file->path, 0);
	printf("\n");
}

static void print_row(const struct row *row, bool details)
{
	time_t when = row->patch ? row->patch->loaded_at : 0;
	const char *why;
	char since[32];
	struct tm tm;

	if (!when || !localtime_r(&when, &tm) ||
	    !strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm))
		strcpy(since, "-");
	output_text(row->name, 24);
	printf("  ");
	output_text(row->version, 10);
	printf("  ");
	output_text(*row->level ? row->level : "-", 12);
	printf("  %-11s  %-19s  ", row->state, since);
	if (row->patch)
		printf("%5u", row->patched);
	else
		printf("%5s", "-");
	printf("  %-5s  ", package_has_fix(row));
	print_size(row->size);
	printf("  ");
	output_text(*row->cve ? row->cve : "-", 0);
	printf("\n");
	if (details)
		print_details(row);
	if (row->patch)
		output_scope(row->patch);
	why = row->item ? suture_why_text(row->item->why) : "";
	/* Where nobody said anything of a service, what is loaded by hand is the usual. */
	if (*why && row->item->why != SUTURE_WHY_BY_HAND)
		printf("  %s\n", why);
	if (row->mark && row->mark->bad)
		bad_print(row->mark);
	if (row->item && row->item->update)
		printf("  version %s is available\n", row->item->file->version);
	if (row->error) {
		printf("  ");
		output_text(row->error, 0);
		printf("\n");
	}
}

/* ----------------------------------------------------------- for programs */

static void add_number(struct json_object *obj, const char *key, int64_t value)
{
	json_object_object_add(obj, key, json_object_new_int64(value));
}

static struct json_object *json_row(const struct row *row)
{
	struct json_object *obj = json_object_new_object();
	const struct spm_note *note = row->spm ? &row->spm->note : NULL;
	const struct suture_ioc_patch *patch = row->patch;
	const char *fixed = package_has_fix(row);

	json_object_object_add(obj, "name", row->item && !row->item->name ? NULL :
			       json_text(row->name));
	json_object_object_add(obj, "version", json_text(row->version));
	json_object_object_add(obj, "level", *row->level ? json_text(row->level) : NULL);
	json_object_object_add(obj, "cve", *row->cve ? json_text(row->cve) : NULL);
	json_object_object_add(obj, "description", json_text(row->description));
	json_object_object_add(obj, "state", json_text(row->state));
	json_object_object_add(obj, "loaded", json_object_new_boolean(patch != NULL));
	json_object_object_add(obj, "action", row->item ?
			       json_text(suture_action_name(row->item->action)) : NULL);
	json_object_object_add(obj, "why", row->item ?
			       json_text(suture_why_name(row->item->why)) : NULL);
	json_object_object_add(obj, "package_has_fix", *fixed == '-' ? NULL :
			       json_object_new_boolean(*fixed == 'y'));
	json_object_object_add(obj, "available_version", row->item && row->item->update ?
			       json_text(row->item->file->version) : NULL);
	json_object_object_add(obj, "error", json_text(row->error));
	json_object_object_add(obj, "bad", row->mark && row->mark->bad ?
			       suture_mark_bad_json(row->mark) : NULL);
	add_number(obj, "functions", patch ? patch->nr_funcs : note ? note->nr_funcs : 0);
	add_number(obj, "sites", patch ? patch->nr_sites : note ? note->nr_sites : 0);
	add_number(obj, "hooks", patch ? patch->nr_hooks : note ? note->nr_hooks : 0);
	add_number(obj, "files", patch ? patch->nr_files : 0);
	add_number(obj, "processes", row->patched);
	json_object_object_add(obj, "size", row->size ? json_object_new_int64(row->size) : NULL);
	json_object_object_add(obj, "loaded_at", patch ? json_object_new_int64(patch->loaded_at) :
							 NULL);
	json_object_object_add(obj, "path", json_text(patch ? patch->path : NULL));
	json_object_object_add(obj, "file", json_text(row->file ? row->file->path : NULL));
	if (patch)
		json_add_scope(obj, patch);
	return obj;
}

/* --------------------------------------------------------------- all of them */

static void show(int dev, const struct suture_view *view, const struct suture_report *report,
		 struct row *row, struct json_object *list, const struct options *opt)
{
	fill(dev, view, report, row);
	if (list)
		json_object_array_add(list, json_row(row));
	else
		print_row(row, opt->details);
	suture_spm_close(row->own);
}

static const struct suture_plan_item *item_of(const struct suture_view *view, const char *name)
{
	size_t i;

	for (i = 0; i < view->plan.nr; i++)
		if (view->plan.items[i].name && !strcmp(view->plan.items[i].name, name))
			return &view->plan.items[i];
	return NULL;
}

/* @view: with the kernel's patches, and a plan where all could be read */
static void show_all(int dev, const struct suture_view *view, const struct suture_report *report,
		     struct json_object *list, const struct options *opt)
{
	size_t i;

	if (!list && !view->nr_patches && !view->plan.nr)
		printf("no patch is loaded\n");
	else if (!list)
		print_head();
	for (i = 0; i < view->nr_patches; i++) {
		struct row row = {
			.patch = &view->patches[i], .item = item_of(view, view->patches[i].name),
		};

		show(dev, view, report, &row, list, opt);
	}
	for (i = 0; i < view->plan.nr; i++) {
		struct row row = { .item = &view->plan.items[i] };

		if (!row.item->loaded)
			show(dev, view, report, &row, list, opt);
	}
}

int cmd_list(int argc, char **argv)
{
	struct suture_error err = { 0 }, no_device = { 0 };
	struct suture_view view = { 0 };
	struct json_object *list = NULL;
	struct suture_report report;
	int code = SUTURE_EXIT_DONE;
	struct options opt = { 0 };
	int dev;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	dev = suture_device_open(&no_device);
	if (dev < 0 && dev != -ENOENT)
		return cli_error(&no_device);
	if (service_view(dev, &view, &report, &err)) {
		/* What is loaded can be told all the same. */
		code = cli_error(&err);
		if (dev >= 0 && suture_device_patches(dev, &view.patches, &view.nr_patches, &err))
			code = cli_error(&err);
	}
	if (dev < 0 && !view.store.nr) {
		if (code == SUTURE_EXIT_DONE)
			code = cli_error(&no_device);
	} else {
		if (opt.json)
			list = json_object_new_array();
		show_all(dev, &view, &report, list, &opt);
		code = patches_json(list, code);
	}
	suture_report_free(&report);
	suture_view_free(&view);
	if (dev >= 0)
		close(dev);
	return code;
}
