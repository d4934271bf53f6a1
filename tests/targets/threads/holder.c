// SPDX-License-Identifier: GPL-2.0
/*
 * A thread, named "holder", that stays inside a function for as long as it is told.
 *   enter hold|cold|pair   go in; what is on its stack then is the function
 *                          (cold: only its cold part)
 *   leave                  come out: the value that the call gave, and for pair the
 *                          shift that inner used
 *   tid                    of that thread
 *   old|new NAME...        as funcs, on the main thread
 */
#define _GNU_SOURCE
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include "../common/proto.h"
#include "../funcs/checks.h"
#include "../funcs/funcs.h"

static int go[2], out[2], done[2];	/* pipes: go in, come out, has come out */
static int tid, result, seen;

/* asleep in read, with the function that called us on the stack */
static int stay(void *arg)
{
	char c;

	if (write(done[1], "i", 1) != 1)
		_exit(3);
	while (read(out[0], &c, 1) != 1)
		;
	return *(int *)arg;
}

static void *holder(void *arg)
{
	int five = 5, zero = 0;
	char c;

	(void)arg;
	prctl(PR_SET_NAME, "holder");
	tid = gettid();
	if (write(done[1], "t", 1) != 1)
		_exit(3);
	for (;;) {
		while (read(go[0], &c, 1) != 1)
			;
		if (c == 'h')
			result = hold(stay, &five);
		else if (c == 'c')
			result = coldly(-1, stay, &zero);
		else
			result = pair_outer(40, 0, &seen, stay, &zero);
		proto_scrub();
		if (write(done[1], "o", 1) != 1)
			_exit(3);
	}
	return NULL;
}

static void wait_done(void)
{
	char c;

	while (read(done[0], &c, 1) != 1)
		;
}

static void handle(int argc, char **argv)
{
	char why[256];

	if (!strcmp(argv[0], "enter") && argc == 2) {
		if (write(go[1], argv[1], 1) != 1)
			_exit(3);
		wait_done();
		proto_say("ok");
	} else if (!strcmp(argv[0], "leave")) {
		if (write(out[1], "l", 1) != 1)
			_exit(3);
		wait_done();
		proto_say("%d %d", result, seen);
	} else if (!strcmp(argv[0], "tid")) {
		proto_say("%d", tid);
	} else if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		for (int i = 1; i < argc; i++) {
			if (checks_run(argv[i], argv[0][0] == 'n', why, sizeof(why))) {
				proto_say("bad %s: %s", argv[i], why);
				return;
			}
		}
		proto_scrub();
		proto_say("ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	pthread_t t;

	if (pipe(go) || pipe(out) || pipe(done) || pthread_create(&t, NULL, holder, NULL))
		return 1;
	wait_done();
	return proto_serve(handle);
}
