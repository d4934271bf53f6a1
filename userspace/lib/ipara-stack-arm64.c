// SPDX-License-Identifier: GPL-2.0-only
/* ipara-stack.c's knowledge of arm64 instructions. */
#include <string.h>

#include "ipara-int.h"

static int reg_index(unsigned int reg)
{
	if (reg == ARM64_REG_SP || reg == ARM64_REG_WSP)
		return SUTURE_ARM64_SP;
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
		return reg - ARM64_REG_X0;
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
		return reg - ARM64_REG_W0;
	if (reg == ARM64_REG_X29)
		return 29;
	return reg == ARM64_REG_X30 ? 30 : -1;
}

static bool is_store(const cs_insn *insn)
{
	return !strncmp(insn->mnemonic, "st", 2);
}

void suture_frame_look_arm64(const struct suture_frame *s, const cs_insn *insn, bool *ret_args,
			     bool *ret_unclear)
{
	const cs_arm64 *a = &insn->detail->arm64;
	bool memory = false;
	int i, reg;

	for (i = 0; i < a->op_count; i++) {
		if (a->operands[i].type != ARM64_OP_MEM)
			continue;
		memory = true;
		reg = reg_index(a->operands[i].mem.base);
		if (suture_frame_known(s, reg) && s->off[reg] + a->operands[i].mem.disp >= 0)
			*ret_args = true;
		if (reg == SUTURE_ARM64_SP && !suture_frame_known(s, reg) && s->lost)
			*ret_unclear = true;
	}
	for (i = 0; memory && is_store(insn) && i < a->op_count; i++) {
		if (a->operands[i].type != ARM64_OP_REG)
			continue;
		reg = reg_index(a->operands[i].reg);
		if (suture_frame_known(s, reg) && s->off[reg] >= 0)
			*ret_args = true;
	}
}

/* [sp, #-16]! and [sp], #16 move the base. */
static void write_back(struct suture_frame *s, const cs_arm64 *a)
{
	int i, base = -1;
	int64_t by = 0;

	for (i = 0; i < a->op_count; i++) {
		if (a->operands[i].type == ARM64_OP_MEM) {
			base = reg_index(a->operands[i].mem.base);
			by += a->operands[i].mem.disp;
		} else if (base >= 0 && a->operands[i].type == ARM64_OP_IMM) {
			by += a->operands[i].imm;
		} else if (base >= 0) {	/* [x0], x1 */
			suture_frame_forget(s, base);
			return;
		}
	}
	if (suture_frame_known(s, base))
		s->off[base] += by;
}

void suture_frame_step_arm64(struct suture_frame *s, const cs_insn *insn)
{
	const cs_arm64 *a = &insn->detail->arm64;
	const cs_arm64_op *op = a->operands;
	int dst = a->op_count && op[0].type == ARM64_OP_REG ? reg_index(op[0].reg) : -1;
	int src = a->op_count > 1 && op[1].type == ARM64_OP_REG ? reg_index(op[1].reg) : -1;
	int64_t imm;
	int i;

	if (dst >= 0 && suture_frame_known(s, src)) {
		bool plain = insn->id == ARM64_INS_MOV && a->op_count == 2;

		imm = 0;
		if ((insn->id == ARM64_INS_ADD || insn->id == ARM64_INS_SUB) && a->op_count == 3 &&
		    op[2].type == ARM64_OP_IMM) {
			imm = op[2].shift.type == ARM64_SFT_LSL ? op[2].imm << op[2].shift.value
								 : op[2].imm;
			plain = true;
			if (insn->id == ARM64_INS_SUB)
				imm = -imm;
		}
		if (plain) {
			s->off[dst] = s->off[src] + imm;
			s->known |= 1U << dst;
			if (dst == SUTURE_ARM64_SP)
				s->lost = false;
			return;
		}
	}
	/* what a load or an operation writes; ldp writes two */
	for (i = 0; i < a->op_count && !is_store(insn); i++)
		if (op[i].type == ARM64_OP_REG && (i == 0 || op[i].access & CS_AC_WRITE ||
						   !strncmp(insn->mnemonic, "ldp", 3)))
			suture_frame_forget(s, reg_index(op[i].reg));
	if (a->writeback)
		write_back(s, a);
}
