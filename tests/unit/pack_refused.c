// SPDX-License-Identifier: GPL-2.0-only
/* What pack does not take, and whether it says what, where and what to do. */
#include "pack_work.h"

TestSuite(pack_refused, .init = work_begin, .fini = work_end, .timeout = 120);

#define KEPT "__attribute__((noinline, noclone)) "

static const char plain[] =
	"#include <stdio.h>\n"
	"static volatile int one = 1;\n"
	KEPT "int broken(int x) { return x * 3 + one; }\n"
	"int shown = 3;\n"
	"int get_shown(void) { return shown; }\n"
	"void say(void) { fprintf(stderr, \"%d\", one); }\n";

#define FIXED	"static int fixed(int x) { return x; }\nSUTURE_REPLACE(broken, fixed);\n"

Test(pack_refused, unknown_symbol)
{
	work_target("lib.so", plain, "");
	work_object("extern int nowhere(int);\nextern int elsewhere;\n"
		    "static int fixed(int x)\n{\n	return nowhere(x) +\n		elsewhere;\n}\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	/* both, with their lines */
	work_refuses("lib.so", NULL, "patch.c:5 (in fixed): `nowhere'", "patch.c:",
		     "`elsewhere'", "SUTURE_SYMBOL_AT", "--needed");
}

Test(pack_refused, needed_by_data)
{
	work_target("lib.so", plain, "");
	work_object("extern int nowhere(int);\nstatic int (*volatile table[])(int) = { nowhere };\n"
		    "static int fixed(int x) { return table[0](x); }\nSUTURE_REPLACE(broken, fixed);\n",
		    "");
	work_refuses("lib.so", NULL, "patch.o (in table): `nowhere'");
}

Test(pack_refused, imported_variable_without_import)
{
	work_target("lib.so", plain, "");
	work_object("#include <stdio.h>\nstatic int fixed(int x) { return stderr ? x : 0; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2 (in fixed): `stderr'", "SUTURE_IMPORT(TYPE, stderr)",
		     "*SUTURE_IMPORTED(stderr)");
}

Test(pack_refused, exported_variable_without_import)
{
	work_target("lib.so", plain, "");
	work_object("extern int shown;\nstatic int fixed(int x) { return shown + x; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`shown'", "SUTURE_IMPORT");
}

Test(pack_refused, import_of_nothing)
{
	work_target("lib.so", plain, "");
	work_object("SUTURE_IMPORT(int, nowhere);\nstatic int fixed(int x) { return *SUTURE_IMPORTED(nowhere) + x; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`nowhere'", "no GOT slot");
}

Test(pack_refused, no_such_function)
{
	work_target("lib.so", plain, "");
	work_object("static int fixed(int x) { return x; }\n\n\nSUTURE_REPLACE(brokken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:4", "no function `brokken'");
}

Test(pack_refused, function_of_another_library)
{
	work_target("lib.so", plain, "");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(fprintf, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`fprintf'", "imports it");
}

Test(pack_refused, not_a_function)
{
	work_target("lib.so", plain, "");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(shown, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`shown'", "not a function");
}

/* gcc keeps only copies of it, with the constant put in */
Test(pack_refused, only_a_clone)
{
	work_target("lib.so",
		    "static volatile int one = 1;\n"
		    "static __attribute__((noinline)) int inner(int x, int how) { int s = one;\n"
		    "	for (int i = 0; i < x; i++) s += how * one + i; return s; }\n"
		    "int broken(int x) { return inner(x, 42) + inner(x + 1, 42); }\n", "");
	work_run("nm lib.so | grep -q 'inner.constprop' && ! nm lib.so | grep -q 'inner$'");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(inner, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`inner'", "inner.constprop.0 at 0x",
		     "SUTURE_REPLACE_NAMED");
	work_object("extern int inner(int, int);\nstatic int fixed(int x) { return inner(x, 1); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`inner'", "inner.constprop.0");
	/* by its own name it is an ordinary function */
	work_object("static int fixed(int x) { return x; }\n"
		    "SUTURE_REPLACE_NAMED(\"inner.constprop.0\", fixed);\n", "");
	work_packs("lib.so", NULL);
}

/* A copy beside the function: callers of the copy are not reached. */
Test(pack_refused, clone_beside_is_a_warning)
{
	struct work_pack how = { 0 };

	work_target("lib.so", plain, "");
	work_run("objcopy --add-symbol broken.part.0=.text:0x40,local,function lib.so 2>/dev/null");
	work_object(FIXED, "");
	work_packs("lib.so", &how);
	cr_expect(strstr(how.warnings, "broken.part.0"), "%s", how.warnings);
	cr_expect(strstr(how.warnings, "patch.c:2"), "%s", how.warnings);
}

Test(pack_refused, two_of_one_name)
{
	work_write("one.c", "volatile int one = 1;\n" KEPT "static int twin(int x) { return x * 3 + one; }\n"
		   "int a(int x) { return twin(x); }\n");
	work_write("two.c", "extern volatile int one;\n" KEPT "static int twin(int x) { return x * 5 + one; }\n"
		   "int b(int x) { return twin(x); }\n");
	work_run("cc -O2 -g -shared -fPIC -Wl,--build-id -o lib.so one.c two.c");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(twin, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "2 functions `twin'", "(one.c)", "(two.c)",
		     "SUTURE_REPLACE_AT");
	work_object("extern int twin(int);\nstatic int fixed(int x) { return twin(x); }\n"
		    "SUTURE_REPLACE(a, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`twin'", "(one.c)", "(two.c)",
		     "SUTURE_SYMBOL_AT(twin");
}

Test(pack_refused, twice_replaced)
{
	work_target("lib.so", plain, "");
	work_object(FIXED "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:3", "replaced already, by patch.c:2");
}

Test(pack_refused, too_short)
{
	work_target("lib.so",
		    "__asm__(\".text\\n.globl tiny\\n.type tiny,@function\\ntiny: ret\\n.size tiny,.-tiny\\n\"\n"
		    "\".globl next\\n.type next,@function\\nnext: xor %eax,%eax\\nret\\n.size next,.-next\\n\");\n",
		    "");
	work_object("static void fixed(void) { }\nSUTURE_REPLACE(tiny, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`tiny' cannot be replaced", "too short");
}

Test(pack_refused, jump_into_the_overwritten_bytes)
{
	work_target("lib.so",
		    "__asm__(\".text\\n.p2align 4\\n.globl loop\\n.type loop,@function\\nloop: xor %eax,%eax\\n\"\n"
		    "\"1: add $1,%eax\\ncmp $100,%eax\\njne 1b\\nret\\n.size loop,.-loop\\n\");\n", "");
	work_object("static int fixed(void) { return 1; }\nSUTURE_REPLACE(loop, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`loop' cannot be replaced", "jne");
}

Test(pack_refused, other_bytes)
{
	work_target("lib.so", plain, "-Wl,-z,noseparate-code");
	work_object("static int fixed(int x) { return x; }\n"
		    "SUTURE_REPLACE_AT(\"label\", 0x400, 0, fixed, 0xde, 0xad, 0xbe, 0xef);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`label'", "at 0x400", "de ad be ef");
	work_object("extern int there(int);\nSUTURE_SYMBOL_AT(there, 0x400, 0xde, 0xad);\n"
		    "static int fixed(int x) { return there(x); }\nSUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`there'", "expected bytes at 0x400");
}

Test(pack_refused, inside_a_function)
{
	char text[512], bytes[256], second[8] = "";
	unsigned long addr;

	work_target("lib.so", plain, "-Wl,-z,noseparate-code");
	addr = address_of("lib.so", "broken", bytes, 2);
	strcpy(second, strrchr(bytes, ',') + 2);
	snprintf(text, sizeof(text), "static int fixed(int x) { return x; }\n"
		 "SUTURE_REPLACE_AT(\"label\", 0x%lx, 0, fixed, %s);\n", addr + 1, second);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:2", "1 bytes inside the function at");
	snprintf(text, sizeof(text), "static int fixed(int x) { return x; }\n"
		 "SUTURE_REPLACE_AT(\"label\", 0x%lx, 3, fixed%s);\n", addr, bytes);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:2", "told to have 3 bytes");
	snprintf(text, sizeof(text), "static int fixed(int x) { return x; }\n"
		 "SUTURE_REPLACE_AT(\"label\", 0x%lx, 0, fixed);\n", addr);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:2", "needs the bytes");
}

Test(pack_refused, ifunc)
{
	work_target("lib.so", "static int fast(int x) { return x + 1; }\n"
		    "static void *choose(void) { return fast; }\n"
		    "int chosen(int) __attribute__((ifunc(\"choose\")));\n"
		    "volatile int one = 1;\n" KEPT "int broken(int x) { return x * 3 + one; }\n", "");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(chosen, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`chosen' is an ifunc");
	work_object("extern int chosen(int);\nstatic int fixed(int x) { return chosen(x); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`chosen'", "ifunc");
	/* in the patch itself */
	work_object("static int fast(int x) { return x + 1; }\nstatic void *choose(void) { return fast; }\n"
		    "static int mine(int) __attribute__((ifunc(\"choose\")));\n"
		    "static int fixed(int x) { return mine(x); }\nSUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "IRELATIVE");
}

Test(pack_refused, stack_protector)
{
	work_target("lib.so", plain, "");
	work_object("extern int nothing;\nstatic int fixed(int x) { volatile char b[64]; b[x] = 1; return b[1]; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "-fstack-protector-all");
	work_refuses("lib.so", NULL, "patch.c:2", "`__stack_chk_fail'", "-fno-stack-protector");
}

Test(pack_refused, fortified_target)
{
	work_target("lib.so",
		    "#include <stdio.h>\nvolatile int one = 1;\n"
		    KEPT "int broken(int x) { return printf(\"%d%d\", x, one); }\n",
		    "-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2");
	work_object("#include <stdio.h>\nstatic int fixed(int x) { return printf(\"%d\", x); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "`printf'", "__printf_chk", "-D_FORTIFY_SOURCE=2");
	work_object("#include <stdio.h>\nstatic int fixed(int x) { return printf(\"%d\", x); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "-D_FORTIFY_SOURCE=2");
	work_packs("lib.so", NULL);
}

Test(pack_refused, not_position_independent)
{
	work_target("lib.so", plain, "");
	work_object("extern int get_shown(void) __attribute__((visibility(\"hidden\")));\n"
		    "static int fixed(int x) { return x + get_shown(); }\nSUTURE_REPLACE(broken, fixed);\n",
		    "");
	work_refuses("lib.so", NULL, "patch.c:2", "`get_shown'", "without a visibility");
	work_object("extern int one;\nstatic int fixed(int x) { return x + one; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "-fno-pic");
	work_refuses("lib.so", NULL, "patch.c:2", "`one'", "-fPIC");
}

Test(pack_refused, constructor)
{
	work_target("lib.so", plain, "");
	work_object("static volatile int ran; static __attribute__((constructor)) void first(void) { ran = 1; }\n" FIXED, "");
	work_refuses("lib.so", NULL, "constructor");
}

/* arguments on the stack: no stub can be put in between */
Test(pack_refused, unaligned_callers_and_stack_arguments)
{
	static const char fix[] =
		"static long fixed(long a, long b, long c, long d, long e, long f, long g, long h) {\n"
		"	volatile float v[4] __attribute__((aligned(16)));\n"
		"	asm volatile(\"movaps %%xmm0, %0\" : \"=m\" (v));\n"
		"	return a + b + c + d + e + f + g + h; }\n"
		"SUTURE_REPLACE(leaf, fixed);\n";

	work_target("lib.so",
		    "static volatile long one = 1;\n"
		    KEPT "static long leaf(long a, long b, long c, long d, long e, long f, long g, long h)"
		    " { return a + b + c + d + e + f + g + h + one; }\n"
		    "long plus(long a) { return leaf(a, a, a, a, a, a, a, a) + 1; }\n", "");
	work_object(fix, "");
	work_refuses("lib.so", NULL, "patch.c:5", "`leaf'", "-mincoming-stack-boundary=3");
	work_object(fix, "-mincoming-stack-boundary=3");
	work_packs("lib.so", NULL);
}

Test(pack_refused, large_alignment)
{
	work_target("lib.so", plain, "");
	work_object("static volatile int big __attribute__((aligned(8192))) = 1;\n"
		    "static int fixed(int x) { return x + big; }\nSUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "alignment of 8192");
}

Test(pack_refused, packed_address)
{
	work_target("lib.so", plain, "");
	work_object("static struct { char c; int *p; } __attribute__((packed)) volatile s = { 1, (int *)&s };\n"
		    "static int fixed(int x) { return x + *s.p; }\nSUTURE_REPLACE(broken, fixed);\n", "");
	work_refuses("lib.so", NULL, "multiple of 8", "packed");
}

Test(pack_refused, nothing_or_too_much_said)
{
	work_target("lib.so", plain, "");
	work_object("", "");
	work_refuses("lib.so", NULL, "no SUTURE_REPLACE");
	work_object(FIXED "SUTURE_QUIESCENT;\nSUTURE_IMMEDIATE;\n", "");
	work_refuses("lib.so", NULL, "patch.c:4", "patch.c:3");
	work_object(FIXED "SUTURE_CVE(\"CVE-1\");\nSUTURE_CVE(\"CVE-2\");\n", "");
	work_refuses("lib.so", NULL, "patch.c:4", "patch.c:3");
	work_write("patch.c", "#include <suture/patch.h>\n" FIXED);
	work_run("cc %s -c -o patch.o patch.c", work_patch_flags());
	work_refuses("lib.so", NULL, "SUTURE_PATCH");
}

Test(pack_refused, new_function_is_not_one)
{
	work_target("lib.so", plain, "");
	work_object("extern int get_shown(void);\nSUTURE_REPLACE(broken, get_shown);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "not a function of the patch");
}

Test(pack_refused, wrong_files)
{
	struct work_pack how = { .debug = "other.so" };

	work_target("lib.so", plain, "");
	work_target("other.so", "int other;\n", "");
	work_object(FIXED, "");
	work_refuses("lib.so", &how, "other.so", "debug file of another build");
	work_refuses("missing.so", NULL, "missing.so", "No such file");
	work_refuses("patch.c", NULL, "patch.c", "not an ELF file");
	work_refuses("patch.o", NULL, "neither a shared object nor a program");
	work_run("cc -shared -fPIC -Wl,--build-id=none -o lib.so lib.so.c");
	work_refuses("lib.so", NULL, "no build-id");
	work_target("lib.so", plain, "");
	work_run("cp other.so patch.o");
	work_refuses("lib.so", NULL, "not an object file");
	work_run("head -c 700 lib.so >short.so");
	work_object(FIXED, "");
	work_refuses("short.so", NULL, "short.so");
}

/* An error leaves an output that is there alone, and nothing else behind. */
Test(pack_refused, output_is_whole_or_untouched)
{
	struct suture_error err = { 0 };

	work_target("lib.so", plain, "");
	work_object(FIXED, "");
	work_packs("lib.so", NULL);
	work_run("cp patch.spm before.spm");
	work_object("extern int nowhere(int);\nstatic int fixed(int x) { return nowhere(x); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	cr_expect_lt(work_pack("lib.so", NULL, &err), 0);
	work_run("cmp patch.spm before.spm");
	work_run("test -z \"$(ls | grep 'spm\\.')\"");
}

Test(pack_refused, names)
{
	char *targets[] = { "/dev/null", NULL };
	struct suture_error err;
	struct suture_pack_options opt = {
		.targets = targets, .nr_targets = 1, .output = "x.spm", .objects = NULL,
	};
	static const char *const bad[] = { "", ".hidden", "a/b", "a b", "-x",
					   "much-too-long-for-a-name-of-a-patch-with-48-bytes" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		opt.name = bad[i];
		cr_expect_lt(suture_pack(&opt, &err), 0);
		cr_expect(strstr(err.text, "cannot be a patch's name"), "%s: %s", bad[i], err.text);
	}
}
