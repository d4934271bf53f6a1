/* SPDX-License-Identifier: GPL-2.0 */
/* What a thread has in its registers while it spins, and what it had before. */
#ifndef _SUTURE_TEST_STATE_H
#define _SUTURE_TEST_STATE_H

#include <stdint.h>

struct cpu_state {
	uint64_t gpr[15];	/* rax rbx rcx rdx rsi rdi rbp r8 .. r15 */
	uint64_t flags;
	uint8_t vec[16][32];	/* ymm, or xmm in the lower half */
	uint32_t mxcsr;
	uint16_t fcw, pad;
};

/*
 * state_spin - load @in into the registers, count rcx down to 0, store them in @out
 * @avx: whether ymm registers are there
 * No other register is touched between the two.
 */
void state_spin(const struct cpu_state *in, struct cpu_state *out, int avx);

/* red_zone_spin - keep 16 words below rsp for @loops; returns how many changed */
long red_zone_spin(long loops);

#endif /* _SUTURE_TEST_STATE_H */
