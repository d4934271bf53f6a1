// SPDX-License-Identifier: GPL-2.0
/*
 * A thread on each processor, which calls answer() of libfuncs.so without pause. Whether
 * each call is what it has to be is judged by phase.h.
 *   report   old N new N late N bad N judged N, since the last time
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"
#include "../hazard/phase.h"

static struct phase *phase;

static void *caller(void *arg)
{
	(void)arg;
	proto_yield();
	for (unsigned int x = 0;; x = (x + 1) & 0xff) {
		unsigned long before = phase_read(phase);

		phase_judge(phase, before, answer(x) - (int)x);
	}
	return NULL;
}

static unsigned long take(unsigned long *what)
{
	return __atomic_exchange_n(what, 0, __ATOMIC_RELAXED);
}

static void handle(int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[0], "report"))
		proto_say("old %lu new %lu late %lu bad %lu judged %lu", take(&phase->old),
			  take(&phase->new), take(&phase->late), take(&phase->bad),
			  take(&phase->judged));
	else
		proto_say("what?");
}

int main(void)
{
	pthread_attr_t attr;
	pthread_t t;
	cpu_set_t cpus;

	proto_unused();
	phase = phase_map();
	if (!phase || pthread_attr_init(&attr))
		return 1;
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		CPU_ZERO(&cpus);
		CPU_SET(cpu, &cpus);
		if (pthread_attr_setaffinity_np(&attr, sizeof(cpus), &cpus) ||
		    pthread_create(&t, &attr, caller, NULL))
			return 1;
	}
	return proto_serve(handle);
}
