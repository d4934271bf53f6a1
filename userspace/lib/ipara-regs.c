// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which registers one instruction writes. Capstone 4 knows most; it is not
 * believed where it is known to be wrong or silent:
 *   - it may leave out the write of a first operand (some AVX forms): for `may`
 *     the first operand counts as written unless the instruction only reads;
 *   - implicit writes that it lacks are in implicit_x86().
 * `must` needs both Capstone's word and no entry in reads_only_x86().
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "ipara-int.h"

static const char *const gpr_names[16] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};

const char *suture_ipara_names(uint16_t machine, uint64_t regs, char *buf, size_t size)
{
	size_t at = 0;
	int i;

	if (size)
		buf[0] = '\0';
	for (i = 0; i < 64; i++) {
		char name[32];
		int n;

		if (!(regs & 1ULL << i))
			continue;
		if (machine == EM_AARCH64)
			snprintf(name, sizeof(name), "%c%d", i < 32 ? 'x' : 'v', i % 32);
		else if (i < 16)
			snprintf(name, sizeof(name), "%s", gpr_names[i]);
		else if (i < 48)
			snprintf(name, sizeof(name), "xmm%d", i - 16);
		else if (i < 56)
			snprintf(name, sizeof(name), "k%d", i - 48);
		else
			snprintf(name, sizeof(name), "%s",
				 i == 56 ? "mm0-7" : "upper halves of ymm0-15");
		n = snprintf(buf + at, size - at, "%s%s", at ? ", " : "", name);
		if (n < 0 || at + n >= size)
			break;
		at += n;
	}
	return buf;
}

uint64_t suture_ipara_all(const struct suture_code *code)
{
	return code->text.machine == EM_AARCH64 ? SUTURE_ARM64_ALL : SUTURE_X86_ALL;
}

uint64_t suture_ipara_all_must(const struct suture_code *code)
{
	return code->text.machine == EM_AARCH64 ? SUTURE_ARM64_ALL & ~SUTURE_ARM64_V8_15
						: SUTURE_X86_ALL;
}

uint64_t suture_ipara_results(const struct suture_code *code)
{
	/* arm64: x0 to x7 and v0 to v7 carry structures of several words */
	if (code->text.machine == EM_AARCH64)
		return 0xffULL | 0xffULL << 32;
	return SUTURE_X86_GPR(0) | SUTURE_X86_GPR(2) | SUTURE_X86_XMM(0) | SUTURE_X86_XMM(1);
}

static uint64_t bit_x86(unsigned int reg)
{
	switch (reg) {
	case X86_REG_AL: case X86_REG_AH: case X86_REG_AX: case X86_REG_EAX: case X86_REG_RAX:
		return SUTURE_X86_GPR(0);
	case X86_REG_CL: case X86_REG_CH: case X86_REG_CX: case X86_REG_ECX: case X86_REG_RCX:
		return SUTURE_X86_GPR(1);
	case X86_REG_DL: case X86_REG_DH: case X86_REG_DX: case X86_REG_EDX: case X86_REG_RDX:
		return SUTURE_X86_GPR(2);
	case X86_REG_SIL: case X86_REG_SI: case X86_REG_ESI: case X86_REG_RSI:
		return SUTURE_X86_GPR(6);
	case X86_REG_DIL: case X86_REG_DI: case X86_REG_EDI: case X86_REG_RDI:
		return SUTURE_X86_GPR(7);
	}
	if (reg >= X86_REG_R8 && reg <= X86_REG_R15)
		return SUTURE_X86_GPR(8 + reg - X86_REG_R8) & SUTURE_X86_ALL_GPR;
	if (reg >= X86_REG_R8B && reg <= X86_REG_R15B)
		return SUTURE_X86_GPR(8 + reg - X86_REG_R8B) & SUTURE_X86_ALL_GPR;
	if (reg >= X86_REG_R8D && reg <= X86_REG_R15D)
		return SUTURE_X86_GPR(8 + reg - X86_REG_R8D) & SUTURE_X86_ALL_GPR;
	if (reg >= X86_REG_R8W && reg <= X86_REG_R15W)
		return SUTURE_X86_GPR(8 + reg - X86_REG_R8W) & SUTURE_X86_ALL_GPR;
	if (reg >= X86_REG_XMM0 && reg <= X86_REG_XMM31)
		return SUTURE_X86_XMM(reg - X86_REG_XMM0);
	if (reg >= X86_REG_YMM0 && reg <= X86_REG_YMM31)
		return SUTURE_X86_XMM(reg - X86_REG_YMM0);
	if (reg >= X86_REG_ZMM0 && reg <= X86_REG_ZMM31)
		return SUTURE_X86_XMM(reg - X86_REG_ZMM0);
	if (reg >= X86_REG_K0 && reg <= X86_REG_K7)
		return SUTURE_X86_K(reg - X86_REG_K0);
	if (reg >= X86_REG_MM0 && reg <= X86_REG_MM7)
		return SUTURE_X86_MMX;
	return 0;
}

