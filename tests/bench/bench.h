/* SPDX-License-Identifier: GPL-2.0 */
/* What the benchmarks share: the device without a command line, and quantiles. */
#ifndef _SUTURE_BENCH_H
#define _SUTURE_BENCH_H

#include <stddef.h>
#include <stdint.h>

/* A patch that is put in and out again. */
struct bench_patch {
	int dev, spm, target;
	char name[64];		/* known once it was in */
	uint32_t pause_us;	/* bench_pause() */
};

/* All of these end the program with a message on stderr when something fails. */

/* bench_open - @spm: a patch module; @target: a file that it is for */
void bench_open(struct bench_patch *p, const char *spm, const char *target);

/* bench_in, bench_out - into or out of every process, and wait for the end */
void bench_in(struct bench_patch *p);
void bench_out(struct bench_patch *p);

/* bench_pause - how long the kernel says it held process @pid, microseconds */
uint32_t bench_pause(struct bench_patch *p, int pid);

/* bench_die - message on stderr, exit status 1 */
void bench_die(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* bench_ns - CLOCK_MONOTONIC, nanoseconds */
uint64_t bench_ns(void);

/* bench_tsc - the time-stamp counter */
static inline uint64_t bench_tsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a" (lo), "=d" (hi));
	return (uint64_t)hi << 32 | lo;
}

/* bench_tsc_ns - nanoseconds per tick, measured once */
double bench_tsc_ns(void);

/* bench_quantile - of @n values, sorted in place; @q: 0 .. 1 */
double bench_quantile(double *values, size_t n, double q);

/*
 * The reference: the process writes the jump itself, as a library for that would:
 * mprotect, five bytes, mprotect. bench_jump_prepare() puts a function that
 * returns its argument + 1001 within reach of @func.
 */
struct bench_jump {
	uint8_t *at;
	uint8_t old[5], jump[5];
};
void bench_jump_prepare(struct bench_jump *j, void *func);
void bench_jump_write(struct bench_jump *j, const uint8_t bytes[5]);

#endif /* _SUTURE_BENCH_H */
