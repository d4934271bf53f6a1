// SPDX-License-Identifier: GPL-2.0
/*
 * still SPM TARGET TIMES: how long it takes until a process is patched that is still. SPM
 * replaces hold() of TARGET when no thread is inside. Prints p50, p99, the longest and the
 * shortest, us:
 *   call    one idle process: from the call of LOAD until WAIT returns
 *   load    of that, the LOAD alone: check the file, watch the target
 *   hold    the kernel's own figure: from the first thread held until they are let go
 *   leave   a thread was inside, for 5 to 300 ms: from its leaving until it is patched,
 *           as the thread itself sees it
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "../targets/funcs/funcs.h"
#include "bench.h"
#include "uapi/suture.h"

static struct shared {
	uint64_t left, patched;
	uint8_t old;
} *shared;

static int go[2], back[2];

static int stay(void *arg)
{
	char c;

	if (write(back[1], "i", 1) != 1 || read(go[0], &c, 1) != 1)
		_exit(3);
	return arg != NULL;
}

__attribute__((noinline)) static void scrub(void)
{
	volatile char below[8192];

	for (size_t i = 0; i < sizeof(below); i++)
		below[i] = 0;
}

/* 'h': go inside hold() until told, then look when the branch comes; 'q': end */
static void be_child(void)
{
	volatile uint8_t *entry = (volatile uint8_t *)hold;
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(go[0], &c, 1) == 1 && c == 'h') {
		hold(stay, NULL);
		shared->left = bench_ns();
		scrub();
		/* a nap would end a few hundred microseconds after the branch has come */
		while (*entry == shared->old)
			;
		shared->patched = bench_ns();
		if (write(back[1], "p", 1) != 1)
			_exit(3);
	}
	_exit(0);
}

static void show(const char *what, double *values, int n)
{
	printf("%s %.1f %.1f %.1f %.1f\n", what, bench_quantile(values, n, 0.5),
	       bench_quantile(values, n, 0.99), bench_quantile(values, n, 1),
	       bench_quantile(values, n, 0));
}

static void begin_load(struct bench_patch *p)
{
	struct suture_ioc_file file = { .object = 0, .fd = p->target };
	struct suture_ioc_load l = { .size = sizeof(l), .fd = p->spm, .nr_files = 1,
				     .files = (uintptr_t)&file };

	if (ioctl(p->dev, SUTURE_IOC_LOAD, &l))
		bench_die("load: %s", l.message);
	memcpy(p->name, l.name, sizeof(l.name));
}

static void wait_applied(struct bench_patch *p)
{
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 60000 };

	strcpy(w.name, p->name);
	if (ioctl(p->dev, SUTURE_IOC_WAIT, &w))
		bench_die("%s does not go in", p->name);
}

static void say(const char *what)
{
	if (write(go[1], what, 1) != 1)
		bench_die("the child is gone");
}

static void hear(void)
{
	char c;

	if (read(back[0], &c, 1) != 1)
		bench_die("the child is gone");
}

int main(int argc, char **argv)
{
	double *call, *load, *held, *leave;
	struct bench_patch p;
	pid_t child;
	int times;

	if (argc != 4 || pipe(go) || pipe(back))
		return 2;
	times = atoi(argv[3]);
	call = calloc(4 * times, sizeof(double));
	load = call + times;
	held = load + times;
	leave = held + times;
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	shared->old = *(volatile uint8_t *)hold;
	bench_open(&p, argv[1], argv[2]);
	child = fork();
	if (!child)
		be_child();
	for (int i = 0; i < times; i++) {
		uint64_t a = bench_ns(), b;

		begin_load(&p);
		b = bench_ns();
		wait_applied(&p);
		call[i] = (bench_ns() - a) / 1000.0;
		load[i] = (b - a) / 1000.0;
		held[i] = bench_pause(&p, child);
		bench_out(&p);
	}
	srand(1);
	for (int i = 0; i < times; i++) {
		say("h");
		hear();
		begin_load(&p);
		usleep(5000 + rand() % 295000);
		say("l");
		hear();
		leave[i] = (shared->patched - shared->left) / 1000.0;
		wait_applied(&p);
		bench_out(&p);
	}
	say("q");
	waitpid(child, NULL, 0);
	show("call", call, times);
	show("load", load, times);
	show("hold", held, times);
	show("leave", leave, times);
	return 0;
}
