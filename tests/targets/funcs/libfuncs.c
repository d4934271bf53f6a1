// SPDX-License-Identifier: GPL-2.0
/* The old functions. See funcs.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "funcs.h"

#define KEPT __attribute__((noinline, noclone))

/* volatile: nobody folds the functions, and none is shorter than a jump. Two
 * equal words: a process can change which one answer() reads, and nothing else. */
static volatile int ones[2] = { 1, 1 }, three = 3;
#define one ones[0]

KEPT int answer(int x)
{
	return x + one;
}

int answer_in_constructor;

__attribute__((constructor)) static void first_call(void)
{
	answer_in_constructor = answer(0);
}

KEPT long recurse(int n)
{
	if (n <= 0)
		return 0;
	return n * (long)one + recurse(n - 1) + one - 1;
}

KEPT double ten(long a, long b, long c, long d, long e, long f, long g, long h, long i, long j,
		double p, double q, double r, double s, double t, double u, double v, double w,
		double x, double y)
{
	return a + 2 * b + 3 * c + 4 * d + 5 * e + 6 * f + 7 * g + 8 * h + 9 * i + 10 * j +
	       11 * p + 12 * q + 13 * r + 14 * s + 15 * t + 16 * u + 17 * v + 18 * w + 19 * x +
	       20 * y;
}

KEPT static int hidden_scale(int x)
{
	return x * three;
}

KEPT int through_static(int x)
{
	return hidden_scale(x) + one - 1;
}

static int bump_count;
static volatile int bump_words[4] = { 100, 200, 300, 400 };

KEPT int bump(void)
{
	bump_count += one;
	return bump_count;
}

int bump_total(void)
{
	return bump_count;
}

int bump_first(void)
{
	return bump_words[0];
}

__thread int parse_calls;

KEPT long parse(const char *text)
{
	parse_calls++;
	if (!text) {	/* never: it is here for the imports that the patch uses */
		fputs("parse: no text\n", stderr);
		return strtol("0", NULL, 0) + close(-1) + errno;
	}
	return 0;
}

KEPT int pair_inner(int x, int *seen)
{
	*seen = one;
	return x - one;
}

KEPT int pair_outer(int x, int spin, int *seen, funcs_cb between, void *arg)
{
	int shifted = x + one;

	for (volatile int i = 0; i < spin; i++)
		;
	if (between)
		between(arg);
	return pair_inner(shifted, seen) + one - 1;
}

KEPT int hold(funcs_cb cb, void *arg)
{
	int got = cb(arg);

	return got + one;
}

__attribute__((cold, noinline, noclone)) static int rare(funcs_cb cb, void *arg)
{
	return cb(arg) + one;
}

KEPT int coldly(int x, funcs_cb cb, void *arg)
{
	if (__builtin_expect(x < 0, 0)) {
		int got = rare(cb, arg);

		return got * three + one;
	}
	return x + one;
}
