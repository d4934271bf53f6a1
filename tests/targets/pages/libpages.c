// SPDX-License-Identifier: GPL-2.0
/* int NAME(int x): x + 1, in a library of its own. Its segments lie far apart. */
static volatile int ones[20000] = { 1 };
static const char *volatile text = "constant";

__attribute__((noinline, noclone)) int NAME(int x)
{
	return x + ones[0] + !text;
}
