// SPDX-License-Identifier: GPL-2.0
/*
 * killer STEP COMMAND...: runs the command and kills it at one of its steps. A step
 * is the beginning or the end of a system call. They are counted from 1 when the
 * command has opened /dev/suture, and before that not at all.
 * Prints "killed at STEP: NUMBER in|out" of the call, or "ended STATUS" when the command
 * has fewer steps. STEP 0 counts only: "steps N".
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "../common/machine.h"

static int opens_device(pid_t pid, unsigned long at)
{
	char name[16];
	long word;

	for (size_t i = 0; i < sizeof(name); i += sizeof(word)) {
		word = ptrace(PTRACE_PEEKDATA, pid, at + i, 0);
		memcpy(&name[i], &word, sizeof(word));
	}
	return !memcmp(name, "/dev/suture", sizeof("/dev/suture"));
}

/* Until it has opened the device, only openat stops it: that is much faster. */
static int stop_at_openat(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

/* Lets it run until the device is open; 0, or -1 when it has ended (@status). */
static int run_to_device(pid_t pid, int *status)
{
	struct user_regs_struct regs;

	for (;;) {
		if (ptrace(PTRACE_CONT, pid, 0, 0) || waitpid(pid, status, 0) != pid)
			return -1;
		if (WIFEXITED(*status) || WIFSIGNALED(*status))
			return -1;
		if (*status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
			continue;
		if (!machine_get_regs(pid, &regs) && opens_device(pid, MACHINE_ARG2(&regs)))
			break;
	}
	/* the end of that very call */
	return ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, status, 0) != pid ? -1 : 0;
}

int main(int argc, char **argv)
{
	int status, in = 0, steps = 0, kill_at;
	struct user_regs_struct regs;
	pid_t pid;

	if (argc < 3)
		return 2;
	kill_at = atoi(argv[1]);
	pid = fork();
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (stop_at_openat())
			_exit(126);
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL))
		return 1;
	if (run_to_device(pid, &status)) {
		fprintf(stderr, "it does not open the device\n");
		return 1;
	}
	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, 0) || waitpid(pid, &status, 0) != pid)
			return 1;
		if (WIFEXITED(status) || WIFSIGNALED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80) || status >> 16)
			continue;
		if (machine_get_regs(pid, &regs))
			return 1;
		in = !in;
		if (++steps != kill_at)
			continue;
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		printf("killed at %d: %lld %s\n", steps, (long long)MACHINE_CALL(&regs), in ? "in" : "out");
		return 0;
	}
	if (kill_at)
		printf("ended %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	else
		printf("steps %d\n", steps);
	return 0;
}
