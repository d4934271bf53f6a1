// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include "frames.h"

/* volatile: nobody folds the functions, and none is shorter than a jump */
static volatile int one = 1;

__attribute__((noinline, noclone)) int visit(frames_cb cb, void *arg)
{
	int got = cb ? cb(arg) : 0;

	return got + one;
}

__attribute__((noinline, noclone)) int second(int x)
{
	return x + one;
}
