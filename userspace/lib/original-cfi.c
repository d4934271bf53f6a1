// SPDX-License-Identifier: GPL-2.0-only
/* How to unwind through the displaced instructions, as far as they are plain. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "original-int.h"

/* Callee-saved registers: hardware number, and the number in unwind tables. */
static int saved_x86(unsigned int reg, int *ret_dwarf)
{
	switch (reg) {
	case X86_REG_RBX: *ret_dwarf = 3; return 3;
	case X86_REG_RBP: *ret_dwarf = 6; return 5;
	}
	if (reg >= X86_REG_R12 && reg <= X86_REG_R15) {
		*ret_dwarf = 12 + reg - X86_REG_R12;
		return *ret_dwarf;
	}
	return -1;
}

/* The callee-saved register of which this is the name, or a part. */
static int part_of_saved(csh cs, unsigned int reg)
{
	static const char *const parts[] = { "rbx", "ebx", "bx", "bl", "bh", "rbp", "ebp", "bp",
					     "bpl", "r12", "r13", "r14", "r15" };
	static const uint8_t number[] = { 3, 3, 3, 3, 3, 5, 5, 5, 5, 12, 13, 14, 15 };
	const char *name = reg ? suture_capstone.reg_name(cs, reg) : NULL;

	for (size_t i = 0; name && i < sizeof(number); i++) {
		if (!strcmp(name, parts[i]) || (i >= 9 && !strncmp(name, parts[i], 3)))
			return number[i];
	}
	return -1;
}

static bool is_sp(unsigned int reg)
{
	return reg == X86_REG_RSP || reg == X86_REG_ESP || reg == X86_REG_SP || reg == X86_REG_SPL;
}

/* The stack pointer is now lower by @by bytes. */
static void lower(struct suture_displaced *d, struct suture_displaced_cfi *cfi, int64_t by)
{
	cfi->offset += by;
	if (cfi->by_rbp)
		return;
	if (cfi->offset < 8)	/* above where it was at the entry */
		suture_displaced_lost(d);
	else if (d->unwind)
		fprintf(d->out, "\t.cfi_def_cfa_offset %" PRId64 "\n", cfi->offset);
}

static void pushed(struct suture_displaced *d, struct suture_displaced_cfi *cfi,
		   const cs_x86_op *op)
{
	int dwarf, reg = op->type == X86_OP_REG ? saved_x86(op->reg, &dwarf) : -1;

	if (op->type == X86_OP_REG && op->size != 8) {
		suture_displaced_lost(d);
		return;
	}
	lower(d, cfi, 8);
	if (reg < 0 || cfi->saved & 1U << reg || !d->unwind)
		return;
	cfi->saved |= 1U << reg;
	fprintf(d->out, "\t.cfi_offset %d, %" PRId64 "\n", dwarf, -cfi->offset);
}

