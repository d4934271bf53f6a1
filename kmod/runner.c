// SPDX-License-Identifier: GPL-2.0
/*
 * A thread of the process runs a hook. Nearly all here happens in that thread: at the
 * gate it puts its registers aside and goes to user mode with others; at the door
 * (hook.c) it comes back, takes its own and parks again.
 *
 * From GOING to the gate the thread's place at it, counted like a queued work, and a
 * reference to the patch belong to the runner. So a thread that comes when the gate is
 * long open (it was stopped, or frozen) still finds all it needs. If it dies in the
 * hook, no work of ours runs in it: whoever waits for it notices that, and the reaper
 * when nobody waits any more.
 */
#include <linux/errno.h>
#include <linux/rseq.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <linux/uprobes.h>
#include <linux/workqueue.h>

#include "gate.h"

#define REAP_PAUSE	(HZ / 4)

static DEFINE_SPINLOCK(runners_lock);
static LIST_HEAD(runners);		/* those that are GOING */

static void reap(struct work_struct *unused);
static DECLARE_DELAYED_WORK(reaper, reap);

static struct suture_gate *gate_of(struct suture_runner *runner)
{
	return container_of(runner, struct suture_gate, runner);
}

/* Will never be in user mode of this mm again. */
static bool gone(const struct task_struct *t, const struct mm_struct *mm)
{
	return (READ_ONCE(t->flags) & PF_EXITING) || READ_ONCE(t->mm) != mm;
}

/* From one state to the other; false: it was in neither, but in a third. */
bool suture_runner_set(struct suture_gate *gate, int from, int to)
{
	struct suture_runner *runner = &gate->runner;
	bool ok;

	spin_lock(&runners_lock);
	ok = runner->state == from;
	if (ok)
		smp_store_release(&runner->state, to);
	spin_unlock(&runners_lock);
	if (ok)
		wake_up(&runner->wait);
	return ok;
}

/* The thread at this seat is to answer. False: there is, or was, another one. */
bool suture_runner_ask(struct suture_gate *gate, struct seat *seat)
{
	struct suture_runner *runner = &gate->runner;
	bool ok;

	spin_lock(&runners_lock);
	ok = runner->state == RUNNER_NOBODY;
	if (ok) {
		WRITE_ONCE(runner->seat, seat);
		smp_store_release(&runner->state, RUNNER_ASKED);
	}
	spin_unlock(&runners_lock);
	if (ok)
		wake_up_process(seat->task);
	return ok;
}

/* ----------------------------------------------------------- in the thread */

/* In a restartable sequence the thread would go on as if nobody had interrupted it. */
static bool in_rseq(struct pt_regs *regs)
{
#ifdef CONFIG_RSEQ
	unsigned long ip = instruction_pointer(regs);
	struct rseq __user *rseq = suture_rseq();
	struct rseq_cs cs;
	u64 at;

	if (!rseq)
		return false;
	if (copy_from_user_nofault(&at, &rseq->rseq_cs, sizeof(at)))
		return true;
	if (!at)
		return false;
	if (copy_from_user_nofault(&cs, (void __user *)(unsigned long)at, sizeof(cs)))
		return true;
	return ip - (unsigned long)cs.start_ip < cs.post_commit_offset;
#else
	return false;
#endif
}

static bool in_uprobe(void)
{
#ifdef CONFIG_UPROBES
	return current->utask && current->utask->active_uprobe;
#else
	return false;
#endif
}

/* current runs a hook, or was pulled out of one and is not yet back. */
bool suture_in_hook(void)
{
	const struct suture_runner *runner;
	bool found = false;

	spin_lock(&runners_lock);
	list_for_each_entry(runner, &runners, node)
		found |= runner->seat->task == current;
	spin_unlock(&runners_lock);
	return found;
}

static bool is_fit(const struct seat *seat)
{
	struct pt_regs *regs = current_pt_regs();

	/* Works behind ours would see the hook's registers, and one of them may want the
	 * lock that the holder has (watch.c). */
	if (!seat->last || suture_in_hook() || in_uprobe() || in_rseq(regs))
		return false;
	if (fatal_signal_pending(current) || (READ_ONCE(current->jobctl) & JOBCTL_PENDING_MASK))
		return false;
	return suture_arch_can_run_hook(regs, seat->at_exit, seat == seat->gate->runner.woken);
}

bool suture_runner_called(const struct seat *seat)
{
	const struct suture_runner *runner = &seat->gate->runner;
	int state = smp_load_acquire(&runner->state);

	return (state == RUNNER_ASKED || state == RUNNER_ORDERED) &&
	       READ_ONCE(runner->seat) == seat;
}

static void block_signals(struct suture_runner *runner)
{
	sigset_t all;

	runner->restore_sigmask = test_and_clear_restore_sigmask();
	runner->saved_sigmask = current->saved_sigmask;
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	sigprocmask(SIG_SETMASK, &all, &runner->blocked);
}

