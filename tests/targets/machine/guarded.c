// SPDX-License-Identifier: GPL-2.0
/*
 * A process of libfuncs.so that gives up rights, one after the other, as services do
 * that are sandboxed.
 *   seccomp      a filter: mmap, mprotect and the like kill the process
 *   strict       seccomp's strict mode: only read, write and exit are left
 *   w^x          a filter: memory that becomes executable is EPERM
 *   mdwe         prctl(PR_SET_MDWE): ok | none, where the kernel has it not
 *   privs        no_new_privs
 *   undumpable   PR_SET_DUMPABLE 0
 *   locked       mlockall, now and for what comes
 *   limit        RLIMIT_AS is what is mapped now
 *   probe mmap|exec   what becomes of a child that asks for memory, or for executable
 *                memory: ok | errno N | signal N
 *   old|new NAME...   as funcs
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/checks.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1
#endif

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what)	BPF_STMT(BPF_RET | BPF_K, what)
/* if it is this system call, run the next @n instructions, else skip them */
#define CALL(nr, n)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, n)

static int install(struct sock_filter *code, unsigned short len)
{
	struct sock_fprog prog = { .len = len, .filter = code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int forbid_mapping(void)
{
	struct sock_filter code[] = {
		LOAD(nr),
		CALL(SYS_mmap, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
		CALL(SYS_mprotect, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
		CALL(SYS_pkey_mprotect, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
		CALL(SYS_munmap, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
		CALL(SYS_mremap, 1), RETURN(SECCOMP_RET_KILL_PROCESS),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install(code, sizeof(code) / sizeof(code[0]));
}

/* As systemd's MemoryDenyWriteExecute= without PR_SET_MDWE. */
static int forbid_exec(void)
{
	struct sock_filter code[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pkey_mprotect, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 3),
		LOAD(args[2]),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
		RETURN(SECCOMP_RET_ALLOW),
	};

	return install(code, sizeof(code) / sizeof(code[0]));
}

static int limit_to_now(void)
{
	struct rlimit limit;
	unsigned long pages;
	FILE *statm = fopen("/proc/self/statm", "re");

	if (!statm || fscanf(statm, "%lu", &pages) != 1)
		return -1;
	fclose(statm);
	limit.rlim_cur = limit.rlim_max = pages * 4096;
	return setrlimit(RLIMIT_AS, &limit);
}

/* The child shares the filters and limits, and may die of them. */
static void probe(int exec)
{
	int status;
	pid_t pid = fork();
	void *at;

	if (!pid) {
		at = mmap(NULL, 4096, PROT_READ | (exec ? PROT_EXEC : 0),
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (exec && at == MAP_FAILED && errno == EPERM)
			_exit(EPERM);
		if (exec && at != MAP_FAILED)
			_exit(0);
		if (at == MAP_FAILED)
			_exit(errno);
		/* PR_SET_MDWE: to become executable is what is forbidden */
		_exit(mprotect(at, 4096, PROT_READ | PROT_EXEC) ? errno : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		proto_say("bad fork");
	else if (WIFSIGNALED(status))
		proto_say("signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		proto_say("errno %d", WEXITSTATUS(status));
	else
		proto_say("ok");
}

static void give_up(const char *what)
{
	int ret = -1;

	if (!strcmp(what, "seccomp"))
		ret = forbid_mapping();
	else if (!strcmp(what, "strict"))
		ret = prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	else if (!strcmp(what, "w^x"))
		ret = forbid_exec();
	else if (!strcmp(what, "privs"))
		ret = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	else if (!strcmp(what, "undumpable"))
		ret = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	else if (!strcmp(what, "locked"))
		ret = mlockall(MCL_CURRENT | MCL_FUTURE);
	else if (!strcmp(what, "limit"))
		ret = limit_to_now();
	else
		errno = EINVAL;
	if (ret)
		proto_say("bad %s: %s", what, strerror(errno));
	else
		proto_say("ok");
}

static void handle(int argc, char **argv)
{
	char why[256];

	if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		for (int i = 1; i < argc; i++) {
			if (checks_run(argv[i], argv[0][0] == 'n', why, sizeof(why))) {
				proto_say("bad %s: %s", argv[i], why);
				return;
			}
		}
		proto_say("ok");
	} else if (!strcmp(argv[0], "mdwe")) {
		proto_say(prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0) ? "none" : "ok");
	} else if (!strcmp(argv[0], "probe") && argc == 2) {
		probe(!strcmp(argv[1], "exec"));
	} else {
		give_up(argv[0]);
	}
}

int main(void)
{
	proto_unused();
	return proto_serve(handle);
}
