/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between architectures; each folder beside this implements it. */
#ifndef _SUTURE_ARCH_H
#define _SUTURE_ARCH_H

#include <linux/types.h>

#include "branch.h"	/* SUTURE_BRANCH_LEN: of the branch written at an entry, bytes */

struct page;
struct pt_regs;
struct task_struct;

/* e_machine of the objects that this kernel runs */
extern const u16 suture_arch_machine;

/* Encode a branch at @at to @to into @buf. 0, or -ERANGE. */
int suture_arch_branch(u8 *buf, unsigned long at, unsigned long to);

/*
 * Encode what takes the place of the call or jump @old at @at, as long as that, and
 * leads to @to. Its return address is that of the old one. 0, or -ERANGE.
 */
int suture_arch_site(u8 *buf, unsigned long at, unsigned long to, const u8 *old);

/* The addresses that a branch at @at reaches: [*@lo, *@hi]. */
void suture_arch_reach(unsigned long at, unsigned long *lo, unsigned long *hi);

/* User registers: stack pointer, thread pointer, program counter. */
unsigned long suture_arch_sp(const struct pt_regs *regs);
unsigned long suture_arch_tp(struct task_struct *t);

/*
 * The program counters at which the thread may go on: its own, and the one of a
 * system call that would be restarted. Returns how many (1 or 2).
 */
unsigned int suture_arch_pcs(const struct pt_regs *regs, unsigned long pcs[2]);

/* A general register by number: *@ret_word, false behind the last one. */
bool suture_arch_reg(const struct pt_regs *regs, unsigned int nr, unsigned long *ret_word);

/* Address bits only (a signed return address has more). */
unsigned long suture_arch_strip(unsigned long word);

/* The thread is in clone, clone3, fork or vfork. */
bool suture_arch_in_fork(const struct pt_regs *regs);

/*
 * The system call that returns now has made a new mapping: everything in
 * [*@start, *@end) is new (execve: all there is).
 */
bool suture_arch_new_mapping(const struct pt_regs *regs, unsigned long *start, unsigned long *end);

/* The pinned text at @addr has been written: make instruction fetches see it. */
void suture_arch_flush(struct page *const pages[2], unsigned long addr, unsigned int len);

/*
 * Running a hook (struct suture_hook), in the thread concerned: may it, with these
 * registers? @at_exit: it is surely on its way to user mode and past the signal code;
 * @woken: it was asleep in a call that suture_arch_wakeable() has named.
 */
bool suture_arch_can_run_hook(const struct pt_regs *regs, bool at_exit, bool woken);

struct suture_call {
	unsigned long enter, leave, hook, door, area;
};

void suture_arch_hook_enter(struct pt_regs *regs, const struct suture_call *call);
void suture_arch_hook_leave(struct pt_regs *regs, const struct suture_call *call);
int suture_arch_hook_result(const struct pt_regs *regs);

/*
 * The number of the system call in which t is asleep, if it may be interrupted there
 * and its program does not notice; else -1.
 */
int suture_arch_wakeable(struct task_struct *t, const struct pt_regs *regs);

/* In that thread, once it is awake (@pc: what it had asleep; @signal: a real one is
 * pending): the call is to be restarted also if it never is after a signal. */
void suture_arch_restart(struct pt_regs *regs, int nr, unsigned long pc, bool signal);

/* The same, in registers that were put aside and that the kernel's code for the end of
 * a system call is to see once more. */
void suture_arch_unwind_restart(struct pt_regs *regs, int nr, unsigned long pc);

/* Before user mode: this CPU must not go on with instructions fetched earlier. */
void suture_arch_sync_core(void);

/*
 * The registers of @t, off the CPU, as debuggers know them (struct user_regs_struct,
 * struct user_pt_regs), in @words. Returns how many, or -EOPNOTSUPP: a 32-bit program.
 */
#define SUTURE_USER_REGS_MAX	40
int suture_arch_user_regs(struct task_struct *t, const struct pt_regs *regs,
			  u64 words[SUTURE_USER_REGS_MAX]);

#endif /* _SUTURE_ARCH_H */
