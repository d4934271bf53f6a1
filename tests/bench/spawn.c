// SPDX-License-Identifier: GPL-2.0
/*
 * spawn SPM TARGET ROUNDS USER OTHER: fork + exec + exit of two programs, USER of
 * the library and OTHER without it, with the patch loaded and without. Before each
 * measurement the patch has gone in, and, for "without", out again: so that both
 * find the machine alike. Prints the lower quartiles, microseconds (what else the
 * machine does only adds to a run, so the lower part is the steadier one).
 */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

#define RUNS 6

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

enum { USER_WITHOUT, USER_WITH, OTHER_WITHOUT, OTHER_WITH, KINDS };

/* The first run of each program is not counted: caches. One program after the
 * other: what the kernel does behind the back of one is not the other's cost. */
static void measure(double **values, int at, char **programs, int with)
{
	for (int r = -1; r < RUNS; r++) {
		double took = run(programs[0], with ? 2 : 1);

		if (r >= 0)
			values[USER_WITHOUT + with][at + r] = took;
	}
	usleep(10000);
	for (int r = -1; r < RUNS; r++) {
		double took = run(programs[1], 2);

		if (r >= 0)
			values[OTHER_WITHOUT + with][at + r] = took;
	}
}

int main(int argc, char **argv)
{
	static const char *const names[] = { "user-without", "user-with", "other-without",
					     "other-with" };
	double *values[KINDS];
	struct bench_patch p;
	int rounds;

	if (argc != 6)
		return 2;
	rounds = atoi(argv[3]);
	bench_open(&p, argv[1], argv[2]);
	for (int k = 0; k < KINDS; k++)
		values[k] = calloc(rounds * RUNS, sizeof(double));
	for (int i = 0; i < rounds; i++) {
		for (int turn = 0; turn < 2; turn++) {
			int with = (i + turn) % 2;

			bench_in(&p);
			if (!with)
				bench_out(&p);
			measure(values, i * RUNS, argv + 4, with);
			if (with)
				bench_out(&p);
		}
	}
	for (int k = 0; k < KINDS; k++)
		printf("%s %.1f\n", names[k], bench_quantile(values[k], rounds * RUNS, 0.25));
	return 0;
}
