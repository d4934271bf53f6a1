// SPDX-License-Identifier: GPL-2.0
/* x86-64: the registers of a thread in the order of struct user_regs_struct. */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/segment.h>
#include <asm/user_64.h>

#include "../arch.h"

int suture_arch_user_regs(struct task_struct *t, const struct pt_regs *regs,
			  u64 words[SUTURE_USER_REGS_MAX])
{
	struct user_regs_struct user = {};

	BUILD_BUG_ON(sizeof(user) > SUTURE_USER_REGS_MAX * sizeof(u64));
	/* Both begin alike: r15 .. ss. */
	BUILD_BUG_ON(offsetof(struct user_regs_struct, ss) != offsetof(struct pt_regs, ss));
	if ((u16)regs->cs != __USER_CS)
		return -EOPNOTSUPP;
	memcpy(&user, regs, offsetof(struct user_regs_struct, fs_base));
	/* The upper halves of these are the kernel's own. */
	user.cs = (u16)regs->cs;
	user.ss = (u16)regs->ss;
	user.fs_base = t->thread.fsbase;
	user.gs_base = t->thread.gsbase;
	user.ds = t->thread.ds;
	user.es = t->thread.es;
	user.fs = t->thread.fsindex;
	user.gs = t->thread.gsindex;
	memcpy(words, &user, sizeof(user));
	return sizeof(user) / sizeof(u64);
}
