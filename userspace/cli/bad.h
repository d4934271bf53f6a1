/* SPDX-License-Identifier: GPL-2.0-only */
/* Patches that did harm on this machine. */
#ifndef SUTURE_CLI_BAD_H
#define SUTURE_CLI_BAD_H

#include <json-c/json.h>

#include "suture.h"

/* bad_print - when it was taken back, and why: one line for people */
void bad_print(const struct suture_mark *mark);

/* bad_show - all of them, or those named; into "bad" of @root, NULL: for people */
void bad_show(char *const *names, struct json_object *root);

#endif /* SUTURE_CLI_BAD_H */
