// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: one() is 101, two() is 102");

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
