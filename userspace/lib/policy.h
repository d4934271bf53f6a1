/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this machine's policy keeps from being patched. Files NAME.conf of one
 * setting a line:
 *
 *	# a comment
 *	exclude-exe=/usr/bin/gdb*         processes of these executables
 *	exclude-target=/opt/vendor/libfoo.so*   files that are not to be patched
 *
 * In patterns *, ? and [] are as in shells, and * is also for /.
 */
#ifndef SUTURE_POLICY_H
#define SUTURE_POLICY_H

#include <stddef.h>

#include "error.h"
#include "finder.h"
#include "scope.h"

struct suture_policy_entry {
	char pattern[256];
	char *where;		/* "/etc/suture/policy.d/a.conf:3" */
};

struct suture_policy_list {
	struct suture_policy_entry *entries;
	size_t nr;
};

struct suture_policy {
	struct suture_policy_list exes, targets;
};

/* The folders of the system, NULL-terminated: a file of an earlier one hides those of
 * the same name in later ones (also an empty one, or a link to /dev/null). */
extern const char *const suture_policy_dirs[];

/*
 * suture_policy_read - read all files of some folders
 * In the order of their names; a folder that is not there is no error. Any line that
 * is not understood is (-EINVAL, with file and line): a policy is kept whole or not.
 */
int suture_policy_read(const char *const *dirs, struct suture_policy *ret,
		       struct suture_error *err);

/* suture_policy_parse - add what one file says; @name: of the file, for messages */
int suture_policy_parse(const char *text, size_t len, const char *name,
			struct suture_policy *policy, struct suture_error *err);

/* suture_policy_mark - mark the files that are not to be patched, see suture_found_file */
void suture_policy_mark(const struct suture_policy *policy, struct suture_found *found);

/* suture_policy_scope - rules that keep the excluded executables out */
int suture_policy_scope(const struct suture_policy *policy, struct suture_scope *scope,
			struct suture_error *err);

/* suture_policy_free - what is in it */
void suture_policy_free(struct suture_policy *policy);

#endif /* SUTURE_POLICY_H */
