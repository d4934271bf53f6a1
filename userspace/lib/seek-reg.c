// SPDX-License-Identifier: GPL-2.0-only
/*
 * A value that a later call gets as an argument, in the register that has it already when
 * an earlier call is made. All of this is proved from the instructions between the two:
 * nothing comes in between but from the first call, and nothing writes the register.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "seek-int.h"

/* Of the System V calling convention: what holds the arguments, and what a call keeps. */
static const x86_reg arguments[] = {
	X86_REG_RDI, X86_REG_RSI, X86_REG_RDX, X86_REG_RCX, X86_REG_R8, X86_REG_R9,
};

static const struct {
	x86_reg reg;
	const char *name;
} kept[] = {
	{ X86_REG_RBX, "rbx" }, { X86_REG_RBP, "rbp" }, { X86_REG_R12, "r12" },
	{ X86_REG_R13, "r13" }, { X86_REG_R14, "r14" }, { X86_REG_R15, "r15" },
};

/* The 64-bit register that a register is a part of. */
static x86_reg whole(unsigned int reg)
{
	switch (reg) {
	case X86_REG_BL: case X86_REG_BH: case X86_REG_BX: case X86_REG_EBX:
		return X86_REG_RBX;
	case X86_REG_BPL: case X86_REG_BP: case X86_REG_EBP:
		return X86_REG_RBP;
	case X86_REG_DL: case X86_REG_DH: case X86_REG_DX: case X86_REG_EDX:
		return X86_REG_RDX;
	case X86_REG_CL: case X86_REG_CH: case X86_REG_CX: case X86_REG_ECX:
		return X86_REG_RCX;
	case X86_REG_DIL: case X86_REG_DI: case X86_REG_EDI:
		return X86_REG_RDI;
	case X86_REG_SIL: case X86_REG_SI: case X86_REG_ESI:
		return X86_REG_RSI;
	default:
		break;
	}
	if (reg >= X86_REG_R8B && reg <= X86_REG_R15B)
		return X86_REG_R8 + (reg - X86_REG_R8B);
	if (reg >= X86_REG_R8W && reg <= X86_REG_R15W)
		return X86_REG_R8 + (reg - X86_REG_R8W);
	if (reg >= X86_REG_R8D && reg <= X86_REG_R15D)
		return X86_REG_R8 + (reg - X86_REG_R8D);
	return reg;
}

/* Could the instruction write the register? Capstone's word, and that of the operands: the
 * first one is a destination unless the instruction is known to read only. */
static bool writes(const cs_insn *insn, x86_reg reg)
{
	const cs_x86 *x = &insn->detail->x86;

	for (int i = 0; i < insn->detail->regs_write_count; i++)
		if (whole(insn->detail->regs_write[i]) == reg)
			return true;
	for (int i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_REG && x->operands[i].access & CS_AC_WRITE &&
		    whole(x->operands[i].reg) == reg)
			return true;
	switch (insn->id) {
	case X86_INS_CMP: case X86_INS_TEST: case X86_INS_PUSH: case X86_INS_NOP:
	case X86_INS_CALL: case X86_INS_JMP: case X86_INS_BT:
		return false;
	case X86_INS_ENTER: case X86_INS_LEAVE:
		return true;
	default:
		break;
	}
	/* mov, lea and their like write the first operand alone; of others any may be written */
	for (int i = 0; i < x->op_count; i++) {
		bool first_only = insn->id == X86_INS_MOV || insn->id == X86_INS_LEA ||
				  insn->id == X86_INS_MOVZX || insn->id == X86_INS_MOVABS;

		if (x->operands[i].type == X86_OP_REG && whole(x->operands[i].reg) == reg &&
		    (!i || !first_only))
			return true;
	}
	return false;
}

/* mov %SOURCE,%REG, both 64 bits: where it comes from; else X86_REG_INVALID. */
static x86_reg source(const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;

	if (insn->id != X86_INS_MOV || x->op_count != 2 || x->operands[0].size != 8 ||
	    x->operands[1].type != X86_OP_REG || x->operands[0].type != X86_OP_REG)
		return X86_REG_INVALID;
	return x->operands[1].reg;
}

struct stretch {
	struct suture_seeker *f;
	const struct suture_extent *ext;
	const struct suture_seek_body *body;
	const struct suture_seek_cond *cond;
	uint64_t site;		/* the first call */
	uint64_t begin;		/* behind it */
	uint64_t call;		/* the one that gets the argument */
};

static int refuse(const struct stretch *s, uint64_t at, const char *why, struct suture_error *err)
{
	char show[SUTURE_SHOW_MAX];

	return suture_error_set(err, -EOPNOTSUPP, "%s: %s\n  %s", s->cond->text, why,
				suture_code_show_objdump(s->f->code, at, show, sizeof(show)));
}

