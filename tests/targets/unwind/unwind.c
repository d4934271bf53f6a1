// SPDX-License-Identifier: GPL-2.0
/*
 * A thread, named "worker", that goes to sleep in some WAY:
 *   stale             above a word that a call of visit() has left on its stack
 *   inside            inside visit()
 *   untabled-stale    the same, below a frame that is in no unwind table
 *   untabled-inside   inside visit(), which has called through such a frame
 *   untabled-outside  such a frame has called visit(), and that sleeps
 *   jit-stale, jit-inside  the same with code in memory of no file
 *   jit               such a frame, and nothing else
 *   signal            a handler on an alternate signal stack; outside
 *   signal-inside     that has interrupted visit()
 *   coroutine         on the stack of a coroutine; outside
 *   coroutine-inside  visit() has changed to it
 *   suspended         on its own stack; a coroutine is suspended inside visit()
 *   pointer           inside hand_over(), with a pointer to a function of pass_on()
 *   vfork             inside spawn(), waiting for the child
 *
 *   enter WAY       the worker goes in
 *   leave           it comes out: the value of the call
 *   turn            it wakes up, and sleeps as before
 *   main WAY        the main thread goes in: "in"; the next line lets it out: its value
 *   tid             of the worker
 *   value           visit(), second(1) and pass_on() on the main thread
 *   visit           its address
 *   crowd N         N more threads go in "stale", for good
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <ucontext.h>
#include "../common/proto.h"
#include "unwound.h"

#define STACK_SIZE (256 * 1024)
#define KEPT __attribute__((noinline, noclone))

static int go[2], out[2], done[2];	/* pipes: go in, come out, has come out */
static int child[2];			/* lets the vforked child end */
static int never[2];
static __thread int is_main, is_crowd;
static int worker_tid;

static char get(int fd)
{
	char c;

	while (read(fd, &c, 1) != 1)
		if (errno != EINTR)
			_exit(3);
	return c;
}

static void put(int fd, char c)
{
	if (write(fd, &c, 1) != 1)
		_exit(3);
}

/* asleep in read until it is let out */
KEPT static int stay(void *arg)
{
	char line[64];

	if (is_crowd) {
		put(done[1], 'i');
		get(never[0]);
	} else if (is_main) {
		proto_say("in");
		if (!proto_line(line, sizeof(line)))
			_exit(3);
	} else {
		put(done[1], 'i');
		while (get(out[0]) == 't')
			put(done[1], 'i');
	}
	return *(volatile int *)arg;
}

static int zero;

/* With its return address on the stack, also where calls do not put it there. */
KEPT static int nothing(void *arg)
{
#ifdef __aarch64__
	asm volatile("" : : : "x30");
#endif
	return *(volatile int *)arg;
}

/* A return address into visit() stays behind, far enough below. */
KEPT static int leave_word(int depth)
{
	return (depth ? leave_word(depth - 1) : visit(nothing, &zero)) + 1;
}

/* Asleep, with a buffer on the stack that nobody has touched over what lies there. */
KEPT static int hole(void *arg)
{
	volatile char buf[8192];
	int got;

	asm volatile("" : : "r"(buf) : "memory");
	got = stay(arg);
	asm volatile("" : : "r"(buf) : "memory");
	return got;
}

/* Calls fn(arg); with a frame pointer, and in no unwind table. */
int untabled(unwound_cb fn, void *arg);
#ifdef __x86_64__
asm(".pushsection .text\n"
    "untabled:\n"
    "	push %rbp\n	mov %rsp, %rbp\n"
    "	mov %rdi, %rax\n	mov %rsi, %rdi\n	call *%rax\n"
    "	pop %rbp\n	ret\n"
    "	.popsection\n");
static const uint8_t code[] = {
	0x55, 0x48, 0x89, 0xe5,			/* push %rbp; mov %rsp, %rbp */
	0x48, 0x89, 0xf8, 0x48, 0x89, 0xf7,	/* mov %rdi, %rax; mov %rsi, %rdi */
	0xff, 0xd0, 0x5d, 0xc3,			/* call *%rax; pop %rbp; ret */
};
#else
asm(".pushsection .text\n"
    "untabled:\n"
    "	stp x29, x30, [sp, -16]!\n	mov x29, sp\n"
    "	mov x2, x0\n	mov x0, x1\n	blr x2\n"
    "	ldp x29, x30, [sp], 16\n	ret\n"
    "	.popsection\n");
static const uint32_t code[] = {
	0xa9bf7bfd, 0x910003fd,			/* stp x29, x30, [sp, -16]!; mov x29, sp */
	0xaa0003e2, 0xaa0103e0, 0xd63f0040,	/* mov x2, x0; mov x0, x1; blr x2 */
	0xa8c17bfd, 0xd65f03c0,			/* ldp x29, x30, [sp], 16; ret */
};
#endif

static int (*jit)(unwound_cb fn, void *arg);

static void make_jit(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(4);
	memcpy(p, code, sizeof(code));
	if (mprotect(p, 4096, PROT_READ | PROT_EXEC))
		_exit(4);
	__builtin___clear_cache(p, (char *)p + sizeof(code));
	jit = (int (*)(unwound_cb, void *))p;
}

static int through_untabled(void *arg)
{
	return untabled(stay, arg) + 0 * zero;
}

static int through_jit(void *arg)
{
	return jit(stay, arg) + 0 * zero;
}

static int call_visit(void *arg)
{
	return visit(stay, arg);
}

