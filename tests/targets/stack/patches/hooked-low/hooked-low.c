// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>
#include "../../stack.h"

SUTURE_PATCH("1.0", "test: one() is 101, two() is 102; hooks count, and there is a state");
SUTURE_IMMEDIATE;
SUTURE_HOOK_LIMIT(300);

SUTURE_IMPORT(int, stack_hooks);

static long state;
SUTURE_STATE(8, 1, state);

/* the slot of the state is not in the same page as what the kernel has behind it */
static volatile char apart[65536];

static int new_one(int x)
{
	return x + 101;
}

static int new_two(int x)
{
	return x + 102;
}

SUTURE_REPLACE(one, new_one);
SUTURE_REPLACE(two, new_two);

static int pre_patch(void)
{
	apart[sizeof(apart) - 1] = 1;
	SUTURE_IMPORTED(stack_hooks)[0]++;
	return 0;
}
SUTURE_PRE_PATCH(pre_patch);

static int post_patch(void)
{
	SUTURE_IMPORTED(stack_hooks)[1]++;
	return 0;
}
SUTURE_POST_PATCH(post_patch);

static int pre_unpatch(void)
{
	SUTURE_IMPORTED(stack_hooks)[2]++;
	return 0;
}
SUTURE_PRE_UNPATCH(pre_unpatch);

static int post_unpatch(void)
{
	SUTURE_IMPORTED(stack_hooks)[3]++;
	return 0;
}
SUTURE_POST_UNPATCH(post_unpatch);
