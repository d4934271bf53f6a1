// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: visit() adds ten times what a needed object says");
SUTURE_LICENSE("GPL-2.0");
SUTURE_QUIESCENT;

typedef int (*frames_cb)(void *arg);

extern int extra(void);

static int new_visit(frames_cb cb, void *arg)
{
	int got = cb ? cb(arg) : 0;

	return *(volatile int *)&got + 10 * extra();
}

SUTURE_REPLACE(visit, new_visit);
