// SPDX-License-Identifier: GPL-2.0
/*
 * A debugger, as far as the kernel sees one.
 *   seize PID      each of its threads
 *   interrupt      all of them are stopped
 *   cont           they go on; what stops them later is passed on
 *   syscalls N     for N milliseconds they stop at each system call and go on
 *   detach
 */
#include <dirent.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include "../common/proto.h"

#define MAX 64
static int tids[MAX], nr;

static int all(int request, long data)
{
	for (int i = 0; i < nr; i++)
		if (ptrace(request, tids[i], 0, data))
			return -errno;
	return 0;
}

static int seize(const char *pid)
{
	char path[64];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%s/task", pid);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while ((e = readdir(dir)) && nr < MAX) {
		if (!atoi(e->d_name))
			continue;
		tids[nr] = atoi(e->d_name);
		if (ptrace(PTRACE_SEIZE, tids[nr], 0, PTRACE_O_TRACESYSGOOD))
			return -errno;
		nr++;
	}
	closedir(dir);
	return 0;
}

static int interrupt(void)
{
	int ret = all(PTRACE_INTERRUPT, 0), status;

	for (int i = 0; i < nr && !ret; i++)
		if (waitpid(tids[i], &status, __WALL) < 0)
			ret = -errno;
	return ret;
}

/* Whatever stops, goes on, with the signal that it got. */
static void pump(int request, int ms)
{
	long long end = proto_now() + ms * 1000000LL;
	int status, tid, sig;

	while (proto_now() < end) {
		tid = waitpid(-1, &status, __WALL | WNOHANG);
		if (tid <= 0) {
			usleep(500);
			continue;
		}
		if (!WIFSTOPPED(status))
			continue;
		sig = WSTOPSIG(status);
		if (sig == (SIGTRAP | 0x80) || status >> 16)
			sig = 0;
		ptrace(request, tid, 0, sig);
	}
}

static void handle(int argc, char **argv)
{
	int ret = 0;

	if (!strcmp(argv[0], "seize") && argc == 2) {
		ret = seize(argv[1]);
	} else if (!strcmp(argv[0], "interrupt")) {
		ret = interrupt();
	} else if (!strcmp(argv[0], "cont")) {
		ret = all(PTRACE_CONT, 0);
	} else if (!strcmp(argv[0], "syscalls") && argc == 2) {
		ret = interrupt();
		if (!ret)
			ret = all(PTRACE_SYSCALL, 0);
		pump(PTRACE_SYSCALL, atoi(argv[1]));
		interrupt();
		all(PTRACE_CONT, 0);
		pump(PTRACE_CONT, 200);
	} else if (!strcmp(argv[0], "detach")) {
		interrupt();
		ret = all(PTRACE_DETACH, 0);
	} else {
		ret = -EINVAL;
	}
	if (ret)
		proto_say("bad %d", ret);
	else
		proto_say("ok");
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
