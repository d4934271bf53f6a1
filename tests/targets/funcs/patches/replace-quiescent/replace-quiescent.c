// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: answer() adds 1001, and no thread may be inside");
SUTURE_LICENSE("GPL-2.0");
SUTURE_QUIESCENT;

static int new_answer(int x)
{
	return x + 1001;
}

SUTURE_REPLACE(answer, new_answer);
