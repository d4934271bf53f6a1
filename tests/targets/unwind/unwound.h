/* SPDX-License-Identifier: GPL-2.0 */
/* libunwound: what a patch replaces while threads are inside, or seem to be. */
#ifndef _UNWOUND_H
#define _UNWOUND_H

typedef int (*unwound_cb)(void *arg);

/* what cb(arg) gives, + 1 */
int visit(unwound_cb cb, void *arg);
/* x + 1 */
int second(int x);
/* fn() of what cb(arg) gives, + 1; not replaced */
int hand_over(int (*fn)(int), unwound_cb cb, void *arg);
/* hand_over() with a function that adds 1; no frame of it is left meanwhile */
int pass_on(unwound_cb cb, void *arg);
/* vfork()s a child that reads a byte from fd and ends; 5 */
int spawn(int fd);

#endif /* _UNWOUND_H */
