// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose patch has hooks.
 *   deed KIND WHAT VALUE   what the hooks of that kind are to do (numbers of hooked.h)
 *   value KIND     what such a hook has left there
 *   log            what they did: the kinds in order, and what hooked(1) was then
 *   tid            which thread ran the last, and whether on a stack of its own
 *   call           hooked(1)
 *   asleep N       N threads that sleep for ever in futex()
 *   spin N         N threads that run
 *   malloc N       N threads that allocate and free
 *   nest FILE      the main thread sleeps in hold() of this library until the next line
 *   open FILE      its descriptor
 *   name NAME      the main thread's
 *   copy FILE      this library once more (dlmopen); "copies" is what hooked(1) is in each
 *   Under the name hooked-no its pre_patch says no, with 5, from the first instruction on;
 *   under hooked-nothread it starts a thread first, of which nobody knows then;
 *   under hooked-again it does not end, and the program begins anew when it has been left.
 *   signals        how many SIGUSR1 and SIGUSR2 were handled, and how often the main
 *                  thread's mask was not what it is
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "../common/proto.h"
#include "hooked.h"

static volatile int usr1, usr2, wrong;

static void count(int sig)
{
	sigset_t mask;

	if (sig == SIGUSR1)
		usr1++;
	else
		usr2++;
	pthread_sigmask(SIG_BLOCK, NULL, &mask);
	/* its own signal, and SIGWINCH, which main() has blocked */
	if (!sigismember(&mask, sig) || sigismember(&mask, SIGTERM))
		wrong++;
}

static void *asleep(void *unused)
{
	static int word;

	(void)unused;
	for (;;)
		syscall(SYS_futex, &word, 128, 0, NULL, NULL, 0);
	return NULL;
}

static void *spin(void *unused)
{
	(void)unused;
	proto_yield();
	for (;;) {
		int got = hooked(1);

		if (got != 2 && got != 101)
			wrong++;
	}
	return NULL;
}

static void *allocate(void *unused)
{
	(void)unused;
	proto_yield();
	for (unsigned int n = 1;; n = n * 1103515245 + 12345)
		free(memset(malloc(n % 5000 + 1), 1, n % 5000 + 1));
	return NULL;
}

static int beat(void *unused)
{
	(void)unused;
	proto_yield();
	for (;;)
		hooked_state.beats++;
	return 0;
}

/* For hooks: takes no lock. The stack is a mapping of its own, with the thread pointer above
 * it, as threads have it; else nobody knows where it ends. */
void start_beating(void)
{
	char *stack = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *tp = stack + 2 * 4096 - 512;

	mprotect(stack + 4096, 4096, PROT_READ | PROT_WRITE);
	clone(beat, tp, CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
	      CLONE_SYSVSEM | CLONE_SETTLS, NULL, NULL, tp);
}

static int next_line(void *unused)
{
	char line[64];

	(void)unused;
	proto_say("ok");
	return proto_line(line, sizeof(line)) ? 5 : -1;
}

static void nest(const char *file)
{
	void *lib = dlopen(file, RTLD_NOW);
	int (*hold)(int (*cb)(void *arg), void *arg) = lib ? dlsym(lib, "hold") : NULL;
	int got = hold ? hold(next_line, NULL) : -1;

	proto_scrub();
	proto_say("%d", got);
}

static struct {
	int (*hooked)(int x);
	struct hooked_state *state;
} copies[3];
static int nr_copies;

static void copy(const char *file)
{
	void *lib = nr_copies < 3 ? dlmopen(LM_ID_NEWLM, file, RTLD_NOW) : NULL;

	if (!lib) {
		proto_say("bad dlmopen %s", dlerror());
		return;
	}
	copies[nr_copies].hooked = (int (*)(int))dlsym(lib, "hooked");
	copies[nr_copies++].state = dlsym(lib, "hooked_state");
	proto_say("ok");
}

/* With how many hooks have run there. */
static void say_copies(void)
{
	char line[128] = "";
	int n = 0;

	for (int i = 0; i < nr_copies; i++)
		n += snprintf(line + n, sizeof(line) - n, "%s%d:%d", i ? " " : "",
			      copies[i].hooked(1), copies[i].state->nr);
	proto_say("%s", n ? line : "none");
}

static bool threads(void *(*fn)(void *), int n)
{
	pthread_attr_t attr;
	sigset_t all, old;
	pthread_t t;
	int err = 0;

	/* signals are the main thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	err = pthread_attr_setstacksize(&attr, 256 << 10);
	while (n-- && !err)
		err = pthread_create(&t, &attr, fn, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return !err;
}

static void say_log(void)
{
	char line[900] = "";
	int n = 0;

	for (int i = 0; i < hooked_state.nr && i < 64; i++)
		n += snprintf(line + n, sizeof(line) - n, "%s%d:%d", i ? " " : "",
			      hooked_state.sequence[i], hooked_state.answers[i]);
	proto_say("%s", n ? line : "none");
	hooked_state.nr = 0;
}

static void handle(int argc, char **argv)
{
	void *(*fn)(void *) = NULL;
	int kind;

	if (!strcmp(argv[0], "asleep"))
		fn = asleep;
	else if (!strcmp(argv[0], "spin"))
		fn = spin;
	else if (!strcmp(argv[0], "malloc"))
		fn = allocate;
	if (fn && argc == 2) {
		proto_say(threads(fn, atoi(argv[1])) ? "ok" : "bad pthread_create");
	} else if (!strcmp(argv[0], "deed") && argc == 4) {
		kind = atoi(argv[1]);
		hooked_state.value[kind] = atoi(argv[3]);
		hooked_state.deed[kind] = atoi(argv[2]);
		proto_say("ok");
	} else if (!strcmp(argv[0], "value") && argc == 2) {
		proto_say("%d", hooked_state.value[atoi(argv[1])]);
	} else if (!strcmp(argv[0], "nest") && argc == 2) {
		nest(argv[1]);
	} else if (!strcmp(argv[0], "open") && argc == 2) {
		proto_say("%d", open(argv[1], O_RDONLY | O_CLOEXEC));
	} else if (!strcmp(argv[0], "name") && argc == 2) {
		proto_say(prctl(PR_SET_NAME, argv[1]) ? "bad prctl" : "ok");
	} else if (!strcmp(argv[0], "copy") && argc == 2) {
		copy(argv[1]);
	} else if (!strcmp(argv[0], "copies")) {
		say_copies();
	} else if (!strcmp(argv[0], "log")) {
		say_log();
	} else if (!strcmp(argv[0], "tid")) {
		proto_say("tid %d", hooked_state.tid);
	} else if (!strcmp(argv[0], "call")) {
		proto_say("%d", hooked(1));
	} else if (!strcmp(argv[0], "signals")) {
		sigset_t mask;

		pthread_sigmask(SIG_BLOCK, NULL, &mask);
		if (!sigismember(&mask, SIGWINCH) || sigismember(&mask, SIGUSR1))
			wrong++;
		proto_say("usr1 %d usr2 %d wrong %d", usr1, usr2, wrong);
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

static void begin_again(char *file)
{
	char *argv[] = { file, NULL };

	while (!hooked_state.calls[1])
		usleep(1000);
	execv(file, argv);
	exit(1);
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = count, .sa_flags = SA_RESTART };
	sigset_t some;

	if (argc == 1 && strstr(argv[0], "hooked-again"))
		begin_again(argv[0]);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	sigemptyset(&some);
	sigaddset(&some, SIGWINCH);
	sigprocmask(SIG_BLOCK, &some, NULL);
	proto_unused();
	return proto_serve(handle);
}
