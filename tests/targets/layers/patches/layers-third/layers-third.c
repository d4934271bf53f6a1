// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: third() is 3, by new code");
SUTURE_IMMEDIATE;

static int new_third(int x)
{
	return x + 3;
}
SUTURE_REPLACE(third, new_third);
