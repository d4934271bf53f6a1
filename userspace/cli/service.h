/* SPDX-License-Identifier: GPL-2.0-only */
/* Commands that have to do with the service: its folders, and what the machine remembers. */
#ifndef SUTURE_CLI_SERVICE_H
#define SUTURE_CLI_SERVICE_H

#include "suture.h"

/*
 * service_view - what the service sees
 * @dev:    /dev/suture, or -1
 * @report: out, freed with suture_report_free(), also after an error
 */
int service_view(int dev, struct suture_view *ret, struct suture_report *report,
		 struct suture_error *err);

/* service_owns - does the service care for patches from this file? */
bool service_owns(const char *path);

/* service_hold - patches of its folders, reverted by hand: not to be applied again in this
 * boot. @names: NULL-terminated; NULL: all that are in the folders and in the kernel */
int service_hold(int dev, char *const *names, struct suture_error *err);

/* service_applied - one was applied by hand, from @path: if that is in the folders of the
 * service, it is wanted here, also after the next boot */
int service_applied(const char *path, const char *name, const char *version,
		    struct suture_error *err);

/*
 * service_find_file - the file in the folders that fits best for a patch of this name
 * @ret_path: out, to be freed; NULL: there is none
 * Returns 0, -EPERM (it was removed from this machine) or another negative errno.
 */
int service_find_file(const char *name, char **ret_path, struct suture_error *err);

/* service_may_apply - would the service take it out again at once? Then -EPERM */
int service_may_apply(const char *path, const char *name, const char *version,
		      struct suture_error *err);

#endif /* SUTURE_CLI_SERVICE_H */
