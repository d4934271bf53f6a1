// SPDX-License-Identifier: GPL-2.0
/* Both new functions destroy every register that the calling convention lets a
 * function destroy; the old ones touch a few. */
#include <suture/patch.h>
#include "../../clobber.h"

SUTURE_PATCH("1.0", "test: new functions that use more registers than the old");
SUTURE_LICENSE("GPL-2.0");

static long new_leaf(long x)
{
	CLOBBER_INTS();
	CLOBBER_ARG(x);
	return x + 1001;
}

static double new_leafd(double x)
{
	CLOBBER_DOUBLES();
	return x + 1001;
}

SUTURE_REPLACE(leaf, new_leaf);
SUTURE_REPLACE(leafd, new_leafd);
