// SPDX-License-Identifier: GPL-2.0-only
/* What functions write, who relies on what they leave, and whether a stub is needed. */
#include "insn_fixture.h"
#include "ipara-int.h"

#define NOINLINE "__attribute__((noinline)) "

/* The old object. Comments say what -fipa-ra can know. */
static const char source[] =
"extern int ext(int); extern void die(void) __attribute__((noreturn));\n"
"int (*hook)(int);\n"
NOINLINE "static long leaf(long a, long b) { return a * 3 + b; }\n"
NOINLINE "static double fleaf(double a, double b) { return a * 3 + b; }\n"
NOINLINE "static long mid(long a, long b) { return leaf(a, b) + leaf(b, a); }\n"
NOINLINE "static long tail(long a, long b) { return leaf(b, a + 1); }\n"
NOINLINE "static int sw(int c, int x) { switch (c) { case 0: return x * 3; case 1: return x + 77;\n"
"	case 2: return x ^ 55; case 3: return x | 3; case 4: return x - 9; case 5: return x << 3;\n"
"	case 6: return x * x; } return -1; }\n"
NOINLINE "static int other_sw(int c, int x) { switch (c) { case 0: return ext(x); case 1: return x + 1;\n"
"	case 2: return ext(x ^ 3); case 3: return hook(x); case 4: return x - 2; case 5: return 9; } return 1; }\n"
NOINLINE "static int outside(int x) { return ext(x) + 1; }\n"
NOINLINE "static int pointer(int x) { return hook(x) + 1; }\n"
NOINLINE "static void stores(long *p, long v) { p[0] = v; p[1] = v; }\n"
NOINLINE "static void stop(long a) { if (__builtin_expect(a > 1000, 0)) die(); }\n"
NOINLINE "static long stack7(long a, long b, long c, long d, long e, long f, long g) {\n"
"	return a + b * c + d * e + f * g; }\n"
NOINLINE "static void copies(char *d, const char *s, long n) {\n"
"	asm volatile(\"rep movsb\" : \"+D\"(d), \"+S\"(s), \"+c\"(n) :: \"memory\"); }\n"
NOINLINE "static long sys(long n) { long r; asm volatile(\"syscall\" : \"=a\"(r) : \"0\"(n) : \"rcx\", \"r11\", \"memory\"); return r; }\n"
NOINLINE "static int taken(int x) { return x + 4; }\n"
"int (*table[])(int) = { taken };\n"
NOINLINE "long exported(long a) { return a * 9; }\n"
"long use(long a, long b, long c, long d, long e, long f) { return leaf(a, b) + c * d + e + f; }\n"
"long use2(long a, long b, long c, long d, long e, long f) { return mid(a, b) + tail(a, c) + c * d + e + f; }\n"
"double use3(double a, double b, double c, double d) { return fleaf(a, b) + c * d; }\n"
"int use4(int a, int b, int c) { return sw(a, b) + other_sw(b, a) + c + outside(a) + pointer(b); }\n"
"long use5(long *p, long a) { stores(p, a); stop(a); copies((char *)p, (char *)(p + 1), a); return sys(a) + a; }\n"
"long use6(long a, long b, long c, long d, long e, long f, long g) { return stack7(a, b, c, d, e, f, g) + a; }\n"
"long use7(long a, long b) { return exported(a) + b; }\n";

/* What takes their place. */
static const char patch[] =
"extern int ext(int);\n"
"long light(long a, long b) { return a * 5 + b; }\n"
"long heavy(long a, long b) { return ext(a) + b; }\n"
"void heavy_stores(long *p, long v) { p[0] = ext(v); p[1] = v; }\n"
"void light_stores(long *p, long v) { p[0] = v; p[1] = v + 1; }\n"
"double heavy_float(double a, double b) { return a / 3 + b * ext(3); }\n"
"long heavy_stack(long a, long b, long c, long d, long e, long f, long g) { return ext(a) + g; }\n"
"long by_tail(long a) { return ext(a + 1); }\n";

static struct fixture old, new;

static void setup(void)
{
	fixture_build(&old, source, "");
	fixture_build(&new, patch, "-fno-optimize-sibling-calls");
}

