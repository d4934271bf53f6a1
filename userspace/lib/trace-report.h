/* SPDX-License-Identifier: GPL-2.0-only */
/* What a trace says: is the old code dead, or who still runs it? */
#ifndef SUTURE_TRACE_REPORT_H
#define SUTURE_TRACE_REPORT_H

#include "trace.h"
#include "uapi/suture.h"

enum suture_verdict {
	SUTURE_VERDICT_DEAD,	/* nobody can run the old code any more */
	SUTURE_VERDICT_IDLE,	/* somebody can, and did not while it was traced */
	SUTURE_VERDICT_ALIVE,	/* somebody did */
};

/* How a process stands with the old code; the worst is the verdict. */
enum suture_standing {
	SUTURE_STANDING_NEW,	/* runs only the new code */
	SUTURE_STANDING_BEFORE,	/* called the old code, before it was patched */
	SUTURE_STANDING_INSIDE,	/* patched; a thread seems to be still inside the old code */
	SUTURE_STANDING_COULD,	/* has the old code in force, and did not call it */
	SUTURE_STANDING_ENDED,	/* ran the old code to its end */
	SUTURE_STANDING_BEHIND,	/* patched, and yet enters the old code behind the branch */
	SUTURE_STANDING_RUNS,	/* calls the old code */
};

struct suture_trace_proc {
	pid_t pid;		/* 0: not in our pid namespace */
	char comm[16];
	const struct suture_proc *status;	/* of the kernel; NULL: it knows nothing of it */
	enum suture_standing standing;
	const struct suture_trace_count *counts;	/* nr of them */
	size_t nr;
	pid_t inside_tid;	/* with STANDING_INSIDE */
	uint32_t inside_func;	/* number of the function */
};

/* A thread with a word on its stack that leads into an old function. */
struct suture_trace_inside {
	pid_t pid, tid;
	uint32_t func;		/* number */
};

struct suture_trace_report {
	enum suture_verdict verdict;
	struct suture_trace_proc *procs;
	size_t nr_procs;
};

/*
 * suture_trace_judge - make sense of a trace
 * @funcs, @counts: of the trace; what is returned points into them
 * @patch:  the patch as the kernel has it at the end, NULL: it is not loaded
 * @status: its processes then
 * @inside: threads that seem to be inside old code of patched processes
 * @pid:    the only process that was traced, or 0
 * @ret:    out; its procs are to be freed
 */
int suture_trace_judge(const struct suture_trace_func *funcs,
		       const struct suture_trace_count *counts, size_t nr_counts,
		       const struct suture_ioc_patch *patch,
		       const struct suture_proc *status, size_t nr_status,
		       const struct suture_trace_inside *inside, size_t nr_inside, pid_t pid,
		       struct suture_trace_report *ret, struct suture_error *err);

const char *suture_verdict_name(enum suture_verdict verdict);	/* "dead", "idle", "alive" */
const char *suture_standing_name(enum suture_standing standing);

#endif /* SUTURE_TRACE_REPORT_H */
