// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: one call of each kind goes elsewhere");
SUTURE_IMMEDIATE;

extern int check(int x);

static int new_check(int x)
{
	return check(x) + 1000;
}

static long decimal(const char *s, char **end, int base)
{
	(void)base;
	return strtol(s, end, 10);
}

static int negative(const char *s)
{
	return -atoi(s);
}

SUTURE_REPLACE_CALL(one_caller, AT_one_caller, new_check);
SUTURE_REPLACE_CALL(tail_caller, AT_tail_caller, new_check);
SUTURE_REPLACE_CALL(inlined_one, AT_inlined_one, new_check);
SUTURE_REPLACE_CALL(plt_caller, AT_plt_caller, decimal);
SUTURE_REPLACE_CALL(word_caller, AT_word_caller, negative);
