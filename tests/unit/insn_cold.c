// SPDX-License-Identifier: GPL-2.0-only
/* Further parts of a function: by name, and without names. */
#include "insn_fixture.h"
#include "ipara.h"

static const char source[] =
"extern void note(const char *, long) __attribute__((cold)); extern long ext(long);\n"
"__attribute__((cold, noinline)) static long rare(long a) { note(\"rare\", a); return ext(a); }\n"
"__attribute__((noinline)) long split(long a) {\n"
"	if (__builtin_expect(a > 1000, 0)) { note(\"big\", a); a = ext(a) + 1; note(\"again\", a); }\n"
"	return ext(a) * 3; }\n"
"__attribute__((noinline)) long whole(long a) { return ext(a) + rare(a) + 1; }\n"
"__attribute__((noinline)) long shared(long a) { return ext(a) - 4; }\n"
"extern void die(void) __attribute__((noreturn, cold));\n"
"__attribute__((noinline)) long gives_up(long a) { if (a > 1000) { note(\"no\", a); die(); } return a * 7; }\n"
"long tails1(long a) { return shared(a + 1); }\n"
"long tails2(long a) { return shared(a + 2); }\n";

static struct suture_piece *pieces;
static size_t nr;

static void ask(struct suture_code *code, uint64_t addr)
{
	struct suture_error err;

	free(pieces);
	cr_assert_eq(suture_insn_cold_ranges(code, addr, 0, &pieces, &nr, &err), 0, "%s", err.text);
}

Test(insn_cold, by_name)
{
	struct fixture f;

	fixture_build(&f, source, "-fno-semantic-interposition");
	ask(f.code, fixture_addr(&f, "split"));
	cr_assert_eq(nr, 1, "%zu", nr);
	cr_expect_eq(pieces[0].addr, fixture_addr(&f, "split.cold"));
	cr_expect_gt(pieces[0].size, 8);
	ask(f.code, fixture_addr(&f, "whole"));
	cr_expect_eq(nr, 0, "rare is a function of its own");
	cr_expect_null(pieces);
	ask(f.code, fixture_addr(&f, "tails1"));
	cr_expect_eq(nr, 0, "shared belongs to two");
	fixture_close(&f);
}

Test(insn_cold, stripped)
{
	struct fixture f, s = { 0 };
	uint64_t split, cold, whole, tails, gives_up, gives_up_cold;
	char path[128];

	fixture_build(&f, source, "-fno-semantic-interposition");
	split = fixture_addr(&f, "split");
	cold = fixture_addr(&f, "split.cold");
	whole = fixture_addr(&f, "whole");
	tails = fixture_addr(&f, "tails1");
	gives_up = fixture_addr(&f, "gives_up");
	gives_up_cold = fixture_addr(&f, "gives_up.cold");
	snprintf(path, sizeof(path), "%s/s.so", f.dir);
	run("objcopy --strip-all %s %s", f.path, path);
	fixture_open(&s, path);
	ask(s.code, split);
	cr_assert_eq(nr, 1, "%zu", nr);
	cr_expect_eq(pieces[0].addr, cold);
	/* a part that never comes back */
	ask(s.code, gives_up);
	cr_assert_eq(nr, 1, "%zu", nr);
	cr_expect_eq(pieces[0].addr, gives_up_cold);
	ask(s.code, whole);
	cr_expect_eq(nr, 0);
	ask(s.code, tails);
	cr_expect_eq(nr, 0);
	suture_target_close(s.target);
	fixture_close(&f);
}

