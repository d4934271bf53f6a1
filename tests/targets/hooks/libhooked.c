// SPDX-License-Identifier: GPL-2.0
/* See hooked.h. */
#include "hooked.h"

/* The dynamic linker puts it there: whatever the program did, a hook could come before. */
struct hooked_state hooked_state = { .start_thread = start_beating };

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
