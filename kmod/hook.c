// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks: code of the patch, run in the process by one of its own threads while all
 * are held. Here is what the holder of the gate does; what the thread does is in
 * runner.c. In the patch's span, behind everything else, there is
 *
 *   a page without access | the stack of the hooks | the vector area | the door
 *
 * The hook has a stack of its own, so neither a red zone nor a small stack matters.
 * The door is a page of a mapping whose faults come to us: a hook that has returned
 * reads from it (struct suture_hook). With nothing there a signal would come of it.
 */
#include <linux/anon_inodes.h>
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/jobctl.h>
#include <linux/sched/signal.h>

#include "gate.h"

#define ANSWER_MS	200U	/* until a parked thread, or a woken one, has answered */
#define BEGIN_MS	1000U	/* until a thread that was told to run a hook has a CPU for it */
#define BEGIN_POST_MS	4000U	/* where the code is written, and there is no other try */
#define LEAVE_MS	1000U	/* until a thread has left a hook that was late */
#define POLL_MS		10U	/* how soon the death of a thread in a hook is noticed */

/* ------------------------------------------------------------ the mapping */

/* Elsewhere it would outlive the patch, and keep the module. */
static int door_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static const struct vm_operations_struct door_vm_ops = {
	.fault = suture_runner_door,
	.mremap = door_mremap,
};

static int door_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* VM_IO: nobody looks at it from outside, neither a debugger nor a core dump. */
	suture_set_vm_flags(vma, VM_IO | VM_DONTDUMP | VM_DONTEXPAND,
			    VM_MAYWRITE | VM_MAYEXEC);
	vma->vm_ops = &door_vm_ops;
	return 0;
}

static const struct file_operations door_fops = {
	.owner = THIS_MODULE,
	.mmap = door_mmap,
};

static unsigned long stack_len(const struct suture_patch *patch)
{
	return PAGE_ALIGN(patch->note.head->hook_stack) + PAGE_ALIGN(SUTURE_HOOK_AREA);
}

/* Bytes of the patch's span for its hooks, whole pages; 0: it has none. */
unsigned long suture_hooks_room(const struct suture_patch *patch)
{
	return patch->note.nr_hooks ? PAGE_SIZE + stack_len(patch) + PAGE_SIZE : 0;
}

static unsigned long door_at(const struct suture_patch *patch, unsigned long base)
{
	return base + patch->hooks_at + PAGE_SIZE + stack_len(patch);
}

/* Once, when the patch is loaded. The file lives in patch->door; fput() it. */
int suture_hooks_prepare(struct suture_patch *patch)
{
	struct file *file;

	if (!patch->note.nr_hooks)
		return 0;
	if (suture_fails())
		return -ENOMEM;
	file = anon_inode_getfile("[suture-door]", &door_fops, NULL, O_RDONLY | O_CLOEXEC);
	if (IS_ERR(file))
		return PTR_ERR(file);
	patch->door = file;
	return 0;
}

static int map_at(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		  unsigned long flags)
{
	unsigned long got;

	if (suture_fails())
		return -ENOMEM;
	if (!suture_mmap_lock_free(current->mm))
		return -EBUSY;
	got = vm_mmap(file, addr, len, prot, MAP_PRIVATE | MAP_FIXED | flags, 0);
	return IS_ERR_VALUE(got) ? (int)got : 0;
}

/*
 * suture_hooks_map - map what the hooks of a patch need
 *
 * Into the patch's span, which is reserved at @base; current->mm is the mm. Returns 0
 * (also for a patch without hooks), or what mmap says.
 */
int suture_hooks_map(struct suture_patch *patch, unsigned long base)
{
	unsigned long stack = base + patch->hooks_at + PAGE_SIZE;
	int ret;

	if (!patch->note.nr_hooks)
		return 0;
	ret = map_at(NULL, stack, stack_len(patch), PROT_READ | PROT_WRITE,
		     MAP_ANONYMOUS | MAP_NORESERVE);
	return ret ?: map_at(patch->door, door_at(patch, base), PAGE_SIZE, PROT_READ, 0);
}

/* ------------------------------------------------------------- the thread */

/* The whole process is coming to its end. */
static bool dies(struct suture_gate *gate)
{
	return READ_ONCE(gate->leader->signal->flags) & SIGNAL_GROUP_EXIT;
}

