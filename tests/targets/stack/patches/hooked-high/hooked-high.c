// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>
#include "../../stack.h"

SUTURE_PATCH("2.0", "test: takes the place of hooked-low and its state; one() is 401; hooks count");
SUTURE_REPLACES("hooked-low");
SUTURE_QUIESCENT;

SUTURE_IMPORT(int, stack_hooks);

static long state;
SUTURE_STATE(8, 1, state);

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

static int pre_patch(void)
{
	SUTURE_IMPORTED(stack_hooks)[4]++;
	return 0;
}
SUTURE_PRE_PATCH(pre_patch);

static int post_patch(void)
{
	SUTURE_IMPORTED(stack_hooks)[5]++;
	return 0;
}
SUTURE_POST_PATCH(post_patch);

static int pre_unpatch(void)
{
	SUTURE_IMPORTED(stack_hooks)[6]++;
	return 0;
}
SUTURE_PRE_UNPATCH(pre_unpatch);

static int post_unpatch(void)
{
	SUTURE_IMPORTED(stack_hooks)[7]++;
	return 0;
}
SUTURE_POST_UNPATCH(post_unpatch);
