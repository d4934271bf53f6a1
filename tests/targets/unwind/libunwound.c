// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>
#include "unwound.h"

#define KEPT __attribute__((noinline, noclone))

/* volatile: nobody folds the functions, and none is shorter than a jump */
static volatile int one = 1;

KEPT int visit(unwound_cb cb, void *arg)
{
	int got = cb ? cb(arg) : 0;

	return got + one;
}

KEPT int second(int x)
{
	return x + one;
}

KEPT int hand_over(int (*fn)(int), unwound_cb cb, void *arg)
{
	int got = cb(arg);

	return fn(got) + one;
}

static int plus_one(int x)
{
	return x + one;
}

KEPT int pass_on(unwound_cb cb, void *arg)
{
	return hand_over(plus_one, cb, arg);
}

KEPT int spawn(int fd)
{
	char c;
	pid_t pid = vfork();

	if (!pid) {
		while (read(fd, &c, 1) < 0)
			;
		_exit(0);
	}
	return pid < 0 ? -1 : one + 4;
}
