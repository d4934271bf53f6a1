// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: near or far, but in reach");
SUTURE_LICENSE("GPL-2.0");

extern int far(int);

static int new_far(int x)
{
	return SUTURE_ORIGINAL(far)(x) + 1000;
}
SUTURE_REPLACE(far, new_far);
