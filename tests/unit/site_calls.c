// SPDX-License-Identifier: GPL-2.0-only
/* Call instructions that can be retargeted, and those that cannot. */
#include "insn_fixture.h"
#include "site.h"

#define NOINLINE "__attribute__((noinline)) "
#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* The offset of the nth call-like instruction that Capstone names so. */
static uint64_t nth(struct fixture *f, const char *func, const char *mnemonic, int n)
{
	uint64_t addr = fixture_addr(f, func), at;
	const struct suture_extent *ext = suture_code_extent(f->code, addr);

	for (at = addr; at < addr + ext->size;) {
		const cs_insn *insn = suture_code_decode(f->code, at, UINT64_MAX, false);

		cr_assert_not_null(insn);
		if (!strcmp(insn->mnemonic, mnemonic) && n-- == 0)
			return at - addr;
		at += insn->size;
	}
	cr_assert_fail("%s has no such %s", func, mnemonic);
	return 0;
}

static struct suture_site_info good(struct fixture *f, const char *func, uint64_t offset)
{
	struct suture_error err = { 0 };
	struct suture_site_info site;

	cr_assert_eq(suture_site_check(f->code, fixture_addr(f, func), 0, offset, &site, &err), 0,
		     "%s+0x%lx: %s", func, offset, err.text);
	cr_expect_eq(memcmp(site.bytes, suture_code_bytes(f->code, site.addr, site.len), site.len),
		     0);
	return site;
}

static void bad(struct fixture *f, const char *func, uint64_t offset, int code,
		const char *const *words)
{
	struct suture_error err = { 0 };
	struct suture_site_info site;

	cr_expect_eq(suture_site_check(f->code, fixture_addr(f, func), 0, offset, &site, &err),
		     code, "%s+0x%lx", func, offset);
	for (; *words; words++)
		cr_expect_not_null(strstr(err.text, *words), "no `%s' in: %s", *words, err.text);
}

#define BAD(f, func, offset, code, ...) \
	bad(f, func, offset, code, (const char *const[]){ __VA_ARGS__, NULL })

#ifdef __x86_64__

static const char source[] =
"extern int imported(int), other_import(int), last_import(int);\n"
"int (*pointer)(int);\n"
NOINLINE "static int helper(int x) { asm volatile(\"\"); return x * 3; }\n"
NOINLINE "static int second(int x) { asm volatile(\"\"); return x + 3; }\n"
"int calls(int x) { return helper(x) + imported(x) * 2 + pointer(x) + second(x + 1) * 4; }\n"
"int tail(int x) { return helper(x + 1); }\n"
"int tail_import(int x) { return last_import(x + 1); }\n"
"int loops(int x) { do x -= helper(x); while (x > 9); return x; }\n"
"int leaf(int x) { return x ^ 7; }\n"
"int choose(int x) { if (x > 3) return helper(x) + 1; return other_import(x) * 2; }\n";

Test(site_calls, kinds)
{
	struct suture_site_info site;
	struct fixture f;
	uint64_t at;

	fixture_build(&f, source, "-fplt -Wl,-z,lazy -falign-functions=512");
	at = nth(&f, "calls", "call", 0);
	site = good(&f, "calls", at);
	cr_expect_eq(site.kind, SUTURE_SITE_CALL);
	cr_expect_eq(site.len, 5);
	cr_expect_eq(site.addr, fixture_addr(&f, "calls") + at);
	cr_expect_eq(site.callee, fixture_addr(&f, "helper"));
	cr_expect_str_eq(site.name, "helper");

	site = good(&f, "calls", nth(&f, "calls", "call", 1));
	cr_expect_eq(site.kind, SUTURE_SITE_CALL);
	cr_expect_str_eq(site.name, "imported");
	cr_expect_neq(site.callee, 0, "its PLT entry");

	at = nth(&f, "tail", "jmp", 0);
	site = good(&f, "tail", at);
	cr_expect_eq(site.kind, SUTURE_SITE_JUMP);
	cr_expect_eq(site.len, 5);
	cr_expect_str_eq(site.name, "helper");
	site = good(&f, "tail_import", nth(&f, "tail_import", "jmp", 0));
	cr_expect_str_eq(site.name, "last_import");
	fixture_close(&f);
}

Test(site_calls, through_words)
{
	struct suture_site_info site;
	struct fixture f;
	uint64_t at;

	fixture_build(&f, source, "-fno-plt");
	at = nth(&f, "calls", "call", 1);
	site = good(&f, "calls", at);
	cr_expect_eq(site.kind, SUTURE_SITE_CALL_WORD);
	cr_expect_eq(site.len, 6);
	cr_expect_eq(site.callee, 0);
	cr_expect_neq(site.slot, 0);
	cr_expect_str_eq(site.name, "imported");
	/* jmp *word: is none */
	BAD(&f, "tail_import", nth(&f, "tail_import", "jmp", 0), -EOPNOTSUPP, "is no direct call",
	    "jmp", "can be retargeted: none");
	fixture_close(&f);
}

