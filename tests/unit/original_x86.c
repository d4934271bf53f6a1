// SPDX-License-Identifier: GPL-2.0-only
/* x86-64: every kind of displaced instruction, run elsewhere. */
#include "original_work.h"

#ifdef __x86_64__

/* Functions of (long, long, long) whose entry is written by hand. Assembly has no
 * other way to say which instruction comes first. */
#define FN(name, body) \
	"\t.globl " name "\n\t.type " name ", @function\n\t.p2align 4\n" name ":\n\t.cfi_startproc\n" \
	body "\n\t.cfi_endproc\n\t.size " name ", . - " name "\n\t.byte 0xcc\n"

static const char *const names[] = {
	"load64", "load32", "load8z", "load16s", "loadsd", "load_r12", "load_rbp_saved", "lea64",
	"lea32", "lea_r13", "cmp_imm8", "cmp_imm32", "cmp_reg", "cmp_ah", "test_imm", "store_imm",
	"store_reg", "store_r11", "add_mem", "inc_mem", "lock_add", "xchg_mem", "cmpxchg_mem",
	"imul3", "shl_mem", "push_mem", "movss", "movaps", "sse38", "sse3a", "x87", "mmx", "push_imm",
	"call_local", "call_word", "call_plt", "jmp_out", "jmp_short", "jmp_word", "jcc_out",
	"jcc_short", "jcc_tail", "jrcxz_in", "loop_in", "self_loop", "ret_first", "plain", "endbr",
	"endbr_rip", "three", "red_zone", "sub_rsp", "setcc_mem", "cmov_mem", "bt_mem",
	"back_loop", "back_pad", "back_two", "back_calls", "back_entered", "spin", "rdtsc_like", "tls_ie", "bnd_jmp", "prefixed_call", "xadd_r10", "push_pop", "xmm_store",
};

