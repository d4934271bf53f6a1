// SPDX-License-Identifier: GPL-2.0-only
/*
 * arm64: displaced instructions. Their words are compared with what is expected; and
 * they are run, where the cross compiler and qemu-aarch64 are installed.
 */
#include "original_work.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

#define FN(name, body) \
	"\t.globl " name "\n\t.type " name ", %function\n\t.p2align 4\n" name ":\n\t.cfi_startproc\n" \
	"\t" body "\n\t.cfi_endproc\n\t.size " name ", . - " name "\n"

/* A leaf has no landing pad unless it is said; all are called through x17 at first. */
static const char source[] =
	"	.section .note.GNU-stack,\"\",%progbits\n"
	"	.data\n	.p2align 6\n"
	"	.hidden datum\ndatum:	.quad 0x1122334455667788, 0x99aabbccddeeff00, 3, 4\n"
	"	.text\n	.p2align 4\n"
	"lit:	.quad 0x8877665544332211, 0x0123456789abcdef\n"
	"helper:	add x0, x0, x1, lsl #2\n	sub x0, x0, x2\n	ret\n"
	FN("n_adr", "bti c\n adr x3, lit\n ldr x0, [x3]\n ret")
	FN("n_adrp", "bti c\n adrp x3, datum\n ldr x0, [x3, :lo12:datum]\n ret")
	FN("n_adrp_x16", "bti c\n adrp x16, datum\n ldr x0, [x16, :lo12:datum]\n ret")
	FN("n_adrp_x17", "bti c\n adrp x17, datum\n add x16, x17, :lo12:datum\n ldr x0, [x16]\n ret")
	FN("n_ldr_x", "bti c\n ldr x0, lit\n ret")
	FN("n_ldr_w", "bti c\n ldr w0, lit\n ret")
	FN("n_ldrsw", "bti c\n ldrsw x0, lit\n ret")
	FN("n_ldr_s", "bti c\n ldr s0, lit\n ret")
	FN("n_ldr_d", "bti c\n ldr d0, lit\n ret")
	FN("n_ldr_q", "bti c\n ldr q0, lit\n mov x0, v0.d[1]\n ret")
	FN("n_ldr_xzr", "bti c\n ldr xzr, lit\n mov x0, #3\n ret")
	FN("n_prfm", "bti c\n prfm pldl1keep, lit\n mov x0, #4\n ret")
	FN("n_b", "bti c\n b helper")
	FN("n_b_near", "bti c\n b 1f\n brk #1\n1: add x0, x0, #9\n ret")
	FN("n_bl", "bti jc\n mov x9, x30\n mov x10, x9\n bl helper\n mov x30, x10\n mov x9, #0\n ret")
	FN("n_bl_first", "bti c\n bl f_keeps\n mov x30, x10\n mov x9, #0\n ret")
	"f_keeps: mov x11, x30\n add x0, x0, #77\n mov x10, x15\n ret x11\n"
	FN("n_bcond", "bti c\n b.ne 1f\n mov x0, #1\n ret\n1: mov x0, #2\n ret")
	FN("n_cbz", "bti c\n cbz x0, 1f\n mov x0, #1\n ret\n1: mov x0, #2\n ret")
	FN("n_cbnz", "bti c\n cbnz w0, 1f\n mov x0, #1\n ret\n1: mov x0, #2\n ret")
	FN("n_cbz_out", "bti c\n cbz x0, helper\n mov x0, #1\n ret")
	FN("n_tbz", "bti c\n tbz x0, #3, 1f\n mov x0, #1\n ret\n1: mov x0, #2\n ret")
	FN("n_tbnz", "bti c\n tbnz x0, #63, 1f\n mov x0, #1\n ret\n1: mov x0, #2\n ret")
	FN("n_plain", "bti c\n add x0, x0, x1\n mul x0, x0, x2\n ret")
	FN("n_stp", "bti c\n stp x29, x30, [sp, #-32]!\n mov x29, sp\n str x0, [sp, #16]\n bl helper\n"
	   " ldr x9, [sp, #16]\n ldp x29, x30, [sp], #32\n ret")
	FN("n_sub_sp", "bti c\n sub sp, sp, #64\n str x0, [sp, #8]\n ldr x9, [sp, #8]\n add sp, sp, #64\n ret")
	FN("n_pac", "paciasp\n stp x29, x30, [sp, #-16]!\n bl helper\n ldp x29, x30, [sp], #16\n autiasp\n ret")
	FN("n_pac_adrp", "paciasp\n adrp x3, datum\n ldr x0, [x3, :lo12:datum]\n autiasp\n ret")
	FN("n_ret", "bti c\n ret\n nop")
	FN("n_mov16", "bti c\n mov x16, #40\n sub sp, sp, x16\n str x16, [sp]\n ldr x0, [sp]\n add sp, sp, #40\n ret")
	FN("n_csel", "bti c\n cmp x0, x1\n csel x0, x0, x1, lo\n cset x9, hi\n ret");

