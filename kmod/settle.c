// SPDX-License-Identifier: GPL-2.0
/*
 * Second opinions. A word on a stack that looks like a return address counts as one
 * (stack.c), even if it is left over. Somebody who can read unwind tables tells which
 * words really are: the frames of one thread, as it sleeps now. An opinion is a fact
 * about the thread, whatever patch it was for and whichever way that goes; the ranges
 * it is compared with are the kernel's. It holds until the thread runs.
 */
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "suture.h"

/* Beyond these the oldest go. */
#define MAX_OPINIONS	4096U
#define PAUSE_MS	10	/* between two tries for the sake of opinions */
#define MAX_FRAMES	(512U << 10)	/* of all, 4 MiB */

static DEFINE_HASHTABLE(opinions, 8);	/* by task; RCU */
static LIST_HEAD(by_age);		/* the oldest first */
static unsigned int nr_opinions, nr_frames;
static DEFINE_SPINLOCK(opinions_lock);	/* all of these, for writing */

static unsigned long switches(const struct task_struct *t)
{
	return READ_ONCE(t->nvcsw) + READ_ONCE(t->nivcsw);
}

static bool on_cpu(const struct task_struct *t)
{
#ifdef CONFIG_SMP
	/* pairs with finish_task() in the scheduler: registers and counts are in memory */
	return smp_load_acquire(&t->on_cpu);
#else
	return t == current;
#endif
}

/*
 * Off the CPU, and has been since it had been switched out so often? The count grows
 * when a thread leaves the CPU, so it must be off it first.
 */
static bool has_not_run(const struct task_struct *t, unsigned long count)
{
	return !on_cpu(t) && switches(t) == count;
}

/*
 * suture_opinion - the frames of a thread, if they are known and it has not run since
 *
 * In an RCU section, which must last as long as they are looked at. NULL: not known.
 * Whoever finds the thread running afterwards must not believe them either.
 */
const struct suture_opinion *suture_opinion(const struct task_struct *t)
{
	const struct suture_opinion *opinion;

	hash_for_each_possible_rcu(opinions, opinion, node, (unsigned long)t) {
		if (opinion->task == t && opinion->start_time == t->start_boottime &&
		    has_not_run(t, opinion->switches))
			return opinion;
	}
	return NULL;
}

/* Under opinions_lock. */
static void drop(struct suture_opinion *opinion)
{
	hash_del_rcu(&opinion->node);
	list_del(&opinion->age);
	nr_opinions--;
	nr_frames -= opinion->nr;
	kfree_rcu(opinion, rcu);
}

static void add(struct suture_opinion *opinion)
{
	struct suture_opinion *old;
	struct hlist_node *next;

	spin_lock(&opinions_lock);
	hash_for_each_possible_safe(opinions, old, next, node, (unsigned long)opinion->task) {
		if (old->task == opinion->task)
			drop(old);
	}
	while (nr_opinions == MAX_OPINIONS || nr_frames > MAX_FRAMES - opinion->nr)
		drop(list_first_entry(&by_age, struct suture_opinion, age));
	hash_add_rcu(opinions, &opinion->node, (unsigned long)opinion->task);
	list_add_tail(&opinion->age, &by_age);
	nr_opinions++;
	nr_frames += opinion->nr;
	spin_unlock(&opinions_lock);
}

/* suture_settle_forget - the patch that they were for is unloaded */
void suture_settle_forget(const struct suture_patch *patch)
{
	struct suture_opinion *opinion, *next;

	spin_lock(&opinions_lock);
	list_for_each_entry_safe(opinion, next, &by_age, age) {
		if (opinion->patch == patch)
			drop(opinion);
	}
	spin_unlock(&opinions_lock);
}

/* A thread that runs user code, referenced; @nr as current sees it. NULL: none. */
static struct task_struct *get_thread(int nr)
{
	struct pid *pid = find_get_pid(nr);
	struct task_struct *t = get_pid_task(pid, PIDTYPE_PID);

	put_pid(pid);
	if (t && (suture_is_worker(t) || !READ_ONCE(t->mm))) {
		put_task_struct(t);
		return NULL;
	}
	return t;
}

/* The registers of @t, and that it has not run since it had been switched @count times. */
static int get_regs(struct task_struct *t, unsigned long count, struct pt_regs *regs)
{
	struct mm_struct *mm = READ_ONCE(t->mm);	/* only compared */

	if (!has_not_run(t, count))
		return -EAGAIN;
	if (!mm || !suture_user_regs(t, mm, regs))
		return -ESRCH;
	/* pairs with the scheduler's: what was copied was not of a later time */
	smp_rmb();
	return has_not_run(t, count) ? 0 : -EAGAIN;
}

