// SPDX-License-Identifier: GPL-2.0
/* Built with -fcf-protection=full: every function begins with endbr64. */
static volatile int one = 1;

__attribute__((noinline, noclone)) int cet_answer(int x)
{
	return x + one;
}
