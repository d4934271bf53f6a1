// SPDX-License-Identifier: GPL-2.0
/*
 * call SPM TARGET ROUNDS: what a call of a function costs: before, patched,
 * reverted; with the jump written by the process itself, and with that taken
 * back. The five states take turns. Prints one line a state: STATE ns, the median;
 * and patched-ratio (over the jump) and reverted-ratio (over before), the medians of
 * the rounds' own ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include "../targets/funcs/funcs.h"
#include "bench.h"

#define CALLS 100000

enum { BEFORE, PATCHED, REVERTED, JUMP, UNDONE, STATES };
static const char *const names[] = { "before", "patched", "reverted", "jump", "undone" };

static double cost(int add)
{
	uint64_t begin, end;
	int x = 0;

	for (int i = 0; i < 100; i++)
		x = answer(0);
	if (x != add)
		bench_die("answer(0) is %d, not %d", x, add);
	begin = bench_tsc();
	for (int i = 0; i < CALLS; i++)
		x = answer(x) & 0xff;
	end = bench_tsc();
	return (end - begin) * bench_tsc_ns() / CALLS;
}

int main(int argc, char **argv)
{
	double *values[STATES], *patched, *reverted;
	struct bench_patch p;
	struct bench_jump j;
	int rounds;

	if (argc != 4)
		return 2;
	rounds = atoi(argv[3]);
	bench_open(&p, argv[1], argv[2]);
	bench_tsc_ns();
	bench_jump_prepare(&j, answer);
	patched = calloc(rounds, sizeof(double));
	reverted = calloc(rounds, sizeof(double));
	for (int s = 0; s < STATES; s++)
		values[s] = calloc(rounds, sizeof(double));
	for (int i = 0; i < rounds; i++) {
		values[BEFORE][i] = cost(1);
		bench_in(&p);
		values[PATCHED][i] = cost(1001);
		bench_out(&p);
		values[REVERTED][i] = cost(1);
		bench_jump_write(&j, j.jump);
		values[JUMP][i] = cost(1001);
		bench_jump_write(&j, j.old);
		values[UNDONE][i] = cost(1);
	}
	for (int i = 0; i < rounds; i++) {
		patched[i] = values[PATCHED][i] / values[JUMP][i];
		reverted[i] = values[REVERTED][i] / values[BEFORE][i];
	}
	printf("patched-ratio %.3f\nreverted-ratio %.3f\n",
	       bench_quantile(patched, rounds, 0.5), bench_quantile(reverted, rounds, 0.5));
	for (int s = 0; s < STATES; s++)
		printf("%s %.2f\n", names[s], bench_quantile(values[s], rounds, 0.5));
	return 0;
}
