/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of original share among themselves. */
#ifndef SUTURE_ORIGINAL_INT_H
#define SUTURE_ORIGINAL_INT_H

#include "insn-int.h"
#include "original.h"

/* Room for names of words: two numbers. */
#define SUTURE_WORD_MAX		64

/* Instructions: 5 at most are under the branch; more for a loop back to the entry. */
#define SUTURE_DISPLACED_MAX	64

/* The instructions that run elsewhere. */
struct suture_displaced {
	const struct suture_original *o;
	FILE *out;
	uint64_t begin, end;	/* addresses in the object; end: where it goes on */
	uint64_t at[SUTURE_DISPLACED_MAX];	/* of each instruction */
	unsigned int nr;
	unsigned int current;	/* the one that is emitted */
	bool falls[SUTURE_DISPLACED_MAX];	/* it goes on to the next one, the last to end */
	bool unwind;		/* the unwind information is right so far */
	char where[160];	/* the function, for messages */
};

/* A word's name for an address in the object. */
int suture_displaced_word(struct suture_displaced *d, uint64_t addr, char name[SUTURE_WORD_MAX],
			  struct suture_error *err);

/* Is @to one of the displaced instructions? *ret: its local label, "3f", "0b". */
bool suture_displaced_label(const struct suture_displaced *d, uint64_t to, char ret[16]);

/* Refuses, with the instruction shown; returns -EOPNOTSUPP. */
int suture_displaced_refuse(struct suture_displaced *d, uint64_t at, const char *why,
			    struct suture_error *err);

/* From here on nobody can unwind. */
void suture_displaced_lost(struct suture_displaced *d);

/* ---- original-x86.c, original-arm64.c: one instruction; and the jump to d->end */
struct suture_displaced_ops {
	int (*insn)(struct suture_displaced *d, uint64_t at, struct suture_error *err);
	int (*back)(struct suture_displaced *d, struct suture_error *err);
};

extern const struct suture_displaced_ops suture_displaced_x86;
extern const struct suture_displaced_ops suture_displaced_arm64;

/* ---- original-cfi.c: what a displaced instruction does to the frame, as .cfi lines */
struct suture_displaced_cfi {
	int64_t offset;		/* of the frame's address from the stack pointer, bytes */
	bool by_rbp;		/* the frame is found by rbp */
	uint32_t saved;		/* callee-saved registers on the stack, by hardware number */
};

void suture_displaced_cfi(struct suture_displaced *d, struct suture_displaced_cfi *cfi,
			  const cs_insn *insn);

/* ---- original-live.c */
/* May the register (a bit of SUTURE_X86_* or SUTURE_ARM64_*, a general one) be read
 * at or after @at before it is written? For those that carry no argument (r11; x16,
 * x17) calls and the like do not read. True where it cannot be seen. */
bool suture_code_live(struct suture_code *code, uint64_t at, uint64_t reg);

#endif /* SUTURE_ORIGINAL_INT_H */
