// SPDX-License-Identifier: GPL-2.0
/* What the patch calls of the old code. */
#include <stdarg.h>
#include <stdio.h>
#include "original.h"

/* written by the patch, read here */
static volatile int seen[8];

int seen_of(int i)
{
	return seen[i];
}

__attribute__((noinline, noclone)) int fib(int n)
{
	return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

__attribute__((noinline, noclone)) int visit(original_cb cb, void *arg)
{
	volatile int got = cb(arg);

	return got + 1;
}

/* al tells how many vector registers hold arguments */
__attribute__((noinline, noclone)) int varargs(const char *format, ...)
{
	char text[100];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	return text[0] * 10000 + text[2] * 100 + text[4];
}
