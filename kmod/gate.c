// SPDX-License-Identifier: GPL-2.0
/*
 * Holding the threads of an mm still, without a signal and without ptrace.
 *
 * Each thread gets a task work. A running thread meets it at its next return to
 * user mode (it is kicked), and waits there until the gate opens. A thread that
 * is off the CPU is left alone: it would meet the gate before it reached user
 * mode. The mm is still when each thread is at the gate or off the CPU.
 *
 *   seat      set by                     meaning
 *   FREE      -                          nothing queued
 *   QUEUED    the holder                 task work queued
 *   PARKED    the thread                 waits in the gate
 *   LEFT      the thread                 gone through, or exiting
 *
 * When the gate opens, the works of threads that never came are cancelled, so
 * that nothing outlives the transaction but a thread that is just leaving.
 */
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <uapi/linux/sched/types.h>

#include "gate.h"

#define SPARE_SEATS	16
#define SPIN_NS		(200 * NSEC_PER_USEC)	/* at the gate, before going to sleep */
#define POLL_SPIN_NS	(100 * NSEC_PER_USEC)	/* of the holder, likewise */

/* Task works that are queued or running, of all gates: rmmod waits for them. */
atomic_t suture_works_in_flight = ATOMIC_INIT(0);

void suture_gate_put(struct suture_gate *gate)
{
	unsigned int i;

	if (!refcount_dec_and_test(&gate->refs))
		return;
	for (i = 0; i < gate->nr; i++)
		put_task_struct(gate->seats[i].task);
	kvfree(gate);
}

static bool may_go(const struct seat *seat)
{
	return smp_load_acquire(&seat->gate->open) || suture_runner_called(seat);
}

static void wait_at_gate(struct seat *seat)
{
	u64 start = ktime_get_mono_fast_ns();

	/* Usually it opens within microseconds, sooner than a sleep would end. */
	while (!may_go(seat) && !need_resched()) {
		if (ktime_get_mono_fast_ns() - start > SPIN_NS)
			break;
		cpu_relax();
	}
	/* TASK_IDLE: neither load nor a hung task, and no signal can end it. */
	wait_event_idle(seat->gate->wait, may_go(seat));
}

void suture_gate_leave(struct seat *seat)
{
	struct suture_gate *gate = seat->gate;

	smp_store_release(&seat->state, SEAT_LEFT);
	suture_gate_put(gate);
	/* From here to the end of the work only suture_gate_flush() protects the text. */
	atomic_dec(&suture_works_in_flight);
}

void suture_gate_stay(struct seat *seat)
{
	do {
		wait_at_gate(seat);
		if (suture_runner_answer(seat))
			return;		/* to user mode, for a hook; and then here again */
	} while (!smp_load_acquire(&seat->gate->open));
	suture_arch_sync_core();
	suture_gate_leave(seat);
}

static void gate_work(struct callback_head *work)
{
	struct seat *seat = container_of(work, struct seat, work);

	if (current->flags & PF_EXITING) {
		suture_gate_leave(seat);
		return;
	}
	seat->last = !work->next && !task_work_pending(current);
	/* Whoever queues it sets this flag before seat->queued, and the way to user mode
	 * clears it before it runs works; that of signals does not. */
	seat->at_exit = smp_load_acquire(&seat->queued) && !test_thread_flag(TIF_NOTIFY_RESUME) &&
			!task_sigpending(current);
	/* pairs with seat_still(): the registers are those of user mode */
	smp_store_release(&seat->state, SEAT_PARKED);
	suture_gate_stay(seat);
}

static struct seat *add_seat(struct suture_gate *gate, struct task_struct *t)
{
	struct seat *seat;

	if (gate->nr == gate->room)
		return NULL;
	seat = &gate->seats[gate->nr];
	init_task_work(&seat->work, gate_work);
	seat->gate = gate;
	seat->task = get_task_struct(t);
	seat->state = SEAT_FREE;
	gate->nr++;
	return seat;
}

/* Threads come in the order of their seats, but for those that ended. */
static struct seat *find_seat(struct suture_gate *gate, struct task_struct *t)
{
	unsigned int i, k;

