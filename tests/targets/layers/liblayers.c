// SPDX-License-Identifier: GPL-2.0
/* Functions that several patches replace, and a place where hooks leave their marks. */
#include "layers.h"

#define FUNCTION __attribute__((noipa, aligned(16)))

int layers_hooks[2];

FUNCTION int first(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

FUNCTION int second(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 2;
}

FUNCTION int third(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 3;
}

/* so that third() is not the last, and room for a branch is behind it */
int layers_end(void)
{
	return layers_hooks[0];
}
