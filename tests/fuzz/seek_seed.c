// SPDX-License-Identifier: GPL-2.0
/* The library that seek_fuzz begins with. */
#define F __attribute__((noipa, noinline)) static

extern int one(int), two(int), use(const void *, const void *);
extern void say(const char *);

F int lonely(int x)
{
	return one(x) + two(x);
}

F int navigate(int x)
{
	return two(x + 7);
}

F int both(const void *a, const void *b)
{
	say("only here");
	return use(a, b) + use(b, a) + lonely(1);
}

const struct entry {
	const char *name;
	int (*fn)(int);
} table[] = { { "navigate", navigate } };

int all(const void *a, const void *b);

int all(const void *a, const void *b)
{
	return both(a, b) + table[0].fn(2);
}
