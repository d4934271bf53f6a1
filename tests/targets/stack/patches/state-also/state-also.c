// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: has a state 7 as well, and tells whether its slot leads to another's");

static long data;

SUTURE_STATE(7, 1, data);

static int new_three(int x)
{
	return x + (SUTURE_STATE_PREVIOUS(7) ? 1003 : 603);
}

SUTURE_REPLACE(three, new_three);
