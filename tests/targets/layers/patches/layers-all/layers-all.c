// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: takes the place of all; first() is 401");
SUTURE_IMMEDIATE;
SUTURE_REPLACES_ALL;

static int new_first(int x)
{
	return x + 401;
}
SUTURE_REPLACE(first, new_first);
