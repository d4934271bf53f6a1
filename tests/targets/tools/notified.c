// SPDX-License-Identifier: GPL-2.0-only
/*
 * notified SOCKET COMMAND...: what a service manager hears from a service. Runs the
 * command with $NOTIFY_SOCKET and a watchdog of two seconds, and prints each line that
 * comes, until the command ends. SIGTERM goes to it; its exit status is ours.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

static void pass_on(int sig)
{
	if (child > 0)
		kill(child, sig);
}

int main(int argc, char **argv)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct sigaction action = { .sa_handler = pass_on, .sa_flags = SA_RESTART };
	struct timeval patience = { .tv_usec = 100000 };
	char text[4096];
	int fd, status;
	ssize_t len;

	if (argc < 3 || strlen(argv[1]) >= sizeof(addr.sun_path))
		return 2;
	strcpy(addr.sun_path, argv[1]);
	unlink(argv[1]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience))) {
		perror(argv[1]);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	child = fork();
	if (!child) {
		setenv("NOTIFY_SOCKET", argv[1], 1);
		setenv("WATCHDOG_USEC", "2000000", 1);
		execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	sigaction(SIGTERM, &action, NULL);
	for (;;) {
		len = recv(fd, text, sizeof(text) - 1, 0);
		if (len > 0) {
			text[len] = '\0';
			printf("%s\n", text);
			continue;
		}
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return 1;
		if (waitpid(child, &status, WNOHANG) == child)
			break;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
