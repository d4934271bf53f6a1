// SPDX-License-Identifier: GPL-2.0-only
/* Where suture trace sets its probes. One small function a case. */
#include "insn_fixture.h"
#include "trace-point.h"

#define FUNC(name, body)							\
	".p2align 4, 0xcc\n.type " name ", @function\n" name ":\n"	\
	".cfi_startproc\n" body "\n.cfi_endproc\n.size " name ", .-" name "\n"

/* Labels p1, p2 ... of a function are where probes have to be. */
static const char source[] = "asm(R\"(.text\n"
FUNC("straight", "push %rbx; mov %rdi, %rbx; xor %eax, %eax; straight.p1: pop %rbx; ret")
FUNC("behind_first", "mov $1, %eax; behind_first.p1: ret")
FUNC("at_the_call", "push %rbx; mov %rdi, %rbx; nop; at_the_call.p1: call straight; pop %rbx; ret")
FUNC("parts", "test %edi, %edi; jle 1f; push %rbx; parts.p1: mov %edi, %ebx; call straight; "
	      "pop %rbx; ret; nop; 1: parts.p2: xor %eax, %eax; ret")
FUNC("parts_late", "mov %edi, %eax; test %edi, %edi; nop; parts_late.p1: je 1f; inc %eax; 1: ret")
FUNC("meets", "test %edi, %edi; je 1f; nop; meets.p1: inc %eax; 1: meets.p2: inc %eax; ret")
FUNC("loops", "xor %eax, %eax; nop; nop; nop; 1: loops.p1: inc %eax; dec %edi; jne 1b; ret")
FUNC("loops_behind", "xor %eax, %eax; nop; nop; nop; loops_behind.p1: inc %eax; 1: dec %edi; "
		     "jne 1b; ret")
FUNC("to_itself", "mov %edi, %eax; nop; nop; nop; to_itself.p1: dec %edi; jne to_itself; ret")
FUNC("too_short", "xor %eax, %eax; ret")
FUNC("leaves", "test %edi, %edi; .byte 0x74, straight + 3 - . - 1; nop; inc %eax; ret")
FUNC("locked", "xor %eax, %eax; nop; nop; nop; lock incl (%rdi); locked.p1: mov (%rdi), %eax; ret")
FUNC("hinted", "mov %edi, %eax; nop; nop; nop; .byte 0x2e, 0x90; hinted.p1: ret")
FUNC("nop5", "mov %edi, %eax; nop; nop; nop; .byte 0x0f, 0x1f, 0x44, 0, 0; nop5.p1: ret")
FUNC("system", "mov %edi, %eax; nop; nop; nop; syscall; system.p1: ret")
FUNC("stops", "mov %edi, %eax; nop; nop; nop; ud2")
FUNC("avoided", "mov %edi, %eax; nop; nop; nop; dec %eax; avoided.p1: inc %eax; ret")
FUNC("avoided_call", "mov %edi, %eax; nop; nop; nop; call straight; ret")
FUNC("cold", "test %edi, %edi; js cold.part; nop; cold.p2: mov %edi, %eax; ret")
FUNC("cold.part", "cold.p1: push %rax; call straight; pop %rdx; ret")
FUNC("pad", "endbr64; push %rbx; mov %rdi, %rbx; xor %eax, %eax; pad.p1: pop %rbx; ret")
")\");";

static struct fixture f;

static void setup(void)
{
	fixture_build(&f, source, "");
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(trace_point, .init = setup, .fini = teardown);

static bool avoid_dec(void *arg, uint64_t addr, uint64_t len)
{
	uint64_t place = *(uint64_t *)arg;

	return addr < place + 2 && place < addr + len;
}

static int points(const char *name, unsigned int branch_at, struct suture_trace_points *ret,
		  struct suture_error *err)
{
	uint64_t entry = fixture_addr(&f, name), place = 0;
	int r;

	if (!strncmp(name, "avoided", 7))
		place = entry + 5;
	r = suture_trace_points(f.code, entry, entry + branch_at + 5, avoid_dec, &place, ret, err);
	return r;
}

/* The probes of @name are its @nr labels. */
static void chosen(const char *name, unsigned int branch_at, size_t nr, bool exact)
{
	struct suture_trace_points p;
	struct suture_error err = { 0 };
	char label[64];
	size_t i, k;

	cr_assert_eq(points(name, branch_at, &p, &err), 0, "%s: %s", name, err.text);
	cr_expect_eq(p.nr, nr, "%s: %zu probes", name, p.nr);
	cr_expect_eq(p.exact, exact, "%s: %s", name, p.exact ? "exact" : "not exact");
	for (i = 1; i <= nr; i++) {
		snprintf(label, sizeof(label), "%s.p%zu", name, i);
		for (k = 0; k < p.nr; k++)
			if (p.addr[k] == fixture_addr(&f, label))
				break;
		cr_expect_lt(k, p.nr, "no probe at %s", label);
	}
	for (i = 0; i < p.nr; i++)
		cr_expect(p.addr[i] >= fixture_addr(&f, name) + branch_at + 5 ||
			  p.addr[i] < fixture_addr(&f, name), "%s: a probe on the branch", name);
}

static void refused(const char *name, const char *why)
{
	struct suture_trace_points p;
	struct suture_error err = { 0 };

	cr_expect_eq(points(name, 0, &p, &err), -EOPNOTSUPP, "%s", name);
	cr_expect_not_null(strstr(err.text, why), "%s: \"%s\" not in \"%s\"", name, why, err.text);
}

Test(trace_point, every_call_once)
{
	chosen("straight", 0, 1, true);
	chosen("behind_first", 0, 1, true);
	chosen("at_the_call", 0, 1, true);
	chosen("parts", 0, 2, true);
	chosen("parts_late", 0, 1, true);
	chosen("loops_behind", 0, 1, true);
	chosen("cold", 0, 2, true);
	chosen("pad", 4, 1, true);
}

Test(trace_point, more_than_once)
{
	chosen("meets", 0, 2, false);
	chosen("loops", 0, 1, false);
	chosen("to_itself", 0, 1, false);
}

Test(trace_point, instructions_that_take_no_probe)
{
	chosen("locked", 0, 1, true);
	chosen("hinted", 0, 1, true);
	chosen("nop5", 0, 1, true);
	chosen("system", 0, 1, true);
	refused("stops", "it is over before");
}

Test(trace_point, places_of_other_patches)
{
	chosen("avoided", 0, 1, true);
	refused("avoided_call", "before the first call");
}

Test(trace_point, cannot)
{
	refused("too_short", "it is over before");
	refused("leaves", "another function");
}
