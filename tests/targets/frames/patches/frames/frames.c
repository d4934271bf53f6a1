// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: visit() adds 20");
SUTURE_LICENSE("GPL-2.0");

typedef int (*frames_cb)(void *arg);

static int new_visit(frames_cb cb, void *arg)
{
	int got = cb ? cb(arg) : 0;

	return *(volatile int *)&got + 20;
}

SUTURE_REPLACE(visit, new_visit);
