// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("2.0", "test: takes the place of all; one() is 301");
SUTURE_REPLACES_ALL;

static int new_one(int x)
{
	return x + 301;
}

SUTURE_REPLACE(one, new_one);