static int nobody(struct suture_gate *gate, struct suture_block *block)
{
	memset(block, 0, sizeof(*block));
	block->func = SUTURE_NO_FUNC;
	if (dies(gate))
		return -ESRCH;
	block->reason = SUTURE_REASON_HOOK_NOBODY;
	return -EAGAIN;
}

static bool wait_while(struct suture_gate *gate, int state, unsigned int ms)
{
	struct suture_runner *runner = &gate->runner;

	return wait_event_idle_timeout(runner->wait, smp_load_acquire(&runner->state) != state,
				       msecs_to_jiffies(ms) + 1);
}

/* Would the thread, which is parked, run hooks? */
static bool ask(struct suture_gate *gate, struct seat *seat)
{
	struct suture_runner *runner = &gate->runner;

	if (!suture_runner_ask(gate, seat))
		return false;
	wait_while(gate, RUNNER_ASKED, ANSWER_MS);
	if (smp_load_acquire(&runner->state) == RUNNER_FIT)
		return true;
	/* Unfit; or it has not answered, and then it may just do so. */
	if (!suture_runner_set(gate, RUNNER_UNFIT, RUNNER_NOBODY) &&
	    !suture_runner_set(gate, RUNNER_ASKED, RUNNER_NOBODY) &&
	    !suture_runner_set(gate, RUNNER_UNFIT, RUNNER_NOBODY))
		return true;
	return false;
}

/* A vfork child has a gate's seat, too, but is another process. */
static bool is_parked(struct suture_gate *gate, struct seat *seat)
{
	return smp_load_acquire(&seat->state) == SEAT_PARKED &&
	       same_thread_group(seat->task, gate->leader);
}

/* Asleep where a signal would wake it; neither stopped nor about to be. */
static bool may_wake(struct suture_gate *gate, struct seat *seat)
{
	struct task_struct *t = seat->task;

	return READ_ONCE(seat->state) == SEAT_QUEUED && same_thread_group(t, gate->leader) &&
	       (READ_ONCE(t->__state) & TASK_INTERRUPTIBLE) &&
	       !(READ_ONCE(t->flags) & PF_EXITING) &&
	       !(READ_ONCE(t->jobctl) & JOBCTL_PENDING_MASK);
}

static bool wake_one(struct suture_gate *gate)
{
	unsigned long end = jiffies + msecs_to_jiffies(ANSWER_MS);
	struct seat *seat = NULL;
	unsigned int i;

	for (i = 0; i < gate->nr && !seat; i++) {
		if (may_wake(gate, &gate->seats[i]) &&
		    !suture_runner_wake(gate, &gate->seats[i]))
			seat = &gate->seats[i];
	}
	if (!seat)
		return false;
	while (!is_parked(gate, seat) && time_before(jiffies, end))
		usleep_range(20, 50);
	return is_parked(gate, seat) && ask(gate, seat);
}

/* It wants a CPU, and with that comes to the gate: nobody need be woken. */
static bool will_park(struct suture_gate *gate, struct seat *seat)
{
	return READ_ONCE(seat->state) == SEAT_QUEUED &&
	       READ_ONCE(seat->task->__state) == TASK_RUNNING &&
	       !(READ_ONCE(seat->task->flags) & PF_EXITING) &&
	       same_thread_group(seat->task, gate->leader);
}

/*
 * suture_hooks_ready - have a thread that can run hooks
 *
 * Gate closed. One that is parked, or is about to; or else one that is asleep is
 * woken, and nobody where none is fit. One that is about to may lack a CPU for long (a
 * quota, SCHED_IDLE): so where one could be woken the others wait no longer for it than
 * for any thread. 0; -EAGAIN (SUTURE_REASON_HOOK_NOBODY);
 * -ESRCH. Afterwards suture_hooks_run() does not lack one.
 */
