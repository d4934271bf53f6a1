// SPDX-License-Identifier: GPL-2.0-only
/* arm64: relocations, PLT entries and stubs. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "arch.h"
#include "ipara.h"

static const struct {
	uint32_t type;
	enum suture_dyn dyn;
	unsigned int use;
	const char *name;
} types[] = {
#define T(type, dyn, use) { R_AARCH64_##type, SUTURE_DYN_##dyn, use, "R_AARCH64_" #type }
	T(NONE, NONE, 0),
	T(ABS64, ABS64, SUTURE_USE_WORD),
	T(COPY, COPY, 0),
	T(GLOB_DAT, GLOB_DAT, 0),
	T(JUMP_SLOT, JUMP_SLOT, 0),
	T(RELATIVE, RELATIVE, 0),
	T(TLS_DTPMOD, DTPMOD, SUTURE_USE_TLS_OTHER),
	T(TLS_DTPREL, DTPOFF, SUTURE_USE_TLS_OTHER),
	T(TLS_TPREL, TPOFF, SUTURE_USE_TLS_OTHER),
	T(TLSDESC, TLSDESC, SUTURE_USE_TLS_OTHER),
	T(IRELATIVE, IRELATIVE, 0),
	T(CALL26, OTHER, SUTURE_USE_CALL),
	T(JUMP26, OTHER, SUTURE_USE_CALL),
	T(ADR_GOT_PAGE, OTHER, SUTURE_USE_ADDRESS),
	T(LD64_GOT_LO12_NC, OTHER, SUTURE_USE_ADDRESS),
	T(LD64_GOTPAGE_LO15, OTHER, SUTURE_USE_ADDRESS),
	T(GOT_LD_PREL19, OTHER, SUTURE_USE_ADDRESS),
	T(TLSGD_ADR_PAGE21, OTHER, SUTURE_USE_TLS),
	T(TLSGD_ADD_LO12_NC, OTHER, SUTURE_USE_TLS),
	T(ADR_PREL_PG_HI21, OTHER, SUTURE_USE_DIRECT),
	T(ADD_ABS_LO12_NC, OTHER, SUTURE_USE_DIRECT),
	T(ABS32, OTHER, SUTURE_USE_DIRECT),
	T(PREL32, OTHER, SUTURE_USE_DIRECT),
	T(PREL64, OTHER, SUTURE_USE_DIRECT),
#undef T
};

static enum suture_dyn arm64_dyn(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return types[i].dyn;
	}
	return SUTURE_DYN_OTHER;
}

static const char *arm64_reloc_name(uint32_t type)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return types[i].name;
	}
	return NULL;
}

static unsigned int arm64_use(uint32_t type, const uint8_t *at, size_t before, size_t after)
{
	(void)at;
	(void)before;
	(void)after;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type)
			return types[i].use;
	}
	/* all of the other TLS models and TLSDESC are numbered together */
	if (type >= R_AARCH64_TLSGD_ADR_PREL21 && type <= R_AARCH64_TLSLD_LDST128_DTPREL_LO12_NC)
		return SUTURE_USE_TLS_OTHER;
	return SUTURE_USE_DIRECT;
}

static uint32_t insn_at(const uint8_t *code)
{
	uint32_t insn;

	memcpy(&insn, code, sizeof(insn));
	return insn;
}

