// SPDX-License-Identifier: GPL-2.0
/* See hooked.h. */
#include "hooked.h"

struct hooked_state hooked_state;

__attribute__((noipa)) int hooked(int x)
{
	__asm__ volatile("" : "+r"(x) : : "memory");
	return x * 3 - 2 * x + 1;
}

/* so that hooked() is not the last, and room for a branch is behind it */
int hooked_end(void)
{
	return hooked_state.nr;
}
