// SPDX-License-Identifier: GPL-2.0
/*
 * Fills the address space around its function as far as a branch reaches.
 *   fence none         all of it
 *   fence low|high     all but the lowest, or the highest, MiB in reach
 *   fence beyond       all, and what lies beyond is free
 *   open               gives it back
 *   value              far(1)
 *   at                 the address of far(), and how far a branch reaches (hexadecimal)
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include "../common/proto.h"

#ifdef __aarch64__
#define REACH	(128UL << 20)
#else
#define REACH	(2UL << 30)
#endif
#define MIB	(1UL << 20)
#define PAGE	4096UL
#define MAX	1000

static volatile int one = 1;

__attribute__((noinline, noclone)) int far(int x)
{
	return x + one;
}

static struct { uintptr_t start, end; } gaps[MAX];
static int nr;

/* The free parts of lo .. hi; nothing here may map anything meanwhile. */
static int find_gaps(uintptr_t lo, uintptr_t hi)
{
	static char text[1 << 20];
	uintptr_t start, end, at = lo;
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t n = maps ? fread(text, 1, sizeof(text) - 1, maps) : 0;

	if (!n)
		return -1;
	fclose(maps);
	text[n] = 0;
	for (char *line = strtok(text, "\n"); line && at < hi; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%lx-%lx", &start, &end) != 2 || nr == MAX)
			return -1;
		if (start > at) {
			gaps[nr].start = at;
			gaps[nr++].end = start < hi ? start : hi;
		}
		at = end > at ? end : at;
	}
	return at < hi ? -1 : 0;
}

static int fence(uintptr_t lo, uintptr_t hi)
{
	if (find_gaps(lo, hi))
		return -1;
	for (int i = 0; i < nr; i++) {
		void *want = (void *)gaps[i].start;

		if (mmap(want, gaps[i].end - gaps[i].start, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			 MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0) != want)
			return -1;
	}
	return 0;
}

static void handle(int argc, char **argv)
{
	uintptr_t at = (uintptr_t)far & -PAGE;
	uintptr_t lo = at - REACH - 64 * MIB, hi = at + REACH + 64 * MIB;

	if (!strcmp(argv[0], "fence") && argc == 2) {
		if (!strcmp(argv[1], "low"))
			lo = at - REACH + MIB;
		else if (!strcmp(argv[1], "high"))
			hi = at + REACH - MIB;
		else if (!strcmp(argv[1], "beyond"))
			lo = at - REACH + PAGE, hi = at + REACH + MIB;
		proto_say(fence(lo, hi) ? "bad" : "ok");
	} else if (!strcmp(argv[0], "open")) {
		for (; nr; nr--)
			munmap((void *)gaps[nr - 1].start, gaps[nr - 1].end - gaps[nr - 1].start);
		proto_say("ok");
	} else if (!strcmp(argv[0], "value")) {
		proto_say("%d", far(1));
	} else if (!strcmp(argv[0], "at")) {
		proto_say("%lx %lx", (uintptr_t)far, REACH);
	} else {
		proto_say("what?");
	}
}

int main(void)
{
	return proto_serve(handle);
}
