// SPDX-License-Identifier: GPL-2.0-only
/* suture remove, suture restore: for good on this machine, and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"
#include "revert.h"
#include "service.h"

struct options {
	struct revert_options how;
	bool json;
	struct names_options names;
};

static error_t parse_remove(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &opt->how.wait;
	state->child_inputs[1] = &opt->names;
	return 0;
}

static error_t parse_restore(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &opt->json;
	state->child_inputs[1] = &opt->names;
	return 0;
}

static const struct argp_child remove_children[] = {
	{ &options_wait, 0, NULL, 0 }, { &options_names, 0, NULL, 0 }, { 0 }
};
static const struct argp_child restore_children[] = {
	{ &options_json, 0, NULL, 0 }, { &options_names, 0, NULL, 0 }, { 0 }
};

static const struct argp remove_argp = {
	.parser = parse_remove,
	.children = remove_children,
	.args_doc = "NAME...",
	.doc = "Take patches back for good on this machine: out of all processes, and the "
	       "service does not apply them again, whatever version comes. A name is also for "
	       "its variants, NAME+..."
	       "\v" CLI_EXIT_CODES,
};

static const struct argp restore_argp = {
	.parser = parse_restore,
	.children = restore_children,
	.args_doc = "NAME...",
	.doc = "Forget that patches were removed or reverted by hand, that they did harm here, and "
	       "which versions were applied: the service decides anew."
	       "\v" CLI_EXIT_CODES,
};

/* NAME, or NAME+SOMETHING */
static bool is_variant(const char *name, const char *of)
{
	size_t len = strlen(of);

	return !strncmp(name, of, len) && (!name[len] || name[len] == '+');
}

/* In the folders, in the kernel, or remembered? */
static bool is_known(const struct suture_view *view, const char *name)
{
	size_t i;

	for (i = 0; i < view->plan.nr; i++)
		if (view->plan.items[i].name && is_variant(view->plan.items[i].name, name))
			return true;
	for (i = 0; i < view->marks.nr; i++)
		if (is_variant(view->marks.list[i].name, name))
			return true;
	return false;
}

/* An unknown name is most likely misspelt: then nothing is done. */
static int check_names(int dev, char **names)
{
	struct suture_view view = { 0 };
	struct suture_error err = { 0 };
	struct suture_report report;
	int code = SUTURE_EXIT_DONE;

	if (service_view(dev, &view, &report, &err)) {
		suture_report_free(&report);
		return cli_error(&err);
	}
	for (; *names; names++) {
		if (is_known(&view, *names))
			continue;
		suture_error_set(&err, -ENOENT,
				 "there is no patch %s (`suture list' names those that are)", *names);
		code = cli_error(&err);
	}
	suture_report_free(&report);
	suture_view_free(&view);
	return code;
}

static int mark_removed(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	struct suture_mark *mark;
	int changed = 0;
	char **name;

	for (name = arg; *name; name++) {
		mark = suture_marks_get(marks, *name);
		if (!mark)
			return suture_error_nomem(err);
		*mark->installed = '\0';
		mark->installed_at = 0;
		if (mark->removed)
			continue;
		mark->removed = time(NULL);
		changed = 1;
	}
	return changed;
}

static int mark_restored(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	int changed = 0;
	char **name;
	size_t i;

	(void)err;
	for (name = arg; *name; name++)
		for (i = 0; i < marks->nr; i++) {
			struct suture_mark *mark = &marks->list[i];

			if (!is_variant(mark->name, *name))
				continue;
			mark->removed = mark->held = mark->bad = 0;
			*mark->held_boot = *mark->bad_version = *mark->bad_evidence = '\0';
			*mark->bad_exe = *mark->bad_signal = '\0';
			*mark->seen = '\0';
			changed = 1;
		}
	return changed;
}

static void say(struct json_object *list, const char *name, const char *result)
{
	struct json_object *obj;

	if (list) {
		obj = json_object_new_object();
		json_object_object_add(obj, "name", json_text(name));
		json_object_object_add(obj, "result", json_text(result));
		json_object_array_add(list, obj);
		return;
	}
	output_text(name, 0);
	printf(": %s\n", result);
}

static int take_out(int dev, const char *name, const struct options *opt,
		    struct json_object *list)
{
	struct suture_ioc_patch *patches = NULL;
	struct suture_error err = { 0 };
	int code = SUTURE_EXIT_DONE;
	size_t nr = 0, i;

	if (dev >= 0 && suture_device_patches(dev, &patches, &nr, &err))
		return cli_error(&err);
	for (i = nr; i-- > 0;)
		if (is_variant(patches[i].name, name))
			code = cli_worse(code, revert_patch(dev, &patches[i], &opt->how, list));
	free(patches);
	return code;
}

int cmd_remove(int argc, char **argv)
{
	struct options opt = { .how.may_be_gone = true, .names.ask = "which patch?" };
	struct json_object *list = NULL;
	struct suture_error err = { 0 };
	int code, dev;
	char **name;

	if (argp_parse(&remove_argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	/* Without the module nothing is loaded, and it can be noted all the same. */
	dev = suture_device_open(&err);
	if (dev < 0 && dev != -ENOENT)
		return cli_error(&err);
	code = check_names(dev, opt.names.list);
	if (code == SUTURE_EXIT_DONE &&
	    suture_marks_update(suture_dirs.state, mark_removed, opt.names.list, &err))
		code = cli_error(&err);
	if (code == SUTURE_EXIT_DONE) {
		if (opt.how.wait.json)
			list = json_object_new_array();
		for (name = opt.names.list; *name; name++) {
			say(list, *name, "removed from this machine");
			code = cli_worse(code, take_out(dev, *name, &opt, list));
		}
		code = patches_json(list, code);
	}
	if (dev >= 0)
		close(dev);
	return code;
}

int cmd_restore(int argc, char **argv)
{
	struct json_object *list = NULL;
	struct suture_error err = { 0 };
	struct options opt = { .names.ask = "which patch?" };
	struct suture_report report;
	char **name;
	int code;

	if (argp_parse(&restore_argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	code = check_names(-1, opt.names.list);
	if (code != SUTURE_EXIT_DONE)
		return code;
	if (suture_marks_update(suture_dirs.state, mark_restored, opt.names.list, &err))
		return cli_error(&err);
	suture_report_read(&suture_dirs, &report);
	if (opt.json)
		list = json_object_new_array();
	for (name = opt.names.list; *name; name++)
		say(list, *name, report.running ? "restored; the service decides" :
		    "restored; the service does not run: `suture apply' installs it");
	suture_report_free(&report);
	return patches_json(list, code);
}
