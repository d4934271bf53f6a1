// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("2.0", "test: takes the place of stack-low; one() is 501, but its hook always refuses");
SUTURE_REPLACES("stack-low");

static int new_one(int x)
{
	return x + 501;
}

SUTURE_REPLACE(one, new_one);

static int pre_patch(void)
{
	return 42;
}
SUTURE_PRE_PATCH(pre_patch);