int suture_hooks_ready(struct suture_gate *gate, struct suture_block *block)
{
	unsigned long end = jiffies + msecs_to_jiffies(ANSWER_MS);
	unsigned long soon = jiffies + usecs_to_jiffies(suture_budget_us) + 1;
	bool more, can_wake, tried = false;
	unsigned int i;

	/* Not a thread that had to be pulled out of a hook. */
	if (gate->runner.left)
		return nobody(gate, block);
	if (smp_load_acquire(&gate->runner.state) == RUNNER_FIT)
		return 0;
	do {
		more = false;
		can_wake = false;
		for (i = 0; i < gate->nr && time_before(jiffies, end); i++) {
			struct seat *seat = &gate->seats[i];

			if (!seat->asked && is_parked(gate, seat)) {
				seat->asked = true;
				if (ask(gate, seat))
					return 0;
			}
			more |= will_park(gate, seat);
			can_wake |= may_wake(gate, seat);
		}
		if (can_wake && !tried && time_after(jiffies, soon)) {
			tried = true;
			if (wake_one(gate))
				return 0;
		}
		if (more)
			usleep_range(20, 50);
	} while (more && time_before(jiffies, end));
	return !tried && wake_one(gate) ? 0 : nobody(gate, block);
}

/* -------------------------------------------------------------- the hooks */

bool suture_has_hooks(const struct suture_patch *patch, u32 kind)
{
	u32 i;

	for (i = 0; i < patch->note.nr_hooks; i++) {
		if (patch->note.hooks[i].kind == kind)
			return true;
	}
	return false;
}

static int late(struct suture_gate *gate, struct suture_block *block, u32 index)
{
	struct task_struct *t = gate->runner.seat->task;

	memset(block, 0, sizeof(*block));
	block->reason = SUTURE_REASON_HOOK_LATE;
	block->func = index;
	block->tid = task_pid_nr(t);
	get_task_comm(block->comm, t);
	return -ETIMEDOUT;
}

/* Is the time over? Not by the clock alone: the whole machine may have stood still. */
static bool is_over(unsigned long end, unsigned int ms, unsigned int *looks)
{
	return ++*looks > ms / (4 * POLL_MS) && !time_before(jiffies, end);
}

static bool is_back(struct suture_runner *runner)
{
	int state = smp_load_acquire(&runner->state);

	return state == RUNNER_FIT || state == RUNNER_DEAD;
}

/* The first instruction has been run: before that a thread may lack a CPU, or be frozen. */
static bool has_begun(struct suture_gate *gate)
{
	struct suture_runner *runner = &gate->runner;
	int state = smp_load_acquire(&runner->state);
	struct pt_regs regs;

	if (state == RUNNER_ORDERED)
		return false;
	/* Those of a thread that runs are of earlier; then it takes a tick. */
	return state != RUNNER_GOING || !suture_user_regs(runner->seat->task, gate->mm, &regs) ||
	       instruction_pointer(&regs) != runner->call.enter;
}

/*
 * Until the hook has begun, 0, or -ETIMEDOUT, or -ESRCH where it never will. @ms: all hooks of
 * the hold together.
 */
static int wait_begin(struct suture_gate *gate, unsigned int ms)
{
	struct suture_runner *runner = &gate->runner;
	const struct task_struct *t = runner->seat->task;
	unsigned long begin = jiffies, end;
	unsigned int looks = 0;
	int ret = 0;

	ms = ms > runner->waited_ms ? ms - runner->waited_ms : 0;
	end = begin + msecs_to_jiffies(ms) + 1;
	for (;;) {
		wait_event_idle_timeout(runner->wait, is_back(runner),
					msecs_to_jiffies(POLL_MS) + 1);
		if (has_begun(gate))
			break;
		if ((READ_ONCE(t->flags) & PF_EXITING) || dies(gate)) {
			ret = -ESRCH;
			break;
		}
		if (is_over(end, ms, &looks)) {
			ret = -ETIMEDOUT;
			break;
		}
	}
	runner->waited_ms += jiffies_to_msecs(jiffies - begin);
	return ret;
}

/* Until the thread is back, 0, or has died, -ESRCH, or -ETIMEDOUT. */
static int wait_back(struct suture_gate *gate, unsigned int ms)
{
	unsigned long end = jiffies + msecs_to_jiffies(ms) + 1;
	struct suture_runner *runner = &gate->runner;
	unsigned int looks = 0;

	for (;;) {
		wait_event_idle_timeout(runner->wait, is_back(runner),
					msecs_to_jiffies(POLL_MS) + 1);
		if (is_back(runner))
			return smp_load_acquire(&runner->state) == RUNNER_FIT ? 0 : -ESRCH;
		if (suture_runner_died(gate))
			return -ESRCH;
		if (is_over(end, ms, &looks))
			return -ETIMEDOUT;
	}
}

