/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _SUTURE_TEST_STACK_H
#define _SUTURE_TEST_STACK_H

int one(int x);			/* x + 1 */
int two(int x);			/* x + 2 */
int three(int x);		/* x + 3 */
long tell(int what);		/* for patches to answer questions: -1 */
void stay(void (*fn)(void));	/* calls fn */

/* How often hooks have run: those of hooked-low in the order of the life of a patch, and
 * behind them those of hooked-high. */
extern int stack_hooks[8];
int hook_runs(int i);		/* stack_hooks[i], as the library has it */

#endif
