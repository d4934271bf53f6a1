/* SPDX-License-Identifier: GPL-2.0-only */
/* The patch modules that lie in folders for the service, and whether they fit this machine. */
#ifndef SUTURE_STORE_H
#define SUTURE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "error.h"
#include "finder.h"
#include "policy.h"
#include "spm-file.h"

/* What of a patch's targets is on this machine; the first three are of no use here. */
enum suture_fit {
	SUTURE_FIT_NONE,	/* nothing of that name */
	SUTURE_FIT_OTHER,	/* another build */
	SUTURE_FIT_EXCLUDED,	/* the policy (policy.h) keeps it from being patched */
	SUTURE_FIT_MAPPED,	/* the build, but processes map it only: not under its name */
	SUTURE_FIT_DISK,	/* the build, on the disk */
};

struct suture_store_file {
	char *path;
	unsigned int folder;		/* index */
	struct suture_spm *spm;		/* NULL: it cannot be used; of a list: always */
	char *why;			/* then: in words */
	uint64_t dev, inode, size;
	int64_t mtime, ctime_ns;	/* mtime in seconds */
	/* set by suture_store_find() */
	unsigned int want_of[SUTURE_MAX_OBJECTS];
	enum suture_fit fit;
	int64_t other_mtime;		/* of another build on the disk, 0: there is none */
	int64_t target_mtime;		/* of the build that it is for, on the disk; or 0 */
	uint64_t files_hash;		/* of the files that carry its objects */
};

struct suture_store {
	struct suture_store_file *files;
	size_t nr;
	struct suture_want *wants;
	size_t nr_wants;
	struct suture_found *found;	/* or NULL */
};

/*
 * suture_store_read - open all NAME.spm of the folders
 * @root: where the folders are looked up, "" or "/proc/1/root"; paths are said without it
 * A file that is no patch module, or that others than root can change, is in the list
 * with the reason. A folder that is not there is no error.
 */
int suture_store_read(const struct suture_dirs *dirs, const char *root,
		      struct suture_store *ret, struct suture_error *err);

/*
 * suture_store_lists - all NAME.revocations of the folders, by their names; they are looked
 *                      at, and not opened
 * The caller frees them with suture_store_files_free().
 */
int suture_store_lists(const struct suture_dirs *dirs, const char *root,
		       struct suture_store_file **ret, size_t *ret_nr, struct suture_error *err);
void suture_store_files_free(struct suture_store_file *files, size_t nr);

/* suture_store_find - search what they are for, and judge each */
int suture_store_find(struct suture_store *store, const struct suture_policy *policy,
		      struct suture_error *err);

/* suture_store_fit - judge one file by what was found */
void suture_store_fit(struct suture_store_file *file, const struct suture_found *found);

/* suture_store_free - what is in it; of zeros is fine */
void suture_store_free(struct suture_store *store);

/* suture_fit_name - a short fixed word for programs: "disk", "mapped", "other-build" ... */
const char *suture_fit_name(enum suture_fit fit);

#endif /* SUTURE_STORE_H */