/* [bti c] adrp x16, PAGE; ldr x17, [x16, OFFSET]; add x16, …; [autia1716] br x17 */
static size_t arm64_plt_entry(const uint8_t *code, size_t len, uint64_t addr, uint64_t *ret_slot)
{
	size_t pos = 0;
	uint32_t adrp, ldr;
	uint64_t pages;

	if (len >= 4 && insn_at(code) == 0xd503245f)	/* bti c */
		pos = 4;
	if (len < pos + 16)
		return 0;
	adrp = insn_at(code + pos);
	ldr = insn_at(code + pos + 4);
	if ((adrp & 0x9f00001f) != 0x90000010 || (ldr & 0xffc003ff) != 0xf9400211 ||
	    (insn_at(code + pos + 8) & 0xffc003ff) != 0x91000210)
		return 0;
	pages = (adrp >> 5 & 0x7ffff) << 2 | (adrp >> 29 & 3);
	if (pages & 0x100000)		/* 21 bits, signed */
		pages -= 0x200000;
	*ret_slot = ((addr + pos) & ~0xfffULL) + pages * 4096 + (ldr >> 10 & 0xfff) * 8;
	pos += 12;
	if (insn_at(code + pos) == 0xd503219f)		/* autia1716 */
		pos += 4;
	if (len < pos + 4 || insn_at(code + pos) != 0xd61f0220)	/* br x17 */
		return 0;
	return pos + 4;
}

/* Variant I: the program's block is behind the two words of the thread pointer. */
static int64_t arm64_tls_constant(uint64_t value, uint64_t memsz, uint64_t align)
{
	(void)memsz;
	if (!align)
		align = 1;
	return (int64_t)(value + (16 + align - 1) / align * align);
}

static void load_got(FILE *out, const char *reg, const char *name)
{
	fprintf(out, "\tadrp\t%s, :got:\"%s\"\n\tldr\t%s, [%s, :got_lo12:\"%s\"]\n", reg, name, reg,
		reg, name);
}

static void arm64_emit_import(FILE *out, const char *name, const char *slot)
{
	suture_asm_begin(out, name);
	/* x16 is the register that PLT entries may use */
	load_got(out, "x16", slot);
	fprintf(out, "\tldr\tx16, [x16]\n\tbr\tx16\n");
	suture_asm_end(out, name);
}

static void arm64_emit_any(FILE *out, const char *name, const struct suture_way *ways, size_t nr)
{
	suture_asm_begin(out, name);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "%zu:\n", i);
		load_got(out, "x16", ways[i].word);
		if (i + 1 < nr)
			fprintf(out, "\tcbz\tx16, %zuf\n", i + 1);
		fprintf(out, ways[i].slot ? "\tldr\tx16, [x16]\n\tbr\tx16\n" : "\tret\tx16\n");
	}
	suture_asm_end(out, name);
}

/* A static function or PLT entry may have no landing pad, and then may not be entered by blr or
 * br where its page is guarded (BTI); a return is no such branch. */
static void arm64_emit_call(FILE *out, const char *name, const char *word)
{
	suture_asm_begin(out, name);
	load_got(out, "x16", word);
	fprintf(out, "\tret\tx16\n");
	suture_asm_end(out, name);
}

static void arm64_emit_tls_entry(FILE *out)
{
	suture_asm_begin(out, SUTURE_TLS_ENTRY);
	fprintf(out, "\tldr\tx16, [x0, #8]\n\tbr\tx16\n");
	suture_asm_end(out, SUTURE_TLS_ENTRY);
}

static void call(FILE *out, const char *reg)
{
	fprintf(out, "\tstp\tx29, x30, [sp, #-16]!\n"
		     "\t.cfi_def_cfa_offset 16\n\t.cfi_offset 29, -16\n\t.cfi_offset 30, -8\n"
		     "\tmov\tx29, sp\n\tblr\t%s\n\tldp\tx29, x30, [sp], #16\n"
		     "\t.cfi_restore 29\n\t.cfi_restore 30\n\t.cfi_def_cfa_offset 0\n", reg);
}

