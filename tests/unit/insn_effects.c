// SPDX-License-Identifier: GPL-2.0-only
/*
 * Are the registers that an instruction is said to write those that it writes?
 * The processor is asked: forms of instructions found in libc (registers, and
 * memory through one register) run one by one with all registers filled, and
 * what changed is compared. Every change must be in `may`; what is in `must`
 * and never changed may be chance (sbb, cmov), but only seldom.
 */
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "insn_fixture.h"
#include "ipara-int.h"

#define FORMS_MAX	3000
#define SAMPLES		3	/* of each form */
#define ROUNDS		3	/* with other values */
#define ARENA		(1 << 20)

struct regs {
	uint64_t gpr[16];
	uint8_t ymm[16][32];
};

/* read and written by the assembly below */
extern struct regs before, after;
extern void *snippet;
extern uint64_t saved_rsp;
struct regs before, after;
void *snippet;
uint64_t saved_rsp;

extern void run_snippet(void);
extern char snippet_done[];

asm(".text\n"
    "run_snippet:\n"
    "	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "	mov %rsp, saved_rsp(%rip)\n"
    "	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
    "	vmovdqu before+128+32*\\n(%rip), %ymm\\n\n"
    "	.endr\n"
    "	.macro gprs op\n"
    "	\\op %rax, 0; \\op %rcx, 1; \\op %rdx, 2; \\op %rbx, 3; \\op %rbp, 5; \\op %rsi, 6\n"
    "	\\op %rdi, 7; \\op %r8, 8; \\op %r9, 9; \\op %r10, 10; \\op %r11, 11; \\op %r12, 12\n"
    "	\\op %r13, 13; \\op %r14, 14; \\op %r15, 15\n"
    "	.endm\n"
    "	.macro get reg, n\n	mov before+8*\\n(%rip), \\reg\n	.endm\n"
    "	.macro put reg, n\n	mov \\reg, after+8*\\n(%rip)\n	.endm\n"
    "	gprs get\n"
    "	sub $256, %rsp\n"
    "	jmp *snippet(%rip)\n"
    "snippet_done:\n"
    "	cld\n"
    "	gprs put\n"
    "	.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
    "	vmovdqu %ymm\\n, after+128+32*\\n(%rip)\n"
    "	.endr\n"
    "	mov saved_rsp(%rip), %rsp\n"
    "	vzeroupper; emms\n"
    "	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "	ret\n");

static sigjmp_buf fault;

static void on_fault(int signal)
{
	siglongjmp(fault, signal);
}

/* Instructions that change more of the processor than its registers, and
 * repeated ones, which would run on to the end of the mapping. */
static bool leave_out(const cs_insn *insn)
{
	if (strstr(insn->mnemonic, "rep"))
		return true;
	switch (insn->id) {
	case X86_INS_PUSH: case X86_INS_POP: case X86_INS_LEAVE: case X86_INS_ENTER:
	case X86_INS_PUSHFQ: case X86_INS_POPFQ: case X86_INS_STD: case X86_INS_LDMXCSR:
	case X86_INS_VLDMXCSR: case X86_INS_FLDENV: case X86_INS_FLDCW: case X86_INS_FRSTOR:
	case X86_INS_FXRSTOR: case X86_INS_FXRSTOR64: case X86_INS_XRSTOR:
	case X86_INS_XRSTOR64: case X86_INS_WRFSBASE: case X86_INS_WRGSBASE:
		return true;
	}
	return false;
}

/* Not the stack pointer, segments, x87, zmm, control registers. */
static bool is_watched(const char *reg)
{
	static const char *const others[] = {
		"rsp", "esp", "sp", "spl", "rip", "cs", "ds", "es", "fs", "gs", "ss",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(reg, others[i]))
			return false;
	return strncmp(reg, "st", 2) && strncmp(reg, "cr", 2) && strncmp(reg, "dr", 2) &&
	       reg[0] != 'z';
}

/* A name for the kind of the instruction: opcode and kinds of operands. False:
 * it cannot be run here. */
static bool form_of(struct suture_code *code, const cs_insn *insn, char form[32])
{
	const cs_x86 *x = &insn->detail->x86;
	int at = snprintf(form, 24, "%x.%x%x%x.", insn->id, x->opcode[0], x->opcode[1],
			  x->opcode[2]);

	for (int i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];
		const char *name;

		if (op->type == X86_OP_MEM) {
			if (op->mem.index || op->mem.segment || op->mem.base == X86_REG_RIP ||
			    op->mem.base == X86_REG_RSP || !op->mem.base ||
			    op->mem.disp > 4096 || op->mem.disp < -4096)
				return false;
			form[at++] = 'm';
		} else if (op->type == X86_OP_REG) {
			name = suture_capstone.reg_name(code->csd, op->reg);
			if (!is_watched(name))
				return false;
			form[at++] = name[0] == 'x' || name[0] == 'y' || name[0] == 'k' ||
				     name[0] == 'm' ? name[0] : 'a' + op->size;
		} else {
			form[at++] = 'i';
		}
	}
	form[at] = '\0';
	return true;
}

