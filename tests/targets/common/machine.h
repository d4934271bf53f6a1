/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of the tests have to say in the words of the machine. */
#ifndef _SUTURE_TEST_MACHINE_H
#define _SUTURE_TEST_MACHINE_H

#include <elf.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifdef __x86_64__

#define MACHINE_PC(r)	((r)->rip)
#define MACHINE_CALL(r)	((r)->orig_rax)	/* number of a system call */
#define MACHINE_ARG2(r)	((r)->rsi)		/* its second argument */
/* A breakpoint, and how far behind it the thread stops. */
static const unsigned char machine_breakpoint[] = { 0xcc };
#define MACHINE_STOPS_BEHIND	1

#else

#define MACHINE_PC(r)	((r)->pc)
#define MACHINE_CALL(r)	((r)->regs[8])
#define MACHINE_ARG2(r)	((r)->regs[1])
static const unsigned char machine_breakpoint[] = { 0x00, 0x00, 0x20, 0xd4 };	/* brk #0 */
#define MACHINE_STOPS_BEHIND	0

#endif

/* 0, or -1 and errno. */
static inline int machine_get_regs(pid_t pid, struct user_regs_struct *regs)
{
	struct iovec iov = { .iov_base = regs, .iov_len = sizeof(*regs) };

	return ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov) ? -1 : 0;
}

static inline int machine_set_regs(pid_t pid, const struct user_regs_struct *regs)
{
	struct iovec iov = { .iov_base = (void *)regs, .iov_len = sizeof(*regs) };

	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &iov) ? -1 : 0;
}

#endif /* _SUTURE_TEST_MACHINE_H */
