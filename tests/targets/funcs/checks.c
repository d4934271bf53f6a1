// SPDX-License-Identifier: GPL-2.0
/* Old or new, function by function: the values that funcs.h promises. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "checks.h"
#include "funcs.h"

#define EXPECT(cond, ...) do { \
	if (!(cond)) { \
		snprintf(why, size, __VA_ARGS__); \
		return -1; \
	} \
} while (0)

static int check_answer(int patched, char *why, int size)
{
	int want = patched ? 1005 : 5, got = answer(4);

	EXPECT(got == want, "answer(4) is %d, not %d", got, want);
	return 0;
}

static int check_recurse(int patched, char *why, int size)
{
	for (int n = 0; n < 60; n += 7) {
		long want = (long)n * (n + 1) / 2 * (patched ? 2 : 1), got = recurse(n);

		EXPECT(got == want, "recurse(%d) is %ld, not %ld", n, got, want);
	}
	return 0;
}

static int check_ten(int patched, char *why, int size)
{
	double want = 0, got;

	for (int i = 1; i <= 10; i++)
		want += i * (double)(i * 1000003L) + (10 + i) * (i * 0.25);
	if (patched)
		want = -want;
	got = ten(1 * 1000003L, 2 * 1000003L, 3 * 1000003L, 4 * 1000003L, 5 * 1000003L,
		  6 * 1000003L, 7 * 1000003L, 8 * 1000003L, 9 * 1000003L, 10 * 1000003L,
		  0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5);
	EXPECT(got == want, "ten() is %f, not %f", got, want);
	return 0;
}

static int check_static(int patched, char *why, int size)
{
	int want = patched ? 36 : 21, got = through_static(7);

	EXPECT(got == want, "through_static(7) is %d, not %d", got, want);
	return 0;
}

static int check_data(int patched, char *why, int size)
{
	int total = bump_total(), first = bump_first(), step = patched ? 10 : 1, got = bump();

	EXPECT(got == total + step, "bump() is %d, not %d", got, total + step);
	EXPECT(bump_total() == got, "the library sees %d, bump() said %d", bump_total(), got);
	EXPECT(bump_first() == first + (patched ? 10 : 0), "the array's word went from %d to %d",
	       first, bump_first());
	return 0;
}

static int check_imports(int patched, char *why, int size)
{
	int calls = parse_calls, step = patched ? 100 : 1;
	long want = patched ? 4711 : 0, got;

	errno = 0;
	got = parse("4711");
	EXPECT(errno == (patched ? EBADF : 0), "errno is %d", errno);
	EXPECT(got == want, "parse() is %ld, not %ld", got, want);
	EXPECT(parse_calls == calls + step, "the thread-local went from %d to %d", calls,
	       parse_calls);
	return 0;
}

static int check_pair(int patched, char *why, int size)
{
	int seen = -1, got = pair_outer(40, 0, &seen, NULL, NULL), want = patched ? 7 : 1;

	EXPECT(got == 40, "pair_outer(40) is %d", got);
	EXPECT(seen == want, "the shift is %d, not %d", seen, want);
	return 0;
}

static int give(void *arg)
{
	return *(int *)arg;
}

static int check_hold(int patched, char *why, int size)
{
	int v = 5, want = patched ? 7 : 6, got = hold(give, &v);

	EXPECT(got == want, "hold() is %d, not %d", got, want);
	return 0;
}

static int check_cold(int patched, char *why, int size)
{
	int v = 0, want = patched ? 6 : 5, got = coldly(4, give, &v);

	EXPECT(got == want, "coldly(4) is %d, not %d", got, want);
	want = patched ? 20 : 4;
	got = coldly(-1, give, &v);
	EXPECT(got == want, "coldly(-1) is %d, not %d", got, want);
	return 0;
}

const struct check checks[] = {
	{ "replace", check_answer },
	{ "recursion", check_recurse },
	{ "ten-args", check_ten },
	{ "static-function", check_static },
	{ "static-data", check_data },
	{ "imports", check_imports },
	{ "pair", check_pair },
	{ "hold", check_hold },
	{ "cold", check_cold },
	{ NULL, NULL },
};

int checks_run(const char *name, int patched, char *why, int size)
{
	for (const struct check *c = checks; c->name; c++)
		if (!strcmp(c->name, name))
			return c->run(patched, why, size);
	snprintf(why, size, "no check is called %s", name);
	return -1;
}
