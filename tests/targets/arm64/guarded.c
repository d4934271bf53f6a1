// SPDX-License-Identifier: GPL-2.0
/*
 * A process of libguarded.so.
 *   value      leaf and outer through a pointer, all four directly
 *   trap       what a child dies of that enters plain() through a pointer; 0: it lives
 *   signed     are return addresses signed? yes, no
 *   mixed S    for S seconds, on two threads, each call gives an old or a new value: how often
 *              it was another than before, or "wrong"
 *   enter      a thread goes into outer() and sleeps there
 *   leave      it comes out: what outer() gave
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "guarded.h"

static int in[2], out[2], result;
static pthread_t thread;

__attribute__((noinline, noclone)) static int stay(void *arg)
{
	char c = 'i';

	(void)arg;
	if (write(in[1], &c, 1) != 1)
		_exit(3);
	while (read(out[0], &c, 1) != 1)
		if (errno != EINTR)
			_exit(3);
	return 20;
}

static int ten(void *arg)
{
	return arg ? 10 : 11;
}

static void *enter(void *arg)
{
	result = outer(stay, arg);
	return NULL;
}

static int trap(void)
{
	int (*volatile at)(int) = (int (*)(int))plain_at();
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		_exit(at(1) != 5);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The frame record of a function that signs: is there more in it than an address? A signature
 * has seven bits here, and all are zero for one stack pointer in 128: so it looks at several. */
__attribute__((noinline, noclone)) static int is_signed(int depth)
{
	unsigned long *fp = __builtin_frame_address(0);
	int below = depth ? is_signed(depth - 1) : 0;

	__asm__ volatile("" : : : "memory");	/* a call, no loop */
	return below || (fp[1] >> 48 & 0x7f);
}

static void get(int v[6])
{
	v[0] = leaf_at(100);
	v[1] = outer_at(ten, v);
	v[2] = leaf(200);
	v[3] = outer(ten, v);
	v[4] = direct(300);
	v[5] = imports("400");
}

static const int old[6] = { 101, 12, 201, 12, 304, 408 };
static const int new[6] = { 1101, 1012, 1201, 1012, 1304, 1408 };

static void *mixed(void *arg)
{
	long long end = proto_now() + (long)arg * 1000000000LL;
	long changes = 0;
	int before[6] = { 0 }, v[6];

	while (proto_now() < end) {
		get(v);
		for (int i = 0; i < 6; i++) {
			if (v[i] != old[i] && v[i] != new[i])
				return (void *)-1L;
			changes += before[i] && before[i] != v[i];
			before[i] = v[i];
		}
	}
	return (void *)changes;
}

static void handle(int words, char **word)
{
	int v[6];
	char c = 'o';

	if (!strcmp(word[0], "value")) {
		get(v);
		proto_say("%d %d %d %d %d %d", v[0], v[1], v[2], v[3], v[4], v[5]);
	} else if (!strcmp(word[0], "trap")) {
		proto_say("%d", trap());
	} else if (!strcmp(word[0], "signed")) {
		proto_say(is_signed(15) ? "yes" : "no");
	} else if (!strcmp(word[0], "mixed") && words == 2) {
		void *a, *b;

		if (pthread_create(&thread, NULL, mixed, (void *)atol(word[1])))
			_exit(3);
		a = mixed((void *)atol(word[1]));
		pthread_join(thread, &b);
		if ((long)a < 0 || (long)b < 0)
			proto_say("wrong");
		else
			proto_say("changes %ld", (long)a + (long)b);
	} else if (!strcmp(word[0], "enter")) {
		if (pthread_create(&thread, NULL, enter, NULL))
			_exit(3);
		while (read(in[0], &c, 1) != 1)
			;
		proto_say("inside");
	} else if (!strcmp(word[0], "leave")) {
		if (write(out[1], &c, 1) != 1)
			_exit(3);
		pthread_join(thread, NULL);
		proto_say("%d", result);
	} else {
		proto_say("what?");
	}
}

int main(void)
{
	proto_unused();
	if (pipe(in) || pipe(out))
		return 3;
	return proto_serve(handle);
}
