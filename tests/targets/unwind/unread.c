// SPDX-License-Identifier: GPL-2.0
/*
 * unread FILE: a thread that sleeps with its stack pointer in a mapping of FILE, in a page
 * that nobody has touched. Says "unread", and uses libfuncs.so.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "../funcs/funcs.h"

#define ROOM	(256UL * 1024)

static char *mine;

/* pause(), and no word of the stack is read or written */
__attribute__((noinline, noreturn)) static void sleep_on(void *sp)
{
#ifdef __x86_64__
	asm volatile("mov %0, %%rsp\n"
		     "1: mov $34, %%eax\n"
		     "syscall\n"
		     "jmp 1b" : : "r"(sp) : "rax", "rcx", "r11", "memory");
#else
	asm volatile("mov sp, %0\n"
		     "1: mov x0, #0\n"
		     "mov x1, #0\n"
		     "mov x2, #0\n"
		     "mov x3, #0\n"
		     "mov x8, #73\n"	/* ppoll */
		     "svc #0\n"
		     "b 1b" : : "r"(sp) : "x0", "x1", "x2", "x3", "x8", "memory");
#endif
	__builtin_unreachable();
}

static void *run(void *arg)
{
	sleep_on(mine + ROOM / 2);
	return arg;
}

static int nothing(void *arg)
{
	return arg != NULL;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
	pthread_t t;

	if (fd < 0 || hold(nothing, NULL) < 0)
		return 2;
	mine = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (mine == MAP_FAILED || pthread_create(&t, NULL, run, NULL))
		return 1;
	usleep(100000);
	puts("unread");
	fflush(stdout);
	for (;;)
		pause();
}
