// SPDX-License-Identifier: GPL-2.0
/*
 * Ways out of hold() that are no return. Its callback is where it happens.
 *   enter deferred|async   a thread goes in and waits there to be cancelled: asleep in
 *                          read(), or spinning
 *   cancel                 pthread_cancel it: which cleanup handlers ran, "inner outer"
 *   longjmp N              N times: setjmp, hold(), longjmp from the callback: ok
 *   siglongjmp N           the same from a signal's handler
 *   exit                   a thread that calls pthread_exit in the callback: "inner outer"
 *   old|new                what hold() does now
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include "../common/proto.h"
#include "../funcs/checks.h"
#include "../funcs/funcs.h"

static int inside[2], never[2];
static int ran_inner, ran_outer;
static pthread_t victim;
static sigjmp_buf back;

static void ran(void *what)
{
	*(int *)what = 1;
}

static int wait_for_cancel(void *arg)
{
	int async = !!arg;
	char c;

	pthread_cleanup_push(ran, &ran_inner);
	if (async)
		pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	if (write(inside[1], "i", 1) != 1)
		_exit(3);
	while (async)
		;
	while (read(never[0], &c, 1) != 1)
		;
	pthread_cleanup_pop(0);
	return 0;
}

static void *cancelled(void *arg)
{
	pthread_cleanup_push(ran, &ran_outer);
	if (arg)
		proto_yield();
	hold(wait_for_cancel, arg);
	pthread_cleanup_pop(0);
	return NULL;
}

static int exits(void *arg)
{
	(void)arg;
	pthread_cleanup_push(ran, &ran_inner);
	pthread_exit((void *)1);
	pthread_cleanup_pop(0);
	return 0;
}

static void *exiting(void *arg)
{
	pthread_cleanup_push(ran, &ran_outer);
	hold(exits, arg);
	pthread_cleanup_pop(0);
	return NULL;
}

static void enter(int async)
{
	char c;

	ran_inner = ran_outer = 0;
	if (pthread_create(&victim, NULL, cancelled, async ? &ran_inner : NULL) ||
	    read(inside[0], &c, 1) != 1)
		_exit(3);
	proto_say("ok");
}

static void say_ran(void *result, void *wanted)
{
	if (result != wanted)
		proto_say("bad result %p", result);
	else
		proto_say("%s%s", ran_inner ? "inner" : "", ran_outer ? " outer" : "");
}

static void cancel(void)
{
	void *result;

	if (pthread_cancel(victim) || pthread_join(victim, &result))
		proto_say("bad cancel");
	else
		say_ran(result, PTHREAD_CANCELED);
}

static void exit_inside(void)
{
	void *result;

	ran_inner = ran_outer = 0;
	if (pthread_create(&victim, NULL, exiting, NULL) || pthread_join(victim, &result))
		proto_say("bad thread");
	else
		say_ran(result, (void *)1);
}

static int jumps(void *arg)
{
	siglongjmp(back, *(int *)arg);
}

static void on_usr1(int sig)
{
	siglongjmp(back, sig);
}

static int is_hit(void *arg)
{
	raise(*(int *)arg);
	return 0;
}

static int jump(int times, funcs_cb cb)
{
	volatile int done = 0;
	int with = SIGUSR1;

	while (done < times) {
		int got = sigsetjmp(back, 1);

		if (!got) {
			hold(cb, &with);
			return -1;
		}
		if (got != with)
			return -1;
		done++;
	}
	return 0;
}

static void handle(int argc, char **argv)
{
	char why[256];

	if (!strcmp(argv[0], "enter") && argc == 2) {
		enter(!strcmp(argv[1], "async"));
	} else if (!strcmp(argv[0], "cancel")) {
		cancel();
	} else if (!strcmp(argv[0], "exit")) {
		exit_inside();
	} else if (!strcmp(argv[0], "longjmp") && argc == 2) {
		proto_say(jump(atoi(argv[1]), jumps) ? "bad jump" : "ok");
	} else if (!strcmp(argv[0], "siglongjmp") && argc == 2) {
		proto_say(jump(atoi(argv[1]), is_hit) ? "bad jump" : "ok");
	} else if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		if (checks_run("hold", argv[0][0] == 'n', why, sizeof(why)))
			proto_say("bad %s", why);
		else
			proto_say("ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
	proto_scrub();
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_usr1 };

	if (pipe(inside) || pipe(never) || sigaction(SIGUSR1, &sa, NULL))
		return 1;
	return proto_serve(handle);
}
