/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SUTURE_ORIGINAL: the old function, callable while a branch is written over its
 * entry. The instructions that the branch displaces run at another place, in the
 * patch, and then go on behind them in the old function.
 */
#ifndef SUTURE_ORIGINAL_H
#define SUTURE_ORIGINAL_H

#include <stdint.h>
#include <stdio.h>

#include "insn.h"

/* The function that the author's objects refer to: this, and the old one's name. */
#define SUTURE_ORIGINAL_PREFIX	"suture.original."

/*
 * The assembly refers to a word by @name: bind it to the base of the object plus
 * @addr, as the words of SUTURE_CALL_PREFIX are. Called again with the same name
 * only for the same address. Returns 0 or a negative errno with @err set.
 */
typedef int (*suture_word_fn)(void *ctx, const char *name, uint64_t addr,
			      struct suture_error *err);

/* What to make. */
struct suture_original {
	struct suture_code *code;	/* of the object */
	uint32_t object;		/* its index in the note: a part of the words' names */
	const char *name;		/* the symbol to define, SUTURE_ORIGINAL_PREFIX "NAME" */
	uint64_t addr;			/* of the old function */
	struct suture_entry entry;	/* from suture_insn_check_entry() */
	suture_word_fn word;
	void *ctx;			/* for word */
};

/*
 * suture_original_emit - write the function's assembly to @out
 * Nothing but the words is filled in at run time, and nothing of the registers is
 * changed but one that holds nothing at a function's entry. For text of the patch's
 * own stubs: at the end `out' is in .text again.
 * A short loop back to the entry is displaced as a whole: it would come to the branch.
 * -EOPNOTSUPP: an instruction cannot run elsewhere, or such a loop is too long; err
 * names the function and shows the instruction.
 */
int suture_original_emit(const struct suture_original *o, FILE *out, struct suture_error *err);

#endif /* SUTURE_ORIGINAL_H */
