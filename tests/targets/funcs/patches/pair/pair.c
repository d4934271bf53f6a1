// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: both halves of a contract change at once");
SUTURE_LICENSE("GPL-2.0");

typedef int (*funcs_cb)(void *arg);

extern int pair_inner(int x, int *seen);

static int new_pair_inner(int x, int *seen)
{
	*seen = 7;
	return x - 7;
}

static int new_pair_outer(int x, int spin, int *seen, funcs_cb between, void *arg)
{
	int shifted = x + 7, got;

	for (volatile int i = 0; i < spin; i++)
		;
	if (between)
		between(arg);
	got = pair_inner(shifted, seen);
	return *(volatile int *)&got;
}

/* two functions: quiescent without being told */
SUTURE_REPLACE(pair_outer, new_pair_outer);
SUTURE_REPLACE(pair_inner, new_pair_inner);
