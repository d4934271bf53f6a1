// SPDX-License-Identifier: GPL-2.0
/*
 * spawn SPM TARGET ROUNDS USER OTHER: fork + exec + exit of two programs, USER of
 * the library and OTHER without it, with the patch loaded and without. The four
 * take turns, a few runs at a time. Prints the medians: user-without, user-with,
 * other-without, other-with, microseconds.
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "bench.h"

#define RUNS 4

static double run(char *program, int want)
{
	char *args[] = { program, "child", NULL }, *env[] = { NULL };
	uint64_t begin = bench_ns();
	int status;
	pid_t pid;

	if (posix_spawn(&pid, program, NULL, NULL, args, env) || waitpid(pid, &status, 0) != pid)
		bench_die("cannot run %s", program);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != want)
		bench_die("%s ends with %#x, not %d", program, status, want);
	return (bench_ns() - begin) / 1000.0;
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "user-without", "user-with", "other-without",
					     "other-with" };
	struct bench_patch p;
	double *values[4];
	int rounds;

	if (argc != 6)
		return 2;
	rounds = atoi(argv[3]);
	bench_open(&p, argv[1], argv[2]);
	for (int k = 0; k < 4; k++)
		values[k] = calloc(rounds * RUNS, sizeof(double));
	for (int i = 0; i < rounds * RUNS; i += RUNS) {
		for (int with = 0; with < 2; with++) {
			if (with)
				bench_in(&p);
			/* the first of each is not counted: caches */
			run(argv[4], with ? 2 : 1);
			for (int r = 0; r < RUNS; r++) {
				values[with][i + r] = run(argv[4], with ? 2 : 1);
				values[2 + with][i + r] = run(argv[5], 2);
			}
			if (with)
				bench_out(&p);
		}
	}
	for (int k = 0; k < 4; k++)
		printf("%s %.1f\n", names[k], bench_quantile(values[k], rounds * RUNS, 0.5));
	return 0;
}
