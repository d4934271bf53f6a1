/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of insn, ipara and disasm share among themselves. */
#ifndef SUTURE_INSN_INT_H
#define SUTURE_INSN_INT_H

#include "capstone.h"
#include "error.h"
#include "insn.h"

struct suture_flow;

/* How one place of the text refers to another. */
enum suture_ref_kind {
	SUTURE_REF_CALL,	/* call, bl */
	SUTURE_REF_JUMP,	/* jmp, b */
	SUTURE_REF_COND,	/* jcc, loop, cbz … */
	SUTURE_REF_LEA,		/* address taken relative to the PC */
	SUTURE_REF_IMM,		/* a number that could be the address (fixed text only) */
};

/* A candidate: found by its bytes, the instruction boundary is not checked. */
struct suture_ref {
	uint64_t to;
	uint64_t from : 56;	/* the instruction (lea: its opcode; IMM: the number) */
	uint64_t kind : 8;
};

struct suture_code {
	struct suture_text text;
	csh cs;			/* no details: fast */
	csh csd;		/* with details */
	cs_insn *insn;
	cs_insn *insnd;
	uint64_t lo, hi;	/* all code lies between */
	struct suture_extent *ext;	/* sorted, one an address */
	size_t nr_ext;
	uint64_t *ptr;		/* sorted */
	size_t nr_ptr;
	struct suture_ref *refs;	/* by page of .to; see insn-refs.c */
	uint32_t *page;		/* first ref of each page, and the end */
	size_t nr_pages;
	uint8_t **lea;		/* by data span: bit per 4 bytes, some lea leads there */
	struct suture_flow **flow;	/* by extent, filled when asked for */
};

/* ---- insn.c */
const struct suture_span *suture_code_span(const struct suture_code *code, uint64_t addr);
bool suture_code_in_pointers(const struct suture_code *code, uint64_t lo, uint64_t hi,
			     uint64_t *ret);
/* The instruction at addr, whole before limit; NULL where nothing decodes. It
 * is valid until the next decode with the same `detail`. */
const cs_insn *suture_code_decode(struct suture_code *code, uint64_t addr, uint64_t limit,
				  bool detail);
/* "0x1234: jne 0x1240", for messages. Returns buf. */
const char *suture_code_show(struct suture_code *code, uint64_t addr, char *buf, size_t size);
/* The same as objdump shows it: "1234: 48 8b 05 e1 2e 00 00  movq 0x2ee1(%rip),%rax
 * # 4010 <counter>", on one line. */
#define SUTURE_SHOW_MAX	320
const char *suture_code_show_objdump(struct suture_code *code, uint64_t addr, char *buf,
				     size_t size);
/* "name+0x12 (0x1234)" or "0x1234". Returns buf. */
const char *suture_code_where(const struct suture_code *code, uint64_t addr, char *buf,
			      size_t size);
/* "name (0x1234)": the plain name, NULL when there is none at exactly addr. */
const char *suture_code_name(const struct suture_code *code, uint64_t addr);
/* Bytes at addr that are padding between functions, up to limit. */
uint64_t suture_code_padding(struct suture_code *code, uint64_t addr, uint64_t limit);

/* ---- insn-entry.c */
/* Does nothing lead into lo <= x < hi, bytes of the function at addr, from elsewhere
 * than these bytes? where: the function, what: "the 5 bytes that the branch needs". */
int suture_code_check_inside(struct suture_code *code, uint64_t addr, uint64_t lo, uint64_t hi,
			     const char *where, const char *what, struct suture_error *err);

/* ---- insn-refs.c */
/* All candidates that refer to lo <= to < hi; *ret is for free(). 0 or -ENOMEM. */
int suture_code_refs(struct suture_code *code, uint64_t lo, uint64_t hi,
		     struct suture_ref **ret, size_t *ret_nr);
/* The next place after addr, in the same span, that some lea leads to: what lies
 * between belongs to one table at most. UINT64_MAX: none. */
uint64_t suture_code_next_lea(struct suture_code *code, uint64_t addr);
/* 1: a ref's instruction is really there; 0: it is inside another instruction;
 * -1: nobody can tell (no extent, or something before it does not decode). */
int suture_code_confirm(struct suture_code *code, const struct suture_ref *ref);

/* ---- insn-flow.c */
enum suture_step {
	SUTURE_STEP_NEXT,	/* nothing special */
	SUTURE_STEP_CALL,	/* direct */
	SUTURE_STEP_CALL_IND,
	SUTURE_STEP_JUMP,	/* direct */
	SUTURE_STEP_COND,	/* direct, or goes on */
	SUTURE_STEP_JUMP_IND,
	SUTURE_STEP_JUMP_SLOT,	/* through memory at a fixed place (GOT) */
	SUTURE_STEP_RET,
	SUTURE_STEP_STOP,	/* ud2, hlt, int3: does not go on */
	SUTURE_STEP_SYSCALL,
};

/* What an instruction (decoded with details) does to the flow of control. */
enum suture_step suture_insn_step(struct suture_code *code, const cs_insn *insn,
				  uint64_t *ret_target);

/* A list of addresses that grows. */
struct suture_places {
	uint64_t *v;
	size_t nr, room;
	bool nomem;
};

void suture_places_add(struct suture_places *list, uint64_t v);

/* One extent decoded from its beginning to its end. */
struct suture_flow {
	uint64_t addr, size;
	bool broken;		/* something in it does not decode */
	bool has_switch;	/* the code of a jump table's use was seen; arm64: and all
				 * such tables were read */
	unsigned int unread;	/* arm64: jump tables that were not found */
	uint8_t *start;		/* bit per byte: an instruction begins there */
	uint64_t *inner;	/* addresses that tables, pointers, lea and landing pads name:
				 * in this extent, and (tables, landing pads) beyond it */
	size_t nr_inner;
	uint64_t *pads;		/* landing pads among them */
	size_t nr_pads;
	bool pads_known;	/* there are no others */
};

/* NULL without memory. Belongs to code. */
const struct suture_flow *suture_code_flow(struct suture_code *code,
					   const struct suture_extent *ext);
void suture_flow_free(struct suture_flow *flow);

static inline bool suture_flow_starts(const struct suture_flow *flow, uint64_t addr)
{
	uint64_t at = addr - flow->addr;

	return at < flow->size && flow->start[at / 8] & (1 << (at % 8));
}

/* ---- insn-table-arm64.c */
/* Adds where the jump tables of an extent lead. *ret_unread: those that were not found, or
 * make no sense. -ENOMEM. */
int suture_tables_arm64(struct suture_code *code, const struct suture_extent *ext,
			struct suture_places *out, unsigned int *ret_read,
			unsigned int *ret_unread);

/* ---- insn-lsda.c */
/* Landing pads of the table at lsda for a function at func. *ret: for free().
 * -EINVAL: the table is not readable or makes no sense. */
int suture_lsda_pads(const struct suture_code *code, uint64_t lsda, uint64_t func,
		     uint64_t **ret, size_t *ret_nr);

#endif /* SUTURE_INSN_INT_H */