static bool is_wide_x86(unsigned int reg)
{
	return reg >= X86_REG_YMM0 && reg <= X86_REG_ZMM31;
}

/* Instructions whose first operand is only read. */
static bool reads_only_x86(const cs_insn *insn)
{
	switch (insn->id) {
	case X86_INS_CMP: case X86_INS_TEST: case X86_INS_PUSH: case X86_INS_BT:
	case X86_INS_COMISD: case X86_INS_COMISS: case X86_INS_UCOMISD: case X86_INS_UCOMISS:
	case X86_INS_VCOMISD: case X86_INS_VCOMISS: case X86_INS_VUCOMISD: case X86_INS_VUCOMISS:
	case X86_INS_PTEST: case X86_INS_VPTEST: case X86_INS_VTESTPD: case X86_INS_VTESTPS:
	case X86_INS_KORTESTB: case X86_INS_KORTESTW: case X86_INS_KORTESTD: case X86_INS_KORTESTQ:
	case X86_INS_JMP: case X86_INS_CALL: case X86_INS_NOP: case X86_INS_ENDBR64:
	case X86_INS_MUL: case X86_INS_DIV: case X86_INS_IDIV:
	case X86_INS_PCMPISTRI: case X86_INS_PCMPISTRM: case X86_INS_PCMPESTRI:
	case X86_INS_PCMPESTRM: case X86_INS_VPCMPISTRI: case X86_INS_VPCMPISTRM:
	case X86_INS_VPCMPESTRI: case X86_INS_VPCMPESTRM:
	case X86_INS_MASKMOVQ: case X86_INS_MASKMOVDQU: case X86_INS_VMASKMOVDQU:
	case X86_INS_WRFSBASE: case X86_INS_WRGSBASE:
		return true;
	case X86_INS_IMUL:
		return insn->detail->x86.op_count == 1;
	}
	return false;
}

