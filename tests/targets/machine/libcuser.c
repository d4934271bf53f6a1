// SPDX-License-Identifier: GPL-2.0
/*
 * A process that uses the C library as it is shipped.
 *   spin N    N threads call toascii() without end
 *   counts    what they saw since the last time: old N new N bad N
 *   one       what one call says
 *   enter     a thread goes into lfind() and stays there (its callback sleeps)
 *   leave     it comes out: ok
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <pthread.h>
#include <search.h>
#include "../common/proto.h"

static unsigned long old, new, bad;
static int (*volatile ascii)(int c) = toascii;
static int go[2], back[2];

static int look(void)
{
	int got = ascii('x' | 0x80);

	return got == 'x' ? 0 : got == 'X' ? 1 : 2;
}

static void *spin(void *arg)
{
	static unsigned long *const counts[] = { &old, &new, &bad };

	(void)arg;
	proto_yield();
	for (;;) {
		__atomic_add_fetch(counts[look()], 1, __ATOMIC_RELAXED);
		/* most of the time it is outside */
		for (volatile int i = 0; i < 200; i++)
			;
	}
	return NULL;
}

static int stay(const void *a, const void *b)
{
	char c;

	if (write(back[1], "i", 1) != 1 || read(go[0], &c, 1) != 1)
		_exit(3);
	return a != b;
}

static void *inside(void *arg)
{
	int key = 1, array[1] = { 1 };
	size_t nr = 1;

	(void)arg;
	if (!lfind(&key, array, &nr, sizeof(int), stay))
		return "ok";
	return "bad: found what is not there";
}

static void handle(int argc, char **argv)
{
	static pthread_t holder;
	void *said;
	char c;

	if (!strcmp(argv[0], "spin") && argc == 2) {
		pthread_t t;

		for (int i = 0; i < atoi(argv[1]); i++)
			if (pthread_create(&t, NULL, spin, NULL))
				_exit(3);
		proto_say("ok");
	} else if (!strcmp(argv[0], "counts")) {
		proto_say("old %lu new %lu bad %lu", __atomic_exchange_n(&old, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&new, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&bad, 0, __ATOMIC_RELAXED));
	} else if (!strcmp(argv[0], "one")) {
		int saw = look();

		proto_scrub();
		proto_say(saw == 0 ? "old" : saw == 1 ? "new" : "bad");
	} else if (!strcmp(argv[0], "enter")) {
		if (pthread_create(&holder, NULL, inside, NULL) || read(back[0], &c, 1) != 1)
			_exit(3);
		proto_say("ok");
	} else if (!strcmp(argv[0], "leave")) {
		if (write(go[1], "l", 1) != 1 || pthread_join(holder, &said))
			_exit(3);
		proto_say("%s", (char *)said);
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	if (pipe(go) || pipe(back))
		return 1;
	return proto_serve(handle);
}
