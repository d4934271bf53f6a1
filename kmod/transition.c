// SPDX-License-Identifier: GPL-2.0
/*
 * The transition: one kernel thread leads one process after the other to the
 * patch's goal, and repeats until a look at all processes finds nothing left.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/slab.h>

#include "suture.h"

#define DELAY_FIRST_MS	10
#define DELAY_MAX_MS	1000
#define DELAY_PASSING_MS 40
#define PASSING_ROUNDS	100
#define DIRTY_PAUSE_MS	10	/* between two looks for the sake of new mappings */
#define ROUNDS		100	/* looks at the most because processes were changed, or ended */
#define DIRTY_ROUNDS	10	/* of them, at all processes again, because of new mappings */
#define LOST_ROUNDS	10	/* because they ended, while others are waited for anyway */
#define CLEAN_LOOKS	5	/* see nobody_left() */
#define OUTRUN_ROUNDS	5	/* looks in a step, or steps: outrun by forks (birth.c) */
#define LOOK_AROUND_MS	1000	/* between two looks that nothing has asked for */

#define KICKED_SOON	1
#define KICKED_NOW	2

static struct task_struct *worker;
static DECLARE_WAIT_QUEUE_HEAD(worker_wait);
static atomic_t worker_kicked;		/* KICKED_* */

static void kick(int how)
{
	/* What there is to do was written before; a cmpxchg that fails orders nothing. Pairs with
	 * the atomic_xchg() in work(). */
	smp_mb();
	if (atomic_cmpxchg(&worker_kicked, 0, how) && how == KICKED_NOW)
		atomic_set(&worker_kicked, how);
	wake_up(&worker_wait);
}

void suture_transition_kick(void)
{
	kick(KICKED_SOON);
}

/* By a thread that has something to do: it does not make room for the worker. */
void suture_transition_kick_now(void)
{
	kick(KICKED_NOW);
}

/* How a look at all processes ended. */
struct tally {
	unsigned int changed;	/* are at the goal since this look */
	unsigned int waiting;
	unsigned int passing;	/* of those: for a reason that does not last */
	unsigned int lost;	/* have ended, perhaps after a fork */
};

/* The goal is not what it was, or there is none any more. By the transition's thread. */
bool suture_turned(const struct suture_patch *patch, u32 turns)
{
	return READ_ONCE(patch->turns) != turns || kthread_should_stop();
}

/*
 * Look at all processes but those that were settled by the last look, @seen, whose place this
 * one takes. So a look again is short, and meets who forks and ends at once before he does. 0,
 * -ENOMEM, or -EAGAIN: the goal has turned meanwhile.
 */
static int look(struct suture_patch *patch, enum suture_goal goal, u32 turns,
		struct suture_shares *shares, struct suture_procs *seen, struct tally *tally)
{
	struct suture_survey *survey;
	struct suture_procs procs;
	enum suture_outcome outcome;
	unsigned int i, left, from = 0;
	int ret;

	memset(tally, 0, sizeof(*tally));
	survey = suture_survey_new(patch);
	if (!survey)
		return -ENOMEM;
	ret = suture_procs_collect(&procs);
	if (ret)
		goto out;
	if (goal == SUTURE_GOAL_PATCHED && suture_canary_staged(patch)) {
		/* Who is next is not a matter of who is new. */
		suture_procs_free(seen);
		ret = suture_canary_begin(survey, &procs);
		tally->waiting = max(ret, 0);
		ret = min(ret, 0);
	}
	i = suture_procs_find(&procs, patch->first);
	for (left = procs.nr; left && !ret; left--, i++) {
		struct task_struct *leader;
		bool settled = true;

		if (i == procs.nr) {
			i = 0;
			from = 0;
		}
		leader = procs.of[i].task;
		if (!suture_births_visit())
			tally->changed++;
		if (suture_turned(patch, turns)) {
			ret = -EAGAIN;
			break;
		}
		if (suture_procs_settled(seen, leader, &from)) {
			procs.of[i].settled = true;
			continue;
		}
		if (suture_share_spent(shares, leader)) {
			if (!shares->first)
				shares->first = leader->start_boottime;
			tally->waiting++;
			continue;
		}
		patch->hooks_ns = 0;
		outcome = suture_visit(survey, leader, goal);
		suture_share_spend(shares, leader, patch->hooks_ns);
		switch (outcome) {
		case SUTURE_OUTCOME_CHANGED:
			tally->changed++;
			settled = false;	/* it may have another copy */
			break;
		case SUTURE_OUTCOME_PASSING:
			tally->passing++;
			fallthrough;
		case SUTURE_OUTCOME_WAITING:
			tally->waiting++;
			settled = false;
			break;
		case SUTURE_OUTCOME_STUCK:
			/* Unloading must wait for everybody. */
			settled = goal == SUTURE_GOAL_PATCHED;
			tally->waiting += !settled;
			break;
		case SUTURE_OUTCOME_LOST:
			tally->lost++;
			break;
		case SUTURE_OUTCOME_DONE:
			break;
		}
		procs.of[i].settled = settled;
		cond_resched();
	}
	suture_procs_free(seen);
	*seen = procs;
out:
	suture_survey_free(survey);
	return ret;
}

