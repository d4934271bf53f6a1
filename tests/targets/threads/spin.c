// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that spin with everything a thread has in use: all general and vector
 * registers, the flags, the rounding modes, the words below rsp. Between two
 * spins they call answer().
 *   start N    N threads
 *   report     rounds N old N new N broken N, since the last time; WHAT was broken first
 */
#include <pthread.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"
#include "state.h"

#define LOOPS 20000
/* carry, parity, adjust, zero, sign, direction, overflow */
#define FLAGS 0xcd5UL

static unsigned long rounds, old, new, broken;
static char what[128];

static void found(const char *name, int n)
{
	if (!__atomic_fetch_add(&broken, 1, __ATOMIC_RELAXED))
		snprintf(what, sizeof(what), "%s %d", name, n);
}

static void fill(struct cpu_state *s, unsigned int seed)
{
	uint8_t *p = (uint8_t *)s;

	for (size_t i = 0; i < sizeof(*s); i++)
		p[i] = (seed = seed * 1103515245 + 12345) >> 16;
	s->gpr[2] = LOOPS;
	/* not trap, not interrupt, not alignment check */
	s->flags = (seed & FLAGS) | 0x202;
	s->mxcsr = 0x1f80 | (seed & 3) << 13;
	s->fcw = 0x37f & ~(seed & 0x300);
}

static void compare(const struct cpu_state *in, const struct cpu_state *out, int avx)
{
	for (int i = 0; i < 15; i++)
		if (out->gpr[i] != (i == 2 ? 0 : in->gpr[i]))
			found("general register", i);
	if ((out->flags ^ in->flags) & FLAGS)
		found("flags", out->flags);
	for (int i = 0; i < 16; i++)
		if (memcmp(out->vec[i], in->vec[i], avx ? 32 : 16))
			found("vector register", i);
	if (out->mxcsr != in->mxcsr)
		found("mxcsr", out->mxcsr);
	if (out->fcw != in->fcw)
		found("x87 control word", out->fcw);
}

static void *spin(void *arg)
{
	int avx = __builtin_cpu_supports("avx");
	struct cpu_state in, out;

	proto_yield();
	for (unsigned int n = (long)arg;; n += 64) {
		int got;

		fill(&in, n);
		state_spin(&in, &out, avx);
		compare(&in, &out, avx);
		if (red_zone_spin(LOOPS))
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
