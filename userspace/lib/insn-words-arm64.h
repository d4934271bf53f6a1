/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of arm64 as the words that they are; no decoder, no memory. */
#ifndef SUTURE_INSN_WORDS_ARM64_H
#define SUTURE_INSN_WORDS_ARM64_H

#include <stdbool.h>
#include <stdint.h>

static inline int64_t sign(uint64_t v, unsigned int bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

/* The fields of registers. */
static inline unsigned int rd(uint32_t w) { return w & 31; }
static inline unsigned int rn(uint32_t w) { return w >> 5 & 31; }
static inline unsigned int rm(uint32_t w) { return w >> 16 & 31; }

static inline bool is_br(uint32_t w) { return (w & 0xfffffc1f) == 0xd61f0000; }
static inline bool is_bl(uint32_t w) { return w >> 26 == 0x25 || (w & 0xfffffc1f) == 0xd63f0000; }
static inline bool is_adr(uint32_t w) { return (w & 0x9f000000) == 0x10000000; }
static inline bool is_adrp(uint32_t w) { return (w & 0x9f000000) == 0x90000000; }
static inline bool is_mov(uint32_t w) { return (w & 0x7fe0ffe0) == 0x2a0003e0; }
/* add Xd, Xn, #imm */
static inline bool is_add_imm(uint32_t w) { return (w & 0xffc00000) == 0x91000000; }
/* add Xd, Xn, Wm, sxtb and the like; or Xm, lsl */
static inline bool is_add_ext(uint32_t w) { return (w & 0xffe00000) == 0x8b200000; }
static inline bool is_add_lsl(uint32_t w) { return (w & 0xffe00000) == 0x8b000000; }

/* Nothing goes on behind it. */
static inline bool ends(uint32_t w)
{
	return w >> 26 == 5 || is_br(w) || (w & 0xfffffc1f) == 0xd65f0000 ||	/* b, br, ret */
	       (w & 0xffe0001f) == 0xd4200000 || !(w >> 16);			/* brk, udf */
}

/* Does it write the general register? Where that is not known: yes. */
bool suture_arm64_writes(uint32_t w, unsigned int reg);

typedef bool (*suture_arm64_word_fn)(void *ctx, uint64_t at, uint32_t *ret);

/*
 * suture_arm64_dead - will nobody read x9 .. x15 as it is in front of the instruction at @at?
 * On every way it is written first, or the function returns. No function gets anything in
 * these registers, or gives anything back; what a caller keeps in them is not asked here.
 * false: that, or it is not known.
 */
bool suture_arm64_dead(uint64_t at, unsigned int reg, suture_arm64_word_fn word, void *ctx);

#endif /* SUTURE_INSN_WORDS_ARM64_H */
