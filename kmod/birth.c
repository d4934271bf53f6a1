// SPDX-License-Identifier: GPL-2.0
/*
 * New processes, while a transition is outrun. In a chain of processes each of which has a
 * child and ends, each may live for a shorter time than a visit takes: who is changed has had
 * his child by then. So when looks do not come to an end, a child that is still to be changed
 * waits at its birth, before it has run anything, until it was visited. At all other times
 * nobody is told of a fork.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "suture.h"

#define BIRTH_WAIT_MS	100	/* at the most; a visit takes much less */

struct birth {
	struct callback_head work;
	struct list_head node;		/* patch->births; empty: not on it */
	struct suture_patch *patch;	/* referenced */
	struct task_struct *leader;	/* itself: alive as long as it is on the list */
	struct completion visited;
	bool last;			/* the works of others have run before */
};

static LIST_HEAD(outrun);		/* the patches concerned, by birth_node */
static DEFINE_SPINLOCK(births_lock);	/* this list, and patch->births of each */
static atomic_t works_in_flight = ATOMIC_INIT(0);	/* rmmod waits for them */
static bool was_registered, is_registered;		/* the transition's thread */

/* Is there anything left to do in current? It alone uses its mm, so only a hint is needed. */
static bool is_to_change(struct suture_patch *patch)
{
	struct mm_struct *mm = current->mm;
	struct suture_survey *survey;
	bool found = false;

	if (list_empty(&patch->birth_node))
		return false;
	survey = suture_survey_new(patch);
	if (!survey)
		return false;
	if (!suture_mm_lock(mm))
		goto out;
	if (!suture_survey_mm(survey, mm)) {
		if (READ_ONCE(patch->goal) == SUTURE_GOAL_PATCHED)
			found = survey->view.kind == SUTURE_VIEW_UNPATCHED &&
				suture_scope_allows(patch, current, mm);
		else
			found = survey->view.patch_base || survey->view.stale_base;
	}
	suture_mm_unlock(mm);
out:
	suture_survey_free(survey);
	return found;
}

/* Under births_lock. */
static void take_off(struct birth *birth)
{
	if (list_empty(&birth->node))
		return;
	list_del_init(&birth->node);
	WRITE_ONCE(birth->patch->unvisited, birth->patch->unvisited - 1);
}

/* Likewise. */
static struct birth *first(struct suture_patch *patch)
{
	return list_first_entry_or_null(&patch->births, struct birth, node);
}

/* Likewise: it goes on, and may be no more when the lock is free. */
static void let_go(struct birth *birth)
{
	take_off(birth);
	complete(&birth->visited);
}

static void wait_for_visit(struct birth *birth)
{
	struct suture_patch *patch = birth->patch;

	spin_lock(&births_lock);
	if (list_empty(&patch->birth_node)) {
		spin_unlock(&births_lock);
		return;
	}
	list_add_tail(&birth->node, &patch->births);
	WRITE_ONCE(patch->unvisited, patch->unvisited + 1);
	spin_unlock(&births_lock);
	suture_transition_kick_now();
	wait_for_completion_killable_timeout(&birth->visited, msecs_to_jiffies(BIRTH_WAIT_MS));
	spin_lock(&births_lock);
	take_off(birth);
	spin_unlock(&births_lock);
}

/* The count last: rmmod waits for it. */
static void end_birth(struct birth *birth)
{
	struct suture_patch *patch = birth->patch;

	kfree(birth);
	suture_patch_put(patch);
	atomic_dec(&works_in_flight);
}

/* On the first way of a new process to user mode. */
static void birth_work(struct callback_head *work)
{
	struct birth *birth = container_of(work, struct birth, work);

	/* The newest runs first, but what fork itself has queued is to be done before the visit:
	 * the page that return addresses hidden by uretprobes lead to (dup_xol_work()). */
	if (!birth->last) {
		birth->last = true;
		if (!suture_task_work_add(current, work))
			return;
	}
	if (!(current->flags & PF_EXITING) && is_to_change(birth->patch))
		wait_for_visit(birth);
	end_birth(birth);
}

/* In the parent: the child is in the list of processes, and does not run yet. */
static void born(void *unused, struct task_struct *parent, struct task_struct *child)
{
	struct suture_patch *patch;
	struct birth *birth;

	/* A child that shares the mm was there, as one of its users, at the visit. */
	if (!child->mm || child->mm == parent->mm || (child->flags & PF_KTHREAD))
		return;
	spin_lock(&births_lock);
	list_for_each_entry(patch, &outrun, birth_node) {
		birth = kzalloc(sizeof(*birth), GFP_ATOMIC | __GFP_NOWARN);
		if (!birth)
			break;
		init_task_work(&birth->work, birth_work);
		INIT_LIST_HEAD(&birth->node);
		init_completion(&birth->visited);
		birth->patch = patch;
		birth->leader = child;
		kref_get(&patch->ref);
		atomic_inc(&works_in_flight);
		if (suture_task_work_add(child, &birth->work))
			end_birth(birth);	/* not the last reference: it is on the list */
	}
	spin_unlock(&births_lock);
}

/*
 * suture_births_hold - are new processes to wait for their visit?
 *
 * By the transition's thread, which holds no lock. Where the kernel has no tracepoints it goes
 * on without.
 */
void suture_births_hold(struct suture_patch *patch, bool on)
{
	struct birth *birth;
	bool wanted;

	if (on != list_empty(&patch->birth_node))
		return;
	spin_lock(&births_lock);
	if (on)
		list_add(&patch->birth_node, &outrun);
	else
		list_del_init(&patch->birth_node);
	while (!on && (birth = first(patch)))
		let_go(birth);
	wanted = !list_empty(&outrun);
	spin_unlock(&births_lock);
	if (wanted && !is_registered) {
		is_registered = !suture_fork_probe_register(born);
		was_registered |= is_registered;
	} else if (!wanted && is_registered) {
		suture_fork_probe_unregister(born);
		is_registered = false;
	}
}

/* For each patch whose new processes wait. By the transition's thread, which alone adds to them
 * and takes away; @fn may take away its own. */
void suture_births_each(void (*fn)(struct suture_patch *patch))
{
	struct suture_patch *patch, *next;

	list_for_each_entry_safe(patch, next, &outrun, birth_node)
		fn(patch);
}

/* One that waits, referenced, or NULL. It waits until suture_births_visited(). */
struct task_struct *suture_births_next(struct suture_patch *patch)
{
	struct task_struct *leader = NULL;
	struct birth *birth;

	if (!READ_ONCE(patch->unvisited))
		return NULL;
	spin_lock(&births_lock);
	birth = first(patch);
	if (birth)
		leader = get_task_struct(birth->leader);
	spin_unlock(&births_lock);
	return leader;
}

/* This one was visited. False: it has not waited for the end of it, and may have forked. */
bool suture_births_visited(struct suture_patch *patch, const struct task_struct *leader)
{
	struct birth *birth;
	bool waited;

	spin_lock(&births_lock);
	birth = first(patch);
	waited = birth && birth->leader == leader;
	if (waited)
		let_go(birth);
	spin_unlock(&births_lock);
	return waited;
}

/* No patch is loaded, and the transition's thread is gone: wait for the last works. */
void suture_births_flush(void)
{
	if (was_registered)
		suture_fork_probe_flush();
	while (atomic_read(&works_in_flight))
		msleep(1);
}
