/* SPDX-License-Identifier: GPL-2.0-only */
/* Start a patch's transition, and wait for its end. */
#ifndef SUTURE_TRANSITION_H
#define SUTURE_TRANSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "finder.h"
#include "scope.h"
#include "spm-file.h"
#include "uapi/suture.h"

struct suture_loaded {
	char name[SUTURE_NAME_MAX];
	bool already;		/* it was loaded before */
	size_t nr_files;	/* that carry its objects */
	uint32_t nr_added;	/* files that are watched because of this call */
	uint32_t nr_left_out;	/* files that the kernel found to be of no use */
	char left_out[4 * SUTURE_MESSAGE_MAX];	/* the last of them, and why; clean */
};

/*
 * suture_load - hand a patch and the files that carry its objects to the kernel
 * @want_of:  for each object of @spm its index among the wants of @found
 * @flags:    SUTURE_LOAD_*
 * @scope:    which processes it is for, sorted; NULL: all
 * A patch that is loaded already is no error; a patch of the same name from
 * another file is (-EEXIST), and so is another scope (-EINVAL). -ENODATA: no file
 * that the policy lets us use carries one of the objects.
 */
int suture_load(int dev, const struct suture_spm *spm, const unsigned int *want_of,
		const struct suture_found *found, uint32_t flags,
		const struct suture_scope *scope, struct suture_loaded *ret,
		struct suture_error *err);

/*
 * suture_progress_fn - called now and then while a transition lasts
 * Return false to stop waiting.
 */
typedef bool (*suture_progress_fn)(const struct suture_proc *procs, size_t nr, void *arg);

/*
 * suture_transition_wait - wait until a patch's transition has ended
 * @timeout_ms:  milliseconds, negative: without limit
 * @progress:    may be NULL
 * Returns 0; -ENOENT: the patch is gone (a revert has ended); -ETIMEDOUT;
 * -EINTR: a signal came or @progress said so; another error fills @err.
 */
int suture_transition_wait(int dev, const char *name, int64_t timeout_ms,
			   suture_progress_fn progress, void *arg, struct suture_error *err);

#endif /* SUTURE_TRANSITION_H */
