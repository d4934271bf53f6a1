// SPDX-License-Identifier: GPL-2.0-only
/* May a branch be written over an entry? One small function a reason. */
#include "insn_fixture.h"

/* Assembly functions at 16-byte steps, with FDEs; `tight` ones have no padding. */
#define FUNC(name, body)							\
	".p2align 4, 0xcc\n.type " name ", @function\n" name ":\n"	\
	".cfi_startproc\n" body "\n.cfi_endproc\n.size " name ", .-" name "\n"
#define TIGHT(name, body)							\
	".type " name ", @function\n" name ":\n"		\
	".cfi_startproc\n" body "\n.cfi_endproc\n.size " name ", .-" name "\n"

static const char source[] = "asm(R\"(.text\n"
FUNC("plain", "push %rbx; mov %rdi, %rbx; xor %eax, %eax; pop %rbx; ret")
FUNC("tiny", "ret")
FUNC("crowded", "ret")
TIGHT("crowding", "xor %eax, %eax; ret; nop; nop; nop; nop; nop; nop")
FUNC("loop_inside", "xor %eax, %eax; 1: add $1, %eax; dec %edi; jne 1b; ret")
FUNC("loop_to_entry", "add $1, %eax; dec %edi; jne loop_to_entry; ret")
FUNC("far_into", "mov %edi, %eax; add $1, %eax; add $2, %eax; ret")
FUNC("far_from", "test %edi, %edi; je far_into + 2; .byte 0xe9; .long far_into + 2 - . - 4")
FUNC("called_into", "mov %edi, %eax; add $1, %eax; add $2, %eax; ret")
FUNC("calls_into", "call called_into + 2; ret")
FUNC("looks_like", "mov %edi, %eax; add $1, %eax; mov $0x00f9eb00, %ecx; ret")
FUNC("endbr", "endbr64; add $1, %eax; add $2, %eax; ret")
FUNC("endbr_loop", "endbr64; 1: add $1, %eax; dec %edi; jne 1b; ret")
FUNC("endbr_loop_in", "endbr64; xor %eax, %eax; 1: add $1, %eax; dec %edi; jne 1b; ret")
FUNC("endbr_short", "endbr64; ret")
TIGHT("behind_short", "xor %eax, %eax; ret")
FUNC("table", "cmp $3, %edi; ja 2f; lea .Ltab(%rip), %rdx; mov %edi, %edi; "
	      "movslq (%rdx,%rdi,4), %rax; add %rdx, %rax; jmp *%rax; 2: xor %eax, %eax; ret")
FUNC("pointed", "mov %edi, %eax; add $1, %eax; add $2, %eax; ret")
FUNC("lea_taken", "mov %edi, %eax; add $1, %eax; add $2, %eax; ret")
FUNC("lea_takes", "lea lea_taken + 2(%rip), %rax; ret")
FUNC("second", "mov %edi, %eax\n.type second_in, @function\nsecond_in: "
	       "add $1, %eax; add $2, %eax; ret\n.size second_in, .-second_in")
FUNC("short_call", "call *%rax; add $1, %eax; ret")
FUNC("full_call", "call plain; add $1, %eax; ret")
FUNC("rubbish", ".byte 0x06, 0x06, 0x06, 0x06, 0x06; ret")
FUNC("zeroes", "ret")
".zero 15\n"
FUNC("last", "mov %edi, %eax; ret")
".section .rodata\n.p2align 2\n"
".Ltab: .long table + 2 - .Ltab - 0, table + 3 - .Ltab, 2f - .Ltab\n2:\n"
".data\n.p2align 3\na_pointer: .quad pointed + 2\n"
".text\n)\");";

static struct fixture f;

