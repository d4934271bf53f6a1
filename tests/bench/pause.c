// SPDX-License-Identifier: GPL-2.0
/*
 * pause SPM TARGET TIMES THREADS...: the longest time in which no spinning thread of
 * a process ran, in windows of one length: a quiet one, one with an apply, one
 * with a revert, and, in a second process of the same kind, one each with the
 * jump written and taken back by the process itself. Half of the threads spin (one
 * of one), the others are asleep. The kinds and the numbers of threads take turns,
 * so that the machine's noise is everybody's; whoever's turn it is not is stopped.
 * Prints one line a kind: THREADS.KIND p50 p99 max, microseconds; "THREADS.kernel",
 * what the kernel says of the apply itself; and "THREADS.crashes N": how often
 * the second process died of its own writing and was started anew. Threads run
 * through the bytes that it writes; an emulator may see half of them.
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

/* what driver and process share */
struct shared {
	uint64_t last;		/* stamp of whichever spinner came last */
	uint64_t gap;		/* the longest one of this window, ticks */
	uint64_t bad;
	char pad[64];
	int done;		/* it has written what it was told to */
};

static struct shared *shared;	/* of this process, in a process */

static struct process {
	pid_t pid;
	int order;		/* pipe: the kind that it is to do itself */
	struct shared *shared;
} patched, reference;

static int threads, crashes;

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
		/* the first one; or another thread's stamp is a little later than ours */
		if (!last || now <= last ||
		    now - last <= __atomic_load_n(&shared->gap, __ATOMIC_RELAXED))
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

/* a process: threads, and the reference on order */
static void be_process(int order_fd)
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

/* starts it, stopped */
static void start(struct process *p)
{
	int order[2];

	p->shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (p->shared == MAP_FAILED || pipe(order))
		bench_die("set-up");
	p->pid = fork();
	if (p->pid < 0)
		bench_die("fork");
	if (!p->pid) {
		shared = p->shared;
		close(order[1]);
		be_process(order[0]);
	}
	close(order[0]);
	p->order = order[1];
	usleep(50000);
	kill(p->pid, SIGSTOP);
}

static int lives(struct process *p)
{
	return p->pid && waitpid(p->pid, NULL, WNOHANG) == 0;
}

/* One window; negative: the process died. */
static double window(int kind, struct bench_patch *patch, struct process *p)
{
	uint64_t end;
	char c = kind;

	kill(p->pid, SIGCONT);
	usleep(3000);
	__atomic_store_n(&p->shared->gap, 0, __ATOMIC_RELAXED);
	end = bench_ns() + WINDOW_US * 1000ULL;
	if (kind == APPLY) {
		bench_in(patch);
	} else if (kind == REVERT) {
		bench_out(patch);
	} else if (kind != QUIET) {
		p->shared->done = 0;
		if (write(p->order, &c, 1) != 1)
			return -1;
		while (!__atomic_load_n(&p->shared->done, __ATOMIC_ACQUIRE) && lives(p))
			usleep(500);
	}
	while (bench_ns() < end)
		usleep(500);
	if (!lives(p))
		return -1;
	kill(p->pid, SIGSTOP);
	if (p->shared->bad)
		bench_die("%lu calls gave neither the old nor the new result", p->shared->bad);
	return __atomic_load_n(&p->shared->gap, __ATOMIC_RELAXED) * bench_tsc_ns() / 1000;
}

/* Both halves of the reference, until the process survives them. */
static void reference_windows(double *in, double *out)
{
	for (;;) {
		*in = window(JUMP_IN, NULL, &reference);
		*out = *in < 0 ? -1 : window(JUMP_OUT, NULL, &reference);
		if (*out >= 0)
			return;
		if (++crashes > 200)
			bench_die("the reference does not live");
		close(reference.order);
		munmap(reference.shared, 4096);
		start(&reference);
	}
}

static double patched_window(int kind, struct bench_patch *patch)
{
	double gap = window(kind, patch, &patched);

	if (gap < 0)
		bench_die("the patched process has died");
	return gap;
}

#define MAX_SERIES 8
#define BATCH 10

/* what was measured with one number of threads */
static struct series {
	int threads, crashes, n;
	double *values[KINDS], *held;
} series[MAX_SERIES];

static void end(struct process *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->order);
	munmap(p->shared, 4096);
}

static void batch(struct series *s, struct bench_patch *patch)
{
	threads = s->threads;
	crashes = 0;
	start(&patched);
	start(&reference);
	for (int i = 0; i < BATCH; i++, s->n++) {
		s->values[QUIET][s->n] = patched_window(QUIET, patch);
		s->values[APPLY][s->n] = patched_window(APPLY, patch);
		s->held[s->n] = bench_pause(patch, patched.pid);
		s->values[REVERT][s->n] = patched_window(REVERT, patch);
		reference_windows(&s->values[JUMP_IN][s->n], &s->values[JUMP_OUT][s->n]);
	}
	end(&patched);
	end(&reference);
	s->crashes += crashes;
}

static void print(const struct series *s, const char *name, double *values)
{
	printf("%d.%s %.1f %.1f %.1f\n", s->threads, name, bench_quantile(values, s->n, 0.5),
	       bench_quantile(values, s->n, 0.99), bench_quantile(values, s->n, 1));
}

int main(int argc, char **argv)
{
	struct bench_patch patch;
	int times, nr = argc - 4;

	if (nr < 1 || nr > MAX_SERIES)
		return 2;
	times = (atoi(argv[3]) + BATCH - 1) / BATCH * BATCH;
	bench_open(&patch, argv[1], argv[2]);
	bench_tsc_ns();
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < nr; i++) {
		series[i].threads = atoi(argv[4 + i]);
		series[i].held = calloc(times, sizeof(double));
		for (int k = 0; k < KINDS; k++)
			series[i].values[k] = calloc(times, sizeof(double));
	}
	for (int done = 0; done < times; done += BATCH)
		for (int i = 0; i < nr; i++)
			batch(&series[i], &patch);
	for (int i = 0; i < nr; i++) {
		for (int k = 0; k < KINDS; k++)
			print(&series[i], kind_names[k], series[i].values[k]);
		print(&series[i], "kernel", series[i].held);
		printf("%d.crashes %d\n", series[i].threads, series[i].crashes);
	}
	return 0;
}
