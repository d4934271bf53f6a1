// SPDX-License-Identifier: GPL-2.0
/*
 * chain STOP LAST: a process that has a child and ends, which has a child and ends,
 * and so on until the file STOP is there. The last one writes its id and visit()
 * to the file LAST, and stays.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include "frames.h"

int main(int argc, char **argv)
{
	const struct timespec ts = { .tv_nsec = 300000 };
	FILE *f;

	if (argc != 3)
		return 2;
	while (access(argv[1], F_OK)) {
		pid_t pid = fork();

		if (pid)
			_exit(pid < 0);
		nanosleep(&ts, NULL);
	}
	f = fopen(argv[2], "w");
	if (!f || fprintf(f, "%d %d\n", getpid(), visit(NULL, NULL)) < 0 || fclose(f))
		return 1;
	pause();
	return 0;
}
