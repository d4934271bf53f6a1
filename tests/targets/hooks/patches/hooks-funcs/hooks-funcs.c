// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>
#include "../../dirty.h"

SUTURE_PATCH("1.0", "test: answer() adds 1001, with hooks that spoil all registers");
SUTURE_LICENSE("GPL-2.0");

static int new_answer(int x)
{
	return x + 1001;
}
SUTURE_REPLACE(answer, new_answer);

static int hook(void)
{
	dirty_registers();
	return 0;
}
SUTURE_PRE_PATCH(hook);
SUTURE_POST_PATCH(hook);
SUTURE_PRE_UNPATCH(hook);
SUTURE_POST_UNPATCH(hook);
