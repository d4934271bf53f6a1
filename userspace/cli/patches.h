/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that do something with each of the patches that are loaded. */
#ifndef SUTURE_CLI_PATCHES_H
#define SUTURE_CLI_PATCHES_H

#include <json-c/json.h>
#include <stdbool.h>

#include "suture.h"

struct patches_command {
	char **names;		/* NULL-terminated; NULL: all patches */
	bool backwards;		/* of all: the one that was loaded last first */
	bool json;
	/* once, before all of them; may be NULL. Returns an exit code */
	int (*begin)(int dev, char *const *names);
	/* @list: where to add the result, NULL: for people. Returns an exit code. */
	int (*fn)(int dev, const struct suture_ioc_patch *patch, struct json_object *list,
		  void *arg);
	void *arg;
	/* once, behind them, whatever came out; may be NULL. @root: as with finish */
	void (*also)(char *const *names, struct json_object *root);
	/* once, after all of them; more results go into @root, NULL: for people */
	int (*finish)(int dev, char *const *names, struct json_object *root);
};

/* patches_run - open the device, call fn for each patch, print the JSON; returns an
 * exit code. A name that is not loaded is said on stderr, and the others go on. */
int patches_run(const struct patches_command *command);

/* patches_json - print {"patches": @list, "exit": @code}; without a list nothing */
int patches_json(struct json_object *list, int code);

#endif /* SUTURE_CLI_PATCHES_H */
