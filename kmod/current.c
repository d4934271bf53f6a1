// SPDX-License-Identifier: GPL-2.0
/*
 * A process patches itself: at the end of the system call that has mapped text of a
 * target, before anybody can have its address.
 */
#include <linux/cred.h>
#include <linux/delay.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "change.h"

/* All text of these objects (a bit each) lies in what this system call has mapped. */
static bool all_new(const struct suture_survey *survey, u32 objects, unsigned long start,
		    unsigned long end)
{
	const struct suture_view *view = &survey->view;
	u32 i;

	for (i = 0; i < survey->patch->note.nr_objects; i++) {
		if (!(objects >> i & 1) || view->bases[i] == SUTURE_ABSENT ||
		    survey->patch->note.objects[i].role != SUTURE_ROLE_TARGET)
			continue;
		if (view->texts[i] < start || view->texts[i] >= end)
			return false;
	}
	return true;
}

static int is_any(struct task_struct *t, void *data)
{
	return 1;
}

#define ALONE_TRIES	100
#define ALONE_PAUSE_US	100

/* Nobody else runs in it. Who looks at a process (the transition, or somebody in /proc) has a
 * reference to its mm as well, and can have one all the time: so tasks count. A vfork child
 * that execs lets its parent go a moment before it leaves the mm. */
static bool only_user(struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; atomic_read(&mm->mm_users) > 1 && suture_for_each_other(is_any, NULL); i++) {
		if (i == ALONE_TRIES || fatal_signal_pending(current))
			return false;
		usleep_range(ALONE_PAUSE_US, 2 * ALONE_PAUSE_US);
	}
	return true;
}

/* current alone runs in its mm, and is itself outside of ranges. */
static bool alone_and_outside(const struct suture_ranges *ranges, bool quiescent)
{
	struct mm_struct *mm = current->mm;
	struct suture_block block;
	struct suture_fault fault;
	bool ok = false;

	if (thread_group_empty(current) && only_user(mm) && suture_mmap_read_lock(mm)) {
		ok = !suture_stack_check(current, mm, ranges, quiescent, &block, &fault);
		mmap_read_unlock(mm);
	}
	return ok;
}

/* What dlclose left over. False: another thread may be inside, or it is in use. */
static bool unmap_stale(struct suture_survey *survey)
{
	unsigned long base = survey->view.stale_base;
	struct suture_ranges *ranges = suture_ranges_new(2);
	bool ok = false;

	if (ranges) {
		suture_ranges_patch(ranges, survey->patch, base);
		suture_ranges_uprobes(ranges, survey->mm);
		ok = alone_and_outside(ranges, true) && !suture_hooks_unfinished(survey->mm) &&
		     (!suture_ready_is(survey, base) || !suture_ready_give_back(survey, base)) &&
		     !suture_unmap(survey->patch, base);
	}
	if (ok)
		suture_survey_forget(survey);
	kvfree(ranges);
	return ok;
}

#define LONG_TRIES	20	/* of what others wait for the lock */

/* A fork copies all of it or nothing: it takes the mmap_lock for writing. */
static int write_current(struct suture_change *change, struct suture_block *block)
{
	unsigned int i;
	u32 func = 0;
	int ret = 0;

	/* Better late than not yet; but a revert waits for us (patch->applying), and another
	 * thread can have the lock held for as long as it likes. */
	for (i = 1; !suture_mmap_read_lock(change->mm); i++) {
		if (i == LONG_TRIES || fatal_signal_pending(current))
			return suture_not_now(block, -EBUSY, 0);
	}
	if (!suture_edits_mapped(change->edits))
		ret = -EBUSY;
	else if (!suture_edits_match(change->edits, &func))
		ret = -ESTALE;
	else
		suture_edits_write(change->edits);
	mmap_read_unlock(change->mm);
	return ret ? suture_not_now(block, ret, func) : 0;
}