/* Where the argument's register gets its value, walking from the one call to the other. */
static int find_move(const struct stretch *s, uint64_t *ret_at, x86_reg *ret_reg,
		     struct suture_error *err)
{
	const x86_reg arg = arguments[s->cond->count - 1];
	uint64_t at = s->begin;

	*ret_reg = X86_REG_INVALID;
	*ret_at = s->call;
	while (at < s->call) {
		const cs_insn *insn = suture_code_decode(s->f->code, at, s->call, true);

		if (!insn)
			return refuse(s, at, "something before that call does not decode", err);
		if (insn->id == X86_INS_CALL || writes(insn, arg)) {
			*ret_reg = insn->id == X86_INS_CALL ? X86_REG_INVALID : source(insn);
			*ret_at = at;
		}
		at += insn->size;
	}
	return at == s->call ? 0 : refuse(s, s->call, "it is inside another instruction", err);
}

/* Nothing leads into the stretch but what is in it, or in front of it. */
static int check_ways(const struct stretch *s, uint64_t move, struct suture_error *err)
{
	const struct suture_flow *flow = suture_code_flow(s->f->code, s->ext);

	if (!flow)
		return suture_error_nomem(err);
	if (flow->broken || s->body->broken)
		return refuse(s, s->ext->addr, "something in the function does not decode", err);
	if (!flow->pads_known && s->ext->flags & SUTURE_EXTENT_FDE)
		return refuse(s, s->ext->addr, "the function's landing pads cannot be read", err);
	for (size_t i = 0; i < flow->nr_inner; i++)
		if (flow->inner[i] >= s->begin && flow->inner[i] <= s->call)
			return refuse(s, flow->inner[i],
				      "a jump table, a pointer or a landing pad leads in between", err);
	for (size_t i = 0; i < s->body->nr; i++) {
		const struct suture_seek_event *e = &s->body->events[i];
		bool inside = e->at >= s->begin && e->at < s->call;

		if (e->act == SUTURE_SEEK_ACT_REF)
			continue;
		if (e->act != SUTURE_SEEK_ACT_INSIDE || e->to < s->begin || e->to > s->call)
			continue;
		if (!inside)
			return refuse(s, e->at, "a branch leads in between from elsewhere", err);
		if (e->to > move)
			return refuse(s, e->at, "a branch leads behind the place where it is set",
				      err);
	}
	return 0;
}

static int check_kept(const struct stretch *s, uint64_t move, x86_reg reg,
		      struct suture_error *err)
{
	for (uint64_t at = s->begin; at < move;) {
		const cs_insn *insn = suture_code_decode(s->f->code, at, s->call, true);

		if (!insn || writes(insn, reg))
			return refuse(s, at, "the register is written in between", err);
		at += insn->size;
	}
	return 0;
}

int suture_seek_register(struct suture_seeker *f, uint64_t at, const struct suture_seek_cond *cond,
			 const char **ret_reg, struct suture_error *err)
{
	struct stretch s = { .f = f, .cond = cond, .site = at };
	struct suture_seek_what what;
	x86_reg reg;
	uint64_t move;
	int ret;

	if (f->code->text.machine != EM_X86_64)
		return suture_error_set(err, -EOPNOTSUPP, "%s: registers are found on x86-64 only",
					cond->text);
	s.ext = suture_code_extent(f->code, at);
	s.body = s.ext ? suture_seek_body(f, s.ext - f->code->ext, err) : NULL;
	if (!s.body)
		return s.ext ? err->code : suture_error_set(err, -EINVAL, "%s: no function", cond->text);
	ret = suture_seek_what(f, cond, &what, err);
	if (ret)
		return ret;
	for (size_t i = 0; !s.call && i < s.body->nr; i++) {
		const struct suture_seek_event *e = &s.body->events[i];

		if (e->at == at)
			s.begin = e->at + e->len;
		else if (s.begin && suture_seek_is(e, SUTURE_SEEK_ACT_CALL, &what))
			s.call = e->at;
	}
	suture_seek_what_free(&what);
	if (!s.call)
		return refuse(&s, at, "no such call comes behind this one", err);
	ret = find_move(&s, &move, &reg, err);
	if (ret)
		return ret;
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++) {
		if (kept[i].reg != reg)
			continue;
		*ret_reg = kept[i].name;
		return check_ways(&s, move, err) ?: check_kept(&s, move, reg, err);
	}
	return refuse(&s, move, "it does not come from a register that a called function keeps", err);
}
