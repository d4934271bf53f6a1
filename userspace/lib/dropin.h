/* SPDX-License-Identifier: GPL-2.0-only */
/* Configuration in folders of NAME.conf, as systemd has it. */
#ifndef SUTURE_DROPIN_H
#define SUTURE_DROPIN_H

#include <stddef.h>

#include "error.h"

/* Takes in the text of one file; @name is for messages. */
typedef int (*suture_conf_fn)(const char *text, size_t len, const char *name, void *arg,
			      struct suture_error *err);

/*
 * suture_conf_file - read one file of at most 1 MiB
 * @what: for messages, "a policy". A link to /dev/null is an empty file.
 */
int suture_conf_file(const char *path, const char *what, suture_conf_fn fn, void *arg,
		     struct suture_error *err);

/*
 * suture_dropin_read - read all files of some folders
 * @dirs: NULL-terminated. A file of an earlier one hides those of the same name in later
 *        ones (also an empty one, or a link to /dev/null)
 * In the order of their names; a folder that is not there is no error. The first file
 * that @fn does not take ends it.
 */
int suture_dropin_read(const char *const *dirs, const char *what, suture_conf_fn fn, void *arg,
		       struct suture_error *err);

#endif /* SUTURE_DROPIN_H */
