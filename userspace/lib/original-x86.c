// SPDX-License-Identifier: GPL-2.0-only
/* x86-64: one instruction of the old function, to run at another place. */
#include <inttypes.h>
#include <string.h>

#include "error.h"
#include "ipara.h"
#include "original-int.h"

static const char *const gpr[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
				     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };

/* By what an address is replaced, the likeliest to be free first. Not those whose
 * encoding would need more bytes (rsp, rbp, r12, r13). */
static const uint8_t candidates[] = { 11, 10, 0, 2, 1, 9, 8, 6, 7 };

static int reg_number(unsigned int reg)
{
	static const unsigned int low[8][2] = {
		{ X86_REG_RAX, X86_REG_EAX }, { X86_REG_RCX, X86_REG_ECX },
		{ X86_REG_RDX, X86_REG_EDX }, { X86_REG_RBX, X86_REG_EBX },
		{ X86_REG_RSP, X86_REG_ESP }, { X86_REG_RBP, X86_REG_EBP },
		{ X86_REG_RSI, X86_REG_ESI }, { X86_REG_RDI, X86_REG_EDI },
	};

	for (int i = 0; i < 8; i++) {
		if (reg == low[i][0] || reg == low[i][1])
			return i;
	}
	if (reg >= X86_REG_R8 && reg <= X86_REG_R15)
		return 8 + reg - X86_REG_R8;
	if (reg >= X86_REG_R8D && reg <= X86_REG_R15D)
		return 8 + reg - X86_REG_R8D;
	return -1;	/* narrow ones, vectors */
}

/* ------------------------------------- another base in the place of rip */

static bool is_prefix(uint8_t byte)
{
	switch (byte) {
	case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
		return true;
	}
	return false;
}

/*
 * Writes the instruction @in with (base) for disp32(%rip) to @out; returns its
 * length, 0 where its form is not known. The result is compared with what it was
 * made from by the disassembler, so a wrong one is not used.
 */
static size_t rebase(const uint8_t *in, size_t len, unsigned int base, uint8_t *out)
{
	size_t from = 0, to = 0, modrm, b_at;
	bool high = base >= 8, rex = false;
	uint8_t b_bit = 1;

	while (from < len && is_prefix(in[from]))
		out[to++] = in[from++];
	if (from + 6 > len)
		return 0;
	if ((in[from] & 0xf0) == 0x40) {
		out[to] = in[from++];
		rex = true;
		b_at = to++;
	} else if (in[from] == 0xc5) {
		/* the short form of VEX has no bit for the base */
		b_bit = 0x20;
		out[to++] = 0xc4;
		b_at = to;
		out[to++] = (in[from + 1] & 0x80) | 0x61;
		out[to++] = in[from + 1] & 0x7f;
		from += 2;
		modrm = 1;
		goto vex;
	} else if (in[from] == 0xc4 || (in[from] == 0x8f && (in[from + 1] & 0x1f) >= 8)) {
		b_bit = 0x20;
		b_at = to + 1;
		memcpy(out + to, in + from, 3);
		to += 3;
		from += 3;
		modrm = 1;
		goto vex;
	} else if (in[from] == 0x62) {
		b_bit = 0x20;
		b_at = to + 1;
		memcpy(out + to, in + from, 4);
		to += 4;
		from += 4;
		modrm = 1;
		goto vex;
	} else if (high) {
		out[to] = 0x40;
		b_at = to++;
		rex = true;
	}
	if (rex)
		out[b_at] = (out[b_at] & ~1) | high;
	modrm = 1;
	if (in[from] == 0x0f)
		modrm = in[from + 1] == 0x38 || in[from + 1] == 0x3a ? 3 : 2;
	goto rest;
vex:
	/* inverted there */
	out[b_at] = (out[b_at] & ~b_bit) | (high ? 0 : b_bit);
rest:
	if (from + modrm + 5 > len || (in[from + modrm] & 0xc7) != 0x05)
		return 0;
	memcpy(out + to, in + from, modrm);
	to += modrm;
	from += modrm;
	out[to++] = (in[from] & 0x38) | (base & 7);
	from += 5;
	memcpy(out + to, in + from, len - from);
	return to + len - from;
}

/* The same words, but for the operand? */
static bool same_text(struct suture_code *code, const cs_insn *old, const uint8_t *bytes,
		      size_t size, unsigned int base)
{
	const char *rip = strstr(old->op_str, "[rip"), *end = rip ? strchr(rip, ']') : NULL;
	char want[sizeof(old->op_str) + 8];
	uint64_t at = old->address;
	size_t left = size;

	if (!end)
		return false;
	snprintf(want, sizeof(want), "%.*s[%s%s", (int)(rip - old->op_str), old->op_str, gpr[base],
		 end);
	return suture_capstone.disasm_iter(code->cs, &bytes, &left, &at, code->insn) && !left &&
	       !strcmp(code->insn->mnemonic, old->mnemonic) && !strcmp(code->insn->op_str, want);
}

static void put_bytes(FILE *out, const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s0x%02x", i ? ", " : "\t.byte\t", bytes[i]);
	fputc('\n', out);
}

