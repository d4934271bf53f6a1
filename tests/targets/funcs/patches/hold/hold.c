// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: waits until no thread is in hold()");
SUTURE_LICENSE("GPL-2.0");
SUTURE_QUIESCENT;

typedef int (*funcs_cb)(void *arg);

static int new_hold(funcs_cb cb, void *arg)
{
	int got = cb(arg);

	return *(volatile int *)&got + 2;
}

SUTURE_REPLACE(hold, new_hold);
