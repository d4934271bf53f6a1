// SPDX-License-Identifier: GPL-2.0-only
/* x86-64: relocations, PLT entries and stubs. */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "arch.h"
#include "ipara.h"
#include "uapi/suture.h"

static const struct {
	const char *name;
	enum suture_dyn dyn;
} types[] = {
	[R_X86_64_NONE] = { "R_X86_64_NONE", SUTURE_DYN_NONE },
	[R_X86_64_64] = { "R_X86_64_64", SUTURE_DYN_ABS64 },
	[R_X86_64_PC32] = { "R_X86_64_PC32", SUTURE_DYN_OTHER },
	[R_X86_64_GOT32] = { "R_X86_64_GOT32", SUTURE_DYN_OTHER },
	[R_X86_64_PLT32] = { "R_X86_64_PLT32", SUTURE_DYN_OTHER },
	[R_X86_64_COPY] = { "R_X86_64_COPY", SUTURE_DYN_COPY },
	[R_X86_64_GLOB_DAT] = { "R_X86_64_GLOB_DAT", SUTURE_DYN_GLOB_DAT },
	[R_X86_64_JUMP_SLOT] = { "R_X86_64_JUMP_SLOT", SUTURE_DYN_JUMP_SLOT },
	[R_X86_64_RELATIVE] = { "R_X86_64_RELATIVE", SUTURE_DYN_RELATIVE },
	[R_X86_64_GOTPCREL] = { "R_X86_64_GOTPCREL", SUTURE_DYN_OTHER },
	[R_X86_64_32] = { "R_X86_64_32", SUTURE_DYN_OTHER },
	[R_X86_64_32S] = { "R_X86_64_32S", SUTURE_DYN_OTHER },
	[R_X86_64_16] = { "R_X86_64_16", SUTURE_DYN_OTHER },
	[R_X86_64_PC16] = { "R_X86_64_PC16", SUTURE_DYN_OTHER },
	[R_X86_64_8] = { "R_X86_64_8", SUTURE_DYN_OTHER },
	[R_X86_64_PC8] = { "R_X86_64_PC8", SUTURE_DYN_OTHER },
	[R_X86_64_DTPMOD64] = { "R_X86_64_DTPMOD64", SUTURE_DYN_DTPMOD },
	[R_X86_64_DTPOFF64] = { "R_X86_64_DTPOFF64", SUTURE_DYN_DTPOFF },
	[R_X86_64_TPOFF64] = { "R_X86_64_TPOFF64", SUTURE_DYN_TPOFF },
	[R_X86_64_TLSGD] = { "R_X86_64_TLSGD", SUTURE_DYN_OTHER },
	[R_X86_64_TLSLD] = { "R_X86_64_TLSLD", SUTURE_DYN_OTHER },
	[R_X86_64_DTPOFF32] = { "R_X86_64_DTPOFF32", SUTURE_DYN_OTHER },
	[R_X86_64_GOTTPOFF] = { "R_X86_64_GOTTPOFF", SUTURE_DYN_OTHER },
	[R_X86_64_TPOFF32] = { "R_X86_64_TPOFF32", SUTURE_DYN_OTHER },
	[R_X86_64_PC64] = { "R_X86_64_PC64", SUTURE_DYN_OTHER },
	[R_X86_64_GOTOFF64] = { "R_X86_64_GOTOFF64", SUTURE_DYN_OTHER },
	[R_X86_64_GOTPC32] = { "R_X86_64_GOTPC32", SUTURE_DYN_OTHER },
	[R_X86_64_GOTPC32_TLSDESC] = { "R_X86_64_GOTPC32_TLSDESC", SUTURE_DYN_OTHER },
	[R_X86_64_TLSDESC_CALL] = { "R_X86_64_TLSDESC_CALL", SUTURE_DYN_OTHER },
	[R_X86_64_TLSDESC] = { "R_X86_64_TLSDESC", SUTURE_DYN_TLSDESC },
	[R_X86_64_IRELATIVE] = { "R_X86_64_IRELATIVE", SUTURE_DYN_IRELATIVE },
	[R_X86_64_GOTPCRELX] = { "R_X86_64_GOTPCRELX", SUTURE_DYN_OTHER },
	[R_X86_64_REX_GOTPCRELX] = { "R_X86_64_REX_GOTPCRELX", SUTURE_DYN_OTHER },
};

