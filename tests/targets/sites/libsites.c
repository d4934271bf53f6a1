// SPDX-License-Identifier: GPL-2.0
/* Functions that call others in each way that there is. */
#include <stdlib.h>
#include "sites.h"

/* far enough from each other that no jump is a short one */
#define FUNCTION __attribute__((noinline, noclone, visibility("default"), aligned(256)))

int atoi(const char *s) __attribute__((noplt));

static volatile int one = 1;

__attribute__((noinline, noclone, aligned(256))) static int check(int x)
{
	return x + one;
}

/* what a fix is for is here, and it is nowhere a function of its own */
static inline __attribute__((always_inline)) int guard(int x)
{
	if (x < 0)
		return -1;
	return check(x) + 5;
}

FUNCTION int one_caller(int x)
{
	return check(x) * 10;
}

FUNCTION int other_caller(int x)
{
	return check(x) * 100;
}

FUNCTION int tail_caller(int x)
{
	return check(x + 1);
}

FUNCTION int inlined_one(int x)
{
	return guard(x) * 2;
}

FUNCTION int inlined_two(int x)
{
	return guard(x) * 3;
}

FUNCTION long plt_caller(const char *s)
{
	return strtol(s, NULL, 16) + one;
}

FUNCTION int word_caller(const char *s)
{
	return atoi(s) + one;
}

__attribute__((noinline, noclone, aligned(256))) static void stay(void (*fn)(void))
{
	fn();
	__asm__ volatile("" ::: "memory");
}

FUNCTION void stay_caller(void (*fn)(void))
{
	stay(fn);
	__asm__ volatile("" ::: "memory");
}
