// SPDX-License-Identifier: GPL-2.0-only
/* SUTURE_REPLACE_CALL and SUTURE_ORIGINAL, packed and run in this process. */
#include "pack_work.h"

TestSuite(pack_sites, .init = work_begin, .fini = work_end, .timeout = 120);

static const char lib_text[] =
	"#include <stdlib.h>\n"
	"#define KEPT __attribute__((noinline, noclone))\n"
	"static volatile int one = 1;\n"
	"KEPT static int check(int x) { return x + one; }\n"
	"KEPT int twice(int x) { int a = check(x); return a * 10 + check(x + 1); }\n"
	"KEPT int other(int x) { return check(x) - one; }\n"
	"KEPT int tail(int x) { return check(x * 2); }\n"
	"KEPT long number(const char *s) { return strtol(s, 0, 16) + one; }\n";

/* Offset in @func of its call number @nr (1 ..) of something called @callee. */
static unsigned long offset_of(const char *file, const char *func, const char *callee, int nr)
{
	unsigned long at = 0, begin = 0;
	char command[512];
	FILE *f;

	snprintf(command, sizeof(command),
		 "objdump -d --disassemble=%s %s | awk '/^[0-9a-f]+ <%s>:/ { print $1 }"
		 " /(call|jmp).*%s/ && ++n == %d { sub(\":\", \"\", $1); print $1 }'",
		 func, work_path(file), func, callee, nr);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%lx %lx", &begin, &at) == 2, "%s", command);
	pclose(f);
	return at - begin;
}

/* gcc makes what it says of the one place, the other stays as it was. */
Test(pack_sites, one_of_two_calls)
{
	int (*twice)(int), (*other)(int);
	struct inside in;
	char text[512];
	void *lib;

	work_target("lib.so", lib_text, "");
	snprintf(text, sizeof(text),
		 "extern int check(int);\n"
		 "static int checked(int x) { return check(x) + 5; }\n"
		 "SUTURE_REPLACE_CALL(twice, 0x%lx, checked);\n",
		 offset_of("lib.so", "twice", "check", 2));
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	twice = dlsym(lib, "twice");
	other = dlsym(lib, "other");
	cr_assert_eq(twice(1), 23);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.nr_funcs, 0);
	cr_expect_eq(in.spm->note.nr_sites, 1);
	cr_expect_eq(in.spm->note.head->flags, 0, "immediate");
	snprintf(text, sizeof(text), "twice+0x%lx", offset_of("lib.so", "twice", "check", 2));
	cr_expect_str_eq(spm_string(&in.spm->note, in.spm->note.sites[0].name), text);
	cr_expect_eq(twice(1), 28);
	cr_expect_eq(other(1), 1, "another caller");
	inside_revert(&in);
	cr_expect_eq(twice(1), 23);
}

Test(pack_sites, tail_jump)
{
	struct inside in;
	int (*tail)(int);
	char text[512];
	void *lib;

	/* far from each other: no short jump */
	work_target("lib.so", lib_text, "-falign-functions=256");
	snprintf(text, sizeof(text), "static int checked(int x) { return x + 50; }\n"
		 "SUTURE_REPLACE_CALL(tail, 0x%lx, checked);\n",
		 offset_of("lib.so", "tail", "check", 1));
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	tail = dlsym(lib, "tail");
	cr_assert_eq(tail(3), 7);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.sites[0].old_bytes[0], 0xe9);
	cr_expect_eq(tail(3), 56);
	inside_revert(&in);
	cr_expect_eq(tail(3), 7);
}

/* An import, called through its PLT entry (e8) or through the GOT word (ff 15). */
static void check_import(const char *flags, uint8_t opcode, size_t len)
{
	long (*number)(const char *);
	struct inside in;
	char text[512];
	void *lib;

	work_target("lib.so", lib_text, flags);
	snprintf(text, sizeof(text), "#include <stdlib.h>\n"
		 "static long decimal(const char *s, char **end, int base)\n"
		 "{ (void)base; return strtol(s, end, 10); }\n"
		 "SUTURE_REPLACE_CALL(number, 0x%lx, decimal);\n",
		 offset_of("lib.so", "number", opcode == 0xff ? "rip" : "strtol", 1));
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_LAZY);
	number = dlsym(lib, "number");
	cr_assert_eq(number("10"), 17);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.sites[0].old_bytes[0], opcode);
	cr_expect_eq(in.spm->note.sites[0].old_len, len);
	cr_expect_eq(number("10"), 11);
	inside_revert(&in);
	cr_expect_eq(number("10"), 17);
}

