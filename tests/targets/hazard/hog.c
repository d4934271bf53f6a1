// SPDX-License-Identifier: GPL-2.0
/*
 * hog MIB: a process of libfuncs.so with four threads that call answer(), while the first
 * one takes that much memory, gives it back, and so on. A memory cgroup ends it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "../funcs/funcs.h"

static void *calls(void *arg)
{
	for (int i = 0;; i = (i + 1) & 0xffff) {
		int gain = answer(i) - i;

		if (gain != 1 && gain != 1001)
			abort();
	}
	return arg;
}

int main(int argc, char **argv)
{
	size_t size = argc == 2 ? (size_t)atoi(argv[1]) << 20 : 0;
	pthread_t t;

	if (!size)
		return 2;
	for (int i = 0; i < 4; i++)
		if (pthread_create(&t, NULL, calls, NULL))
			return 1;
	for (;;) {
		char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

		if (at == MAP_FAILED)
			return 1;
		memset(at, 1, size);
		munmap(at, size);
	}
}
