// SPDX-License-Identifier: GPL-2.0
/*
 * pause SPM TARGET THREADS TIMES: the longest time in which no spinning thread of
 * a process ran, in windows of one length: a quiet one, one with an apply, one
 * with a revert, and one each with the jump written and taken back by the
 * process itself. Half of the threads spin (one of one), the others are asleep.
 * The four kinds take turns, so that the machine's noise is everybody's.
 * Prints one line a kind: KIND p50 p99 max, microseconds.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../targets/funcs/funcs.h"
#include "bench.h"

#define WINDOW_US 15000

enum { QUIET, APPLY, REVERT, JUMP_IN, JUMP_OUT, KINDS };
static const char *const kind_names[] = { "quiet", "apply", "revert", "jump-in", "jump-out" };

/* what driver and patched process share */
static struct shared {
	uint64_t last;		/* stamp of whichever spinner came last */
	uint64_t gap;		/* the longest one of this window, ticks */
	uint64_t bad;
	char pad[64];
	int order, done;	/* a kind that the process is to do itself; it is done */
} *shared;

static void *spinner(void *arg)
{
	uint64_t now, last, gap;

	(void)arg;
	for (int x = 0;; x = (x + 1) & 0xff) {
		int got = answer(x) - x;

		if (got != 1 && got != 1001)
			__atomic_add_fetch(&shared->bad, 1, __ATOMIC_RELAXED);
		now = bench_tsc();
		last = __atomic_exchange_n(&shared->last, now, __ATOMIC_RELAXED);
		/* another thread's stamp may be a little later than ours */
		if (now <= last || now - last <= __atomic_load_n(&shared->gap, __ATOMIC_RELAXED))
			continue;
		gap = __atomic_exchange_n(&shared->gap, now - last, __ATOMIC_RELAXED);
		if (gap > now - last)
			__atomic_store_n(&shared->gap, gap, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *sleeper(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return NULL;
}

/* the patched process: threads, and the reference on order */
static void be_process(int threads, int order_fd)
{
	struct bench_jump jump;
	pthread_t t;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	bench_jump_prepare(&jump, answer);
	for (int i = 0; i < threads; i++)
		if (pthread_create(&t, NULL, i % 2 ? sleeper : spinner, NULL))
			bench_die("pthread_create");
	while (read(order_fd, &c, 1) == 1) {
		bench_jump_write(&jump, c == JUMP_IN ? jump.jump : jump.old);
		__atomic_store_n(&shared->done, 1, __ATOMIC_RELEASE);
	}
	_exit(0);
}

static double window(int kind, struct bench_patch *p, int order_fd)
{
	uint64_t end;
	char c = kind;

	usleep(2000);
	__atomic_store_n(&shared->gap, 0, __ATOMIC_RELAXED);
	end = bench_ns() + WINDOW_US * 1000ULL;
	if (kind == APPLY) {
		bench_in(p);
	} else if (kind == REVERT) {
		bench_out(p);
	} else if (kind != QUIET) {
		shared->done = 0;
		if (write(order_fd, &c, 1) != 1)
			bench_die("the process is gone");
		while (!__atomic_load_n(&shared->done, __ATOMIC_ACQUIRE))
			usleep(500);
	}
	while (bench_ns() < end)
		usleep(500);
	return __atomic_load_n(&shared->gap, __ATOMIC_RELAXED) * bench_tsc_ns() / 1000;
}

int main(int argc, char **argv)
{
	int threads, times, order[2];
	double *values[KINDS], *held;
	struct bench_patch p;
	pid_t pid;

	if (argc != 5)
		return 2;
	threads = atoi(argv[3]);
	times = atoi(argv[4]);
	bench_open(&p, argv[1], argv[2]);
	bench_tsc_ns();
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(order))
		bench_die("set-up");
	pid = fork();
	if (pid < 0)
		bench_die("fork");
	if (!pid) {
		close(order[1]);
		be_process(threads, order[0]);
	}
	for (int k = 0; k < KINDS; k++)
		values[k] = calloc(times, sizeof(double));
	held = calloc(times, sizeof(double));
	usleep(100000);
	for (int i = 0; i < times; i++) {
		values[QUIET][i] = window(QUIET, &p, order[1]);
		values[APPLY][i] = window(APPLY, &p, order[1]);
		held[i] = bench_pause(&p, pid);
		values[REVERT][i] = window(REVERT, &p, order[1]);
		values[JUMP_IN][i] = window(JUMP_IN, &p, order[1]);
		values[JUMP_OUT][i] = window(JUMP_OUT, &p, order[1]);
	}
	if (shared->bad)
		bench_die("%lu calls gave neither the old nor the new result", shared->bad);
	for (int k = 0; k < KINDS; k++) {
		double p99 = bench_quantile(values[k], times, 0.99);

		printf("%s %.1f %.1f %.1f\n", kind_names[k], bench_quantile(values[k], times, 0.5),
		       p99, bench_quantile(values[k], times, 1));
	}
	printf("kernel %.1f %.1f %.1f\n", bench_quantile(held, times, 0.5),
	       bench_quantile(held, times, 0.99), bench_quantile(held, times, 1));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}
