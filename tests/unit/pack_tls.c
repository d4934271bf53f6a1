// SPDX-License-Identifier: GPL-2.0-only
/* Thread-locals of a target, by each way in which it may reach them itself. */
#include <pthread.h>

#include "pack_work.h"

TestSuite(pack_tls, .init = work_begin, .fini = work_end, .timeout = 120);

/* two of them, of which the first is large: an offset that is wrong is seen */
static const char globals[] =
	"__thread long before[10] = { 1, 2 };\n"
	"__thread int counter = 5;\n"
	"__attribute__((noinline, noclone)) int bump(int x) { counter += x; before[1]++; return counter; }\n"
	"int get(void) { return counter * 1000 + before[1]; }\n";

static const char statics[] =
	"static __thread long before[10] = { 1, 2 };\n"
	"static __thread int counter = 5;\n"
	"__attribute__((noinline, noclone)) int bump(int x) { counter += x; before[1]++; return counter; }\n"
	"int get(void) { return counter * 1000 + before[1]; }\n";

static const char fix[] =
	"extern __thread int counter; extern __thread long before[10];\n"
	"static int fixed(int x) { counter += 10 * x; before[1] += 3; return -counter; }\n"
	"SUTURE_REPLACE(bump, fixed);\n";

struct calls {
	int (*bump)(int);
	int (*get)(void);
};

static void *in_thread(void *arg)
{
	struct calls *c = arg;

	return (void *)(long)(c->bump(2) == -25 && c->get() == 25005);
}

/* The patch runs in a thread that was there before it, and in a new one. */
static void check_calls(struct calls *c)
{
	pthread_t thread;
	void *ok;

	cr_expect_eq(c->bump(1), -(5 + 10));
	cr_expect_eq(c->bump(1), -(5 + 20));
	cr_expect_eq(c->get(), 25000 + 2 + 6);
	cr_assert_eq(pthread_create(&thread, NULL, in_thread, c), 0);
	cr_assert_eq(pthread_join(thread, &ok), 0);
	cr_expect(ok, "wrong in a new thread");
}

static void check(const char *text, const char *flags, const char *strip)
{
	struct calls c;
	struct inside in;
	void *lib;

	work_target("lib.so", text, flags);
	work_object(fix, "");
	work_packs("lib.so", NULL);
	work_run("%s", strip);
	lib = work_dlopen("lib.so", RTLD_LAZY);
	c.bump = dlsym(lib, "bump");
	c.get = dlsym(lib, "get");
	inside_apply(&in);
	check_calls(&c);
	inside_revert(&in);
	cr_expect_eq(c.bump(1), 26);
}

Test(pack_tls, general_dynamic)
{
	check(globals, "", "true");
}

Test(pack_tls, general_dynamic_without_plt)
{
	check(globals, "-fno-plt -Wl,-z,now", "true");
}

Test(pack_tls, local_dynamic)
{
	check(statics, "", "strip lib.so");
}

/* one variable only: its pair of words has its offset, not 0 */
Test(pack_tls, own_pair)
{
	check("__thread long before[10] __attribute__((visibility(\"hidden\"))) = { 1, 2 };\n"
	      "__thread int counter __attribute__((visibility(\"hidden\"))) = 5;\n"
	      "__attribute__((noinline, noclone)) int bump(int x) { counter += x; before[1]++; return counter; }\n"
	      "int get(void) { return counter * 1000 + before[1]; }\n",
	      "-ftls-model=global-dynamic", "true");
}

Test(pack_tls, initial_exec)
{
	check(globals, "-ftls-model=initial-exec", "true");
}

Test(pack_tls, initial_exec_static)
{
	check(statics, "-ftls-model=initial-exec", "true");
}

Test(pack_tls, descriptors)
{
	check(globals, "-mtls-dialect=gnu2", "true");
}

Test(pack_tls, descriptors_static)
{
	check(statics, "-mtls-dialect=gnu2", "true");
}

/* of another object, imported by the target */
Test(pack_tls, imported)
{
	struct calls c;
	struct inside in;
	void *lib;

	work_target("owner.so", "__thread long before[10] = { 1, 2 };\n__thread int counter = 5;\n", "");
	work_target("lib.so",
		    "extern __thread long before[10];\nextern __thread int counter;\n"
		    "__attribute__((noinline, noclone)) int bump(int x) { counter += x; before[1]++; return counter; }\n"
		    "int get(void) { return counter * 1000 + before[1]; }\n", "");
	work_object(fix, "");
	work_packs("lib.so", NULL);
	work_dlopen("owner.so", RTLD_NOW | RTLD_GLOBAL);
	lib = work_dlopen("lib.so", RTLD_LAZY);
	c.bump = dlsym(lib, "bump");
	c.get = dlsym(lib, "get");
	inside_apply(&in);
	check_calls(&c);
}

/* without a name: the offset in the TLS segment is told */
Test(pack_tls, by_offset)
{
	char text[1024], none[8];
	struct calls c;
	struct inside in;
	void *lib;

	work_target("lib.so", statics, "");
	snprintf(text, sizeof(text),
		 "extern __thread int counter; extern __thread long before[10];\n"
		 "SUTURE_SYMBOL_AT(before, %lu);\nSUTURE_SYMBOL_AT(counter, %lu);\n"
		 "static int fixed(int x) { counter += 10 * x; before[1] += 3; return -counter; }\n"
		 "SUTURE_REPLACE(bump, fixed);\n",
		 address_of("lib.so", "before", none, 0), address_of("lib.so", "counter", none, 0));
	work_run("strip lib.so");
	work_object(text, "");
	work_packs("lib.so", NULL);
	lib = work_dlopen("lib.so", RTLD_LAZY);
	c.bump = dlsym(lib, "bump");
	c.get = dlsym(lib, "get");
	inside_apply(&in);
	check_calls(&c);
}

/* A program: this one. Its thread-locals are at constant offsets. */
static __thread long before[10] __attribute__((aligned(64))) = { 1, 2 };
static __thread int counter = 5;

static int __attribute__((noinline, noclone)) bump(int x)
{
	counter += x;
	before[1]++;
	return counter;
}

static int get(void)
{
	return counter * 1000 + before[1];
}

Test(pack_tls, program)
{
	struct suture_error err = { 0 };
	struct calls c = { bump, get };
	struct inside in;
	char self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	cr_assert(len > 0);
	self[len] = '\0';
	work_object(fix, "");
	cr_assert_eq(work_pack_file(self, NULL, &err), 0, "%s", err.text);
	inside_apply(&in);
	check_calls(&c);
}

Test(pack_tls, no_such)
{
	work_target("lib.so", globals, "");
	work_object("extern __thread int missing;\nstatic int fixed(int x) { return missing + x; }\n"
		    "SUTURE_REPLACE(bump, fixed);\n", "");
	work_refuses("lib.so", NULL, "patch.c:2", "`missing'", "no thread-local");
}

Test(pack_tls, other_models_are_refused)
{
	work_target("lib.so", globals, "");
	work_object(fix, "-ftls-model=initial-exec");
	work_refuses("lib.so", NULL, "`counter'", "-mtls-dialect=gnu");
	work_object(fix, "-mtls-dialect=gnu2");
	work_refuses("lib.so", NULL, "`counter'", "-mtls-dialect=gnu");
}

Test(pack_tls, own_thread_local_is_refused)
{
	work_target("lib.so", globals, "");
	work_object("__thread int mine;\nstatic int fixed(int x) { return mine + x; }\n"
		    "SUTURE_REPLACE(bump, fixed);\n", "");
	work_refuses("lib.so", NULL, "thread-local");
}
