// SPDX-License-Identifier: GPL-2.0-only
/* suture status: every process that a patch concerns, and how it stands. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "output.h"

struct options {
	bool json;
	char **names;
};

enum { OPT_JSON = 256 };

static const struct argp_option argp_options[] = {
	{ "json", OPT_JSON, NULL, 0, "Print as JSON", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	switch (key) {
	case OPT_JSON:
		opt->json = true;
		return 0;
	case ARGP_KEY_ARGS:
		opt->names = state->argv + state->next;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "[NAME...]",
	.doc = "Show each process that maps what a patch is for (all patches, or those named): "
	       "patched; waiting (which thread is inside which function); draining (the old "
	       "code is back, a thread is still in the new one); not applicable; refused; "
	       "failed; and the totals."
	       "\v" CLI_EXIT_CODES,
};

static void print_patch(const struct suture_ioc_patch *patch, const struct suture_proc *procs,
			size_t nr, const struct suture_spm *spm)
{
	struct suture_totals totals;
	char text[256];

	output_text(patch->name, 0);
	printf(" ");
	output_text(patch->version, 0);
	printf(": %s\n", suture_patch_state_name(patch->state));
	output_procs(procs, nr, spm);
	suture_totals_count(procs, nr, &totals);
	printf("  %s\n", suture_totals_text(&totals, text, sizeof(text)));
}

static struct json_object *json_patch(const struct suture_ioc_patch *patch,
				      const struct suture_proc *procs, size_t nr,
				      const struct suture_spm *spm)
{
	struct json_object *obj = json_object_new_object();
	struct suture_totals totals;

	suture_totals_count(procs, nr, &totals);
	json_object_object_add(obj, "name", json_text(patch->name));
	json_object_object_add(obj, "version", json_text(patch->version));
	json_object_object_add(obj, "state", json_text(suture_patch_state_name(patch->state)));
	json_object_object_add(obj, "totals", json_totals(&totals));
	json_object_object_add(obj, "processes", json_procs(procs, nr, spm));
	return obj;
}

static int show(int dev, const struct suture_ioc_patch *patch, struct json_object *list)
{
	struct suture_error err = { 0 };
	struct suture_proc *procs;
	struct suture_spm *spm;
	size_t nr;

	if (suture_device_procs(dev, patch->name, &procs, &nr, &err)) {
		suture_error_prefix(&err, "%s", patch->name);
		return cli_error(&err);
	}
	spm = suture_status_spm(patch);
	if (list)
		json_object_array_add(list, json_patch(patch, procs, nr, spm));
	else
		print_patch(patch, procs, nr, spm);
	suture_spm_close(spm);
	free(procs);
	return SUTURE_EXIT_DONE;
}

static int show_all(int dev, struct json_object *list)
{
	struct suture_ioc_patch *patches;
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE;
	size_t nr, i;

	if (suture_device_patches(dev, &patches, &nr, &err))
		return cli_error(&err);
	if (!nr && !list)
		printf("no patch is loaded\n");
	for (i = 0; i < nr; i++)
		code = cli_worse(code, show(dev, &patches[i], list));
	free(patches);
	return code;
}

int cmd_status(int argc, char **argv)
{
	struct json_object *root, *list = NULL;
	struct suture_error err = { 0 };
	struct suture_ioc_patch patch;
	int code = SUTURE_EXIT_DONE, dev;
	struct options opt = { 0 };
	char **name;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	dev = suture_device_open(&err);
	if (dev < 0)
		return cli_error(&err);
	if (opt.json)
		list = json_object_new_array();
	if (!opt.names)
		code = show_all(dev, list);
	for (name = opt.names; name && *name; name++) {
		if (!suture_device_patch(dev, *name, &patch, &err)) {
			code = cli_worse(code, show(dev, &patch, list));
			continue;
		}
		suture_error_prefix(&err, "%s", *name);
		code = cli_worse(code, cli_error(&err));
	}
	close(dev);
	if (!list)
		return code;
	root = json_object_new_object();
	json_object_object_add(root, "patches", list);
	return json_finish(root, code);
}
