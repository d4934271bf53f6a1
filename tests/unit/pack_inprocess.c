// SPDX-License-Identifier: GPL-2.0-only
/*
 * What pack makes of each way to refer to something, run: the patch is put
 * into this process and called.
 */
#include <errno.h>

#include "pack_work.h"

TestSuite(pack_inprocess, .init = work_begin, .fini = work_end, .timeout = 120);

/* volatile keeps gcc from folding what it knows of the functions */
static const char basics[] =
	"#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
	"#define KEPT __attribute__((noinline, noclone))\n"
	"static volatile int one = 1;\n"
	"static volatile int counter = 40;\n"
	"int shown = 3;\n"
	"KEPT static int helper(int x) { return x * 2 + one - 1; }\n"
	"KEPT int broken(int x) { return helper(x) + one; }\n"
	"KEPT int through(int x) { return broken(x) + one; }\n"
	"KEPT static int hidden(int x) { return x - one; }\n"
	"int call_hidden(int x) { return hidden(x) * one; }\n"
	"int get_counter(void) { return counter + shown; }\n"
	"KEPT long imports(const char *s) { if (!s) { fprintf(stderr, \"%d\", one); close(-1);\n"
	"	return errno; } return strtol(s, 0, 16); }\n";

Test(pack_inprocess, exported_and_static)
{
	int (*broken)(int), (*call_hidden)(int), (*get_counter)(void);
	struct inside in;
	void *lib;

	work_target("lib.so", basics, "");
	work_object("extern int helper(int); extern int counter;\n"
		    "static int own = 5; static int zero[3000]; static int *volatile at = &own;\n"
		    "static int fixed(int x) { zero[2999]++; counter += 2;"
		    " return helper(x) + 100 + *at + zero[2999]; }\n"
		    "static int unhidden(int x) { return x + 7; }\n"
		    "SUTURE_REPLACE(broken, fixed);\nSUTURE_REPLACE(hidden, unhidden);\n", "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	broken = dlsym(lib, "broken");
	call_hidden = dlsym(lib, "call_hidden");
	get_counter = dlsym(lib, "get_counter");
	cr_assert_eq(broken(10), 21);
	cr_assert_eq(call_hidden(10), 9);
	inside_apply(&in);
	cr_expect_eq(broken(10), 20 + 100 + 5 + 1);
	cr_expect_eq(broken(10), 20 + 100 + 5 + 2, "bss of the patch");
	cr_expect_eq(get_counter(), 44 + 3, "static data of the target");
	cr_expect_eq(call_hidden(10), 17);
	inside_revert(&in);
	cr_expect_eq(broken(10), 21);
	cr_expect_eq(call_hidden(10), 9);
}

/* The same imports by each way that a target may reach them. */
static void check_imports(const char *flags, int how)
{
	struct inside in;
	long (*imports)(const char *);
	void *lib;
	char said[64] = "";
	int fds[2];

	work_target("lib.so", basics, flags);
	work_object("#include <errno.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
		    "SUTURE_IMPORT(FILE *, stderr);\n"
		    "static long (*volatile table[])(const char *, char **, int) = { strtol };\n"
		    "static long fixed(const char *s) {\n"
		    "	fprintf(*SUTURE_IMPORTED(stderr), \"<%s>\", s);\n"
		    "	close(-1);\n"
		    "	return table[0](s, 0, 10) * 1000 + errno; }\n"
		    "SUTURE_REPLACE(imports, fixed);\n", "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", how);
	imports = dlsym(lib, "imports");
	inside_apply(&in);
	cr_assert_eq(pipe(fds), 0);
	cr_assert_eq(dup2(fds[1], 2), 2);
	cr_expect_eq(imports("12"), 12000 + EBADF);
	cr_expect(read(fds[0], said, sizeof(said)) == 4);
	cr_expect_str_eq(said, "<12>");
	inside_revert(&in);
	cr_expect_eq(imports("12"), 0x12);
}

Test(pack_inprocess, imports_lazy)
{
	check_imports("-Wl,-z,lazy", RTLD_LAZY);
}

Test(pack_inprocess, imports_now)
{
	check_imports("-Wl,-z,now", RTLD_NOW);
}

/* no PLT in the target: a stub of the patch reads the slot */
Test(pack_inprocess, imports_without_plt)
{
	check_imports("-fno-plt -Wl,-z,now", RTLD_NOW);
}

/* endbr64 and .plt.sec */
Test(pack_inprocess, imports_ibt)
{
	check_imports("-fcf-protection=full -Wl,-z,ibtplt -Wl,-z,lazy", RTLD_LAZY);
}

/* objects that were compiled to go through a PLT: it is the patch's own */
Test(pack_inprocess, patch_with_plt)
{
	struct inside in;
	long (*imports)(const char *);
	void *lib;

	work_target("lib.so", basics, "");
	work_object("#include <stdlib.h>\n"
		    "static long fixed(const char *s) { return strtol(s, 0, 10) + 1; }\n"
		    "SUTURE_REPLACE(imports, fixed);\n", "-fplt");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_LAZY);
	imports = dlsym(lib, "imports");
	inside_apply(&in);
	cr_expect_eq(imports("12"), 13);
}

