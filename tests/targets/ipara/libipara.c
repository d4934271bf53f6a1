// SPDX-License-Identifier: GPL-2.0
/* See ipara.h. gcc -O2 has -fipa-ra on. */
#include "ipara.h"

static volatile long lone = 1;
static volatile double done = 1;

/* touches rax and rdi only */
__attribute__((noinline, noclone)) static long leaf(long x)
{
	return x + lone;
}

/* touches xmm0 and xmm1 only */
__attribute__((noinline, noclone)) static double leafd(double x)
{
	return x + done;
}

long (*const ipara_leaf_at)(long) = leaf;
double (*const ipara_leafd_at)(double) = leafd;

long ipara_ints(long a, long b, long c, long d, long e)
{
	long s = leaf(a);

	s += leaf(b) * 3;
	s += leaf(c) * 5;
	s += leaf(d) * 7;
	return s + leaf(e) * 11 + a + 2 * b + 3 * c + 4 * d + 5 * e;
}

double ipara_doubles(double a, double b, double c, double d, double e)
{
	double s = leafd(a);

	s += leafd(b) * 3;
	s += leafd(c) * 5;
	s += leafd(d) * 7;
	return s + leafd(e) * 11 + a + 2 * b + 3 * c + 4 * d + 5 * e;
}
