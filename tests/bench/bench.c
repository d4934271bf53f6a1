// SPDX-License-Identifier: GPL-2.0
/* See bench.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"
#include "uapi/suture.h"

void bench_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void bench_open(struct bench_patch *p, const char *spm, const char *target)
{
	memset(p, 0, sizeof(*p));
	p->dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	p->spm = open(spm, O_RDONLY | O_CLOEXEC);
	p->target = open(target, O_RDONLY | O_CLOEXEC);
	if (p->dev < 0 || p->spm < 0 || p->target < 0)
		bench_die("%s, %s, %s: %s", SUTURE_DEVICE, spm, target, strerror(errno));
}

static int wait_for(struct bench_patch *p)
{
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 60000 };

	strcpy(w.name, p->name);
	return ioctl(p->dev, SUTURE_IOC_WAIT, &w) ? errno : 0;
}

void bench_in(struct bench_patch *p)
{
	struct suture_ioc_file file = { .object = 0, .fd = p->target };
	struct suture_ioc_load l = { .size = sizeof(l), .fd = p->spm, .nr_files = 1,
				     .files = (uintptr_t)&file };
	int err;

	if (ioctl(p->dev, SUTURE_IOC_LOAD, &l))
		bench_die("load: %s (%s)", strerror(errno), l.message);
	memcpy(p->name, l.name, sizeof(l.name));
	err = wait_for(p);
	if (err)
		bench_die("%s does not go in: %s", p->name, strerror(err));
}

void bench_out(struct bench_patch *p)
{
	struct suture_ioc_revert r = { .size = sizeof(r) };
	int err;

	strcpy(r.name, p->name);
	if (ioctl(p->dev, SUTURE_IOC_REVERT, &r))
		bench_die("revert: %s (%s)", strerror(errno), r.message);
	err = wait_for(p);
	if (err != ENOENT)
		bench_die("%s does not go out: %s", p->name, strerror(err));
}

uint32_t bench_pause(struct bench_patch *p, int pid)
{
	static struct suture_proc procs[1024];
	struct suture_ioc_procs q = { .size = sizeof(q), .procs = (uintptr_t)procs, .nr = 1024 };

	strcpy(q.name, p->name);
	if (ioctl(p->dev, SUTURE_IOC_PROCS, &q))
		bench_die("processes: %s", strerror(errno));
	for (uint32_t i = 0; i < q.nr && i < 1024; i++)
		if (procs[i].pid == pid)
			return procs[i].pause_us;
	bench_die("process %d is not listed", pid);
}

uint64_t bench_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

double bench_tsc_ns(void)
{
	static double known;

	if (!known) {
		uint64_t ns = bench_ns(), tsc = bench_tsc();

		usleep(200000);
		known = (double)(bench_ns() - ns) / (double)(bench_tsc() - tsc);
	}
	return known;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double bench_quantile(double *values, size_t n, double q)
{
	if (!n)
		bench_die("no values");
	qsort(values, n, sizeof(*values), compare);
	return values[(size_t)(q * (n - 1) + 0.5)];
}

void bench_jump_prepare(struct bench_jump *j, void *func)
{
	/* lea 1001(%rdi),%eax; ret */
	static const uint8_t code[] = { 0x8d, 0x87, 0xe9, 0x03, 0x00, 0x00, 0xc3 };
	uintptr_t near = (uintptr_t)func & ~0xfffUL;
	uint8_t *page = MAP_FAILED;
	int32_t rel;

	for (uintptr_t step = 1 << 20; page == MAP_FAILED && step < 1UL << 30; step += 1 << 20)
		page = mmap((void *)(near - step), 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (page == MAP_FAILED)
		bench_die("no room near the library");
	memcpy(page, code, sizeof(code));
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
		bench_die("mprotect: %s", strerror(errno));
	j->at = func;
	memcpy(j->old, j->at, 5);
	rel = page - (j->at + 5);
	j->jump[0] = 0xe9;
	memcpy(&j->jump[1], &rel, 4);
}

void bench_jump_write(struct bench_jump *j, const uint8_t bytes[5])
{
	uint8_t *page = (uint8_t *)((uintptr_t)j->at & ~0xfffUL);
	uint64_t word;

	/* threads run through it meanwhile: all five bytes at once, or one of them crashes */
	if ((uintptr_t)j->at % 8)
		bench_die("the function is not aligned");
	if (mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC))
		bench_die("mprotect: %s", strerror(errno));
	memcpy(&word, j->at, 8);
	memcpy(&word, bytes, 5);
	__atomic_store_n((uint64_t *)j->at, word, __ATOMIC_SEQ_CST);
	if (mprotect(page, 4096, PROT_READ | PROT_EXEC))
		bench_die("mprotect: %s", strerror(errno));
}
