// SPDX-License-Identifier: GPL-2.0
/* Each calls the old function, or what the target alone has. */
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: functions in guarded pages, with signed return addresses");
SUTURE_LICENSE("GPL-2.0");
SUTURE_QUIESCENT;

typedef int (*guarded_cb)(void *arg);

extern int leaf(int), outer(guarded_cb, void *), plain(int), imports(const char *);
extern int atoi(const char *);

static int new_leaf(int x)
{
	return SUTURE_ORIGINAL(leaf)(x) + 1000;
}
SUTURE_REPLACE(leaf, new_leaf);

static int new_outer(guarded_cb cb, void *arg)
{
	return SUTURE_ORIGINAL(outer)(cb, arg) + 1000;
}
SUTURE_REPLACE(outer, new_outer);

/* A static function without a landing pad, also by a pointer. */
static int (*volatile plain_at)(int);

static int new_direct(int x)
{
	plain_at = plain;
	return plain_at(x) + plain(1000) - 4;
}
SUTURE_REPLACE(direct, new_direct);

static int new_imports(const char *text)
{
	return atoi(text) + 1008;
}
SUTURE_REPLACE(imports, new_imports);
