// SPDX-License-Identifier: GPL-2.0
/*
 * New mappings of a watched file. The uprobe's filter is asked in the task that
 * maps, with its mmap_lock held; the work itself is done when the system call is
 * over and before it returns to user mode, so no thread can be in code that has
 * no address yet.
 */
#include <linux/delay.h>
#include <linux/slab.h>

#include "suture.h"

/* Of all patches; rmmod waits for them (suture_watch_flush()). */
static atomic_t works_in_flight = ATOMIC_INIT(0);

struct watch_work {
	struct callback_head work;
	struct suture_patch *patch;	/* referenced */
};

static void watch_work(struct callback_head *cb)
{
	struct watch_work *work = container_of(cb, struct watch_work, work);
	struct suture_patch *patch = work->patch;

	kfree(work);
	/* The full barrier pairs with the one in step() of transition.c: either we see
	 * that the goal has turned, or it sees that we are at work. */
	atomic_inc(&patch->applying);
	smp_mb__after_atomic();
	if (!(current->flags & PF_EXITING) && READ_ONCE(patch->goal) == SUTURE_GOAL_PATCHED &&
	    (READ_ONCE(patch->canary) || suture_in_hook() || suture_apply_current(patch))) {
		/* Not simply new text: the transition looks at it with threads held. Or it
		 * has to count how many are canaries. */
		WRITE_ONCE(patch->dirty, true);
		suture_transition_kick();
	}
	atomic_dec(&patch->applying);
	suture_patch_put(patch);
	atomic_dec(&works_in_flight);
}

/* In the mapping task, its mmap_lock held for writing. */
static void mapped(struct suture_uprobe *uprobe, struct mm_struct *mm)
{
	struct suture_target *target = container_of(uprobe, struct suture_target, uprobe);
	struct suture_patch *patch = target->patch;
	struct watch_work *work;

	if (READ_ONCE(patch->goal) != SUTURE_GOAL_PATCHED)
		return;
	work = suture_try(kmalloc(sizeof(*work), GFP_KERNEL));
	if (!work)
		goto later;
	init_task_work(&work->work, watch_work);
	work->patch = patch;
	kref_get(&patch->ref);
	atomic_inc(&works_in_flight);
	if (!suture_task_work_add(current, &work->work))
		return;
	/* It exits. The count last, as in watch_work(): rmmod waits for it. */
	kfree(work);
	suture_patch_put(patch);
	atomic_dec(&works_in_flight);
	return;
later:
	WRITE_ONCE(patch->dirty, true);
	suture_transition_kick();
}

void suture_watch_init(struct suture_target *target)
{
	target->uprobe.mapped = mapped;
}

/*
 * Wait for the last works. They hold a reference to their patch and so to the
 * module: by now they are at their end.
 */
void suture_watch_flush(void)
{
	while (atomic_read(&works_in_flight))
		msleep(1);
}
