// SPDX-License-Identifier: GPL-2.0
/*
 * A program whose functions several patches replace.
 *   values         one(0) two(0) three(0)
 *   tell N         tell(N)
 *   spin           start a thread that calls one() without pause
 *   seen           which values of one(0) it has seen since the last time, in order of
 *                  their first coming, and how many calls there were
 *   enter | leave  a thread goes into stay(), and comes back
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include "../common/proto.h"
#include "stack.h"

#define MAX_SEEN 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int seen[MAX_SEEN];
static int nr_seen;
static long calls;

static void note(int value)
{
	int i;

	for (i = 0; i < nr_seen && seen[i] != value; i++)
		;
	if (i == nr_seen && nr_seen < MAX_SEEN)
		seen[nr_seen++] = value;
}

static void *spin(void *arg)
{
	proto_yield();
	for (;;) {
		pthread_mutex_lock(&lock);
		for (int i = 0; i < 1000; i++)
			note(one(0));
		calls += 1000;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

static int go[2], out[2], done[2];

static void wait_inside(void)
{
	char c;

	if (write(done[1], "i", 1) != 1)
		_exit(3);
	while (read(out[0], &c, 1) != 1)
		;
}

static void *stayer(void *arg)
{
	char c;

	for (;;) {
		while (read(go[0], &c, 1) != 1)
			;
		stay(wait_inside);
		proto_scrub();
		if (write(done[1], "o", 1) != 1)
			_exit(3);
	}
	return arg;
}

static void wait_done(void)
{
	char c;

	while (read(done[0], &c, 1) != 1)
		;
}

static void tell_seen(void)
{
	char text[256] = "";
	size_t n = 0;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < nr_seen; i++)
		n += snprintf(text + n, sizeof(text) - n, "%d ", seen[i]);
	snprintf(text + n, sizeof(text) - n, "calls %ld", calls);
	nr_seen = 0;
	calls = 0;
	pthread_mutex_unlock(&lock);
	proto_say("%s", text);
}

static void handle(int argc, char **argv)
{
	pthread_t thread;

	if (!strcmp(argv[0], "values")) {
		proto_say("%d %d %d", one(0), two(0), three(0));
	} else if (!strcmp(argv[0], "tell") && argc == 2) {
		proto_say("%ld", tell(atoi(argv[1])));
	} else if (!strcmp(argv[0], "spin")) {
		if (pthread_create(&thread, NULL, spin, NULL))
			_exit(3);
		proto_say("ok");
	} else if (!strcmp(argv[0], "seen")) {
		tell_seen();
	} else if (!strcmp(argv[0], "enter") || !strcmp(argv[0], "leave")) {
		if (write(argv[0][0] == 'e' ? go[1] : out[1], "g", 1) != 1)
			_exit(3);
		wait_done();
		proto_say("ok");
	} else {
		proto_say("what?");
	}
}

int main(void)
{
	pthread_t thread;

	if (pipe(go) || pipe(out) || pipe(done) || pthread_create(&thread, NULL, stayer, NULL))
		return 3;
	return proto_serve(handle);
}
