// SPDX-License-Identifier: GPL-2.0
/*
 * What the last try in a process said, and the state of a process for people. The
 * truth about a process is in its mm; a record only adds why and how often.
 */
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "suture.h"

#define PRUNE_FIRST	256U	/* records, before the ended are looked for */

/* One a process; of what it ran before its last execve nothing counts. */
static struct suture_record *find_process(struct suture_patch *patch, struct pid *tgid)
{
	struct suture_record *record;

	list_for_each_entry(record, &patch->records, node) {
		if (record->tgid == tgid)
			return record;
	}
	return NULL;
}

/* An mm's address alone can come back with a later execve. */
static bool is_of(const struct suture_record *record, const struct task_struct *leader, void *mm)
{
	return record->mm == mm && record->exec_id == READ_ONCE(leader->self_exec_id);
}

static struct suture_record *find(struct suture_patch *patch, struct pid *tgid,
				  const struct task_struct *leader, void *mm)
{
	struct suture_record *record = find_process(patch, tgid);

	return record && is_of(record, leader, mm) ? record : NULL;
}

static void free_record(struct suture_patch *patch, struct suture_record *record)
{
	list_del(&record->node);
	patch->nr_records--;
	put_pid(record->tgid);
	kfree(record);
}

/* Forget the records of processes that have ended; or all. */
static void prune(struct suture_patch *patch, bool all)
{
	struct suture_record *record, *next;

	list_for_each_entry_safe(record, next, &patch->records, node) {
		bool dead;

		rcu_read_lock();
		dead = !pid_task(record->tgid, PIDTYPE_TGID);
		rcu_read_unlock();
		if (all || dead)
			free_record(patch, record);
	}
}

/*
 * suture_record - note how a try ended
 *
 * Returns how many tries there were, in a row of this state. No memory for it is no
 * error: the process's state is read from its mm anyway.
 */
u32 suture_record(struct suture_patch *patch, struct task_struct *leader, struct mm_struct *mm,
		  u32 state, int error, const struct suture_block *block, u32 held_us)
{
	struct pid *tgid = get_task_pid(leader, PIDTYPE_TGID);
	struct suture_record *record;
	u32 in_a_row = 0;

	if (!tgid)
		return 0;
	mutex_lock(&patch->records_lock);
	/* A new mapping can record without any look at all processes. */
	if (patch->nr_records >= patch->prune_at) {
		prune(patch, false);
		patch->prune_at = max(2 * patch->nr_records, PRUNE_FIRST);
	}
	record = find_process(patch, tgid);
	if (!record) {
		record = suture_try(kzalloc(sizeof(*record), GFP_KERNEL));
		if (!record)
			goto out;
		record->tgid = get_pid(tgid);
		list_add_tail(&record->node, &patch->records);
		patch->nr_records++;
	}
	if (!is_of(record, leader, mm)) {
		record->mm = mm;
		record->exec_id = READ_ONCE(leader->self_exec_id);
		record->attempts = 0;
		record->in_a_row = 0;
	}
	/* A new goal, new patience. */
	if (record->turns != READ_ONCE(patch->turns))
		record->in_a_row = 0;
	record->turns = READ_ONCE(patch->turns);
	record->error = error;
	record->reason = block ? block->reason : SUTURE_REASON_NONE;
	record->func = block ? block->func : SUTURE_NO_FUNC;
	record->tid = block ? block->tid : 0;
	memcpy(record->thread_comm, block ? block->comm : "", block ? TASK_COMM_LEN : 1);
	record->attempts++;
	record->silent = 0;
	record->in_a_row = record->state == state ? record->in_a_row + 1 : 1;
	in_a_row = record->in_a_row;
	record->state = state;
	record->held_us = held_us;
out:
	mutex_unlock(&patch->records_lock);
	put_pid(tgid);
	return in_a_row;
}

#define SILENT_PAUSE_MS	250	/* what comes sooner is the same try: looks come many at once */

/* One more try in a process with a record that is to stay as it is; how many there were. */
u32 suture_record_try(struct suture_patch *patch, struct task_struct *leader,
		      struct mm_struct *mm)
{
	struct pid *tgid = get_task_pid(leader, PIDTYPE_TGID);
	struct suture_record *record;
	u32 tries = U32_MAX;

