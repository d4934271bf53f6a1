// SPDX-License-Identifier: GPL-2.0-only
/* One instruction as people know it from objdump, for messages. */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "insn-int.h"

/* What the operands refer to, relative to the instruction. */
static bool refers_to(struct suture_code *code, const cs_insn *insn, uint64_t *ret)
{
	const cs_x86 *x = &insn->detail->x86;

	switch (suture_insn_step(code, insn, ret)) {
	case SUTURE_STEP_CALL:
	case SUTURE_STEP_JUMP:
	case SUTURE_STEP_COND:
		return true;
	default:
		break;
	}
	for (int i = 0; code->text.machine == EM_X86_64 && i < x->op_count; i++) {
		if (x->operands[i].type == X86_OP_MEM && x->operands[i].mem.base == X86_REG_RIP) {
			*ret = insn->address + insn->size + x->operands[i].mem.disp;
			return true;
		}
	}
	if (insn->id != ARM64_INS_ADR && insn->id != ARM64_INS_ADRP)
		return false;
	*ret = code->text.machine == EM_AARCH64 ? insn->detail->arm64.operands[1].imm : 0;
	return code->text.machine == EM_AARCH64;
}

static void put(char *buf, size_t size, size_t *at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void put(char *buf, size_t size, size_t *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (*at >= size)
		return;
	va_start(ap, fmt);
	n = vsnprintf(buf + *at, size - *at, fmt, ap);
	va_end(ap);
	*at += n > 0 ? n : 0;
}

const char *suture_code_show_objdump(struct suture_code *code, uint64_t addr, char *buf,
				     size_t size)
{
	const cs_insn *insn;
	size_t at = 0;
	char name[200];
	uint64_t to;

	/* for this one only: all else compares text in the other syntax */
	suture_capstone.option(code->csd, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
	insn = suture_code_decode(code, addr, UINT64_MAX, true);
	suture_capstone.option(code->csd, CS_OPT_SYNTAX, CS_OPT_SYNTAX_INTEL);
	put(buf, size, &at, "%" PRIx64 ":", addr);
	if (!insn) {
		const uint8_t *b = suture_code_bytes(code, addr, 1);

		put(buf, size, &at, b ? " %02x  (bad)" : " (no text)", b ? *b : 0);
		return buf;
	}
	if (code->text.machine == EM_AARCH64) {
		uint32_t w;

		memcpy(&w, insn->bytes, sizeof(w));
		put(buf, size, &at, " %08x ", w);
	}
	for (int i = 0; code->text.machine != EM_AARCH64 && i < insn->size; i++)
		put(buf, size, &at, " %02x", insn->bytes[i]);
	put(buf, size, &at, "  %-6s ", insn->mnemonic);
	for (const char *c = insn->op_str; *c; c++) {
		if (code->text.machine == EM_AARCH64 || *c != ' ' || c == insn->op_str ||
		    c[-1] != ',')
			put(buf, size, &at, "%c", *c);
	}
	if (refers_to(code, insn, &to)) {
		const char *what = NULL;
		uint64_t offset = 0;

		if (code->text.name_at)
			what = code->text.name_at(code->text.ctx, to, &offset);
		snprintf(name, sizeof(name), what ? offset ? " <%s+0x%" PRIx64 ">" : " <%s>" : "",
			 what, offset);
		put(buf, size, &at, "  # %" PRIx64 "%s", to, name);
	}
	for (at = strlen(buf); at && buf[at - 1] == ' '; at--)
		buf[at - 1] = '\0';
	return buf;
}
