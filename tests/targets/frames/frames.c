// SPDX-License-Identifier: GPL-2.0
/*
 * A thread inside visit(), with something of WAY between it and where it sleeps:
 *   plain        nothing
 *   locked       a buffer on its stack, of which one page is locked in memory
 *   coroutine    it has changed to the stack of a coroutine
 *   autodisarm   a signal's handler runs on an SS_AUTODISARM alternate stack
 *
 *   main WAY        the main thread goes in: inside; the next line lets it out: its value
 *   enter WAY       another thread goes in; leave: it comes out, its value
 *   value           visit() and second(1) on the main thread
 *   open FILE, close   dlopen, dlclose; the load address is the same each time, or "moved"
 *   sleep N KIB     N threads sleep, each with a buffer on its stack that it never touched
 *   at visit|second the address of the function
 *   offset          where in this program's file the callback of "plain" is
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "../common/proto.h"
#include "frames.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
#define STACK_SIZE (256 * 1024)
#define KEPT __attribute__((noinline, noclone))

static int go[2], out[2], done[2];	/* pipes: go in, come out, has come out */
static __thread int is_main;

static void get(int fd)
{
	char c;

	while (read(fd, &c, 1) != 1)
		if (errno != EINTR)
			_exit(3);
}

static void put(int fd, char c)
{
	if (write(fd, &c, 1) != 1)
		_exit(3);
}

/* asleep in read until it is let out */
KEPT static void stay(void)
{
	char line[64];

	if (!is_main) {
		put(done[1], 'i');
		get(out[0]);
		return;
	}
	proto_say("inside");
	if (!proto_line(line, sizeof(line)))
		_exit(3);
}

KEPT static int plain(void *arg)
{
	stay();
	return *(volatile int *)arg;
}

KEPT static int locked(void *arg)
{
	volatile char buf[16 * 4096];
	char *page = (char *)(((uintptr_t)buf + 8 * 4096) & ~4095UL);

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = 1;
	if (mlock(page, 4096))
		_exit(4);
	stay();
	buf[0] = 2;
	if (munlock(page, 4096))
		_exit(4);
	return *(volatile int *)arg;
}

/* Got at the start, so that no patch lies between it and its neighbours. */
static __thread char *stack;
static __thread ucontext_t here, there;

static void get_stack(void)
{
	stack = malloc(STACK_SIZE);
	if (!stack)
		_exit(4);
}

static int coroutine(void *arg)
{
	if (getcontext(&there))
		_exit(4);
	there.uc_stack.ss_sp = stack;
	there.uc_stack.ss_size = STACK_SIZE;
	there.uc_link = &here;
	makecontext(&there, stay, 0);
	if (swapcontext(&here, &there))
		_exit(4);
	return *(volatile int *)arg;
}

static void handler(int sig)
{
	(void)sig;
	stay();
}

static int autodisarm(void *arg)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = SA_ONSTACK };
	stack_t ss = { .ss_sp = stack, .ss_size = STACK_SIZE, .ss_flags = SS_AUTODISARM };

	if (sigaltstack(&ss, NULL) || sigaction(SIGUSR1, &sa, NULL) ||
	    pthread_kill(pthread_self(), SIGUSR1))
		_exit(4);
	ss.ss_flags = SS_DISABLE;
	if (sigaltstack(&ss, NULL))
		_exit(4);
	return *(volatile int *)arg;
}

static const struct way {
	const char *name;
	frames_cb cb;
} ways[] = {
	{ "plain", plain },
	{ "locked", locked },
	{ "coroutine", coroutine },
	{ "autodisarm", autodisarm },
};

static const struct way *find_way(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	return NULL;
}

static const struct way *way;
static int result;

static void *visitor(void *arg)
{
	int zero = 0;

	get_stack();
	for (;;) {
		get(go[0]);
		result = visit(way->cb, &zero);
		proto_scrub();
		put(done[1], 'o');
	}
	return arg;
}

static int sleeping;
static size_t untouched;

static void *sleeper(void *arg)
{
	volatile char *buf = __builtin_alloca(untouched);
	static int never[2];

	buf[untouched - 1] = 1;
	if (pipe(never))
		_exit(4);
	__atomic_add_fetch(&sleeping, 1, __ATOMIC_RELEASE);
	get(never[0]);
	buf[0] = 1;
	return arg;
}

static int sleepers(int n, size_t kib)
{
	pthread_t t;

	untouched = kib * 1024;
	for (int i = 0; i < n; i++)
		if (pthread_create(&t, NULL, sleeper, NULL))
			return -1;
	while (__atomic_load_n(&sleeping, __ATOMIC_ACQUIRE) < n)
		usleep(1000);
	return 0;
}

static void *lib;

static void open_lib(const char *file)
{
	static unsigned long first;
	struct link_map *map;

	lib = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (!lib || dlinfo(lib, RTLD_DI_LINKMAP, &map)) {
		proto_say("bad %s", dlerror());
		return;
	}
	if (!first)
		first = map->l_addr;
	proto_say(map->l_addr == first ? "ok" : "moved");
}

static int add_offset(struct dl_phdr_info *info, size_t size, void *data)
{
	unsigned long *at = data;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && (ph->p_flags & PF_X))
			*at = *at - info->dlpi_addr - ph->p_vaddr + ph->p_offset;
	}
	return 1;	/* the program comes first */
}

static void handle(int argc, char **argv)
{
	unsigned long at = (unsigned long)plain;
	int zero = 0;

	if (!strcmp(argv[0], "main") && argc == 2 && find_way(argv[1])) {
		proto_say("%d", visit(find_way(argv[1])->cb, &zero));
	} else if (!strcmp(argv[0], "enter") && argc == 2 && find_way(argv[1])) {
		way = find_way(argv[1]);
		put(go[1], 'g');
		get(done[0]);
		proto_say("ok");
	} else if (!strcmp(argv[0], "leave")) {
		put(out[1], 'l');
		get(done[0]);
		proto_say("%d", result);
	} else if (!strcmp(argv[0], "value")) {
		proto_say("%d %d", visit(NULL, NULL), second(1));
	} else if (!strcmp(argv[0], "open") && argc == 2) {
		open_lib(argv[1]);
	} else if (!strcmp(argv[0], "close") && lib) {
		proto_say(dlclose(lib) ? "bad dlclose" : "ok");
		lib = NULL;
	} else if (!strcmp(argv[0], "sleep") && argc == 3) {
		proto_say(sleepers(atoi(argv[1]), atoi(argv[2])) ? "bad pthread_create" : "ok");
	} else if (!strcmp(argv[0], "at") && argc == 2) {
		proto_say("%lu", !strcmp(argv[1], "visit") ? (unsigned long)visit :
							     (unsigned long)second);
	} else if (!strcmp(argv[0], "offset")) {
		dl_iterate_phdr(add_offset, &at);
		proto_say("0x%lx", at);
	} else {
		proto_say("bad word %s", argv[0]);
	}
	proto_scrub();
}

int main(int argc, char **argv)
{
	pthread_t t;

	(void)argv;
	proto_unused();
	is_main = 1;
	get_stack();
	/* "frames alone": with its main thread only */
	if (argc == 1 && (pipe(go) || pipe(out) || pipe(done) ||
			  pthread_create(&t, NULL, visitor, NULL)))
		return 1;
	return proto_serve(handle);
}