/* Writes that no operand shows. */
static uint64_t implicit_x86(const cs_insn *insn)
{
	const uint64_t rax = SUTURE_X86_GPR(0), rcx = SUTURE_X86_GPR(1), rdx = SUTURE_X86_GPR(2);
	const uint64_t rsi = SUTURE_X86_GPR(6), rdi = SUTURE_X86_GPR(7), r11 = SUTURE_X86_GPR(11);
	const cs_x86 *x = &insn->detail->x86;
	bool rep = x->prefix[0] == 0xf2 || x->prefix[0] == 0xf3;
	bool string = x->op_count && x->operands[0].type != X86_OP_REG;
	unsigned int i;

	switch (insn->id) {
	case X86_INS_CPUID:
		return rax | rcx | rdx;
	case X86_INS_XGETBV: case X86_INS_RDTSC: case X86_INS_RDPMC:
	case X86_INS_MUL: case X86_INS_DIV: case X86_INS_IDIV:
		return rax | rdx;
	case X86_INS_IMUL:
		return x->op_count == 1 ? rax | rdx : 0;
	case X86_INS_RDTSCP:
		return rax | rcx | rdx;
	case X86_INS_SYSCALL: case X86_INS_SYSENTER: case X86_INS_INT:
		return rax | rcx | r11;
	case X86_INS_CWD: case X86_INS_CDQ: case X86_INS_CQO:
		return rdx;
	case X86_INS_CBW: case X86_INS_CWDE: case X86_INS_CDQE: case X86_INS_XLATB:
	case X86_INS_LAHF: case X86_INS_SALC: case X86_INS_FNSTSW: case X86_INS_XBEGIN:
	case X86_INS_CMPXCHG: case X86_INS_IN:
		return rax;
	case X86_INS_CMPXCHG8B: case X86_INS_CMPXCHG16B:
		return rax | rdx;
	case X86_INS_LODSB: case X86_INS_LODSW: case X86_INS_LODSD: case X86_INS_LODSQ:
		return rax | rsi | (rep ? rcx : 0);
	case X86_INS_STOSB: case X86_INS_STOSW: case X86_INS_STOSD: case X86_INS_STOSQ:
	case X86_INS_SCASB: case X86_INS_SCASW: case X86_INS_SCASD: case X86_INS_SCASQ:
	case X86_INS_INSB: case X86_INS_INSW: case X86_INS_INSD:
		return rdi | (rep ? rcx : 0);
	case X86_INS_OUTSB: case X86_INS_OUTSW: case X86_INS_OUTSD:
		return rsi | (rep ? rcx : 0);
	case X86_INS_MOVSB: case X86_INS_MOVSW: case X86_INS_MOVSQ:
	case X86_INS_CMPSB: case X86_INS_CMPSW: case X86_INS_CMPSQ:
		return rsi | rdi | (rep ? rcx : 0);
	case X86_INS_MOVSD: case X86_INS_CMPSD:
		/* also names of SSE instructions, which have a register operand
		 * or an f2 that is part of the opcode */
		for (i = 0; i < x->op_count; i++)
			if (x->operands[i].type == X86_OP_REG)
				string = false;
		return string ? rsi | rdi | (rep ? rcx : 0) : 0;
	case X86_INS_LOOP: case X86_INS_LOOPE: case X86_INS_LOOPNE:
		return rcx;
	case X86_INS_PCMPISTRI: case X86_INS_PCMPESTRI:
	case X86_INS_VPCMPISTRI: case X86_INS_VPCMPESTRI:
		return rcx;
	case X86_INS_PCMPISTRM: case X86_INS_PCMPESTRM:
	case X86_INS_VPCMPISTRM: case X86_INS_VPCMPESTRM:
		return SUTURE_X86_XMM(0);
	case X86_INS_VZEROALL:
		return SUTURE_X86_UPPER | 0xffffULL << 16;
	case X86_INS_VZEROUPPER:
		return SUTURE_X86_UPPER;
	case X86_INS_FXRSTOR: case X86_INS_FXRSTOR64: case X86_INS_XRSTOR: case X86_INS_XRSTOR64:
	case X86_INS_XRSTORS: case X86_INS_XRSTORS64:
		return SUTURE_X86_ALL & ~SUTURE_X86_ALL_GPR;
	case X86_INS_EMMS: case X86_INS_FEMMS:
		return SUTURE_X86_MMX;
	case X86_INS_ENCLU: case X86_INS_VMCALL: case X86_INS_VMMCALL:
		return SUTURE_X86_ALL_GPR;
	}
	return 0;
}

/* rdsspd/rdsspq, which Capstone 4 does not decode (see suture_code_decode) */
static uint64_t cet_x86(const cs_insn *insn)
{
	unsigned int rex = (insn->bytes[1] & 0xf0) == 0x40 ? 1 : 0, modrm, reg;

	if (insn->id != X86_INS_NOP || insn->bytes[0] != 0xf3 || insn->size != 4 + rex ||
	    insn->bytes[2 + rex] != 0x1e)
		return 0;
	modrm = insn->bytes[3 + rex];
	reg = (modrm & 7) | (rex && insn->bytes[1] & 1 ? 8 : 0);
	return (modrm >> 3 & 7) == 1 ? SUTURE_X86_GPR(reg) & SUTURE_X86_ALL_GPR : 0;
}

static void effect_x86(const cs_insn *insn, struct suture_effect *e)
{
	const cs_x86 *x = &insn->detail->x86;
	bool reads_only = reads_only_x86(insn);
	unsigned int i;

	for (i = 0; i < insn->detail->regs_read_count; i++)
		e->mention |= bit_x86(insn->detail->regs_read[i]);
	/* Capstone has vzeroupper write the registers, not what is above them */
	for (i = 0; i < insn->detail->regs_write_count && insn->id != X86_INS_VZEROUPPER; i++)
		e->may |= bit_x86(insn->detail->regs_write[i]);
	/* Capstone calls the flags of a call or jump registers, but no others */
	if (insn->id != X86_INS_CALL && insn->id != X86_INS_JMP)
		e->must |= e->may;

	for (i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];
		uint64_t bit;

		if (op->type == X86_OP_MEM) {
			e->mention |= bit_x86(op->mem.base) | bit_x86(op->mem.index);
			if (is_wide_x86(op->mem.index))
				e->mention |= SUTURE_X86_UPPER;
			continue;
		}
		if (op->type != X86_OP_REG)
			continue;
		bit = bit_x86(op->reg);
		e->mention |= bit | (is_wide_x86(op->reg) ? SUTURE_X86_UPPER : 0);
		if (i == 0 && reads_only)
			continue;
		if (op->access & CS_AC_WRITE) {
			e->must |= bit;
			e->may |= bit;
		}
		/* an operand that is not the first is written by exchanges, mulx
		 * and gathers; Capstone knows the exchanges */
		if (i == 0 || insn->id == X86_INS_XCHG || insn->id == X86_INS_XADD ||
		    insn->id == X86_INS_MULX || strstr(insn->mnemonic, "gather"))
			e->may |= bit;
	}
	e->may |= implicit_x86(insn) | cet_x86(insn);
	e->mention |= e->may;
}

