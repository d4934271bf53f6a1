// SPDX-License-Identifier: GPL-2.0
/* arm64: the registers of a thread in the order of struct user_pt_regs. */
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "../arch.h"

int suture_arch_user_regs(struct task_struct *t, const struct pt_regs *regs,
			  u64 words[SUTURE_USER_REGS_MAX])
{
	BUILD_BUG_ON(sizeof(regs->user_regs) > SUTURE_USER_REGS_MAX * sizeof(u64));
	if (compat_user_mode(regs))
		return -EOPNOTSUPP;
	memcpy(words, &regs->user_regs, sizeof(regs->user_regs));
	return sizeof(regs->user_regs) / sizeof(u64);
}
