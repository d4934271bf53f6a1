// SPDX-License-Identifier: GPL-2.0
/*
 * A parent that watches its child as a shell or a service manager does: a
 * SIGCHLD handler, and waitpid for stops and continues. The child is a process
 * of libfuncs.so that can also count the signals it gets.
 *   seen       chld N stopped N continued N ended N: what the parent saw since the last time
 *   child      its pid
 *   saw        old | new | bad: what the child sees now (asked through a pipe)
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"

static volatile sig_atomic_t nr_chld;
static pid_t child;
static int ask[2], tell[2];

static void on_chld(int sig)
{
	(void)sig;
	nr_chld++;
}

static void be_child(void)
{
	char c;

	signal(SIGCHLD, SIG_DFL);
	/* the parent's ends: its death is our end of input */
	close(ask[1]);
	close(tell[0]);
	while (read(ask[0], &c, 1) == 1) {
		int got = answer(4);

		c = got == 5 ? 'o' : got == 1005 ? 'n' : 'b';
		if (write(tell[1], &c, 1) != 1)
			break;
	}
	_exit(0);
}

static void handle(int argc, char **argv)
{
	int status, stopped = 0, continued = 0, ended = 0, chld = nr_chld;
	char c;

	(void)argc;
	if (!strcmp(argv[0], "seen")) {
		while (waitpid(child, &status, WUNTRACED | WCONTINUED | WNOHANG) > 0) {
			stopped += WIFSTOPPED(status);
			continued += WIFCONTINUED(status);
			ended += WIFEXITED(status) || WIFSIGNALED(status);
		}
		nr_chld -= chld;
		proto_say("chld %d stopped %d continued %d ended %d", chld, stopped, continued,
			  ended);
	} else if (!strcmp(argv[0], "child")) {
		proto_say("%d", child);
	} else if (!strcmp(argv[0], "saw")) {
		c = 'a';
		if (write(ask[1], &c, 1) != 1 || read(tell[0], &c, 1) != 1)
			c = 'x';
		proto_say("%s", c == 'o' ? "old" : c == 'n' ? "new" : "bad");
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	struct sigaction sa = { .sa_handler = on_chld, .sa_flags = SA_RESTART };

	proto_unused();
	if (sigaction(SIGCHLD, &sa, NULL) || pipe(ask) || pipe(tell))
		return 1;
	child = fork();
	if (child < 0)
		return 1;
	if (!child)
		be_child();
	return proto_serve(handle);
}