Test(pack_sites, plt_call)
{
	check_import("", 0xe8, 5);
}

Test(pack_sites, call_through_word)
{
	check_import("-fno-plt", 0xff, 6);
}

/* The caller keeps values in registers that the old callee leaves alone. */
Test(pack_sites, registers_that_the_caller_relies_on)
{
	static const char target[] =
		"static volatile long one = 1;\n"
		"__attribute__((noinline, noclone)) static long leaf(long x) { return x + one; }\n"
		"long sum(long a, long b, long c, long d) {\n"
		"	long s = leaf(a); s += leaf(b) * 3; s += leaf(c) * 5; return s + leaf(d) * 7 +"
		" a + 2 * b + 3 * c + 4 * d; }\n";
	long (*sum)(long, long, long, long), before;
	struct inside in;
	char text[1024];
	void *lib;

	work_target("lib.so", target, "");
	snprintf(text, sizeof(text),
		 "static long fixed(long x) {\n"
		 "	asm volatile(\"xor %%%%ecx,%%%%ecx; xor %%%%edx,%%%%edx; xor %%%%esi,%%%%esi;\"\n"
		 "		\"xor %%%%r8d,%%%%r8d; xor %%%%r9d,%%%%r9d; xor %%%%r10d,%%%%r10d\"\n"
		 "		::: \"rcx\", \"rdx\", \"rsi\", \"r8\", \"r9\", \"r10\");\n"
		 "	return x + 2; }\n"
		 "SUTURE_REPLACE_CALL(sum, 0x%lx, fixed);\n",
		 offset_of("lib.so", "sum", "leaf", 2));
	work_object(text, "");
	work_packs("lib.so", NULL);
	work_run("nm patch.spm | grep -q suture.site.0");
	lib = work_dlopen("lib.so", RTLD_NOW);
	sum = dlsym(lib, "sum");
	before = sum(1, 2, 3, 4);
	inside_apply(&in);
	cr_expect_eq(sum(1, 2, 3, 4), before + 3);
}