/* @passing: nobody waits for a reason that lasts. But that, too, comes to an end. */
static void try_later(struct suture_patch *patch, bool passing)
{
	unsigned int max = passing && ++patch->rounds < PASSING_ROUNDS ? DELAY_PASSING_MS :
									 DELAY_MAX_MS;

	patch->delay_ms = patch->delay_ms ? min(2 * patch->delay_ms, max) : DELAY_FIRST_MS;
	patch->next_try = jiffies + msecs_to_jiffies(patch->delay_ms);
}

/*
 * Nothing is left in any process that was seen, but is nobody missed? No mapping of
 * the file is proof. Somebody may map it only to read it, though, so several looks
 * in a row that found nothing are taken for one.
 */
static bool nobody_left(struct suture_patch *patch)
{
	if (!mapping_mapped(patch->inode->i_mapping))
		return true;
	return ++patch->clean_looks >= CLEAN_LOOKS;
}

/* Under suture_lock: the transition, or this round of it, is at its end. */
static void conclude(struct suture_patch *patch, enum suture_goal goal, bool done, bool passing)
{
	if (!done)
		patch->clean_looks = 0;
	if (goal == SUTURE_GOAL_UNPATCHED) {
		if (done && nobody_left(patch)) {
			if (suture_targets_free(patch)) {
				suture_patch_unload(patch);
				return;
			}
			done = false;
		}
		if (done)
			patch->delay_ms = 0;
		try_later(patch, passing);
	} else if (done) {
		patch->state = SUTURE_PATCH_APPLIED;
		patch->delay_ms = 0;
		wake_up_all(&patch->wait);
	} else {
		/* Also one that was applied, and whose new process has to wait. */
		patch->state = SUTURE_PATCH_APPLYING;
		try_later(patch, passing);
	}
}

#define NUDGE_TRIES	6	/* the first waits for the thread as well (change.c) */
#define NUDGE_FIRST_US	40U
#define NUDGE_SOON_MS	100	/* after one in vain, looks come often, unless many were */

/* A thread of this process has come back, and is just leaving the function. */
static void follow_nudge(struct suture_patch *patch, enum suture_goal goal, u32 turns,
			 struct suture_shares *shares)
{
	struct pid *tgid = xchg(&patch->nudged, NULL);
	struct task_struct *leader = get_pid_task(tgid, PIDTYPE_TGID);
	struct suture_survey *survey = leader ? suture_survey_new(patch) : NULL;
	enum suture_outcome outcome = SUTURE_OUTCOME_WAITING;
	unsigned int i;

	for (i = 0; survey && i < NUDGE_TRIES && !suture_turned(patch, turns); i++) {
		survey->leaving = !i;
		patch->hooks_ns = 0;
		outcome = suture_visit(survey, leader, goal);
		suture_share_spend(shares, leader, patch->hooks_ns);
		if ((outcome != SUTURE_OUTCOME_WAITING && outcome != SUTURE_OUTCOME_PASSING) ||
		    suture_share_spent(shares, leader))
			break;
		usleep_range(NUDGE_FIRST_US << i, 2 * NUDGE_FIRST_US << i);
	}
	if (patch->nudge_pause_ms < NUDGE_SOON_MS)
		patch->delay_ms = 0;
	/* A thread may come and go inside all the time. */
	if (outcome == SUTURE_OUTCOME_WAITING)
		i = clamp(2 * patch->nudge_pause_ms, (unsigned int)DELAY_FIRST_MS,
			  (unsigned int)DELAY_MAX_MS);
	else
		i = DELAY_FIRST_MS;
	WRITE_ONCE(patch->nudge_pause_ms, i);
	suture_survey_free(survey);
	if (leader)
		put_task_struct(leader);
	put_pid(tgid);
}

/* A process that was changed may have forked before, and one that has ended as well; but
 * others come and go all the time, so that ends some day. */
static bool must_repeat(const struct tally *tally, unsigned int rounds)
{
	if (tally->changed)
		return rounds < ROUNDS;
	return tally->lost && rounds < (tally->waiting ? LOST_ROUNDS : ROUNDS);
}

