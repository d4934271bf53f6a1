// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#define FUNCTION __attribute__((noinline, visibility("default"), aligned(16)))

int value_of_b(int x);
int number_of_b(const char *s);

FUNCTION int value_of_b(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 2;
}

FUNCTION int number_of_b(const char *s)
{
	return atoi(s) + value_of_b(0);
}
