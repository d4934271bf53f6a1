// SPDX-License-Identifier: GPL-2.0
/* On top of another patch of the same functions. */
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: calls the old functions, whatever is below");
SUTURE_LICENSE("GPL-2.0");

typedef int (*original_cb)(void *arg);

extern int by_word(int), by_call(int), fib(int), visit(original_cb, void *);

static int top_word(int x)
{
	return SUTURE_ORIGINAL(by_word)(x) + 20000;
}
SUTURE_REPLACE(by_word, top_word);

static int top_call(int x)
{
	return SUTURE_ORIGINAL(by_call)(x) + 20000;
}
SUTURE_REPLACE(by_call, top_call);

static int top_visit(original_cb cb, void *arg)
{
	return SUTURE_ORIGINAL(visit)(cb, arg) + 20000;
}
SUTURE_REPLACE(visit, top_visit);
SUTURE_IMMEDIATE;
