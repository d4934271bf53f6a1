// SPDX-License-Identifier: GPL-2.0
/*
 * cycle SPM TARGET TIMES: apply to all processes and revert, TIMES times. Prints
 * the medians: apply us, revert us.
 */
#include <stdio.h>
#include <stdlib.h>
#include "bench.h"

int main(int argc, char **argv)
{
	struct bench_patch p;
	double *in, *out;
	int times;

	if (argc != 4)
		return 2;
	times = atoi(argv[3]);
	in = calloc(times, sizeof(double));
	out = calloc(times, sizeof(double));
	bench_open(&p, argv[1], argv[2]);
	for (int i = 0; i < times; i++) {
		uint64_t a = bench_ns(), b, c;

		bench_in(&p);
		b = bench_ns();
		bench_out(&p);
		c = bench_ns();
		in[i] = (b - a) / 1000.0;
		out[i] = (c - b) / 1000.0;
	}
	printf("apply %.1f\nrevert %.1f\n", bench_quantile(in, times, 0.5),
	       bench_quantile(out, times, 0.5));
	return 0;
}
