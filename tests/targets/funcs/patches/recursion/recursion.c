// SPDX-License-Identifier: GPL-2.0
/* Calls itself once by its own name and once through the target's, which is
 * the jump back to here. */
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: recurse() sums twice each number");
SUTURE_LICENSE("GPL-2.0");

extern long recurse(int n);

static __attribute__((noinline)) long new_recurse(int n)
{
	if (n <= 0)
		return 0;
	return 2L * n + (n % 2 ? recurse(n - 1) : new_recurse(n - 1));
}

SUTURE_REPLACE(recurse, new_recurse);
