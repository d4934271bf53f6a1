// SPDX-License-Identifier: GPL-2.0
/* arm64: registers of a hook, system calls that may be interrupted for one. */
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <uapi/linux/futex.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/thread_info.h>
#include <linux/time.h>
#include <asm/compat.h>
#include <asm/cpufeature.h>
#ifdef CONFIG_ARM64_GCS
#include <asm/gcs.h>
#endif
#include <asm/syscall.h>
#include <asm/unistd.h>

#include <uapi/suture.h>

#include "../arch.h"

#define INSN_LEN	4

static int wakeable(int nr, const struct pt_regs *regs);

/*
 * In a call that is not on the list a work may run in its midst (io_uring, KVM), and
 * the call would write its result over the hook's registers, and lose it. In the
 * signal code the registers are already changed for a restart: then only that of a
 * thread which we have woken ourselves can be undone.
 */
bool suture_arch_can_run_hook(const struct pt_regs *regs, bool at_exit, bool woken)
{
	if (compat_user_mode(regs) || test_thread_flag(TIF_SINGLESTEP))
		return false;
#ifdef CONFIG_ARM64_GCS
	/* Pulled out of a hook it would keep the hook's return addresses on that stack. */
	if (task_gcs_el0_enabled(current))
		return false;
#endif
	if (!at_exit && (!woken || test_thread_flag(TIF_SYSCALL_TRACE)))
		return false;
	return regs->syscallno < 0 || wakeable(regs->syscallno, regs) >= 0;
}

static void set_regs(struct pt_regs *regs, const struct suture_call *call)
{
	regs->regs[19] = call->door;
	regs->regs[20] = call->area;
	regs->regs[21] = system_supports_sve() ? SUTURE_HOOK_SVE : 0;
	regs->regs[29] = 0;
	regs->regs[30] = 0;
	regs->sp = call->area;
	regs->pstate &= ~(PSR_BTYPE_MASK | PSR_TCO_BIT | PSR_IL_BIT | DBG_SPSR_SS);
	regs->syscallno = NO_SYSCALL;
}

void suture_arch_hook_enter(struct pt_regs *regs, const struct suture_call *call)
{
	set_regs(regs, call);
	regs->regs[0] = call->hook;
	regs->pc = call->enter;
}

/*
 * The result is of no interest: nobody asks a hook that was late. At hook_enter the
 * vector state may not be kept yet, so it goes on there, and calls hook_leave.
 */
void suture_arch_hook_leave(struct pt_regs *regs, const struct suture_call *call)
{
	if (regs->pc >= call->enter && regs->pc < call->leave) {
		regs->regs[0] = call->leave;
		return;
	}
	set_regs(regs, call);
	regs->regs[0] = 0;
	regs->regs[1] = 0;
	regs->pc = call->leave;
}

int suture_arch_hook_result(const struct pt_regs *regs)
{
	return (int)regs->regs[0];
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

/* As on x86-64 (arch/x86/hook.c). Arguments but the first are where they were. */
static int wakeable(int nr, const struct pt_regs *regs)
{
	switch (nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
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
		return regs->regs[1] == F_SETLKW || regs->regs[1] == F_OFD_SETLKW ? nr : -1;
	case __NR_futex:
		return futex_is_wakeable(regs->regs[1]) ? nr : -1;
	case __NR_recvfrom:
		return regs->regs[3] & MSG_WAITALL ? -1 : nr;
	case __NR_recvmsg:
		return regs->regs[2] & MSG_WAITALL ? -1 : nr;
	case __NR_io_getevents:
	case __NR_io_pgetevents:
		return (long)regs->regs[1] <= 1 ? nr : -1;
	}
	return -1;
}

int suture_arch_wakeable(struct task_struct *t, const struct pt_regs *regs)
{
	if (regs->syscallno < 0 || compat_user_mode(regs) ||
	    test_tsk_thread_flag(t, TIF_SYSCALL_TRACE))
		return -1;
	return wakeable(regs->syscallno, regs);
}

/*
 * The signal code has gone back to the call where that is its habit. Where it has not,
 * for -EINTR, it is done here. (A signal that comes from now on until the thread is in
 * user mode meets a call that has not begun.)
 */
void suture_arch_restart(struct pt_regs *regs, int nr, unsigned long pc, bool signal)
{
	if (signal || regs->pc != pc || regs->syscallno >= 0 || (int)regs->regs[8] != nr ||
	    (long)regs->regs[0] != -EINTR)
		return;
	regs->regs[0] = regs->orig_x0;
	regs->pc -= INSN_LEN;
}

/* What the call had returned, as far as its restart is concerned. */
static long restart_error(int nr, const struct pt_regs *regs)
{
	switch (nr) {
	case __NR_nanosleep:
	case __NR_restart_syscall:
		return -ERESTART_RESTARTBLOCK;
	case __NR_clock_nanosleep:
		return regs->regs[1] & TIMER_ABSTIME ? -ERESTARTNOHAND : -ERESTART_RESTARTBLOCK;
	case __NR_futex:
		switch (regs->regs[1] & FUTEX_CMD_MASK) {
		case FUTEX_WAIT:
		case FUTEX_WAIT_BITSET:
			return regs->regs[3] ? -ERESTART_RESTARTBLOCK : -ERESTARTSYS;
		}
		return -ERESTARTNOINTR;
	case __NR_read:
	case __NR_readv:
	case __NR_futex_waitv:
	case __NR_wait4:
	case __NR_waitid:
	case __NR_accept:
	case __NR_accept4:
	case __NR_flock:
	case __NR_fcntl:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_mq_timedreceive:
		return -ERESTARTSYS;
	}
	return -ERESTARTNOHAND;
}

void suture_arch_unwind_restart(struct pt_regs *regs, int nr, unsigned long pc)
{
	if (regs->syscallno >= 0 || regs->pc != pc - INSN_LEN || (int)regs->regs[8] != nr)
		return;
	/* It is do_signal() that runs us, which looked for a restart before: what it would
	 * show a handler now is the error. So the call begins, or goes on, behind it. */
	if (test_thread_flag(TIF_NOTIFY_RESUME))
		return;
	regs->pc = pc;
	regs->syscallno = nr;
	regs->regs[0] = restart_error(nr, regs);
}
