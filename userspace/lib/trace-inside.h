/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads of patched processes that seem to be still inside old code. */
#ifndef SUTURE_TRACE_INSIDE_H
#define SUTURE_TRACE_INSIDE_H

#include "trace-report.h"

/*
 * suture_trace_inside - look at the stacks of threads that are asleep
 * A thread counts when any word of its used stack leads into an old function; one
 * that is left over from earlier calls does, too. Threads that run are not looked
 * at, and functions that the patch calls itself do not count.
 * @status: processes of the patch; only those that are patched are looked at
 * @pid:    only this one, or 0
 * @ret:    to be freed
 */
int suture_trace_inside(struct suture_spm *spm, const struct suture_trace_func *funcs,
			size_t nr_funcs, const struct suture_proc *status, size_t nr_status,
			pid_t pid, struct suture_trace_inside **ret, size_t *ret_nr,
			struct suture_error *err);

#endif /* SUTURE_TRACE_INSIDE_H */
