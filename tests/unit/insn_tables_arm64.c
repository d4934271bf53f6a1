// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: jump tables. The forms that compilers make, by hand, where every entry is
 * known; a switch compiled by gcc and by clang; originals of functions with tables.
 */
#include "original_work.h"
#include "ipara-int.h"
#include "original-int.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

#define FN(name, body) \
	"\t.globl " name "\n\t.type " name ", %function\n\t.p2align 4\n" name ":\n\t.cfi_startproc\n" \
	"\t" body "\n\t.cfi_endproc\n\t.size " name ", . - " name "\n"

/* Three cases of the function with this letter. */
#define CASES(c) \
	"\n" c "0: add x0, x0, #1\n ret\n" c "1: add x0, x0, #2\n ret\n" c "2: add x0, x0, #3\n ret\n" \
	c "d: mov x0, #0\n ret"
#define TABLE(c, dir, base, scale, pad) \
	c "t: " dir " (" c "0 - " base ")" scale ", (" c "2 - " base ")" scale ", (" c "1 - " base ")" scale \
	"\n" pad "\n"

static const char source[] =
	"	.section .note.GNU-stack,\"\",%progbits\n"
	"	.section .rodata\n	.p2align 3\n"
	/* right behind each of them is something that would lead into the function, too */
	TABLE("a", ".byte", "ab", "/4", ".byte 0, 0, 0")
	TABLE("b", ".hword", "bb", "/4", ".hword 0, 0")
	"	.p2align 2\n"
	TABLE("c", ".word", "ct", "", ".word 0")
	TABLE("e", ".byte", "e0", "/4", "")
	TABLE("f", ".byte", "fb", "/4", ".byte 0")
	TABLE("g", ".byte", "gb", "/4", ".byte 0")
	TABLE("h", ".byte", "hb", "/4", ".byte 0")
	TABLE("k", ".byte", "kb", "/4", ".byte 0")
	TABLE("l", ".byte", "lb", "/4", ".byte 0")
	TABLE("m", ".byte", "mb", "/4", ".byte 0")
	"	.p2align 2\n"
	TABLE("p", ".word", "pt", "", ".word 0")
	TABLE("q", ".hword", "qb", "/4", ".hword 0")
	TABLE("r", ".hword", "rb", "/4", ".hword 0")
	TABLE("s", ".hword", "sb", "/4", ".hword 0")
	"	.data\n	.p2align 3\n	.hidden where\nwhere: .quad 0\n"
	"	.text\n"
	/* gcc */
	FN("byte", "cmp w0, #2\n b.hi ad\n adrp x1, at\n add x1, x1, :lo12:at\n"
	   " ldrb w1, [x1, w0, uxtw]\n adr x2, ab\n add x1, x2, w1, sxtb #2\n br x1\nab:" CASES("a"))
	FN("half", "adrp x1, bt\n add x1, x1, :lo12:bt\n sub w0, w0, #5\n cmp w0, #2\n b.hi bd\n"
	   " ldrh w0, [x1, w0, uxtw #1]\n adr x1, bb\n add x0, x1, w0, sxth #2\n br x0\nbb:" CASES("b"))
	/* clang, position-independent in words; the sum the other way round */
	FN("word", "cmp w0, #3\n b.hs cd\n mov w8, w0\n adrp x9, ct\n add x9, x9, :lo12:ct\n"
	   " ldrsw x10, [x9, x8, lsl #2]\n add x9, x10, x9\n br x9" CASES("c"))
	/* clang, in bytes, which are not signed; and no comparison */
	FN("open", "and x8, x0, #3\n adrp x9, et\n add x9, x9, :lo12:et\n adr x10, e0\n"
	   " ldrb w11, [x9, x8]\n add x10, x10, x11, lsl #2\n nop\n br x10" CASES("e"))
	/* made in front of a loop with a call in it, in a register that calls keep */
	FN("hoisted", "stp x19, x30, [sp, #-16]!\n adrp x19, ft\n b 2f\n1: bl byte\n2: add x3, x19, :lo12:ft\n"
	   " cbz x0, 1b\n cmp w0, #2\n b.hi fd\n ldrb w1, [x3, w0, uxtw]\n adr x2, fb\n"
	   " add x1, x2, w1, sxtb #2\n br x1\nfb:" CASES("f"))
	/* put into the frame */
	FN("spilled", "sub sp, sp, #64\n adrp x1, gt\n add x1, x1, :lo12:gt\n stp x0, x1, [sp, #32]\n bl byte\n"
	   " cmp w0, #2\n b.hi gd\n ldr x1, [sp, #40]\n ldrb w0, [x1, w0, uxtw]\n adr x1, gb\n"
	   " add x0, x1, w0, sxtb #2\n br x0\ngb:" CASES("g"))
	/* two ways to it, and a call that does not come back in front */
	FN("ways", "adrp x4, ht\n cbz x1, 1f\n add x5, x4, :lo12:ht\n mov x3, x5\n b 2f\n"
	   "1: adrp x3, kt\n add x3, x3, :lo12:kt\n b 2f\n bl byte\n2: cmp w0, #2\n b.hi hd\n"
	   " ldrb w1, [x3, w0, uxtw]\n adr x2, hb\n add x1, x2, w1, sxtb #2\n br x1\nhb: kb:"
	   CASES("h") "\nk0: nop\nk1: nop\nk2: nop\nkd: ret")
	/* one switch in another's case: only a jump table leads there */
	FN("nested", "adrp x3, lt\n add x3, x3, :lo12:lt\n adrp x4, mt\n add x4, x4, :lo12:mt\n"
	   " cmp w0, #2\n b.hi ld\n ldrb w1, [x3, w0, uxtw]\n adr x2, lb\n add x1, x2, w1, sxtb #2\n br x1\n"
	   "lb: brk #1\nl0: cmp w0, #2\n b.hi md\n ldrb w1, [x4, w0, uxtw]\n adr x2, mb\n"
	   " add x1, x2, w1, sxtb #2\n br x1\nmb: brk #2\n"
	   "l1: ret\nl2: ret\nld: ret" CASES("m"))
	/* an offset to what another table begins with */
	FN("further", "cmp w0, #2\n b.hi pd\n adrp x1, where\n add x1, x1, :lo12:where\n"
	   " adrp x2, pt\n add x2, x2, :lo12:pt\n ldrsw x0, [x2, w0, uxtw #2]\n add x2, x2, x0\n"
	   " br x2" CASES("p"))
	/* not read: who knows what is there */
	FN("unread", "adrp x1, where\n ldr x1, [x1, :lo12:where]\n cmp w0, #2\n b.hi 1f\n"
	   " ldrb w1, [x1, w0, uxtw]\n adr x2, 1f\n add x1, x2, w1, sxtb #2\n br x1\n1: ret")
	/* no tables: a tail call, one through a table of addresses, one into a fixed place */
	FN("tail", "adrp x1, where\n ldr x1, [x1, :lo12:where]\n br x1")
	FN("handlers", "adrp x1, where\n add x1, x1, :lo12:where\n ldr x1, [x1, x0, lsl #3]\n br x1")
	FN("sum", "adrp x1, byte\n add x1, x1, :lo12:byte\n br x1")
	/* loops whose head is the entry, closed by a table that is read, or not */
	FN("loop", "bti c\nloop_head: add w0, w0, #1\n cmp w0, #2\n b.hi qd\n adrp x1, qt\n"
	   " add x1, x1, :lo12:qt\n ldrh w1, [x1, w0, uxtw #1]\n adr x2, qb\n add x1, x2, w1, sxth #2\n"
	   " br x1\nqb: brk #1\n.set q0, loop_head\nq1: nop\nq2: nop\nqd: ret")
	FN("blind", "bti c\n add w0, w0, #1\n adrp x1, where\n ldr x1, [x1, :lo12:where]\n"
	   " ldrb w1, [x1, w0, uxtw]\n adr x2, 1f\n add x1, x2, w1, sxtb #2\n br x1\n1: ret")
	FN("past", "bti c\n add w0, w0, #1\n cmp w0, #2\n b.hi rd\n adrp x1, rt\n"
	   " add x1, x1, :lo12:rt\n ldrh w1, [x1, w0, uxtw #1]\n adr x2, rb\n add x1, x2, w1, sxth #2\n"
	   " br x1\nrb:" CASES("r"))
	/* x16, which the way back of an original would take, is read in a case */
	FN("keeps", "bti c\n mov x16, #7\n cmp w0, #2\n b.hi sd\n adrp x1, st\n"
	   " add x1, x1, :lo12:st\n ldrh w1, [x1, w0, uxtw #1]\n adr x2, sb\n add x1, x2, w1, sxth #2\n"
	   " br x1\nsb: brk #1\ns0: mov x0, x16\n ret\ns1: mov x0, #1\n ret\ns2: mov x0, #2\n ret\n"
	   "sd: ret");

