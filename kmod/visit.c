// SPDX-License-Identifier: GPL-2.0
/* One process, led towards the goal of a patch as far as it goes now. */
#include <linux/sched/mm.h>

#include "suture.h"

#define STALE_TRIES	3	/* in one where unexpected bytes have come up */
#define NOMEM_TRIES	8	/* in a process for which there is no memory */
#define SILENT_TRIES	8	/* in one where a hook has said no, and an error lasts */

/* The process runs, and was met at a bad moment. */
static bool is_passing(u32 reason)
{
	return reason == SUTURE_REASON_RUNNING || reason == SUTURE_REASON_FORKING ||
	       reason == SUTURE_REASON_BUSY;
}

/* What was to be changed is not where it was: the process has unmapped it meanwhile. */
static bool has_gone(struct suture_survey *survey)
{
	unsigned long bases[SUTURE_MAX_OBJECTS];
	int ret;

	memcpy(bases, survey->view.bases, sizeof(bases));
	ret = suture_survey_mm(survey, survey->mm);
	return ret == -EBUSY || (!ret && memcmp(bases, survey->view.bases, sizeof(bases)));
}

/* The library is there more than once, and in another copy the hooks are still due, or may be. */
static bool is_due_elsewhere(struct suture_survey *survey)
{
	if (READ_ONCE(survey->patch->goal) != SUTURE_GOAL_PATCHED)
		return false;
	survey->hooks_first = true;
	return suture_survey_mm(survey, survey->mm) ||
	       (survey->view.kind == SUTURE_VIEW_PATCHED && survey->view.hooks_due);
}

/* The survey is not what it was afterwards. */
static enum suture_outcome ended(struct suture_survey *survey, struct task_struct *leader,
				 int ret, const struct suture_block *block, u32 held_us,
				 u32 waiting_state)
{
	static const struct suture_block busy = {
		.reason = SUTURE_REASON_BUSY, .func = SUTURE_NO_FUNC,
	};
	struct suture_patch *patch = survey->patch;
	u32 state = block->reason ? SUTURE_PROC_REFUSED : SUTURE_PROC_FAILED;
	u32 attempts;

	if (ret == -EFAULT && has_gone(survey)) {
		ret = -EAGAIN;
		block = &busy;
	}
	/* Hooks were due, and one has said no: the branches go in the next try, and what the
	 * hook has said is not asked again. */
	if ((ret == -EAGAIN || ret == -ESTALE) && block->reason == SUTURE_REASON_HOOK) {
		suture_record(patch, leader, survey->mm, SUTURE_PROC_REFUSED, block->value, block,
			      held_us);
		return SUTURE_OUTCOME_PASSING;
	}
	if ((ret == -EAGAIN || ret == -ESTALE) && block->reason == SUTURE_REASON_HOOK_LATE) {
		suture_record(patch, leader, survey->mm, SUTURE_PROC_FAILED, -ETIMEDOUT, block,
			      held_us);
		return SUTURE_OUTCOME_PASSING;
	}
	switch (ret) {
	case 0:
		suture_record(patch, leader, survey->mm, SUTURE_PROC_PATCHED, 0,
			      block->reason == SUTURE_REASON_HOOK_LATE ? block : NULL, held_us);
		return SUTURE_OUTCOME_CHANGED;
	case -ENOMEM:
		/* Usually it passes; but a process may have reached a limit of its own. */
		attempts = suture_record(patch, leader, survey->mm, SUTURE_PROC_FAILED, ret,
					 block, held_us);
		return attempts < NOMEM_TRIES ? SUTURE_OUTCOME_WAITING : SUTURE_OUTCOME_STUCK;
	case -EEXIST:	/* somebody else was faster with every free place */
	case -EINTR:	/* the process is being killed */
	case -ESRCH:
		suture_record(patch, leader, survey->mm, waiting_state, 0, block, held_us);
		return SUTURE_OUTCOME_PASSING;
	case -EAGAIN:
		suture_record(patch, leader, survey->mm, waiting_state, 0, block, held_us);
		if (is_passing(block->reason))
			return SUTURE_OUTCOME_PASSING;
		if (!survey->newborn && (block->reason == SUTURE_REASON_INSIDE ||
					 block->reason == SUTURE_REASON_ALTSTACK))
			suture_nudge_ask(patch, block->tid);
		return SUTURE_OUTCOME_WAITING;
	}
	if (ret == -ESTALE || ret == -EFAULT) {
		/* Perhaps only just now: the process itself maps and unmaps. */
		attempts = suture_record(patch, leader, survey->mm, state, ret, block, held_us);
		return attempts < STALE_TRIES ? SUTURE_OUTCOME_PASSING : SUTURE_OUTCOME_STUCK;
	}
	if (block->reason == SUTURE_REASON_HOOK)
		ret = block->value;
	else if (block->reason == SUTURE_REASON_HOOK_LATE)
		state = SUTURE_PROC_FAILED;
	suture_record(patch, leader, survey->mm, state, ret, block, held_us);
	if ((block->reason == SUTURE_REASON_HOOK || block->reason == SUTURE_REASON_HOOK_LATE) &&
	    is_due_elsewhere(survey))
		return SUTURE_OUTCOME_PASSING;
	return SUTURE_OUTCOME_STUCK;
}

