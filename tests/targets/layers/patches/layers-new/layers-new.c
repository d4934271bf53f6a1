// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: takes the place of layers-old; first() is 201");
SUTURE_IMMEDIATE;
SUTURE_REPLACES("layers-old");

static int new_first(int x)
{
	return x + 201;
}
SUTURE_REPLACE(first, new_first);