static bool go(struct seat *seat)
{
	struct suture_runner *runner = &seat->gate->runner;
	struct pt_regs *regs = current_pt_regs();
	bool ok;

	runner->regs = *regs;
	runner->restart_block = current->restart_block;

	spin_lock(&runners_lock);
	ok = runner->state == RUNNER_ORDERED;
	if (ok) {
		kref_get(&runner->patch->ref);
		list_add(&runner->node, &runners);
		suture_arch_hook_enter(regs, &runner->call);
		/* Whoever sees it sees where the thread will begin (hook.c). */
		smp_store_release(&runner->state, RUNNER_GOING);
	}
	spin_unlock(&runners_lock);
	if (!ok)
		return false;		/* the holder has lost patience */
	block_signals(runner);
	suture_arch_sync_core();
	return true;
}

/* A parked thread is called. True: it goes to user mode now. */
bool suture_runner_answer(struct seat *seat)
{
	struct suture_runner *runner = &seat->gate->runner;

	if (!suture_runner_called(seat))
		return false;
	if (smp_load_acquire(&runner->state) == RUNNER_ORDERED)
		return go(seat);
	suture_runner_set(seat->gate, RUNNER_ASKED, is_fit(seat) ? RUNNER_FIT : RUNNER_UNFIT);
	return false;
}

/* All as it was before the hook, so that the kernel's own code ends the system call. */
static void give_back(struct suture_runner *runner)
{
	struct pt_regs *regs = current_pt_regs();

	*regs = runner->regs;
	if (runner->woken == runner->seat)
		suture_arch_unwind_restart(regs, runner->woken_nr, runner->woken_pc);
	current->restart_block = runner->restart_block;
	current->saved_sigmask = runner->saved_sigmask;
	if (runner->restore_sigmask)
		set_restore_sigmask();
	else
		clear_restore_sigmask();
	/* Signals that came meanwhile count from here on. */
	sigprocmask(SIG_SETMASK, &runner->blocked, NULL);
	/* Look again whether a system call is to be restarted, or a mask put back. */
	set_thread_flag(TIF_NOTIFY_SIGNAL);
}

/* Registers are back: wait with the others again, or pass where the gate is open. */
static void come_back(struct suture_runner *runner)
{
	struct suture_gate *gate = gate_of(runner);
	struct suture_patch *patch = runner->patch;
	struct seat *seat = runner->seat;

	give_back(runner);
	suture_runner_set(gate, RUNNER_COMING, RUNNER_FIT);
	suture_patch_put(patch);
	suture_gate_stay(seat);
}

static void back_work(struct callback_head *work)
{
	struct suture_runner *runner = container_of(work, struct suture_runner, back);

	if (!(current->flags & PF_EXITING)) {
		come_back(runner);
		return;
	}
	suture_runner_set(gate_of(runner), RUNNER_COMING, RUNNER_DEAD);
	suture_patch_put(runner->patch);
	suture_gate_leave(runner->seat);
}

/*
 * Somebody reads from a door. It is the way back for a thread that runs a hook; for
 * everybody else there is nothing to read.
 */
vm_fault_t suture_runner_door(struct vm_fault *vmf)
{
	struct suture_runner *runner, *found = NULL;

	if (!(vmf->flags & FAULT_FLAG_USER))
		return VM_FAULT_SIGBUS;
	spin_lock(&runners_lock);
	list_for_each_entry(runner, &runners, node) {
		if (runner->seat->task == current && runner->call.door == vmf->address) {
			found = runner;
			list_del_init(&found->node);
			smp_store_release(&found->state, RUNNER_COMING);
			break;
		}
	}
	spin_unlock(&runners_lock);
	if (!found)
		return VM_FAULT_SIGBUS;
	found->result = suture_arch_hook_result(current_pt_regs());
	init_task_work(&found->back, back_work);
	/* Cannot fail: a thread that exits does not fault in user mode. */
	if (WARN_ON_ONCE(suture_task_work_add(current, &found->back)))
		return VM_FAULT_SIGBUS;
	return VM_FAULT_NOPAGE;
}

/* The hook is late, and the thread still in it. */
static void leave_work(struct callback_head *work)
{
	struct suture_runner *runner = container_of(work, struct suture_runner, leave);
	struct suture_gate *gate = gate_of(runner);

	spin_lock(&runners_lock);
	if (runner->state == RUNNER_GOING && !gone(current, gate->mm)) {
		runner->unbegun = instruction_pointer(current_pt_regs()) == runner->call.enter;
		suture_arch_hook_leave(current_pt_regs(), &runner->call);
	}
	spin_unlock(&runners_lock);
	suture_gate_put(gate);
	atomic_dec(&suture_works_in_flight);
}