static void teardown(void)
{
	fixture_close(&old);
	fixture_close(&new);
}

TestSuite(insn_ipara, .init = setup, .fini = teardown);

#define RAX SUTURE_X86_GPR(0)
#define RCX SUTURE_X86_GPR(1)
#define RDX SUTURE_X86_GPR(2)
#define RSI SUTURE_X86_GPR(6)
#define RDI SUTURE_X86_GPR(7)
#define R(n) SUTURE_X86_GPR(n)
#define XMM(n) SUTURE_X86_XMM(n)

static void writes(const char *name, uint64_t at_most, uint64_t at_least)
{
	char must[300], may[300];
	struct suture_clobbers set;

	cr_assert_eq(suture_ipara_clobbers(old.code, fixture_addr(&old, name), &set, NULL), 0);
	suture_ipara_names(EM_X86_64, set.must, must, sizeof(must));
	suture_ipara_names(EM_X86_64, set.may, may, sizeof(may));
	cr_expect_eq(set.must & ~set.may, 0, "%s: %s not in %s", name, must, may);
	cr_expect_eq(set.may & ~at_most, 0, "%s may write %s", name, may);
	cr_expect_eq(at_least & ~set.must, 0, "%s must write %s", name, must);
}

Test(insn_ipara, leaves)
{
	writes("leaf", RAX, RAX);
	writes("fleaf", XMM(0), XMM(0));
	writes("stores", XMM(0), XMM(0));
	writes("copies", RCX | RSI | RDI, RCX | RSI | RDI);
	writes("sys", RAX | RCX | R(11) | RDI, RAX | RCX | R(11));
}

Test(insn_ipara, through_calls)
{
	writes("mid", RAX | RCX | RDX | RSI | RDI, RAX | RSI | RDI);
	writes("tail", RAX | RSI | RDI, RAX | RSI | RDI);
	writes("outside", SUTURE_X86_ALL, SUTURE_X86_ALL);
	writes("pointer", SUTURE_X86_ALL, SUTURE_X86_ALL);
}

/* the table of other_sw lies behind that of sw, and must not be read as a part of it */
Test(insn_ipara, jump_tables)
{
	const struct suture_extent *ext;
	const struct suture_flow *flow;

	ext = suture_code_extent(old.code, fixture_addr(&old, "sw"));
	flow = suture_code_flow(old.code, ext);
	cr_assert(flow->has_switch, "gcc made a jump table");
	cr_expect_eq(flow->nr_inner, 7, "%zu", flow->nr_inner);
	writes("sw", RAX | RCX | RDX | RSI | RDI, RAX);
	writes("other_sw", SUTURE_X86_ALL, SUTURE_X86_ALL);
}

/* a call that does not come back proves nothing and spoils nothing */
Test(insn_ipara, no_return)
{
	writes("stop", 0, 0);
}

Test(insn_ipara, names)
{
	char buf[64], tiny[6];

	cr_expect_str_eq(suture_ipara_names(EM_X86_64, RAX | R(10) | XMM(3), buf, sizeof(buf)),
			 "rax, r10, xmm3");
	cr_expect_str_eq(suture_ipara_names(EM_AARCH64, SUTURE_ARM64_X(9) | SUTURE_ARM64_V(31),
					    buf, sizeof(buf)), "x9, v31");
	cr_expect_lt(strlen(suture_ipara_names(EM_X86_64, SUTURE_X86_ALL, tiny, sizeof(tiny))), 6);
	cr_expect_str_eq(suture_ipara_names(EM_X86_64, 0, buf, sizeof(buf)), "");
}

