// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("2.0", "test: would take the place of all, but knows no state");
SUTURE_REPLACES_ALL;

static int new_one(int x)
{
	return x + 501;
}

SUTURE_REPLACE(one, new_one);
