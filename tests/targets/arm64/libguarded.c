// SPDX-License-Identifier: GPL-2.0
/* A library of which every page is guarded, and every return address signed. */
#include "guarded.h"

#define KEPT __attribute__((noinline, noclone))

/* stdlib.h makes another function of it */
int atoi(const char *text);

__attribute__((visibility("hidden"))) int plain(int x);

KEPT int leaf(int x)
{
	return x + 1;
}

KEPT int outer(guarded_cb cb, void *arg)
{
	volatile int got = cb(arg);

	return got + 2;
}

KEPT int direct(int x)
{
	volatile int got = plain(x);

	return got;
}

KEPT int imports(const char *text)
{
	return atoi(text) + 8;
}

int (*const leaf_at)(int x) = leaf;
int (*const outer_at)(guarded_cb cb, void *arg) = outer;

void *plain_at(void)
{
	return plain;
}