static bool have(const char *program)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s >/dev/null", program);
	return !system(command);
}

static struct fixture fix;

static void setup(void)
{
	char path[96];
	FILE *file;

	if (!have("aarch64-linux-gnu-gcc"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	strcpy(fix.dir, "/tmp/suture-insn-XXXXXX");
	cr_assert_not_null(mkdtemp(fix.dir));
	snprintf(path, sizeof(path), "%s/a.s", fix.dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(source, file);
	cr_assert_eq(fclose(file), 0);
	run("aarch64-linux-gnu-gcc -march=armv8.5-a -shared -nostdlib -Wl,-Bsymbolic -o %s/a.so %s/a.s", fix.dir,
	    fix.dir);
	snprintf(path, sizeof(path), "%s/a.so", fix.dir);
	fixture_open(&fix, path);
}

static void teardown(void)
{
	fixture_close(&fix);
}

static const struct suture_flow *flow_of(const struct fixture *f, const char *name)
{
	const struct suture_extent *ext = suture_code_extent(f->code, fixture_addr(f, name));

	cr_assert_not_null(ext);
	return suture_code_flow(f->code, ext);
}

static bool leads_to(const struct suture_flow *flow, uint64_t addr)
{
	for (size_t i = 0; i < flow->nr_inner; i++)
		if (flow->inner[i] == addr)
			return true;
	return false;
}

Test(insn_tables_arm64, forms, .init = setup, .fini = teardown)
{
	static const struct {
		const char *name, *labels;
		bool more;	/* more than that, for want of a comparison */
	} want[] = {
		{ "byte", "a0 a1 a2", false }, { "half", "b0 b1 b2", false },
		{ "word", "c0 c1 c2", false }, { "open", "e0 e1 e2", true },
		{ "hoisted", "f0 f1 f2", false }, { "spilled", "g0 g1 g2", false },
		{ "ways", "h0 h1 h2 k0 k1 k2", false }, { "nested", "l0 l1 l2 m0 m1 m2", false },
		{ "further", "p0 p1 p2", false }, { "past", "r0 r1 r2", false },
		{ "loop", "loop_head q1 q2", false },
	};

	for (size_t i = 0; i < NR(want); i++) {
		const struct suture_flow *flow = flow_of(&fix, want[i].name);
		char labels[64], *save;
		size_t nr = 0;

		cr_expect(flow->has_switch, "%s", want[i].name);
		cr_expect_eq(flow->unread, 0, "%s", want[i].name);
		strcpy(labels, want[i].labels);
		for (char *l = strtok_r(labels, " ", &save); l; l = strtok_r(NULL, " ", &save), nr++)
			cr_expect(leads_to(flow, fixture_addr(&fix, l)), "%s: %s", want[i].name, l);
		if (!want[i].more)
			cr_expect_eq(flow->nr_inner, nr, "%s: %zu places", want[i].name,
				     flow->nr_inner);
	}
}

Test(insn_tables_arm64, none, .init = setup, .fini = teardown)
{
	static const char *const names[] = { "unread", "tail", "handlers", "sum" };

	for (size_t i = 0; i < NR(names); i++) {
		const struct suture_flow *flow = flow_of(&fix, names[i]);

		cr_expect_not(flow->has_switch, "%s", names[i]);
		cr_expect_eq(flow->nr_inner, 0, "%s", names[i]);
		cr_expect_eq(flow->unread, i == 0, "%s", names[i]);
	}
}

/* Its loop would come to the branch at the entry, and run the new function. */
Test(insn_tables_arm64, originals, .init = setup, .fini = teardown)
{
	static const struct {
		const char *name, *why;
	} want[] = { { "loop", "(by a table)" }, { "blind", "was not found" }, { "past", NULL } };
	struct suture_error err;
	struct originals o;

	originals_begin(&o, &fix);
	for (size_t i = 0; i < NR(want); i++) {
		uint64_t addr = fixture_addr(&fix, want[i].name);
		int r = originals_add(&o, addr, 0, want[i].name, NULL, &err);

		cr_expect_eq(r, want[i].why ? -EOPNOTSUPP : 0, "%s: %d", want[i].name, r);
		if (want[i].why)
			cr_expect_not_null(strstr(err.text, want[i].why), "%s", err.text);
	}
	originals_link(&o, "aarch64-linux-gnu-gcc -march=armv8.5-a");
	originals_end(&o);
}

/* A register that only a case reads is live in front of the switch. */
Test(insn_tables_arm64, live, .init = setup, .fini = teardown)
{
	uint64_t keeps = fixture_addr(&fix, "keeps");

	cr_expect(suture_code_live(fix.code, keeps + 8, SUTURE_ARM64_X(16)));
	cr_expect_not(suture_code_live(fix.code, keeps + 8, SUTURE_ARM64_X(17)));
	cr_expect(suture_code_live(fix.code, fixture_addr(&fix, "unread"), SUTURE_ARM64_X(16)));
}

static const char switches[] =
	"extern long g(long);\n"
	"#define CASE(n, x) case n: { asm volatile(\"case_\" #n \"_%=:\" : : ); r += g(r * x); break; }\n"
	"long many(long a, int n)\n{\n	long r = a;\n	for (int i = 0; i < n; i++) {\n"
	"	switch (g(i)) {\n"
	"	CASE(1, 2) CASE(2, 3) CASE(3, 5) CASE(4, 7) CASE(5, 11) CASE(6, 13) CASE(7, 17)\n"
	"	CASE(8, 19) CASE(9, 23) CASE(10, 29) CASE(11, 31) CASE(12, 37)\n"
	"	default: r--; }\n	}\n	return r;\n}\n";

/* As compiled: each case is found. */
static void compiled(const char *cc)
{
	const struct suture_flow *flow;
	struct fixture f = { 0 };
	char path[96];
	size_t cases = 0;
	FILE *file;

	strcpy(f.dir, "/tmp/suture-insn-XXXXXX");
	cr_assert_not_null(mkdtemp(f.dir));
	snprintf(path, sizeof(path), "%s/a.c", f.dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(switches, file);
	cr_assert_eq(fclose(file), 0);
	run("%s -O2 -fPIC -nostdlib -shared -Wl,-z,undefs -o %s/a.so %s/a.c", cc, f.dir, f.dir);
	snprintf(path, sizeof(path), "%s/a.so", f.dir);
	fixture_open(&f, path);
	flow = flow_of(&f, "many");
	cr_expect(flow->has_switch, "%s", cc);
	for (size_t i = 0; i < f.target->symbols.nr; i++) {
		const struct suture_symbol *s = &f.target->symbols.syms[i];
		bool near = false;

		if (strncmp(s->name, "case_", 5))
			continue;
		cases++;
		/* the compiler may put instructions of a case in front of its label */
		for (uint64_t at = s->value; at + 16 > s->value; at -= 4)
			near |= leads_to(flow, at);
		cr_expect(near, "%s: %s", cc, s->name);
	}
	cr_expect_eq(cases, 12, "%s: %zu", cc, cases);
	cr_expect_geq(flow->nr_inner, 12, "%s: %zu", cc, flow->nr_inner);
	fixture_close(&f);
}

Test(insn_tables_arm64, gcc)
{
	if (!have("aarch64-linux-gnu-gcc"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	compiled("aarch64-linux-gnu-gcc");
}

Test(insn_tables_arm64, clang)
{
	if (!have("clang") || !have("aarch64-linux-gnu-ld"))
		cr_skip_test("no clang, or no aarch64-linux-gnu-ld");
	compiled("clang --target=aarch64-linux-gnu -fuse-ld=$(command -v aarch64-linux-gnu-ld)");
	compiled("clang --target=aarch64-linux-gnu -mcmodel=tiny -fuse-ld=$(command -v aarch64-linux-gnu-ld)");
}
