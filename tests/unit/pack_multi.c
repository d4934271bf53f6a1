// SPDX-License-Identifier: GPL-2.0-only
/* Patches for several targets, packed and run in this process. */
#include "pack_work.h"

TestSuite(pack_multi, .init = work_begin, .fini = work_end, .timeout = 120);

#define KEPT "__attribute__((noinline, noclone)) "

static const char one_text[] =
	"#include <stdlib.h>\nstatic volatile int one = 1;\n"
	"__thread int ones_own = 3;\n"
	KEPT "static int helper(int x) { return x + one; }\n"
	KEPT "int in_one(int x) { return helper(x) * 2 + ones_own; }\n"
	KEPT "static int same(int x) { return x + one; }\n"
	"int one_same(int x) { return same(x) * one; }\n"
	"int one_calls(int x) { return in_one(x) + atoi(\"1\"); }\n";

static const char two_text[] =
	"#include <stdlib.h>\nstatic volatile int one = 1;\n"
	"static __thread int twos_own = 4;\nint *twos(void) { return &twos_own; }\n"
	KEPT "static int helper(int x) { return x + one + 1000; }\n"
	KEPT "int in_two(int x) { return helper(x) * 3; }\n"
	KEPT "static int same(int x) { return x - one; }\n"
	"int two_same(int x) { return same(x) * one; }\n"
	"int two_calls(int x) { return in_two(x) + atoi(\"2\") + abs(labs(x)); }\n"
	"long two_long(const char *s) { return atol(s) + strtol(s, 0, 10); }\n";

static struct work_pack both = { .more = "two.so" };

static void make_targets(const char *flags)
{
	work_target("one.so", one_text, flags);
	work_target("two.so", two_text, flags);
}

static int (*function(void *lib, const char *name))(int)
{
	return (int (*)(int))dlsym(lib, name);
}

Test(pack_multi, both_at_once)
{
	struct work_pack how = { .more = "two.so", .needed = "three.so" };
	void *one, *two;
	struct inside in;

	make_targets("");
	work_target("three.so", "int third = 100; int get_third(int x) { return third + x; }\n", "");
	work_object("#include <stdlib.h>\n"
		    "extern int get_third(int); extern __thread int ones_own, twos_own;\n"
		    "extern int in_one(int), in_two(int);\n"
		    "static int new_one(int x) { return get_third(x) + ones_own + atoi(\"10000\"); }\n"
		    "static int new_two(int x) { return in_one(x) + strtol(\"1000\", 0, 10) + twos_own; }\n"
		    "SUTURE_REPLACE(in_one, new_one);\nSUTURE_REPLACE(in_two, new_two);\n", "");
	work_packs("one.so", &how);
	one = work_dlopen("one.so", RTLD_NOW);
	two = work_dlopen("two.so", RTLD_NOW);
	work_dlopen("three.so", RTLD_NOW);
	cr_assert_eq(function(one, "in_one")(1), 7);
	cr_assert_eq(function(two, "in_two")(1), 3006);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.nr_objects, 3);
	cr_expect_eq(in.spm->note.objects[0].role, SUTURE_ROLE_TARGET);
	cr_expect_eq(in.spm->note.objects[1].role, SUTURE_ROLE_TARGET);
	cr_expect_eq(in.spm->note.objects[2].role, SUTURE_ROLE_NEEDED);
	cr_expect_eq(in.spm->note.funcs[0].object, 0);
	cr_expect_eq(in.spm->note.funcs[1].object, 1);
	cr_expect_eq(in.spm->note.head->flags, SUTURE_NOTE_QUIESCENT);
	cr_expect_eq(function(one, "in_one")(1), 101 + 3 + 10000);
	cr_expect_eq(function(two, "in_two")(1), 101 + 3 + 10000 + 1000 + 4);
	inside_revert(&in);
	cr_expect_eq(function(one, "in_one")(1), 7);
	cr_expect_eq(function(two, "in_two")(1), 3006);
}