	mutex_lock(&patch->records_lock);
	record = tgid ? find(patch, tgid, leader, mm) : NULL;
	if (record) {
		record->attempts++;
		if (!record->silent || time_after(jiffies, record->silent_at +
						  msecs_to_jiffies(SILENT_PAUSE_MS))) {
			record->silent++;
			record->silent_at = jiffies;
		}
		tries = record->silent;
	}
	mutex_unlock(&patch->records_lock);
	put_pid(tgid);
	return tries;
}

/*
 * suture_hook_not_again - has a hook been late here since the goal was set? Or (@refused
 * does count) has it refused?
 *
 * Then it is not asked again. Somebody who wants it asked loads or reverts again.
 */
bool suture_hook_not_again(struct suture_patch *patch, struct task_struct *leader,
			   struct mm_struct *mm, bool refused)
{
	struct pid *tgid = get_task_pid(leader, PIDTYPE_TGID);
	const struct suture_record *record;
	bool no;

	mutex_lock(&patch->records_lock);
	record = tgid ? find(patch, tgid, leader, mm) : NULL;
	no = record && record->turns == READ_ONCE(patch->turns) &&
	     record->state != SUTURE_PROC_PATCHED &&
	     ((refused && record->reason == SUTURE_REASON_HOOK) ||
	      record->reason == SUTURE_REASON_HOOK_LATE);
	mutex_unlock(&patch->records_lock);
	put_pid(tgid);
	return no;
}

/* Patched, and so it stays, but its post_patch was late. */
static bool is_told(const struct suture_patch *patch, const struct suture_record *record)
{
	return READ_ONCE(patch->goal) == SUTURE_GOAL_PATCHED &&
	       record->turns == READ_ONCE(patch->turns) &&
	       record->state == SUTURE_PROC_PATCHED && record->reason == SUTURE_REASON_HOOK_LATE;
}

/* There is something to say of this process, although nothing is to be done. */
bool suture_hook_told(struct suture_patch *patch, struct task_struct *leader,
		      struct mm_struct *mm)
{
	struct pid *tgid = get_task_pid(leader, PIDTYPE_TGID);
	const struct suture_record *record;
	bool told;

	mutex_lock(&patch->records_lock);
	record = tgid ? find(patch, tgid, leader, mm) : NULL;
	told = record && is_told(patch, record);
	mutex_unlock(&patch->records_lock);
	put_pid(tgid);
	return told;
}

void suture_records_prune(struct suture_patch *patch, bool all)
{
	mutex_lock(&patch->records_lock);
	prune(patch, all);
	mutex_unlock(&patch->records_lock);
}

/* Thread ids are kept as of the initial namespace; show them as the caller sees them. */
static int visible_tid(int tid)
{
	struct task_struct *t;
	int nr = 0;

	if (!tid)
		return 0;
	rcu_read_lock();
	t = pid_task(find_pid_ns(tid, &init_pid_ns), PIDTYPE_PID);
	if (t)
		nr = task_pid_nr_ns(t, task_active_pid_ns(current));
	rcu_read_unlock();
	return nr;
}

/* False: there is none. */
static bool add_record(struct suture_patch *patch, struct task_struct *leader, void *mm,
		       struct suture_proc *proc, bool take_state)
{
	struct pid *tgid = get_task_pid(leader, PIDTYPE_TGID);
	const struct suture_record *record;

	mutex_lock(&patch->records_lock);
	record = find(patch, tgid, leader, mm);
	if (record) {
		proc->attempts = record->attempts;
		proc->pause_us = record->held_us;
		take_state &= record->state != SUTURE_PROC_PATCHED ||
			      record->reason == SUTURE_REASON_REPLACED;
		take_state |= proc->state == SUTURE_PROC_PATCHED && !proc->reason &&
			      is_told(patch, record);
		if (take_state) {
			proc->state = record->state;
			proc->reason = record->reason;
			proc->error = record->error;
			proc->func = record->func;
			proc->tid = visible_tid(record->tid);
			memcpy(proc->thread_comm, record->thread_comm, sizeof(proc->thread_comm));
		}
	}
	mutex_unlock(&patch->records_lock);
	put_pid(tgid);
	return record;
}

