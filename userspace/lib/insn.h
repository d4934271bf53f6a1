/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instructions of an object: may a branch be written over a function's entry,
 * and which further pieces of text belong to a function.
 *
 * Everything here works on a view of the object's text that the caller lays
 * out (it owns the bytes; they outlive the struct suture_code made of them).
 * Addresses are link-time virtual addresses throughout. Nothing here prints.
 * Functions that can fail return 0 or a negative errno and explain it in err,
 * which may be NULL.
 *
 * A struct suture_code is for one thread at a time.
 */
#ifndef SUTURE_INSN_H
#define SUTURE_INSN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct suture_error;

/* A run of bytes of the object: one section (better) or one segment. */
struct suture_span {
	uint64_t addr;
	uint64_t size;		/* bytes */
	const uint8_t *bytes;	/* size of them */
};

/* flags of struct suture_extent */
#define SUTURE_EXTENT_FDE	(1U << 0)	/* from an FDE, and lsda is what it says */

/* Where a function (or a part of one: NAME.cold has an FDE of its own) lies.
 * Two sources may speak of the same address (FDE and symbol): give both. */
struct suture_extent {
	uint64_t addr;
	uint64_t size;		/* bytes; 0: up to the next extent */
	const char *name;	/* NULL when nobody knows */
	uint32_t flags;		/* SUTURE_EXTENT_* */
	uint64_t lsda;		/* with _FDE: the address of its landing pads' table, 0: none */
};

/* flags of struct suture_text */
#define SUTURE_TEXT_TLSDESC	(1U << 0)	/* the object has TLS descriptors (R_*_TLSDESC) */
#define SUTURE_TEXT_FIXED	(1U << 1)	/* ET_EXEC: immediates can be addresses */

struct suture_text {
	uint16_t machine;	/* EM_X86_64 or EM_AARCH64 */
	uint32_t flags;		/* SUTURE_TEXT_* */

	/* All that is executable, PLT included, sorted by address. */
	const struct suture_span *code;
	size_t nr_code;

	/* Other loaded bytes as they are in the file: .rodata (jump tables),
	 * .gcc_except_table, .data.rel.ro. In any order, may be none: then jump
	 * tables are not recognised, which is reported as less certain. */
	const struct suture_span *data;
	size_t nr_data;

	/* Sorted by address; as many as are known (FDEs, then symbols). */
	const struct suture_extent *extents;
	size_t nr_extents;

	/* Addresses that the object's data refers to: the addends of
	 * R_*_RELATIVE, value + addend of R_*_64/GLOB_DAT/JUMP_SLOT of symbols
	 * that the object itself defines, DT_INIT/DT_FINI, e_entry, resolvers of
	 * IRELATIVE. In any order. */
	const uint64_t *pointers;
	size_t nr_pointers;

	/* Names an address: a function, a PLT stub, a GOT slot of an import
	 * (plain name, no "@plt"), a datum. Returns NULL when it has none; the
	 * string lives as long as the text. *ret_offset: bytes of addr beyond
	 * the named thing (0 for a function's entry). May be NULL. */
	const char *(*name_at)(void *ctx, uint64_t addr, uint64_t *ret_offset);
	void *ctx;
};

/* The text, made ready: decoder, sorted extents, index of branches (built when
 * first needed; about half a second for 57 MB). */
struct suture_code;

/* text is copied, what it points to is not. -EINVAL: unknown machine, no text. */
int suture_code_new(const struct suture_text *text, struct suture_code **ret_code,
		    struct suture_error *err);
void suture_code_free(struct suture_code *code);	/* NULL is fine */

/* The bytes at addr if size of them lie in one code or data span, else NULL. */
const uint8_t *suture_code_bytes(const struct suture_code *code, uint64_t addr, uint64_t size);

/* The extent that holds addr, or NULL. */
const struct suture_extent *suture_code_extent(const struct suture_code *code, uint64_t addr);

enum suture_pad {
	SUTURE_PAD_NONE = 0,
	SUTURE_PAD_ENDBR64,	/* stays; branch_at 4 */
	SUTURE_PAD_BTI,		/* bti c / bti jc: stays; branch_at 4 */
	/* paciasp, pacibsp: stays, so that the patch is entered with a signed return
	 * address; branch_at 4 */
	SUTURE_PAD_PACIASP,
	SUTURE_PAD_PACIBSP,
};

static inline bool suture_pad_signs(enum suture_pad pad)
{
	return pad == SUTURE_PAD_PACIASP || pad == SUTURE_PAD_PACIBSP;
}

/* What is known of an entry that may be written over. */
struct suture_entry {
	enum suture_pad pad;
	uint8_t branch_at;	/* the branch goes to addr + this: 0 or 4 */
	uint8_t branch_len;	/* 5 on x86-64, 4 on arm64 */
	uint8_t covered;	/* whole instructions (and padding) from addr that hold the
				 * written bytes: addr .. addr + covered; 5 .. 32 */
	uint32_t size;		/* of the function: as given, or from its extent */
	uint32_t room;		/* size, and the padding behind it */
};

/*
 * May a branch be written over the entry of the function at addr?
 * size: of the function, bytes; 0: from its extent.
 * Asked are: the bytes are whole instructions or padding up to the next
 * function; there are enough of them; nothing in the text jumps, calls or
 * points into them except to the entry itself (direct branches, jump tables,
 * lea, pointers in data, landing pads).
 * -EOPNOTSUPP: no, and err says why with the instructions concerned.
 * -EINVAL: addr is not in the text, or no size is known.
 */
int suture_insn_check_entry(struct suture_code *code, uint64_t addr, uint64_t size,
			    struct suture_entry *ret_entry, struct suture_error *err);

/* A piece of text. */
struct suture_piece {
	uint64_t addr;
	uint64_t size;
};

/*
 * The further pieces of the function at addr: extents named NAME.cold*,
 * NAME.part* (NAME: any name of addr without its own clone suffix), those
 * that only jumps (no call, no pointer) from the function or from a piece of
 * it lead to, those that its jump tables or landing pads lead to, and those
 * that jump back into its middle.
 * *ret_pieces: sorted, owned by the caller (free); NULL when there are none.
 */
int suture_insn_cold_ranges(struct suture_code *code, uint64_t addr, uint64_t size,
			    struct suture_piece **ret_pieces, size_t *ret_nr,
			    struct suture_error *err);

#endif /* SUTURE_INSN_H */
