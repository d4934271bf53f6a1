// SPDX-License-Identifier: GPL-2.0
/*
 * A process that uses libfuncs.so.
 *   old|new NAME...  do these functions behave so?   ok | bad WHY
 *   text WORD        parse(WORD)
 *   first            answer(0) as the library's constructor saw it
 *   spin N           start N threads that call answer() without end
 *   calls N          N calls of answer()
 *   storm T N        T threads call answer() N times each: old A new B bad C
 *   counts           what they saw since the last time: old A new B bad C
 *   break            change a byte of answer() ourselves: it reads its constant from
 *                    another word with the same value, so it goes on to work
 *   mend             undo that
 *   null             write where nothing is
 */
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include "../common/proto.h"
#include "checks.h"
#include "funcs.h"

#define MAX_SPINNERS 64
#define EPOCHS 64

/*
 * A result counts for the time in which its call began: a thread may lose its CPU between
 * the call's return and the counting, for as long as an apply takes and the next question.
 */
static struct spinner {
	pthread_t thread;
	unsigned long old[EPOCHS], new[EPOCHS], bad;
	char pad[64];
} spinners[MAX_SPINNERS];
static int nr_spinners;
static unsigned int epoch;	/* each question begins a new one */
static int *volatile nowhere;

static void *spin(void *arg)
{
	struct spinner *s = arg;

	proto_yield();
	for (int x = 0;; x = (x + 1) & 0xff) {
		unsigned int now = __atomic_load_n(&epoch, __ATOMIC_ACQUIRE) % EPOCHS;
		int got = answer(x);

		if (got == x + 1)
			__atomic_add_fetch(&s->old[now], 1, __ATOMIC_RELAXED);
		else if (got == x + 1001)
			__atomic_add_fetch(&s->new[now], 1, __ATOMIC_RELAXED);
		else
			__atomic_add_fetch(&s->bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static int storm_calls;

struct stormer {
	pthread_t thread;
	unsigned long old, new, bad;
};

/* What spin() does, but with an end. */
static void *storm(void *arg)
{
	struct stormer *s = arg;

	for (int x = 0; x < storm_calls; x++) {
		int got = answer(x);

		s->old += got == x + 1;
		s->new += got == x + 1001;
		s->bad += got != x + 1 && got != x + 1001;
	}
	return NULL;
}

static void run_storm(int threads, int calls)
{
	struct stormer s[MAX_SPINNERS] = { 0 };
	unsigned long old = 0, new = 0, bad = 0;
	int n;

	storm_calls = calls;
	for (n = 0; n < threads && n < MAX_SPINNERS; n++)
		if (pthread_create(&s[n].thread, NULL, storm, &s[n]))
			break;
	while (n-- > 0) {
		pthread_join(s[n].thread, NULL);
		old += s[n].old;
		new += s[n].new;
		bad += s[n].bad;
	}
	proto_say("old %lu new %lu bad %lu", old, new, bad);
}

static void start_spinners(int n)
{
	int err = 0;

	if (n <= 0 || n + nr_spinners > MAX_SPINNERS) {
		proto_say("bad number");
		return;
	}
	while (n-- && !err) {
		err = pthread_create(&spinners[nr_spinners].thread, NULL, spin,
				     &spinners[nr_spinners]);
		nr_spinners += !err;
	}
	if (err)
		proto_say("bad pthread_create: %s", strerror(err));
	else
		proto_say("ok %d", nr_spinners);
}

static void counts(void)
{
	unsigned int past = epoch % EPOCHS, next = (epoch + 1) % EPOCHS;
	unsigned long old = 0, new = 0, bad = 0;

	/* what came too late when that one was used before */
	for (int i = 0; i < nr_spinners; i++) {
		__atomic_store_n(&spinners[i].old[next], 0, __ATOMIC_RELAXED);
		__atomic_store_n(&spinners[i].new[next], 0, __ATOMIC_RELAXED);
	}
	__atomic_store_n(&epoch, epoch + 1, __ATOMIC_RELEASE);
	for (int i = 0; i < nr_spinners; i++) {
		old += __atomic_load_n(&spinners[i].old[past], __ATOMIC_RELAXED);
		new += __atomic_load_n(&spinners[i].new[past], __ATOMIC_RELAXED);
		bad += __atomic_exchange_n(&spinners[i].bad, 0, __ATOMIC_RELAXED);
	}
	proto_say("old %lu new %lu bad %lu", old, new, bad);
}

/*
 * answer() begins with mov disp32(%rip),%eax, where a byte of the displacement is
 * changed; or with adrp, add, and ldr with an immediate offset in four bytes.
 */
#ifdef __x86_64__
#define CHANGED	2
#define STEP	4

static int begins_so(const uint8_t *at)
{
	return at[0] == 0x8b && at[1] == 0x05;
}
#else
#define CHANGED	9
#define STEP	(1 << 2)

static int begins_so(const uint8_t *at)
{
	return (at[3] & 0x9f) == 0x90 && at[7] == 0x91 && at[11] == 0xb9 && at[10] == 0x40;
}
#endif

/* answer() reads another word */
static void change_byte(int by)
{
	uint8_t *at = (uint8_t *)answer;
	void *page = (void *)((uintptr_t)at & ~4095UL);

	if (!begins_so(at) || at[CHANGED] + by > 0xff || at[CHANGED] + by < 0) {
		proto_say("bad: answer() begins with %02x %02x %02x", at[0], at[1], at[2]);
		return;
	}
	if (mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC)) {
		proto_say("bad mprotect: %s", strerror(errno));
		return;
	}
	at[CHANGED] += by;
	__builtin___clear_cache((char *)at, (char *)at + 16);
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
		proto_say("bad mprotect: %s", strerror(errno));
	else
		proto_say("ok");
}

static void handle(int argc, char **argv)
{
	char why[256];

	if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		for (int i = 1; i < argc; i++) {
			if (checks_run(argv[i], argv[0][0] == 'n', why, sizeof(why))) {
				proto_say("bad %s: %s", argv[i], why);
				return;
			}
		}
		proto_say(argc > 1 ? "ok" : "bad: nothing to check");
	} else if (!strcmp(argv[0], "first")) {
		proto_say("%d", answer_in_constructor);
	} else if (!strcmp(argv[0], "text") && argc == 2) {
		proto_say("%ld", parse(argv[1]));
	} else if (!strcmp(argv[0], "spin") && argc == 2) {
		start_spinners(atoi(argv[1]));
	} else if (!strcmp(argv[0], "storm") && argc == 3) {
		run_storm(atoi(argv[1]), atoi(argv[2]));
	} else if (!strcmp(argv[0], "calls") && argc == 2) {
		for (int i = 0; i < atoi(argv[1]); i++)
			answer(i);
		proto_say("ok %d", atoi(argv[1]));
	} else if (!strcmp(argv[0], "counts")) {
		counts();
	} else if (!strcmp(argv[0], "break")) {
		change_byte(STEP);
	} else if (!strcmp(argv[0], "mend")) {
		change_byte(-STEP);
	} else if (!strcmp(argv[0], "null")) {
		*nowhere = 1;
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
