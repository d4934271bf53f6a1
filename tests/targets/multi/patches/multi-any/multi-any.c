// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: whichever of two libraries is there");
SUTURE_ANY_TARGET;

/* the call goes through whichever library is mapped */
static int new_a(int x)
{
	return x + atoi("1001");
}

static int new_b(int x)
{
	return x + atoi("1002") + (SUTURE_MAPPED("libma.so") ? 10000 : 0);
}

SUTURE_REPLACE(value_of_a, new_a);
SUTURE_REPLACE(value_of_b, new_b);
