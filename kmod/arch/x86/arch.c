// SPDX-License-Identifier: GPL-2.0
/* x86-64: branches, registers, system calls. */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/sync_core.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "../arch.h"

#define JMP_REL32	0xe9
#define JMP_LEN		SUTURE_BRANCH_LEN
#define SYSCALL_LEN	2

const u16 suture_arch_machine = EM_X86_64;

int suture_arch_branch(u8 *buf, unsigned long at, unsigned long to)
{
	long distance = (long)(to - (at + JMP_LEN));
	s32 rel = (s32)distance;

	if (rel != distance)
		return -ERANGE;
	buf[0] = JMP_REL32;
	memcpy(buf + 1, &rel, sizeof(rel));
	return 0;
}

/* call rel32 and jmp rel32 stay what they are; call *disp32(%rip) is a byte longer and
 * gets an address-size prefix in front, which changes nothing. */
int suture_arch_site(u8 *buf, unsigned long at, unsigned long to, const u8 *old)
{
	unsigned int prefix = old[0] == 0xff;
	int ret = suture_arch_branch(buf + prefix, at + prefix, to);

	if (ret)
		return ret;
	if (prefix)
		buf[0] = 0x67;
	buf[prefix] = prefix ? 0xe8 : old[0];
	return 0;
}

void suture_arch_reach(unsigned long at, unsigned long *lo, unsigned long *hi)
{
	unsigned long next = at + JMP_LEN;

	*lo = next > 0x80000000UL ? next - 0x80000000UL : 0;
	*hi = next + 0x7fffffffUL;
}

unsigned long suture_arch_sp(const struct pt_regs *regs)
{
	return regs->sp;
}

unsigned long suture_arch_tp(struct task_struct *t)
{
	return t->thread.fsbase;
}

/* Hardware and exceptions enter with orig_ax = -1; a signal on the way out of a
 * system call may set ip back onto the syscall instruction. */
static bool in_syscall(const struct pt_regs *regs)
{
	return (long)regs->orig_ax >= 0;
}

unsigned int suture_arch_pcs(const struct pt_regs *regs, unsigned long pcs[2])
{
	pcs[0] = regs->ip;
	if (!in_syscall(regs))
		return 1;
	pcs[1] = regs->ip - SYSCALL_LEN;
	return 2;
}

bool suture_arch_reg(const struct pt_regs *regs, unsigned int nr, unsigned long *ret_word)
{
	/* r15 .. di are the first words of struct pt_regs, all general registers but sp. */
	if (nr >= offsetof(struct pt_regs, orig_ax) / sizeof(long))
		return false;
	*ret_word = ((const unsigned long *)regs)[nr];
	return true;
}

unsigned long suture_arch_strip(unsigned long word)
{
	return word;
}

static int syscall_nr(const struct pt_regs *regs)
{
	return in_syscall(regs) ? (int)(regs->orig_ax & ~__X32_SYSCALL_BIT) : -1;
}

/* ax is -ENOSYS from the entry of a system call to its end; a child starts with 0. */
bool suture_arch_in_fork(const struct pt_regs *regs)
{
	if ((long)regs->ax != -ENOSYS)
		return false;
	switch (syscall_nr(regs)) {
	case __NR_clone:
	case __NR_clone3:
	case __NR_fork:
	case __NR_vfork:
		return true;
	}
	return false;
}

bool suture_arch_new_mapping(const struct pt_regs *regs, unsigned long *start, unsigned long *end)
{
	switch (syscall_nr(regs)) {
	case __NR_mmap:
		if (IS_ERR_VALUE(regs->ax))
			return false;
		*start = regs->ax;
		*end = regs->ax + PAGE_ALIGN(regs->si);
		return true;
	case __NR_execve:
	case __NR_execveat:
		*start = 0;
		*end = TASK_SIZE_MAX;
		return true;
	}
	return false;
}

/* x86 keeps the instruction cache coherent. */
void suture_arch_flush(struct page *const pages[2], unsigned long addr, unsigned int len)
{
}

void suture_arch_sync_core(void)
{
	sync_core();
}
