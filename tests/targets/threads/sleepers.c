// SPDX-License-Identifier: GPL-2.0
/*
 * A process of libfuncs.so with threads that are blocked in system calls.
 *   start MS [KIND...]  one thread for each of these kinds, or of all sixteen
 *   inside              how many are inside their call just now
 *   report              rounds N eintr N early N failed N, all kinds together
 *   each                the same, one after the other
 *   old|new NAME...     as funcs
 */
#include "../common/proto.h"
#include "../funcs/checks.h"
#include "blocked.h"

static void report(void)
{
	unsigned long rounds = 0, eintr = 0, early = 0, failed = 0;

	for (struct blocked *b = blocked_kinds; b->name; b++) {
		rounds += __atomic_load_n(&b->rounds, __ATOMIC_RELAXED);
		eintr += __atomic_load_n(&b->eintr, __ATOMIC_RELAXED);
		early += __atomic_load_n(&b->early, __ATOMIC_RELAXED);
		failed += __atomic_load_n(&b->failed, __ATOMIC_RELAXED);
	}
	proto_say("rounds %lu eintr %lu early %lu failed %lu", rounds, eintr, early, failed);
}

static void each(void)
{
	char line[1000] = "";
	int n = 0;

	for (struct blocked *b = blocked_kinds; b->name; b++)
		n += snprintf(line + n, sizeof(line) - n, "%s:%lu/%lu/%lu/%lu(%d) ", b->name,
			      b->rounds, b->eintr, b->early, b->failed, b->last_error);
	proto_say("%s", line);
}

static void handle(int argc, char **argv)
{
	char why[256];

	if (!strcmp(argv[0], "start") && argc >= 2) {
		proto_say("ok %d", blocked_start(argv + 2, atoi(argv[1])));
	} else if (!strcmp(argv[0], "inside")) {
		proto_say("%d", blocked_inside());
	} else if (!strcmp(argv[0], "report")) {
		report();
	} else if (!strcmp(argv[0], "each")) {
		each();
	} else if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		for (int i = 1; i < argc; i++) {
			if (checks_run(argv[i], argv[0][0] == 'n', why, sizeof(why))) {
				proto_say("bad %s: %s", argv[i], why);
				return;
			}
		}
		proto_say("ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
