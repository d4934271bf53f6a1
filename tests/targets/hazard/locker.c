// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose mmap_lock is taken while something is being mapped into it: locker LIB
 * LIB is mapped. Says "ready", and for each line from stdin:
 *   watch ADDR   as soon as something is at ADDR it has memory filled, by one call, which
 *                keeps the lock for LOCK_US. Says "ok", and then "met", or "missed" when
 *                nothing has come for PATIENCE_US
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define LOCK_US		800000UL
#define PATIENCE_US	20000000UL
#define TRIAL		(8UL << 20)
#define ROOM		(256UL << 20)
#define PAGE		4096

static void *area;

static unsigned long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000UL + now.tv_nsec / 1000;
}

/* How long it takes. */
static unsigned long fill(size_t len)
{
	unsigned long begin = now_us();

	if (madvise(area, len, MADV_POPULATE_WRITE)) {
		perror("locker: madvise");
		exit(1);
	}
	begin = now_us() - begin;
	madvise(area, len, MADV_DONTNEED);
	return begin;
}

/* Neither a stack nor a register keeps the address, else the thread would count as inside. */
static volatile unsigned long not_addr;

static __attribute__((noinline)) int is_mapped(void)
{
	unsigned char in;

	return !mincore((void *)~not_addr, PAGE, &in);
}

static int wait_for(void)
{
	unsigned long end = now_us() + PATIENCE_US;

	while (!is_mapped())
		if (now_us() > end)
			return 0;
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long len;
	char line[64];

	if (argc != 2 || !dlopen(argv[1], RTLD_NOW)) {
		fprintf(stderr, "locker: %s\n", argc == 2 ? dlerror() : "usage: locker LIB");
		return 1;
	}
	area = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED || madvise(area, ROOM, MADV_NOHUGEPAGE))
		return 1;
	len = TRIAL / (fill(TRIAL) + 1) * LOCK_US & -TRIAL;
	len = len < TRIAL ? TRIAL : len > ROOM ? ROOM : len;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		bool met;

		if (strncmp(line, "watch ", 6))
			return 1;
		not_addr = ~strtoul(line + 6, NULL, 16);
		puts("ok");
		met = wait_for();
		if (met)
			fill(len);
		puts(met ? "met" : "missed");
	}
	return 0;
}