static const char *const names[] = {
	"n_adr", "n_adrp", "n_adrp_x16", "n_adrp_x17", "n_ldr_x", "n_ldr_w", "n_ldrsw", "n_ldr_s",
	"n_ldr_d", "n_ldr_q", "n_ldr_xzr", "n_prfm", "n_b", "n_b_near", "n_bl", "n_bl_first", "n_bcond", "n_cbz",
	"n_cbnz", "n_cbz_out", "n_tbz", "n_tbnz", "n_plain", "n_stp", "n_sub_sp", "n_pac",
	"n_pac_adrp", "n_ret", "n_mov16", "n_csel",
};

static bool have_tools(void)
{
	return !system("command -v aarch64-linux-gnu-gcc >/dev/null && command -v qemu-aarch64 >/dev/null");
}

Test(original_arm64, run, .timeout = 120)
{
	struct suture_entry entry;
	struct suture_error err;
	struct fixture f = { 0 };
	struct originals o;
	char path[96];
	FILE *list;

	if (!have_tools())
		cr_skip_test("no aarch64-linux-gnu-gcc or no qemu-aarch64");
	strcpy(f.dir, "/tmp/suture-insn-XXXXXX");
	cr_assert_not_null(mkdtemp(f.dir));
	snprintf(path, sizeof(path), "%s/a.s", f.dir);
	list = fopen(path, "w");
	cr_assert_not_null(list);
	fputs(source, list);
	cr_assert_eq(fclose(list), 0);
	run("aarch64-linux-gnu-gcc -march=armv8.5-a -shared -nostdlib -o %s/a.so %s/a.s", f.dir, f.dir);
	run("aarch64-linux-gnu-gcc -O1 -Wall -Werror -static -o %s/run " SUTURE_TOP
	    "/tests/unit/arm64/original_run.c", f.dir);
	snprintf(path, sizeof(path), "%s/a.so", f.dir);
	fixture_open(&f, path);

	snprintf(path, sizeof(path), "%s/list", f.dir);
	list = fopen(path, "w");
	cr_assert_not_null(list);
	originals_begin(&o, &f);
	for (size_t i = 0; i < NR(names); i++)
		cr_assert_eq(originals_add(&o, fixture_addr(&f, names[i]), 0, names[i], &entry, &err),
			     0, "%s: %s", names[i], err.text);
	originals_link(&o, "aarch64-linux-gnu-gcc -march=armv8.5-a");
	fprintf(list, "target %s/a.so\noriginals %s/o.so\n", f.dir, o.dir);
	for (size_t i = 0; i < o.linked->nr_rels; i++)
		fprintf(list, "word %" PRIx64 " %s\n", o.linked->rels[i].offset,
			strrchr(o.linked->rels[i].name, '.') + 1);
	fprintf(list, "run %d\nrun %d\nrun %lld\n", 1 << 20, -(100 << 20), 1LL << 36);
	for (size_t i = 0; i < NR(names); i++) {
		uint64_t addr = fixture_addr(&f, names[i]);

		cr_assert_eq(suture_insn_check_entry(f.code, addr, 0, &entry, &err), 0);
		fprintf(list, "function %s %" PRIx64 " %x %x %" PRIx64 "\n", names[i], addr, entry.size,
			entry.branch_at,
			(uint64_t)((uint8_t *)originals_at(&o, names[i]) - o.base));
	}
	cr_assert_eq(fclose(list), 0);
	run("timeout 60 qemu-aarch64 -cpu max %s/run < %s", f.dir, path);
	originals_end(&o);
	fixture_close(&f);
}