static uint8_t *arena, *text;

static void fill(int round)
{
	for (int i = 0; i < 16; i++)
		before.gpr[i] = (uintptr_t)arena + ARENA / 2 + (round + 1) * 0x1010 + i * 0x2340 +
				(round == 1 ? i * 16 : 0);
	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 32; k++)
			before.ymm[i][k] = round == 2 ? rand() & 0x3f : rand();
}

static uint64_t changes(void)
{
	uint64_t set = 0;

	for (int i = 0; i < 16; i++)
		if (i != 4 && before.gpr[i] != after.gpr[i])
			set |= SUTURE_X86_GPR(i);
	set &= SUTURE_X86_ALL_GPR;
	for (int i = 0; i < 16; i++)
		if (memcmp(before.ymm[i], after.ymm[i], 16))
			set |= SUTURE_X86_XMM(i);
		else if (memcmp(before.ymm[i] + 16, after.ymm[i] + 16, 16))
			set |= SUTURE_X86_UPPER;
	return set;
}

/* False: it faulted. */
static bool try(const uint8_t *bytes, unsigned int len, bool memory, uint64_t *ret)
{
	static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 };	/* jmp *0(%rip) */
	void *back = snippet_done;

	memcpy(text, bytes, len);
	memcpy(text + len, jump, sizeof(jump));
	memcpy(text + len + sizeof(jump), &back, sizeof(back));
	*ret = 0;
	for (volatile int round = 0; round < ROUNDS; round++) {
		int signal = sigsetjmp(fault, 1);

		if (signal) {
			asm volatile("cld; emms");
			/* a division that overflows with the first values */
			if (signal == SIGFPE && round + 1 < ROUNDS)
				continue;
			return false;
		}
		fill(round);
		if (round == 2 && !memory) {
			before.gpr[0] = 77;
			before.gpr[1] = 3;
			before.gpr[2] = 0;
		}
		run_snippet();
		*ret |= changes();
	}
	return true;
}

static void prepare(void)
{
	static const int signals[] = { SIGILL, SIGSEGV, SIGFPE, SIGBUS, SIGTRAP };
	static char stack[65536];
	stack_t alt = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_ONSTACK | SA_NODEFER };

	/* with room around it that faults */
	arena = mmap(NULL, 3 * ARENA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cr_assert(arena != MAP_FAILED);
	arena += ARENA;
	cr_assert_eq(mprotect(arena, ARENA, PROT_READ | PROT_WRITE), 0);
	text = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	cr_assert(text != MAP_FAILED);
	for (size_t i = 0; i < ARENA; i++)
		arena[i] = rand();
	snippet = text;
	sigaltstack(&alt, NULL);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaction(signals[i], &sa, NULL);
}

static size_t ran, missed, unchanged;

static void one(struct suture_code *code, const cs_insn *insn)
{
	bool memory = strchr(insn->op_str, '[');
	struct suture_effect e;
	char got[300], said[300];
	uint64_t set, may;

	suture_insn_effect(code, insn, &e);
	if (!try(insn->bytes, insn->size, memory, &set))
		return;
	ran++;
	/* a VEX instruction clears what is above the register that it writes */
	may = e.may | (e.may & 0xffffULL << 16 ? SUTURE_X86_UPPER : 0);
	if (set & ~may) {
		missed++;
		cr_expect_fail("%s %s wrote %s, said to be possible: %s", insn->mnemonic,
			       insn->op_str,
			       suture_ipara_names(EM_X86_64, set, got, sizeof(got)),
			       suture_ipara_names(EM_X86_64, e.may, said, sizeof(said)));
	}
	/* what fill() and changes() do not look at cannot be seen to change */
	if (e.must & ~set & (SUTURE_X86_ALL_GPR | 0xffffULL << 16))
		unchanged++;
}