	for (i = 0; i < gate->nr; i++) {
		k = gate->hint + i;
		if (k >= gate->nr)
			k -= gate->nr;
		if (gate->seats[k].task == t) {
			gate->hint = k + 1;
			return &gate->seats[k];
		}
	}
	return NULL;
}

static int count_thread(struct task_struct *t, void *data)
{
	(*(unsigned int *)data)++;
	return 0;
}

static int seat_thread(struct task_struct *t, void *data)
{
	return add_seat(data, t) ? 0 : -EAGAIN;
}

/*
 * suture_gate_new - a gate with a seat for each thread of mm
 *
 * Nothing is held yet. The caller keeps its references to mm and leader until
 * suture_gate_open(). Returns NULL when there is no memory.
 */
struct suture_gate *suture_gate_new(struct mm_struct *mm, struct task_struct *leader)
{
	struct suture_gate *gate;
	unsigned int nr = 0;

	rcu_read_lock();
	suture_for_each_thread(mm, leader, count_thread, &nr);
	rcu_read_unlock();
	nr += SPARE_SEATS;

	gate = suture_try(kvzalloc(struct_size(gate, seats, nr), GFP_KERNEL));
	if (!gate)
		return NULL;
	refcount_set(&gate->refs, 1);
	init_waitqueue_head(&gate->wait);
	suture_runner_init(gate);
	gate->mm = mm;
	gate->leader = leader;
	gate->room = nr;
	rcu_read_lock();
	suture_for_each_thread(mm, leader, seat_thread, gate);
	rcu_read_unlock();
	return gate;
}

static unsigned long switches(const struct task_struct *t)
{
	return READ_ONCE(t->nvcsw) + READ_ONCE(t->nivcsw);
}

static bool on_cpu(const struct task_struct *t)
{
#ifdef CONFIG_SMP
	/* pairs with finish_task() in the scheduler: its registers are in memory */
	return smp_load_acquire(&t->on_cpu);
#else
	return t == current;
#endif
}

static void queue_seat(struct seat *seat)
{
	refcount_inc(&seat->gate->refs);
	atomic_inc(&suture_works_in_flight);
	WRITE_ONCE(seat->state, SEAT_QUEUED);
	if (suture_task_work_add(seat->task, &seat->work)) {
		/* It exits: it will not see user mode again. */
		WRITE_ONCE(seat->state, SEAT_LEFT);
		atomic_dec(&suture_works_in_flight);
		refcount_dec(&seat->gate->refs);
	} else {
		smp_store_release(&seat->queued, true);	/* pairs with gate_work() */
	}
	/* Full barrier: the thread sees the work, or we see it on a CPU (seat_still()).
	 * Its partner is the one between on_cpu = 1 and the return to user mode. */
	smp_mb();
}

/* Off the CPU since its stack was found good; it was not in fork then. */
static bool still_checked(const struct seat *seat)
{
	return seat->checked && !on_cpu(seat->task) && switches(seat->task) == seat->switches;
}

static bool seat_still(struct suture_gate *gate, struct seat *seat, u32 *ret_reason)
{
	*ret_reason = SUTURE_REASON_RUNNING;
	switch (smp_load_acquire(&seat->state)) {
	case SEAT_PARKED:
	case SEAT_LEFT:
		return true;
	case SEAT_QUEUED:
		if (on_cpu(seat->task))
			return smp_load_acquire(&seat->state) != SEAT_QUEUED;
		if (still_checked(seat))
			return true;
		/* It can give birth to one that knows no gate. */
		if (suture_in_fork(seat->task, gate->mm, gate->leader)) {
			*ret_reason = SUTURE_REASON_FORKING;
			return false;
		}
		return true;
	}
	return false;
}

struct still {
	struct suture_gate *gate;
	struct suture_block *block;
	bool births_only;
	bool again;		/* a thread without a seat was found */
};

