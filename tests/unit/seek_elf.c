// SPDX-License-Identifier: GPL-2.0-only
/* What `suture find' finds in small libraries, which are stripped first. */
#include <fcntl.h>
#include <sys/stat.h>

#include "insn_fixture.h"
#include "seek.h"

/* A library with its symbols, to know what is right, and the same without them. */
struct pair {
	struct fixture whole;
	struct suture_target *stripped;
	char path[96];
};

static void pair_build(struct pair *p, const char *source, const char *flags)
{
	struct suture_error err;

	fixture_build(&p->whole, source, flags);
	snprintf(p->path, sizeof(p->path), "%s/s.so", p->whole.dir);
	run("strip -o %s %s", p->path, p->whole.path);
	cr_assert_eq(suture_target_open(p->path, NULL, &p->stripped, &err), 0, "%s", err.text);
}

static void pair_close(struct pair *p)
{
	suture_target_close(p->stripped);
	fixture_close(&p->whole);
}

static int look(struct suture_target *target, const char *text,
		struct suture_seek_result **results, struct suture_error *err)
{
	struct suture_seek_query query;
	int ret;

	*results = NULL;
	memset(err, 0, sizeof(*err));
	cr_assert_eq(suture_seek_parse(text, strlen(text), "q", &query, err), 0, "%s", err->text);
	ret = suture_seek(target, &query, results, err);
	suture_seek_free(&query);
	return ret;
}

/* The last section of the query is that function. */
static void finds(struct pair *p, const char *text, const char *name)
{
	struct suture_seek_result *results;
	struct suture_error err;
	size_t last = 0;

	cr_assert_eq(look(p->stripped, text, &results, &err), 0, "%s\n%s", text, err.text);
	for (const char *s = text; (s = strchr(s, '[')); s++)
		last++;
	cr_expect_eq(results[last - 1].addr, fixture_addr(&p->whole, name), "%s: 0x%lx is not %s",
		     text, (unsigned long)results[last - 1].addr, name);
	cr_expect_gt(results[last - 1].size, 0);
	cr_expect_eq(results[last - 1].nr_bytes,
		     results[last - 1].size < 16 ? results[last - 1].size : 16);
	free(results);
}

static void refuses(struct pair *p, const char *text, int code, const char *words)
{
	struct suture_seek_result *results;
	struct suture_error err;

	cr_assert_eq(look(p->stripped, text, &results, &err), code, "%s\n%s", text, err.text);
	cr_expect_null(results);
	cr_expect_not_null(strstr(err.text, words), "`%s' is not in: %s", words, err.text);
}

#define NOIPA	"#define F __attribute__((noipa, noinline)) static\n"

static const char functions[] = NOIPA
	"extern int one(int), two(int), eq(const void *, const void *);\n"
	"extern void say(const char *);\n"
	"F int once(int x) { return two(x) + 1; }\n"
	"F int twice(int x) { return two(x) + two(x + 1); }\n"
	"F int lonely(int x) { return one(x) + two(x); }\n"
	"F void speaks(void) { say(\"only here\"); say(\"and\"); }\n"
	"F void tail(void) { say(\"not only here\"); say(\"also\"); }\n"
	"F int last(int x) { return x * 3; }\n"
	"F int jumps(int x) { return last(x + 1); }\n"
	"F int calls(int x) { return last(x + 1) + 1; }\n"
	"F int both(int x) { return jumps(x) + calls(x) + lonely(x); }\n"
	"F int navigate(int x) { return x + 7; }\n"
	"F int reload(int x) { return x + 8; }\n"
	"struct entry { const char *name; long attributes; int (*fn)(int); };\n"
	"const struct entry table[] = { { \"navigate\", 1, navigate }, { \"reload\", 2, reload } };\n"
	"int all(int x) { speaks(); tail(); return once(x) + twice(x) + both(x); }\n";