/* C++ puts the code that only the unwinder jumps to out of line. */
Test(insn_cold, landing_pads)
{
	static const char cpp[] =
	"struct S { S(); ~S(); }; void f(S &); void g(int);\n"
	"int pads(int a) { S s; try { f(s); } catch (int e) { g(e); return e + a; } return a; }\n"
	"int none(int a) { return a * 3; }\n";
	const struct suture_extent *ext;
	const struct suture_flow *flow;
	char path[96], dir[] = "/tmp/suture-insn-XXXXXX";
	struct fixture f = { 0 }, s = { 0 };
	uint64_t addr, cold;
	FILE *file;

	if (system("command -v c++ >/dev/null"))
		cr_skip_test("no C++ compiler");
	cr_assert_not_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a.cc", dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(cpp, file);
	fclose(file);
	run("c++ -O2 -fPIC -shared -nostdlib -Wl,-z,undefs -o %s/a.so %s", dir, path);
	snprintf(path, sizeof(path), "%s/a.so", dir);
	fixture_open(&f, path);

	ext = suture_code_extent(f.code, fixture_addr(&f, "_Z4padsi"));
	cr_assert(ext->flags & SUTURE_EXTENT_FDE);
	cr_assert_neq(ext->lsda, 0);
	flow = suture_code_flow(f.code, ext);
	cr_expect(flow->pads_known);
	cr_expect_gt(flow->nr_pads, 0, "%zu landing pads", flow->nr_pads);
	ask(f.code, fixture_addr(&f, "_Z4padsi"));
	cr_assert_eq(nr, 1, "%zu", nr);
	cr_expect_eq(pieces[0].addr, fixture_addr(&f, "_Z4padsi.cold"));

	addr = ext->addr;
	cold = pieces[0].addr;

	flow = suture_code_flow(f.code, suture_code_extent(f.code, fixture_addr(&f, "_Z4nonei")));
	cr_expect(flow->pads_known);
	cr_expect_eq(flow->nr_pads, 0);
	suture_target_close(f.target);

	/* and without names */
	run("objcopy --strip-all %s %s.s", f.path, f.path);
	snprintf(path, sizeof(path), "%s/a.so.s", dir);
	fixture_open(&s, path);
	ask(s.code, addr);
	cr_assert_eq(nr, 1, "%zu", nr);
	cr_expect_eq(pieces[0].addr, cold);
	suture_target_close(s.target);
	run("rm -r %s", dir);
}

/* Text that is no text at all, and extents that are nonsense: an answer, no crash. */
Test(insn_rubbish, survives, .timeout = 120)
{
	static uint8_t bytes[8192];
	const size_t half = sizeof(bytes) / 2;
	struct suture_extent ext[64];
	uint64_t pointers[64];
	unsigned int seed, i;

	for (seed = 1; seed <= 40; seed++) {
		struct suture_span code_span = { 0x1000, half, bytes };
		struct suture_span data_span = { 0x9000, half, bytes + half };
		struct suture_text text = {
			.machine = seed % 4 ? EM_X86_64 : EM_AARCH64,
			.flags = seed % 3,
			.code = &code_span, .nr_code = 1, .data = &data_span, .nr_data = seed % 2,
			.extents = ext, .nr_extents = 64, .pointers = pointers, .nr_pointers = 64,
		};
		struct suture_code *code;
		struct suture_error err;

		srand(seed);
		for (i = 0; i < sizeof(bytes); i++)
			bytes[i] = rand();
		for (i = 0; i < 64; i++) {
			ext[i] = (struct suture_extent){
				.addr = 0xf00 + rand() % 0x1200,
				.size = rand() % 3 ? rand() % 300 : 0,
				.flags = rand() % 2, .lsda = 0x9000 + rand() % 0x1100,
			};
			pointers[i] = 0xf00 + rand() % 0x1200;
		}
		cr_assert_eq(suture_code_new(&text, &code, &err), 0);
		for (i = 0; i < 64; i++) {
			struct suture_clobbers set;
			struct suture_callers callers;
			struct suture_entry entry;
			struct suture_piece *p;
			size_t n;

			suture_insn_check_entry(code, ext[i].addr, ext[i].size, &entry, &err);
			suture_ipara_clobbers(code, ext[i].addr, &set, &err);
			suture_ipara_callers(code, ext[i].addr, &callers, &err);
			suture_ipara_stack_args(code, ext[i].addr);
			if (!suture_insn_cold_ranges(code, ext[i].addr, ext[i].size, &p, &n, &err))
				free(p);
		}
		suture_code_free(code);
	}
	cr_expect_eq(seed, 41);
}
