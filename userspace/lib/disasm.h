/* SPDX-License-Identifier: GPL-2.0-only */
/* Disassembly for people: one function, or the old and the new one side by side. */
#ifndef SUTURE_DISASM_H
#define SUTURE_DISASM_H

#include <stddef.h>
#include <stdint.h>

struct suture_code;
struct suture_error;

/* One instruction. */
struct suture_line {
	uint64_t addr;
	uint8_t len;		/* bytes */
	char text[200];		/* "call   xmlFree"; targets named by the text's name_at */
};

/*
 * The instructions of addr .. addr + size (0: the function's extent). Bytes
 * that do not decode become ".byte 0x…".
 * *ret_lines: owned by the caller (free).
 */
int suture_disasm(struct suture_code *code, uint64_t addr, uint64_t size,
		  struct suture_line **ret_lines, size_t *ret_nr, struct suture_error *err);

/*
 * Old and new function side by side, lines that say the same on the same row.
 * Between the columns: ' ' the same, '<' only old, '>' only new, '|' changed.
 * width: of the whole, in columns; 0: 120.
 * *ret_text: lines that end in '\n'; owned by the caller (free).
 */
int suture_disasm_pair(struct suture_code *old_code, uint64_t old_addr, uint64_t old_size,
		       struct suture_code *new_code, uint64_t new_addr, uint64_t new_size,
		       unsigned int width, char **ret_text, struct suture_error *err);

#endif /* SUTURE_DISASM_H */