static void setup(void)
{
	fixture_build(&f, source, "");
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(insn_entry, .init = setup, .fini = teardown);

static void accepted(const char *name, struct suture_entry *entry)
{
	struct suture_error err = { 0 };

	cr_assert_eq(suture_insn_check_entry(f.code, fixture_addr(&f, name), 0, entry, &err), 0,
		     "%s: %s", name, err.text);
	cr_expect_geq(entry->covered, entry->branch_at + entry->branch_len);
	cr_expect_eq(entry->branch_len, 5);
}

static void refused(const char *name, const char *why)
{
	struct suture_error err = { 0 };
	struct suture_entry entry;

	cr_expect_eq(suture_insn_check_entry(f.code, fixture_addr(&f, name), 0, &entry, &err),
		     -EOPNOTSUPP, "%s", name);
	cr_expect_eq(err.code, -EOPNOTSUPP);
	cr_expect_not_null(strstr(err.text, why), "%s: \"%s\" not in \"%s\"", name, why, err.text);
	cr_expect_not_null(strstr(err.text, name), "%s not named in \"%s\"", name, err.text);
}

Test(insn_entry, plain)
{
	struct suture_entry e;

	accepted("plain", &e);
	cr_expect_eq(e.pad, SUTURE_PAD_NONE);
	cr_expect_eq(e.branch_at, 0);
	cr_expect_eq(e.covered, 6, "push, mov and xor: %u", e.covered);
	cr_expect_eq(e.size, 8);
	cr_expect_eq(e.room, 16);
}

Test(insn_entry, padding_counts)
{
	struct suture_entry e;

	accepted("tiny", &e);
	cr_expect_eq(e.size, 1);
	cr_expect_eq(e.room, 16);
	cr_expect_eq(e.covered, 5);
	accepted("zeroes", &e);
	cr_expect_eq(e.room, 16);
	refused("last", "then the end of the section");
	refused("crowded", "too short for a branch of 5 bytes: 1 bytes and 0 of padding, then crowding");
}

Test(insn_entry, branches)
{
	struct suture_entry e;

	refused("loop_inside", "leads to +2");
	refused("loop_inside", "jne");
	accepted("loop_to_entry", &e);
	refused("far_into", "a jump at far_from+");
	refused("called_into", "a call at calls_into (");
	refused("lea_taken", "lea rax");
	accepted("lea_takes", &e);
}

/* bytes inside an immediate that would be a jump to +2 */
Test(insn_entry, no_branch_inside_an_instruction)
{
	struct suture_ref *refs;
	struct suture_entry e;
	uint64_t addr = fixture_addr(&f, "looks_like");
	size_t nr;

	cr_assert_eq(suture_code_refs(f.code, addr + 1, addr + 5, &refs, &nr), 0);
	cr_assert_eq(nr, 1, "the candidate is there: %zu", nr);
	cr_expect_eq(suture_code_confirm(f.code, refs), 0);
	free(refs);
	accepted("looks_like", &e);
}

Test(insn_entry, endbr64)
{
	struct suture_entry e;

	accepted("endbr", &e);
	cr_expect_eq(e.pad, SUTURE_PAD_ENDBR64);
	cr_expect_eq(e.branch_at, 4);
	cr_expect_eq(e.covered, 10);
	accepted("endbr_loop", &e);
	cr_expect_eq(e.branch_at, 4);
	refused("endbr_loop_in", "leads to +6");
	/* no room behind it: over it */
	accepted("endbr_short", &e);
	cr_expect_eq(e.pad, SUTURE_PAD_NONE);
	cr_expect_eq(e.branch_at, 0);
	cr_expect_eq(e.room, 5);
}

Test(insn_entry, data)
{
	refused("table", "jump table");
	refused("pointed", "a pointer in the data leads to +2");
	refused("second", "second_in begins at +2");
}

Test(insn_entry, instructions)
{
	struct suture_entry e;

	refused("short_call", "a call returns into");
	accepted("full_call", &e);
	refused("rubbish", "does not decode");
}

Test(insn_entry, arguments)
{
	struct suture_error err = { 0 };
	struct suture_entry e;
	uint64_t plain = fixture_addr(&f, "plain");

	cr_expect_eq(suture_insn_check_entry(f.code, 0x7fff0000, 0, &e, &err), -EINVAL);
	cr_expect_not_null(strstr(err.text, "not in the executable text"));
	cr_expect_eq(suture_insn_check_entry(f.code, plain + 1, 8, &e, &err), -EOPNOTSUPP);
	cr_expect_not_null(strstr(err.text, "not the entry of a function"), "%s", err.text);
	cr_expect_eq(suture_insn_check_entry(f.code, plain, 1 << 20, &e, &err), -EINVAL);
	cr_expect_eq(suture_insn_check_entry(f.code, plain, 0, &e, NULL), 0, "err may be NULL");
}

/* The same without symbols: what a library in the field looks like. */
Test(insn_entry, stripped)
{
	uint64_t plain = fixture_addr(&f, "plain"), loop = fixture_addr(&f, "loop_inside");
	struct suture_error err;
	struct fixture s = { 0 };
	struct suture_entry e;
	char path[128];

	snprintf(path, sizeof(path), "%s/s.so", f.dir);
	run("objcopy --strip-all -N plain %s %s", f.path, path);
	fixture_open(&s, path);
	cr_expect_eq(suture_insn_check_entry(s.code, plain, 0, &e, &err), 0);
	cr_expect_eq(e.size, 8, "from the FDE");
	cr_expect_eq(suture_insn_check_entry(s.code, loop, 0, &e, &err), -EOPNOTSUPP);
	suture_target_close(s.target);
}

/* Real text: nearly everything can be patched, and quickly. */
Test(insn_entry, libc, .timeout = 60)
{
	const char *path = "/lib/x86_64-linux-gnu/libc.so.6";
	size_t i, yes = 0, no = 0;
	struct fixture c = { 0 };
	struct suture_error err;

	if (access(path, R_OK))
		cr_skip_test("no %s", path);
	fixture_open(&c, path);
	for (i = 0; i < c.code->nr_ext; i++) {
		struct suture_entry e;

		if (suture_insn_check_entry(c.code, c.code->ext[i].addr, 0, &e, &err))
			no++;
		else
			yes++;
	}
	cr_expect_gt(yes, 2000, "%zu accepted", yes);
	cr_expect_lt(no * 50, yes, "%zu of %zu refused", no, yes + no);
	suture_target_close(c.target);
}

/* ---- arm64: words laid out by hand */

static const uint32_t arm64_words[] = {
	/* 0x1000 */ 0xd503245f, 0x52800000, 0x11000400, 0xd65f03c0,
		/* bti c; mov; add; ret */
	/* 0x1010 */ 0xd503233f, 0x52800000, 0xd50323bf, 0xd65f03c0,
		/* paciasp … autiasp; ret */
	/* 0x1020 */ 0xd503245f, 0x71000400, 0x54ffffe1, 0xd65f03c0,
		/* bti c; 1: subs; b.ne 1b */
	/* 0x1030 */ 0xd503233f, 0x71000400, 0x54ffffe1, 0xd65f03c0,
		/* paciasp; the same */
	/* 0x1040 */ 0x71000400, 0x54ffffe1, 0xd65f03c0, 0xd503201f,
		/* 1: subs; b.ne 1b; nop */
	/* 0x1050 */ 0xd503245f, 0x97ffffed, 0xd65f03c0, 0x00000000,
		/* bti c; bl 0x1008 */
};

static struct suture_code *arm64_code(void)
{
	static struct suture_extent ext[6];
	static struct suture_span span = {
		0x1000, sizeof(arm64_words), (const uint8_t *)arm64_words,
	};
	struct suture_text text = {
		.machine = EM_AARCH64, .code = &span, .nr_code = 1, .extents = ext, .nr_extents = 6,
	};
	struct suture_code *code;
	int i;

	for (i = 0; i < 6; i++)
		ext[i] = (struct suture_extent){ .addr = 0x1000 + i * 16, .size = i < 4 ? 16 : 12,
						 .flags = SUTURE_EXTENT_FDE };
	cr_assert_eq(suture_code_new(&text, &code, NULL), 0);
	return code;
}

Test(insn_arm64, entry)
{
	static const struct {
		uint64_t addr;
		int result;
		enum suture_pad pad;
		const char *why;
	} cases[] = {
		{ 0x1000, 0, SUTURE_PAD_BTI, NULL },
		{ 0x1010, 0, SUTURE_PAD_PACIASP, NULL },
		{ 0x1020, 0, SUTURE_PAD_BTI, NULL },
		/* back behind a signing: the return address would be signed twice */
		{ 0x1030, -EOPNOTSUPP, SUTURE_PAD_PACIASP, "leads to +4" },
		{ 0x1040, 0, SUTURE_PAD_NONE, NULL },
		{ 0x1050, 0, SUTURE_PAD_BTI, NULL },
		{ 0x1002, -EINVAL, SUTURE_PAD_NONE, "multiple of 4" },
	};
	struct suture_code *code = arm64_code();
	struct suture_error err;
	struct suture_entry e;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		err.text[0] = '\0';
		cr_expect_eq(suture_insn_check_entry(code, cases[i].addr, 0, &e, &err),
			     cases[i].result, "0x%lx: %s", (unsigned long)cases[i].addr, err.text);
		cr_expect_eq(e.pad, cases[i].pad, "0x%lx", (unsigned long)cases[i].addr);
		cr_expect_eq(e.branch_at, cases[i].pad == SUTURE_PAD_NONE ? 0 : 4);
		if (cases[i].why)
			cr_expect_not_null(strstr(err.text, cases[i].why), "%s", err.text);
		else
			cr_expect_eq(e.branch_len, 4);
	}
	suture_code_free(code);
}