static int look_at(struct task_struct *t, void *data)
{
	struct still *still = data;
	struct suture_gate *gate = still->gate;
	struct seat *seat = find_seat(gate, t);
	u32 reason;

	if (READ_ONCE(t->flags) & PF_EXITING)
		return 0;	/* it will not see user mode again */
	if (!seat) {
		still->again = true;
		seat = add_seat(gate, t);
		if (!seat) {
			still->block->reason = SUTURE_REASON_RUNNING;
			return -EAGAIN;
		}
		queue_seat(seat);
		return 0;
	}
	if (still->births_only || seat_still(gate, seat, &reason))
		return 0;
	still->block->reason = reason;
	still->block->func = SUTURE_NO_FUNC;
	still->block->tid = task_pid_nr(t);
	get_task_comm(still->block->comm, t);
	return -EAGAIN;
}

/*
 * One walk in which every thread has a seat and is still. A thread that is still
 * stays so, and births happen before their parent is: they are further down the
 * list.
 */
static bool all_still(struct suture_gate *gate, struct suture_block *block)
{
	struct still still = { .gate = gate, .block = block };
	int ret;

	gate->hint = 0;
	rcu_read_lock();
	ret = suture_for_each_thread(gate->mm, gate->leader, look_at, &still);
	rcu_read_unlock();
	return !ret && !still.again;
}

static bool over_budget(const struct suture_gate *gate)
{
	return ktime_us_delta(ktime_get(), gate->closed_at) > suture_budget_us;
}

static int wait_still(struct suture_gate *gate, struct suture_block *block)
{
	u64 start = ktime_get_mono_fast_ns();

	while (!all_still(gate, block)) {
		if (gate->nr == gate->room)
			return -EAGAIN;
		if (over_budget(gate))
			return -EAGAIN;
		/* Threads in the kernel may need this CPU to come to the gate. */
		if (ktime_get_mono_fast_ns() - start > POLL_SPIN_NS)
			usleep_range(20, 50);
		else
			cpu_relax();
	}
	return 0;
}

/*
 * A thread that is off the CPU, asleep or preempted, costs no pause: its stack is
 * looked at before anybody is held, and counts for as long as it has not run.
 */
static void check_off_cpu(struct suture_gate *gate, const struct suture_ranges *ranges,
			  bool quiescent)
{
	struct suture_fault fault;
	struct suture_block block;
	unsigned long before;
	unsigned int i;
	int ret;

	for (i = 0; i < gate->nr; i++) {
		struct seat *seat = &gate->seats[i];
		struct task_struct *t = seat->task;

		before = switches(t);
		if (on_cpu(t) || suture_is_cloning(t, gate->mm))
			continue;
		fault.end = 0;
		if (!suture_mmap_read_lock(gate->mm))
			return;
		ret = suture_stack_check(t, gate->mm, ranges, quiescent, &block, &fault);
		mmap_read_unlock(gate->mm);
		cond_resched();
		if (fault.end)
			suture_stack_fetch(gate->mm, &fault);
		if (ret)
			continue;	/* looked at again when all are still */
		if (on_cpu(t) || switches(t) != before)
			continue;
		seat->switches = before;
		seat->checked = true;
	}
}

static int check_all(struct suture_gate *gate, const struct suture_ranges *ranges, bool quiescent,
		     struct suture_block *block, struct suture_fault *ret_fault)
{
	unsigned long before;
	unsigned int i;
	bool parked;
	int ret;

	for (i = 0; i < gate->nr; i++) {
		struct seat *seat = &gate->seats[i];
		struct task_struct *t = seat->task;

		if (READ_ONCE(t->mm) != gate->mm || (READ_ONCE(t->flags) & PF_EXITING))
			continue;	/* has left this mm, by exit or execve, or will */
		if (READ_ONCE(seat->state) == SEAT_QUEUED && still_checked(seat))
			continue;
		before = switches(t);
		parked = smp_load_acquire(&seat->state) == SEAT_PARKED;
		ret = suture_stack_check(t, gate->mm, ranges, quiescent, block, ret_fault);
		if (ret)
			return ret;
		/* One that has run meanwhile may just have got a signal's frame. */
		if (over_budget(gate) || (!parked && (on_cpu(t) || switches(t) != before))) {
			block->reason = SUTURE_REASON_RUNNING;
			return -EAGAIN;
		}
	}
	return 0;
}

