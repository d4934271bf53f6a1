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

#define OUTRUN_S	30	/* for so long new processes are held for a goal */
#define OUTRUN_VISITS	16	/* of new processes in a row */
#define BEGIN_MS	100	/* for so long one waits for its visit to begin, where visits */
#define BEGIN_MAX_MS	1000U	/* are short; and at the most */
#define VISIT_MAX_MS	1000	/* for so long for the end of one that has begun */

struct birth {
	struct callback_head work;
	struct list_head node;		/* patch->births; empty: not on it */
	struct suture_patch *patch;	/* referenced */
	struct task_struct *leader;	/* itself: alive as long as it is on the list */
	struct completion visited;
	bool begun;			/* its visit; births_lock */
	bool last;			/* the works of others have run before */
};

static LIST_HEAD(outrun);		/* the patches concerned, by birth_node */
static DEFINE_SPINLOCK(births_lock);	/* this list, and patch->births of each */
static bool is_paused;			/* births_lock */
static atomic_t works_in_flight = ATOMIC_INIT(0);	/* rmmod waits for them */
static bool was_registered, is_registered;		/* the transition's thread */

/* Is there anything left to do in current? It alone uses its mm, so only a hint is needed. */
static bool is_to_change(struct suture_patch *patch)
{
	struct mm_struct *mm = current->mm;
	struct suture_survey *survey;
	bool found;
	int ret;

	if (list_empty(&patch->birth_node))
		return false;
	survey = suture_survey_new(patch);
	if (!survey)
		return false;
	/* Who has the lock visits it just now: the end of that is waited for. */
	found = true;
	if (!suture_mm_lock(mm))
		goto out;
	ret = suture_survey_mm(survey, mm);
	if (ret)
		found = ret == -EBUSY;
	else if (READ_ONCE(patch->goal) == SUTURE_GOAL_PATCHED)
		found = survey->view.kind == SUTURE_VIEW_UNPATCHED &&
			suture_scope_allows(patch, current, mm);
	else
		found = survey->view.patch_base || survey->view.stale_base;
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

/* True: there is nothing more to wait for. @end: nor will there be. */
static bool wait_ms(struct birth *birth, unsigned int ms, bool end)
{
	long left = wait_for_completion_killable_timeout(&birth->visited, msecs_to_jiffies(ms));

	spin_lock(&births_lock);
	/* Who goes on in the middle of his visit may have had a child before he is changed. */
	end |= left || !birth->begun;
	if (end)
		take_off(birth);
	spin_unlock(&births_lock);
	return end;
}

static void wait_for_visit(struct birth *birth)
{
	struct suture_patch *patch = birth->patch;
	unsigned int ms;
	long left;

	spin_lock(&births_lock);
	left = (long)(patch->hold_until - jiffies);
	if (list_empty(&patch->birth_node) || left <= 0 || is_paused) {
		spin_unlock(&births_lock);
		return;
	}
	ms = min(patch->begin_ms, jiffies_to_msecs(left));
	list_add_tail(&birth->node, &patch->births);
	WRITE_ONCE(patch->unvisited, patch->unvisited + 1);
	spin_unlock(&births_lock);
	suture_transition_kick_now();
	if (!wait_ms(birth, ms, false))
		wait_ms(birth, VISIT_MAX_MS, true);
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

/* By the transition's thread. Where the kernel has no tracepoints it goes on without. */
static void set_hold(struct suture_patch *patch, bool on)
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

/*
 * suture_births_hold - are new processes to wait for their visit, for the goal of @turns?
 *
 * By the transition's thread, which holds no lock. With hooks a visit takes as long as they do,
 * and of canaries each counts: nobody waits for that. Who is born unpatched has a parent that
 * was there when the goal was set, so it comes to an end; and what is waited for after
 * OUTRUN_S is not a matter of births.
 */
void suture_births_hold(struct suture_patch *patch, u32 turns, bool on)
{
	if (on && (patch->note.nr_hooks || suture_canary_staged(patch)))
		on = false;
	if (on && (!patch->hold_until || patch->hold_turns != turns)) {
		spin_lock(&births_lock);
		patch->hold_until = (jiffies + OUTRUN_S * HZ) | 1;
		patch->hold_turns = turns;
		patch->begin_ms = BEGIN_MS;
		spin_unlock(&births_lock);
	}
	set_hold(patch, on && time_before(jiffies, patch->hold_until));
}

/* One that waits, referenced, or NULL. It waits until end_visit(). */
static struct task_struct *begin_visit(struct suture_patch *patch)
{
	struct task_struct *leader = NULL;
	struct birth *birth;

	if (!READ_ONCE(patch->unvisited) || time_after_eq(jiffies, patch->hold_until))
		return NULL;
	spin_lock(&births_lock);
	birth = first(patch);
	if (birth) {
		birth->begun = true;
		leader = get_task_struct(birth->leader);
	}
	spin_unlock(&births_lock);
	return leader;
}

/* False: it has not waited for the end of it, and may have forked. */
static bool end_visit(struct suture_patch *patch, const struct task_struct *leader)
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

/* Who comes next may have to wait for one like it that is under way, not of births alone. */
static void note_length(struct suture_patch *patch, unsigned long begin)
{
	unsigned int ms = BEGIN_MS + 2 * jiffies_to_msecs(jiffies - begin);

	spin_lock(&births_lock);
	patch->begin_ms = max(patch->begin_ms, min(ms, BEGIN_MAX_MS));
	spin_unlock(&births_lock);
}

/* Not all there are: more may come all the time. False: some have gone on in the middle of it. */
static bool visit_some(struct suture_patch *patch)
{
	struct task_struct *leader;
	struct suture_survey *survey;
	enum suture_goal goal;
	bool all_waited = true;
	unsigned long begin;
	unsigned int i;
	u32 turns;

	/* Pairs with suture_patch_set_goal(): the goal is that of these turns, or newer. */
	turns = smp_load_acquire(&patch->turns);
	goal = READ_ONCE(patch->goal);
	for (i = 0; i < OUTRUN_VISITS && !suture_turned(patch, turns); i++) {
		leader = begin_visit(patch);
		if (!leader)
			break;
		begin = jiffies;
		survey = suture_survey_new(patch);
		if (survey) {
			survey->newborn = true;
			suture_visit(survey, leader, goal);
		}
		suture_survey_free(survey);
		note_length(patch, begin);
		all_waited &= end_visit(patch, leader);
		put_task_struct(leader);
		cond_resched();
	}
	return all_waited;
}

/*
 * suture_births_visit - those that wait, of all patches, before all others
 *
 * They have had no child yet, so nothing is to be repeated; false: some have gone on in the
 * middle of it. By the transition's thread, which alone adds to the list of these patches and
 * takes away.
 */
bool suture_births_visit(void)
{
	struct suture_patch *patch, *next;
	bool all_waited = true;

	list_for_each_entry_safe(patch, next, &outrun, birth_node) {
		if (READ_ONCE(patch->unvisited))
			all_waited &= visit_some(patch);
		if (time_after_eq(jiffies, patch->hold_until))
			set_hold(patch, false);
		if (READ_ONCE(patch->unvisited))
			suture_transition_kick_now();
	}
	return all_waited;
}

/*
 * suture_births_pause - while the transition's thread is busy with hooks nobody waits for a visit
 *
 * It may be long; and a hook may wait for a child. By this thread, also in the middle of a visit.
 */
void suture_births_pause(bool on)
{
	struct suture_patch *patch;
	struct birth *birth;

	spin_lock(&births_lock);
	is_paused = on;
	list_for_each_entry(patch, &outrun, birth_node) {
		while (on && (birth = first(patch)))
			let_go(birth);
	}
	spin_unlock(&births_lock);
}

/* No patch is loaded, and the transition's thread is gone: wait for the last works. */
void suture_births_flush(void)
{
	if (was_registered)
		suture_fork_probe_flush();
	while (atomic_read(&works_in_flight))
		msleep(1);
}
