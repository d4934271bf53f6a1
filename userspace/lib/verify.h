/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is the text of every process as the loaded patches say it should be? Everything is
 * read from the processes and the files themselves; what the kernel module says of
 * them is only compared with it at the end.
 */
#ifndef SUTURE_VERIFY_H
#define SUTURE_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "uapi/suture.h"

enum suture_difference_kind {
	SUTURE_DIFFERENT_PLACE,		/* neither the file's bytes nor a branch to a patch */
	SUTURE_DIFFERENT_CODE,		/* the rest of an old function is not as in the file */
	SUTURE_DIFFERENT_PATCH,		/* the patch's text is not as in the patch module */
	SUTURE_DIFFERENT_HALF,		/* one place leads to the patch, another does not */
	SUTURE_DIFFERENT_STATUS,	/* the kernel says otherwise */
	SUTURE_DIFFERENT_UNREAD,	/* memory that could not be read */
};

#define SUTURE_DIFFERENCE_BYTES	16

struct suture_difference {
	enum suture_difference_kind kind;
	unsigned int patch;		/* index */
	char function[256];		/* or site, or section of the patch; "": of the process */
	uint64_t addr;			/* in the process, 0: none */
	uint64_t offset;		/* from the beginning of the function, bytes */
	uint64_t len;			/* bytes that differ */
	uint8_t got[SUTURE_DIFFERENCE_BYTES], want[SUTURE_DIFFERENCE_BYTES];	/* the first */
	char text[512];			/* in words */
};

/* What the places of a patch in a process say. */
enum suture_observed {
	SUTURE_OBSERVED_NONE,		/* none of its targets' text is mapped */
	SUTURE_OBSERVED_UNPATCHED,
	SUTURE_OBSERVED_PATCHED,
	SUTURE_OBSERVED_HALF,
};

struct suture_verify_proc {
	pid_t pid;
	char comm[16];
	uint64_t start_ticks;
	enum suture_observed *observed;	/* of each patch */
	struct suture_difference *diffs;
	size_t nr_diffs;
};

struct suture_verify {
	struct suture_ioc_patch *patches;	/* all that are loaded */
	struct suture_spm **spms;
	bool *chosen;				/* which of them were verified */
	size_t nr_patches;
	struct suture_verify_proc *procs;	/* that map something concerned */
	size_t nr_procs;
	size_t nr_diffs;			/* of all together */
	size_t nr_denied;			/* processes that could not be looked at */
	uint64_t nr_places, nr_bytes;		/* that were compared */
};

/*
 * suture_verify - look at every process
 * @dev:   /dev/suture
 * @names: NULL-terminated: the patches concerned; NULL for all
 * @ret:   freed with suture_verify_free()
 * A process that changes meanwhile is looked at again. Differences are no error.
 */
int suture_verify(int dev, char *const *names, struct suture_verify **ret,
		  struct suture_error *err);
void suture_verify_free(struct suture_verify *verify);	/* NULL is fine */

const char *suture_difference_name(enum suture_difference_kind kind);	/* "place", "code" ... */
const char *suture_observed_name(enum suture_observed observed);

#endif /* SUTURE_VERIFY_H */
