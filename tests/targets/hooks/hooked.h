/* SPDX-License-Identifier: GPL-2.0 */
/* What the hooks of the patch "hooked" are told by their process, and tell it. */
#ifndef _SUTURE_TEST_HOOKED_H
#define _SUTURE_TEST_HOOKED_H

enum hooked_deed {
	HOOKED_YES,		/* return 0 */
	HOOKED_NO,		/* return value */
	HOOKED_LOOP,		/* for ever */
	HOOKED_SLEEP,		/* value seconds, in a system call */
	HOOKED_SPIN,		/* until somebody writes HOOKED_YES */
	HOOKED_CRASH,
	HOOKED_EXIT,		/* the whole process, with status value */
	HOOKED_THREAD_EXIT,	/* only this thread */
	HOOKED_STOP,		/* SIGSTOP to this thread, which stops the process; then yes */
	HOOKED_DOOR,		/* hand the door to a system call, read it by itself */
	HOOKED_THREAD,		/* struct hooked_state.start_thread, once */
	HOOKED_WATCH,		/* sleep value ms, once; value: did that thread run meanwhile? */
	HOOKED_MAP,		/* map the file whose descriptor is value, executable */
	HOOKED_MAP_SHORTLY,	/* and unmap it again */
};

/* enum suture_hook_kind */
#define HOOKED_KINDS	5

struct hooked_state {
	volatile int deed[HOOKED_KINDS], value[HOOKED_KINDS];
	volatile int calls[HOOKED_KINDS];
	volatile int nr;		/* of sequence */
	volatile int sequence[64];	/* kinds, in the order in which they came */
	volatile int answers[64];	/* what hooked(1) was then */
	volatile int tid;		/* of the last */
	volatile unsigned long stack;	/* likewise */
	void (*start_thread)(void);	/* its code and stack are not those of the patch */
	volatile unsigned long beats;	/* it counts */
};

extern struct hooked_state hooked_state;

/* of the program, where there is one */
__attribute__((weak)) void start_beating(void);

/* old: x + 1; new: x + 100 */
int hooked(int x);

#endif /* _SUTURE_TEST_HOOKED_H */
