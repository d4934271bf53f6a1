// SPDX-License-Identifier: GPL-2.0
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: visit() adds 20, second() 2, pass_on() 41, spawn() gives 7");
SUTURE_LICENSE("GPL-2.0");

typedef int (*unwound_cb)(void *arg);

extern int hand_over(int (*fn)(int), unwound_cb cb, void *arg);

static int new_visit(unwound_cb cb, void *arg)
{
	int got = cb ? cb(arg) : 0;

	return *(volatile int *)&got + 20;
}

static int new_second(int x)
{
	return x + 2;
}

static int plus_forty(int x)
{
	return x + 40;
}

/* Gives a function of the patch away and leaves no frame. */
static int new_pass_on(unwound_cb cb, void *arg)
{
	return hand_over(plus_forty, cb, arg);
}

static int new_spawn(int fd)
{
	(void)fd;
	return 7;
}

SUTURE_REPLACE(visit, new_visit);
SUTURE_REPLACE(second, new_second);
SUTURE_REPLACE(pass_on, new_pass_on);
SUTURE_REPLACE(spawn, new_spawn);