Test(seek_elf, functions)
{
	struct pair p;

	pair_build(&p, functions, "");
	finds(&p, "[function f]\nCalls=one\n", "lonely");
	finds(&p, "[function f]\nCalls=two x2\n", "twice");
	finds(&p, "[function f]\nCalls=two x1\nCalls=one\n", "lonely");
	finds(&p, "[function f]\nString=\"only here\"\nString=\"and\"\n", "speaks");
	finds(&p, "[function f]\nString=\"not only here\"\n", "tail");
	finds(&p, "[function f]\nTable=\"navigate\" +16\n", "navigate");
	finds(&p, "[function f]\nTable=\"reload\" +16\n", "reload");
	finds(&p, "[function l]\nCalls=one\n[function f]\nCalls=@l\n", "both");
	/* the ways from one to another */
#define BOTH	"[function l]\nCalls=one\n[function b]\nCalls=@l\n"
	finds(&p, BOTH "[function f]\nCalledBy=@b\nCalls=one\n", "lonely");
	finds(&p, BOTH "[call c]\nIn=@b\nTo=@l\n[function f]\nCalleeOf=@c\n", "lonely");
	finds(&p, "[function t]\nCalls=two x2\n[function f]\nCalls=@t\n", "all");
	pair_close(&p);
}

/* A jump at the end of a function is another thing than a call. */
Test(seek_elf, jumps)
{
	struct pair p;

	pair_build(&p, NOIPA
		"extern int one(int);\n"
		"F int last(int x) { return one(x) * 3; }\n"
		"F int jumps(int x) { return last(x + 1); }\n"
		"F int calls(int x) { return last(x + 1) + 1; }\n"
		"F int out(int x) { return one(x + 4); }\n"
		"int all(int x) { return jumps(x) + calls(x) + out(x); }\n", "");
	finds(&p, "[function l]\nCalls=one\n[function f]\nCalls=@l\n", "calls");
	finds(&p, "[function l]\nCalls=one\n[function f]\nJumpsTo=@l\n", "jumps");
	finds(&p, "[function f]\nJumpsTo=one\n", "out");
	finds(&p, "[function l]\nCalls=one\n[function j]\nJumpsTo=@l\n[function f]\nJumpedToBy=@j\n",
	      "last");
	pair_close(&p);
}

Test(seek_elf, not_one)
{
	struct pair p;

	pair_build(&p, functions, "");
	refuses(&p, "[function f]\nCalls=two\n", -ESRCH,
		"3 functions fit [function f], and it must be one: 0x");
	refuses(&p, "[function f]\nCalls=two\n", -ESRCH, "\n  3 left by line 2, Calls=two");
	refuses(&p, "[function f]\nCalls=two\nCalls=say\nString=\"and\"\n", -ESRCH,
		"no function fits [function f]\n  3 left by line 2, Calls=two\n"
		"  0 left by line 3, Calls=say\n  0 left by line 4, ");
	/* by its bytes it could, decoded it does not */
	refuses(&p, "[function f]\nCalls=two\nCalls=one x2\n", -ESRCH,
		"3 left by line 2, Calls=two\n  0 left by line 3, Calls=one x2");
	refuses(&p, "[function f]\nCalls=one\nSize=1-2\n", -ESRCH,
		"1 left by line 2, Calls=one\n  0 left by line 3, Size=1-2");
	refuses(&p, "[function f]\nCalls=nobody\n", -ESRCH,
		"s.so has no function `nobody', and imports none");
	refuses(&p, "[function f]\nString=\"nowhere\"\n", -ESRCH, "0 left by line 2");
	refuses(&p, "[function f]\nTable=\"navigate\" +8\n", -ESRCH, "0 left by line 2");
	refuses(&p, "[function f]\nCalls=two x2\n[call c]\nIn=@f\n", -ESRCH,
		"2 calls fit [call c], and it must be one: 0x");
	refuses(&p, "[function f]\nCalls=two x2\n[call c]\nIn=@f\nTo=two\nBefore=say\n", -ESRCH,
		"no call fits [call c]\n  2 left by line 4, In=@f\n  2 left by line 5, To=two\n"
		"  0 left by line 6, Before=say");
	pair_close(&p);
}

#ifdef __x86_64__
/* Hand-written: where each instruction is must be known. */
static const char calls[] =
	"asm(\".text\\n\"\n"
	"\".type f, @function\\n f: .cfi_startproc\\n push %rbx\\n\"\n"
	"\"c0: call alpha@plt\\n\"\n"
	"\"c1: call *(%rax)\\n\"\n"
	"\"c2: call beta@plt\\n\"\n"
	"\"c3: call alpha@plt\\n\"\n"
	"\"c4: call *gamma@GOTPCREL(%rip)\\n\"\n"
	"\"pop %rbx\\n c5: jmp beta@plt\\n\"\n"
	"\".cfi_endproc\\n .size f, . - f\\n\");\n";

