/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_SITES_H
#define _SUTURE_TEST_SITES_H

int one_caller(int x);		/* check(x) * 10: a call */
int other_caller(int x);	/* check(x) * 100: a call that nobody replaces */
int tail_caller(int x);		/* check(x + 1): a jump */
int inlined_one(int x);		/* guard() is inlined in both, with its call of check() */
int inlined_two(int x);
long plt_caller(const char *s);	/* strtol(s, 0, 16): through the PLT */
int word_caller(const char *s);	/* atoi(s): through a word of the GOT */
void stay_caller(void (*fn)(void));	/* calls stay(fn), which calls fn */

#endif
