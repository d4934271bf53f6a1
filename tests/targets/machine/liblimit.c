// SPDX-License-Identifier: GPL-2.0
/* A library in C that C++ programs use; a callback may throw through it. */
#include "limit.h"

static volatile int ten = 10;

__attribute__((noinline, noclone)) int limit(int x, int (*cb)(int))
{
	int got = cb ? cb(x) : x;

	return got > ten ? ten : got;
}
