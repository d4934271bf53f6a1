/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a probe can stand that every call of a function meets. */
#ifndef SUTURE_TRACE_POINT_H
#define SUTURE_TRACE_POINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "insn.h"

#define SUTURE_TRACE_POINTS_MAX	8

struct suture_trace_points {
	uint64_t addr[SUTURE_TRACE_POINTS_MAX];	/* instructions; each call meets one of them */
	size_t nr;
	bool exact;	/* and meets it once; else a call may be counted more than once */
};

/* True: no probe may stand on any of @len bytes at @addr. */
typedef bool (*suture_trace_avoid_fn)(void *arg, uint64_t addr, uint64_t len);

/*
 * suture_trace_points - choose instructions from @first on
 * @entry: of the function
 * @first: bytes before it are changed in processes: a probe there would have the
 *         kernel step over an instruction that is not there any more. @entry when
 *         nothing is changed.
 * @avoid: further places that are none, or NULL
 * Returns 0, -EOPNOTSUPP (there are none, and @err says why) or -ENOMEM.
 */
int suture_trace_points(struct suture_code *code, uint64_t entry, uint64_t first,
			suture_trace_avoid_fn avoid, void *arg, struct suture_trace_points *ret,
			struct suture_error *err);

#endif /* SUTURE_TRACE_POINT_H */
