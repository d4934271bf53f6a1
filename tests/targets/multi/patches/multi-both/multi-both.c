// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: two libraries change together, and use a third");

extern int value_of_c(int x);

static int new_a(int x)
{
	return value_of_c(x) + 100;
}

static int new_b(int x)
{
	return new_a(x) + 100;
}

SUTURE_REPLACE(value_of_a, new_a);
SUTURE_REPLACE(value_of_b, new_b);
