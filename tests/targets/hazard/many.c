// SPDX-License-Identifier: GPL-2.0
/*
 * many processes|threads N: N of them, all asleep, that call answer() when they are told.
 *   old|new   all call: "all N" when each saw that, else "only N"
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"

#define STACK (256 << 10)	/* arm64 takes no less than 128 KiB */

static int go[2], seen[2];
static int nr;

/* one byte each: whoever gets it calls */
static void *be_one(void *arg)
{
	char c, said[2];

	while (read(go[0], &c, 1) == 1) {
		int got = answer(4);

		said[0] = got == 5 ? 'o' : got == 1005 ? 'n' : 'b';
		/* so that nobody calls twice in one round */
		if (write(seen[1], said, 1) != 1 || read(*(int *)arg, &c, 1) != 1)
			_exit(3);
	}
	return NULL;
}

static int again[2];

static void all(char wanted)
{
	int fit = 0;
	char c;

	for (int i = 0; i < nr; i++)
		if (write(go[1], "c", 1) != 1)
			_exit(3);
	for (int i = 0; i < nr; i++) {
		if (read(seen[0], &c, 1) != 1)
			_exit(3);
		fit += c == wanted;
	}
	for (int i = 0; i < nr; i++)
		if (write(again[1], "a", 1) != 1)
			_exit(3);
	proto_say("%s %d", fit == nr ? "all" : "only", fit);
}

static void handle(int argc, char **argv)
{
	(void)argc;
	if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new"))
		all(argv[0][0]);
	else
		proto_say("bad word %s", argv[0]);
}

static int start_thread(void)
{
	pthread_attr_t attr;
	pthread_t t;
	int err;

	pthread_attr_init(&attr);
	err = pthread_attr_setstacksize(&attr, STACK);
	if (!err)
		err = pthread_create(&t, &attr, be_one, &again[0]);
	pthread_attr_destroy(&attr);
	return err;
}

static int start_process(void)
{
	pid_t pid = fork();

	if (pid)
		return pid < 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(STDIN_FILENO);
	be_one(&again[0]);
	_exit(0);
}

int main(int argc, char **argv)
{
	proto_unused();
	if (argc != 3 || pipe(go) || pipe(seen) || pipe(again))
		return 2;
	/* bound now, not in a thousand children */
	if (answer(0) != 1 && answer(0) != 1001)
		return 1;
	for (; nr < atoi(argv[2]); nr++)
		if (argv[1][0] == 't' ? start_thread() : start_process())
			return 1;
	return proto_serve(handle);
}
