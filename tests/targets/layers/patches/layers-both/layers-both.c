// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: first() is 601, second() is 602; hooks that count");
SUTURE_IMMEDIATE;

SUTURE_IMPORT(int, layers_hooks);

static int new_first(int x)
{
	return x + 601;
}
SUTURE_REPLACE(first, new_first);

static int new_second(int x)
{
	return x + 602;
}
SUTURE_REPLACE(second, new_second);

static int pre_patch(void)
{
	SUTURE_IMPORTED(layers_hooks)[0]++;
	return 0;
}
SUTURE_PRE_PATCH(pre_patch);

static int post_patch(void)
{
	SUTURE_IMPORTED(layers_hooks)[1]++;
	return 0;
}
SUTURE_POST_PATCH(post_patch);
