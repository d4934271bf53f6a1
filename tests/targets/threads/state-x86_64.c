// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <string.h>
#include "state.h"

/* carry, parity, adjust, zero, sign, direction, overflow */
#define FLAGS 0xcd5UL

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

static void fill(struct cpu_state *s, unsigned int seed)
{
	uint8_t *p = (uint8_t *)s;

	for (size_t i = 0; i < sizeof(*s); i++)
		p[i] = (seed = seed * 1103515245 + 12345) >> 16;
	s->gpr[2] = STATE_LOOPS;
	/* not trap, not interrupt, not alignment check */
	s->flags = (seed & FLAGS) | 0x202;
	s->mxcsr = 0x1f80 | (seed & 3) << 13;
	s->fcw = 0x37f & ~(seed & 0x300);
}

const char *state_round(unsigned int seed, int *ret_number)
{
	int avx = __builtin_cpu_supports("avx");
	struct cpu_state in, out;

	fill(&in, seed);
	state_spin(&in, &out, avx);
	for (int i = 0; i < 15; i++) {
		*ret_number = i;
		if (out.gpr[i] != (i == 2 ? 0 : in.gpr[i]))
			return "general register";
	}
	*ret_number = out.flags;
	if ((out.flags ^ in.flags) & FLAGS)
		return "flags";
	for (int i = 0; i < 16; i++) {
		*ret_number = i;
		if (memcmp(out.vec[i], in.vec[i], avx ? 32 : 16))
			return "vector register";
	}
	*ret_number = out.mxcsr;
	if (out.mxcsr != in.mxcsr)
		return "mxcsr";
	*ret_number = out.fcw;
	return out.fcw != in.fcw ? "x87 control word" : NULL;
}