static void x86(struct suture_displaced *d, struct suture_displaced_cfi *cfi,
		const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;
	const cs_x86_op *op = x->operands;
	uint64_t target;

	switch (suture_insn_step(d->o->code, insn, &target)) {
	case SUTURE_STEP_NEXT:
		break;
	default:
		return;
	}
	switch (insn->id) {
	case X86_INS_PUSH:
		pushed(d, cfi, op);
		return;
	case X86_INS_SUB:
	case X86_INS_ADD:
		if (op[0].reg != X86_REG_RSP || op[0].type != X86_OP_REG)
			break;
		if (op[1].type != X86_OP_IMM)
			suture_displaced_lost(d);
		else
			lower(d, cfi, insn->id == X86_INS_SUB ? op[1].imm : -op[1].imm);
		return;
	case X86_INS_LEA:
		if (op[0].reg != X86_REG_RSP)
			break;
		if (op[1].mem.base != X86_REG_RSP || op[1].mem.index != X86_REG_INVALID)
			suture_displaced_lost(d);
		else
			lower(d, cfi, -op[1].mem.disp);
		return;
	case X86_INS_MOV:
		if (op[0].type != X86_OP_REG || op[0].reg != X86_REG_RBP ||
		    op[1].type != X86_OP_REG || op[1].reg != X86_REG_RSP ||
		    !(cfi->saved & 1U << 5))
			break;
		if (d->unwind)
			fprintf(d->out, "\t.cfi_def_cfa_register 6\n");
		cfi->by_rbp = true;
		return;
	case X86_INS_CMP: case X86_INS_TEST: case X86_INS_NOP:
		return;
	}
	/* by what it names: a pop, leave, and; or a register that is not saved yet */
	for (int i = 0; i < insn->detail->regs_write_count; i++) {
		int reg = part_of_saved(d->o->code->csd, insn->detail->regs_write[i]);

		if (is_sp(insn->detail->regs_write[i]) || (reg >= 0 && !(cfi->saved & 1U << reg)))
			suture_displaced_lost(d);
	}
	for (int i = 0; i < x->op_count && i < 2; i++) {
		bool may = i == 0 || insn->id == X86_INS_XCHG || insn->id == X86_INS_XADD;
		int reg = op[i].type == X86_OP_REG ? part_of_saved(d->o->code->csd, op[i].reg) : -1;

		if (op[i].type != X86_OP_REG || !may)
			continue;
		if (is_sp(op[i].reg) || (reg >= 0 && !(cfi->saved & 1U << reg)) ||
		    (reg == 5 && cfi->by_rbp))
			suture_displaced_lost(d);
	}
}

/* Not more than what functions begin with. */
static void arm64(struct suture_displaced *d, struct suture_displaced_cfi *cfi,
		  const cs_insn *insn)
{
	uint32_t w;

	memcpy(&w, insn->bytes, sizeof(w));
	if (!d->unwind)
		return;
	if (w == 0xd503233f) {				/* paciasp */
		fprintf(d->out, "\t.cfi_negate_ra_state\n");
	} else if ((w & 0xffc07fff) == 0xa9807bfd) {	/* stp x29, x30, [sp, #-N]! */
		cfi->offset += -((int64_t)(int8_t)((w >> 15 & 0x7f) << 1) >> 1) * 8;
		fprintf(d->out, "\t.cfi_def_cfa_offset %" PRId64 "\n\t.cfi_offset 29, -%" PRId64
			"\n\t.cfi_offset 30, -%" PRId64 "\n", cfi->offset, cfi->offset,
			cfi->offset - 8);
	} else if ((w & 0xff8003ff) == 0xd10003ff) {	/* sub sp, sp, #N */
		cfi->offset += (int64_t)(w >> 10 & 0xfff) << (w >> 22 & 1 ? 12 : 0);
		fprintf(d->out, "\t.cfi_def_cfa_offset %" PRId64 "\n", cfi->offset);
	} else if ((w & 0x7c000000) != 0x14000000) {
		const cs_arm64 *a = &insn->detail->arm64;

		/* anything else that changes sp, or a register that must be kept */
		for (int i = 0; i < a->op_count; i++) {
			const cs_arm64_op *op = &a->operands[i];
			bool first = !i && strncmp(insn->mnemonic, "st", 2);
			unsigned int reg = op->type == ARM64_OP_MEM && a->writeback ? op->mem.base
				: op->type == ARM64_OP_REG && first ? op->reg : 0;

			if (reg == ARM64_REG_SP || (reg >= ARM64_REG_X19 && reg <= ARM64_REG_X28) ||
			    (reg >= ARM64_REG_W19 && reg <= ARM64_REG_W30) ||
			    reg == ARM64_REG_X29 || reg == ARM64_REG_X30)
				suture_displaced_lost(d);
		}
	}
}

void suture_displaced_cfi(struct suture_displaced *d, struct suture_displaced_cfi *cfi,
			  const cs_insn *insn)
{
	if (d->o->code->text.machine == EM_AARCH64)
		arm64(d, cfi, insn);
	else
		x86(d, cfi, insn);
}
