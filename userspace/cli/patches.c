// SPDX-License-Identifier: GPL-2.0-only
/* Commands that do something with each of the patches that are loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "patches.h"

static int run_named(int dev, const struct patches_command *command, struct json_object *list)
{
	struct suture_error err = { 0 };
	struct suture_ioc_patch patch;
	int code = SUTURE_EXIT_DONE;
	char **name;

	for (name = command->names; *name; name++) {
		if (!suture_device_patch(dev, *name, &patch, &err)) {
			code = cli_worse(code, command->fn(dev, &patch, list, command->arg));
			continue;
		}
		suture_error_prefix(&err, "%s", *name);
		code = cli_worse(code, cli_error(&err));
	}
	return code;
}

static int run_all(int dev, const struct patches_command *command, struct json_object *list)
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
		code = cli_worse(code,
				 command->fn(dev, &patches[command->backwards ? nr - 1 - i : i],
					     list, command->arg));
	free(patches);
	return code;
}

static int print_json(struct json_object *root, int code)
{
	json_object_object_add(root, "exit", json_object_new_int(code));
	return json_finish(root, code);
}

int patches_json(struct json_object *list, int code)
{
	struct json_object *root;

	if (!list)
		return code;
	root = json_object_new_object();
	json_object_object_add(root, "patches", list);
	return print_json(root, code);
}

int patches_run(const struct patches_command *command)
{
	struct json_object *root = NULL, *list = NULL;
	struct suture_error err = { 0 };
	int code, dev;

	dev = suture_device_open(&err);
	if (dev < 0)
		return cli_error(&err);
	if (command->begin && command->begin(dev, command->names) != SUTURE_EXIT_DONE) {
		close(dev);
		return SUTURE_EXIT_ERROR;
	}
	if (command->json) {
		root = json_object_new_object();
		list = json_object_new_array();
		json_object_object_add(root, "patches", list);
	}
	code = (command->names ? run_named : run_all)(dev, command, list);
	if (command->also)
		command->also(command->names, root);
	if (command->finish && code == SUTURE_EXIT_DONE)
		code = cli_worse(code, command->finish(dev, command->names, root));
	close(dev);
	return root ? print_json(root, code) : code;
}
