// SPDX-License-Identifier: GPL-2.0
/* arm64: branches, registers, system calls. */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/mm.h>
#include <asm/barrier.h>
#include <asm/cacheflush.h>
#include <asm/pointer_auth.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include "../arch.h"

#define B_OPCODE	0x14000000U
#define B_MASK		0xfc000000U
#define B_LEN		SUTURE_BRANCH_LEN

const u16 suture_arch_machine = EM_AARCH64;

int suture_arch_branch(u8 *buf, unsigned long at, unsigned long to)
{
	long distance = (long)(to - at);
	u32 insn;

	if ((distance & 3) || distance < -(long)SZ_128M || distance >= (long)SZ_128M)
		return -ERANGE;
	insn = B_OPCODE | ((distance >> 2) & ~B_MASK);
	memcpy(buf, &insn, sizeof(insn));
	return 0;
}

/* b and bl differ in the highest bit. */
int suture_arch_site(u8 *buf, unsigned long at, unsigned long to, const u8 *old)
{
	int ret = suture_arch_branch(buf, at, to);

	if (!ret)
		buf[3] |= old[3] & 0x80;
	return ret;
}

void suture_arch_reach(unsigned long at, unsigned long *lo, unsigned long *hi)
{
	*lo = at > SZ_128M ? at - SZ_128M : 0;
	*hi = at + SZ_128M - B_LEN;
}

unsigned long suture_arch_sp(const struct pt_regs *regs)
{
	return regs->sp;
}

/* The thread pointer is no bound of the stack here: glibc puts the TCB of the main
 * thread elsewhere, and the kernel's copy is only as fresh as the last switch. */
unsigned long suture_arch_tp(struct task_struct *t)
{
	return t->thread.uw.tp_value;
}

static int syscall_nr(const struct pt_regs *regs)
{
	return regs->syscallno;
}

unsigned int suture_arch_pcs(const struct pt_regs *regs, unsigned long pcs[2])
{
	pcs[0] = regs->pc;
	if (syscall_nr(regs) < 0)
		return 1;
	pcs[1] = regs->pc - B_LEN;
	return 2;
}

/* Addresses of code in user space; what is none stays none. */
unsigned long suture_arch_strip(unsigned long word)
{
	return word & BIT(55) ? word : word & ~ptrauth_user_pac_mask();
}

bool suture_arch_reg(const struct pt_regs *regs, unsigned int nr, unsigned long *ret_word)
{
	if (nr > 30)
		return false;
	*ret_word = regs->regs[nr];
	return true;
}

/* x0 is the first argument until the call ends; a child starts with 0. That of clone is 0
 * where the parent wants no signal: then a child counts, too, until it is in user mode. */
bool suture_arch_in_fork(const struct pt_regs *regs)
{
	int nr = syscall_nr(regs);

	if (!regs->regs[0] && regs->orig_x0)
		return false;
	return nr == __NR_clone || nr == __NR_clone3;
}

bool suture_arch_new_mapping(const struct pt_regs *regs, unsigned long *start, unsigned long *end)
{
	switch (syscall_nr(regs)) {
	case __NR_mmap:
		if (IS_ERR_VALUE(regs->regs[0]))
			return false;
		*start = regs->regs[0];
		*end = regs->regs[0] + PAGE_ALIGN(regs->regs[1]);
		return true;
	case __NR_execve:
	case __NR_execveat:
		*start = 0;
		*end = TASK_SIZE_MAX;
		return true;
	}
	return false;
}

/* Clean to the point of unification through the kernel's alias of the page. */
void suture_arch_flush(struct page *const pages[2], unsigned long addr, unsigned int len)
{
	unsigned int offset = offset_in_page(addr);
	unsigned int first = min_t(unsigned int, len, PAGE_SIZE - offset);
	unsigned long start = (unsigned long)page_address(pages[0]) + offset;

	caches_clean_inval_pou(start, start + first);
	if (first < len) {
		start = (unsigned long)page_address(pages[1]);
		caches_clean_inval_pou(start, start + len - first);
	}
	/* An aliasing instruction cache has it under the user's address, too. */
	icache_inval_all_pou();
}

void suture_arch_sync_core(void)
{
	isb();
}