/* suture_thread - SUTURE_IOC_THREAD */
int suture_thread(struct suture_ioc_thread *arg)
{
	u64 words[SUTURE_USER_REGS_MAX];
	struct task_struct *t;
	unsigned long count;
	struct pt_regs regs;
	u32 room = arg->nr_regs;
	int ret, nr;

	arg->nr_regs = 0;
	if (arg->flags || arg->tid <= 0)
		return -EINVAL;
	t = get_thread(arg->tid);
	if (!t)
		return -ESRCH;
	count = switches(t);
	ret = get_regs(t, count, &regs);
	if (ret)
		goto out;
	nr = suture_arch_user_regs(t, &regs, words);
	arg->tp = suture_arch_tp(t);
	arg->start_time = t->start_boottime;
	arg->switches = count;
	ret = nr;
	if (nr < 0)
		goto out;
	/* What is not in pt_regs has just been read. */
	smp_rmb();
	ret = has_not_run(t, count) ? 0 : -EAGAIN;
	if (ret)
		goto out;
	arg->nr_regs = nr;
	if (copy_to_user(u64_to_user_ptr(arg->regs), words, min_t(u32, room, nr) * sizeof(u64)))
		ret = -EFAULT;
out:
	put_task_struct(t);
	return ret;
}

static struct suture_opinion *read_frames(const struct suture_ioc_settle *arg)
{
	struct suture_opinion *opinion;
	u32 i;

	opinion = suture_try(kmalloc(struct_size(opinion, frames, arg->nr_frames),
				     GFP_KERNEL_ACCOUNT));
	if (!opinion)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(opinion->frames, u64_to_user_ptr(arg->frames),
			   arg->nr_frames * sizeof(opinion->frames[0]))) {
		kfree(opinion);
		return ERR_PTR(-EFAULT);
	}
	opinion->nr = arg->nr_frames;
	for (i = 0; i < opinion->nr; i++)
		opinion->frames[i] = suture_arch_strip(opinion->frames[i]);
	return opinion;
}

/* Is it about this thread, as it is? */
static int check(const struct suture_opinion *opinion, struct task_struct *t)
{
	unsigned long pcs[2];
	struct pt_regs regs;
	int ret;

	if (opinion->start_time != t->start_boottime)
		return -EAGAIN;
	ret = get_regs(t, opinion->switches, &regs);
	if (ret)
		return ret;
	/* A debugger can have moved it without its running. */
	suture_arch_pcs(&regs, pcs);
	return pcs[0] == opinion->frames[0] ? 0 : -EAGAIN;
}

/* suture_settle - SUTURE_IOC_SETTLE */
int suture_settle(const struct suture_ioc_settle *arg)
{
	struct suture_opinion *opinion;
	struct suture_patch *patch;
	bool try = !(arg->flags & SUTURE_SETTLE_MORE);
	struct task_struct *t;
	unsigned long soon;
	int ret;

	if ((arg->flags & ~SUTURE_SETTLE_FLAGS) || arg->reserved || arg->reserved2 ||
	    arg->tid <= 0 || !arg->nr_frames || arg->nr_frames > SUTURE_MAX_FRAMES)
		return -EINVAL;
	patch = suture_patch_get(arg->name);
	if (!patch)
		return -ENOENT;
	opinion = read_frames(arg);
	ret = PTR_ERR_OR_ZERO(opinion);
	if (ret)
		goto out_patch;
	opinion->switches = arg->switches;
	opinion->start_time = arg->start_time;
	opinion->patch = patch;

	ret = -ESRCH;
	t = get_thread(arg->tid);
	if (!t)
		goto out_free;
	opinion->task = t;
	ret = check(opinion, t);
	if (ret)
		goto out_task;

	/* suture_lock: the patch is not unloaded before it is known whose opinion it is. */
	mutex_lock(&suture_lock);
	if (READ_ONCE(patch->gone)) {
		ret = -ENOENT;
	} else {
		add(opinion);
		opinion = NULL;
		soon = patch->last_look + msecs_to_jiffies(PAUSE_MS);
		if (try && time_before(soon, patch->next_try))
			patch->next_try = soon;
	}
	mutex_unlock(&suture_lock);
	if (!ret && try)
		suture_transition_kick();
out_task:
	put_task_struct(t);
out_free:
	kfree(opinion);
out_patch:
	suture_patch_put(patch);
	return ret;
}
