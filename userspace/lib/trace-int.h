/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of trace share among themselves. */
#ifndef SUTURE_TRACE_INT_H
#define SUTURE_TRACE_INT_H

#include "finder.h"
#include "trace.h"
#include "trace-shared.h"

/* One place of one file. */
struct suture_trace_at {
	uint32_t func;		/* index */
	int fd;			/* of the file, open as long as the trace lives */
	uint64_t offset;	/* in the file, bytes */
	struct trace_probe probe;
};

/* What is to be probed, before anything is. */
struct suture_trace_plan {
	struct suture_trace_func *funcs;
	size_t nr_funcs;
	struct suture_trace_at *at;
	size_t nr_at;
	struct suture_found *found;	/* the files with old code */
};

int suture_trace_plan(const struct suture_spm *spm, int spm_fd,
		      struct suture_spm *const *others, size_t nr_others,
		      char *const *files, struct suture_trace_plan *plan,
		      struct suture_error *err);
void suture_trace_plan_free(struct suture_trace_plan *plan);

#endif /* SUTURE_TRACE_INT_H */