static enum suture_dyn x86_dyn(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) ? types[type].dyn : SUTURE_DYN_OTHER;
}

static const char *x86_reloc_name(uint32_t type)
{
	return type < sizeof(types) / sizeof(types[0]) ? types[type].name : NULL;
}

static unsigned int x86_use(uint32_t type, const uint8_t *at, size_t before, size_t after)
{
	(void)after;
	switch (type) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
		return SUTURE_USE_WORD;
	case R_X86_64_PLT32:
		return SUTURE_USE_CALL;
	case R_X86_64_PC32:	/* older assemblers write it for calls, too */
		return before && (at[-1] == 0xe8 || at[-1] == 0xe9) ? SUTURE_USE_CALL
								    : SUTURE_USE_DIRECT;
	case R_X86_64_GOTPCRELX:
	case R_X86_64_GOTPCREL:
		/* call *sym@GOTPCREL(%rip), jmp *sym@GOTPCREL(%rip) */
		if (before >= 2 && at[-2] == 0xff && (at[-1] == 0x15 || at[-1] == 0x25))
			return SUTURE_USE_CALL;
		return SUTURE_USE_ADDRESS;
	case R_X86_64_REX_GOTPCRELX:
		return SUTURE_USE_ADDRESS;
	case R_X86_64_TLSGD:
		return SUTURE_USE_TLS;
	case R_X86_64_TLSLD:
	case R_X86_64_DTPOFF32:
	case R_X86_64_DTPOFF64:
	case R_X86_64_GOTTPOFF:
	case R_X86_64_TPOFF32:
	case R_X86_64_TPOFF64:
	case R_X86_64_GOTPC32_TLSDESC:
	case R_X86_64_TLSDESC_CALL:
		return SUTURE_USE_TLS_OTHER;
	default:
		return SUTURE_USE_DIRECT;
	}
}

/* [endbr64] [bnd] jmp *disp32(%rip) */
static size_t x86_plt_entry(const uint8_t *code, size_t len, uint64_t addr, uint64_t *ret_slot)
{
	static const uint8_t endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	size_t pos = 0;
	int32_t disp;

	if (len >= 4 && !memcmp(code, endbr64, 4))
		pos = 4;
	if (pos < len && code[pos] == 0xf2)
		pos++;
	if (len < pos + 6 || code[pos] != 0xff || code[pos + 1] != 0x25)
		return 0;
	memcpy(&disp, code + pos + 2, 4);
	pos += 6;
	*ret_slot = addr + pos + disp;
	return pos;
}

/* Variant II: the executable's thread-locals end at the thread pointer. */
static int64_t x86_tls_constant(uint64_t value, uint64_t memsz, uint64_t align)
{
	if (!align)
		align = 1;
	return (int64_t)(value - ((memsz + align - 1) / align * align));
}

static void x86_emit_import(FILE *out, const char *name, const char *slot)
{
	suture_asm_begin(out, name);
	/* r11 is the register that PLT entries may use */
	fprintf(out, "\tmovq\t\"%s\"@GOTPCREL(%%rip), %%r11\n\tjmp\t*(%%r11)\n", slot);
	suture_asm_end(out, name);
}

static void x86_emit_any(FILE *out, const char *name, const struct suture_way *ways, size_t nr)
{
	suture_asm_begin(out, name);
	for (size_t i = 0; i < nr; i++) {
		fprintf(out, "%zu:\tmovq\t\"%s\"@GOTPCREL(%%rip), %%r11\n", i, ways[i].word);
		if (i + 1 < nr)
			fprintf(out, "\ttestq\t%%r11, %%r11\n\tjz\t%zuf\n", i + 1);
		fprintf(out, "\tjmp\t*%s\n", ways[i].slot ? "(%r11)" : "%r11");
	}
	suture_asm_end(out, name);
}

