// SPDX-License-Identifier: GPL-2.0
/*
 * storm KIND N [FILE [PACE]]: N processes that do the same without pause, and call answer()
 * of libfuncs.so all the time (with PACE: they sleep so many microseconds after each time).
 * What they see is judged by phase.h.
 *   fork      fork a child that forks a grandchild; all call
 *   threads   200 threads are created and joined
 *   exits     threads that end by themselves at once, while others come
 *   exec      a process with four threads, one of which calls execve
 *   leader    the first thread ends, the others go on and end later
 *   dlopen    dlopen FILE, call, dlclose
 *   dlthreads the same in three threads of each process, each with a FILE of its own
 *             (FILE.0 ... FILE.2): old or new, nobody is judged
 *   kill      processes of four threads that are killed at any time
 * Talks:
 *   report    old N new N late N bad N births N judged N, since the last time
 *   stop      end all: ok, when nobody is left
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"
#include "phase.h"

#define MAX_WORKERS 64
#define CROWD 200

static struct phase *phase;
static char *self, *file;
static const char *kind;
static pid_t workers[MAX_WORKERS];
static int nr_workers, pace;

static void call(int x)
{
	unsigned long before = phase_read(phase);

	phase_judge(phase, before, answer(x) - x);
}

static void *one_call(void *arg)
{
	call((long)arg);
	return NULL;
}

static void *calls_for_a_while(void *arg)
{
	for (int i = 0; i < 200; i++)
		call((long)arg + i);
	return NULL;
}

static void *calls_forever(void *arg)
{
	for (int i = 0;; i = (i + 1) & 0xffff) {
		call((long)arg + i);
		if (!(i & 0x3f))
			sched_yield();
	}
	return NULL;
}

#define STACK_SIZE (256 << 10)	/* arm64 takes no less than 128 KiB */

static pthread_t thread_as(void *(*fn)(void *), void *arg, int state)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	if (pthread_attr_setstacksize(&attr, STACK_SIZE) ||
	    pthread_attr_setdetachstate(&attr, state) || pthread_create(&t, &attr, fn, arg)) {
		phase_count(&phase->bad);
		_exit(3);
	}
	pthread_attr_destroy(&attr);
	return t;
}

static pthread_t thread(void *(*fn)(void *), void *arg)
{
	return thread_as(fn, arg, PTHREAD_CREATE_JOINABLE);
}

/* the child ended by itself, with 0 */
static void reap(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		phase_count(&phase->bad);
	else
		phase_count(&phase->births);
}

static void fork_once(void)
{
	pid_t child = fork(), grandchild;

	if (!child) {
		call(1);
		grandchild = fork();
		call(2);
		if (!grandchild)
			_exit(0);
		reap(grandchild);
		call(3);
		_exit(0);
	}
	call(4);
	reap(child);
}

static void threads_once(void)
{
	static pthread_t t[CROWD];

	for (long i = 0; i < CROWD; i++)
		t[i] = thread(one_call, (void *)i);
	for (long i = 0; i < CROWD; i++)
		pthread_join(t[i], NULL);
	__atomic_add_fetch(&phase->births, CROWD, __ATOMIC_RELAXED);
}

static unsigned long running;

static void *ends_at_once(void *arg)
{
	call((long)arg);
	__atomic_sub_fetch(&running, 1, __ATOMIC_RELAXED);
	/* by way of the kernel alone, as some runtimes do */
	if ((long)arg & 1)
		pthread_exit(NULL);
	return NULL;
}

static void exits_once(void)
{
	for (long i = 0; i < 16; i++) {
		while (__atomic_load_n(&running, __ATOMIC_RELAXED) >= 16)
			sched_yield();
		__atomic_add_fetch(&running, 1, __ATOMIC_RELAXED);
		/* Not by pthread_detach(): up to glibc 2.36 at least it looks at the thread once
		 * more when that may have ended, and its stack be unmapped. */
		thread_as(ends_at_once, (void *)i, PTHREAD_CREATE_DETACHED);
		phase_count(&phase->births);
	}
}

static void *execs(void *arg)
{
	char *args[] = { self, "leaf", "0", NULL }, *env[] = { NULL };

	call((long)arg);
	execve(self, args, env);
	phase_count(&phase->bad);
	_exit(4);
}

static void exec_once(void)
{
	pid_t child = fork();

	if (!child) {
		for (long i = 0; i < 3; i++)
			thread(calls_forever, (void *)i);
		thread(execs, NULL);
		calls_forever(NULL);
	}
	reap(child);
}

static void leader_once(void)
{
	pid_t child = fork();

	if (!child) {
		for (long i = 0; i < 3; i++)
			thread(calls_for_a_while, (void *)i);
		pthread_exit(NULL);
	}
	reap(child);
}

static void open_and_call(const char *name, int judged)
{
	unsigned long before = phase_read(phase);
	void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	int (*fn)(int) = lib ? (int (*)(int))dlsym(lib, "answer") : NULL;
	int gain;

	if (!fn) {
		phase_count(&phase->bad);
		_exit(3);
	}
	gain = fn(7) - 7;
	if (judged)
		phase_judge(phase, before, gain);
	else if (gain != 1 && gain != 1001)
		phase_count(&phase->bad);
	if (dlclose(lib))
		phase_count(&phase->bad);
	phase_count(&phase->births);
}

