// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: two of the calls go to yet another place");
SUTURE_IMMEDIATE;

extern int check(int x);

static int newer_check(int x)
{
	return check(x) + 2000;
}

SUTURE_REPLACE_CALL(one_caller, AT_one_caller, newer_check);
SUTURE_REPLACE_CALL(tail_caller, AT_tail_caller, newer_check);
