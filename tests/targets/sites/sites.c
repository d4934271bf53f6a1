// SPDX-License-Identifier: GPL-2.0
/*
 * A program that calls what has replaced calls.
 *   values         what each caller gives
 *   spin           start four threads that call one_caller() and tail_caller()
 *   seen           which values they have seen since the last time, and how many calls
 *   enter | leave  a thread goes into stay_caller(), and comes back
 */
#define _GNU_SOURCE
#include <pthread.h>
#include "../common/proto.h"
#include "sites.h"

#define MAX_SEEN 16

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* for reading from the calls to their being noted, so that none is noted later than asked for */
static pthread_rwlock_t noting = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
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
		int values[4];

		for (int i = 0; i < 250; i++) {
			pthread_rwlock_rdlock(&noting);
			for (int j = 0; j < 4; j++)
				values[j] = one_caller(0) + tail_caller(1);
			pthread_mutex_lock(&lock);
			for (int j = 0; j < 4; j++)
				note(values[j]);
			calls += 4;
			pthread_mutex_unlock(&lock);
			pthread_rwlock_unlock(&noting);
		}
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
		stay_caller(wait_inside);
		proto_scrub();
		if (write(done[1], "o", 1) != 1)
			_exit(3);
	}
	return arg;
}

static void tell_seen(void)
{
	char text[256] = "";
	size_t n = 0;

	pthread_rwlock_wrlock(&noting);
	pthread_mutex_lock(&lock);
	for (int i = 0; i < nr_seen; i++)
		n += snprintf(text + n, sizeof(text) - n, "%d ", seen[i]);
	snprintf(text + n, sizeof(text) - n, "calls %ld", calls);
	nr_seen = 0;
	calls = 0;
	pthread_mutex_unlock(&lock);
	pthread_rwlock_unlock(&noting);
	proto_say("%s", text);
}

static void handle(int argc, char **argv)
{
	pthread_t thread;
	char c;

	(void)argc;
	if (!strcmp(argv[0], "values")) {
		proto_say("%d %d %d %d %d %ld %d", one_caller(1), other_caller(1), tail_caller(1),
			  inlined_one(1), inlined_two(1), plt_caller("10"), word_caller("10"));
	} else if (!strcmp(argv[0], "spin")) {
		for (int i = 0; i < 4; i++) {
			if (pthread_create(&thread, NULL, spin, NULL))
				_exit(3);
		}
		proto_say("ok");
	} else if (!strcmp(argv[0], "seen")) {
		tell_seen();
	} else if (!strcmp(argv[0], "enter") || !strcmp(argv[0], "leave")) {
		if (write(argv[0][0] == 'e' ? go[1] : out[1], "g", 1) != 1)
			_exit(3);
		while (read(done[0], &c, 1) != 1)
			;
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