Test(insn_ipara, callers)
{
	struct suture_callers c;

	cr_assert_eq(suture_ipara_callers(old.code, fixture_addr(&old, "leaf"), &c, NULL), 0);
	cr_expect_eq(c.calls, 3, "use, and twice mid: %u", c.calls);
	cr_expect_eq(c.jumps, 1, "tail: %u", c.jumps);
	cr_expect_not(c.address_taken);
	cr_expect_eq((R(8) | R(9) | RCX | XMM(0)) & ~c.relied, 0);

	/* only a pointer leads there */
	cr_assert_eq(suture_ipara_callers(old.code, fixture_addr(&old, "taken"), &c, NULL), 0);
	cr_expect_eq(c.calls + c.jumps, 0);
	cr_expect(c.address_taken);
	cr_expect_eq(c.relied, 0);

	/* exported, called through the PLT by its own object */
	cr_assert_eq(suture_ipara_callers(old.code, fixture_addr(&old, "exported"), &c, NULL), 0);
	cr_expect_eq(c.calls + c.jumps, 0, "%u %u", c.calls, c.jumps);
	cr_expect_eq(c.relied, 0);
}

static int compare(const char *from, const char *to, struct suture_ipara *ret,
		   struct suture_error *err)
{
	return suture_ipara_compare(old.code, fixture_addr(&old, from),
				    new.code, fixture_addr(&new, to), NULL, 0, ret, err);
}

static const uint64_t args = RCX | RDX | RSI | RDI | R(8) | R(9);

Test(insn_ipara, no_stub)
{
	struct suture_error err = { 0 };
	struct suture_ipara i;

	cr_expect_eq(compare("leaf", "light", &i, &err), 0, "%s", err.text);
	cr_expect_eq(i.save, 0);
	cr_expect_eq(compare("outside", "heavy", &i, &err), 0, "%s", err.text);
	cr_expect_eq(i.save, 0, "the old one already writes everything");
	cr_expect_eq(compare("exported", "heavy", &i, &err), 0, "%s", err.text);
	cr_expect_eq(i.save, 0, "only the PLT leads there");
	cr_expect_eq(compare("exported", "heavy_stack", &i, &err), 0, "%s", err.text);
}

Test(insn_ipara, stub)
{
	struct suture_error err = { 0 };
	struct suture_ipara i;
	char buf[300];

	cr_expect_eq(compare("leaf", "heavy", &i, &err), 0, "%s", err.text);
	suture_ipara_names(EM_X86_64, i.save, buf, sizeof(buf));
	cr_expect_eq(i.save & RAX, 0, "the result: %s", buf);
	cr_expect_eq((args | R(10) | XMM(0) | XMM(7)) & ~i.save, 0, "%s", buf);

	/* a double comes back in xmm0; nothing in rax */
	cr_expect_eq(compare("fleaf", "heavy_float", &i, &err), 0, "%s", err.text);
	suture_ipara_names(EM_X86_64, i.save, buf, sizeof(buf));
	cr_expect_eq(i.save & XMM(0), 0, "%s", buf);
	cr_expect_eq((args | RAX | XMM(1) | XMM(2)) & ~i.save, 0, "%s", buf);

	/* nothing comes back at all */
	cr_expect_eq(compare("stores", "heavy_stores", &i, &err), 0, "%s", err.text);
	suture_ipara_names(EM_X86_64, i.save, buf, sizeof(buf));
	cr_expect_eq((args | RAX | XMM(1)) & ~i.save, 0, "%s", buf);

	/* one register more */
	cr_expect_eq(compare("stores", "light_stores", &i, &err), 0, "%s", err.text);
	suture_ipara_names(EM_X86_64, i.save, buf, sizeof(buf));
	cr_expect_neq(i.save, 0);
	cr_expect_eq(i.save & ~(RSI | RAX | RDX | XMM(1)), 0, "%s", buf);
}

Test(insn_ipara, refused)
{
	struct suture_error err = { 0 };
	struct suture_ipara i;

	cr_expect_eq(compare("stack7", "heavy_stack", &i, &err), -EOPNOTSUPP);
	cr_expect_not_null(strstr(err.text, "takes arguments on the stack"), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "stack7"), "%s", err.text);
	cr_expect_not_null(strstr(err.text, "rdx"), "%s", err.text);
	cr_expect_neq(i.save, 0, "filled all the same");
	/* the object of by_tail without its flag */
	cr_expect_eq(suture_ipara_clobbers(old.code, 0x10, &i.old_set, &err), -EINVAL);
}

