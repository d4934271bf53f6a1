// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.1", "test: answer() adds 1001");
SUTURE_LICENSE("GPL-2.0");

static int new_answer(int x)
{
	return x + 1001;
}

SUTURE_REPLACE(answer, new_answer);
