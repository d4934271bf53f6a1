/* SPDX-License-Identifier: GPL-2.0-only */
/* Options that several commands have: children of their argp. */
#ifndef SUTURE_CLI_OPTIONS_H
#define SUTURE_CLI_OPTIONS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "scope.h"
#include "wait.h"

/* --json. Input: bool * */
extern const struct argp options_json;

/* --no-wait, --no-unwind, --timeout, --json. Input: struct wait_options * */
extern const struct argp options_wait;

/* The arguments that are no options. Input: struct names_options *; none at all is an error,
 * said in the words of `ask'. The list ends with NULL and belongs to main(). */
struct names_options {
	const char *ask;	/* "which patch?" */
	char **list;
};
extern const struct argp options_names;

/* --file, may be repeated. Input: struct file_options *, freed by suture_strv_free() */
struct file_options {
	char **paths;
	size_t nr;
};
extern const struct argp options_files;

/* --pid, --uid, --cgroup, --exe, --except, --canary. Input: struct suture_scope *, freed
 * by suture_scope_free() */
extern const struct argp options_scope;

#endif /* SUTURE_CLI_OPTIONS_H */
