// SPDX-License-Identifier: GPL-2.0
/*
 * crowd N PROGRAM: N processes of a program that talks like proto.h, asked in
 * chorus. Every line goes to all of them; the answer is "all ANSWER" when they
 * agree, else "bad PID ANSWER" of the first that differs from the first one.
 *   pids    the process numbers
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../common/proto.h"

#define MAX_CROWD 1024

static struct member {
	pid_t pid;
	int in, out;
} members[MAX_CROWD];
static int nr;

static int start(struct member *m, char *program)
{
	int in[2], out[2];

	if (pipe(in) || pipe(out))
		return -errno;
	m->pid = fork();
	if (m->pid < 0)
		return -errno;
	if (!m->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		for (int fd = 3; fd < 3 + 4 + 2 * nr; fd++)
			close(fd);
		execl(program, program, NULL);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	m->in = in[1];
	m->out = out[0];
	return 0;
}

static int get(struct member *m, char *line, size_t size)
{
	for (size_t n = 0; n < size; n++) {
		if (read(m->out, &line[n], 1) != 1)
			break;
		if (line[n] == '\n') {
			line[n] = 0;
			return 0;
		}
	}
	return -1;
}

static void handle(int argc, char **argv)
{
	char line[256] = "", first[256], got[256];
	int differs = -1;

	if (!strcmp(argv[0], "pids")) {
		for (int i = 0; i < nr; i++)
			dprintf(STDOUT_FILENO, "%d%c", members[i].pid, i < nr - 1 ? ' ' : '\n');
		return;
	}
	for (int i = 0; i < argc; i++) {
		strncat(line, argv[i], sizeof(line) - strlen(line) - 2);
		strcat(line, i < argc - 1 ? " " : "\n");
	}
	for (int i = 0; i < nr; i++)
		if (write(members[i].in, line, strlen(line)) < 0)
			differs = i;
	for (int i = 0; i < nr; i++) {
		if (get(&members[i], got, sizeof(got)))
			strcpy(got, "(gone)");
		if (!i)
			strcpy(first, got);
		if (strcmp(first, got) && differs < 0) {
			differs = i;
			strcpy(line, got);
		}
	}
	if (differs >= 0)
		proto_say("bad %d %s", members[differs].pid, line);
	else
		proto_say("all %s", first);
}

int main(int argc, char **argv)
{
	char line[256];

	if (argc != 3 || atoi(argv[1]) < 1 || atoi(argv[1]) > MAX_CROWD)
		return 2;
	proto_unused();
	signal(SIGPIPE, SIG_IGN);
	for (; nr < atoi(argv[1]); nr++)
		if (start(&members[nr], argv[2]))
			return 1;
	for (int i = 0; i < nr; i++)
		if (get(&members[i], line, sizeof(line)) || strncmp(line, "ready", 5))
			return 1;
	return proto_serve(handle);
}