Test(pack_sites, refused)
{
	char text[1024];
	unsigned long at;

	work_target("lib.so", lib_text, "");
	at = offset_of("lib.so", "twice", "check", 1);
	/* not at a call: the calls that there are come with the error */
	snprintf(text, sizeof(text), "static int fn(int x) { return x; }\n"
		 "SUTURE_REPLACE_CALL(twice, 0x%lx, fn);\n", at + 1);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:2", "`twice' + 0x", "inside an instruction",
		     "call check");

	snprintf(text, sizeof(text), "static int fn(int x) { return x; }\n"
		 "SUTURE_REPLACE_CALL(nothing_like_this, 0x%lx, fn);\n", at);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:2", "no function `nothing_like_this'");

	snprintf(text, sizeof(text), "static int fn(int x) { return x; }\n"
		 "SUTURE_REPLACE_CALL(twice, 0x%lx, fn);\n"
		 "SUTURE_REPLACE_CALL(twice, 0x%lx, fn);\n", at, at);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:3", "replaced already", "patch.c:2");

	snprintf(text, sizeof(text), "static int fn(int x) { return x; }\n"
		 "SUTURE_REPLACE(twice, fn);\n"
		 "SUTURE_REPLACE_CALL(twice, 0x%lx, fn);\n", at);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:3", "beginning of `twice'", "patch.c:2");

	snprintf(text, sizeof(text), "extern int far(int);\n"
		 "SUTURE_REPLACE_CALL(twice, 0x%lx, far);\n"
		 "SUTURE_SYMBOL_AT(far, 0x1000);\n", at);
	work_object(text, "");
	work_refuses("lib.so", NULL, "patch.c:2", "not a function of the patch");
}

/* No symbol: the function's address is told. */
Test(pack_sites, stripped)
{
	char text[1024], bytes[256];
	unsigned long at, addr;
	struct inside in;
	int (*other)(int);
	void *lib;

	work_target("lib.so", lib_text, "-Wl,-z,noseparate-code");
	at = offset_of("lib.so", "other", "check", 1);
	addr = address_of("lib.so", "other", bytes, 4);
	work_run("strip lib.so");
	snprintf(text, sizeof(text), "static int fn(int x) { return x + 9; }\n"
		 "SUTURE_SYMBOL_AT(renamed, 0x%lx%s);\n"
		 "SUTURE_REPLACE_CALL(renamed, 0x%lx, fn);\n", addr, bytes, at);
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	other = dlsym(lib, "other");
	inside_apply(&in);
	cr_expect_eq(other(1), 9);
}

/* ---------------------------------------------------------- SUTURE_ORIGINAL */

Test(pack_sites, original)
{
	int (*twice)(int), (*other)(int);
	struct inside in;
	void *lib;

	work_target("lib.so", lib_text, "");
	work_object("extern int check(int); extern int twice(int);\n"
		    "static int checked(int x) { return SUTURE_ORIGINAL(check)(x) + 5; }\n"
		    "static int doubled(int x) { return SUTURE_ORIGINAL(twice)(x) * 2; }\n"
		    "SUTURE_REPLACE(check, checked);\nSUTURE_REPLACE(twice, doubled);\n", "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	twice = dlsym(lib, "twice");
	other = dlsym(lib, "other");
	cr_assert_eq(twice(1), 23);
	inside_apply(&in);
	/* what the old code calls is the new one */
	cr_expect_eq(other(1), 6);
	cr_expect_eq(twice(1), 2 * (70 + 8));
	inside_revert(&in);
	cr_expect_eq(twice(1), 23);
}

Test(pack_sites, original_in_cplusplus)
{
	struct inside in;
	int (*other)(int);
	void *lib;

	work_target("lib.so", lib_text, "");
	work_write("patch.cc", "#include <suture/patch.h>\n"
		   "SUTURE_PATCH(\"1.0\", \"a test in C++\");\n"
		   "extern \"C\" int check(int);\n"
		   "namespace fix { struct fixer { int operator()(int x) const {\n"
		   "	return SUTURE_ORIGINAL(check)(x) + 5; } }; }\n"
		   "static int checked(int x) { return fix::fixer()(x) + SUTURE_ORIGINAL(check)(0); }\n"
		   "SUTURE_REPLACE(check, checked);\n");
	work_run("c++ %s -fno-exceptions -fno-rtti -c -o patch.o patch.cc", work_patch_flags());
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	other = dlsym(lib, "other");
	inside_apply(&in);
	cr_expect_eq(other(1), 7);
}

/* By an address that is told, and as an address instead of a call. */
Test(pack_sites, original_of_a_stripped_function)
{
	char text[1024], bytes[256];
	unsigned long addr;
	struct inside in;
	int (*other)(int);
	void *lib;

	work_target("lib.so", lib_text, "-Wl,-z,noseparate-code");
	addr = address_of("lib.so", "check", bytes, 6);
	work_run("strip lib.so");
	snprintf(text, sizeof(text), "extern int old_check(int);\n"
		 "static int checked(int x) { int (*volatile f)(int) = SUTURE_ORIGINAL(old_check);"
		 " return f(x) + 5; }\n"
		 "SUTURE_SYMBOL_AT(old_check, 0x%lx%s);\n"
		 "SUTURE_REPLACE_AT(\"check\", 0x%lx, 0, checked%s);\n", addr, bytes, addr, bytes);
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	other = dlsym(lib, "other");
	inside_apply(&in);
	cr_expect_eq(other(1), 6);
}

Test(pack_sites, original_of_what_is_not_replaced)
{
	work_target("lib.so", lib_text, "");
	work_object("extern int check(int);\n"
		    "static int fn(int x) { return SUTURE_ORIGINAL(check)(x); }\n"
		    "SUTURE_REPLACE(twice, fn);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "SUTURE_ORIGINAL(check)", "does not replace",
		     "by its name");
}

/* ------------------------------------------- registers, and calls that leave */

static const char graph[] =
	"static volatile long one = 1;\n"
	"__attribute__((noinline, noclone)) static long deep(long x) { return x + one; }\n"
	"__attribute__((noinline, noclone)) static long leaf(long x) { return deep(x) ^ 5; }\n"
	"__attribute__((noinline, noclone)) static long apart(long x) {\n"
	"	asm volatile(\"xor %%r8d,%%r8d; xor %%r9d,%%r9d; xor %%r10d,%%r10d\" ::: \"r8\", \"r9\", \"r10\");\n"
	"	return x - one; }\n"
	"long sum(long a, long b, long c, long d) { long s = leaf(a); s += leaf(b) * 3; s += leaf(c) * 5;\n"
	"	return s + leaf(d) * 7 + a + 2 * b + 3 * c + 4 * d; }\n"
	"long use(long a) { return apart(a) * one; }\n";

/* Its callers know what deep() writes: nothing is saved for it. */
Test(pack_sites, calls_of_what_the_old_one_calls)
{
	long (*sum)(long, long, long, long), before;
	struct inside in;
	void *lib;

	work_target("lib.so", graph, "");
	work_object("extern long deep(long), leaf(long);\n"
		    "static long fixed(long x) { return deep(x) + SUTURE_ORIGINAL(leaf)(x) - (deep(x) ^ 5); }\n"
		    "SUTURE_REPLACE(leaf, fixed);\n", "-mincoming-stack-boundary=3");
	work_packs("lib.so", NULL);
	work_run("! objdump -d --disassemble=suture.entry.0 patch.spm | grep -q xmm");
	lib = work_dlopen("lib.so", RTLD_NOW);
	sum = dlsym(lib, "sum");
	before = sum(1, 2, 3, 4);
	inside_apply(&in);
	cr_expect_eq(sum(1, 2, 3, 4), before - (2 ^ 5) + 2 - 3 * (3 ^ 5) + 3 * 3 - 5 * (4 ^ 5) + 5 * 4 -
		     7 * (5 ^ 5) + 7 * 5);
}

/* They do not know what apart() writes, which is in the same library. */
Test(pack_sites, calls_of_something_else)
{
	struct suture_error err = { 0 };

	work_target("lib.so", graph, "");
	work_object("extern long apart(long);\n"
		    "static long fixed(long x) { return apart(x); }\n"
		    "SUTURE_REPLACE(leaf, fixed);\n", "-fno-optimize-sibling-calls");
	if (work_pack("lib.so", NULL, &err))
		cr_expect(strstr(err.text, "keep values in"), "%s", err.text);
	else
		work_run("objdump -d --disassemble=suture.entry.0 patch.spm | grep -q xmm");
}

/* arm64: an import is entered through a stub that ends in `ret x16`. */
Test(pack_sites, import_on_arm64)
{
	struct suture_error err = { 0 };

	if (system("command -v aarch64-linux-gnu-gcc >/dev/null"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	work_write("lib.c",
		   "#include <stdio.h>\nstatic volatile long one = 1;\n"
		   "__attribute__((noinline, noclone)) static long leaf(long x) { return x + one; }\n"
		   "long sum(long a, long b, long c, long d) { long s = leaf(a); s += leaf(b) * 3;\n"
		   "	s += leaf(c) * 5; puts(\"x\"); return s + leaf(d) * 7 + a + 2 * b + 3 * c + 4 * d; }\n");
	work_run("aarch64-linux-gnu-gcc -O2 -g -shared -fPIC -Wl,--build-id -o lib.so lib.c");
	work_write("patch.c", "#include <stdio.h>\n#include <suture/patch.h>\nSUTURE_PATCH(\"1\", \"x\");\n"
		   "static long fixed(long x) { puts(\"hello\"); return x; }\nSUTURE_REPLACE(leaf, fixed);\n");
	work_run("aarch64-linux-gnu-gcc -O2 -g -fPIC -fvisibility=hidden -I" SUTURE_TOP
		 "/patches/include -c -o patch.o patch.c");
	cr_assert_eq(work_pack("lib.so", NULL, &err), 0, "%s", err.text);
	/* puts may write what carries arguments */
	work_run("aarch64-linux-gnu-objdump -d --disassemble=suture.entry.0 patch.spm | grep -q 'str.x7,'");
}