static void arm64_emit_tls(FILE *out, const char *name, enum suture_tls_kind kind, int64_t delta)
{
	suture_asm_begin(out, name);
	switch (kind) {
	case SUTURE_TLS_PAIR:
		fprintf(out, "\tldr\tx0, [x0]\n");
		load_got(out, "x16", SUTURE_TLS_GET_ADDR);
		if (!delta) {
			fprintf(out, "\tbr\tx16\n");
			break;
		}
		call(out, "x16");
		break;
	case SUTURE_TLS_OFFSET:
		fprintf(out, "\tldr\tx0, [x0]\n\tldr\tx0, [x0]\n"
			     "\tmrs\tx1, tpidr_el0\n\tadd\tx0, x0, x1\n");
		break;
	case SUTURE_TLS_DESC:
		fprintf(out, "\tldr\tx0, [x0]\n\tldr\tx1, [x0]\n");
		call(out, "x1");
		fprintf(out, "\tmrs\tx1, tpidr_el0\n\tadd\tx0, x0, x1\n");
		break;
	case SUTURE_TLS_CONSTANT:
		fprintf(out, "\tmrs\tx0, tpidr_el0\n");
		break;
	}
	if (kind != SUTURE_TLS_PAIR || delta)
		fprintf(out, "\tldr\tx1, =%" PRId64 "\n\tadd\tx0, x0, x1\n\tret\n\t.ltorg\n", delta);
	suture_asm_end(out, name);
}

/* Moves the registers of @regs to or from the frame; vector ones first. */
static unsigned int arm64_move(FILE *out, uint64_t regs, bool save)
{
	const char *op = save ? "str" : "ldr";
	unsigned int off = 16;	/* behind x29 and x30 */

	for (int i = 0; i < 32; i++) {
		if (!(regs & SUTURE_ARM64_V(i)))
			continue;
		if (out)
			fprintf(out, "\t%s\tq%d, [sp, #%u]\n", op, i, off);
		off += 16;
	}
	for (int i = 0; i <= 18; i++) {
		if (!(regs & SUTURE_ARM64_X(i)))
			continue;
		if (out)
			fprintf(out, "\t%s\tx%d, [sp, #%u]\n", op, i, off);
		off += 8;
	}
	return off;
}

/* The landing pad has signed the return address, which the new function may sign itself. */
static void arm64_authenticate(FILE *out, enum suture_pad pad)
{
	if (pad == SUTURE_PAD_PACIBSP)
		fprintf(out, "\t.cfi_b_key_frame\n");
	fprintf(out, "\t.cfi_negate_ra_state\n\thint\t#%d\n\t.cfi_negate_ra_state\n",
		pad == SUTURE_PAD_PACIASP ? 29 : 31);	/* autiasp, autibsp */
}

static bool arm64_emit_entry(FILE *out, const char *name, uint64_t target, uint64_t regs,
			     enum suture_pad pad, uint64_t *ret_cannot)
{
	const uint64_t can = 0x7ffffULL | 0xffffffffULL << 32;
	unsigned int frame;

	*ret_cannot = regs & ~can;
	if (*ret_cannot)
		return false;
	frame = (arm64_move(NULL, regs, true) + 15) & ~15U;

	suture_asm_begin(out, name);
	if (suture_pad_signs(pad))
		arm64_authenticate(out, pad);
	if (!regs) {
		fprintf(out, "\tb\tsuture.text + %" PRIu64 "\n", target);
		suture_asm_end(out, name);
		return true;
	}
	fprintf(out, "\tsub\tsp, sp, #%u\n\t.cfi_def_cfa_offset %u\n"
		     "\tstp\tx29, x30, [sp]\n\t.cfi_offset 29, -%u\n\t.cfi_offset 30, -%u\n"
		     "\tmov\tx29, sp\n", frame, frame, frame, frame - 8);
	arm64_move(out, regs, true);
	fprintf(out, "\tbl\tsuture.text + %" PRIu64 "\n", target);
	arm64_move(out, regs, false);
	fprintf(out, "\tldp\tx29, x30, [sp]\n\tadd\tsp, sp, #%u\n"
		     "\t.cfi_restore 29\n\t.cfi_restore 30\n\t.cfi_def_cfa_offset 0\n\tret\n", frame);
	suture_asm_end(out, name);
	return true;
}