/* In a system call that was interrupted for our sake. */
static void wake_work(struct callback_head *work)
{
	struct suture_runner *runner = container_of(work, struct suture_runner, wake);

	if (!(current->flags & PF_EXITING))
		suture_arch_restart(current_pt_regs(), runner->woken_nr, runner->woken_pc,
				    task_sigpending(current));
	suture_gate_put(gate_of(runner));
	atomic_dec(&suture_works_in_flight);
}

/* ----------------------------------------------------------- by the holder */

void suture_runner_init(struct suture_gate *gate)
{
	INIT_LIST_HEAD(&gate->runner.node);
	init_waitqueue_head(&gate->runner.wait);
}

static int queue_waking(struct suture_gate *gate, struct task_struct *t,
			struct callback_head *work, task_work_func_t func)
{
	int ret;

	init_task_work(work, func);
	refcount_inc(&gate->refs);
	atomic_inc(&suture_works_in_flight);
	ret = suture_task_work_add_waking(t, work);
	if (ret) {
		atomic_dec(&suture_works_in_flight);
		refcount_dec(&gate->refs);
	}
	return ret;
}

/*
 * Interrupt the system call in which a thread is asleep, so that it comes to the gate;
 * one of a gate at the most. 0; -EAGAIN: it is in none that would not notice.
 */
int suture_runner_wake(struct suture_gate *gate, struct seat *seat)
{
	struct suture_runner *runner = &gate->runner;
	struct pt_regs regs;
	int nr;

	if (runner->woken || !suture_user_regs(seat->task, gate->mm, &regs))
		return -EAGAIN;
	nr = suture_arch_wakeable(seat->task, &regs);
	if (nr < 0)
		return -EAGAIN;
	runner->woken_nr = nr;
	runner->woken_pc = instruction_pointer(&regs);
	runner->woken = seat;
	/* Never cancelled: the call ends early in any case, and must be restarted. */
	return queue_waking(gate, seat->task, &runner->wake, wake_work);
}

/* Under runners_lock; then end_dead() for it. */
static bool take_dead(struct suture_runner *runner)
{
	if (runner->state != RUNNER_GOING || !gone(runner->seat->task, gate_of(runner)->mm))
		return false;
	list_del_init(&runner->node);
	smp_store_release(&runner->state, RUNNER_DEAD);
	return true;
}

static void end_dead(struct suture_runner *runner)
{
	suture_patch_put(runner->patch);
	suture_gate_leave(runner->seat);
}

static void reap(struct work_struct *unused)
{
	struct suture_runner *runner, *next;
	bool more = false;
	LIST_HEAD(dead);

	spin_lock(&runners_lock);
	list_for_each_entry_safe(runner, next, &runners, node) {
		if (!runner->abandoned)
			continue;
		if (take_dead(runner))
			list_add(&runner->node, &dead);
		else
			more = true;
	}
	spin_unlock(&runners_lock);
	list_for_each_entry_safe(runner, next, &dead, node)
		end_dead(runner);
	if (more)
		schedule_delayed_work(&reaper, REAP_PAUSE);
}

/* Nobody will wait for the thread in the hook any more. */
void suture_runner_abandon(struct suture_gate *gate)
{
	spin_lock(&runners_lock);
	gate->runner.abandoned = true;
	spin_unlock(&runners_lock);
	schedule_delayed_work(&reaper, REAP_PAUSE);
}

/* The thread in the hook has ended, or is going to; nobody need wait for it. */
bool suture_runner_died(struct suture_gate *gate)
{
	struct suture_runner *runner = &gate->runner;
	const struct task_struct *t = runner->seat->task;
	bool dead;

	spin_lock(&runners_lock);
	dead = take_dead(runner);
	spin_unlock(&runners_lock);
	if (dead) {
		end_dead(runner);
		return true;
	}
	if (!(READ_ONCE(t->signal->flags) & SIGNAL_GROUP_EXIT))
		return false;
	/* Perhaps it writes a core, and waits until all others have come to their end. */
	suture_runner_abandon(gate);
	return true;
}

/* Pull the thread out of its hook. False: it exits. */
bool suture_runner_pull(struct suture_gate *gate)
{
	struct suture_runner *runner = &gate->runner;

	runner->left = true;
	return !queue_waking(gate, runner->seat->task, &runner->leave, leave_work);
}

bool suture_hooks_unfinished(struct mm_struct *mm)
{
	struct suture_runner *runner;
	bool found = false;

	spin_lock(&runners_lock);
	list_for_each_entry(runner, &runners, node) {
		if (gate_of(runner)->mm == mm && !gone(runner->seat->task, mm)) {
			found = true;
			break;
		}
	}
	spin_unlock(&runners_lock);
	return found;
}

/* No runner is left: each has a reference to a patch, and that to the module. */
void suture_runners_exit(void)
{
	cancel_delayed_work_sync(&reaper);
}
