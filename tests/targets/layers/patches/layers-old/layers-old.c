// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: first() is 101, second() is 102");
SUTURE_IMMEDIATE;

static int new_first(int x)
{
	return x + 101;
}
SUTURE_REPLACE(first, new_first);

static int new_second(int x)
{
	return x + 102;
}
SUTURE_REPLACE(second, new_second);