static void finds_call(struct pair *p, const char *conds, const char *label, const char *callee)
{
	struct suture_seek_result *results;
	struct suture_error err;
	char text[256];

	snprintf(text, sizeof(text), "[function f]\nCalls=gamma\n[call c]\nIn=@f\n%s", conds);
	cr_assert_eq(look(p->stripped, text, &results, &err), 0, "%s\n%s", text, err.text);
	cr_expect_eq(results[1].addr, fixture_addr(&p->whole, label), "%s", text);
	cr_expect_eq(results[1].offset, results[1].addr - results[0].addr);
	cr_expect_eq(results[1].nr_bytes, results[1].size);
	if (callee)
		cr_expect_str_eq(results[1].callee_name, callee);
	else
		cr_expect_null(results[1].callee_name);
	free(results);
}

Test(seek_elf, calls)
{
	struct pair p;

	pair_build(&p, calls, "");
	finds_call(&p, "Before=alpha\n", "c2", "beta");
	finds_call(&p, "After=beta\n", "c3", "alpha");
	finds_call(&p, "To=gamma\n", "c4", "gamma");
	finds_call(&p, "Before=gamma\n", "c3", "alpha");
	finds_call(&p, "After=gamma\n", "c5", "beta");
	/* one through a pointer is a call, too: c0 is not in front of c2 */
	refuses(&p, "[function f]\nCalls=gamma\n[call c]\nIn=@f\nBefore=beta\nTo=alpha\n", -ESRCH,
		"2 left by line 5, Before=beta\n  0 left by line 6, To=alpha");
	pair_close(&p);
}

/* f has a call of `site', then BODY, then one of `use', whose arguments are looked at. */
static void registers_build(struct pair *p, const char *body)
{
	char source[1024];

	snprintf(source, sizeof(source),
		 "asm(\".text\\n .type f, @function\\n f: .cfi_startproc\\n\"\n"
		 "\"push %%rbx\\n push %%r13\\n push %%rbp\\n\"\n"
		 "\"jz 9f\\n call site@plt\\n %s\\n use: call user@plt\\n\"\n"
		 "\"pop %%rbp\\n pop %%r13\\n pop %%rbx\\n 9: ret\\n\"\n"
		 "\".cfi_endproc\\n .size f, . - f\\n\");\n", body);
	pair_build(p, source, "");
}

#define VALUE	"[function f]\nCalls=site\nCalls=user\n[call c]\nIn=@f\nTo=site\n[register r]\nAt=@c\n"

static void finds_register(const char *body, const char *argument, const char *name)
{
	struct suture_seek_result *results;
	struct suture_error err;
	char text[256];
	struct pair p;

	registers_build(&p, body);
	snprintf(text, sizeof(text), VALUE "Argument=%s user\n", argument);
	cr_assert_eq(look(p.stripped, text, &results, &err), 0, "%s\n%s", body, err.text);
	cr_expect_str_eq(results[2].reg, name, "%s", body);
	free(results);
	pair_close(&p);
}

static void refuses_register(const char *body, const char *words)
{
	struct pair p;

	registers_build(&p, body);
	refuses(&p, VALUE "Argument=1 user\n", -EOPNOTSUPP, words);
	pair_close(&p);
}

Test(seek_elf, registers)
{
	finds_register("mov %r13,%rdi", "1", "r13");
	finds_register("mov %rbx,%rsi\\n mov %r13,%rdi", "2", "rbx");
	finds_register("test %al,%al\\n je 9f\\n cmp $1,%rbx\\n push %rbx\\n pop %rax\\n mov %rbx,%rdi",
		       "1", "rbx");
	/* other calls in between keep it, and it may go another way meanwhile */
	finds_register("call beta@plt\\n je 1f\\n call beta@plt\\n 1: mov %rbp,%rdi", "1", "rbp");
	/* the last one counts */
	finds_register("mov %r13,%rdi\\n call beta@plt\\n mov %rbx,%rdi", "1", "rbx");
	finds_register("mov (%rbx),%rax\\n mov %rax,8(%rbx)\\n lea (%rbx),%rcx\\n mov %rbx,%rdi", "1",
		       "rbx");
}

