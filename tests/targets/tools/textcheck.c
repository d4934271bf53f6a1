// SPDX-License-Identifier: GPL-2.0
/*
 * textcheck PID FILE: compare the text that a process has of FILE (a part of the
 * path as /proc/PID/maps shows it) with the file itself, through /proc/PID/mem.
 * One line "ADDRESS FILE-OFFSET LENGTH WHAT" for each place that differs, then
 * "N places, N bytes". WHAT is "jump" where a jump stands there, else the first byte. Exit status 0 whatever was found, 1 when it could not look.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* bytes that differ, the place that is open, and how many places there are */
static unsigned long total, places, first, last, first_off;
static unsigned char first_bytes[4];
static int looked;

#ifdef __x86_64__
#define JUMP_LEN	5

static int is_jump(const unsigned char *b)
{
	return b[0] == 0xe9;
}
#else
#define JUMP_LEN	4

static int is_jump(const unsigned char *b)
{
	return (b[3] & 0xfc) == 0x14;
}
#endif

static void show(void)
{
	if (!places)
		return;
	printf("%lx %lx %lu ", first, first_off, last - first + 1);
	printf(is_jump(first_bytes) ? "jump\n" : "%02x\n", first_bytes[0]);
}

/* a byte of a jump may happen to be what was there before: bytes less than a jump's
 * length apart are one place */
static void differs(unsigned long at, unsigned long off, const unsigned char *page)
{
	total++;
	if (!places || at >= first + JUMP_LEN) {
		show();
		places++;
#ifndef __x86_64__
		/* its first byte may be the same as before */
		off -= at & 3;
		at -= at & 3;
#endif
		first = at;
		first_off = off;
		memcpy(first_bytes, page + (at & 4095), at % 4096 > 4092 ? 1 : 4);
	}
	last = at;
}

static int compare(int mem, const char *path, unsigned long start, unsigned long end,
		   unsigned long off)
{
	static unsigned char a[4096], b[4096];
	int file = open(path, O_RDONLY | O_CLOEXEC);

	if (file < 0) {
		perror(path);
		return -1;
	}
	for (; start < end; start += 4096, off += 4096) {
		memset(b, 0, sizeof(b));
		if (pread(mem, a, 4096, start) != 4096 || pread(file, b, 4096, off) < 0) {
			perror("read");
			return -1;
		}
		for (unsigned int i = 0; i < 4096; i++)
			if (a[i] != b[i])
				differs(start + i, off + i, a);
	}
	close(file);
	looked = 1;
	return 0;
}

int main(int argc, char **argv)
{
	char name[64], line[4096];
	FILE *maps;
	int mem;

	if (argc != 3)
		return 2;
	snprintf(name, sizeof(name), "/proc/%s/mem", argv[1]);
	mem = open(name, O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof(name), "/proc/%s/maps", argv[1]);
	maps = fopen(name, "re");
	if (mem < 0 || !maps) {
		perror(name);
		return 1;
	}
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end, off;
		char perms[8], *path = strchr(line, '/');

		if (!path || !strstr(path, argv[2]) ||
		    sscanf(line, "%lx-%lx %7s %lx", &start, &end, perms, &off) != 4 ||
		    perms[2] != 'x')
			continue;
		path[strcspn(path, "\n")] = 0;
		if (compare(mem, path, start, end, off))
			return 1;
	}
	if (!looked) {
		fprintf(stderr, "process %s has no text of %s\n", argv[1], argv[2]);
		return 1;
	}
	show();
	printf("%lu places, %lu bytes\n", places, total);
	return 0;
}
