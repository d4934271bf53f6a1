// SPDX-License-Identifier: GPL-2.0
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <asm/hwcap.h>
#include "state.h"

#define VL_MAX 256U

/* state-aarch64.S knows where everything is. */
struct cpu_state {
	uint64_t gpr[32];		/* x0 .. x30, of which x18 counts; nzcv */
	uint64_t fpcr, fpsr;
	uint64_t sve, pad;		/* are z, p and ffr there? */
	uint8_t vec[32 * VL_MAX];	/* z or v, one behind the other */
	uint8_t pred[17 * VL_MAX / 8];	/* p and ffr, likewise */
};

/* Loads @in into the registers, counts x18 down to 0, stores them in @out. */
void state_spin(const struct cpu_state *in, struct cpu_state *out);
/* The length of a vector register. */
uint64_t state_vl(void);

static void fill(struct cpu_state *s, unsigned int seed, unsigned int vl)
{
	uint8_t *p = (uint8_t *)s, *ffr;
	unsigned int set;

	for (size_t i = 0; i < sizeof(*s); i++)
		p[i] = (seed = seed * 1103515245 + 12345) >> 16;
	s->gpr[18] = STATE_LOOPS;
	s->gpr[31] &= 0xf0000000;
	s->fpcr = seed & 0x03c00000;	/* rounding, flush to zero, default NaN */
	s->fpsr = seed >> 3 & 0x0800009f;
	s->sve = !!(getauxval(AT_HWCAP) & HWCAP_SVE);
	/* the first faults behind those that did not */
	ffr = s->pred + 16 * (vl / 8);
	set = seed % (vl + 1);
	for (unsigned int i = 0; i < vl / 8; i++)
		ffr[i] = set >= 8 * (i + 1) ? 0xff : set <= 8 * i ? 0 : 0xff >> (8 - set % 8);
}

const char *state_round(unsigned int seed, int *ret_number)
{
	unsigned int vl = getauxval(AT_HWCAP) & HWCAP_SVE ? state_vl() : 16;
	static __thread struct cpu_state in, out;

	fill(&in, seed, vl);
	state_spin(&in, &out);
	for (int i = 0; i < 31; i++) {
		*ret_number = i;
		if (out.gpr[i] != (i == 18 ? 0 : in.gpr[i]))
			return "general register";
	}
	*ret_number = out.gpr[31] >> 28;
	if (out.gpr[31] != in.gpr[31])
		return "flags";
	for (unsigned int i = 0; i < 32; i++) {
		*ret_number = i;
		if (memcmp(out.vec + i * vl, in.vec + i * vl, vl))
			return "vector register";
	}
	for (unsigned int i = 0; in.sve && i < 17; i++) {
		*ret_number = i;
		if (memcmp(out.pred + i * vl / 8, in.pred + i * vl / 8, vl / 8))
			return "predicate register";
	}
	*ret_number = out.fpcr;
	if (out.fpcr != in.fpcr)
		return "fpcr";
	*ret_number = out.fpsr;
	return out.fpsr != in.fpsr ? "fpsr" : NULL;
}