/* Vector registers to or from the area at x20: those of SVE, which end in v0 .. v31,
 * or the latter alone. Behind 32 vectors (of any length): predicates and FFR. */
static void arm64_vectors(FILE *out, bool save)
{
	const char *op = save ? "str" : "ldr";

	fprintf(out, "\ttbz\tw21, #1, 1f\n\t.arch_extension sve\n"
		     "\tadd\tx9, x20, #16\n");
	for (int i = 0; i < 32; i++)
		fprintf(out, "\t%s\tz%d, [x9, #%d, mul vl]\n", op, i, i);
	fprintf(out, "\taddvl\tx9, x9, #31\n\taddvl\tx9, x9, #1\n");
	if (!save)
		fprintf(out, "\tldr\tp0, [x9, #16, mul vl]\n\twrffr\tp0.b\n");
	for (int i = 0; i < 16; i++)
		fprintf(out, "\t%s\tp%d, [x9, #%d, mul vl]\n", op, i, i);
	if (save)
		fprintf(out, "\trdffr\tp0.b\n\tstr\tp0, [x9, #16, mul vl]\n");
	fprintf(out, "\t.arch_extension nosve\n\tb\t2f\n1:\n");
	for (int i = 0; i < 32; i += 2)
		fprintf(out, "\t%sp\tq%d, q%d, [x20, #%d]\n", save ? "st" : "ld", i, i + 1,
			16 + 16 * i);
	fprintf(out, "2:\n");
}

/* Nothing returns to whom enters these, so an unwinder stops here. */
static void arm64_emit_hooks(FILE *out)
{
	suture_asm_begin(out, SUTURE_HOOK_ENTER);
	fprintf(out, "\t.cfi_undefined 30\n"
		     "\tmrs\tx9, fpsr\n\tmrs\tx10, fpcr\n\tstp\tx9, x10, [x20]\n");
	arm64_vectors(out, true);
	fprintf(out, "\tmsr\tfpcr, xzr\n\tmsr\tfpsr, xzr\n"
		     "\tmov\tx29, xzr\n\tmov\tx30, xzr\n"
		     "\tblr\tx0\n"
		     "\tmov\tw1, w0\n"
		     "\tb\t\"" SUTURE_HOOK_LEAVE "\"\n");
	suture_asm_end(out, SUTURE_HOOK_ENTER);

	suture_asm_begin(out, SUTURE_HOOK_LEAVE);
	fprintf(out, "\t.cfi_undefined 30\n");
	arm64_vectors(out, false);
	fprintf(out, "\tldp\tx9, x10, [x20]\n\tmsr\tfpsr, x9\n\tmsr\tfpcr, x10\n"
		     "\tmov\tw0, w1\n"
		     "\tldr\tx9, [x19]\n"
		     "\tudf\t#0\n");
	suture_asm_end(out, SUTURE_HOOK_LEAVE);
}

const struct suture_arch suture_arch_arm64 = {
	.machine = EM_AARCH64,
	.name = "aarch64",
#ifdef __aarch64__
	.cc = "cc",
#else
	.cc = "aarch64-linux-gnu-gcc",
#endif
	.max_page = 65536,
	.branch_len = 4,
	.tls_flag = "-mtls-dialect=trad",
	.dyn = arm64_dyn,
	.reloc_name = arm64_reloc_name,
	.use = arm64_use,
	.plt_entry = arm64_plt_entry,
	.plt_step = 4,
	.tls_constant = arm64_tls_constant,
	.emit_import = arm64_emit_import,
	.emit_any = arm64_emit_any,
	.emit_call = arm64_emit_call,
	.emit_tls_entry = arm64_emit_tls_entry,
	.emit_tls = arm64_emit_tls,
	.emit_entry = arm64_emit_entry,
	.emit_hooks = arm64_emit_hooks,
};