/* Each pair of words that ld made for a thread-local is, in a patch: what the
 * function below needs, and its address. */
static void x86_emit_tls_entry(FILE *out)
{
	suture_asm_begin(out, SUTURE_TLS_ENTRY);
	fprintf(out, "\tjmp\t*8(%%rdi)\n");
	suture_asm_end(out, SUTURE_TLS_ENTRY);
}

static void x86_emit_tls(FILE *out, const char *name, enum suture_tls_kind kind, int64_t delta)
{
	suture_asm_begin(out, name);
	switch (kind) {
	case SUTURE_TLS_PAIR:
		fprintf(out, "\tmovq\t(%%rdi), %%rdi\n");
		if (!delta) {
			fprintf(out, "\tjmp\t*" SUTURE_TLS_GET_ADDR "@GOTPCREL(%%rip)\n");
			break;
		}
		fprintf(out, "\tsubq\t$8, %%rsp\n\t.cfi_adjust_cfa_offset 8\n"
			     "\tcall\t*" SUTURE_TLS_GET_ADDR "@GOTPCREL(%%rip)\n"
			     "\taddq\t$%" PRId64 ", %%rax\n"
			     "\taddq\t$8, %%rsp\n\t.cfi_adjust_cfa_offset -8\n\tret\n", delta);
		break;
	case SUTURE_TLS_OFFSET:
		fprintf(out, "\tmovq\t(%%rdi), %%rax\n\tmovq\t(%%rax), %%rax\n"
			     "\taddq\t%%fs:0, %%rax\n\taddq\t$%" PRId64 ", %%rax\n\tret\n", delta);
		break;
	case SUTURE_TLS_DESC:
		fprintf(out, "\tmovq\t(%%rdi), %%rax\n"
			     "\tsubq\t$8, %%rsp\n\t.cfi_adjust_cfa_offset 8\n"
			     "\tcall\t*(%%rax)\n"
			     "\taddq\t%%fs:0, %%rax\n\taddq\t$%" PRId64 ", %%rax\n"
			     "\taddq\t$8, %%rsp\n\t.cfi_adjust_cfa_offset -8\n\tret\n", delta);
		break;
	case SUTURE_TLS_CONSTANT:
		fprintf(out, "\tmovq\t%%fs:0, %%rax\n\taddq\t$%" PRId64 ", %%rax\n\tret\n", delta);
		break;
	}
	suture_asm_end(out, name);
}

static const char *const gpr[16] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
				     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };

/* Moves the registers of @regs to or from the frame: general ones first. */
static unsigned int x86_move(FILE *out, uint64_t regs, bool save)
{
	unsigned int off = 0;

	for (int i = 0; i < 16; i++) {
		if (!(regs & SUTURE_X86_XMM(i)))
			continue;
		if (out && save)
			fprintf(out, "\tmovups\t%%xmm%d, %u(%%rsp)\n", i, off);
		else if (out)
			fprintf(out, "\tmovups\t%u(%%rsp), %%xmm%d\n", off, i);
		off += 16;
	}
	for (int i = 0; i < 16; i++) {
		if (!(regs & SUTURE_X86_GPR(i)))
			continue;
		if (out && save)
			fprintf(out, "\tmovq\t%%%s, %u(%%rsp)\n", gpr[i], off);
		else if (out)
			fprintf(out, "\tmovq\t%u(%%rsp), %%%s\n", off, gpr[i]);
		off += 8;
	}
	return off;
}

static bool x86_emit_entry(FILE *out, const char *name, uint64_t target, uint64_t regs,
			   enum suture_pad pad, uint64_t *ret_cannot)
{
	const uint64_t can = 0xffff | (0xffffULL << 16);
	unsigned int frame;

