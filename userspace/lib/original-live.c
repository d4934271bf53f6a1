// SPDX-License-Identifier: GPL-2.0-only
/* Does a register hold something at some place of a function? */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "ipara-int.h"
#include "original-int.h"

/* Instructions looked at before it is called unknown; registers are written soon. */
#define LOOK_MAX	20000

struct look {
	struct suture_code *code;
	struct suture_seen seen;
	struct suture_todo todo;
	uint64_t reg;
	bool scratch;		/* carries nothing into or out of a function */
};

/* mov, lea and their like, which write all of a register and read it nowhere. */
static bool writes_x86(const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;
	const cs_x86_op *op = x->operands;

	switch (insn->id) {
	case X86_INS_MOV: case X86_INS_MOVABS: case X86_INS_MOVZX: case X86_INS_MOVSX:
	case X86_INS_MOVSXD: case X86_INS_LEA: case X86_INS_POP:
		break;
	case X86_INS_XOR: case X86_INS_SUB:
		/* of itself: zero, whatever it was */
		return x->op_count == 2 && op[0].type == X86_OP_REG && op[1].type == X86_OP_REG &&
		       op[0].reg == op[1].reg && op[0].size >= 4;
	default:
		return false;
	}
	if (!x->op_count || op[0].type != X86_OP_REG || op[0].size < 4)
		return false;
	return x->op_count == 1 || op[1].type != X86_OP_REG || op[1].reg != op[0].reg;
}

static bool writes_arm64(const cs_insn *insn)
{
	switch (insn->id) {
	case ARM64_INS_MOV: case ARM64_INS_MOVZ: case ARM64_INS_MOVN: case ARM64_INS_ADR:
	case ARM64_INS_ADRP: case ARM64_INS_ADD: case ARM64_INS_SUB: case ARM64_INS_LDR:
	case ARM64_INS_LDRB: case ARM64_INS_LDRH: case ARM64_INS_LDRSW: case ARM64_INS_ORR:
	case ARM64_INS_AND: case ARM64_INS_MRS: case ARM64_INS_EOR: case ARM64_INS_BIC:
	case ARM64_INS_LSL: case ARM64_INS_LSR: case ARM64_INS_ASR: case ARM64_INS_NEG:
	case ARM64_INS_MVN: case ARM64_INS_UBFX: case ARM64_INS_SBFX: case ARM64_INS_SXTW:
	case ARM64_INS_UXTB: case ARM64_INS_UXTH: case ARM64_INS_CSEL: case ARM64_INS_CSET:
	case ARM64_INS_MUL: case ARM64_INS_MADD: case ARM64_INS_LDUR: case ARM64_INS_LDXR:
	case ARM64_INS_LDAXR: case ARM64_INS_STXR: case ARM64_INS_STLXR: case ARM64_INS_STXP:
	case ARM64_INS_STLXP: case ARM64_INS_LDP:
		return insn->detail->arm64.op_count > 1;
	}
	return false;
}

/* The registers that an instruction names, but for operand @without (-1: none). */
static uint64_t named(struct suture_code *code, const cs_insn *insn, int without)
{
	const cs_arm64 *a = &insn->detail->arm64;
	cs_detail detail = *insn->detail;
	struct suture_effect e;
	cs_insn rest = *insn;
	uint64_t regs = 0;

	if (code->text.machine == EM_AARCH64) {
		/* only x16 and x17 are asked for; a branch need not count as writing them */
		for (int i = 0; i < a->op_count; i++) {
			const cs_arm64_op *op = &a->operands[i];
			unsigned int all[3] = { op->type == ARM64_OP_REG ? op->reg : 0 };

			if (op->type == ARM64_OP_MEM) {
				all[1] = op->mem.base;
				all[2] = op->mem.index;
			}
			for (int k = 0; k < 3 && i != without; k++) {
				if (all[k] == ARM64_REG_X16 || all[k] == ARM64_REG_W16)
					regs |= SUTURE_ARM64_X(16);
				if (all[k] == ARM64_REG_X17 || all[k] == ARM64_REG_W17)
					regs |= SUTURE_ARM64_X(17);
			}
		}
		return regs;
	}
	rest.detail = &detail;
	if (without >= 0) {
		detail.x86.operands[without].type = X86_OP_INVALID;
		detail.regs_write_count = 0;
	}
	suture_insn_effect(code, &rest, &e);
	return e.mention;
}

enum verdict { GOES_ON, DEAD, LIVE };

static enum verdict look_at(struct look *l, const cs_insn *insn)
{
	bool x86 = l->code->text.machine == EM_X86_64;
	uint64_t target;

