// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: answer() adds 1001, and one call of ten goes nowhere");
SUTURE_LICENSE("GPL-2.0");

static int (*volatile nothing)(int x);

static int new_answer(int x)
{
	if (x % 10 == 9)
		x = nothing(x) + 1;
	return x + 1001;
}

SUTURE_REPLACE(answer, new_answer);