static void state_of_view(const struct suture_view *view, bool reverting,
			  struct suture_proc *proc, bool *ret_take)
{
	*ret_take = false;
	switch (view->kind) {
	case SUTURE_VIEW_PATCHED:
		proc->state = SUTURE_PROC_PATCHED;
		*ret_take = reverting;
		if (view->hooks_due && !reverting) {
			proc->state = SUTURE_PROC_WAITING;
			proc->reason = SUTURE_REASON_HOOKS_DUE;
			*ret_take = true;
		} else if (view->partly) {
			proc->reason = SUTURE_REASON_PARTLY;
		}
		return;
	case SUTURE_VIEW_FOREIGN:
		proc->state = SUTURE_PROC_REFUSED;
		proc->reason = SUTURE_REASON_OLD_BYTES;
		proc->func = view->func;
		return;
	case SUTURE_VIEW_AMBIGUOUS:
		proc->state = SUTURE_PROC_REFUSED;
		proc->reason = SUTURE_REASON_AMBIGUOUS;
		return;
	default:
		break;
	}
	if (view->stale_base && (reverting || view->kind != SUTURE_VIEW_UNPATCHED)) {
		proc->state = SUTURE_PROC_DRAINING;
		*ret_take = true;
	} else if (view->kind == SUTURE_VIEW_UNPATCHED) {
		proc->state = SUTURE_PROC_UNPATCHED;
		*ret_take = !reverting;
	} else {
		proc->state = SUTURE_PROC_NOT_APPLICABLE;
		proc->reason = view->kind == SUTURE_VIEW_INCOMPLETE ? SUTURE_REASON_INCOMPLETE :
								      SUTURE_REASON_NOT_EXEC;
	}
}

#define VIEW_TRIES	10

/* Nobody is held here, and people want an answer: be patient with a busy mmap_lock. */
static int survey_patiently(struct suture_survey *survey, struct mm_struct *mm)
{
	int ret = -EBUSY, i;

	for (i = 0; i < VIEW_TRIES && ret == -EBUSY && !fatal_signal_pending(current); i++)
		ret = suture_survey_mm(survey, mm);
	return ret;
}

static bool fill(struct suture_survey *survey, struct task_struct *leader, struct mm_struct *mm,
		 struct suture_proc *proc)
{
	struct suture_patch *patch = survey->patch;
	bool reverting = READ_ONCE(patch->goal) == SUTURE_GOAL_UNPATCHED;
	const struct suture_view *view = &survey->view;
	bool take = false;
	int ret;

	ret = survey_patiently(survey, mm);
	if (!ret && view->kind == SUTURE_VIEW_FOREIGN) {
		/* Perhaps only some of the branches are written yet. */
		if (suture_mm_lock(mm)) {
			ret = survey_patiently(survey, mm);
			suture_mm_unlock(mm);
		}
	}
	if (!ret && view->kind == SUTURE_VIEW_NONE && !view->stale_base)
		return false;

	proc->pid = task_tgid_nr_ns(leader, task_active_pid_ns(current));
	proc->func = SUTURE_NO_FUNC;
	proc->start_time = leader->start_boottime;
	get_task_comm(proc->comm, leader);
	if (ret == -EBUSY) {
		proc->state = SUTURE_PROC_WAITING;
		proc->reason = SUTURE_REASON_BUSY;
		return add_record(patch, leader, mm, proc, false);
	} else if (ret) {
		proc->state = SUTURE_PROC_FAILED;
		proc->error = ret;
	} else {
		state_of_view(view, reverting, proc, &take);
	}
	add_record(patch, leader, mm, proc, take);
	if (!ret && !reverting && proc->state != SUTURE_PROC_DRAINING)
		suture_scope_judge(patch, leader, mm, view, proc);
	return true;
}

/*
 * suture_proc_fill - the state of a process, for people
 * @survey: of the patch; used over and over
 *
 * False: the process has nothing to do with the patch, or is so busy that it is not
 * known, and was never known to have.
 */
bool suture_proc_fill(struct suture_survey *survey, struct task_struct *leader,
		      struct suture_proc *proc)
{
	struct mm_struct *mm = suture_task_mm(leader);
	bool known;

	memset(proc, 0, sizeof(*proc));
	if (!mm)
		return false;
	known = fill(survey, leader, mm, proc);
	suture_task_mm_put(mm);
	return known;
}