	switch (suture_insn_step(l->code, insn, &target)) {
	case SUTURE_STEP_CALL:
	case SUTURE_STEP_JUMP_SLOT:
		return l->scratch ? DEAD : LIVE;
	case SUTURE_STEP_CALL_IND:
		return !l->scratch || named(l->code, insn, -1) & l->reg ? LIVE : DEAD;
	case SUTURE_STEP_RET:
		return (!l->scratch && l->reg & suture_ipara_results(l->code)) ||
		       named(l->code, insn, -1) & l->reg ? LIVE : DEAD;
	case SUTURE_STEP_STOP:
		return DEAD;
	case SUTURE_STEP_SYSCALL:
		if (!l->scratch)
			return LIVE;
		return x86 ? DEAD : GOES_ON;	/* r11 is written */
	case SUTURE_STEP_JUMP:
		return GOES_ON;
	default:
		break;
	}
	if (!(named(l->code, insn, -1) & l->reg))
		return GOES_ON;
	if (!(x86 ? writes_x86(insn) : writes_arm64(insn)))
		return LIVE;
	/* xor of itself names it twice */
	if (x86 && (insn->id == X86_INS_XOR || insn->id == X86_INS_SUB))
		return named(l->code, insn, 0) & l->reg ? DEAD : LIVE;
	if (!(named(l->code, insn, 0) & l->reg))
		return DEAD;
	/* the other of a pair, if it is not what the address is made of */
	if (!x86 && insn->id == ARM64_INS_LDP && !(named(l->code, insn, 1) & l->reg))
		return DEAD;
	return LIVE;
}

/* Where a jump through a register can lead within the function. */
static enum verdict follow_table(struct look *l, uint64_t at)
{
	const struct suture_extent *ext = suture_code_extent(l->code, at);
	const struct suture_flow *flow = ext ? suture_code_flow(l->code, ext) : NULL;

	if (!flow || flow->unread)
		return LIVE;
	for (size_t i = 0; i < flow->nr_inner; i++) {
		if (suture_todo_push(&l->todo, flow->inner[i]))
			return LIVE;
	}
	/* it leaves the function, perhaps */
	return l->scratch ? DEAD : LIVE;
}

/* arm64: an instruction of an extension that Capstone does not know. Its registers are
 * in the same places as those of all others; a number there may mean something else. */
static bool perhaps_names(struct look *l, uint64_t at)
{
	const uint8_t *b = suture_code_bytes(l->code, at, 4);
	uint32_t w;

	if (l->code->text.machine != EM_AARCH64 || !b)
		return true;
	memcpy(&w, b, sizeof(w));
	if (!w || (w & 0x7e000000) == 0x74000000)	/* udf; compare and branch */
		return true;
	for (unsigned int bit = 0; bit <= 16; bit += bit == 10 ? 6 : 5) {
		if (l->reg & SUTURE_ARM64_X(w >> bit & 31))
			return true;
	}
	return false;
}

/* One straight run; LIVE ends it all, DEAD only the run. */
static enum verdict run(struct look *l, uint64_t at)
{
	for (;;) {
		const cs_insn *insn;
		enum suture_step step;
		enum verdict v;
		uint64_t target;
		int r;

		r = suture_seen_add(&l->seen, at);
		if (r <= 0)
			return r ? LIVE : DEAD;
		insn = suture_code_decode(l->code, at, UINT64_MAX, true);
		if (l->seen.nr > LOOK_MAX || (!insn && perhaps_names(l, at)))
			return LIVE;
		if (!insn) {
			at += 4;
			continue;
		}
		v = look_at(l, insn);
		if (v != GOES_ON)
			return v;
		step = suture_insn_step(l->code, insn, &target);
		at += insn->size;
		if (step == SUTURE_STEP_JUMP_IND)
			return follow_table(l, at - insn->size);
		if (step == SUTURE_STEP_JUMP)
			at = target;
		if (step == SUTURE_STEP_COND && suture_todo_push(&l->todo, target))
			return LIVE;
	}
}

bool suture_code_live(struct suture_code *code, uint64_t at, uint64_t reg)
{
	struct look l = { .code = code, .reg = reg };
	bool live = false;

	if (code->text.machine == EM_AARCH64)
		l.scratch = reg & (SUTURE_ARM64_X(16) | SUTURE_ARM64_X(17));
	else
		l.scratch = reg & SUTURE_X86_GPR(11);
	live = suture_todo_push(&l.todo, at);
	while (!live && l.todo.nr)
		live = run(&l, l.todo.v[--l.todo.nr]) == LIVE;
	free(l.seen.slot);
	free(l.todo.v);
	return live;
}
