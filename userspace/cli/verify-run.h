/* SPDX-License-Identifier: GPL-2.0-only */
/* suture status --verify */
#ifndef SUTURE_CLI_VERIFY_H
#define SUTURE_CLI_VERIFY_H

#include <json-c/json.h>

/*
 * verify_run - compare the text of every process with what it should be
 * @names: NULL-terminated: these patches only; NULL: all
 * @root:  JSON is put in there as "verify"; NULL: print for people
 * Returns an exit code: SUTURE_EXIT_PARTIAL when something is not as it should be.
 */
int verify_run(int dev, char *const *names, struct json_object *root);

#endif /* SUTURE_CLI_VERIFY_H */