static __thread char *stack;	/* got at the start */
static __thread ucontext_t here, there;

static void handler(int sig)
{
	(void)sig;
	stay(&zero);
}

static void on_signal_stack(int on)
{
	stack_t ss = { .ss_sp = stack, .ss_size = STACK_SIZE, .ss_flags = on ? 0 : SS_DISABLE };
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_ONSTACK };

	if (sigaltstack(&ss, NULL) || sigaction(SIGUSR1, &sa, NULL))
		_exit(4);
}

KEPT static int interrupted(void *arg)
{
	if (pthread_kill(pthread_self(), SIGUSR1))
		_exit(4);
	return *(volatile int *)arg;
}

static int result;

static void stay_there(void)
{
	stay(&zero);
}

static int back_out(void *arg)
{
	if (swapcontext(&there, &here))
		_exit(4);
	return *(volatile int *)arg;
}

static void visit_there(void)
{
	result = visit(back_out, &zero);
}

static void prepare(void (*fn)(void))
{
	if (getcontext(&there))
		_exit(4);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = STACK_SIZE;
	there.uc_link = &here;
	makecontext(&there, fn, 0);
}

KEPT static int change(void *arg)
{
	if (swapcontext(&here, &there))
		_exit(4);
	return *(volatile int *)arg;
}

KEPT static int go_in(const char *way)
{
	int got = 0;

	if (strstr(way, "stale"))
		leave_word(8);
	if (!strcmp(way, "stale")) {
		got = hole(&zero);
	} else if (!strcmp(way, "inside")) {
		got = visit(stay, &zero);
	} else if (!strcmp(way, "untabled-stale")) {
		got = untabled(hole, &zero);
	} else if (!strcmp(way, "untabled-inside")) {
		got = visit(through_untabled, &zero);
	} else if (!strcmp(way, "untabled-outside")) {
		got = untabled(call_visit, &zero);
	} else if (!strcmp(way, "jit")) {
		got = jit(stay, &zero);
	} else if (!strcmp(way, "jit-stale")) {
		got = jit(hole, &zero);
	} else if (!strcmp(way, "jit-inside")) {
		got = visit(through_jit, &zero);
	} else if (!strcmp(way, "signal") || !strcmp(way, "signal-inside")) {
		on_signal_stack(1);
		got = way[6] ? visit(interrupted, &zero) : interrupted(&zero);
		on_signal_stack(0);
	} else if (!strcmp(way, "coroutine") || !strcmp(way, "coroutine-inside")) {
		prepare(stay_there);
		got = way[9] ? visit(change, &zero) : change(&zero);
	} else if (!strcmp(way, "suspended")) {
		prepare(visit_there);
		change(&zero);
		proto_scrub();
		stay(&zero);
		change(&zero);
		got = result;
	} else if (!strcmp(way, "pointer")) {
		got = pass_on(stay, &zero);
	} else if (!strcmp(way, "vfork")) {
		if (!is_main)
			put(done[1], 'i');
		got = spawn(child[0]);
	} else {
		_exit(5);
	}
	return got;
}

static void get_stack(void)
{
	stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stack == MAP_FAILED)
		_exit(4);
}

static char way[64];
static int value;

static void *worker(void *arg)
{
	prctl(PR_SET_NAME, "worker");
	worker_tid = gettid();
	get_stack();
	for (;;) {
		get(go[0]);
		value = go_in(way);
		proto_scrub();
		put(done[1], 'o');
	}
	return arg;
}

static void *crowd(void *arg)
{
	is_crowd = 1;
	go_in("stale");
	return arg;
}

static int add_crowd(int n)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	while (n-- > 0) {
		if (pthread_create(&t, &attr, crowd, NULL))
			return -1;
		get(done[0]);
	}
	return 0;
}

static void handle(int argc, char **argv)
{
	if (!strcmp(argv[0], "main") && argc == 2) {
		proto_say("%d", go_in(argv[1]));
	} else if (!strcmp(argv[0], "enter") && argc == 2) {
		snprintf(way, sizeof(way), "%s", argv[1]);
		put(go[1], 'g');
		get(done[0]);
		if (!strcmp(way, "vfork"))	/* it cannot say so when it is in */
			usleep(200000);
		proto_say("ok");
	} else if (!strcmp(argv[0], "leave")) {
		put(!strcmp(way, "vfork") ? child[1] : out[1], 'l');
		get(done[0]);
		proto_say("%d", value);
	} else if (!strcmp(argv[0], "turn")) {
		put(out[1], 't');
		get(done[0]);
		usleep(50000);	/* until it sleeps again */
		proto_say("ok");
	} else if (!strcmp(argv[0], "tid")) {
		proto_say("%d", worker_tid);
	} else if (!strcmp(argv[0], "value")) {
		proto_say("%d %d %d", visit(NULL, NULL), second(1), pass_on(nothing, &zero));
	} else if (!strcmp(argv[0], "visit")) {
		proto_say("%lu", (unsigned long)visit);
	} else if (!strcmp(argv[0], "crowd") && argc == 2) {
		proto_say(add_crowd(atoi(argv[1])) ? "bad pthread_create" : "ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
	proto_scrub();
}

int main(void)
{
	pthread_t t;

	is_main = 1;
	get_stack();
	make_jit();
	if (pipe(go) || pipe(out) || pipe(done) || pipe(child) || pipe(never) ||
	    pthread_create(&t, NULL, worker, NULL))
		return 1;
	while (!*(volatile int *)&worker_tid)
		usleep(1000);
	return proto_serve(handle);
}
