// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: one() is 201, three() is 203");
SUTURE_IMMEDIATE;

static int new_one(int x)
{
	return x + 201;
}

static int new_three(int x)
{
	return x + 203;
}

SUTURE_REPLACE(one, new_one);
SUTURE_REPLACE(three, new_three);
