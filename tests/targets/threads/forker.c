// SPDX-License-Identifier: GPL-2.0
/*
 * A process that gives birth all the time. A child calls answer() and ends
 * with what it saw.
 *   start fork|vfork|spawn N  N threads that do it in a loop
 *   turn                      wait until each of them has begun a child, and that has ended
 *   stop                      they end after the child they have
 *   report                    rounds N old N new N bad N, since the last time
 *   one fork|vfork|spawn      once, on the main thread: old | new | bad N
 *   nap                       a thread named "napper" whose vfork child waits; at once: its tid
 *   napped                    let it go on: what it saw
 *   keep                      fork a child that stays: its pid
 *   kept                      end it: what it saw at last
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"

enum { SAW_OLD = 1, SAW_NEW, SAW_ELSE };

#define MAX_THREADS 16

static unsigned long rounds, seen[4], turns[MAX_THREADS];
static int stopping;
static char *self;

static int look(void)
{
	int got = answer(4);

	return got == 5 ? SAW_OLD : got == 1005 ? SAW_NEW : SAW_ELSE;
}

static int reap(pid_t pid)
{
	int status;

	if (pid < 0)
		return SAW_ELSE;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return SAW_ELSE;
	if (!WIFEXITED(status) || WEXITSTATUS(status) < SAW_OLD || WEXITSTATUS(status) > SAW_NEW)
		return SAW_ELSE;
	return WEXITSTATUS(status);
}

static int by_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(look());
	return reap(pid);
}

static int by_vfork(void)
{
	pid_t pid = vfork();

	if (!pid)
		_exit(look());
	return reap(pid);
}

static int by_spawn(void)
{
	char *args[] = { self, "child", NULL }, *env[] = { NULL };
	pid_t pid;

	if (posix_spawn(&pid, self, NULL, NULL, args, env))
		return SAW_ELSE;
	return reap(pid);
}

typedef int (*way)(void);

static way find_way(const char *name)
{
	return !strcmp(name, "fork") ? by_fork : !strcmp(name, "vfork") ? by_vfork :
	       !strcmp(name, "spawn") ? by_spawn : NULL;
}

struct task {
	way by;
	unsigned long *turns;
};

static struct task tasks[MAX_THREADS];

static void *loop(void *arg)
{
	const struct task *task = arg;
	way by = task->by;

	while (!__atomic_load_n(&stopping, __ATOMIC_RELAXED)) {
		__atomic_add_fetch(&seen[by()], 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
		__atomic_add_fetch(task->turns, 1, __ATOMIC_RELEASE);
		usleep(1000);
	}
	return NULL;
}

static pthread_t threads[MAX_THREADS], napper;
static int nr_threads, nap_tid, nap_saw, nap_pipe[2];

static void *nap(void *arg)
{
	pid_t pid;
	char c;

	(void)arg;
	prctl(PR_SET_NAME, "napper");
	__atomic_store_n(&nap_tid, gettid(), __ATOMIC_RELEASE);
	pid = vfork();
	if (!pid) {
		if (read(nap_pipe[0], &c, 1) != 1)
			_exit(9);
		_exit(look());
	}
	nap_saw = reap(pid);
	return NULL;
}

static pid_t kept;
static int kept_pipe[2];

static const char *word(int saw)
{
	return saw == SAW_OLD ? "old" : saw == SAW_NEW ? "new" : "bad";
}

static void start(int argc, char **argv)
{
	way by = argc == 3 ? find_way(argv[1]) : NULL;

	if (!by) {
		proto_say("bad words");
		return;
	}
	stopping = 0;
	for (int n = atoi(argv[2]); n > 0 && nr_threads < MAX_THREADS; n--) {
		tasks[nr_threads] = (struct task){ by, &turns[nr_threads] };
		if (pthread_create(&threads[nr_threads], NULL, loop, &tasks[nr_threads])) {
			proto_say("bad pthread_create");
			return;
		}
		nr_threads++;
	}
	proto_say("ok");
}

/* The child that a thread has now may be of before: so two of each. */
static void turn(void)
{
	unsigned long first[MAX_THREADS];

	for (int i = 0; i < nr_threads; i++)
		first[i] = __atomic_load_n(&turns[i], __ATOMIC_ACQUIRE);
	for (int i = 0; i < nr_threads; i++) {
		while (__atomic_load_n(&turns[i], __ATOMIC_ACQUIRE) - first[i] < 2)
			usleep(2000);
	}
	proto_say("ok");
}

static void handle(int argc, char **argv)
{
	char c = 0;

	if (!strcmp(argv[0], "start")) {
		start(argc, argv);
	} else if (!strcmp(argv[0], "turn")) {
		turn();
	} else if (!strcmp(argv[0], "stop")) {
		__atomic_store_n(&stopping, 1, __ATOMIC_RELAXED);
		while (nr_threads)
			pthread_join(threads[--nr_threads], NULL);
		proto_say("ok");
	} else if (!strcmp(argv[0], "report")) {
		proto_say("rounds %lu old %lu new %lu bad %lu",
			  __atomic_exchange_n(&rounds, 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&seen[SAW_OLD], 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&seen[SAW_NEW], 0, __ATOMIC_RELAXED),
			  __atomic_exchange_n(&seen[SAW_ELSE], 0, __ATOMIC_RELAXED));
	} else if (!strcmp(argv[0], "one") && argc == 2 && find_way(argv[1])) {
		proto_say("%s", word(find_way(argv[1])()));
	} else if (!strcmp(argv[0], "nap")) {
		nap_tid = 0;
		if (pipe(nap_pipe))
			_exit(3);
		if (pthread_create(&napper, NULL, nap, NULL)) {
			proto_say("bad pthread_create");
			return;
		}
		while (!__atomic_load_n(&nap_tid, __ATOMIC_ACQUIRE))
			usleep(1000);
		usleep(50000);
		proto_say("%d", nap_tid);
	} else if (!strcmp(argv[0], "napped")) {
		if (write(nap_pipe[1], &c, 1) != 1)
			_exit(3);
		pthread_join(napper, NULL);
		proto_say("%s", word(nap_saw));
	} else if (!strcmp(argv[0], "keep")) {
		if (pipe(kept_pipe))
			_exit(3);
		kept = fork();
		if (!kept) {
			if (read(kept_pipe[0], &c, 1) != 1)
				_exit(9);
			_exit(look());
		}
		proto_say("%d", kept);
	} else if (!strcmp(argv[0], "kept")) {
		if (write(kept_pipe[1], &c, 1) != 1)
			_exit(3);
		proto_say("%s", word(reap(kept)));
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(int argc, char **argv)
{
	self = argv[0];
	if (argc > 1)
		return look();
	proto_unused();
	return proto_serve(handle);
}