static void dlopen_once(void)
{
	open_and_call(file, 1);
}

static void *opens_forever(void *arg)
{
	char name[4096];

	snprintf(name, sizeof(name), "%s.%ld", file, (long)arg);
	for (;;) {
		open_and_call(name, 0);
		/* else nobody would ever see it at rest */
		usleep(pace ? pace : 2000);
	}
	return NULL;
}

static void dlthreads_once(void)
{
	thread(opens_forever, (void *)0);
	thread(opens_forever, (void *)1);
	opens_forever((void *)2);
}

/* @tell: where the child writes a byte when all of its threads have been started, or -1 */
static pid_t callers(int tell)
{
	pid_t child = fork();

	if (child)
		return child;
	for (long i = 0; i < 3; i++)
		thread(calls_forever, (void *)i);
	call(3);
	if (tell >= 0 && write(tell, "", 1) != 1)
		phase_count(&phase->bad);
	calls_forever(NULL);
	return -1;
}

/* whoever is killed has nothing to tell but that */
static void kill_child(pid_t child)
{
	int status;

	if (child < 0 || kill(child, SIGKILL) || waitpid(child, &status, 0) != child ||
	    !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		phase_count(&phase->bad);
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* How long such a process needs until it calls, here and now: the shortest of three. */
static long startup_ns(void)
{
	long shortest = LONG_MAX, begin;
	pid_t child;
	int fds[2];
	char byte;

	for (int i = 0; i < 3; i++) {
		begin = now_ns();
		if (pipe2(fds, O_CLOEXEC)) {
			phase_count(&phase->bad);
			_exit(3);
		}
		child = callers(fds[1]);
		close(fds[1]);
		if (read(fds[0], &byte, 1) != 1)
			phase_count(&phase->bad);
		if (now_ns() - begin < shortest)
			shortest = now_ns() - begin;
		kill_child(child);
		close(fds[0]);
	}
	return shortest;
}

/* Most lives end before the first call, and one of five long after it, on any machine. */
static void kill_once(void)
{
	double part = rand() / (RAND_MAX + 1.0);
	static long startup;
	long life;
	pid_t child;

	if (!startup)
		startup = startup_ns();
	life = 1000 + (long)(2 * part * part * part * startup);
	child = callers(-1);
	nanosleep(&(struct timespec){ life / 1000000000, life % 1000000000 }, NULL);
	kill_child(child);
	phase_count(&phase->births);
}

static const struct {
	const char *name;
	void (*once)(void);
} kinds[] = {
	{ "fork", fork_once }, { "threads", threads_once }, { "exits", exits_once },
	{ "exec", exec_once }, { "leader", leader_once }, { "dlopen", dlopen_once },
	{ "dlthreads", dlthreads_once }, { "kill", kill_once },
};

static unsigned long take(unsigned long *what)
{
	return __atomic_exchange_n(what, 0, __ATOMIC_RELAXED);
}

/* Everybody is in our process group but us: that is the storm. */
static void stop(void)
{
	int status = 0, how = 0, failed = 0;

	for (int i = 0; i < nr_workers; i++) {
		if (waitpid(workers[i], &status, WNOHANG)) {
			failed++;	/* it must not have ended by itself */
			how = status;
		} else {
			kill(-workers[i], SIGKILL);
		}
	}
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (failed)
		proto_say("bad: %d have ended, the last with status %#x", failed, how);
	else
		proto_say("ok");
}

static void handle(int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[0], "report"))
		proto_say("old %lu new %lu late %lu bad %lu births %lu judged %lu",
			  take(&phase->old), take(&phase->new), take(&phase->late),
			  take(&phase->bad), take(&phase->births), take(&phase->judged));
	else if (!strcmp(argv[0], "stop"))
		stop();
	else
		proto_say("bad word %s", argv[0]);
}

static void be_worker(void (*once)(void), int seed)
{
	srand(seed);
	for (;;) {
		once();
		if (pace)
			usleep(pace);
	}
}

int main(int argc, char **argv)
{
	void (*once)(void) = NULL;

	proto_unused();
	phase = phase_map();
	self = argv[0];
	if (argc < 3 || !phase)
		return 2;
	kind = argv[1];
	if (argc > 3)
		file = argv[3];
	if (argc > 4)
		pace = atoi(argv[4]);
	if (!strcmp(kind, "leaf")) {
		call(9);
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, kind))
			once = kinds[i].once;
	if (!once || atoi(argv[2]) > MAX_WORKERS)
		return 2;
	while (nr_workers < atoi(argv[2])) {
		pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (!pid) {
			setpgid(0, 0);
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			proto_yield();
			be_worker(once, nr_workers + 1);
		}
		setpgid(pid, pid);
		workers[nr_workers++] = pid;
	}
	return proto_serve(handle);
}