/* A register that a load fills is free before it. */
static int loaded(const cs_insn *insn)
{
	const cs_x86_op *op = insn->detail->x86.operands;
	int reg;

	switch (insn->id) {
	case X86_INS_MOV: case X86_INS_MOVZX: case X86_INS_MOVSX: case X86_INS_MOVSXD:
	case X86_INS_LEA:
		break;
	default:
		return -1;
	}
	if (op[0].type != X86_OP_REG || op[0].size < 4)
		return -1;
	reg = reg_number(op[0].reg);
	return reg >= 0 && (reg & 7) != 4 && (reg & 7) != 5 ? reg : -1;
}

static int relative(struct suture_displaced *d, cs_insn insn, struct suture_error *err)
{
	const cs_x86 *x = &insn.detail->x86;
	struct suture_code *code = d->o->code;
	const cs_x86_op *op = x->operands;
	char name[SUTURE_WORD_MAX];
	uint8_t bytes[32];
	uint64_t target = 0;
	bool found = false;
	int own, ret;

	for (int i = 0; i < x->op_count; i++) {
		if (op[i].type == X86_OP_MEM && op[i].mem.base == X86_REG_RIP) {
			target = insn.address + insn.size + op[i].mem.disp;
			found = true;
		}
	}
	if (!found || x->prefix[3] == X86_PREFIX_ADDRSIZE)
		return suture_displaced_refuse(d, insn.address,
			"it refers to something relative to itself, in a way that is not known",
			err);
	ret = suture_displaced_word(d, target, name, err);
	if (ret)
		return ret;

	if (insn.id == X86_INS_LEA && op[0].size == 8 && reg_number(op[0].reg) >= 0) {
		fprintf(d->out, "\tmovq\t\"%s\"@GOTPCREL(%%rip), %%%s\n", name,
			gpr[reg_number(op[0].reg)]);
		return 0;
	}
	own = loaded(&insn);
	for (int i = -1; i < (int)sizeof(candidates); i++) {
		int base = i < 0 ? own : candidates[i];
		size_t len;

		if (base < 0)
			continue;
		len = rebase(insn.bytes, insn.size, base, bytes);
		if (!len || !same_text(code, &insn, bytes, len, base))
			continue;
		if (i >= 0 && suture_code_live(code, insn.address, SUTURE_X86_GPR(base)))
			continue;
		fprintf(d->out, "\tmovq\t\"%s\"@GOTPCREL(%%rip), %%%s\n", name, gpr[base]);
		put_bytes(d->out, bytes, len);
		return 0;
	}
	return suture_displaced_refuse(d, insn.address,
		"it refers to something relative to itself, and no register is free for its address",
		err);
}

/* -------------------------------------------------------- branches */

static int branch(struct suture_displaced *d, const cs_insn *insn, enum suture_step step,
		  uint64_t target, struct suture_error *err)
{
	char name[SUTURE_WORD_MAX], label[16];
	bool inside = suture_displaced_label(d, target, label);
	int ret;

	if (insn->id == X86_INS_XBEGIN)
		return suture_displaced_refuse(d, insn->address,
					       "a transaction begins in it", err);
	if (step == SUTURE_STEP_CALL && inside && target != d->begin)
		return suture_displaced_refuse(d, insn->address,
			"it calls into the displaced instructions", err);
	if (step == SUTURE_STEP_CALL && target == insn->address + insn->size)
		return suture_displaced_refuse(d, insn->address, "it reads its own address", err);
	if (inside && step != SUTURE_STEP_CALL) {
		fprintf(d->out, "\t%s\t%s\n", insn->mnemonic, label);
		return 0;
	}
	ret = suture_displaced_word(d, target, name, err);
	if (ret)
		return ret;
	if (step == SUTURE_STEP_COND)	/* some of them reach only 128 bytes */
		fprintf(d->out, "\t%s\t100f\n\tjmp\t101f\n100:\n", insn->mnemonic);
	fprintf(d->out, "\t%s\t*\"%s\"@GOTPCREL(%%rip)\n",
		step == SUTURE_STEP_CALL ? "call" : "jmp", name);
	if (step == SUTURE_STEP_COND)
		fprintf(d->out, "101:\n");
	return 0;
}

static int relocate(struct suture_displaced *d, uint64_t at, struct suture_error *err)
{
	struct suture_code *code = d->o->code;
	const cs_insn *insn = suture_code_decode(code, at, UINT64_MAX, true);
	enum suture_step step;
	uint64_t target;
	cs_detail detail;
	cs_insn copy;

	step = suture_insn_step(code, insn, &target);
	switch (step) {
	case SUTURE_STEP_CALL:
	case SUTURE_STEP_JUMP:
	case SUTURE_STEP_COND:
		return branch(d, insn, step, target, err);
	default:
		break;
	}
	if (strstr(insn->op_str, "rip") || strstr(insn->op_str, "eip")) {
		/* the liveness of registers decodes others */
		detail = *insn->detail;
		copy = *insn;
		copy.detail = &detail;
		return relative(d, copy, err);
	}
	put_bytes(d->out, insn->bytes, insn->size);
	return 0;
}

static int go_back(struct suture_displaced *d, struct suture_error *err)
{
	char name[SUTURE_WORD_MAX];
	int ret = suture_displaced_word(d, d->end, name, err);

	if (!ret)
		fprintf(d->out, "\tjmp\t*\"%s\"@GOTPCREL(%%rip)\n", name);
	return ret;
}

const struct suture_displaced_ops suture_displaced_x86 = {
	.insn = relocate,
	.back = go_back,
};
