// SPDX-License-Identifier: GPL-2.0-only
/* Disassembly for people. */
#include "insn_fixture.h"
#include "disasm.h"

static const char source[] =
"extern int ext(int); int data;\n"
"__attribute__((noinline)) static int helper(int a) { return a * 3; }\n"
"__attribute__((noinline)) int before(int a) { data = a; if (a > 3) return helper(a) + ext(a); return 2; }\n"
"__attribute__((noinline)) int after(int a) { data = a; if (a > 3) return helper(a) + ext(a); return 3; }\n"
"int user(int a) { return before(a) + after(a); }\n"
"asm(\".text; .type odd, @function; odd: .cfi_startproc; nop; .byte 0x06; ret; .cfi_endproc; .size odd, .-odd\");\n";

static struct fixture f;

static void setup(void)
{
	fixture_build(&f, source, "");
}

static void teardown(void)
{
	fixture_close(&f);
}

TestSuite(insn_disasm, .init = setup, .fini = teardown);

static const struct suture_line *find(const struct suture_line *lines, size_t nr, const char *text)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (strstr(lines[i].text, text))
			return &lines[i];
	return NULL;
}

Test(insn_disasm, names)
{
	uint64_t addr = fixture_addr(&f, "before"), at = addr;
	struct suture_line *lines;
	struct suture_error err;
	size_t nr, i;

	cr_assert_eq(suture_disasm(f.code, addr, 0, &lines, &nr, &err), 0, "%s", err.text);
	cr_expect_not_null(find(lines, nr, "call    helper"));
	cr_expect_not_null(find(lines, nr, "call    ext"));
	cr_expect_not_null(find(lines, nr, "[rip + data]"), "the GOT slot of data");
	cr_expect_not_null(find(lines, nr, " +0x"), "a jump inside");
	for (i = 0; i < nr; i++) {
		cr_expect_eq(lines[i].addr, at);
		at += lines[i].len;
	}
	cr_expect_eq(at, addr + suture_code_extent(f.code, addr)->size);
	free(lines);

	cr_expect_eq(suture_disasm(f.code, 0x7fff0000, 0, &lines, &nr, &err), -EINVAL);
}

Test(insn_disasm, rubbish)
{
	struct suture_line *lines;
	size_t nr;

	cr_assert_eq(suture_disasm(f.code, fixture_addr(&f, "odd"), 0, &lines, &nr, NULL), 0);
	cr_assert_eq(nr, 3);
	cr_expect_str_eq(lines[0].text, "nop");
	cr_expect_str_eq(lines[1].text, ".byte   0x06");
	cr_expect_str_eq(lines[2].text, "ret");
	free(lines);
}

static void count(const char *text, size_t column, size_t mark[256], size_t *rows)
{
	memset(mark, 0, 256 * sizeof(*mark));
	for (*rows = 0; *text; text = strchr(text, '\n') + 1, ++*rows) {
		cr_assert_gt(strcspn(text, "\n"), column + 1, "row %zu", *rows);
		mark[(unsigned char)text[column + 1]]++;
	}
}

Test(insn_disasm, side_by_side)
{
	uint64_t a = fixture_addr(&f, "before"), b = fixture_addr(&f, "after");
	size_t mark[256], rows, i;
	char *text;

	cr_assert_eq(suture_disasm_pair(f.code, a, 0, f.code, b, 0, 83, &text, NULL), 0);
	count(text, 40, mark, &rows);
	/* one constant differs */
	cr_expect_eq(mark['|'], 1, "%s", text);
	cr_expect_eq(mark[' '], rows - 1, "%s", text);
	for (i = 0; text[i]; i += strcspn(text + i, "\n") + 1)
		cr_expect_leq(strcspn(text + i, "\n"), 83);
	free(text);

	cr_assert_eq(suture_disasm_pair(f.code, a, 0, f.code, fixture_addr(&f, "helper"), 0, 0,
					&text, NULL), 0);
	count(text, 58, mark, &rows);
	cr_expect_gt(mark['<'], 3, "%s", text);
	free(text);

	/* the same the other way round: only more on the right */
	cr_assert_eq(suture_disasm_pair(f.code, fixture_addr(&f, "odd") + 2, 1, f.code, b, 0, 0,
					&text, NULL), 0);
	count(text, 58, mark, &rows);
	cr_expect_gt(mark['>'], 3, "%s", text);
	cr_expect_eq(mark['<'], 0, "%s", text);
	free(text);
}
