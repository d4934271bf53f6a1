// SPDX-License-Identifier: GPL-2.0
/* Functions that several patches replace at once. */
#include "stack.h"

int stack_hooks[8];

#define FUNCTION __attribute__((noinline, visibility("default"), aligned(16)))

FUNCTION int one(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 1;
}

FUNCTION int two(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 2;
}

FUNCTION int three(int x)
{
	__asm__ volatile("" : "+r"(x));
	return x + 3;
}

FUNCTION long tell(int what)
{
	__asm__ volatile("" : "+r"(what));
	return -1;
}

FUNCTION void stay(void (*fn)(void))
{
	fn();
	__asm__ volatile("" ::: "memory");
}

FUNCTION int hook_runs(int i)
{
	return stack_hooks[i];
}
