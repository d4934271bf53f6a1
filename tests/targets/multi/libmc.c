// SPDX-License-Identifier: GPL-2.0
/* This one is only needed. */
#define FUNCTION __attribute__((noinline, visibility("default"), aligned(16)))

int value_of_c(int x);

static volatile int base_of_c = 3;

FUNCTION int value_of_c(int x)
{
	return x + base_of_c;
}
