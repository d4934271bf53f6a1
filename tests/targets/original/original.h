/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ORIGINAL_H
#define ORIGINAL_H

typedef int (*original_cb)(void *arg);

/* entries.S */
int by_word(int x);		/* begins with a load from where it is */
int by_compare(int x);		/* begins with what is there; arm64: its address */
int by_call(int x);		/* begins with a call; arm64: with a branch */
int by_pad(int x);		/* begins with a landing pad, then relative */
int by_gate(original_cb cb);	/* calls, arm64: not first, and stays away for long */

/* liboriginal.c */
int fib(int n);			/* calls itself */
int visit(original_cb cb, void *arg);
int varargs(const char *format, ...);
int seen_of(int i);		/* how often new functions were called */

#endif
