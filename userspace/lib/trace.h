/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts who calls old and new functions, with a BPF program on uprobes. The new
 * ones are probed at their entry in the patch module. An old one is never probed
 * on the bytes that patching changes (the kernel would step over the instruction
 * of the file), but on the first instruction behind them that every call meets.
 */
#ifndef SUTURE_TRACE_H
#define SUTURE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "spm-file.h"

/* A function or call site of the patch, on one of its sides. */
struct suture_trace_func {
	const char *name;	/* the patch's string */
	bool old;		/* the code that is replaced; else that of the patch */
	uint32_t number;	/* of the function, or of the site + the number of functions */
	bool traced;
	bool exact;		/* every call is counted once; else possibly more often */
	bool original;		/* a patch calls the old code on purpose (SUTURE_ORIGINAL) */
	char why[512];		/* it is not traced */
};

/* What one process called of one function. */
struct suture_trace_count {
	pid_t pid;		/* 0: not in our pid namespace */
	uint32_t tgid;		/* as the initial pid namespace has it */
	uint64_t start_time;	/* of the process, nanoseconds since boot */
	char comm[16];		/* at its first call */
	uint32_t func;		/* index into the functions of the trace */
	uint64_t calls;
	uint64_t behind;	/* of old code, while a branch stood at its entry */
	uint64_t last;		/* of calls: nanoseconds since boot; 0: none */
};

struct suture_trace;

/*
 * suture_trace_start - set the probes
 * @spm:      the patch; lives longer than the trace
 * @spm_fd:   the very file that processes map, or -1 for @spm's own
 * @others:   the loaded patches (@spm may be among them): places that they change
 *            are not probed
 * @files:    NULL-terminated: look at these files, too, for old code; or NULL
 * @pid:      one process, or 0 for all
 * Returns 0 with *@ret, freed by suture_trace_free(). -ENOTSUP: the kernel cannot.
 * What cannot be traced is no error as long as something can: see the functions.
 */
int suture_trace_start(const struct suture_spm *spm, int spm_fd,
		       struct suture_spm *const *others, size_t nr_others,
		       char *const *files, pid_t pid, struct suture_trace **ret,
		       struct suture_error *err);

/* suture_trace_stop - take the probes away; what was counted stays */
void suture_trace_stop(struct suture_trace *trace);
void suture_trace_free(struct suture_trace *trace);	/* NULL is fine */

/* suture_trace_funcs - the functions, owned by the trace */
const struct suture_trace_func *suture_trace_funcs(const struct suture_trace *trace,
						   size_t *ret_nr);

/* suture_trace_files - files that carry old code and are watched */
size_t suture_trace_files(const struct suture_trace *trace);

/*
 * suture_trace_read - what was counted so far, one record a process and function
 * @ret:      to be freed; sorted by process
 * @ret_lost: calls for which there was no room
 */
int suture_trace_read(const struct suture_trace *trace, struct suture_trace_count **ret,
		      size_t *ret_nr, uint64_t *ret_lost, struct suture_error *err);

#endif /* SUTURE_TRACE_H */