/* What ld makes of call *word for a function that it knows, and bnd: prefixes. */
Test(site_calls, prefixes)
{
	static const char text[] =
	"int helper(int x);\n"
	"asm(\".text; .type helper, @function; helper: .cfi_startproc; lea 1(%rdi), %eax; ret; .cfi_endproc; .size helper, .-helper;\"\n"
	"    \".globl f; .type f, @function; f: .cfi_startproc; nop; .byte 0x67; call helper; bnd call helper; .byte 0x66, 0x66, 0x48; call helper; ret; .cfi_endproc; .size f, .-f\");\n";
	struct suture_site_info site;
	struct fixture f;

	fixture_build(&f, text, "-Wl,-Bsymbolic");
	for (uint64_t at = 1; at <= 2; at++) {
		site = good(&f, "f", at);
		cr_expect_eq(site.addr, fixture_addr(&f, "f") + 2);
		cr_expect_eq(site.len, 5);
		cr_expect_eq(site.bytes[0], 0xe8);
	}
	site = good(&f, "f", 7);
	cr_expect_eq(site.addr, fixture_addr(&f, "f") + 8);
	BAD(&f, "f", 13, -EOPNOTSUPP, "is no direct call", "66 66 48 e8", "+0x1  call helper",
	    "+0x7  call helper");
	fixture_close(&f);
}

Test(site_calls, refused)
{
	struct fixture f;
	uint64_t at;
	char want[64];

	fixture_build(&f, source, "-fplt -Wl,-z,lazy -falign-functions=512");
	at = nth(&f, "calls", "call", 0);
	snprintf(want, sizeof(want), "+0x%lx  call helper", at);
	/* inside the call, and in front of it */
	BAD(&f, "calls", at + 1, -EOPNOTSUPP, "is inside an instruction, which begins at", "call",
	    want, "call imported", "call second");
	BAD(&f, "calls", 0, -EOPNOTSUPP, "calls", "is no direct call", "push", want);
	/* a pointer of the program's own */
	BAD(&f, "calls", nth(&f, "calls", "call", 2), -EOPNOTSUPP, "is no direct call", want);
	/* the loop's own jumps */
	BAD(&f, "loops", nth(&f, "loops", "jg", 0), -EOPNOTSUPP, "is no direct call",
	    "call helper");
	BAD(&f, "leaf", 0, -EOPNOTSUPP, "can be retargeted: none");
	BAD(&f, "calls", 5000, -EINVAL, "bytes, and none at +0x1388", want);
	fixture_close(&f);
}

/* A jump to a part of the same function is no tail call; nor may anything lead into
 * the middle. */
Test(site_calls, own_parts)
{
	static const char text[] =
	"int helper(int x);\n"
	"asm(\".text; .type helper, @function; helper: .cfi_startproc; lea 1(%rdi), %eax; ret; .cfi_endproc; .size helper, .-helper;\"\n"
	"    \".globl f; .type f, @function; f: .cfi_startproc; jmp 1f; .skip 200, 0x90; 1: jmp f.cold; .cfi_endproc; .size f, .-f;\"\n"
	"    \".type f.cold, @function; f.cold: .cfi_startproc; jmp helper; .cfi_endproc; .size f.cold, .-f.cold;\"\n"
	"    \".globl g; .type g, @function; g: .cfi_startproc; call helper; 2: cmp %edi, %esi; je g+2; ret; .cfi_endproc; .size g, .-g\");\n";
	struct suture_site_info site;
	struct fixture f;

	fixture_build(&f, text, "-Wl,-Bsymbolic");
	BAD(&f, "f", 0, -EOPNOTSUPP, "is no direct call", "jmp");
	BAD(&f, "f", 205, -EOPNOTSUPP, "is no direct call", "f.cold");
	site = good(&f, "f.cold", 0);
	cr_expect_eq(site.kind, SUTURE_SITE_JUMP);
	BAD(&f, "g", 0, -EOPNOTSUPP, "g+0x", "leads to +2", "the middle of the call");
	fixture_close(&f);
}

/* Every call of a library that Capstone sees is found, and no other. */
Test(site_calls, whole_library, .timeout = 120)
{
	size_t calls = 0, others = 0;
	struct fixture f = { 0 };

	fixture_open(&f, "/lib/x86_64-linux-gnu/libc.so.6");
	for (size_t i = 0; i < f.target->nr_fdes; i += 7) {
		const struct suture_fde *fde = &f.target->fdes[i];
		uint64_t at;

		for (at = fde->addr; at < fde->addr + fde->size;) {
			const cs_insn *insn = suture_code_decode(f.code, at,
								 fde->addr + fde->size, false);
			bool direct, looks;
			struct suture_site_info site;
			unsigned int len;
			int r;

			if (!insn)
				break;
			len = insn->size;
			direct = len == 5 && insn->bytes[0] == 0xe8;
			looks = direct || (len == 5 && insn->bytes[0] == 0xe9) ||
				(len == 6 && insn->bytes[0] == 0xff && insn->bytes[1] == 0x15) ||
				(len == 6 && insn->bytes[0] == 0x67);
			/* all calls, and a few of the rest */
			if (looks || at % 64 == 0) {
				r = suture_site_check(f.code, fde->addr, fde->size, at - fde->addr,
						      &site, NULL);
				cr_expect(!direct || !r, "call at 0x%lx", at);
				cr_expect(looks || r, "0x%lx", at);
				calls += !r;
				others += !!r;
			}
			at += len;
		}
	}
	cr_expect_gt(calls, 1000u);
	fprintf(stderr, "# libc: %zu calls can be retargeted, %zu other instructions cannot\n",
		calls, others);
	suture_target_close(f.target);
}

#endif
