// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that spin with everything a thread has in use: all general and vector
 * registers, the flags, the rounding modes, the words below the stack pointer. Between two
 * spins they call answer().
 *   start N    N threads
 *   report     rounds N old N new N broken N, since the last time; WHAT was broken first
 */
#include <pthread.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"
#include "state.h"

static unsigned long rounds, old, new, broken;
static char what[128];

static void found(const char *name, int n)
{
	if (!__atomic_fetch_add(&broken, 1, __ATOMIC_RELAXED))
		snprintf(what, sizeof(what), "%s %d", name, n);
}

static void *spin(void *arg)
{
	proto_yield();
	for (unsigned int n = (long)arg;; n += 64) {
		const char *bad;
		int got, number;

		bad = state_round(n, &number);
		if (bad)
			found(bad, number);
		if (red_zone_spin(STATE_LOOPS))
			found("red zone", 0);
		got = answer(n & 0xff) - (int)(n & 0xff);
		if (got == 1)
			__atomic_add_fetch(&old, 1, __ATOMIC_RELAXED);
		else if (got == 1001)
			__atomic_add_fetch(&new, 1, __ATOMIC_RELAXED);
		else
			found("answer", got);
		__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void handle(int argc, char **argv)
{
	pthread_t t;

	if (!strcmp(argv[0], "start") && argc == 2) {
		for (long i = 0; i < atoi(argv[1]); i++) {
			if (pthread_create(&t, NULL, spin, (void *)i)) {
				proto_say("bad pthread_create");
				return;
			}
		}
		proto_say("ok");
	} else if (!strcmp(argv[0], "report")) {
		proto_say("rounds %lu old %lu new %lu broken %lu %s",
			  __atomic_exchange_n(&rounds, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&old, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&new, 0, __ATOMIC_RELAXED),
			  __atomic_load_n(&broken, __ATOMIC_RELAXED), what);
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