/* A mapping that nothing leads to; one of perhaps several. Nobody waits for it: where a
 * thread is inside, or came too late, it is tried again by and by. */
static enum suture_outcome clean_up(struct suture_survey *survey, struct task_struct *leader)
{
	struct suture_block block = {};
	u32 held_us = 0;

	if (!survey->view.stale_base)
		return SUTURE_OUTCOME_DONE;
	if (!suture_drain_mm(survey, leader, survey->view.stale_base, &block, &held_us))
		return SUTURE_OUTCOME_CHANGED;
	survey->patch->left_over = true;
	return SUTURE_OUTCOME_DONE;
}

/* Is it worth another try? Without a record of it: that keeps what a hook has said. */
static bool may_pass(struct suture_survey *survey, struct task_struct *leader, int ret)
{
	if (ret == -EAGAIN || ret == -EINTR || ret == -EEXIST ||
	    (ret == -EFAULT && has_gone(survey)))
		return true;
	return suture_record_try(survey->patch, leader, survey->mm) <= SILENT_TRIES;
}

/* A hook has said no, and its branches could not be taken out together with that. */
static enum suture_outcome take_out(struct suture_survey *survey, struct task_struct *leader)
{
	struct suture_block block = {};
	u32 held_us = 0;
	int ret = suture_revert_mm(survey, leader, false, &block, &held_us);

	if (!ret)
		return SUTURE_OUTCOME_CHANGED;
	return may_pass(survey, leader, ret) ? SUTURE_OUTCOME_WAITING : SUTURE_OUTCOME_STUCK;
}

static enum suture_outcome towards_patched(struct suture_survey *survey, struct task_struct *leader)
{
	const struct suture_view *view = &survey->view;
	struct suture_patch *patch = survey->patch;
	struct suture_block block = {};
	u32 held_us = 0;
	int ret;

	switch (view->kind) {
	case SUTURE_VIEW_UNPATCHED:
		if (patch->note.nr_hooks &&
		    suture_hook_not_again(patch, leader, survey->mm, true)) {
			clean_up(survey, leader);
			return SUTURE_OUTCOME_STUCK;
		}
		if (!suture_canary_wants(patch) ||
		    !suture_scope_allows(patch, leader, survey->mm))
			return clean_up(survey, leader);
		ret = suture_replaced_here(patch, survey->mm);
		if (ret > 0)
			return clean_up(survey, leader);
		if (ret)
			return SUTURE_OUTCOME_WAITING;
		ret = suture_apply_mm(survey, leader, &block, &held_us);
		if (!ret)
			suture_canary_took(patch);
		return ended(survey, leader, ret, &block, held_us, SUTURE_PROC_WAITING);
	case SUTURE_VIEW_PATCHED:
		if (!view->fix && !view->hooks_due)
			return clean_up(survey, leader);
		if (view->hooks_due && suture_hook_not_again(patch, leader, survey->mm, true))
			return take_out(survey, leader);
		ret = suture_fix_mm(survey, leader, &block, &held_us);
		return ended(survey, leader, ret, &block, held_us, SUTURE_PROC_WAITING);
	case SUTURE_VIEW_INCOMPLETE:
		if (!view->patch_base)
			return clean_up(survey, leader);
		if (patch->note.nr_hooks && suture_hook_not_again(patch, leader, survey->mm, true))
			return take_out(survey, leader);
		/* A target is gone, and what its hooks would look at with it. */
		ret = suture_revert_mm(survey, leader, false, &block, &held_us);
		return ended(survey, leader, ret, &block, held_us, SUTURE_PROC_WAITING);
	case SUTURE_VIEW_NONE:
	case SUTURE_VIEW_NOT_EXEC:
		return clean_up(survey, leader);
	case SUTURE_VIEW_FOREIGN:
	case SUTURE_VIEW_AMBIGUOUS:
		break;
	}
	return SUTURE_OUTCOME_STUCK;
}

