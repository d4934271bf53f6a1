// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: visit() adds 20, second() adds 2");
SUTURE_LICENSE("GPL-2.0");

typedef int (*frames_cb)(void *arg);

static int new_visit(frames_cb cb, void *arg)
{
	int got = cb ? cb(arg) : 0;

	return *(volatile int *)&got + 20;
}

static int new_second(int x)
{
	return x + 2;
}

SUTURE_REPLACE(visit, new_visit);
SUTURE_REPLACE(second, new_second);
