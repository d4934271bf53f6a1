// SPDX-License-Identifier: GPL-2.0
/* Built with -fcf-protection=full or the like: every function begins with a landing pad. */
static volatile int one = 1;

__attribute__((noinline, noclone)) int cet_answer(int x)
{
	return x + one;
}