Test(seek_elf, no_register)
{
	const char *const not_kept = "from a register that a called function keeps";
	const char *const written = "the register is written in between";

	refuses_register("mov (%rbx),%rdi", not_kept);
	refuses_register("mov %ebx,%edi", not_kept);
	refuses_register("lea 8(%rbx),%rdi", not_kept);
	refuses_register("mov %rax,%rdi", not_kept);
	refuses_register("nop", not_kept);
	/* set, and then lost in a call */
	refuses_register("mov %rbx,%rdi\\n call beta@plt", not_kept);
	refuses_register("mov %rbx,%rdi\\n inc %rdi", not_kept);
	refuses_register("mov %rbx,%rdi\\n xor %dil,%dil", not_kept);

	refuses_register("mov %rax,%rbx\\n mov %rbx,%rdi", written);
	refuses_register("mov %al,%bl\\n mov %rbx,%rdi", written);
	refuses_register("xor %bh,%bh\\n mov %rbx,%rdi", written);
	refuses_register("pop %rbx\\n mov %rbx,%rdi", written);
	refuses_register("xchg %rax,%rbx\\n mov %rbx,%rdi", written);
	refuses_register("xadd %rax,%rbx\\n mov %rbx,%rdi", written);
	refuses_register("cpuid\\n mov %rbx,%rdi", written);
	refuses_register("leave\\n mov %rbp,%rdi", written);
	refuses_register("inc %r13d\\n mov %r13,%rdi", written);
	refuses_register("cmovz %rax,%r13\\n mov %r13,%rdi", written);
	refuses_register("setz %r13b\\n mov %r13,%rdi", written);
}

Test(seek_elf, ways_in_between)
{
	/* from in front of the first call, from behind the second, and past the mov */
	refuses_register("9: mov %rbx,%rdi", "a branch leads in between from elsewhere");
	refuses_register("1: mov %rbx,%rdi\\n use2: call beta@plt\\n je 1b\\n mov %rbx,%rdi\\n jmp 2f\\n 2:",
			 "a branch leads behind the place where it is set");
	refuses_register("mov %rbx,%rdi\\n 2: call user@plt\\n je 2b\\n",
			 "a branch leads in between from elsewhere");
	refuses_register("lea 1f(%rip),%rax\\n 1: mov %rbx,%rdi", "leads in between");
	refuses_register(".byte 0x06\\n mov %rbx,%rdi", "does not decode");
}
#endif

/* The same library for arm64: branches of 26 bits, addresses by adrp and add. */
Test(seek_elf, arm64)
{
	struct suture_error err;
	struct pair p = { 0 };
	char path[128];
	FILE *file;

	if (system("command -v aarch64-linux-gnu-gcc >/dev/null"))
		cr_skip_test("no aarch64-linux-gnu-gcc");
	strcpy(p.whole.dir, "/tmp/suture-insn-XXXXXX");
	cr_assert_not_null(mkdtemp(p.whole.dir));
	snprintf(path, sizeof(path), "%s/a.c", p.whole.dir);
	file = fopen(path, "w");
	/* what looks like an address is one no more when its page was written over */
	cr_assert(file && fputs(functions, file) >= 0 &&
		  fputs("asm(\".pushsection .text\\n .type g, %function\\n g: .cfi_startproc\\n\"\n"
			"\"adrp x0, far\\n mov x0, x1\\n add x0, x0, :lo12:far\\n\"\n"
			"\"adrp x2, far\\n bl say\\n add x2, x2, :lo12:far\\n\"\n"
			"\"ldr w3, [x3]\\n ret\\n .cfi_endproc\\n .size g, . - g\\n .popsection\\n\"\n"
			"\".pushsection .rodata\\n far: .asciz \\\"far\\\"\\n .popsection\");\n",
			file) >= 0 && !fclose(file));
	snprintf(path, sizeof(path), "%s/a.so", p.whole.dir);
	run("aarch64-linux-gnu-gcc -O2 -fPIC -shared -nostdlib -Wl,--build-id -o %s %s/a.c", path,
	    p.whole.dir);
	fixture_open(&p.whole, path);
	snprintf(p.path, sizeof(p.path), "%s/s.so", p.whole.dir);
	run("aarch64-linux-gnu-strip -o %s %s", p.path, path);
	cr_assert_eq(suture_target_open(p.path, NULL, &p.stripped, &err), 0, "%s", err.text);

	finds(&p, "[function f]\nCalls=two x2\n", "twice");
	finds(&p, "[function f]\nString=\"only here\"\nString=\"and\"\n", "speaks");
	finds(&p, "[function f]\nString=\"not only here\"\n", "tail");
	finds(&p, "[function f]\nTable=\"reload\" +16\n", "reload");
	finds(&p, BOTH "[call c]\nIn=@b\nTo=@l\n[function f]\nCalleeOf=@c\n", "lonely");
	finds(&p, BOTH "[function c]\nCalledBy=@b\nCalls=one\n[function f]\nCalls=@c\n", "both");
	refuses(&p, "[function f]\nCalls=two\n", -ESRCH, "3 functions fit [function f]");
	refuses(&p, "[function f]\nString=\"far\"\n", -ESRCH, "\n  0 left by line 2");
	refuses(&p, BOTH "[call c]\nIn=@b\nTo=@l\n[register r]\nAt=@c\nArgument=1 @l\n", -EOPNOTSUPP,
		"registers are found on x86-64 only");
	pair_close(&p);
}

