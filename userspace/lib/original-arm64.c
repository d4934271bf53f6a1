// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: one instruction of the old function, to run at another place.
 *
 * What is entered from here may have no landing pad (the middle of a function never
 * has), and must not be reached by br or blr where its page is guarded (BTI). A
 * return through a register is no such branch.
 */
#include <inttypes.h>
#include <string.h>

#include "error.h"
#include "ipara.h"
#include "original-int.h"

#define XZR 31

static int64_t sign(uint32_t v, unsigned int bits)
{
	return (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
}

/* Of the two registers that every call and jump may change, one that @at and what
 * follows do not read. 0: none. */
static unsigned int free_register(struct suture_displaced *d, uint64_t at)
{
	for (unsigned int reg = 16; reg <= 17; reg++) {
		if (!suture_code_live(d->o->code, at, SUTURE_ARM64_X(reg)))
			return reg;
	}
	return 0;
}

static int load_word(struct suture_displaced *d, unsigned int reg, uint64_t addr,
		     struct suture_error *err)
{
	char name[SUTURE_WORD_MAX];
	int ret = suture_displaced_word(d, addr, name, err);

	if (!ret)
		fprintf(d->out, "\tadrp\tx%u, :got:\"%s\"\n\tldr\tx%u, [x%u, :got_lo12:\"%s\"]\n",
			reg, name, reg, reg, name);
	return ret;
}

static int go_to(struct suture_displaced *d, uint64_t from, uint64_t target,
		 struct suture_error *err)
{
	unsigned int reg = free_register(d, target);
	int ret;

	if (!reg)
		return suture_displaced_refuse(d, from,
			"x16 and x17 hold values behind it, and it takes one of them to go on there",
			err);
	ret = load_word(d, reg, target, err);
	if (!ret)
		fprintf(d->out, "\tret\tx%u\n", reg);
	return ret;
}

/* cond, cbz and tbz: the same instruction, two further on, over a way out. */
static int conditional(struct suture_displaced *d, uint64_t at, uint32_t w, unsigned int bits,
		       uint64_t target, struct suture_error *err)
{
	uint32_t mask = ((1U << bits) - 1) << 5;
	char label[16];
	int ret = 0;

	fprintf(d->out, "\t.inst\t0x%08x\n", (w & ~mask) | 2 << 5);
	fprintf(d->out, "\tb\t101f\n");
	if (suture_displaced_label(d, target, label))
		fprintf(d->out, "\tb\t%s\n", label);
	else
		ret = go_to(d, at, target, err);
	fprintf(d->out, "101:\n");
	return ret;
}

static int unconditional(struct suture_displaced *d, uint64_t at, bool call, uint64_t target,
			 struct suture_error *err)
{
	char label[16];
	int ret;

	if (!call) {
		if (!suture_displaced_label(d, target, label))
			return go_to(d, at, target, err);
		fprintf(d->out, "\tb\t%s\n", label);
		return 0;
	}
	if (target > at && target < d->end)
		return suture_displaced_refuse(d, at, "it calls into the displaced instructions",
					       err);
	if (target == at + 4)
		return suture_displaced_refuse(d, at, "it reads its own address", err);
	/* nothing before it can have saved x30 */
	suture_displaced_lost(d);
	fprintf(d->out, "\tbl\t100f\n\tb\t101f\n100:\n");
	/* a callee has nothing in x16, whatever it is */
	ret = load_word(d, 16, target, err);
	if (!ret)
		fprintf(d->out, "\tret\tx16\n101:\n");
	return ret;
}

static int load_literal(struct suture_displaced *d, uint64_t at, uint32_t w,
			struct suture_error *err)
{
	uint64_t target = at + sign(w >> 5 & 0x7ffff, 19) * 4;
	unsigned int rt = w & 31, opc = w >> 30, base = rt;
	bool vector = w >> 26 & 1;
	int ret;

	if (vector && opc == 3)
		return suture_displaced_refuse(d, at, "its form is not known", err);
	if (vector || opc == 3 || rt == XZR)
		base = free_register(d, at);
	if (!base && rt)
		return suture_displaced_refuse(d, at,
			"it refers to something relative to itself, and neither x16 nor x17 is free for its address",
			err);
	ret = load_word(d, base, target, err);
	if (ret)
		return ret;
	if (vector)
		fprintf(d->out, "\tldr\t%c%u, [x%u]\n", "sdq"[opc], rt, base);
	else if (opc == 3)
		fprintf(d->out, "\tprfm\t#%u, [x%u]\n", rt, base);
	else if (rt == XZR)
		fprintf(d->out, "\tldr%s\t%czr, [x%u]\n", opc == 2 ? "sw" : "", opc ? 'x' : 'w',
			base);
	else
		fprintf(d->out, "\tldr%s\t%c%u, [x%u]\n", opc == 2 ? "sw" : "", opc ? 'x' : 'w', rt,
			base);
	return 0;
}

/* Those of newer extensions that name a place, or sign with the PC. */
static bool unknown_relative(uint32_t w)
{
	return (w & 0x7e000000) == 0x74000000 ||		/* cb<cond> */
	       (w & 0xffffdbff) == 0xdac183fe ||		/* paciasppc and its kind */
	       (w & 0xff800000) == 0xf3800000 ||		/* autiasppc */
	       (w & 0xff000000) == 0x55000000 ||		/* retaasppc */
	       w == 0xd50324ff;					/* pacm */
}

static int relocate(struct suture_displaced *d, uint64_t at, struct suture_error *err)
{
	const uint8_t *bytes = suture_code_bytes(d->o->code, at, 4);
	uint32_t w;

	if (!bytes)
		return suture_displaced_refuse(d, at, "it is not in the text", err);
	memcpy(&w, bytes, sizeof(w));
	if (unknown_relative(w))
		return suture_displaced_refuse(d, at,
			"it refers to something relative to itself, in a way that is not known",
			err);
	if ((w & 0x7c000000) == 0x14000000)
		return unconditional(d, at, w >> 31, at + sign(w & 0x3ffffff, 26) * 4, err);
	if ((w & 0xff000000) == 0x54000000 || (w & 0x7e000000) == 0x34000000)
		return conditional(d, at, w, 19, at + sign(w >> 5 & 0x7ffff, 19) * 4, err);
	if ((w & 0x7e000000) == 0x36000000)
		return conditional(d, at, w, 14, at + sign(w >> 5 & 0x3fff, 14) * 4, err);
	if ((w & 0x3b000000) == 0x18000000)
		return load_literal(d, at, w, err);
	if ((w & 0x1f000000) == 0x10000000) {
		int64_t imm = sign((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21);

		if ((w & 31) == XZR)
			return 0;
		/* bases are multiples of a page's size: the page moves with them */
		return load_word(d, w & 31, w >> 31 ? (at & ~0xfffULL) + imm * 4096 : at + imm,
				 err);
	}
	fprintf(d->out, "\t.inst\t0x%08x\n", w);
	return 0;
}

static int go_back(struct suture_displaced *d, struct suture_error *err)
{
	return go_to(d, d->at[d->nr - 1], d->end, err);
}

const struct suture_displaced_ops suture_displaced_arm64 = {
	.insn = relocate,
	.back = go_back,
};