/* Let everybody go on. Twice does no harm. */
static void release(struct suture_gate *gate)
{
	if (gate->open)
		return;
	/* pairs with wait_at_gate(): whoever goes on sees the text that was written */
	smp_store_release(&gate->open, true);
	wake_up_all(&gate->wait);
	if (gate->closed_at) {
		gate->held_us = ktime_us_delta(ktime_get(), gate->closed_at);
		sched_set_normal(current, 0);
	}
}

/*
 * suture_gate_close - hold all threads and see that none is inside ranges
 *
 * current must use the mm (kthread_use_mm). On return, 0 or not, the caller calls
 * suture_gate_open(); on 0 it does its writing in between, which must neither
 * sleep nor fault. -EAGAIN with *@block: not now.
 */
int suture_gate_close(struct suture_gate *gate, const struct suture_ranges *ranges, bool quiescent,
		      struct suture_block *block)
{
	struct suture_fault fault = {};
	unsigned int i;
	int ret;

	memset(block, 0, sizeof(*block));
	block->reason = SUTURE_REASON_BUSY;
	block->func = SUTURE_NO_FUNC;
	check_off_cpu(gate, ranges, quiescent);

	/* From here on threads are held: nobody may take this CPU from us. */
	sched_set_fifo(current);
	gate->closed_at = ktime_get();
	/* Those off the CPU first: it takes time and stops nobody. */
	for (i = 0; i < gate->nr; i++) {
		if (gate->seats[i].checked)
			queue_seat(&gate->seats[i]);
	}
	for (i = 0; i < gate->nr; i++) {
		if (gate->seats[i].state == SEAT_FREE)
			queue_seat(&gate->seats[i]);
	}

	ret = wait_still(gate, block);
	if (ret)
		return ret;
	if (!mmap_read_trylock(gate->mm)) {
		block->reason = SUTURE_REASON_BUSY;
		return -EAGAIN;
	}
	ret = check_all(gate, ranges, quiescent, block, &fault);
	mmap_read_unlock(gate->mm);
	if (ret && fault.end) {
		/* Fetch it for the next time. (If it cannot be had, the stack may be gone
		 * with its thread: no matter.) */
		release(gate);
		suture_stack_fetch(gate->mm, &fault);
	}
	return ret;
}

/*
 * suture_gate_check_again - hooks have run: has one of them started a thread?
 *
 * Of a closed gate: every other thread was still once, and meets the gate before it is in
 * user mode. 0, or -EAGAIN with *@block: one is there that is not held.
 */
int suture_gate_check_again(struct suture_gate *gate, struct suture_block *block)
{
	struct still still = { .gate = gate, .block = block, .births_only = true };

	block->reason = SUTURE_REASON_RUNNING;
	block->func = SUTURE_NO_FUNC;
	gate->hint = 0;
	rcu_read_lock();
	suture_for_each_thread(gate->mm, gate->leader, look_at, &still);
	rcu_read_unlock();
	return still.again ? -EAGAIN : 0;
}

/*
 * suture_gate_open - let everybody go on; the gate is gone afterwards
 *
 * Returns for how long threads were held at the most, microseconds (0: not at all).
 */
u32 suture_gate_open(struct suture_gate *gate)
{
	u32 held;
	unsigned int i;

	release(gate);
	held = gate->held_us;
	for (i = 0; i < gate->nr; i++) {
		struct seat *seat = &gate->seats[i];

		if (READ_ONCE(seat->state) != SEAT_QUEUED)
			continue;
		if (suture_task_work_cancel(seat->task, &seat->work)) {
			atomic_dec(&suture_works_in_flight);
			refcount_dec(&gate->refs);
		}
	}
	suture_gate_put(gate);
	return held;
}

/*
 * Wait until no task work of any gate is queued or running, and until no thread
 * is in the last instructions of gate_work(): they neither sleep nor are there in
 * user mode, which is what RCU tasks waits for.
 */
void suture_gate_flush(void)
{
	while (atomic_read(&suture_works_in_flight))
		msleep(1);
	synchronize_rcu_tasks();
}