/*
 * Another patch takes this one's place in some processes. If it is for this one as well, it
 * goes first: else a new process would run the earlier one until the later's own look. Where
 * its hook may refuse, the earlier one has to be there before; and a new process does not wait
 * for hooks (birth.c).
 */
static enum suture_outcome put_in(struct suture_survey *survey, struct task_struct *leader,
				  struct suture_patch *replacer)
{
	enum suture_outcome outcome = SUTURE_OUTCOME_DONE;
	struct suture_survey *its;

	if (READ_ONCE(replacer->goal) != SUTURE_GOAL_PATCHED || suture_canary_staged(replacer) ||
	    !suture_scope_allows(replacer, leader, survey->mm))
		return towards_patched(survey, leader);
	if (survey->newborn && replacer->note.nr_hooks) {
		WRITE_ONCE(replacer->dirty, true);
		return towards_patched(survey, leader);
	}
	if (suture_has_hooks(replacer, SUTURE_HOOK_PRE_PATCH))
		return towards_patched(survey, leader);
	/* The same is done there; of two tries here the second might be the lucky one. */
	if (suture_watch_comes(survey->patch, survey->mm)) {
		WRITE_ONCE(survey->patch->dirty, true);
		return READ_ONCE(survey->patch->state) == SUTURE_PATCH_APPLIED ?
		       SUTURE_OUTCOME_DONE : SUTURE_OUTCOME_PASSING;
	}
	its = suture_survey_new(replacer);
	if (its)
		its->newborn = survey->newborn;
	if (its && !suture_survey_mm(its, survey->mm) && its->view.kind == SUTURE_VIEW_UNPATCHED &&
	    READ_ONCE(replacer->goal) == SUTURE_GOAL_PATCHED) {
		replacer->hooks_ns = 0;
		outcome = towards_patched(its, leader);
		survey->patch->hooks_ns += replacer->hooks_ns;
	}
	suture_survey_free(its);
	/* Who waits for it here is met by its own look. */
	if (outcome != SUTURE_OUTCOME_DONE)
		WRITE_ONCE(replacer->dirty, true);
	/* If it came, what the survey says is no longer so. */
	return outcome == SUTURE_OUTCOME_CHANGED ? outcome : towards_patched(survey, leader);
}

/*
 * Does a patch that takes the place of this one keep it in force here? Only where the
 * new one has nothing to do the old one goes by itself.
 */
static bool is_kept(const struct suture_survey *survey, struct task_struct *leader)
{
	struct suture_patch *replacer = suture_replacer_get(survey->patch);
	struct suture_survey *its = NULL;
	bool keep = false;

	if (!replacer)
		return false;
	if (READ_ONCE(survey->patch->unwanted)) {
		suture_patch_put(replacer);
		return false;
	}
	/* While the new one is for some processes only, only the user wants the old out. */
	if (READ_ONCE(replacer->goal) == SUTURE_GOAL_PATCHED && !suture_scope_partial(replacer)) {
		its = suture_survey_new(replacer);
		keep = !its || suture_survey_mm(its, survey->mm) ||
		       (its->view.kind != SUTURE_VIEW_NONE &&
			its->view.kind != SUTURE_VIEW_NOT_EXEC &&
			its->view.kind != SUTURE_VIEW_PATCHED);
	}
	suture_survey_free(its);
	suture_patch_put(replacer);
	return keep;
}

static enum suture_outcome towards_unpatched(struct suture_survey *survey,
					     struct task_struct *leader)
{
	const struct suture_view *view = &survey->view;
	struct suture_block block = { .func = SUTURE_NO_FUNC };
	u32 held_us = 0;
	bool hooks;
	int ret;

