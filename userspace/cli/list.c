// SPDX-License-Identifier: GPL-2.0-only
/* suture list: the patches that are loaded. */
#include <stdio.h>
#include <time.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"

struct options {
	bool json, head_printed;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->json;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &options_json, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.doc = "List the patches that are loaded, in the order of loading."
	       "\v" CLI_EXIT_CODES,
};

static void print_patch(const struct suture_ioc_patch *patch)
{
	time_t when = patch->loaded_at;
	char loaded[32];
	struct tm tm;

	if (!localtime_r(&when, &tm) ||
	    !strftime(loaded, sizeof(loaded), "%Y-%m-%d %H:%M:%S", &tm))
		loaded[0] = '\0';
	output_text(patch->name, 24);
	printf("  ");
	output_text(patch->version, 10);
	printf("  %-9s  %5u  %5u  %5u  %5u  %-19s  ", suture_patch_state_name(patch->state),
	       patch->nr_funcs, patch->nr_sites, patch->nr_hooks, patch->nr_files, loaded);
	output_text(patch->path, 0);
	printf("\n");
	output_scope(patch);
}

static struct json_object *json_patch(const struct suture_ioc_patch *patch)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "name", json_text(patch->name));
	json_object_object_add(obj, "version", json_text(patch->version));
	json_object_object_add(obj, "state", json_text(suture_patch_state_name(patch->state)));
	json_object_object_add(obj, "functions", json_object_new_int64(patch->nr_funcs));
	json_object_object_add(obj, "sites", json_object_new_int64(patch->nr_sites));
	json_object_object_add(obj, "hooks", json_object_new_int64(patch->nr_hooks));
	json_object_object_add(obj, "files", json_object_new_int64(patch->nr_files));
	json_object_object_add(obj, "loaded_at", json_object_new_int64(patch->loaded_at));
	json_object_object_add(obj, "path", json_text(patch->path));
	json_add_scope(obj, patch);
	return obj;
}

static int show(int dev, const struct suture_ioc_patch *patch, struct json_object *list, void *arg)
{
	struct options *opt = arg;

	(void)dev;
	if (list) {
		json_object_array_add(list, json_patch(patch));
		return SUTURE_EXIT_DONE;
	}
	if (!opt->head_printed)
		printf("%-24s  %-10s  %-9s  %5s  %5s  %5s  %5s  %-19s  %s\n", "NAME", "VERSION",
		       "STATE", "FUNCS", "SITES", "HOOKS", "FILES", "LOADED", "PATH");
	opt->head_printed = true;
	print_patch(patch);
	return SUTURE_EXIT_DONE;
}

int cmd_list(int argc, char **argv)
{
	struct patches_command command = { .fn = show };
	struct options opt = { 0 };

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	command.json = opt.json;
	command.arg = &opt;
	return patches_run(&command);
}
