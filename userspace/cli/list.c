// SPDX-License-Identifier: GPL-2.0-only
/* suture list: the patches that are loaded. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "output.h"

enum { OPT_JSON = 256 };

static const struct argp_option argp_options[] = {
	{ "json", OPT_JSON, NULL, 0, "Print as JSON", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	(void)arg;
	switch (key) {
	case OPT_JSON:
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "List the patches that are loaded, in the order of loading."
	       "\v" CLI_EXIT_CODES,
};

static void print_patches(const struct suture_ioc_patch *patches, size_t nr)
{
	char loaded[32];
	struct tm tm;
	time_t when;
	size_t i;

	if (!nr) {
		printf("no patch is loaded\n");
		return;
	}
	printf("%-24s  %-10s  %-9s  %5s  %5s  %-19s  %s\n", "NAME", "VERSION", "STATE", "FUNCS",
	       "FILES", "LOADED", "PATH");
	for (i = 0; i < nr; i++) {
		when = patches[i].loaded_at;
		if (!localtime_r(&when, &tm) ||
		    !strftime(loaded, sizeof(loaded), "%Y-%m-%d %H:%M:%S", &tm))
			loaded[0] = '\0';
		output_text(patches[i].name, 24);
		printf("  ");
		output_text(patches[i].version, 10);
		printf("  %-9s  %5u  %5u  %-19s  ", suture_patch_state_name(patches[i].state),
		       patches[i].nr_funcs, patches[i].nr_files, loaded);
		output_text(patches[i].path, 0);
		printf("\n");
	}
}

static struct json_object *json_patches(const struct suture_ioc_patch *patches, size_t nr)
{
	struct json_object *root = json_object_new_object(), *obj;
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < nr; i++) {
		obj = json_object_new_object();
		json_object_object_add(obj, "name", json_text(patches[i].name));
		json_object_object_add(obj, "version", json_text(patches[i].version));
		json_object_object_add(obj, "state",
				       json_text(suture_patch_state_name(patches[i].state)));
		json_object_object_add(obj, "functions", json_object_new_int64(patches[i].nr_funcs));
		json_object_object_add(obj, "files", json_object_new_int64(patches[i].nr_files));
		json_object_object_add(obj, "loaded_at", json_object_new_int64(patches[i].loaded_at));
		json_object_object_add(obj, "path", json_text(patches[i].path));
		json_object_array_add(list, obj);
	}
	json_object_object_add(root, "patches", list);
	return root;
}

int cmd_list(int argc, char **argv)
{
	struct suture_ioc_patch *patches;
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE, dev;
	bool json = false;
	size_t nr;

	if (argp_parse(&argp, argc, argv, 0, NULL, &json))
		return SUTURE_EXIT_USAGE;
	dev = suture_device_open(&err);
	if (dev < 0)
		return cli_error(&err);
	if (suture_device_patches(dev, &patches, &nr, &err)) {
		close(dev);
		return cli_error(&err);
	}
	close(dev);
	if (json)
		code = json_finish(json_patches(patches, nr), code);
	else
		print_patches(patches, nr);
	free(patches);
	return code;
}
