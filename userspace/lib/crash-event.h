/* SPDX-License-Identifier: GPL-2.0 */
/* What the BPF program that sees crashes tells. */
#ifndef SUTURE_CRASH_EVENT_H
#define SUTURE_CRASH_EVENT_H

#include <linux/types.h>

#define CRASH_MAX_PATCHES	8	/* in one process; more are not told */
#define CRASH_DEPTH		12	/* folders of a path */
#define CRASH_NAME		48
#define CRASH_WORDS		128	/* of the stack, that are looked at */

/* The file of a loaded patch; dev 0: on whatever device. */
struct crash_file {
	__u64 ino;
	__u32 dev;		/* as in the kernel: major << 20 | minor */
	__u32 reserved;
};

/* What tells a mapping of it. Both are from the address of the file's first byte. */
struct crash_patch {
	__u64 bias;		/* where its text is mapped, less where it is in the file */
	__u64 ledger;
	__u32 id;		/* the loader's */
	__u32 reserved;
};

/* flags of struct crash_in */
#define CRASH_APPLIED	(1U << 0)	/* in force in the process */
#define CRASH_IP	(1U << 1)	/* the instruction was in its text */
#define CRASH_CALLER	(1U << 2)	/* there was no instruction, and it was called from there */
#define CRASH_STACK	(1U << 3)	/* an address of its text was on the stack nearby */

struct crash_in {
	__u32 id;
	__u32 flags;
};

/* flags of struct crash_event */
#define CRASH_RAISED	(1U << 0)	/* a handler had it first, ip and addr are from then */
#define CRASH_BLIND	(1U << 1)	/* its mappings could not be looked at */

/* One process that dies by a signal. */
struct crash_event {
	__u64 time;		/* CLOCK_BOOTTIME, nanoseconds */
	__u64 start;		/* of the process, likewise */
	__u64 ip;
	__u64 caller;		/* where an instruction was missing: the return address, or 0 */
	__u64 addr;		/* si_addr of a fault */
	__u64 ip_start;		/* of the mapping that has ip, 0: none */
	__u64 ip_offset;	/* of that in its file, bytes */
	__u64 exe_ino;
	__u32 exe_dev;
	__u32 tgid;		/* in the initial pid namespace */
	__u32 uid;		/* in the initial user namespace; of who made its namespace */
	__s32 sig;
	__s32 code;		/* si_code */
	__u32 flags;		/* CRASH_RAISED, CRASH_BLIND */
	__u32 nr_patches;
	__u32 depth;		/* of exe */
	struct crash_in patches[CRASH_MAX_PATCHES];
	char comm[16];
	char ip_file[CRASH_NAME];	/* last part of its name */
	char exe[CRASH_DEPTH][CRASH_NAME];	/* the last part first */
};

/* Those for which the ring had no room, as one. */
struct crash_missed_key {
	__u64 exe_ino;
	__u32 exe_dev;
	__u32 uid;
	__u32 id;		/* of the first patch, 0: none */
	__u32 flags;		/* of that */
};

struct crash_missed {
	__u64 nr;
	struct crash_event event;	/* one of them */
};

#endif /* SUTURE_CRASH_EVENT_H */
