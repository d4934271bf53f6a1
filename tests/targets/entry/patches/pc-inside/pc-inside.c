// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: an entry that threads hardly ever leave");
SUTURE_LICENSE("GPL-2.0");
SUTURE_IMMEDIATE;

static int new_answer(int x, int times)
{
	(void)times;
	return x + 1001;
}

SUTURE_REPLACE(loop_answer, new_answer);
