/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alignment of the stack between a replaced function and its old callers.
 *
 * gcc lets the caller of a function of its own object leave out the alignment
 * of the stack when the function, being a leaf, does not need it. A new function
 * that makes calls or keeps vectors on its stack does need it. (x86-64 only: on
 * arm64 the processor demands an aligned stack.)
 */
#ifndef SUTURE_ALIGN_H
#define SUTURE_ALIGN_H

#include "target.h"

/*
 * suture_align_promised - do all callers of the function align the stack for it?
 * True when it makes a call that leaves the object or goes through a pointer:
 * then it needs the alignment itself, and its callers know.
 */
int suture_align_promised(struct suture_target *target, uint64_t addr, bool *ret,
			  struct suture_error *err);

/* suture_align_needed - does the function need it, and not see to it itself? */
int suture_align_needed(struct suture_target *target, uint64_t addr, bool *ret,
			struct suture_error *err);

#endif /* SUTURE_ALIGN_H */
