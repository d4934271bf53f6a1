// SPDX-License-Identifier: GPL-2.0-only
/* arm64: what functions write, and their arguments on the stack; words by hand. */
#include "insn_fixture.h"
#include "ipara-int.h"

#define STEP 32		/* bytes from one function to the next */
#define NOP 0xd503201f
#define RET 0xd65f03c0

/* eight words a function */
static const uint32_t words[][STEP / 4] = {
	/* 0: add w0, w0, w8; mov x9, x0; fadd d0, d0, d1; ret */
	{ 0x0b080000, 0xaa0003e9, 0x1e612800, RET, NOP, NOP, NOP, NOP },
	/* 1: stp x29, x30, [sp, #-16]!; mov x29, sp; bl 0; ldp x29, x30, [sp], #16; ret */
	{ 0xa9bf7bfd, 0x910003fd, 0x97fffff6, 0xa8c17bfd, RET, NOP, NOP, NOP },
	/* 2: ldr w8, [sp]; add w0, w0, w8; ret */
	{ 0xb94003e8, 0x0b080000, RET, NOP, NOP, NOP, NOP, NOP },
	/* 3: stp x29, x30, [sp, #-32]!; mov x29, sp; ldr w8, [x29, #32]; ldp …, #32; ret */
	{ 0xa9be7bfd, 0x910003fd, 0xb94023a8, 0xa8c27bfd, RET, NOP, NOP, NOP },
	/* 4: sub sp, sp, #16; str w0, [sp, #12]; ldr w0, [sp, #12]; add sp, sp, #16; ret */
	{ 0xd10043ff, 0xb9000fe0, 0xb9400fe0, 0x910043ff, RET, NOP, NOP, NOP },
	/* 5: stp …; mov x29, sp; blr x1; ldp …; ret */
	{ 0xa9bf7bfd, 0x910003fd, 0xd63f0020, 0xa8c17bfd, RET, NOP, NOP, NOP },
	/* 6: br x1 */
	{ 0xd61f0020, NOP, NOP, NOP, NOP, NOP, NOP, NOP },
	/* 7: str x0, [x1]; cmp x2, x3; ret */
	{ 0xf9000020, 0xeb03005f, RET, NOP, NOP, NOP, NOP, NOP },
};

#define NR (sizeof(words) / sizeof(words[0]))
#define X(n) SUTURE_ARM64_X(n)
#define V(n) SUTURE_ARM64_V(n)

static struct suture_code *code;

static void setup(void)
{
	static struct suture_extent ext[NR];
	static const struct suture_span span = { 0x1000, sizeof(words), (const uint8_t *)words };
	struct suture_text t = {
		.machine = EM_AARCH64, .code = &span, .nr_code = 1,
		.extents = ext, .nr_extents = NR,
	};

	for (size_t i = 0; i < NR; i++)
		ext[i] = (struct suture_extent){
			.addr = 0x1000 + i * STEP, .size = i == 6 ? 4 : 20,
			.flags = SUTURE_EXTENT_FDE,
		};
	cr_assert_eq(suture_code_new(&t, &code, NULL), 0);
}

static void teardown(void)
{
	suture_code_free(code);
}

TestSuite(insn_arm64, .init = setup, .fini = teardown);

Test(insn_arm64, writes)
{
	const uint64_t veneer = X(16) | X(17), leaf = X(0) | X(9) | V(0);
	const struct {
		uint64_t may, must;
	} want[] = {
		[0] = { leaf, leaf },
		/* a linker's veneer of the call may take two more */
		[1] = { leaf | veneer, leaf },
		[2] = { X(0) | X(8), X(0) | X(8) },
		[4] = { X(0), X(0) },
		/* through a pointer: all, but the low halves of v8 to v15 are kept */
		[5] = { SUTURE_ARM64_ALL, SUTURE_ARM64_ALL & ~SUTURE_ARM64_V8_15 },
		[7] = { 0, 0 },
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct suture_clobbers set;
		char must[400], may[400];

		if (i == 3)
			continue;
		cr_assert_eq(suture_ipara_clobbers(code, 0x1000 + i * STEP, &set, NULL), 0);
		suture_ipara_names(EM_AARCH64, set.must, must, sizeof(must));
		suture_ipara_names(EM_AARCH64, set.may, may, sizeof(may));
		cr_expect_eq(want[i].must, set.must, "%zu: must %s", i, must);
		/* operands that are read count as written here: arm64 is taken broadly */
		cr_expect_eq(want[i].may & ~set.may, 0, "%zu: may %s", i, may);
		cr_expect_eq(set.must & ~set.may, 0, "%zu", i);
	}
}

Test(insn_arm64, stack_args)
{
	static const enum suture_stack_args want[NR] = {
		SUTURE_STACK_ARGS_NO, SUTURE_STACK_ARGS_NO, SUTURE_STACK_ARGS_YES,
		SUTURE_STACK_ARGS_YES, SUTURE_STACK_ARGS_NO, SUTURE_STACK_ARGS_NO,
		SUTURE_STACK_ARGS_UNKNOWN, SUTURE_STACK_ARGS_NO,
	};

	for (size_t i = 0; i < NR; i++)
		cr_expect_eq(suture_ipara_stack_args(code, 0x1000 + i * STEP), want[i], "%zu", i);
}

Test(insn_arm64, callers)
{
	struct suture_callers c;

	cr_assert_eq(suture_ipara_callers(code, 0x1000, &c, NULL), 0);
	cr_expect_eq(c.calls, 1);
	cr_expect_eq(c.jumps, 0);
	cr_expect_eq(X(0) & ~c.relied, 0);
}
