/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Second opinions for processes that wait: the kernel counts every word on a stack that
 * looks like a return address into the old code. The thread that holds a process up is
 * unwound, and when all its frames are certain and none is inside, the kernel is told of
 * them. It believes them until the thread runs.
 */
#ifndef SUTURE_SETTLE_H
#define SUTURE_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "uapi/suture.h"

enum suture_opinion_kind {
	SUTURE_OPINION_SETTLED,		/* outside, and the kernel knows it */
	SUTURE_OPINION_INSIDE,		/* a frame really is inside */
	SUTURE_OPINION_UNCERTAIN,	/* not every frame is known for sure, see text */
	SUTURE_OPINION_RAN,		/* the thread ran meanwhile, or runs */
	SUTURE_OPINION_ENDED,
};

struct suture_opinion {
	pid_t pid, tid;
	enum suture_opinion_kind kind;
	size_t nr_frames;
	uint64_t took_us;	/* microseconds for all of it */
	char text[512];		/* "frame 2 is in hold (libfuncs.so)"; fit for a terminal */
};

/* Called with each thread that was looked at. */
typedef void (*suture_opinion_fn)(const struct suture_opinion *opinion, void *arg);

struct suture_settler;

/*
 * suture_settler_new - for one loaded patch
 * @dev: stays the caller's, and open
 * Returns 0 or -ENOMEM.
 */
int suture_settler_new(int dev, const char *name, struct suture_settler **ret,
		       struct suture_error *err);

/* suture_settler_free - NULL is fine */
void suture_settler_free(struct suture_settler *settler);

/*
 * suture_settler_pass - look at the processes that wait for a thread's stack
 * @procs:      of suture_device_procs()
 * @budget_ms:  begin with no thread later than this; a thread takes few milliseconds
 * @fn:         may be NULL
 * Threads that have not run since they were found inside or uncertain are passed over.
 * When the thread that the kernel names is settled, the others of its process are looked
 * at, too: the kernel only names the first.
 * Returns how many threads were settled, -ENOENT (the patch is not loaded), -ENODATA (its
 * file is gone) or another negative errno.
 */
int suture_settler_pass(struct suture_settler *settler, const struct suture_proc *procs,
			size_t nr, unsigned int budget_ms, suture_opinion_fn fn, void *arg,
			struct suture_error *err);

/* suture_opinion_name - a short fixed word for programs: "settled", "inside", ... */
const char *suture_opinion_name(enum suture_opinion_kind kind);

#endif /* SUTURE_SETTLE_H */
