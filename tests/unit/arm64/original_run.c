// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs under qemu-aarch64 for original_arm64.c: maps two files, fills the words of
 * the second, and calls each function first as it is and then, with a breakpoint
 * over its entry, its original. Lines of standard input:
 *
 *	target PATH
 *	originals PATH
 *	word OFFSET ADDRESS	in the originals; in the target
 *	run DISTANCE		of the originals from the target, bytes
 *	function NAME ADDRESS SIZE BRANCH_AT ORIGINAL
 */
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef PROT_BTI
#define PROT_BTI 0x10
#endif

static struct { uint64_t offset, addr; } words[1000];
static struct function { char name[64]; uint64_t addr, size, branch_at, original; } functions[200];
static size_t nr_words, nr_functions;

static const char *current = "a function as it was";

static void crashed(int sig)
{
	dprintf(1, "signal %d in %s\n", sig, current);
	_exit(3);
}

static void die(const char *what)
{
	perror(what);
	exit(2);
}

/* All of the file in one writable piece near @at. */
static uint8_t *map_file(const char *path, uint64_t at, size_t *ret_size)
{
	static uint8_t image[1 << 20];
	Elf64_Ehdr *eh = (void *)image;
	Elf64_Phdr *ph;
	uint8_t *base;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, image, sizeof(image)) < 64)
		die(path);
	close(fd);
	ph = (void *)(image + eh->e_phoff);
	*ret_size = 0;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			*ret_size = (ph[i].p_vaddr + ph[i].p_memsz + 65535) & ~65535UL;
	base = mmap((void *)at, *ret_size, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (base == MAP_FAILED)
		die("mmap");
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_LOAD)
			memcpy(base + ph[i].p_vaddr, image + ph[i].p_offset, ph[i].p_filesz);
	return base;
}

struct result {
	uint64_t x0, x9, d0;
};

/* By way of x17, as through a linkage table. */
static struct result call(const void *fn, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = a;
	register uint64_t x1 __asm__("x1") = b;
	register uint64_t x2 __asm__("x2") = c;
	register uint64_t x9 __asm__("x9") = 0x99;
	register const void *x17 __asm__("x17") = fn;
	register double d0 __asm__("d0") = 1.25;
	struct result r;
	double copy;

	__asm__ volatile("cmp x0, x1\n\tadr x30, 1f\n\tmov x15, x30\n\tbr x17\n1:"
			 : "+r" (x0), "+r" (x1), "+r" (x2), "+r" (x9), "+r" (x17), "+w" (d0)
			 :
			 : "x3", "x4", "x5", "x6", "x7", "x8", "x10", "x11", "x12", "x13", "x14", "x15",
			   "x16", "x30", "v1", "v2", "v3", "memory", "cc");
	r = (struct result){ x0, x9, 0 };
	copy = d0;
	memcpy(&r.d0, &copy, 8);
	return r;
}

static const uint64_t arguments[][3] = {
	{ 0, 0, 0 }, { 1, 2, 3 }, { 8, 7, 1 }, { ~0UL, 9, 4 }, { 0x8000000000000008, 1, 0 },
};

#define RUNS (sizeof(arguments) / sizeof(arguments[0]))

static struct result before[200][RUNS];

int main(void)
{
	char line[512], target_path[300] = "", path[300] = "";
	uint8_t *target = NULL, *originals;
	size_t target_size, size, done = 0;
	long long runs[8];
	size_t nr_runs = 0;

	while (fgets(line, sizeof(line), stdin)) {
		struct function *f = &functions[nr_functions];
		unsigned long offset, addr;

		if (sscanf(line, "target %299s", target_path) == 1 ||
		    sscanf(line, "originals %299s", path) == 1)
			continue;
		if (sscanf(line, "word %lx %lx", &offset, &addr) == 2) {
			words[nr_words].offset = offset;
			words[nr_words++].addr = addr;
		} else if (sscanf(line, "run %lld", &runs[nr_runs]) == 1) {
			nr_runs++;
		} else if (sscanf(line, "function %63s %lx %lx %lx %lx", f->name, &f->addr, &f->size,
				  &f->branch_at, &f->original) == 5) {
			nr_functions++;
		} else {
			die(line);
		}
	}
	signal(SIGSEGV, crashed);
	signal(SIGILL, crashed);
	signal(SIGTRAP, crashed);
	signal(SIGBUS, crashed);
	target = map_file(target_path, 0x4000000000, &target_size);
	/* guarded: an indirect branch to what is no landing pad faults */
	if (mprotect(target, target_size, PROT_READ | PROT_EXEC | PROT_BTI))
		die("mprotect");
	for (size_t i = 0; i < nr_functions; i++)
		for (size_t k = 0; k < RUNS; k++)
			before[i][k] = call(target + functions[i].addr, arguments[k][0], arguments[k][1],
					    arguments[k][2]);
	if (mprotect(target, target_size, PROT_READ | PROT_WRITE))
		die("mprotect");
	for (size_t i = 0; i < nr_functions; i++)
		memcpy(target + functions[i].addr + functions[i].branch_at,
		       &(uint32_t){ 0xd4200000 }, 4);
	if (mprotect(target, target_size, PROT_READ | PROT_EXEC | PROT_BTI))
		die("mprotect");

	for (size_t r = 0; r < nr_runs; r++) {
		originals = map_file(path, (uint64_t)target + runs[r], &size);
		for (size_t i = 0; i < nr_words; i++)
			*(uint64_t *)(originals + words[i].offset) = (uint64_t)target + words[i].addr;
		if (mprotect(originals, size, PROT_READ | PROT_EXEC))
			die("mprotect");
		for (size_t i = 0; i < nr_functions; i++) {
			for (size_t k = 0; k < RUNS; k++) {
				struct result got;

				current = functions[i].name;
				got = call(originals + functions[i].original, arguments[k][0],
					   arguments[k][1], arguments[k][2]);
				if (memcmp(&got, &before[i][k], sizeof(got))) {
					printf("%s, run %zu: %lx %lx %lx, was %lx %lx %lx\n",
					       functions[i].name, k, got.x0, got.x9, got.d0,
					       before[i][k].x0, before[i][k].x9, before[i][k].d0);
					return 1;
				}
				done++;
			}
		}
		munmap(originals, size);
	}
	printf("%zu calls\n", done);
	return done ? 0 : 1;
}
