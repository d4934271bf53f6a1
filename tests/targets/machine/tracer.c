// SPDX-License-Identifier: GPL-2.0
/*
 * A debugger, as small as can be, of one process with one thread.
 *   seize PID    become its tracer; it runs on
 *   interrupt    stop it: ok when it has stopped
 *   cont         let it run
 *   step N       N single steps: how many were done, and stops for another reason
 *   stops        stops that nobody here has asked for, since the last time
 *   pc           where it is, when it is stopped
 *   break ADDR   put a breakpoint there (hexadecimal); it must be stopped
 *   hit          wait for it, take it out and set the thread back: ok
 *   detach       let it go
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include "../common/machine.h"
#include "../common/proto.h"

static pid_t target;
static unsigned long break_at, under;

/* 0: it has stopped; else what waitpid said */
static int wait_stop(int signal)
{
	int status;

	if (waitpid(target, &status, __WALL) != target)
		return -1;
	return WIFSTOPPED(status) && WSTOPSIG(status) == signal ? 0 : status;
}

static int unasked(void)
{
	int status, n = 0;

	while (waitpid(target, &status, __WALL | WNOHANG) > 0)
		n++;
	return n;
}

static void step(int times)
{
	int done = 0, other = 0;

	while (done < times) {
		if (ptrace(PTRACE_SINGLESTEP, target, 0, 0))
			break;
		if (wait_stop(SIGTRAP))
			other++;
		done++;
	}
	proto_say("%d %d", done, other);
}

static int hit(void)
{
	struct user_regs_struct regs;

	if (wait_stop(SIGTRAP) || machine_get_regs(target, &regs))
		return -1;
	if (MACHINE_PC(&regs) != break_at + MACHINE_STOPS_BEHIND)
		return -1;
	MACHINE_PC(&regs) = break_at;
	return ptrace(PTRACE_POKETEXT, target, break_at, under) ||
	       machine_set_regs(target, &regs) ? -1 : 0;
}

static void answer(int err)
{
	if (err)
		proto_say("bad %s", strerror(errno));
	else
		proto_say("ok");
}

static void handle(int argc, char **argv)
{
	struct user_regs_struct regs;

	if (!strcmp(argv[0], "seize") && argc == 2) {
		target = atoi(argv[1]);
		answer(ptrace(PTRACE_SEIZE, target, 0, PTRACE_O_EXITKILL));
	} else if (!strcmp(argv[0], "interrupt")) {
		answer(ptrace(PTRACE_INTERRUPT, target, 0, 0) || wait_stop(SIGTRAP));
	} else if (!strcmp(argv[0], "cont")) {
		answer(ptrace(PTRACE_CONT, target, 0, 0));
	} else if (!strcmp(argv[0], "step") && argc == 2) {
		step(atoi(argv[1]));
	} else if (!strcmp(argv[0], "stops")) {
		proto_say("%d", unasked());
	} else if (!strcmp(argv[0], "pc")) {
		if (machine_get_regs(target, &regs))
			proto_say("bad %s", strerror(errno));
		else
			proto_say("%llx", (unsigned long long)MACHINE_PC(&regs));
	} else if (!strcmp(argv[0], "break") && argc == 2) {
		unsigned long with;

		break_at = strtoul(argv[1], NULL, 16);
		errno = 0;
		with = under = ptrace(PTRACE_PEEKTEXT, target, break_at, 0);
		memcpy(&with, machine_breakpoint, sizeof(machine_breakpoint));
		answer(errno || ptrace(PTRACE_POKETEXT, target, break_at, with));
	} else if (!strcmp(argv[0], "hit")) {
		answer(hit());
	} else if (!strcmp(argv[0], "detach")) {
		answer(ptrace(PTRACE_DETACH, target, 0, 0));
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