	(void)pad;

	/* the stack pointer is not one to save; for wide vectors the stub would
	 * need to know the processor */
	*ret_cannot = regs & ~(can & ~SUTURE_X86_GPR(4));
	if (*ret_cannot)
		return false;
	frame = (x86_move(NULL, regs, true) + 15) & ~15U;

	suture_asm_begin(out, name);
	fprintf(out, "\tpushq\t%%rbp\n\t.cfi_def_cfa_offset 16\n\t.cfi_offset 6, -16\n"
		     "\tmovq\t%%rsp, %%rbp\n\t.cfi_def_cfa_register 6\n"
		     "\tandq\t$-16, %%rsp\n");
	if (frame)
		fprintf(out, "\tsubq\t$%u, %%rsp\n", frame);
	x86_move(out, regs, true);
	fprintf(out, "\tcall\tsuture.text + %" PRIu64 "\n", target);
	x86_move(out, regs, false);
	fprintf(out, "\tleave\n\t.cfi_def_cfa 7, 8\n\tret\n");
	suture_asm_end(out, name);
	return true;
}

/*
 * Nothing returns to whom enters these, so an unwinder stops here. xrstor takes
 * what was in its initial state from the header of the area, whatever the hook
 * has made of it since, so wide registers are as they were, too.
 */
static void x86_emit_hooks(FILE *out)
{
	suture_asm_begin(out, SUTURE_HOOK_ENTER);
	fprintf(out, "\t.cfi_undefined 16\n"
		     "\ttestl\t$%u, %%r13d\n\tjz\t1f\n"
		     "\tmovl\t$-1, %%eax\n\tmovl\t%%eax, %%edx\n\txsave64\t(%%r12)\n\tjmp\t2f\n"
		     "1:\tfxsave64\t(%%r12)\n"
		     /* the state that a C function may expect */
		     "2:\tcld\n\tfninit\n"
		     "\tpushq\t$0x1f80\n\tldmxcsr\t(%%rsp)\n\tpopq\t%%rax\n"
		     "\tcall\t*%%rdi\n"
		     "\tmovl\t%%eax, %%esi\n"
		     "\tjmp\t\"" SUTURE_HOOK_LEAVE "\"\n", SUTURE_HOOK_XSAVE);
	suture_asm_end(out, SUTURE_HOOK_ENTER);

	suture_asm_begin(out, SUTURE_HOOK_LEAVE);
	fprintf(out, "\t.cfi_undefined 16\n"
		     "\ttestl\t$%u, %%r13d\n\tjz\t1f\n"
		     "\tmovl\t$-1, %%eax\n\tmovl\t%%eax, %%edx\n\txrstor64\t(%%r12)\n\tjmp\t2f\n"
		     "1:\tfxrstor64\t(%%r12)\n"
		     "2:\tmovl\t%%esi, %%eax\n"
		     "\tmovq\t(%%rbx), %%rcx\n"
		     "\tud2\n", SUTURE_HOOK_XSAVE);
	suture_asm_end(out, SUTURE_HOOK_LEAVE);
}

const struct suture_arch suture_arch_x86_64 = {
	.machine = EM_X86_64,
	.name = "x86_64",
#ifdef __x86_64__
	.cc = "cc",
#else
	.cc = "x86_64-linux-gnu-gcc",
#endif
	.max_page = 4096,
	.branch_len = 5,
	.tls_flag = "-mtls-dialect=gnu",
	.dyn = x86_dyn,
	.reloc_name = x86_reloc_name,
	.use = x86_use,
	.plt_entry = x86_plt_entry,
	.plt_step = 8,
	.tls_constant = x86_tls_constant,
	.emit_import = x86_emit_import,
	.emit_any = x86_emit_any,
	.emit_tls_entry = x86_emit_tls_entry,
	.emit_tls = x86_emit_tls,
	.emit_entry = x86_emit_entry,
	.emit_hooks = x86_emit_hooks,
};
