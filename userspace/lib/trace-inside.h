/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads of patched processes that seem to be still inside old code. */
#ifndef SUTURE_TRACE_INSIDE_H
#define SUTURE_TRACE_INSIDE_H

#include "trace-report.h"

/*
 * suture_trace_inside - look at the stacks of threads that are asleep
 * A word on its stack that leads into an old function makes a thread a suspect; then
 * it is unwound. Where not every frame is certain, it stays one. Threads that run are
 * not looked at, and functions that the patch calls itself do not count.
 * @dev:    /dev/suture, for the registers of threads
 * @status: processes of the patch; only those that are patched are looked at
 * @pid:    only this one, or 0
 * @ret:    to be freed
 */
int suture_trace_inside(int dev, struct suture_spm *spm, const struct suture_trace_func *funcs,
			size_t nr_funcs, const struct suture_proc *status, size_t nr_status,
			pid_t pid, struct suture_trace_inside **ret, size_t *ret_nr,
			struct suture_error *err);

#endif /* SUTURE_TRACE_INSIDE_H */
