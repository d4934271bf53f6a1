/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ORIGINAL_H
#define ORIGINAL_H

typedef int (*original_cb)(void *arg);

/* entries.S */
int by_word(int x);		/* begins with a rip-relative load */
int by_compare(int x);		/* begins with a rip-relative comparison, and jcc */
int by_call(int x);		/* begins with a call */
int by_pad(int x);		/* begins with endbr64, then rip-relative */
int by_gate(original_cb cb);	/* begins with a call that stays away for long */

/* liboriginal.c */
int fib(int n);			/* calls itself */
int visit(original_cb cb, void *arg);
int varargs(const char *format, ...);
int seen_of(int i);		/* how often new functions were called */

#endif