/* @must_look: text of it was there before; somebody may be inside. */
static int apply_new(struct suture_change *change, bool must_look, struct suture_block *block)
{
	const struct cred *old;
	struct cred *cred;
	u32 func = 0;
	int ret;

	/* AppArmor and SELinux would judge the process for what the kernel does. */
	cred = suture_try(prepare_kernel_cred(&init_task));
	if (!cred)
		return suture_not_now(block, -ENOMEM, 0);
	old = override_creds(cred);
	ret = suture_change_map(change, current, block);
	if (ret)
		goto out;
	ret = suture_edits_make(change->mm, change->parts, change->nr, &change->edits, &func) ?:
	      suture_edits_pin(change->edits) ?: suture_change_ranges(change);
	if (ret)
		ret = suture_not_now(block, ret, func);
	else if (must_look && !alone_and_outside(change->ranges, change->quiescent))
		ret = suture_refuse(block, SUTURE_REASON_INSIDE, SUTURE_NO_FUNC, -EAGAIN);
	else
		ret = write_current(change, block);
out:
	if (ret)
		suture_change_undo(change);
	revert_creds(old);
	put_cred(cred);
	suture_arch_sync_core();
	return ret;
}

static int apply_view(struct suture_survey *survey, unsigned long start, unsigned long end,
		      struct suture_block *block)
{
	struct suture_patch *patch = survey->patch;
	struct suture_change *change;
	struct suture_part *part;
	u64 state = SUTURE_LEDGER_APPLIED;
	int ret;

	/* What was loaded before is not there yet, or it has to go in the same step. */
	change = suture_change_new(survey->mm, 1);
	if (!change)
		return suture_not_now(block, -ENOMEM, 0);
	/* The dynamic linker is at work: hooks run when it is done. */
	if (suture_has_hooks(patch, SUTURE_HOOK_PRE_PATCH) ||
	    suture_has_hooks(patch, SUTURE_HOOK_POST_PATCH))
		state |= SUTURE_LEDGER_HOOKS_DUE;
	if (survey->view.kind == SUTURE_VIEW_UNPATCHED) {
		part = suture_change_add(change, SUTURE_PART_ADD, survey, state);
	} else {
		part = suture_change_add(change, SUTURE_PART_FIX, survey, SUTURE_LEDGER_APPLIED |
					 (survey->view.hooks_due ? SUTURE_LEDGER_HOOKS_DUE : 0));
		part->objects = survey->view.fix;
	}
	change->quiescent = suture_patch_quiescent(patch);
	ret = apply_new(change, !all_new(survey, part->objects, start, end), block);
	suture_change_free(change);
	return ret;
}

/* Is one of those whose place the patch takes in force here? What dlclose has left over of one
 * is not. 1, 0, or negative. */
static int replaces_here(const struct suture_survey *survey)
{
	struct suture_patch *last = NULL;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < survey->nr_mappings && !ret; i++) {
		struct suture_patch *one = survey->mappings[i].patch;
		struct suture_survey *its;

		if (one == last || !suture_replaces(survey->patch, one))
			continue;
		last = one;
		its = suture_survey_new(one);
		ret = its ? suture_survey_mm(its, survey->mm) : -ENOMEM;
		if (!ret && its->in_force)
			ret = 1;
		suture_survey_free(its);
	}
	return ret;
}

/* 1: one whose place the patch takes is in force here, or about to be. 0, or negative. */
static int has_earlier(struct suture_patch *patch, struct mm_struct *mm)
{
	struct suture_crew *crew = suture_crew_replaced(patch);
	unsigned int i;
	int ret = 0;

	if (!crew)
		return -ENOMEM;
	for (i = 0; !ret && i < crew->nr; i++) {
		struct suture_patch *one = crew->patches[i];
		struct suture_survey *its;

		if (READ_ONCE(one->goal) != SUTURE_GOAL_PATCHED || suture_canary_staged(one) ||
		    !suture_scope_allows(one, current->group_leader, mm))
			continue;
		its = suture_survey_new(one);
		ret = its ? suture_survey_mm(its, mm) : -ENOMEM;
		if (!ret && (its->view.kind == SUTURE_VIEW_UNPATCHED ||
			     its->view.kind == SUTURE_VIEW_PATCHED))
			ret = 1;
		suture_survey_free(its);
	}
	suture_crew_put(crew);
	return ret;
}

