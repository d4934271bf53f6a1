// SPDX-License-Identifier: GPL-2.0
/*
 * New mappings of a watched file. The uprobe's filter is asked in the task that
 * maps, with its mmap_lock held; the work itself is done when the system call is
 * over and before it returns to user mode, so no thread can be in code that has
 * no address yet.
 */
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "suture.h"

/* Of all patches; rmmod waits for them (suture_watch_flush()). */
static atomic_t works_in_flight = ATOMIC_INIT(0);

struct watch_work {
	struct callback_head work;
	struct list_head node;		/* patch->coming */
	struct suture_patch *patch;	/* referenced */
	const struct mm_struct *mm;	/* never followed */
	unsigned long since;		/* jiffies */
	bool shared;			/* the mm had other users when the text was mapped */
};

static DEFINE_SPINLOCK(coming_lock);

#define FORK_WAIT_MS	20
#define FORK_PAUSE_US	100
#define FORK_CLOSE	8	/* looks for children of vfork: each goes over all threads */
#define LATE_FORK_S	10

static int is_forking(struct task_struct *t, void *data)
{
	unsigned int *close = data;

	if (!suture_is_cloning(t, current->mm))
		return 0;
	if (!*close)
		return 1;
	(*close)--;
	return suture_in_fork(t, current->mm, current->group_leader);
}

/*
 * A child that was copied before the new code was written cannot be found before fork has
 * put it in the list of processes. Mostly that is at once; a name space of its own, a wait for
 * memory or for a cgroup take longer. False: somebody still forks.
 */
static bool wait_for_forks(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(FORK_WAIT_MS);
	struct mm_struct *mm = current->mm;
	unsigned int close;
	bool forking;

	mmget(mm);	/* suture_for_each_thread() counts one user for its caller */
	for (;;) {
		close = FORK_CLOSE;
		forking = suture_for_each_other(is_forking, &close);
		if (!forking || time_after(jiffies, end) || fatal_signal_pending(current))
			break;
		usleep_range(FORK_PAUSE_US, 2 * FORK_PAUSE_US);
	}
	mmput(mm);
	return !forking;
}

/* True: the transition has to look at it with threads held; or it has to count how many
 * are canaries. */
static bool apply_here(struct suture_patch *patch, bool shared, bool *forkable)
{
	if (current->flags & PF_EXITING)
		return shared;
	if (READ_ONCE(patch->canary) || suture_in_hook())
		return true;
	return suture_apply_current(patch, forkable);
}

static void work_for(struct suture_patch *patch, bool shared)
{
	bool forkable = false, look;

	/* The full barrier pairs with the one in step() of transition.c: either we see
	 * that the goal has turned, or it sees that we are at work. */
	atomic_inc(&patch->applying);
	smp_mb__after_atomic();
	look = READ_ONCE(patch->goal) == SUTURE_GOAL_PATCHED &&
	       apply_here(patch, shared, &forkable);
	atomic_dec(&patch->applying);
	if (shared && forkable) {
		look = true;
		/* 0 is never. */
		if (!wait_for_forks())
			WRITE_ONCE(patch->look_until, (jiffies + LATE_FORK_S * HZ) | 1);
	}
	if (look) {
		WRITE_ONCE(patch->dirty, true);
		suture_transition_kick();
	}
}

/* The count last: rmmod waits for it. */
static void end_work(struct watch_work *work)
{
	struct suture_patch *patch = work->patch;

	spin_lock(&coming_lock);
	list_del(&work->node);
	spin_unlock(&coming_lock);
	kfree(work);
	suture_patch_put(patch);
	atomic_dec(&works_in_flight);
}

static void watch_work(struct callback_head *cb)
{
	struct watch_work *work = container_of(cb, struct watch_work, work);
	struct suture_patch *patch = work->patch;
	struct suture_patch *replacer = suture_replacer_get(patch);

	/* Whatever the order of the works: who would have the earlier patch first would run it
	 * until the transition has looked. The later one's own work then finds it done. */
	if (replacer) {
		work_for(replacer, work->shared);
		suture_patch_put(replacer);
	}
	work_for(patch, work->shared);
	end_work(work);
}

#define COMES_SOON_MS	1000	/* for as long a system call may take after it has mapped */

/*
 * suture_watch_comes - will the process patch itself any moment, or is it about it?
 *
 * Then nobody runs its new text before that is done. False also where it has taken too long.
 */
bool suture_watch_comes(struct suture_patch *patch, const struct mm_struct *mm)
{
	unsigned long oldest = jiffies - msecs_to_jiffies(COMES_SOON_MS);
	const struct watch_work *work;
	bool found = false;

	spin_lock(&coming_lock);
	/* The newest first. */
	list_for_each_entry(work, &patch->coming, node) {
		if (time_before(work->since, oldest))
			break;
		found = work->mm == mm;
		if (found)
			break;
	}
	spin_unlock(&coming_lock);
	return found;
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
	work->mm = mm;
	work->since = jiffies;
	/* Now, as nobody can fork it: one that shares it may, as soon as the lock is free, and
	 * have ended before the work begins. */
	work->shared = atomic_read(&mm->mm_users) > 1;
	kref_get(&patch->ref);
	atomic_inc(&works_in_flight);
	spin_lock(&coming_lock);
	list_add(&work->node, &patch->coming);
	spin_unlock(&coming_lock);
	if (suture_task_work_add(current, &work->work))
		end_work(work);		/* it exits */
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
