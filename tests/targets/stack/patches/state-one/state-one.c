// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: counts calls of one() in state 7, version 1");

static long calls;

SUTURE_STATE(7, 1, calls);

static int new_one(int x)
{
	calls++;
	return x + 1;
}

static long new_tell(int what)
{
	return what ? -1 : calls;
}

SUTURE_REPLACE(one, new_one);
SUTURE_REPLACE(tell, new_tell);
