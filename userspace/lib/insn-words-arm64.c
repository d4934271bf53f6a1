// SPDX-License-Identifier: GPL-2.0-only
/* What an instruction of arm64 does to a register, and whether that is read again. */
#include "insn-words-arm64.h"

#define WAYS_MAX	64	/* places that branches lead to */
#define STEPS_MAX	1000

static bool load_or_store_writes(uint32_t w, unsigned int reg)
{
	bool vector = w >> 26 & 1;

	switch (w & 0x3b000000) {
	case 0x08000000:	/* exclusive ones, and structures of vectors */
		if (vector)
			break;
		return rm(w) == reg || (w >> 22 & 1 && (rd(w) == reg || (w >> 10 & 31) == reg));
	case 0x18000000:	/* literal */
		return !vector && rd(w) == reg;
	case 0x28000000:	/* pairs */
	case 0x29000000:
		if (w >> 23 & 1 && rn(w) == reg)
			return true;
		return !vector && w >> 22 & 1 && (rd(w) == reg || (w >> 10 & 31) == reg);
	case 0x38000000:
		if (!(w >> 21 & 1) && w >> 10 & 1 && rn(w) == reg)
			return true;
		/* atomics write what was there, whatever else these bits say */
		return !vector && rd(w) == reg &&
		       (w >> 22 & 3 || (w >> 21 & 1 && !(w >> 10 & 3)));
	case 0x39000000:
		return !vector && w >> 22 & 3 && rd(w) == reg;
	}
	return vector ? w >> 23 & 1 && rn(w) == reg : rd(w) == reg;
}

bool suture_arm64_writes(uint32_t w, unsigned int reg)
{
	if (is_bl(w))
		return reg <= 18 || reg == 30;
	if ((w & 0x0a000000) == 0x08000000)
		return load_or_store_writes(w, reg);
	if ((w & 0x1c000000) == 0x14000000)	/* branches; mrs */
		return (w & 0xffe00000) == 0xd5200000 && rd(w) == reg;
	if ((w & 0x1fe00000) == 0x1a400000)	/* ccmp */
		return false;
	if ((w & 0x0e000000) == 0x0e000000)	/* vectors; but what moves and converts to others */
		return rd(w) == reg &&
		       ((w & 0x5f20fc00) == 0x1e200000 || (w & 0xbfe0ec00) == 0x0e002c00);
	return rd(w) == reg;
}

/* Does a field for registers that the instruction has say @reg? Vectors count, too. */
static bool names(uint32_t w, unsigned int reg)
{
	bool any = rd(w) == reg || rn(w) == reg;

	if ((w & 0x1f000000) == 0x10000000)			/* adr, adrp */
		return rd(w) == reg;
	if ((w & 0x1c000000) == 0x10000000)			/* other immediates */
		return (w & 0x1f800000) == 0x12800000 ? rd(w) == reg : any;	/* movz, movk */
	if ((w & 0x3b000000) == 0x18000000)			/* ldr, literal */
		return rd(w) == reg;
	if ((w & 0x3b000000) == 0x39000000)			/* ldr, str with an offset */
		return any;
	if ((w & 0x3a000000) == 0x28000000)			/* pairs */
		return any || (w >> 10 & 31) == reg;
	if ((w & 0x3b200000) == 0x38000000)
		return any;
	return any || rm(w) == reg || (w >> 10 & 31) == reg;
}

/* It writes all of the register, and reads nothing of it. */
static bool overwrites(uint32_t w, unsigned int reg)
{
	if (!suture_arm64_writes(w, reg) || is_bl(w))
		return false;
	if (is_adr(w) || is_adrp(w))
		return true;
	if ((w & 0x1f800000) == 0x12800000)			/* movz, movn; not movk */
		return (w >> 29 & 3) != 3;
	if (is_mov(w))
		return rm(w) != reg;
	if (is_add_imm(w))
		return rn(w) != reg;
	if ((w & 0x3b000000) == 0x39000000 || (w & 0x3b200000) == 0x38000000)
		return !(w >> 26 & 1) && rd(w) == reg && rn(w) != reg;
	if ((w & 0x3a400000) == 0x28400000)			/* ldp */
		return !(w >> 26 & 1) && rn(w) != reg;
	return false;
}

struct ways {
	uint64_t at[WAYS_MAX];
	unsigned int nr;
	bool lost;
};

static void add(struct ways *ways, uint64_t at)
{
	for (unsigned int i = 0; i < ways->nr; i++)
		if (ways->at[i] == at)
			return;
	if (ways->nr == WAYS_MAX)
		ways->lost = true;
	else
		ways->at[ways->nr++] = at;
}

bool suture_arm64_dead(uint64_t at, unsigned int reg, suture_arm64_word_fn word, void *ctx)
{
	struct ways ways = { .at = { at }, .nr = 1 };
	unsigned int steps = 0, i;
	uint32_t w;

	if (reg < 9 || reg > 15)
		return false;
	for (i = 0; i < ways.nr && !ways.lost; i++) {
		for (at = ways.at[i];; at += 4) {
			if (steps++ == STEPS_MAX || !word(ctx, at, &w))
				return false;
			if (w == 0xd65f03c0 || w == 0xd65f0bff || w == 0xd65f0fff)
				break;				/* ret, retaa, retab */
			if ((w & 0x7c000000) == 0x14000000) {	/* b, bl */
				/* what is called gets nothing in it, but may leave it as it is */
				if (w >> 31)
					continue;
				add(&ways, at + sign(w & 0x3ffffff, 26) * 4);
				break;
			}
			if ((w & 0xff000010) == 0x54000000) {
				add(&ways, at + sign(w >> 5 & 0x7ffff, 19) * 4);
				continue;
			}
			if ((w & 0x7c000000) == 0x34000000) {	/* cbz, tbz */
				if (rd(w) == reg)
					return false;
				add(&ways, at + (w >> 25 & 1 ? sign(w >> 5 & 0x3fff, 14)
							     : sign(w >> 5 & 0x7ffff, 19)) * 4);
				continue;
			}
			if ((w & 0xffe0001f) == 0xd4000001 ||	/* svc */
			    (w & 0xfffff01f) == 0xd503201f ||	/* nop and other hints */
			    (w & 0xfffff000) == 0xd5033000 ||	/* barriers */
			    (w & 0xfffffc1f) == 0xd63f0000) {	/* blr */
				if ((w & 0xfffffc1f) == 0xd63f0000 && rn(w) == reg)
					return false;
				continue;
			}
			if ((w & 0xffe0001f) == 0xd4200000)	/* brk */
				break;
			if ((w & 0x1c000000) == 0x14000000) {
				/* mrs; nothing else is known */
				if ((w & 0xfff00000) != 0xd5300000)
					return false;
				if (rd(w) == reg)
					break;
				continue;
			}
			if (overwrites(w, reg))
				break;
			if (names(w, reg) || ends(w))
				return false;
		}
	}
	return !ways.lost;
}
