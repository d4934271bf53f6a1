/* SPDX-License-Identifier: GPL-2.0-only */
/* SUTURE_REPLACE_CALL: one call instruction of a function, and may it be retargeted. */
#ifndef SUTURE_SITE_H
#define SUTURE_SITE_H

#include <stdbool.h>
#include <stdint.h>

#include "insn.h"

enum suture_site_kind {
	SUTURE_SITE_CALL = 1,	/* call rel32 (e8), bl */
	SUTURE_SITE_CALL_WORD,	/* call *disp32(%rip) (ff 15) */
	SUTURE_SITE_JUMP,	/* tail call: jmp rel32 (e9), b */
};

struct suture_site_info {
	enum suture_site_kind kind;
	uint64_t addr;		/* of the bytes to write over: func + offset, behind prefixes
				 * that mean nothing (the linker writes `addr32 call') */
	uint8_t len;		/* 5, ff 15: 6; arm64: 4 */
	const uint8_t *bytes;	/* len of them, in the object */
	uint64_t callee;	/* address in the object, a PLT entry too; 0: through a word */
	uint64_t slot;		/* of the word, with SUTURE_SITE_CALL_WORD; else 0 */
	const char *name;	/* of the callee (an import's own name), NULL: unknown */
};

/*
 * suture_site_check - the call instruction at @func + @offset
 * @size: of the function, bytes; 0: from its extent
 * -EOPNOTSUPP: it is none that can be retargeted, is not the beginning of an
 * instruction, or something leads into its middle; err shows what is there and
 * lists the function's calls. -EINVAL: no function there, offset beyond its end.
 */
int suture_site_check(struct suture_code *code, uint64_t func, uint64_t size, uint64_t offset,
		      struct suture_site_info *ret, struct suture_error *err);

#endif /* SUTURE_SITE_H */
