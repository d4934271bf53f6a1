// SPDX-License-Identifier: GPL-2.0-only
/* arm64: functions whose landing pad signs the return address. */
#include "pack_work.h"

TestSuite(pack_arm64, .init = work_begin, .fini = work_end, .timeout = 120);

static const char lib_text[] =
	"#define KEPT __attribute__((noinline, noclone))\n"
	"static volatile long one = 1;\n"
	"KEPT static long leaf(long x) { return x + one; }\n"
	"KEPT long alone(long x) { return x - one; }\n"
	"long sum(long a, long b, long c, long d) { long s = leaf(a); s += leaf(b) * 3;\n"
	"	s += leaf(c) * 5; return s + leaf(d) * 7 + a + 2 * b + 3 * c + 4 * d; }\n";

/* The stub of the function, as "autiasp b ", or "" when there is none. @alone: of the one
 * whose callers know nothing of its registers. */
static const char *stub(const char *protection, bool alone)
{
	struct suture_error err = { 0 };
	static char words[200];
	FILE *f;

	work_write("lib.c", lib_text);
	work_run("aarch64-linux-gnu-gcc -O2 -g -shared -fPIC -fno-schedule-insns2 -mbranch-protection=%s"
		 " -Wl,--build-id -o lib.so lib.c", protection);
	work_write("patch.c", "#include <suture/patch.h>\nSUTURE_PATCH(\"1\", \"x\");\n"
		   "volatile long sink[8];\n"
		   "#ifdef ALONE\nstatic long plain(long x) { return x + 5; }\n"
		   "SUTURE_REPLACE(alone, plain);\n#else\n"
		   "static long fixed(long x) { for (int i = 0; i < 8; i++) sink[i] = x * i; return x; }\n"
		   "SUTURE_REPLACE(leaf, fixed);\n#endif\n");
	work_run("aarch64-linux-gnu-gcc -O2 -g -fPIC -fvisibility=hidden %s -I" SUTURE_TOP
		 "/patches/include -c -o patch.o patch.c", alone ? "-DALONE" : "");
	cr_assert_eq(work_pack("lib.so", NULL, &err), 0, "%s", err.text);
	work_run("aarch64-linux-gnu-objdump -d --no-show-raw-insn --disassemble=suture.entry.0 patch.spm |"
		 " awk '$1 ~ /:$/ && NF > 1 && !/file format|Disassembly|>:/ { printf \"%%s \", $2 }' >stub");
	f = fopen(work_path("stub"), "r");
	cr_assert(f);
	words[fread(words, 1, sizeof(words) - 1, f)] = '\0';
	fclose(f);
	return words;
}

Test(pack_arm64, signed_entry)
{
	if (system("command -v aarch64-linux-gnu-gcc >/dev/null"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	/* taken off by the key that it was made with, before anything else */
	cr_expect_str_eq(stub("pac-ret+leaf", true), "autiasp b ");
	cr_expect_str_eq(stub("pac-ret+leaf+b-key", true), "autibsp b ");
	cr_expect_str_eq(stub("bti", true), "");
	cr_expect_str_eq(stub("none", true), "");
	/* and before the frame is made in which registers are kept */
	cr_expect_eq(strncmp(stub("pac-ret+leaf", false), "autiasp sub stp ", 16), 0, "%s",
		     stub("pac-ret+leaf", false));
	cr_expect_eq(strncmp(stub("none", false), "sub stp ", 8), 0, "%s", stub("none", false));
}