Test(insn_effects, processor_agrees, .timeout = 120)
{
	const char *path = "/lib/x86_64-linux-gnu/libc.so.6";
	static char forms[FORMS_MAX][32];
	struct fixture f = { 0 };
	size_t nr = 0, i, k;

	if (access(path, R_OK) || !__builtin_cpu_supports("avx2"))
		cr_skip_test("needs %s and a processor with AVX2", path);
	fixture_open(&f, path);
	prepare();
	for (i = 0; i < f.code->nr_ext; i++) {
		uint64_t at = f.code->ext[i].addr, end = at + f.code->ext[i].size, target;

		while (at < end && nr < FORMS_MAX) {
			const cs_insn *insn = suture_code_decode(f.code, at, end, true);
			size_t samples = 0;
			char form[32];

			if (!insn)
				break;
			at += insn->size;
			if (suture_insn_step(f.code, insn, &target) != SUTURE_STEP_NEXT ||
			    leave_out(insn) || !form_of(f.code, insn, form))
				continue;
			for (k = 0; k < nr && samples < SAMPLES; k++)
				samples += !strcmp(forms[k], form);
			if (samples == SAMPLES)
				continue;
			strcpy(forms[nr++], form);
			one(f.code, insn);
		}
	}
	cr_log_info("%zu forms, %zu ran, %zu with an unknown write, %zu unchanged", nr, ran, missed,
		    unchanged);
	cr_expect_gt(ran, 1000, "%zu instructions ran", ran);
	cr_expect_eq(missed, 0);
	cr_expect_lt(unchanged * 25, ran, "%zu of %zu did not write what they must", unchanged, ran);
	suture_target_close(f.target);
}

/* What cannot be run here, by the manual. */
Test(insn_effects, by_the_manual)
{
	static const struct {
		uint8_t bytes[12];
		uint8_t len;
		uint64_t may, must;
	} cases[] = {
#define G SUTURE_X86_GPR
		{ "\x0f\xa2", 2, G(0) | G(1) | G(2), 0 },			/* cpuid */
		{ "\x0f\x01\xd0", 3, G(0) | G(2), 0 },				/* xgetbv */
		{ "\x0f\x31", 2, G(0) | G(2), 0 },				/* rdtsc */
		{ "\x0f\x01\xf9", 3, G(0) | G(1) | G(2), 0 },			/* rdtscp */
		{ "\x0f\x05", 2, G(0) | G(1) | G(11), 0 },			/* syscall */
		{ "\xf3\x48\xa5", 3, G(1) | G(6) | G(7), G(1) | G(6) | G(7) },	/* rep movsq */
		{ "\xf3\xaa", 2, G(1) | G(7), G(1) | G(7) },			/* rep stosb */
		{ "\xf0\x48\x0f\xc7\x0f", 5, G(0) | G(2), G(0) | G(2) },	/* lock cmpxchg16b */
		{ "\xc5\xf8\x77", 3, SUTURE_X86_UPPER, 0 },			/* vzeroupper */
		{ "\xc5\xfc\x77", 3, SUTURE_X86_UPPER | 0xffffULL << 16, 0 },	/* vzeroall */
		{ "\xc4\xe2\xf3\xf6\xc2", 5, G(0) | G(1), G(0) | G(1) },	/* mulx rax, rcx, rdx */
		{ "\xf3\x48\x0f\x1e\xc8", 5, G(0), 0 },				/* rdsspq rax */
		{ "\xf3\x0f\x1e\xfa", 4, 0, 0 },				/* endbr64 */
		{ "\x66\x0f\x3a\x63\xc1\x0c", 6, G(1), G(1) },			/* pcmpistri */
		{ "\x48\xf7\xe6", 3, G(0) | G(2), G(0) | G(2) },		/* mul rsi */
		{ "\x48\x39\xd8", 3, 0, 0 },					/* cmp rax, rbx */
		{ "\x66\x0f\x2e\xc1", 4, 0, 0 },				/* ucomisd */
		{ "\xc4\xe2\x6d\x92\x04\x88", 6,				/* vgatherdps */
		  SUTURE_X86_XMM(0) | SUTURE_X86_XMM(2), SUTURE_X86_XMM(0) },
#undef G
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct suture_span span = { 0x1000, cases[i].len, cases[i].bytes };
		struct suture_text t = { .machine = EM_X86_64, .code = &span, .nr_code = 1 };
		struct suture_effect e;
		struct suture_code *code;
		const cs_insn *insn;
		char buf[300];

		cr_assert_eq(suture_code_new(&t, &code, NULL), 0);
		insn = suture_code_decode(code, 0x1000, UINT64_MAX, true);
		cr_assert_not_null(insn, "case %zu does not decode", i);
		cr_expect_eq(insn->size, cases[i].len, "%s", insn->mnemonic);
		suture_insn_effect(code, insn, &e);
		cr_expect_eq(cases[i].may & ~e.may, 0, "%s may write %s", insn->mnemonic,
			     suture_ipara_names(EM_X86_64, e.may, buf, sizeof(buf)));
		cr_expect_eq(cases[i].must & ~e.must, 0, "%s must write %s", insn->mnemonic,
			     suture_ipara_names(EM_X86_64, e.must, buf, sizeof(buf)));
		cr_expect_eq(e.must & ~cases[i].may, 0, "%s does not write %s", insn->mnemonic,
			     suture_ipara_names(EM_X86_64, e.must, buf, sizeof(buf)));
		suture_code_free(code);
	}
}
