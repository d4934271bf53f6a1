// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: a function that begins with a landing pad");
SUTURE_LICENSE("GPL-2.0");

static int new_answer(int x)
{
	return x + 1001;
}

SUTURE_REPLACE(cet_answer, new_answer);