/* An executable's function that takes the place of an exported one. */
Test(pack_inprocess, interposition_is_the_targets_own)
{
	struct inside in;
	int (*entry)(int);
	void *lib;

	work_target("first.so", "int exported(int x) { return x + 500; }\n", "");
	work_target("lib.so",
		    "__attribute__((noinline)) int exported(int x) { return x + 1; }\n"
		    "__attribute__((noinline)) int entry(int x) { return exported(x) * 2; }\n", "");
	work_object("extern int exported(int);\n"
		    "static int fixed(int x) { return exported(x) * 3; }\n"
		    "SUTURE_REPLACE(entry, fixed);\n", "");
	work_packs("lib.so", NULL);
	work_dlopen("first.so", RTLD_NOW | RTLD_GLOBAL);
	lib = work_dlopen("lib.so", RTLD_LAZY);
	entry = dlsym(lib, "entry");
	cr_assert_eq(entry(1), 1002);
	inside_apply(&in);
	cr_expect_eq(entry(1), 1503);
}

Test(pack_inprocess, needed_object)
{
	struct work_pack how = { .needed = "other.so" };
	struct inside in;
	int (*broken)(int);
	void *lib;

	work_target("other.so", "int other_data[2] = { 4, 5 };\nstatic int inner(int x)"
		    " { return x + other_data[1]; }\nint (*volatile keep)(int) = inner;\n"
		    "int other_function(int x) { return keep(x); }\n", "");
	work_target("lib.so", basics, "");
	work_object("extern int other_function(int), inner(int), other_data[];\n"
		    "static int fixed(int x) { return other_function(x) + 10 * inner(x) +"
		    " 1000 * other_data[0]; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_packs("lib.so", &how);
	lib = work_dlopen("lib.so", RTLD_NOW);
	work_dlopen("other.so", RTLD_NOW);
	broken = dlsym(lib, "broken");
	inside_apply(&in);
	cr_expect_eq(in.spm->note.nr_objects, 2);
	cr_expect_eq(in.spm->note.objects[1].role, SUTURE_ROLE_NEEDED);
	cr_expect_eq(broken(1), 6 + 60 + 4000);
}

/* What the compiler calls by itself and the target does not import. */
Test(pack_inprocess, memory_functions)
{
	struct inside in;
	int (*broken)(int);
	void *lib;

	work_target("lib.so", basics, "");
	work_object("#include <string.h>\n"
		    "static char a[400], b[400];\n"
		    "static int fixed(int n) {\n"
		    "	volatile unsigned long len = n;\n"
		    "	memset(a, 7, len); memcpy(b, a, len); b[len - 1] = 9;\n"
		    "	memmove(b + 1, b, len); memmove(b, b + 1, len);\n"
		    "	return b[0] + 100 * b[len - 1] + (memcmp(a, b, len) < 0 ? 10000 : 0) +"
		    " 1000000 * b[len]; }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	broken = dlsym(lib, "broken");
	inside_apply(&in);
	for (size_t i = 0; i < in.spm->note.nr_relocs; i++)
		cr_expect_eq(in.spm->note.relocs[i].object, SUTURE_SELF);
	cr_expect_eq(broken(300), 7 + 900 + 10000 + 9000000);
}

/* Static names of a stripped target: its debug file, or addresses. */
Test(pack_inprocess, stripped_with_debug_file)
{
	struct work_pack how = { .debug = "lib.debug" };
	struct inside in;
	int (*call_hidden)(int);
	void *lib;

	work_target("lib.so", basics, "");
	work_run("objcopy --only-keep-debug lib.so lib.debug && strip lib.so");
	work_object("extern int helper(int); extern int counter;\n"
		    "static int unhidden(int x) { return helper(x) + counter; }\n"
		    "SUTURE_REPLACE(hidden, unhidden);\n", "");
	work_refuses("lib.so", NULL, "patch.c:3", "hidden", "stripped", "SUTURE_REPLACE_AT");
	work_packs("lib.so", &how);
	lib = work_dlopen("lib.so", RTLD_NOW);
	call_hidden = dlsym(lib, "call_hidden");
	inside_apply(&in);
	cr_expect_eq(call_hidden(10), 60);
}

Test(pack_inprocess, stripped_by_address)
{
	char text[2048], hidden_bytes[256], helper_bytes[256], none[8];
	unsigned long hidden, helper, counter;
	struct inside in;
	int (*call_hidden)(int);
	void *lib;

	/* file offset and address are the same for the text of this file, no gap */
	work_target("lib.so", basics, "-Wl,-z,noseparate-code");
	hidden = address_of("lib.so", "hidden", hidden_bytes, 6);
	helper = address_of("lib.so", "helper", helper_bytes, 4);
	counter = address_of("lib.so", "counter", none, 0);
	work_run("strip lib.so");
	snprintf(text, sizeof(text),
		 "extern int helper(int); extern int counter;\n"
		 "SUTURE_SYMBOL_AT(helper, 0x%lx%s);\n"
		 "SUTURE_SYMBOL_AT(counter, 0x%lx);\n"
		 "static int unhidden(int x) { return helper(x) + counter; }\n"
		 "SUTURE_REPLACE_AT(\"hidden (lib.c)\", 0x%lx, 0, unhidden%s);\n",
		 helper, helper_bytes, counter, hidden, hidden_bytes);
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	call_hidden = dlsym(lib, "call_hidden");
	inside_apply(&in);
	cr_expect_str_eq(spm_string(&in.spm->note, in.spm->note.funcs[0].name), "hidden (lib.c)");
	cr_expect_eq(call_hidden(10), 60);
}

/* Callers that know which registers the old function leaves alone. */
Test(pack_inprocess, registers_that_callers_rely_on)
{
	struct inside in;
	long (*sum)(long, long, long, long);
	void *lib;

	work_target("lib.so",
		    "static volatile long one = 1;\n"
		    "__attribute__((noinline, noclone)) static long leaf(long x) { return x + one; }\n"
		    "long sum(long a, long b, long c, long d) {\n"
		    "	long s = leaf(a); s += leaf(b) * 3; s += leaf(c) * 5; return s + leaf(d) * 7 +"
		    " a + 2 * b + 3 * c + 4 * d; }\n", "");
	work_object("static long fixed(long x) {\n"
		    "	asm volatile(\"xor %%ecx,%%ecx; xor %%edx,%%edx; xor %%esi,%%esi; xor %%r8d,%%r8d;\"\n"
		    "		\"xor %%r9d,%%r9d; xor %%r10d,%%r10d; xor %%r11d,%%r11d\"\n"
		    "		::: \"rcx\", \"rdx\", \"rsi\", \"r8\", \"r9\", \"r10\", \"r11\");\n"
		    "	return x + 1; }\n"
		    "SUTURE_REPLACE(leaf, fixed);\n", "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	sum = dlsym(lib, "sum");
	long before = sum(1, 2, 3, 4);

	inside_apply(&in);
	cr_expect_eq(sum(1, 2, 3, 4), before);
}

/* gcc does not align the stack for calls of the old function, which does not mind;
 * the new one gets it aligned, whether there are registers to be saved or not. */
static const char unaligned[] =
	"static volatile long one = 1;\n"
	"__attribute__((noinline, noclone)) static long leaf(long x) { return x + one; }\n"
	"long sum(long a, long b) { long s = leaf(a); return s + leaf(b) * 7 + a + 2 * b; }\n"
	"long plus(long a) { return leaf(a) + 1; }\n";

static void check_alignment(const char *clobber)
{
	char text[1024];
	struct inside in;
	long (*sum)(long, long), (*plus)(long);
	void *lib;

	work_target("lib.so", unaligned, "");
	snprintf(text, sizeof(text),
		 "static long fixed(long x) {\n"
		 "	volatile float v[4] __attribute__((aligned(16)));\n"
		 "	asm volatile(\"movaps %%%%xmm0, %%0\" : \"=m\" (v));\n"
		 "	asm volatile(\"\" ::: %s);\n"
		 "	return (unsigned long)v %% 16 ? 0 : x + 1; }\n"
		 "SUTURE_REPLACE(leaf, fixed);\n", clobber);
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	sum = dlsym(lib, "sum");
	plus = dlsym(lib, "plus");
	inside_apply(&in);
	cr_expect_eq(sum(1, 2), 2 + 3 * 7 + 1 + 4);
	cr_expect_eq(plus(5), 7);
}

Test(pack_inprocess, alignment_no_register)
{
	check_alignment("\"cc\"");
}

/* compiled to see to it itself: no stub, and none is needed */
Test(pack_inprocess, alignment_by_the_compiler)
{
	struct inside in;
	long (*plus)(long);
	void *lib;

	work_target("lib.so", unaligned, "");
	work_object("static long fixed(long x) {\n"
		    "	volatile float v[4] __attribute__((aligned(16)));\n"
		    "	asm volatile(\"movaps %%xmm0, %0\" : \"=m\" (v));\n"
		    "	return (unsigned long)v % 16 ? 0 : x + 1; }\n"
		    "SUTURE_REPLACE(leaf, fixed);\n", "-mincoming-stack-boundary=3");
	work_packs("lib.so", NULL);
	work_run("! nm patch.spm | grep -q suture.entry");
	lib = work_dlopen("lib.so", RTLD_NOW);
	plus = dlsym(lib, "plus");
	inside_apply(&in);
	cr_expect_eq(plus(5), 7);
}

Test(pack_inprocess, alignment_one_register)
{
	check_alignment("\"rsi\"");
}

Test(pack_inprocess, alignment_two_registers)
{
	check_alignment("\"rsi\", \"rdx\"");
}

Test(pack_inprocess, endbr64_stays)
{
	struct inside in;
	int (*broken)(int);
	void *lib;

	work_target("lib.so", basics, "-fcf-protection=full");
	work_object("static int fixed(int x) { return x + 100; }\nSUTURE_REPLACE(broken, fixed);\n",
		    "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	broken = dlsym(lib, "broken");
	inside_apply(&in);
	cr_expect_eq(in.spm->note.funcs[0].branch_at, 4);
	cr_expect_eq(memcmp((void *)(uintptr_t)broken, "\xf3\x0f\x1e\xfa\xe9", 5), 0);
	cr_expect_eq(broken(1), 101);
}

Test(pack_inprocess, cplusplus)
{
	struct inside in;
	int (*area)(void);
	void *lib;

	work_write("lib.cc", "struct shape { int w, h; int area() const; virtual int sides(int); };\n"
		   "__attribute__((noinline)) int shape::area() const { return w + h; }\n"
		   "int shape::sides(int x) { return x; }\n"
		   "shape s;\nextern \"C\" int area() { s.w = 3; s.h = 4; return s.area(); }\n");
	work_run("c++ -O2 -g -shared -fPIC -Wl,--build-id -o lib.so lib.cc");
	work_write("patch.cc", "#include <suture/patch.h>\n"
		   "SUTURE_PATCH(\"1.0\", \"a test in C++\");\n"
		   "struct shape { int w, h; virtual int sides(int); };\n"
		   "extern shape s;\n"
		   "static int area(const shape *self) { return self->w * self->h + (&s == self); }\n"
		   "SUTURE_REPLACE(_ZNK5shape4areaEv, area);\n"
		   "SUTURE_QUIESCENT;\n");
	work_run("c++ %s -fno-exceptions -fno-rtti -c -o patch.o patch.cc", work_patch_flags());
	/* the library reaches s through its GOT, and so must the patch */
	work_refuses("lib.so", NULL, "`s'", "SUTURE_IMPORT");
	work_run("sed -i 's/^extern shape s;/SUTURE_IMPORT(shape, s);/;"
		 " s/&s == self/SUTURE_IMPORTED(s) == self/' patch.cc");
	work_run("c++ %s -fno-exceptions -fno-rtti -c -o patch.o patch.cc", work_patch_flags());
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_NOW);
	area = dlsym(lib, "area");
	cr_assert_eq(area(), 7);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.head->flags, SUTURE_NOTE_QUIESCENT);
	cr_expect_eq(area(), 13);
}

/* The same input gives the same bytes, wherever it is made. */
Test(pack_inprocess, deterministic)
{
	struct work_pack other = { .output = "again.spm" };

	work_target("lib.so", basics, "");
	work_object("extern int helper(int);\nstatic int fixed(int x) { return helper(x); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_packs("lib.so", NULL);
	work_packs("lib.so", &other);
	work_run("cmp patch.spm again.spm");
}

/* An ordinary file: tools read it, and no metadata are left in it. */
Test(pack_inprocess, ordinary_file)
{
	work_target("lib.so", basics, "");
	work_object("extern int helper(int);\nstatic int fixed(int x) { return helper(x); }\n"
		    "SUTURE_REPLACE(broken, fixed);\n", "");
	work_packs("lib.so", NULL);
	work_run("test -z \"$(readelf -aW patch.spm 2>&1 >/dev/null)\"");
	work_run("readelf -SW patch.spm | grep -q debug_info");
	work_run("! readelf -SW patch.spm | grep -q suture.meta");
	work_run("test $(readelf -lW patch.spm | grep -c LOAD) = 2");
	work_run("! readelf -lW patch.spm | grep LOAD | grep -q RWE");
	work_run("readelf -nW patch.spm | grep -q 'Build ID'");
	work_run("objdump -d patch.spm | grep -q '<fixed>:'");
}
