// SPDX-License-Identifier: GPL-2.0
/*
 * chain STOP LAST NAP DEPTH: a process that has a child and ends, which sleeps for NAP ns,
 * has a child and ends, and so on until the file STOP is there. The last one writes its id and
 * visit() to the file LAST, and stays. Each has DEPTH bytes of stack, which to look through
 * takes longer than a fork.
 */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "frames.h"

static int run(char **argv, const struct timespec *nap)
{
	FILE *f;

	while (access(argv[1], F_OK)) {
		pid_t pid = fork();

		if (pid)
			_exit(pid < 0);
		if (nap->tv_nsec)
			nanosleep(nap, NULL);
	}
	f = fopen(argv[2], "w");
	if (!f || fprintf(f, "%d %d\n", getpid(), visit(NULL, NULL)) < 0 || fclose(f))
		return 1;
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	struct timespec nap = {};
	char *deep;
	size_t depth;

	if (argc != 5)
		return 2;
	nap.tv_nsec = atol(argv[3]);
	depth = atol(argv[4]);
	deep = alloca(depth + 1);
	memset(deep, 0, depth + 1);
	/* it is used behind the call: no tail call gives it back */
	return run(argv, &nap) + deep[depth];
}
