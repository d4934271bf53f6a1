// SPDX-License-Identifier: GPL-2.0
/*
 * Calls answer() and then dies, in its own code:
 *   dies HOW [NUMBER]
 *     null     writes where nothing is
 *     call     calls where nothing is
 *     abort    by abort()
 *     raise    as null, with a handler that writes a last word and dies of the signal again
 *     handled  as null, with a handler that lives on
 *     use      as null, but only where answer() is not the old one
 *     wait     not by itself
 *     fine     not at all
 * With a number answer() is called with it first.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../funcs/funcs.h"

static int *volatile nowhere;
static void (*volatile nothing)(void);
static sigjmp_buf back;
static int place;

static void last_word(int sig)
{
	static const char word[] = "dying\n";

	if (write(2, word, sizeof(word) - 1) < 0)
		_exit(1);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void live_on(int sig)
{
	(void)sig;
	siglongjmp(back, 1);
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int got = answer(argc > 2 ? atoi(argv[2]) : 0);

	if (!strcmp(how, "raise"))
		signal(SIGSEGV, last_word);
	if (!strcmp(how, "handled")) {
		signal(SIGSEGV, live_on);
		if (!sigsetjmp(back, 1))
			*nowhere = 1;
		return 0;
	}
	if (!strcmp(how, "null") || !strcmp(how, "raise"))
		*nowhere = 1;
	if (!strcmp(how, "call"))
		nothing();
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "use"))
		*(got == 1 ? &place : nowhere) = 1;
	if (!strcmp(how, "wait"))
		for (;;)
			pause();
	return strcmp(how, "fine") && strcmp(how, "use");
}
