/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that are blocked in system calls, one kind each, again and again.
 * Each kind is one that a needless wake-up would show in: most of them return
 * EINTR when a signal or a ptrace stop passes by, the others return early.
 */
#ifndef _SUTURE_TEST_BLOCKED_H
#define _SUTURE_TEST_BLOCKED_H

struct blocked {
	const char *name;
	/* block once for @ms; 0 as expected, 1 something came early, negative errno */
	int (*once)(int ms);
	int by_ticks; /* the kernel counts its time-out in ticks */
	unsigned long rounds, eintr, early, failed;
	int last_error;
};

/* sixteen kinds, then one with a NULL name */
extern struct blocked blocked_kinds[];

/*
 * blocked_start - start one thread of each kind in @names (NULL: all)
 * @ms:  how long each call blocks, milliseconds
 * Returns their number, or a negative errno.
 */
int blocked_start(char *const *names, int ms);

/* blocked_inside - how many threads are inside their call just now */
int blocked_inside(void);

#endif /* _SUTURE_TEST_BLOCKED_H */
