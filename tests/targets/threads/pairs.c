// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that call two functions whose contract changes together.
 *   start N    N threads in a loop
 *   report     old N new N mixed N, since the last time
 */
#include <pthread.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"

static unsigned long old, new, mixed;

static void *loop(void *arg)
{
	(void)arg;
	proto_yield();
	for (int x = 0;; x = (x + 1) & 0xffff) {
		int seen = -1, got = pair_outer(x, 300, &seen, NULL, NULL);

		if (got == x && seen == 1)
			__atomic_add_fetch(&old, 1, __ATOMIC_RELAXED);
		else if (got == x && seen == 7)
			__atomic_add_fetch(&new, 1, __ATOMIC_RELAXED);
		else
			__atomic_add_fetch(&mixed, 1, __ATOMIC_RELAXED);
		/* twice as long outside as inside */
		for (volatile int i = 0; i < 600; i++)
			;
	}
	return NULL;
}

static void handle(int argc, char **argv)
{
	pthread_t t;

	if (!strcmp(argv[0], "start") && argc == 2) {
		for (int n = atoi(argv[1]); n > 0; n--) {
			if (pthread_create(&t, NULL, loop, NULL)) {
				proto_say("bad pthread_create");
				return;
			}
		}
		proto_say("ok");
	} else if (!strcmp(argv[0], "report")) {
		proto_say("old %lu new %lu mixed %lu",
			  __atomic_exchange_n(&old, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&new, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&mixed, 0, __ATOMIC_RELAXED));
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