	switch (view->kind) {
	case SUTURE_VIEW_PATCHED:
		if (is_kept(survey, leader)) {
			block.reason = SUTURE_REASON_REPLACED;
			return ended(survey, leader, -EAGAIN, &block, 0, SUTURE_PROC_PATCHED);
		}
		fallthrough;
	case SUTURE_VIEW_INCOMPLETE:
		if (!view->patch_base)
			break;
		hooks = view->kind == SUTURE_VIEW_PATCHED;
		if (hooks && survey->patch->note.nr_hooks &&
		    suture_hook_not_again(survey->patch, leader, survey->mm, false))
			return SUTURE_OUTCOME_STUCK;
		ret = suture_revert_mm(survey, leader, hooks, &block, &held_us);
		return ended(survey, leader, ret, &block, held_us, SUTURE_PROC_WAITING);
	case SUTURE_VIEW_FOREIGN:
		/* Somebody else's bytes stand where a branch of ours may have been: he may
		 * put it back, so the patch must stay. */
		return SUTURE_OUTCOME_WAITING;
	default:
		break;
	}
	if (!view->stale_base)
		return SUTURE_OUTCOME_DONE;
	ret = suture_drain_mm(survey, leader, view->stale_base, &block, &held_us);
	return ended(survey, leader, ret, &block, held_us, SUTURE_PROC_DRAINING);
}

/* It could not even be looked at. What a hook has said here must not be forgotten for that. */
static enum suture_outcome unseen(struct suture_survey *survey, struct task_struct *leader,
				  enum suture_goal goal, int ret, const struct suture_block *block)
{
	if (survey->patch->note.nr_hooks &&
	    suture_hook_not_again(survey->patch, leader, survey->mm, goal == SUTURE_GOAL_PATCHED))
		return may_pass(survey, leader, ret) ? SUTURE_OUTCOME_PASSING :
						       SUTURE_OUTCOME_STUCK;
	if (ret == -EAGAIN && survey->patch->note.nr_hooks &&
	    suture_hook_told(survey->patch, leader, survey->mm))
		return SUTURE_OUTCOME_PASSING;
	return ended(survey, leader, ret, block, 0, SUTURE_PROC_WAITING);
}

/*
 * suture_visit - lead one process towards the goal
 * @leader: referenced
 *
 * By the transition's thread, which holds no lock. What it found is recorded.
 */
enum suture_outcome suture_visit(struct suture_survey *survey, struct task_struct *leader,
				 enum suture_goal goal)
{
	struct mm_struct *mm = suture_task_mm(leader);
	struct suture_block block = { .func = SUTURE_NO_FUNC, .reason = SUTURE_REASON_BUSY };
	struct suture_patch *replacer;
	enum suture_outcome outcome;
	int ret;

	if (!mm)
		return SUTURE_OUTCOME_LOST;
	if (!suture_mm_lock(mm)) {
		survey->mm = mm;
		outcome = unseen(survey, leader, goal, -EAGAIN, &block);
		goto out;
	}
	survey->mm = mm;
	survey->hooks_first = goal == SUTURE_GOAL_PATCHED && survey->patch->note.nr_hooks &&
			      suture_hook_not_again(survey->patch, leader, mm, true);
	ret = suture_tidy_mm(survey->patch, mm) ?: suture_survey_mm(survey, mm);
	if (ret == -EBUSY) {
		outcome = unseen(survey, leader, goal, -EAGAIN, &block);
	} else if (ret) {
		block.reason = SUTURE_REASON_NONE;
		outcome = unseen(survey, leader, goal, ret, &block);
	} else if (goal == SUTURE_GOAL_PATCHED) {
		replacer = survey->view.kind == SUTURE_VIEW_UNPATCHED ?
			   suture_replacer_get(survey->patch) : NULL;
		outcome = replacer ? put_in(survey, leader, replacer) :
				     towards_patched(survey, leader);
		if (replacer)
			suture_patch_put(replacer);
	} else {
		outcome = towards_unpatched(survey, leader);
	}
	suture_mm_unlock(mm);
out:
	suture_task_mm_put(mm);
	return outcome;
}