static int run_hook(struct suture_gate *gate, struct suture_patch *patch, unsigned long base,
		    u32 index, struct suture_block *block)
{
	u32 kind = patch->note.hooks[index].kind;
	bool is_pre = kind == SUTURE_HOOK_PRE_PATCH || kind == SUTURE_HOOK_PRE_UNPATCH;
	const struct suture_note *head = patch->note.head;
	struct suture_runner *runner = &gate->runner;
	int ret;

	runner->patch = patch;
	runner->call.enter = base + head->hook_enter;
	runner->call.leave = base + head->hook_leave;
	runner->call.hook = base + patch->note.hooks[index].addr;
	runner->call.door = door_at(patch, base);
	runner->call.area = runner->call.door - PAGE_ALIGN(SUTURE_HOOK_AREA);
	if (!suture_runner_set(gate, RUNNER_FIT, RUNNER_ORDERED))
		return nobody(gate, block);
	wake_up_process(runner->seat->task);
	/* That it gets no CPU is not the hook's fault. */
	if (wait_begin(gate, is_pre ? BEGIN_MS : BEGIN_POST_MS) &&
	    suture_runner_set(gate, RUNNER_ORDERED, RUNNER_FIT))
		return is_pre || dies(gate) ? nobody(gate, block) : late(gate, block, index);
	ret = wait_back(gate, head->hook_limit_ms ?: SUTURE_HOOK_LIMIT_MS);
	/* It has returned, and lacked a CPU on its way back. */
	if (ret == -ETIMEDOUT && smp_load_acquire(&runner->state) != RUNNER_GOING)
		ret = wait_back(gate, LEAVE_MS);
	/* A thread that ends, or leaves the mm, in a hook does not return from it, either. */
	if (ret == -ESRCH && !dies(gate))
		return late(gate, block, index);
	if (ret == -ETIMEDOUT) {
		if (suture_runner_pull(gate))
			ret = wait_back(gate, LEAVE_MS);
		if (!ret && is_pre && runner->unbegun)
			return nobody(gate, block);
		if (ret == -ETIMEDOUT)
			suture_runner_abandon(gate);
		if (ret != -ESRCH || !dies(gate))
			ret = late(gate, block, index);
	}
	return ret;
}

static int refused(struct suture_block *block, u32 index, int value)
{
	memset(block, 0, sizeof(*block));
	block->reason = SUTURE_REASON_HOOK;
	block->func = index;
	block->value = value;
	return -ECANCELED;
}

/*
 * suture_hooks_run - run the patch's hooks of one kind, in the order of its table
 *
 * Gate closed, all still; they stay so. The patch is mapped at @base, and the caller
 * holds a reference to it. Sleeps; an mmap_lock must not be held. Returns 0;
 * -EAGAIN (SUTURE_REASON_HOOK_NOBODY, this hook has not run); -ECANCELED (a pre_* hook has
 * refused: SUTURE_REASON_HOOK, @block->func its index, @block->value its result);
 * -ETIMEDOUT (SUTURE_REASON_HOOK_LATE; where suture_hooks_unfinished() the patch must
 * stay mapped; also a thread that has ended in the hook); -ESRCH: the process is dying.
 *
 * A thread that is woken starts its system call again, with a relative time limit of
 * epoll_wait() and its like from the beginning; the kernel restarts others by itself.
 */
int suture_hooks_run(struct suture_gate *gate, struct suture_patch *patch, unsigned long base,
		     u32 kind, struct suture_block *block)
{
	bool may_refuse = kind == SUTURE_HOOK_PRE_PATCH || kind == SUTURE_HOOK_PRE_UNPATCH;
	int ret;
	u32 i;

	if (!suture_has_hooks(patch, kind))
		return 0;
	ret = suture_hooks_ready(gate, block);
	for (i = 0; i < patch->note.nr_hooks && !ret; i++) {
		if (patch->note.hooks[i].kind != kind)
			continue;
		ret = run_hook(gate, patch, base, i, block);
		if (!ret && may_refuse && gate->runner.result)
			ret = refused(block, i, gate->runner.result);
	}
	return ret;
}
