// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: answer() adds 1001, and one call of ten is the last");
SUTURE_LICENSE("GPL-2.0");

static int *volatile nowhere;

static int new_answer(int x)
{
	if (x % 10 == 9)
		*nowhere = x;
	return x + 1001;
}

SUTURE_REPLACE(answer, new_answer);