static const char asm_source[] =
"asm(R\"(\n"
"	.data\n"
"	.p2align 6\n"
"	.globl datum\n"
"datum:	.quad 0x1122334455667788, 0x99aabbccddeeff00, 3, 4\n"
"fdatum:	.float 1.5, 2.5, 3.5, 4.5\n"
"ddatum:	.double 2.25\n"
"fnword:	.quad helper\n"
"jword:	.quad helper\n"
"	.section .tdata,\"awT\",@progbits\n"
"tvar:	.quad 77\n"
"	.text\n"
FN("helper", "lea (%rdi,%rsi,2), %rax; sub %rdx, %rax; ret")
FN("load64", "mov datum(%rip), %rax; add %rdi, %rax; ret")
FN("load32", "mov datum(%rip), %r9d; lea (%r9,%rdi), %rax; ret")
FN("load8z", "movzbl datum+1(%rip), %eax; add %rdi, %rax; ret")
FN("load16s", "movswq datum+8(%rip), %rcx; lea (%rcx,%rdi), %rax; ret")
FN("loadsd", "movslq datum+8(%rip), %rax; ret")
FN("load_r12", "push %r12; mov datum(%rip), %r12; mov %r12, %rax; pop %r12; ret")
FN("load_rbp_saved", "push %rbp; mov datum(%rip), %rbp; lea (%rbp,%rdi), %rax; pop %rbp; ret")
FN("lea64", "lea datum(%rip), %rax; mov (%rax), %rax; ret")
FN("lea32", "lea datum(%rip), %eax; mov $1, %ecx; ret")
FN("lea_r13", "push %r13; lea datum(%rip), %r13; mov 8(%r13), %rax; pop %r13; ret")
FN("cmp_imm8", "cmpl $0x11, datum+7(%rip); sete %al; movzbl %al, %eax; ret")
FN("cmp_imm32", "cmpl $0x55667788, datum(%rip); sete %al; movzbl %al, %eax; ret")
FN("cmp_reg", "cmp %rdi, datum+16(%rip); setg %al; movzbl %al, %eax; ret")
FN("cmp_ah", "mov %edi, %eax; cmp %ah, datum(%rip); seta %al; movzbl %al, %eax; ret")
FN("test_imm", "testb $8, datum(%rip); setne %al; movzbl %al, %eax; ret")
FN("store_imm", "movq $0x1234567, datum+24(%rip); mov datum+24(%rip), %rax; ret")
FN("store_reg", "mov %rsi, datum+24(%rip); mov datum+24(%rip), %rax; ret")
FN("store_r11", "mov %rdi, %r11; mov %r11, datum+24(%rip); mov datum+24(%rip), %rax; add %r11, %rax; ret")
FN("add_mem", "add datum(%rip), %rdi; mov %rdi, %rax; ret")
FN("inc_mem", "incq datum+16(%rip); mov datum+16(%rip), %rax; decq datum+16(%rip); ret")
FN("lock_add", "lock addq $5, datum+16(%rip); mov datum+16(%rip), %rax; subq $5, datum+16(%rip); ret")
FN("xchg_mem", "xchg %rdi, datum+24(%rip); mov datum+24(%rip), %rax; ret")
FN("cmpxchg_mem", "mov $4, %eax; lock cmpxchg %rdi, datum+24(%rip); ret")
FN("imul3", "imul $77, datum+16(%rip), %rax; ret")
FN("shl_mem", "shll $2, datum+16(%rip); mov datum+16(%rip), %eax; shrl $2, datum+16(%rip); ret")
FN("push_mem", "push datum(%rip); pop %rax; ret")
FN("movss", "movss fdatum+4(%rip), %xmm1; cvttss2si %xmm1, %rax; ret")
FN("movaps", "movaps fdatum(%rip), %xmm9; movq %xmm9, %rax; ret")
FN("sse38", "pshufb datum(%rip), %xmm8; movq %xmm8, %rax; xor %eax, %eax; ret")
FN("sse3a", "pxor %xmm1, %xmm1; palignr $3, datum(%rip), %xmm1; movq %xmm1, %rax; ret")
FN("x87", "fldl ddatum(%rip); fstpl -8(%rsp); mov -8(%rsp), %rax; ret")
FN("mmx", "movq datum(%rip), %mm1; movq %mm1, %rax; emms; ret")
FN("push_imm", "push $0x12345; mov datum(%rip), %rcx; pop %rax; ret")
FN("call_local", "call helper; ret")
FN("call_word", "call *fnword(%rip); inc %rax; ret")
FN("call_plt", "call plt_helper@PLT; add $3, %rax; ret")
FN("jmp_out", "jmp helper")
FN("jmp_short", "jmp 1f; .byte 0x0f, 0x0b, 0xcc, 0xcc; 1: lea 9(%rdi), %rax; ret")
FN("jmp_word", "jmp *jword(%rip)")
FN("jcc_out", "test %rdi, %rdi; jg 2f; mov $1, %eax; ret; .skip 200, 0x90; 2: mov $2, %eax; ret")
FN("jcc_short", "test %edi, %edi; jle 1f; mov $5, %eax; ret; 1: mov $6, %eax; ret")
FN("jcc_tail", "cmp %rdi, %rsi; ja helper; xor %eax, %eax; ret")
FN("jrcxz_in", "mov %rdi, %rcx; jrcxz 1f; mov $8, %eax; ret; 1: mov $9, %eax; ret")
FN("loop_in", "mov $2, %ecx; loop 1f; mov $3, %eax; ret; 1: mov %rcx, %rax; ret")
FN("self_loop", "shr %edi; jne self_loop; nop; mov %edi, %eax; ret")
FN("ret_first", "ret; nop; nop; nop; nop; nop")
FN("plain", "mov %rdi, %rax; add %rsi, %rax; imul %rdx, %rax; ret")
FN("endbr", "endbr64; mov %rdi, %rax; sub %rsi, %rax; ret")
FN("endbr_rip", "endbr64; test %dl, %dl; mov datum(%rip), %rax; ret")
FN("three", "push %rbx; mov %edi, %ebx; cmpq $3, datum+16(%rip); sete %al; movzbl %al, %eax; add %rbx, %rax; pop %rbx; ret")
FN("red_zone", "mov %rdi, -8(%rsp); cmpl $3, datum+16(%rip); sete %al; movzbl %al, %eax; add -8(%rsp), %rax; ret")
FN("sub_rsp", "sub $24, %rsp; mov datum(%rip), %rax; mov %rax, (%rsp); mov (%rsp), %rax; add $24, %rsp; ret")
FN("setcc_mem", "cmp %rdi, %rsi; seta datum+25(%rip); movzbl datum+25(%rip), %eax; movb $0, datum+25(%rip); ret")
FN("cmov_mem", "mov %rdi, %rax; cmp %rsi, %rdi; cmovg datum(%rip), %rax; ret")
FN("bt_mem", "btl $3, datum(%rip); setc %al; movzbl %al, %eax; ret")
FN("back_loop", "and $15, %edi; dec %rdi; mov %rdi, %rax; jg back_loop; ret")
FN("back_pad", "endbr64; and $15, %edi; dec %rdi; mov %rdi, %rax; add datum(%rip), %rdx; jg back_pad; ret")
FN("back_two", "and $31, %edi; dec %edi; mov %edi, %eax; cmp $20, %edi; jg back_two; cmp $5, %edi; jg back_two; add datum(%rip), %rax; ret")
FN("back_calls", "push %rbx; mov %edi, %ebx; call helper; mov %ebx, %edi; pop %rbx; and $7, %edi; dec %edi; mov %edi, %esi; jg back_calls; ret")
FN("back_entered", "and $7, %edi; dec %rdi; mov %rdi, %rax; 1: test %rax, %rax; jg back_entered; inc %rax; js 1b; ret")
FN("spin", "lock decl datum+28(%rip); jne 1f; 2: xor %eax, %eax; incl datum+28(%rip); ret; 1: incl datum+28(%rip); dec %edi; jle 2f; jmp spin; 2: mov $3, %eax; ret")
FN("rdtsc_like", "xor %eax, %eax; cld; mov datum(%rip), %dl; movzbl %dl, %eax; ret")
FN("tls_ie", "mov tvar@gottpoff(%rip), %rax; mov %fs:(%rax), %rax; ret")
FN("bnd_jmp", "bnd jmp helper")
FN("prefixed_call", ".byte 0x67; call helper; ret")
FN("xadd_r10", "mov %rdi, %r10; mov %rsi, %r11; add datum(%rip), %r10; lea (%r10,%r11), %rax; ret")
FN("push_pop", "push %rdi; pop %rax; push %rsi; pop %rcx; add %rcx, %rax; ret")
FN("xmm_store", "movaps %xmm0, %xmm12; movups %xmm12, datum+16(%rip); movq $3, datum+16(%rip); movq $4, datum+24(%rip); mov $1, %eax; ret")
"	.globl plt_helper\n	.type plt_helper, @function\n"
"plt_helper: lea 100(%rdi), %rax; ret\n"
")\");\n"
"long keep;\n";