/* 0: done, or refused (recorded), or nothing to do; else the transition must look at it. */
static int apply(struct suture_survey *survey, unsigned long start, unsigned long end,
		 bool *forkable)
{
	bool hooks = suture_has_hooks(survey->patch, SUTURE_HOOK_PRE_PATCH) ||
		     suture_has_hooks(survey->patch, SUTURE_HOOK_POST_PATCH);
	const struct suture_view *view = &survey->view;
	struct suture_block block = {};
	struct mm_struct *mm = survey->mm;
	int later = 0, ret;

	ret = suture_survey_mm(survey, mm);
	if (ret)
		return ret;
	if (view->stale_base) {
		*forkable = true;
		if (!unmap_stale(survey))
			later = -EAGAIN;
	}
	if (view->kind == SUTURE_VIEW_INCOMPLETE && view->patch_base)
		return -EAGAIN;
	if (view->kind != SUTURE_VIEW_UNPATCHED &&
	    !(view->kind == SUTURE_VIEW_PATCHED && view->fix))
		return later;
	if (!suture_scope_allows(survey->patch, current->group_leader, mm))
		return later;
	/* Its hook has said no here, and would not be asked again: this would be taken out. */
	if (view->kind == SUTURE_VIEW_UNPATCHED && hooks &&
	    suture_hook_not_again(survey->patch, current->group_leader, mm, true))
		return later;
	*forkable = true;
	if (suture_canary_staged(survey->patch) || replaces_here(survey))
		return -EAGAIN;
	if (view->kind == SUTURE_VIEW_UNPATCHED) {
		ret = suture_replaced_here(survey->patch, mm);
		if (ret)
			return ret < 0 ? -EAGAIN : later;
		/* Should the hook refuse, what it replaces must be there. */
		if (suture_has_hooks(survey->patch, SUTURE_HOOK_PRE_PATCH) &&
		    has_earlier(survey->patch, mm))
			return -EAGAIN;
	}
	ret = apply_view(survey, start, end, &block);
	if (ret == -ERANGE) {
		suture_record(survey->patch, current->group_leader, mm, SUTURE_PROC_REFUSED, ret,
			      &block, 0);
		return 0;
	}
	if (ret)	/* Perhaps a limit of the process (RLIMIT_AS); a kernel thread has none. */
		return -EAGAIN;
	return hooks ? -EAGAIN : later;
}

/*
 * suture_apply_current - patch new text before anybody can have its address
 *
 * In the process, at the end of the system call that mapped it. Returns 0: done,
 * or nothing to do, or refused (recorded); else the transition must look at it. It must as
 * well if another user of the mm can have forked meanwhile and *@forkable is true: there was
 * text that the patch is for (another one may have taken it), or a mapping that has to go.
 */
int suture_apply_current(struct suture_patch *patch, bool *forkable)
{
	struct mm_struct *mm = current->mm;
	struct suture_survey *survey;
	unsigned long start, end;
	int ret;

	*forkable = false;
	if (!mm || !suture_arch_new_mapping(current_pt_regs(), &start, &end))
		return -EAGAIN;
	survey = suture_survey_new(patch);
	if (!survey)
		return -ENOMEM;
	survey->mm = mm;
	ret = -EAGAIN;
	if (suture_mm_lock_long(mm)) {
		ret = apply(survey, start, end, forkable);
		suture_mm_unlock(mm);
	}
	suture_survey_free(survey);
	return ret;
}