Test(insn_ipara, stack_args)
{
	static const struct {
		const char *name;
		enum suture_stack_args result;
	} cases[] = {
		{ "leaf", SUTURE_STACK_ARGS_NO }, { "mid", SUTURE_STACK_ARGS_NO },
		{ "tail", SUTURE_STACK_ARGS_NO }, { "sw", SUTURE_STACK_ARGS_NO },
		{ "outside", SUTURE_STACK_ARGS_NO }, { "stack7", SUTURE_STACK_ARGS_YES },
		{ "use6", SUTURE_STACK_ARGS_YES }, { "use2", SUTURE_STACK_ARGS_NO },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		cr_expect_eq(suture_ipara_stack_args(old.code, fixture_addr(&old, cases[i].name)),
			     cases[i].result, "%s", cases[i].name);
}

/* A tail call may pass on what is on the stack; frames of all kinds may not mislead. */
Test(insn_frames, stack_args)
{
	static const char frames[] =
	"#include <stdarg.h>\n"
	"extern int ext(int); extern void use(void *, ...);\n"
	"int by_tail(int a) { return ext(a + 1); }\n"
	"int array(int a) { char b[300]; use(b, a); return b[a]; }\n"
	"int aligned(int a) { char b[300] __attribute__((aligned(64))); use(b, a); return b[a]; }\n"
	"int vla(int a) { char b[a]; use(b, a); return b[1]; }\n"
	"int vla7(int a, int b, int c, int d, int e, int f, int g) { char v[a]; use(v, g); return v[1]; }\n"
	"int aligned7(int a, int b, int c, int d, int e, int f, int g) {\n"
	"	char v[64] __attribute__((aligned(64))); use(v, g); return v[1]; }\n"
	"struct big { long v[9]; }; long by_value(struct big b) { return b.v[3]; }\n"
	"int pushes(int a) { use(0, 1, 2, 3, 4, 5, 6, 7, 8, a); return a; }\n"
	"int varargs(int a, ...) { va_list l; int s = 0; va_start(l, a); while (a--) s += va_arg(l, int);\n"
	"	va_end(l); return s; }\n"
	"int early(int a, int *p) { if (!p) return 1; use(p, a); if (*p) { use(p); return *p; } return a; }\n";
	static const struct {
		const char *name;
		enum suture_stack_args result;
	} cases[] = {
		{ "by_tail", SUTURE_STACK_ARGS_UNKNOWN }, { "array", SUTURE_STACK_ARGS_NO },
		{ "aligned", SUTURE_STACK_ARGS_NO }, { "vla", SUTURE_STACK_ARGS_NO },
		{ "vla7", SUTURE_STACK_ARGS_YES }, { "aligned7", SUTURE_STACK_ARGS_YES },
		{ "by_value", SUTURE_STACK_ARGS_YES }, { "pushes", SUTURE_STACK_ARGS_NO },
		{ "varargs", SUTURE_STACK_ARGS_YES }, { "early", SUTURE_STACK_ARGS_NO },
	};
	static const char *const flags[] = { "", "-fno-omit-frame-pointer", "-Os", "-O0 -mno-red-zone" };
	size_t i, k;

	for (k = 0; k < 4; k++) {
		struct fixture f;

		fixture_build(&f, frames, flags[k]);
		/* -O0 makes no tail call */
		for (i = k == 3; i < sizeof(cases) / sizeof(cases[0]); i++)
			cr_expect_eq(suture_ipara_stack_args(f.code,
							     fixture_addr(&f, cases[i].name)),
				     cases[i].result, "%s %s", cases[i].name, flags[k]);
		fixture_close(&f);
	}
}

/* An exported function may be called directly too, and then counts. */
Test(insn_exported, direct_callers)
{
	struct suture_callers c;
	struct fixture f;

	fixture_build(&f, source, "-fno-semantic-interposition");
	cr_assert_eq(suture_ipara_callers(f.code, fixture_addr(&f, "exported"), &c, NULL), 0);
	cr_expect_eq(c.calls, 1);
	cr_expect_neq(c.relied, 0);
	fixture_close(&f);
}

/* Values of 256 bits over the call: an entry stub of today cannot keep them. */
Test(insn_wide, refused)
{
	static const char wide[] =
	"typedef double v4 __attribute__((vector_size(32)));\n"
	NOINLINE "static double leaf(double a) { return a * 3; }\n"
	"void use(v4 *p, double a) { v4 x = p[0] * p[1]; p[2] = x + leaf(a); }\n";
	struct suture_error err = { 0 };
	struct suture_ipara i;
	struct fixture f, g;

	fixture_build(&f, wide, "-mavx2");
	fixture_build(&g, patch, "-fno-optimize-sibling-calls");
	cr_expect_eq(suture_ipara_compare(f.code, fixture_addr(&f, "leaf"), g.code,
					  fixture_addr(&g, "heavy_float"), NULL, 0, &i, &err), -EOPNOTSUPP);
	cr_expect_not_null(strstr(err.text, "cannot save upper halves"), "%s", err.text);
	fixture_close(&f);
	fixture_close(&g);
}

/* A convention of its own: rsi, rdi and xmm6 to xmm15 are kept over the call. */
Test(insn_kept, other_convention)
{
	static const char kept[] =
	"extern int ext(int);\n"
	NOINLINE "static __attribute__((ms_abi)) int other(int a) { return ext(a) + ext(a + 1); }\n"
	"int use(int a) { return other(a); }\n";
	struct suture_clobbers set;
	struct fixture f;

	fixture_build(&f, kept, "");
	cr_assert_eq(suture_ipara_clobbers(f.code, fixture_addr(&f, "other"), &set, NULL), 0);
	cr_expect_eq(set.must & (RSI | RDI | XMM(6) | XMM(15)), 0);
	cr_expect_eq((R(8) | R(9) | RCX | XMM(5)) & ~set.must, 0);
	cr_expect_eq((RSI | RDI) & ~set.may, 0, "not proved to be kept");
	fixture_close(&f);
}

/* Jumps that look like returns go anywhere. */
Test(insn_disguise, returns)
{
	static const char disguise[] =
	"asm(\".text; .type by_push, @function; by_push: .cfi_startproc; push %rdi; ret; .cfi_endproc; .size by_push, .-by_push;\"\n"
	"    \".type by_mov, @function; by_mov: .cfi_startproc; mov %rdi, (%rsp); ret; .cfi_endproc; .size by_mov, .-by_mov\");\n";
	struct suture_clobbers set;
	struct fixture f;

	fixture_build(&f, disguise, "");
	cr_assert_eq(suture_ipara_clobbers(f.code, fixture_addr(&f, "by_push"), &set, NULL), 0);
	cr_expect_eq(set.may, SUTURE_X86_ALL);
	cr_expect_eq(set.must, 0);
	cr_assert_eq(suture_ipara_clobbers(f.code, fixture_addr(&f, "by_mov"), &set, NULL), 0);
	cr_expect_eq(set.may, SUTURE_X86_ALL);
	fixture_close(&f);
}

/* Where it cannot be seen whether a call comes back, nothing is guessed. */
Test(insn_unclear, refused)
{
	static const char unclear[] =
	"void (*hook)(int); static void reset(int a);\n"
	"asm(\".text; .type reset, @function; reset: .cfi_startproc; test %edi, %edi; je 1f;\"\n"
	"    \" call *%rsi; 1: ret; .cfi_endproc; .size reset, .-reset\");\n"
	"long use(long a, long b) { reset(a); return b; }\n";
	struct suture_error err = { 0 };
	struct suture_ipara i;
	struct fixture f, g;

	fixture_build(&f, unclear, "-fno-optimize-sibling-calls");
	fixture_build(&g, patch, "-fno-optimize-sibling-calls");
	cr_expect_eq(suture_ipara_compare(f.code, fixture_addr(&f, "reset"), g.code,
					  fixture_addr(&g, "heavy"), NULL, 0, &i, &err), -EOPNOTSUPP);
	cr_expect_not_null(strstr(err.text, "cannot be seen whether it returns"), "%s", err.text);
	fixture_close(&f);
	fixture_close(&g);
}