static const long arguments[][3] = {
	{ 0, 0, 0 }, { 1, 2, 3 }, { -1, 5, 7 }, { 0x7799, -4, 11 }, { 5, 5, -5 },
	{ 0x1122334455667788, 1, 0 },
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define RUNS NR(arguments)

/* A call as the compiler makes it, but that rax holds something (as for a function
 * with variable arguments), and r10 (as for a nested function). */
static uint64_t call(const void *fn, const long *arg)
{
	register uint64_t rax __asm__("rax") = 0x55;
	register uint64_t r10 __asm__("r10") = 0x66;
	long rdi = arg[0], rsi = arg[1], rdx = arg[2];

	__asm__ volatile("sub $136, %%rsp; call *%[fn]; add $136, %%rsp"
			 : "+r" (rax), "+r" (r10), "+D" (rdi), "+S" (rsi), "+d" (rdx)
			 : [fn] "b" (fn)
			 : "rcx", "r8", "r9", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3",
			   "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12",
			   "xmm13", "xmm14", "xmm15");
	return rax;
}

static uint64_t datum_hash(const uint64_t *datum)
{
	return datum[0] ^ datum[1] * 3 ^ datum[2] * 5 ^ datum[3] * 7;
}

static const int64_t distances[] = { 16 << 20, -(200L << 20), 1900L << 20, -(3L << 40) };

/* Results before; then with all entries trapped, and the originals far and near. */
Test(original_x86, every_kind)
{
	static uint64_t before[NR(names)][RUNS][2];
	static const uint8_t trap[5] = { 0xcc, 0xcc, 0xcc, 0xcc, 0xcc };
	struct suture_entry entry[NR(names)];
	struct suture_error err;
	struct originals o;
	struct fixture f;
	uint64_t *datum;
	uintptr_t base;
	size_t i, k, d;
	void *lib;

	fixture_build(&f, asm_source, "-Wl,-Bsymbolic -mavx2");
	lib = dlopen(f.path, RTLD_NOW);
	cr_assert(lib, "%s", dlerror());
	base = originals_base(lib);
	datum = dlsym(lib, "datum");
	for (i = 0; i < NR(names); i++) {
		for (k = 0; k < RUNS; k++) {
			datum[3] = 4;
			before[i][k][0] = call(dlsym(lib, names[i]), arguments[k]);
			before[i][k][1] = datum_hash(datum);
		}
	}

	originals_begin(&o, &f);
	for (i = 0; i < NR(names); i++) {
		int r = originals_add(&o, fixture_addr(&f, names[i]), 0, names[i], &entry[i], &err);

		cr_assert_eq(r, 0, "%s: %s", names[i], err.text);
	}
	originals_link(&o, "cc");
	for (i = 0; i < NR(names); i++)
		originals_poke(base + fixture_addr(&f, names[i]) + entry[i].branch_at, trap,
			       sizeof(trap));
	for (d = 0; d < NR(distances); d++) {
		originals_map(&o, base, distances[d]);
		for (i = 0; i < NR(names); i++) {
			for (k = 0; k < RUNS; k++) {
				uint64_t got;

				datum[3] = 4;
				got = call(originals_at(&o, names[i]), arguments[k]);
				cr_expect_eq(got, before[i][k][0], "%s, run %zu: %lx, was %lx",
					     names[i], k, got, before[i][k][0]);
				cr_expect_eq(datum_hash(datum), before[i][k][1], "%s, run %zu",
					     names[i], k);
			}
		}
		originals_unmap(&o);
	}
	originals_end(&o);
	fixture_close(&f);
}


/* ------------------------------------------------ what cannot, and what is chosen */

static const char refused_source[] =
"asm(R\"(\n"
"	.data\n"
"	.globl datum\n	.type datum, @object\n	.size datum, 8\n"
"datum:	.quad 1\n"
"	.text\n"
FN("get_pc", "call 1f; 1: pop %rax; ret")
FN("call_in", "call 1f; ret; 1: ret")
FN("back_long", "dec %rdi; mov %rdi, %rax; .rept 70; nop; .endr; jg back_long; ret")
FN("back_entered", "dec %rdi; mov %rdi, %rax; 1: test %rax, %rax; jg back_entered; dec %rax; js 1b; .rept 60; nop; .endr; jmp 1b")
FN("back_cold", "dec %rdi; mov %rdi, %rax; jg back_cold.cold; ret")
FN("back_cold.cold", "inc %rax; jmp back_cold")
FN("transaction", "xbegin 1f; ret; .skip 200, 0x90; 1: ret")
FN("eip", "mov datum(%eip), %eax; ret")
FN("r11_live", "cmpl $1, datum(%rip); mov %r11, %rax; ret")
FN("r11_late", "cmpl $1, datum(%rip); je 1f; mov %r11d, %eax; 1: ret")
FN("r11_written", "cmpl $1, datum(%rip); je 1f; mov $1, %r11d; 1: xor %r11d, %r11d; ret")
FN("r11_xor", "cmpl $1, datum(%rip); xor %r11, %r11; mov %r11, %rax; ret")
FN("r11_partly", "cmpl $1, datum(%rip); mov $1, %r11b; mov %r11, %rax; ret")
FN("r10_live", "cmpl $1, datum(%rip); mov %r11, %rax; add %r10, %rax; ret")
FN("chain", "cmpl $1, datum(%rip); add %r11, %r10; call *%rdx; ret")
FN("high_byte", "cmp %ah, datum(%rip); seta %al; ret")
FN("high_full", "cmp %ah, datum(%rip); add %ecx, %edx; add %edx, %eax; add %eax, %esi; add %esi, %edi; jmp *%r11")
")\");\n";

/* What is emitted for one function; NULL and the error when it is refused. */
static char *emitted(struct fixture *f, const char *name, struct suture_error *err)
{
	struct originals o = { .f = f };
	struct suture_original orig = {
		.code = f->code, .object = 1, .name = "suture.original.x",
		.addr = fixture_addr(f, name), .word = originals_word, .ctx = &o,
	};
	char *text = NULL;
	size_t len;
	FILE *out;
	int r;

	cr_assert_eq(suture_insn_check_entry(f->code, orig.addr, 0, &orig.entry, err), 0, "%s",
		     err->text);
	out = open_memstream(&text, &len);
	cr_assert_not_null(out);
	r = suture_original_emit(&orig, out, err);
	cr_assert_eq(fclose(out), 0);
	free(o.words);
	if (r) {
		cr_expect_eq(r, -EOPNOTSUPP);
		free(text);
		return NULL;
	}
	return text;
}

Test(original_x86, refused)
{
	static const struct {
		const char *name, *words[3];
	} cases[] = {
		{ "get_pc", { "reads its own address", "call", "e8 00 00 00 00" } },
		{ "back_long", { "loop back to its own entry", "jg", "back_long" } },
		{ "back_entered", { "loop back to its own entry", "jmp", "back_entered+0x6" } },
		{ "back_cold", { "loop back to its own entry", "jmp", "<back_cold>" } },
		{ "transaction", { "transaction", "xbegin", "c7 f8" } },
		{ "eip", { "in a way that is not known", "(%eip),%eax", "67 8b 05" } },
		{ "high_full", { "no register is free", "cmpb   %ah,", "<datum>" } },
	};
	struct suture_error err;
	struct fixture f;

	fixture_build(&f, refused_source, "-Wl,-Bsymbolic -mrtm");
	for (size_t i = 0; i < NR(cases); i++) {
		char *text = emitted(&f, cases[i].name, &err);

		cr_expect_null(text, "%s: %s", cases[i].name, text);
		free(text);
		cr_expect_not_null(strstr(err.text, cases[i].name), "%s", err.text);
		for (size_t k = 0; k < 3; k++)
			cr_expect_not_null(strstr(err.text, cases[i].words[k]), "%s: no `%s' in %s",
					   cases[i].name, cases[i].words[k], err.text);
	}
	fixture_close(&f);
}

/* The register that takes an address is one that holds nothing. */
Test(original_x86, free_register)
{
	static const struct {
		const char *name, *reg;
	} cases[] = {
		{ "r11_live", "r10" }, { "r11_late", "r10" }, { "r11_written", "r11" },
		{ "r11_xor", "r11" }, { "r11_partly", "r10" }, { "r10_live", "rax" },
		{ "chain", NULL }, { "high_byte", "rcx" },
	};
	struct suture_error err;
	struct fixture f;

	fixture_build(&f, refused_source, "-Wl,-Bsymbolic -mrtm");
	for (size_t i = 0; i < NR(cases); i++) {
		char *text = emitted(&f, cases[i].name, &err), want[32];

		if (!cases[i].reg) {
			cr_expect_null(text, "%s: %s", cases[i].name, text);
			free(text);
			continue;
		}
		snprintf(want, sizeof(want), "(%%rip), %%%s\n", cases[i].reg);
		cr_assert_not_null(text, "%s: %s", cases[i].name, err.text);
		cr_expect_not_null(strstr(text, want), "%s: no %s in %s", cases[i].name,
				   cases[i].reg, text);
		free(text);
	}
	fixture_close(&f);
}

#endif
