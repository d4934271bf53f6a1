// SPDX-License-Identifier: GPL-2.0-only
/* arm64: is a register read again? Functions are assembled, and asked at each label. */
#include "insn_fixture.h"
#include "insn-words-arm64.h"

/* Where x14 is asked for: dead_* and live_*. */
static const char source[] =
	"	.arch armv8.5-a\n	.text\n"
	/* as in read() of glibc: a system call, its error, both ways out */
	"dead_read: mov x19, x0\n cmn x0, #1, lsl #12\n b.hi 1f\n0: mov x0, x19\n"
	" ldp x19, x20, [sp, #16]\n ldp x29, x30, [sp], #48\n ret\n"
	"1: adrp x0, dead_read\n ldr x0, [x0, #3520]\n mrs x1, tpidr_el0\n neg w2, w19\n"
	" str w2, [x1, x0]\n b 0b\n"
	/* calls, which get nothing in it; and one that is through it */
	"dead_call: bl dead_read\n blr x1\n mov w0, w3\n ret\n"
	"live_call: blr x14\n ret\n"
	"live_behind_call: bl dead_read\n mov x0, x14\n ret\n"
	/* written before it is read */
	"dead_mov: mov x14, x0\n add x0, x14, #1\n ret\n"
	"dead_movz: mov x14, #5\n b dead_mov\n"
	"dead_adr: adr x14, dead_mov\n br x14\n"
	"dead_adrp: adrp x14, dead_mov\n br x14\n"
	"dead_load: ldr x14, [x0, #8]\n br x14\n"
	"dead_byte: ldrb w14, [x0]\n br x14\n"
	"dead_pair: ldp x13, x14, [sp]\n br x14\n"
	"dead_mrs: mrs x14, tpidr_el0\n br x14\n"
	/* read, in every field */
	"live_mov: mov x0, x14\n ret\n"
	"live_movk: movk x14, #1\n ret\n"
	"live_base: ldr x0, [x14]\n ret\n"
	"live_own: ldr x14, [x14]\n ret\n"
	"live_index: ldr x0, [x1, x14]\n ret\n"
	"live_store: str x14, [x1]\n ret\n"
	"live_stored_first: stp x14, x0, [sp]\n ret\n"
	"live_stored_pair: stp x0, x14, [sp]\n ret\n"
	"live_add: add x14, x14, #1\n ret\n"
	"live_rm: add x0, x1, x14\n ret\n"
	"live_ra: madd x0, x1, x2, x14\n ret\n"
	"live_cbz: cbz x14, dead_call\n ret\n"
	"live_tbz: tbnz x14, #40, dead_call\n ret\n"
	"live_csel: csel x0, x14, x1, eq\n ret\n"
	"live_cas: cas x14, x1, [x2]\n ret\n"
	"live_stxr: stxr w0, x14, [x1]\n ret\n"
	"live_fmov: fmov d0, x14\n ret\n"
	"live_dup: dup v0.2d, x14\n ret\n"
	"live_vector_base: ld1 {v0.16b}, [x14]\n ret\n"
	"live_br: br x14\n"
	"live_msr: msr tpidr_el0, x14\n ret\n"
	/* on one way only, also around a loop */
	"live_way: cbz x0, 1f\n ret\n1: mov x0, x14\n ret\n"
	"live_tbz_way: tbz w0, #3, 1f\n ret\n1: mov x0, x14\n ret\n"
	"dead_loop: subs x0, x0, #1\n b.ne dead_loop\n ret\n"
	"dead_ever: b dead_ever\n"
	"live_loop: cbz x0, 1f\n mov x14, x1\n b live_loop\n1: add x0, x0, x14\n ret\n"
	/* what ends here without a return */
	"dead_brk: brk #1\n"
	"dead_system: svc #0\n dmb ish\n paciasp\n nop\n autiasp\n retaa\n"
	/* where it leads is not known */
	"live_jump: br x1\n"
	"live_ret_elsewhere: ret x9\n"
	"live_zero: .word 0\n"
	"live_end: nop\n";

static bool word_at(void *ctx, uint64_t at, uint32_t *ret)
{
	const uint8_t *b = suture_code_bytes(ctx, at, 4);

	if (b)
		memcpy(ret, b, 4);
	return b;
}

Test(insn_words_arm64, dead)
{
	struct fixture f = { 0 };
	unsigned int asked = 0;
	char path[96];
	FILE *file;

	if (system("command -v aarch64-linux-gnu-gcc >/dev/null"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	strcpy(f.dir, "/tmp/suture-insn-XXXXXX");
	cr_assert_not_null(mkdtemp(f.dir));
	snprintf(path, sizeof(path), "%s/a.s", f.dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(source, file);
	cr_assert_eq(fclose(file), 0);
	run("aarch64-linux-gnu-gcc -shared -nostdlib -o %s/a.so %s/a.s", f.dir, f.dir);
	snprintf(path, sizeof(path), "%s/a.so", f.dir);
	fixture_open(&f, path);
	for (size_t i = 0; i < f.target->symbols.nr; i++) {
		const struct suture_symbol *s = &f.target->symbols.syms[i];
		bool dead = !strncmp(s->name, "dead_", 5);

		if (!dead && strncmp(s->name, "live_", 5))
			continue;
		asked++;
		cr_expect_eq(suture_arm64_dead(s->value, 14, word_at, f.code), dead, "%s", s->name);
		/* whoever calls may have given an argument */
		cr_expect_not(suture_arm64_dead(s->value, 3, word_at, f.code), "x3, %s", s->name);
	}
	cr_expect_eq(asked, 44, "%u", asked);
	fixture_close(&f);
}

/* A register that nobody reads, in a function that is longer than one looks at. */
Test(insn_words_arm64, endless)
{
	struct suture_code *code;
	static uint32_t words[5000];
	const struct suture_span span = { 0x1000, sizeof(words), (const uint8_t *)words };
	const struct suture_text text = { .machine = EM_AARCH64, .code = &span, .nr_code = 1 };

	for (size_t i = 0; i < 5000; i++)
		words[i] = i == 4999 ? 0xd65f03c0 : 0xd503201f;
	cr_assert_eq(suture_code_new(&text, &code, NULL), 0);
	cr_expect_not(suture_arm64_dead(0x1000, 14, word_at, code));
	cr_expect(suture_arm64_dead(0x1000 + 4 * 4900, 14, word_at, code));
	suture_code_free(code);
}
