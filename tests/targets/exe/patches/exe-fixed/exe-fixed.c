// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: an executable at a fixed address");
SUTURE_LICENSE("GPL-2.0");

extern int exe_calls;

static int new_answer(int x)
{
	exe_calls += 10;
	return x + 1001;
}

SUTURE_REPLACE(exe_answer, new_answer);
