/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF program of suture trace and its loader share. */
#ifndef SUTURE_TRACE_SHARED_H
#define SUTURE_TRACE_SHARED_H

#include <linux/types.h>

/* One thing that is counted. */
struct trace_probe {
	__s64 branch;		/* from the probe to where the old code's branch goes, bytes */
	__u32 len;		/* of the branch; 0: new code, where there is none */
	__u32 old_word;		/* what the file has there */
	__u32 old_byte;		/* and behind, on x86-64 */
};

/* A process, and what it called. */
struct trace_key {
	__u64 start;		/* of the process, nanoseconds since boot */
	__u32 tgid;		/* in the initial pid namespace */
	__u32 probe;		/* index */
};

struct trace_count {
	__u64 calls;		/* the entry was the file's: nothing leads away from it */
	__u64 behind;		/* a branch stood at the entry, so they came by another way */
	__u64 last;		/* of calls: CLOCK_BOOTTIME, nanoseconds */
	__s32 pid;		/* in the tracer's pid namespace, 0: not in it */
	char comm[16];
	__u32 reserved;
};

#endif /* SUTURE_TRACE_SHARED_H */
