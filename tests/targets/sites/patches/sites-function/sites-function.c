// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: the function that is called, and a call of one that is stayed in");
SUTURE_QUIESCENT;

extern int check(int x);
extern void stay(void (*fn)(void));

static int new_check(int x)
{
	return SUTURE_ORIGINAL(check)(x) + 50;
}

static void new_stay(void (*fn)(void))
{
	stay(fn);
}

SUTURE_REPLACE(check, new_check);
SUTURE_REPLACE_CALL(stay_caller, AT_stay_caller, new_stay);
