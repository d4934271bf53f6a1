// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: limit() lets more pass");
SUTURE_LICENSE("GPL-2.0");
SUTURE_IMMEDIATE;

static int new_limit(int x, int (*cb)(int))
{
	int got = cb ? cb(x) : x;

	return got > 1000 ? 1000 : got;
}

SUTURE_REPLACE(limit, new_limit);