Test(pack_multi, a_name_in_two)
{
	void *one, *two;
	struct inside in;

	make_targets("");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(same, fixed);\n", "");
	work_refuses("one.so", &both, "patch.c:2", "one.so", "two.so", "SUTURE_REPLACE_IN(\"two.so\", same");
	work_object("static int fixed(int x) { return x; }\n"
		    "SUTURE_REPLACE_IN(\"three.so\", same, fixed);\n", "");
	work_refuses("one.so", &both, "patch.c:2", "no object `three.so'", "one.so, two.so");
	work_object("static int fix1(int x) { return 100 + x; }\n"
		    "static int fix2(int x) { return 200 + x; }\n"
		    "SUTURE_REPLACE_IN(\"two.so\", same, fix2);\n"
		    "SUTURE_REPLACE_IN(\"one.so\", same, fix1);\n", "");
	work_packs("one.so", &both);
	one = work_dlopen("one.so", RTLD_NOW);
	two = work_dlopen("two.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(function(one, "one_same")(1), 101);
	cr_expect_eq(function(two, "two_same")(1), 201);
}

Test(pack_multi, a_used_name_in_two)
{
	void *one, *two;
	struct inside in;

	make_targets("");
	work_object("extern int helper(int);\n"
		    "static int new_one(int x) { return helper(x); }\n"
		    "static int new_two(int x) { return helper(x) + 5; }\n"
		    "SUTURE_REPLACE(in_one, new_one);\nSUTURE_REPLACE(in_two, new_two);\n", "");
	work_refuses("one.so", &both, "patch.c:2", "`helper'", "both", "SUTURE_SYMBOL_IN(\"two.so\", helper)");
	work_object("extern int helper(int);\nSUTURE_SYMBOL_IN(\"two.so\", helper);\n"
		    "static int new_one(int x) { return helper(x); }\n"
		    "static int new_two(int x) { return helper(x) + 5; }\n"
		    "SUTURE_REPLACE(in_one, new_one);\nSUTURE_REPLACE(in_two, new_two);\n", "");
	work_packs("one.so", &both);
	one = work_dlopen("one.so", RTLD_NOW);
	two = work_dlopen("two.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(function(one, "in_one")(1), 1002);
	cr_expect_eq(function(two, "in_two")(1), 1007);
	work_object("extern int in_one(int);\nSUTURE_SYMBOL_IN(\"two.so\", in_one);\n"
		    "static int new_two(int x) { return in_one(x); }\n"
		    "SUTURE_REPLACE(in_two, new_two);\nSUTURE_REPLACE_IN(\"one.so\", same, new_two);\n", "");
	work_run("rm patch.spm");
	work_refuses("one.so", &both, "patch.c:2", "not defined in", "two.so");
}

/* Debug files find their objects, in whatever order they come. */
Test(pack_multi, stripped)
{
	struct work_pack how = { .more = "two.so", .debug = "two.debug", .more_debug = "one.debug" };
	struct work_pack less = { .more = "two.so", .debug = "one.debug" };
	void *one, *two;
	struct inside in;

	make_targets("");
	work_run("for f in one two; do objcopy --only-keep-debug $f.so $f.debug; strip $f.so; done");
	work_object("static int fix1(int x) { return 100 + x; }\n"
		    "static int fix2(int x) { return 200 + x; }\n"
		    "SUTURE_REPLACE_IN(\"two.so\", same, fix2);\n"
		    "SUTURE_REPLACE_IN(\"one.so\", same, fix1);\n", "");
	work_refuses("one.so", &less, "patch.c:3", "two.so", "stripped");
	work_packs("one.so", &how);
	one = work_dlopen("one.so", RTLD_NOW);
	two = work_dlopen("two.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(function(one, "one_same")(1), 101);
	cr_expect_eq(function(two, "two_same")(1), 201);
	work_run("rm patch.spm && objcopy --only-keep-debug /bin/true other.debug");
	how.more_debug = "other.debug";
	work_refuses("one.so", &how, "other.debug", "another build");
}

Test(pack_multi, by_address)
{
	char text[1024], one_bytes[256], two_bytes[256];
	unsigned long one_addr, two_addr;
	struct inside in;
	void *two;

	make_targets("-Wl,-z,noseparate-code");
	one_addr = address_of("one.so", "same", one_bytes, 5);
	two_addr = address_of("two.so", "same", two_bytes, 6);
	work_run("strip one.so two.so");
	snprintf(text, sizeof(text), "extern int old1(int);\n"
		 "static int fix(int x) { return old1(x) + 200; }\n"
		 "SUTURE_SYMBOL_AT(old1, 0x%lx%s);\n"
		 "SUTURE_REPLACE_AT_IN(\"two.so\", \"same\", 0x%lx, 0, fix%s);\n"
		 "SUTURE_REPLACE(in_one, fix);\n", one_addr, one_bytes, two_addr, two_bytes);
	work_object(text, "");
	work_refuses("one.so", &both, "patch.c:3", "SUTURE_SYMBOL_AT_IN");
	snprintf(text, sizeof(text), "extern int old1(int);\n"
		 "static int fix(int x) { return old1(x) + 200; }\n"
		 "SUTURE_SYMBOL_AT_IN(\"one.so\", old1, 0x%lx%s);\n"
		 "SUTURE_REPLACE_AT(\"same\", 0x%lx, 0, fix%s);\n"
		 "SUTURE_REPLACE(in_one, fix);\n", one_addr, one_bytes, two_addr, two_bytes);
	work_object(text, "");
	work_refuses("one.so", &both, "patch.c:4", "SUTURE_REPLACE_AT_IN");
	snprintf(text, sizeof(text), "extern int old1(int);\n"
		 "static int fix(int x) { return old1(x) + 200; }\n"
		 "SUTURE_SYMBOL_AT_IN(\"one.so\", old1, 0x%lx%s);\n"
		 "SUTURE_REPLACE_AT_IN(\"two.so\", \"same\", 0x%lx, 0, fix%s);\n"
		 "SUTURE_REPLACE(in_one, fix);\n", one_addr, one_bytes, two_addr, two_bytes);
	work_object(text, "");
	work_packs("one.so", &both);
	work_dlopen("one.so", RTLD_NOW);
	two = work_dlopen("two.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(function(two, "two_same")(1), 202);
}

Test(pack_multi, original_and_sites_in_the_second)
{
	void *one, *two;
	struct inside in;

	make_targets("");
	work_object("extern int in_two(int);\n"
		    "static int new_two(int x) { return SUTURE_ORIGINAL(in_two)(x) + 10; }\n"
		    "static int new_one(int x) { return x; }\n"
		    "SUTURE_REPLACE(in_one, new_one);\nSUTURE_REPLACE(in_two, new_two);\n", "");
	work_packs("one.so", &both);
	one = work_dlopen("one.so", RTLD_NOW);
	two = work_dlopen("two.so", RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(function(one, "in_one")(1), 1);
	cr_expect_eq(function(two, "in_two")(1), 3016);
}

Test(pack_multi, refused)
{
	make_targets("");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(in_two, fixed);\n", "");
	work_refuses("one.so", &both, "one.so is a target", "nothing is replaced", "--needed");
	work_object("static int fixed(int x) { return x; }\nSUTURE_REPLACE(nowhere, fixed);\n", "");
	work_refuses("one.so", &both, "patch.c:2", "no function `nowhere'", "one.so and ");
	struct work_pack needed = { .needed = "two.so" };

	work_object("static int fixed(int x) { return x; }\n"
		    "SUTURE_REPLACE_IN(\"two.so\", in_two, fixed);\n", "");
	work_refuses("one.so", &needed, "patch.c:2", "two.so is a needed object", "--target");
	struct work_pack twice = { .more = "one.so" };

	work_refuses("one.so", &twice, "same build");
}

/* Only one of them is there: its functions are replaced, imports go through it. */
static void check_any(const char *flags, const char *there, const char *name, int want)
{
	struct inside in;
	void *lib;

	make_targets(flags);
	work_object("#include <stdlib.h>\nextern int same(int) __attribute__((weak));\n"
		    "SUTURE_SYMBOL_IN(\"one.so\", same);\n"
		    "static int new_one(int x) { return atoi(\"10\") + x; }\n"
		    "static int new_two(int x) { return atoi(\"20\") + x +\n"
		    "	(same ? 5 : 0) + (SUTURE_MAPPED(\"one.so\") ? 50 : 0) +\n"
		    "	(SUTURE_MAPPED(\"two.so\") ? 500 : 0); }\n"
		    "SUTURE_REPLACE(in_one, new_one);\nSUTURE_REPLACE(in_two, new_two);\n"
		    "SUTURE_ANY_TARGET;\n", "");
	work_packs("one.so", &both);
	lib = work_dlopen(there, RTLD_NOW);
	inside_apply(&in);
	cr_expect_eq(in.spm->note.head->flags, SUTURE_NOTE_QUIESCENT | SUTURE_NOTE_ANY_TARGET);
	cr_expect_eq(function(lib, name)(1), want);
}

Test(pack_multi, any_first)
{
	check_any("", "one.so", "in_one", 11);
}

Test(pack_multi, any_second)
{
	check_any("", "two.so", "in_two", 521);
}

Test(pack_multi, any_first_through_words)
{
	check_any("-fno-plt", "one.so", "in_one", 11);
}

Test(pack_multi, any_second_through_words)
{
	check_any("-fno-plt", "two.so", "in_two", 521);
}