/* ------------------------------------------------------------ hostile files */

/* Many entries of the unwind table that all reach to the end of the text. */
Test(seek_elf, overlapping_functions)
{
	struct suture_seek_result *results;
	struct suture_error err;
	struct fixture f;

	fixture_build(&f,
		"asm(\".text\\n first: .rept 8192\\n call one@plt\\n .endr\\n last:\\n\"\n"
		"\".section .eh_frame, \\\"a\\\", @unwind\\n\"\n"
		"\"cie: .long 1f - . - 4\\n .long 0\\n .byte 1\\n .asciz \\\"zR\\\"\\n .byte 1, 0x78, 16, 1, 0x1b\\n .balign 4\\n 1:\\n\"\n"
		"\".set i, 0\\n .rept 8192\\n .long 16\\n .long . - cie\\n .long first + i - .\\n\"\n"
		"\".long 8192 * 5 - i\\n .long 0\\n .set i, i + 5\\n .endr\\n .text\\n\");\n",
		"-fno-asynchronous-unwind-tables -Wl,--no-eh-frame-hdr");
	cr_assert_gt(f.target->nr_fdes, 8000);
	cr_assert_eq(look(f.target, "[function f]\nCalls=one x3\n", &results, &err), -E2BIG, "%s",
		     err.text);
	cr_expect_not_null(strstr(err.text, "its unwind table is damaged"), "%s", err.text);
	fixture_close(&f);
}

/* A file with bytes changed is refused, or searched: whatever is found lies in its text. */
Test(seek_elf, damaged, .timeout = 300)
{
	static const char query[] =
		"[function l]\nCalls=one\n[function b]\nCalls=@l\n[call c]\nIn=@b\nTo=@l\n"
		"[function s]\nString=\"only here\"\n[function n]\nTable=\"navigate\" +16\n";
	unsigned int seed = 20643, opened = 0, found = 0;
	struct suture_seek_result *results;
	struct suture_target *target;
	struct suture_error err;
	struct stat st;
	struct pair p;
	char path[128];
	uint8_t *bytes;
	int fd;

	pair_build(&p, functions, "");
	fd = open(p.path, O_RDONLY);
	cr_assert(fd >= 0 && !fstat(fd, &st));
	bytes = malloc(st.st_size);
	cr_assert_eq(read(fd, bytes, st.st_size), st.st_size);
	close(fd);
	snprintf(path, sizeof(path), "%s/d.so", p.whole.dir);
	for (int round = 0; round < 1500; round++) {
		uint8_t copy[st.st_size];

		memcpy(copy, bytes, st.st_size);
		for (int n = 0; n <= round % 4; n++) {
			static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff };
			size_t at = rand_r(&seed) % (round % 3 ? (size_t)st.st_size : 1024);

			if (round % 2 && at)	/* the headers of sections are at the end */
				at = st.st_size - at % 2048 - 1;
			copy[at] = rand_r(&seed) % 2 ? (uint8_t)rand_r(&seed)
						     : values[rand_r(&seed) % sizeof(values)];
		}
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		cr_assert_eq(write(fd, copy, st.st_size), st.st_size);
		close(fd);
		memset(&err, 0, sizeof(err));
		if (suture_target_open(path, NULL, &target, &err)) {
			cr_assert_neq(err.code, 0);
			continue;
		}
		opened++;
		if (!look(target, query, &results, &err)) {
			for (int i = 0; i < 5; i++)
				cr_assert_not_null(suture_elf_bytes(target->elf, results[i].addr,
								    results[i].nr_bytes, PF_X));
			found++;
		} else {
			cr_assert_neq(*err.text, '\0');
		}
		free(results);
		suture_target_close(target);
	}
	free(bytes);
	cr_expect_gt(opened, 100);
	cr_expect_gt(found, 10, "%u of %u", found, opened);
	pair_close(&p);
}