static uint64_t bit_arm64(unsigned int reg)
{
	if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
		return SUTURE_ARM64_X(reg - ARM64_REG_W0) & SUTURE_ARM64_ALL_X;
	if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
		return SUTURE_ARM64_X(reg - ARM64_REG_X0) & SUTURE_ARM64_ALL_X;
	if (reg >= ARM64_REG_B0 && reg <= ARM64_REG_B31)
		return SUTURE_ARM64_V(reg - ARM64_REG_B0);
	if (reg >= ARM64_REG_H0 && reg <= ARM64_REG_H31)
		return SUTURE_ARM64_V(reg - ARM64_REG_H0);
	if (reg >= ARM64_REG_S0 && reg <= ARM64_REG_S31)
		return SUTURE_ARM64_V(reg - ARM64_REG_S0);
	if (reg >= ARM64_REG_D0 && reg <= ARM64_REG_D31)
		return SUTURE_ARM64_V(reg - ARM64_REG_D0);
	if (reg >= ARM64_REG_Q0 && reg <= ARM64_REG_Q31)
		return SUTURE_ARM64_V(reg - ARM64_REG_Q0);
	if (reg >= ARM64_REG_V0 && reg <= ARM64_REG_V31)
		return SUTURE_ARM64_V(reg - ARM64_REG_V0);
	return 0;
}

/* Capstone's access of arm64 operands is less sure: `may` takes every register
 * operand of an instruction that is not plainly a store, compare or branch. */
static void effect_arm64(const cs_insn *insn, struct suture_effect *e)
{
	const cs_arm64 *a = &insn->detail->arm64;
	const char *m = insn->mnemonic;
	bool store = !strncmp(m, "st", 2) && strncmp(m, "stx", 3) && strncmp(m, "stlx", 4);
	bool compare = !strncmp(m, "cmp", 3) || !strncmp(m, "cmn", 3) || !strncmp(m, "tst", 3) ||
		       !strncmp(m, "ccm", 3) || !strncmp(m, "fcmp", 4) || !strncmp(m, "fccmp", 5);
	bool branch = !strncmp(m, "cb", 2) || !strncmp(m, "tb", 2) || !strcmp(m, "br") ||
		      !strcmp(m, "blr") || !strcmp(m, "ret");
	unsigned int i;

	for (i = 0; i < insn->detail->regs_write_count; i++)
		e->may |= bit_arm64(insn->detail->regs_write[i]);
	for (i = 0; i < a->op_count; i++) {
		const cs_arm64_op *op = &a->operands[i];
		uint64_t bit = 0;

		if (op->type == ARM64_OP_MEM) {
			bit = bit_arm64(op->mem.base);
			e->mention |= bit | bit_arm64(op->mem.index);
			if (a->writeback) {
				e->must |= bit;
				e->may |= bit;
			}
			continue;
		}
		if (op->type != ARM64_OP_REG)
			continue;
		bit = bit_arm64(op->reg);
		e->mention |= bit;
		if (store || compare || branch)
			continue;
		e->may |= bit;
		if (i == 0 && op->access & CS_AC_WRITE)
			e->must |= bit;
	}
	if (insn->id == ARM64_INS_SVC) {
		e->must |= SUTURE_ARM64_X(0);
		e->may |= SUTURE_ARM64_X(0);
	}
	/* a call writes what its target writes; veneers may take x16 and x17 */
	if (insn->id == ARM64_INS_BL || insn->id == ARM64_INS_BLR || insn->id == ARM64_INS_B)
		e->may |= SUTURE_ARM64_X(16) | SUTURE_ARM64_X(17);
	e->mention |= e->may;
}

void suture_insn_effect(struct suture_code *code, const cs_insn *insn, struct suture_effect *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (code->text.machine == EM_AARCH64)
		effect_arm64(insn, ret);
	else
		effect_x86(insn, ret);
}
