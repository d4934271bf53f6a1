// SPDX-License-Identifier: GPL-2.0
/*
 * entry [idle]: a process of libcet.so, libpage.so and libloop.so, with two threads that call
 * the first two functions without end (idle: without), and with "loop N" N more in the third.
 *   old|new cet|page|loop   ok | bad WHY
 *   at cet|page        the address of the function
 *   bytes cet|page     its first nine bytes
 *   bad                how many calls gave something else than old or new
 */
#include <pthread.h>
#include "../common/proto.h"

int cet_answer(int x);
int page_answer(int x);
int loop_answer(int x, int times);

static int loop_answer_briefly(int x)
{
	return loop_answer(x, 10);
}

static unsigned long bad;

static void *loop(void *arg)
{
	(void)arg;
	proto_yield();
	for (int x = 0;; x = (x + 1) & 0xff) {
		int c = cet_answer(x) - x, p = page_answer(x) - x;

		if ((c != 1 && c != 1001) || (p != 1 && p != 1001))
			__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *loop_in_entry(void *arg)
{
	(void)arg;
	proto_yield();
	for (int x = 0;; x = (x + 1) & 0xff) {
		int got = loop_answer(x, 3000) - x;

		if (got != 1 && got != 1001)
			__atomic_add_fetch(&bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void handle(int argc, char **argv)
{
	int (*f)(int) = cet_answer;
	pthread_t t;

	if (argc == 2 && !strcmp(argv[1], "page"))
		f = page_answer;
	else if (argc == 2 && !strcmp(argv[1], "loop"))
		f = loop_answer_briefly;

	if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		int want = argv[0][0] == 'n' ? 1005 : 5, got = f(4);

		if (got == want)
			proto_say("ok");
		else
			proto_say("bad: %d, not %d", got, want);
	} else if (!strcmp(argv[0], "loop") && argc == 2) {
		for (int n = atoi(argv[1]); n > 0; n--)
			if (pthread_create(&t, NULL, loop_in_entry, NULL))
				_exit(3);
		proto_say("ok");
	} else if (!strcmp(argv[0], "at")) {
		proto_say("%lx", (unsigned long)f);
	} else if (!strcmp(argv[0], "bytes")) {
		const unsigned char *b = (const unsigned char *)f;

		proto_say("%02x %02x %02x %02x %02x %02x %02x %02x %02x", b[0], b[1], b[2], b[3],
			  b[4], b[5], b[6], b[7], b[8]);
	} else if (!strcmp(argv[0], "bad")) {
		proto_say("%lu", __atomic_load_n(&bad, __ATOMIC_RELAXED));
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(int argc, char **argv)
{
	pthread_t t;

	proto_unused();
	for (int i = 0; i < 2 && !(argc > 1 && !strcmp(argv[1], "idle")); i++)
		if (pthread_create(&t, NULL, loop, NULL))
			return 1;
	return proto_serve(handle);
}
