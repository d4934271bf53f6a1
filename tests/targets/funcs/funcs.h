/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The functions that test patches replace. "old" is what the library does as
 * built, "new" what the patch of the same name under patches/ makes of it.
 */
#ifndef _SUTURE_TEST_FUNCS_H
#define _SUTURE_TEST_FUNCS_H

typedef int (*funcs_cb)(void *arg);

/* old: x + 1; new (replace): x + 1001 */
int answer(int x);
/* what answer(0) was in the library's constructor */
extern int answer_in_constructor;

/* sum of 1..n; new (recursion): twice that */
long recurse(int n);

/* weighted sum of all arguments; new (ten-args): its negative */
double ten(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j,
	   double p, double q, double r, double s, double t, double u, double v, double w,
	   double x, double y);

/* calls a static function; old: 3 * x; new (static-function): 5 * x + 1 */
int through_static(int x);

/* counts its calls in static data, one up; new (static-data): ten up, and the
 * static array's first word as well */
int bump(void);
int bump_total(void);
int bump_first(void);

/* old: 0; new (imports): parses text with the target's strtol, counts in the
 * target's thread-local, leaves the errno of a failing close(-1), and says so on
 * the target's stderr when the text is not a number */
long parse(const char *text);
extern __thread int parse_calls;

/* outer shifts, inner shifts back; the shift is their contract. old: 1; new
 * (pair): 7. Both are x in the end; *seen is the shift that inner used. */
int pair_outer(int x, int spin, int *seen, funcs_cb between, void *arg);
int pair_inner(int x, int *seen);

/* calls cb and stays on the stack meanwhile; adds 1; new (hold): adds 2 */
int hold(funcs_cb cb, void *arg);

/* adds 1; below zero goes through a part that the compiler put away as
 * coldly.cold, which calls cb; new (cold): adds 2, cold part adds 20 */
int coldly(int x, funcs_cb cb, void *arg);

#endif /* _SUTURE_TEST_FUNCS_H */
