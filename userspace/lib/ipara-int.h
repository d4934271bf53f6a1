/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of ipara share among themselves. */
#ifndef SUTURE_IPARA_INT_H
#define SUTURE_IPARA_INT_H

#include "insn-int.h"
#include "ipara.h"

#define SUTURE_X86_ALL_XMM	(0xffffffffULL << 16)
#define SUTURE_X86_ALL_K	(0xffULL << 48)
/* rax rcx rdx rsi rdi r8 .. r11 */
#define SUTURE_X86_ALL_GPR	0x0fc7ULL
#define SUTURE_X86_ALL		(SUTURE_X86_ALL_GPR | SUTURE_X86_ALL_XMM | SUTURE_X86_ALL_K | \
				 SUTURE_X86_MMX | SUTURE_X86_UPPER)
#define SUTURE_ARM64_ALL_X	0x7ffffULL
#define SUTURE_ARM64_ALL_V	(0xffffffffULL << 32)
#define SUTURE_ARM64_V8_15	(0xffULL << 40)
#define SUTURE_ARM64_ALL	(SUTURE_ARM64_ALL_X | SUTURE_ARM64_ALL_V)

/* Everything that a call into the unknown may write; and what it is certain
 * to be taken for by the compiler (the low halves of v8 .. v15 are kept). */
uint64_t suture_ipara_all(const struct suture_code *code);
uint64_t suture_ipara_all_must(const struct suture_code *code);
/* Registers that hold a result. */
uint64_t suture_ipara_results(const struct suture_code *code);

/* ---- ipara-regs.c: one instruction */
struct suture_effect {
	uint64_t must;		/* certainly written */
	uint64_t may;		/* perhaps written */
	uint64_t mention;	/* named at all, read or written */
};

/* insn: decoded with details. Only caller-saved registers are told of. */
void suture_insn_effect(struct suture_code *code, const cs_insn *insn, struct suture_effect *ret);

/* ---- ipara-returns.c: does a call come back? */
enum suture_comeback {
	SUTURE_COMEBACK_UNKNOWN,
	SUTURE_COMEBACK_YES,
	SUTURE_COMEBACK_NEVER,
};

/* A direct call at site (len bytes long) to target; target 0: an indirect one. */
enum suture_comeback suture_call_returns(struct suture_code *code, uint64_t site, unsigned int len,
					 uint64_t target);
/* A PLT stub or its like: goes through memory at a fixed place, at once. */
bool suture_is_stub(struct suture_code *code, uint64_t addr);
/* Calls that keep all registers, put in by -pg. */
bool suture_is_profiling(struct suture_code *code, uint64_t target);

/* ---- ipara-stack.c, ipara-stack-arm64.c */

/* Registers as distances from the stack pointer at entry. */
struct suture_frame {
	uint32_t known;		/* bit per register */
	bool lost;		/* the stack pointer differs between two ways to here */
	bool set;		/* somebody came here */
	int32_t off[32];
};

#define SUTURE_ARM64_SP	31	/* its number there; the others have theirs */

static inline bool suture_frame_known(const struct suture_frame *s, int reg)
{
	return reg >= 0 && s->known >> reg & 1;
}

static inline void suture_frame_forget(struct suture_frame *s, int reg)
{
	if (reg >= 0)
		s->known &= ~(1U << reg);
}

/* Does an instruction touch what lies at or above the arguments, or let their
 * address get away (*ret_args), or use a lost stack pointer (*ret_unclear)? */
void suture_frame_look_arm64(const struct suture_frame *s, const cs_insn *insn, bool *ret_args,
			     bool *ret_unclear);
/* What it does to the registers; no branch. */
void suture_frame_step_arm64(struct suture_frame *s, const cs_insn *insn);

/* ---- a set of addresses */
struct suture_seen {
	uint64_t *slot;
	size_t nr, room;
};

/* 1: new, 0: was there, -ENOMEM */
int suture_seen_add(struct suture_seen *seen, uint64_t addr);
bool suture_seen_has(const struct suture_seen *seen, uint64_t addr);

/* A stack of addresses still to be looked at. */
struct suture_todo {
	uint64_t *v;
	size_t nr, room;
};

int suture_todo_push(struct suture_todo *todo, uint64_t addr);

/* ---- ipara.c */

/* suture_ipara_clobbers() where calls through these words or stubs write nothing. */
int suture_ipara_clobbers_beyond(struct suture_code *code, uint64_t addr,
				 const struct suture_seen *harmless,
				 struct suture_clobbers *ret, struct suture_error *err);

/* Adds what the function certainly calls or jumps to, with all that that does. -ENOMEM. */
int suture_ipara_called(struct suture_code *code, uint64_t addr, struct suture_seen *called);

#endif /* SUTURE_IPARA_INT_H */
