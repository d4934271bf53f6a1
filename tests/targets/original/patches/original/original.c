// SPDX-License-Identifier: GPL-2.0
/* Counts calls, and adds to what the old functions say. */
#include <stdarg.h>
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: counts and calls the old functions");
SUTURE_LICENSE("GPL-2.0");

typedef int (*original_cb)(void *arg);

extern int by_word(int), by_compare(int), by_call(int), by_pad(int), by_gate(original_cb);
extern int fib(int), visit(original_cb, void *), varargs(const char *, ...);
extern volatile int seen[8];

static int count(int i)
{
	return __atomic_add_fetch(&seen[i], 1, __ATOMIC_RELAXED);
}

static int new_word(int x)
{
	count(0);
	return SUTURE_ORIGINAL(by_word)(x) + 10000;
}
SUTURE_REPLACE(by_word, new_word);

static int new_compare(int x)
{
	count(1);
	return SUTURE_ORIGINAL(by_compare)(x) + 10000;
}
SUTURE_REPLACE(by_compare, new_compare);

/* a tail call */
static int new_call(int x)
{
	count(2);
	return SUTURE_ORIGINAL(by_call)(x + 1);
}
SUTURE_REPLACE(by_call, new_call);

static int new_pad(int x)
{
	count(3);
	return SUTURE_ORIGINAL(by_pad)(x) + SUTURE_ORIGINAL(by_pad)(0);
}
SUTURE_REPLACE(by_pad, new_pad);

static int new_gate(original_cb cb)
{
	count(4);
	return SUTURE_ORIGINAL(by_gate)(cb) + 10000;
}
SUTURE_REPLACE(by_gate, new_gate);

static int new_fib(int n)
{
	count(5);
	return SUTURE_ORIGINAL(fib)(n);
}
SUTURE_REPLACE(fib, new_fib);

/* by a pointer */
static int (*volatile old_visit)(original_cb, void *);

static int new_visit(original_cb cb, void *arg)
{
	count(6);
	old_visit = SUTURE_ORIGINAL(visit);
	return old_visit(cb, arg) + 10000;
}
SUTURE_REPLACE(visit, new_visit);

static int new_varargs(const char *format, ...)
{
	va_list ap;
	int a, b;
	double c;

	count(7);
	va_start(ap, format);
	a = va_arg(ap, int);
	b = va_arg(ap, int);
	c = va_arg(ap, double);
	va_end(ap);
	return SUTURE_ORIGINAL(varargs)(format, a + 1, b + 1, c + 1);
}
SUTURE_REPLACE(varargs, new_varargs);
SUTURE_IMMEDIATE;
