// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: second() is 702");
SUTURE_IMMEDIATE;

static int new_second(int x)
{
	return x + 702;
}
SUTURE_REPLACE(second, new_second);