static void step(struct suture_patch *patch)
{
	struct suture_shares shares = {};
	struct suture_procs seen = {};
	unsigned int rounds = 0, outrun = 0;
	enum suture_goal goal;
	struct tally tally;
	bool applying, hold;
	u32 turns;
	int ret;

	mutex_lock(&suture_lock);
	turns = patch->turns;
	goal = patch->goal;
	mutex_unlock(&suture_lock);
	if (READ_ONCE(patch->nudged))
		follow_nudge(patch, goal, turns, &shares);
	suture_nudges_cancel(patch);
	WRITE_ONCE(patch->dirty, false);
	patch->left_over = false;
	suture_records_prune(patch, false);
	suture_leftovers_prune(patch, false);
	/* pairs with work_for(): who is at work towards the other goal is counted here, and met
	 * by the next step; who begins from here on sees that it has turned */
	smp_mb();
	applying = goal == SUTURE_GOAL_UNPATCHED && atomic_read(&patch->applying);
	for (;;) {
		ret = look(patch, goal, turns, &shares, &seen, &tally);
		outrun += !ret && (tally.changed || tally.lost);
		if (ret || !must_repeat(&tally, ++rounds))
			break;
		if (outrun == OUTRUN_ROUNDS)
			suture_births_hold(patch, turns, true);
		/* One that was settled has mapped something, and could not do all by itself. */
		if (READ_ONCE(patch->dirty) && rounds < DIRTY_ROUNDS) {
			WRITE_ONCE(patch->dirty, false);
			suture_procs_free(&seen);
			smp_mb();	/* as above: what made it dirty is seen by the look */
		}
	}
	suture_procs_free(&seen);
	if (!ret)
		suture_share_put_off(patch, shares.first);

	mutex_lock(&suture_lock);
	if (patch->turns != turns)
		patch->next_try = jiffies;
	else
		conclude(patch, goal, !ret && !tally.waiting && !tally.changed && !applying,
			 !ret && tally.waiting == tally.passing);
	patch->last_look = jiffies;
	hold = !ret && !patch->gone && patch->state != SUTURE_PATCH_APPLIED &&
	       (outrun >= OUTRUN_ROUNDS ||
		(tally.passing && patch->rounds >= OUTRUN_ROUNDS));
	mutex_unlock(&suture_lock);
	suture_births_hold(patch, turns, hold);
}

/* dlclose of one of several objects tells nobody, nor does who leaves a left-over mapping, nor
 * a fork that takes its time. */
static bool must_look_around(const struct suture_patch *patch)
{
	unsigned long until = READ_ONCE(patch->look_until);

	return patch->note.nr_objects > 1 || patch->left_over ||
	       (until && time_before(jiffies, until));
}

static bool has_work(const struct suture_patch *patch)
{
	return READ_ONCE(patch->nudged) || READ_ONCE(patch->dirty) ||
	       patch->state != SUTURE_PATCH_APPLIED ||
	       must_look_around(patch);
}

/* When the patch wants to be looked at. A process can make it dirty all the time. */
static unsigned long due(const struct suture_patch *patch)
{
	unsigned long soon = patch->last_look + msecs_to_jiffies(DIRTY_PAUSE_MS);

	if (READ_ONCE(patch->nudged))
		return jiffies;
	if (patch->state == SUTURE_PATCH_APPLIED)
		return READ_ONCE(patch->dirty) ? soon :
						 patch->last_look +
						 msecs_to_jiffies(LOOK_AROUND_MS);
	if (READ_ONCE(patch->dirty) && time_before(soon, patch->next_try))
		return soon;
	return patch->next_try;
}

/* The patch that has waited longest, referenced; else when to look again. */
static struct suture_patch *next_patch(unsigned long *ret_timeout)
{
	struct suture_patch *patch, *found = NULL;
	unsigned long now = jiffies;

	*ret_timeout = MAX_SCHEDULE_TIMEOUT;
	mutex_lock(&suture_lock);
	list_for_each_entry(patch, &suture_patches, node) {
		if (!has_work(patch))
			continue;
		if (time_before(now, due(patch)))
			*ret_timeout = min(*ret_timeout, due(patch) - now);
		else if (!found || time_before(patch->last_look, found->last_look))
			found = patch;
	}
	if (found)
		kref_get(&found->ref);
	mutex_unlock(&suture_lock);
	return found;
}

static int work(void *unused)
{
	struct suture_patch *patch;
	unsigned long timeout;

	while (!kthread_should_stop()) {
		/* Whoever called goes to sleep meanwhile, and his CPU is the better place for
		 * us than that of a thread which we would keep from running. */
		if (atomic_xchg(&worker_kicked, 0) == KICKED_SOON)
			usleep_range(50, 100);
		suture_births_visit();
		patch = next_patch(&timeout);
		if (patch) {
			step(patch);
			suture_patch_put(patch);
			continue;
		}
		wait_event_idle_timeout(worker_wait,
					atomic_read(&worker_kicked) || kthread_should_stop(),
					timeout);
	}
	return 0;
}

int suture_transition_init(void)
{
	worker = kthread_run(work, NULL, "suture");
	return PTR_ERR_OR_ZERO(worker);
}

void suture_transition_exit(void)
{
	kthread_stop(worker);
}
