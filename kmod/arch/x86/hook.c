// SPDX-License-Identifier: GPL-2.0
/* x86-64: registers of a hook, system calls that may be interrupted for one. */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <uapi/linux/futex.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/thread_info.h>
#include <asm/cpufeature.h>
#include <asm/prctl.h>
#include <asm/processor.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

#include <uapi/suture.h>

#include "../arch.h"

bool suture_arch_can_run_hook(const struct pt_regs *regs, bool at_exit, bool woken)
{
	/* Works also run in the midst of some calls (io_uring, KVM, ptrace stops), which
	 * would write their result over the hook's registers, and lose it. */
	if ((long)regs->orig_ax >= 0 && (long)regs->ax == -ENOSYS)
		return false;
	if (test_syscall_work(SYSCALL_TRACE) && !at_exit)
		return false;
#ifdef CONFIG_X86_USER_SHADOW_STACK
	/* Pulled out of a hook it would keep the hook's return addresses there. */
	if (current->thread.features & ARCH_SHSTK_SHSTK)
		return false;
#endif
	return user_64bit_mode((struct pt_regs *)regs) &&
	       !(current_thread_info()->status & TS_COMPAT) &&
	       !(regs->flags & X86_EFLAGS_TF) && !test_thread_flag(TIF_SINGLESTEP) &&
	       !test_syscall_work(SYSCALL_USER_DISPATCH);
}

static void set_regs(struct pt_regs *regs, const struct suture_call *call)
{
	regs->bx = call->door;
	regs->r12 = call->area;
	regs->r13 = boot_cpu_has(X86_FEATURE_OSXSAVE) ? SUTURE_HOOK_XSAVE : 0;
	regs->bp = 0;
	regs->sp = call->area;
	regs->flags &= ~(X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_AC | X86_EFLAGS_NT |
			 X86_EFLAGS_RF);
	regs->orig_ax = -1;
}

void suture_arch_hook_enter(struct pt_regs *regs, const struct suture_call *call)
{
	set_regs(regs, call);
	regs->di = call->hook;
	regs->ip = call->enter;
}

/*
 * The result is of no interest: nobody asks a hook that was late. At hook_enter the
 * vector state may not be kept yet, so it goes on there, and calls hook_leave.
 */
void suture_arch_hook_leave(struct pt_regs *regs, const struct suture_call *call)
{
	if (regs->ip >= call->enter && regs->ip < call->leave) {
		regs->di = call->leave;
		return;
	}
	set_regs(regs, call);
	regs->si = 0;
	regs->ax = 0;
	regs->ip = call->leave;
}

int suture_arch_hook_result(const struct pt_regs *regs)
{
	return (int)regs->ax;
}

static bool futex_is_wakeable(unsigned long op)
{
	switch (op & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2:
		return true;
	}
	return false;
}

/*
 * Calls that start again and that nothing shows it of. Not among them: what may have
 * done a part (write, sendfile, reading until a buffer is full), for it would return
 * with that part.
 */
int suture_arch_wakeable(struct task_struct *t, const struct pt_regs *regs)
{
	long nr = regs->orig_ax;

	if (nr < 0 || (task_thread_info(t)->status & TS_COMPAT) ||
	    test_task_syscall_work(t, SYSCALL_TRACE))
		return -1;
	switch (nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_poll:
	case __NR_ppoll:
	case __NR_select:
	case __NR_pselect6:
	case __NR_epoll_wait:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_pause:
	case __NR_rt_sigsuspend:
	case __NR_rt_sigtimedwait:
	case __NR_nanosleep:
	case __NR_clock_nanosleep:
	case __NR_restart_syscall:
	case __NR_futex_waitv:
	case __NR_wait4:
	case __NR_waitid:
	case __NR_accept:
	case __NR_accept4:
	case __NR_flock:
	case __NR_semop:
	case __NR_semtimedop:
	case __NR_msgrcv:
	case __NR_mq_timedreceive:
		return nr;
	case __NR_fcntl:
		return regs->si == F_SETLKW || regs->si == F_OFD_SETLKW ? nr : -1;
	case __NR_futex:
		return futex_is_wakeable(regs->si) ? nr : -1;
	case __NR_recvfrom:
		return regs->r10 & MSG_WAITALL ? -1 : nr;
	case __NR_recvmsg:
		return regs->dx & MSG_WAITALL ? -1 : nr;
	case __NR_io_getevents:
	case __NR_io_pgetevents:
		return (long)regs->si <= 1 ? nr : -1;	/* else it may have some already */
	}
	return -1;
}

/* -ERESTARTNOHAND: from the beginning, unless a signal's handler runs; then -EINTR. */
void suture_arch_restart(struct pt_regs *regs, int nr, unsigned long pc, bool signal)
{
	if (regs->ip != pc || (long)regs->orig_ax != nr || (long)regs->ax != -EINTR)
		return;
	regs->ax = -ERESTARTNOHAND;
	/* If it is not the signal code that runs this, it must come after it. */
	set_thread_flag(TIF_NOTIFY_SIGNAL);
}

/* Here the registers say all. */
void suture_arch_unwind_restart(struct pt_regs *regs, int nr, unsigned long pc)
{
}
