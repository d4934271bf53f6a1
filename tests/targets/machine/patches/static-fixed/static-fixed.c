// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: a static program at a fixed address");
SUTURE_LICENSE("GPL-2.0");

extern int static_calls;

static int new_answer(int x)
{
	static_calls += 10;
	return x + 1001;
}

SUTURE_REPLACE(static_answer, new_answer);
