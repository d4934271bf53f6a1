// SPDX-License-Identifier: GPL-2.0
/*
 * A process that waits for a thread which sleeps inside a function could be changed as
 * soon as that one comes back. So the thread gets a task work (it is not woken) that
 * tells the transition when it returns to user mode.
 */
#include <linux/delay.h>
#include <linux/pid.h>
#include <linux/refcount.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "suture.h"

struct nudge {
	struct callback_head work;
	refcount_t refs;		/* the work, and whoever cancels it */
	struct list_head node;		/* nudges; empty: not on it */
	struct suture_patch *patch;	/* referenced */
	struct task_struct *task;	/* referenced */
};

static LIST_HEAD(nudges);		/* those that are queued */
static DEFINE_SPINLOCK(nudges_lock);
static atomic_t works_in_flight = ATOMIC_INIT(0);	/* rmmod waits for them */

static void put_nudge(struct nudge *nudge)
{
	if (!refcount_dec_and_test(&nudge->refs))
		return;
	put_task_struct(nudge->task);
	suture_patch_put(nudge->patch);
	kfree(nudge);
	atomic_dec(&works_in_flight);
}

static void nudge_work(struct callback_head *work)
{
	struct nudge *nudge = container_of(work, struct nudge, work);
	struct suture_patch *patch = nudge->patch;
	unsigned long pause = msecs_to_jiffies(READ_ONCE(patch->nudge_pause_ms));
	struct pid *tgid, *old;

	spin_lock(&nudges_lock);
	list_del_init(&nudge->node);
	spin_unlock(&nudges_lock);
	if (time_after(jiffies, READ_ONCE(patch->last_nudge) + pause)) {
		WRITE_ONCE(patch->last_nudge, jiffies);
		tgid = get_task_pid(current, PIDTYPE_TGID);
		old = xchg(&patch->nudged, tgid);
		put_pid(old);
		suture_transition_kick_now();
	}
	put_nudge(nudge);
}

/*
 * suture_nudge_ask - have thread @tid (as in the initial namespace), which holds a
 * process up, tell when it comes back
 *
 * By the transition. One that runs is not asked: it would answer at once.
 */
void suture_nudge_ask(struct suture_patch *patch, int tid)
{
	struct pid *pid = find_get_pid(tid);
	struct task_struct *t = get_pid_task(pid, PIDTYPE_PID);
	struct nudge *nudge;

	put_pid(pid);
	if (!t)
		return;
	nudge = READ_ONCE(t->__state) == TASK_RUNNING ? NULL :
		suture_try(kzalloc(sizeof(*nudge), GFP_KERNEL));
	if (!nudge) {
		put_task_struct(t);
		return;		/* it is tried again some time anyway */
	}
	init_task_work(&nudge->work, nudge_work);
	refcount_set(&nudge->refs, 1);
	nudge->patch = patch;
	kref_get(&patch->ref);
	nudge->task = t;
	atomic_inc(&works_in_flight);
	spin_lock(&nudges_lock);
	list_add(&nudge->node, &nudges);
	spin_unlock(&nudges_lock);
	if (suture_task_work_add(t, &nudge->work)) {
		spin_lock(&nudges_lock);
		list_del(&nudge->node);
		spin_unlock(&nudges_lock);
		put_nudge(nudge);
	}
}

/* Does this thread run, or could it? One that sleeps inside is not about to come out. */
bool suture_nudge_moves(int tid)
{
	struct pid *pid = find_get_pid(tid);
	struct task_struct *t = get_pid_task(pid, PIDTYPE_PID);
	bool moves = t && READ_ONCE(t->__state) == TASK_RUNNING;

	put_pid(pid);
	if (t)
		put_task_struct(t);
	return moves;
}

/* One for this patch, or (NULL) in a thread of this mm. */
static struct nudge *take(const struct suture_patch *patch, const struct mm_struct *mm)
{
	struct nudge *nudge, *found = NULL;

	spin_lock(&nudges_lock);
	list_for_each_entry(nudge, &nudges, node) {
		if (patch ? nudge->patch == patch : READ_ONCE(nudge->task->mm) == mm) {
			list_del_init(&nudge->node);
			refcount_inc(&nudge->refs);
			found = nudge;
			break;
		}
	}
	spin_unlock(&nudges_lock);
	return found;
}

static void cancel_all(const struct suture_patch *patch, const struct mm_struct *mm)
{
	struct nudge *nudge;

	while ((nudge = take(patch, mm))) {
		if (suture_task_work_cancel(nudge->task, &nudge->work))
			put_nudge(nudge);
		put_nudge(nudge);
	}
}

/* Ask nobody any more. The caller has a reference to the patch. */
void suture_nudges_cancel(struct suture_patch *patch)
{
	put_pid(xchg(&patch->nudged, NULL));
	cancel_all(patch, NULL);
}

/* A thread with works behind that of the gate runs no hooks (runner.c). Other patches ask
 * again when they try again. */
void suture_nudges_cancel_mm(const struct mm_struct *mm)
{
	cancel_all(NULL, mm);
}

/* No patch is loaded: wait for the last works. */
void suture_nudges_flush(void)
{
	while (atomic_read(&works_in_flight))
		msleep(1);
}
