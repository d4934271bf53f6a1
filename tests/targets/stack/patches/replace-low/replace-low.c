// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("2.0", "test: takes the place of stack-low; one() is 401");
SUTURE_REPLACES("stack-low");
SUTURE_QUIESCENT;

extern void stay(void (*fn)(void));

static int new_one(int x)
{
	return x + 401;
}

/* a thread inside the old one holds the patch up */
static void new_stay(void (*fn)(void))
{
	fn();
	__asm__ volatile("" ::: "memory");
}

SUTURE_REPLACE(one, new_one);
SUTURE_REPLACE(stay, new_stay);
