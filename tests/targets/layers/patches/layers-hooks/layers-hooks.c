// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: first() is 601; hooks that count, and take a while");
SUTURE_IMMEDIATE;
/* its loop takes more than a second where three emulators share two processors */
SUTURE_HOOK_LIMIT(20000);

SUTURE_IMPORT(int, layers_hooks);

static int new_first(int x)
{
	return x + 601;
}
SUTURE_REPLACE(first, new_first);

static int pre_patch(void)
{
	SUTURE_IMPORTED(layers_hooks)[0]++;
	/* long enough for a thread of the process to be woken meanwhile */
	for (volatile int i = 0; i < 1000000; i++)
		;
	return 0;
}
SUTURE_PRE_PATCH(pre_patch);

static int post_patch(void)
{
	SUTURE_IMPORTED(layers_hooks)[1]++;
	return 0;
}
SUTURE_POST_PATCH(post_patch);
