// SPDX-License-Identifier: GPL-2.0-only
/*
 * The unwinder on real threads: a child goes to sleep in some way, its registers are
 * read by ptrace, and what is found is compared with what the child is known to do.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

#include "unwind.h"

#define KEPT __attribute__((noinline, noclone))

/* What the child tells before it sleeps. */
struct told {
	volatile pid_t tid;	/* of the thread that is to be unwound */
	volatile uint64_t tp;
};

static struct told *told;

/* Sleeps for good. Not pause(): a function of ours has to be the one below libc's. */
KEPT static int stay(int x)
{
	told->tp = (uint64_t)pthread_self();
	told->tid = syscall(SYS_gettid);
	while (told->tid)
		syscall(SYS_pause);
	return x;
}

KEPT static int inner(int x)
{
	return stay(x + 1) + 1;
}

KEPT static int outer(int x)
{
	return inner(x + 1) + 1;
}

/* --------------------------------------------------------- ways to sleep */

static void way_plain(void)
{
	outer(1);
}

static void *thread(void *arg)
{
	outer(1);
	return arg;
}

static void way_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
}

static void handler(int sig)
{
	outer(sig);
}

KEPT static int interrupted(void)
{
	return raise(SIGUSR1) + 1;
}

static void way_signal(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	sigaltstack(&ss, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	interrupted();
}

static ucontext_t here, there;

static void coroutine(void)
{
	outer(1);
}

static void way_coroutine(void)
{
	static char stack[65536];

	getcontext(&there);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = sizeof(stack);
	there.uc_link = &here;
	makecontext(&there, coroutine, 0);
	swapcontext(&here, &there);
}

KEPT static int deep(int n)
{
	return n ? deep(n - 1) + 1 : outer(1);
}

static void way_deep(void)
{
	deep(2000);
}

#ifdef __x86_64__
/* With a frame pointer, but in no unwind table: nobody may follow it. */
int untabled(int (*fn)(int));
/* Its table says that its frame is 16 bytes larger than it is. */
int mistabled(int (*fn)(int));
asm(".pushsection .text\n"
    "untabled:\n"
    "	push %rbp\n	mov %rsp, %rbp\n"
    "	xchg %rdi, %rax\n	mov $1, %edi\n	call *%rax\n"
    "	pop %rbp\n	ret\n"
    "	.fill 16, 1, 0x90\n"
    "	.globl mistabled\n"
    "mistabled:\n"
    "	.cfi_startproc\n"
    "	sub $8, %rsp\n	.cfi_def_cfa_offset 32\n"
    "	xchg %rdi, %rax\n	mov $1, %edi\n	call *%rax\n"
    "	add $8, %rsp\n	ret\n"
    "	.cfi_endproc\n"
    ".popsection\n");

static void way_untabled(void)
{
	untabled(inner);
}

static void way_mistabled(void)
{
	volatile uint64_t words[4] = { 1, 2, 3, 4 };

	mistabled(inner);
	words[0] = words[1];
}

static void way_jit(void)
{
	static const uint8_t text[] = { 0x48, 0x83, 0xec, 0x08,		/* sub $8, %rsp */
					0xff, 0xd7,			/* call *%rdi */
					0x48, 0x83, 0xc4, 0x08, 0xc3 };	/* add $8, %rsp; ret */
	void *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(code, text, sizeof(text));
	((int (*)(int (*)(int)))code)(inner);
}
#endif

/* ------------------------------------------------------------- the child */

static pid_t child;

static void start(void (*way)(void))
{
	told = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	cr_assert(told != MAP_FAILED);
	child = fork();
	cr_assert(child >= 0);
	if (!child) {
		way();
		_exit(1);
	}
	while (!told->tid)
		usleep(1000);
	cr_assert(ptrace(PTRACE_ATTACH, told->tid, NULL, NULL) == 0);
	cr_assert(waitpid(told->tid, NULL, __WALL) == told->tid);
}

static void end(void)
{
	kill(child, SIGKILL);
	if (told->tid != child)	/* we trace it */
		waitpid(told->tid, NULL, __WALL);
	waitpid(child, NULL, __WALL);
}

static struct suture_unwind *unwind;
static struct suture_backtrace bt;
static uint64_t regs[SUTURE_UNWIND_REGS];

static void look(void)
{
	struct suture_error err = { 0 };

	cr_assert(sizeof(struct user_regs_struct) <= sizeof(regs));
	cr_assert(ptrace(PTRACE_GETREGS, told->tid, NULL, regs) == 0);
	cr_assert(suture_unwind_open(told->tid, &unwind, &err) == 0, "%s", err.text);
	cr_assert(suture_unwind_thread(unwind, told->tid, regs, told->tp, &bt, &err) == 0, "%s",
		  err.text);
}

static void done(void)
{
	suture_backtrace_free(&bt);
	suture_unwind_close(unwind);
	end();
}

/* The frame of @symbol, behind frame @from; fails if there is none. */
static size_t find(const char *symbol, size_t from)
{
	for (size_t i = from; i < bt.nr; i++) {
		uint64_t at = bt.frames[i].exact ? bt.frames[i].pc : bt.frames[i].pc - 1;

		const char *name = suture_unwind_symbol(unwind, at);

		if (name && !strcmp(name, symbol))
			return i;
	}
	cr_assert_fail("no frame is in %s", symbol);
	return 0;
}

static void expect_calls(void)
{
	size_t at = find("stay", 0);

	cr_assert(find("inner", at) == at + 1);
	cr_assert(find("outer", at) == at + 2);
}

TestSuite(unwind, .timeout = 60);

Test(unwind, main_thread)
{
	start(way_plain);
	look();
	cr_assert(bt.complete, "%s", bt.why);
	expect_calls();
	cr_assert(find("start", 0) > find("way_plain", 0));
	cr_assert(bt.frames[0].exact && !bt.frames[1].exact);
	done();
}

Test(unwind, other_thread)
{
	start(way_thread);
	look();
	cr_assert(bt.complete, "%s", bt.why);
	expect_calls();
	find("thread", 0);
	done();
}

/* On to the stack that was interrupted, and down to its beginning. */
Test(unwind, signal_on_another_stack)
{
	size_t at;

	start(way_signal);
	look();
	cr_assert(bt.complete, "%s", bt.why);
	expect_calls();
	at = find("interrupted", find("handler", 0));
	find("start", at);
	at = 1;
	while (at < bt.nr && !bt.frames[at].exact)
		at++;
	cr_assert(at < bt.nr && at > find("handler", 0), "no interrupted frame");
	done();
}

Test(unwind, coroutine_is_not_complete)
{
	start(way_coroutine);
	look();
	expect_calls();
	cr_assert(!bt.complete);
	cr_assert(*bt.why);
	done();
}

Test(unwind, too_deep)
{
	start(way_deep);
	look();
	cr_assert(!bt.complete && strstr(bt.why, "more than 1024"), "%s", bt.why);
	done();
}

#ifdef __x86_64__
Test(unwind, no_table)
{
	start(way_untabled);
	look();
	cr_assert(!bt.complete && strstr(bt.why, "untabled") && strstr(bt.why, "no unwind table"),
		  "%s", bt.why);
	done();
}

Test(unwind, wrong_table)
{
	start(way_mistabled);
	look();
	cr_assert(!bt.complete, "an unwind by a wrong table counts as exact");
	done();
}

Test(unwind, code_in_no_file)
{
	start(way_jit);
	look();
	cr_assert(!bt.complete && strstr(bt.why, "memory of no file"), "%s", bt.why);
	done();
}
#endif

/* What is not a frame is found as a word, pointers to functions as such. */
static uint64_t wanted;

static int see(uint64_t word, void *arg)
{
	*(size_t *)arg += word == wanted;
	return 0;
}

Test(unwind, words)
{
	size_t seen = 0;

	start(way_thread);
	look();
	cr_assert(bt.complete, "%s", bt.why);
	wanted = bt.frames[find("outer", 0)].pc;
	cr_assert(suture_unwind_words(unwind, &bt, regs, see, &seen) == 0);
	cr_assert(seen >= 1);
	cr_assert(suture_unwind_behind_call(unwind, wanted));
	cr_assert(suture_unwind_is_function(unwind, (uint64_t)(uintptr_t)outer));
	cr_assert(!suture_unwind_is_function(unwind, wanted));
	cr_assert(!suture_unwind_behind_call(unwind, (uint64_t)(uintptr_t)outer + 1));
	done();
}

Test(unwind, place)
{
	struct suture_place place;
	char text[128];

	start(way_plain);
	look();
	cr_assert(suture_unwind_place(unwind, (uint64_t)(uintptr_t)outer, &place));
	cr_assert(place.build_id_len > 0);
	cr_assert(strcmp(suture_unwind_symbol(unwind, (uint64_t)(uintptr_t)outer), "outer") == 0);
	suture_unwind_place_text(unwind, (uint64_t)(uintptr_t)outer, text, sizeof(text));
	cr_assert(strstr(text, "outer (unwind)"), "%s", text);
	suture_unwind_place_text(unwind, 8, text, sizeof(text));
	cr_assert(strstr(text, "nothing is mapped"), "%s", text);
	done();
}

Test(unwind, ended)
{
	struct suture_error err = { 0 };
	struct suture_unwind *none;

	start(way_plain);
	end();
	cr_assert(suture_unwind_open(told->tid, &none, &err) == -ESRCH, "%s", err.text);
	cr_assert(*err.text);
}
