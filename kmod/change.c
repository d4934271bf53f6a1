// SPDX-License-Identifier: GPL-2.0
/*
 * The steps in one process. All that can be done before its threads are held is
 * done before: mapping, relocating, comparing, breaking the copy-on-write. While
 * they are held there are only the check of the stacks, a few bytes written, and the
 * hooks of the patch, if it has any.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mmu_context.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "change.h"

int suture_refuse(struct suture_block *block, u32 reason, u32 func, int ret)
{
	memset(block, 0, sizeof(*block));
	block->reason = reason;
	block->func = func;
	return ret;
}

/* An error that came before threads were held, as a block. */
int suture_not_now(struct suture_block *block, int ret, u32 func)
{
	switch (ret) {
	case -EBUSY:
		return suture_refuse(block, SUTURE_REASON_BUSY, SUTURE_NO_FUNC, -EAGAIN);
	case -ESTALE:
		return suture_refuse(block, SUTURE_REASON_OLD_BYTES, func, ret);
	case -ERANGE:
		return suture_refuse(block, SUTURE_REASON_NO_ROOM, SUTURE_NO_FUNC, ret);
	}
	return suture_refuse(block, SUTURE_REASON_NONE, SUTURE_NO_FUNC, ret);
}

/* ---------------------------------------------------------------- parts */

struct suture_change *suture_change_new(struct mm_struct *mm, unsigned int room)
{
	struct suture_change *change;

	change = suture_try(kvzalloc(struct_size(change, parts, room), GFP_KERNEL));
	if (change)
		change->mm = mm;
	return change;
}

/* The mappings that were made stay: see suture_change_undo(). */
void suture_change_free(struct suture_change *change)
{
	unsigned int i;

	if (!change)
		return;
	suture_edits_free(change->edits);
	suture_edits_free(change->settled);
	kvfree(change->ranges);
	for (i = 1; i < change->nr; i++)
		suture_survey_free(change->parts[i].survey);
	suture_crew_put(change->crew);
	kvfree(change);
}

struct suture_part *suture_change_add(struct suture_change *change, enum suture_part_op op,
				      struct suture_survey *survey, u64 state)
{
	struct suture_part *part = &change->parts[change->nr++];

	part->op = op;
	part->patch = survey->patch;
	part->survey = survey;
	part->base = survey->view.patch_base;
	part->objects = ~0U;
	part->state = state;
	return part;
}

static u64 state_applied(const struct suture_patch *patch, bool hooks_due)
{
	bool due = hooks_due && (suture_has_hooks(patch, SUTURE_HOOK_PRE_PATCH) ||
				 suture_has_hooks(patch, SUTURE_HOOK_POST_PATCH));

	return SUTURE_LEDGER_APPLIED | (due ? SUTURE_LEDGER_HOOKS_DUE : 0);
}

/*
 * The others that have to change with the patch of part 0: those whose place it takes
 * go when it comes, and come back when it goes although they are to stay. Their
 * mappings are not made yet.
 */
static int add_others(struct suture_change *change, struct task_struct *leader, bool applying,
		      struct suture_block *block)
{
	unsigned int i;

	for (i = 0; i < change->crew->nr; i++) {
		struct suture_patch *other = change->crew->patches[i];
		bool stays = !applying && READ_ONCE(other->goal) == SUTURE_GOAL_PATCHED;
		struct suture_survey *survey;
		bool used = false;
		int ret;

		if (!applying && !stays)
			continue;
		if (stays && (suture_canary_staged(other) ||
			      !suture_scope_allows(other, leader, change->mm)))
			continue;
		survey = suture_survey_new(other);
		if (!survey)
			return suture_not_now(block, -ENOMEM, 0);
		ret = suture_survey_mm(survey, change->mm);
		if (!ret && stays && survey->view.kind == SUTURE_VIEW_UNPATCHED) {
			suture_change_add(change, SUTURE_PART_ADD, survey,
					  state_applied(other, false));
			used = true;
		} else if (!ret && !stays && survey->view.kind == SUTURE_VIEW_PATCHED) {
			suture_change_add(change, SUTURE_PART_REMOVE, survey, 0);
			used = true;
		} else if (!ret && !stays && survey->view.kind == SUTURE_VIEW_FOREIGN) {
			ret = -ESTALE;
		}
		if (!used)
			suture_survey_free(survey);
		if (ret)
			return suture_not_now(block, ret, SUTURE_NO_FUNC);
	}
	return 0;
}

/* ------------------------------------------------------------- mappings */

/* Unmap, unless one of its hooks has not come back: then it is stale, and drained. */
static int unmap(struct mm_struct *mm, struct suture_patch *patch, unsigned long base)
{
	return suture_hooks_unfinished(mm) ? -EAGAIN : suture_unmap(patch, base);
}

/* Map what is to be added. On error suture_change_undo() cleans up. */
int suture_change_map(struct suture_change *change, struct task_struct *leader,
		      struct suture_block *block)
{
	unsigned int i;
	u32 func = 0;
	int ret;

	for (i = 0; i < change->nr; i++) {
		struct suture_part *part = &change->parts[i];

		if (part->op == SUTURE_PART_REMOVE)
			continue;
		ret = suture_old_bytes(part->survey, part->objects, &func);
		if (ret)
			return suture_not_now(block, ret, func);
		if (part->op == SUTURE_PART_FIX) {
			ret = suture_remap(part->patch, &part->survey->view, part->objects);
		} else if (!part->mapped) {
			part->base = 0;
			ret = suture_map(part->patch, &part->survey->view, leader, &part->base);
			part->mapped = !ret;
		}
		if (ret)
			return suture_not_now(block, ret, func);
	}
	return 0;
}

/* --------------------------------------------------------------- ranges */

/* The patch changes a place that this mapping's branch may stand at. */
static bool shares_place(const struct suture_patch *patch, const struct suture_view *view,
			 const struct suture_mapping *m)
{
	u32 i, k;

	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *mine = &patch->places[i];

		for (k = 0; k < m->patch->nr_places; k++) {
			const struct suture_place *its = &m->patch->places[k];

			if (view->bases[mine->object] + mine->addr ==
			    m->ledger.bases[its->object] + its->addr)
				return true;
		}
	}
	return false;
}

/* Code that is in force at the places of a quiescent patch so far: the old functions,
 * and those of patches below. */
static void add_inside(struct suture_ranges *ranges, const struct suture_part *part)
{
	const struct suture_survey *survey = part->survey;
	unsigned int i;

	suture_ranges_old(ranges, part->patch, &survey->view);
	for (i = 0; i < survey->nr_mappings; i++) {
		const struct suture_mapping *m = &survey->mappings[i];

		if (m->patch->seq < part->patch->seq &&
		    (m->ledger.state & SUTURE_LEDGER_APPLIED) &&
		    shares_place(part->patch, &survey->view, m))
			suture_ranges_patch(ranges, m->patch, m->base);
	}
}

#define SPARE_RANGES	(1 + SUTURE_LINKER_RANGES)	/* uprobes, the dynamic linker */

bool suture_change_wants_hooks(const struct suture_change *change)
{
	return suture_has_hooks(change->parts[0].patch, change->pre) ||
	       suture_has_hooks(change->parts[0].patch, change->post);
}

/*
 * What no thread may be inside of. With change->quiescent: also the code that is
 * replaced, and patches that are taken away, which then can be unmapped at once.
 */
int suture_change_ranges(struct suture_change *change)
{
	struct mm_struct *mm = change->mm;
	unsigned int room = change->edits->nr + SPARE_RANGES, i;

	for (i = 0; i < change->nr; i++) {
		const struct suture_part *part = &change->parts[i];

		room += 1 + part->patch->note.nr_funcs + part->patch->note.nr_ranges +
			part->survey->nr_mappings;
	}
	change->ranges = suture_ranges_new(room);
	if (!change->ranges)
		return -ENOMEM;
	suture_ranges_edits(change->ranges, change->edits);
	for (i = 0; i < change->nr && change->quiescent; i++) {
		const struct suture_part *part = &change->parts[i];

		if (part->op == SUTURE_PART_REMOVE)
			suture_ranges_patch(change->ranges, part->patch, part->base);
		else if (suture_patch_quiescent(part->patch))
			add_inside(change->ranges, part);
	}
	suture_ranges_uprobes(change->ranges, mm);
	if (!suture_change_wants_hooks(change))
		return 0;
	return suture_ranges_linker(change->ranges, change->parts[0].patch, mm,
				    &change->parts[0].survey->view);
}

static int drain(struct suture_survey *survey, struct task_struct *leader, unsigned long base,
		 struct suture_block *block, u32 *ret_held)
{
	struct suture_patch *patch = survey->patch;
	struct suture_ranges *ranges = suture_ranges_new(2);
	struct suture_gate *gate = NULL;
	int ret = -ENOMEM;

	if (suture_hooks_unfinished(survey->mm)) {
		kvfree(ranges);
		return suture_not_now(block, -EBUSY, 0);
	}
	if (suture_ready_is(survey, base)) {
		kvfree(ranges);
		ret = suture_ready_give_back(survey, base) ?: unmap(survey->mm, patch, base);
		return ret ? suture_not_now(block, ret, 0) : 0;
	}
	if (ranges)
		gate = suture_gate_new(survey->mm, leader);
	if (!gate) {
		kvfree(ranges);
		return suture_not_now(block, -ENOMEM, 0);
	}
	suture_ranges_patch(ranges, patch, base);
	suture_ranges_uprobes(ranges, survey->mm);
	ret = suture_gate_close(gate, ranges, true, block);
	*ret_held = suture_gate_open(gate);
	kvfree(ranges);
	if (ret)
		return ret;
	ret = unmap(survey->mm, patch, base);
	return ret ? suture_not_now(block, ret, 0) : 0;
}

/*
 * suture_drain_mm - unmap a mapping of the patch that no branch leads to
 *
 * All functions here: by a kernel thread, under suture_mm_lock(), with references
 * to leader and mm (that of the survey, just made). Return 0, -EAGAIN with *@block (not
 * now), or another error, with *@block where there is a reason.
 */
int suture_drain_mm(struct suture_survey *survey, struct task_struct *leader, unsigned long base,
		    struct suture_block *block, u32 *ret_held)
{
	int ret;

	kthread_use_mm(survey->mm);
	ret = drain(survey, leader, base, block, ret_held);
	kthread_unuse_mm(survey->mm);
	return ret;
}

/* suture_tidy_mm - unmap what an earlier try had to leave there. 0 or -EBUSY */
int suture_tidy_mm(struct suture_patch *patch, struct mm_struct *mm)
{
	int ret;

	if (!suture_has_leftovers(patch, mm))
		return 0;
	kthread_use_mm(mm);
	ret = suture_leftovers_unmap(patch);
	kthread_unuse_mm(mm);
	return ret;
}

/* Plan and pin the writing. */
static int prepare(struct suture_change *change, struct suture_block *block)
{
	u32 func = 0;
	int ret;

	ret = suture_edits_make(change->mm, change->parts, change->nr, &change->edits, &func);
	if (!ret)
		ret = suture_edits_pin(change->edits);
	if (!ret)
		ret = suture_states_hand_over(change);
	if (!ret)
		ret = suture_change_ranges(change);
	return ret ? suture_not_now(block, ret, func) : 0;
}

/* Nothing was written: no branch leads to what was mapped. */
void suture_change_undo(struct suture_change *change)
{
	struct suture_part *first = &change->parts[0];
	unsigned int i;

	if (change->edits && !change->ready)
		suture_edits_give_back(change->edits);
	else if (!change->edits && first->mapped && first->was == SUTURE_LEDGER_READY)
		suture_ready_give_back(first->survey, first->base);
	suture_states_take_back(change);
	for (i = 0; i < change->nr; i++) {
		/* Where a hook's thread may be inside, it is stale: drained by the next look. */
		if (change->parts[i].mapped && !change->born)
			unmap(change->mm, change->parts[i].patch, change->parts[i].base);
	}
}

/* It is done: unmap what was taken away, if nobody can be inside. 0 or -EAGAIN. */
static int finish(struct suture_change *change)
{
	unsigned int i;
	int ret = 0, err;

	if (change->parts[0].op == SUTURE_PART_ADD)
		suture_states_forget(&change->parts[0], change->mm);
	for (i = 0; i < change->nr; i++) {
		const struct suture_part *part = &change->parts[i];

		if (part->op != SUTURE_PART_REMOVE)
			continue;
		if (change->inside || change->born || !change->quiescent)
			err = -EAGAIN;		/* draining */
		else
			err = unmap(change->mm, part->patch, part->base);
		/* Its lock was not free: like one that somebody is still inside. */
		if (err)
			ret = err == -EBUSY ? -EAGAIN : err;
	}
	/* Last: threads fault in this page, and must not meet the unmapping's lock. */
	suture_edits_give_back(change->edits);
	return ret;
}

#define LEAVING_TRIES	6
#define LEAVING_FIRST_US 20U

/* A thread is just coming out: all but the holding is done, and would be the same again, but
 * for what other mappings have come. */
static int hold_leaving(struct suture_change *change, struct task_struct *leader,
			struct suture_block *block, u32 *ret_held)
{
	unsigned int i;
	int ret;

	for (i = 0;; i++) {
		ret = suture_change_hold(change, leader, block, ret_held);
		if (ret != -EAGAIN || !change->inside || i == LEAVING_TRIES ||
		    !suture_nudge_moves(block->tid))
			return ret;
		usleep_range(LEAVING_FIRST_US << i, 2 * LEAVING_FIRST_US << i);
		kvfree(change->ranges);
		change->ranges = NULL;
		ret = suture_change_ranges(change);
		if (ret)
			return suture_not_now(block, ret, 0);
	}
}

static int carry_out(struct suture_change *change, struct task_struct *leader,
		     struct suture_block *block, u32 *ret_held)
{
	int ret;

	ret = suture_change_map(change, leader, block);
	if (!ret)
		ret = prepare(change, block);
	if (!ret && change->parts[0].survey->leaving)
		ret = hold_leaving(change, leader, block, ret_held);
	else if (!ret)
		ret = suture_change_hold(change, leader, block, ret_held);
	if (ret == -EAGAIN)
		suture_ready_keep(change);
	if (ret)
		suture_change_undo(change);
	return ret;
}

/* Patches that take one another's place, for a change of this patch. */
static int find_others(struct suture_change **change, struct suture_survey *survey,
		       struct suture_block *block)
{
	struct suture_crew *crew = suture_crew_replaced(survey->patch);

	*change = crew ? suture_change_new(survey->mm, 1 + crew->nr) : NULL;
	if (!*change) {
		suture_crew_put(crew);
		return suture_not_now(block, -ENOMEM, 0);
	}
	(*change)->crew = crew;
	return 0;
}

static bool any_quiescent(const struct suture_change *change)
{
	unsigned int i;

	for (i = 0; i < change->nr; i++) {
		if (suture_patch_quiescent(change->parts[i].patch))
			return true;
	}
	return false;
}

int suture_apply_mm(struct suture_survey *survey, struct task_struct *leader,
		    struct suture_block *block, u32 *ret_held)
{
	struct suture_change *change = NULL;
	int ret = 0;

	kthread_use_mm(survey->mm);
	ret = find_others(&change, survey, block);
	if (ret)
		goto out;
	suture_change_add(change, SUTURE_PART_ADD, survey, state_applied(survey->patch, false));
	/* Left over by a dlclose, or by a fork in the middle: first out with it. */
	if (survey->view.stale_base && !suture_ready_take(change)) {
		ret = drain(survey, leader, survey->view.stale_base, block, ret_held);
		suture_survey_forget(survey);
	}
	if (ret)
		goto out;
	change->pre = SUTURE_HOOK_PRE_PATCH;
	change->post = SUTURE_HOOK_POST_PATCH;
	ret = add_others(change, leader, true, block);
	if (ret)
		goto out;
	change->quiescent = any_quiescent(change);
	ret = carry_out(change, leader, block, ret_held);
	if (!ret)
		finish(change);
out:
	suture_change_free(change);
	kthread_unuse_mm(survey->mm);
	return ret;
}

/* Only what the patch refers to is elsewhere: no branch has to be written. */
static bool only_needed(const struct suture_patch *patch, u32 objects)
{
	u32 i;

	for (i = 0; i < patch->note.nr_objects; i++) {
		if ((objects >> i & 1) && patch->note.objects[i].role == SUTURE_ROLE_TARGET)
			return false;
	}
	return true;
}

/*
 * suture_fix_mm - objects have come up, or are elsewhere: let the patch know, and write
 * its branches there; or run the hooks that are due
 */
int suture_fix_mm(struct suture_survey *survey, struct task_struct *leader,
		  struct suture_block *block, u32 *ret_held)
{
	const struct suture_view *view = &survey->view;
	struct suture_part settled;
	struct suture_change *change;
	u32 func = 0;
	int ret;

	change = suture_change_new(survey->mm, 1);
	if (!change)
		return suture_not_now(block, -ENOMEM, 0);
	kthread_use_mm(survey->mm);
	if (view->fix && only_needed(survey->patch, view->fix)) {
		ret = suture_remap(survey->patch, view, view->fix);
		if (ret)
			ret = suture_not_now(block, ret, 0);
		goto out;
	}
	if (view->fix) {
		suture_change_add(change, SUTURE_PART_FIX, survey,
				  state_applied(survey->patch, view->hooks_due));
		change->parts[0].objects = view->fix;
		change->quiescent = suture_patch_quiescent(survey->patch);
		ret = carry_out(change, leader, block, ret_held);
		goto out;
	}
	suture_change_add(change, SUTURE_PART_REMOVE, survey, 0);
	change->pre = SUTURE_HOOK_PRE_PATCH;
	change->post = SUTURE_HOOK_POST_PATCH;
	change->quiescent = true;
	settled = change->parts[0];
	settled.op = SUTURE_PART_FIX;
	settled.objects = 0;
	settled.state = SUTURE_LEDGER_APPLIED;
	ret = prepare(change, block);
	if (!ret)
		ret = suture_edits_make(survey->mm, &settled, 1, &change->settled, &func) ?:
		      suture_edits_pin(change->settled);
	if (!ret)
		ret = suture_change_hold(change, leader, block, ret_held);
	if (ret == -ECANCELED || ret == -ETIMEDOUT)
		finish(change);
out:
	suture_change_free(change);
	kthread_unuse_mm(survey->mm);
	return ret;
}

/*
 * suture_revert_mm - take the patch out; @hooks: and run its hooks
 *
 * With -EAGAIN and a patch that is immediate the old code may be back already and
 * a thread still inside the new one: the next survey says so (stale).
 */
int suture_revert_mm(struct suture_survey *survey, struct task_struct *leader, bool hooks,
		     struct suture_block *block, u32 *ret_held)
{
	struct suture_change *change;
	int ret;

	ret = find_others(&change, survey, block);
	if (ret)
		return ret;
	kthread_use_mm(survey->mm);
	suture_change_add(change, SUTURE_PART_REMOVE, survey, 0);
	/* Those that have not run on the way in have nothing to undo. */
	if (hooks && !survey->view.hooks_due) {
		change->pre = SUTURE_HOOK_PRE_UNPATCH;
		change->post = SUTURE_HOOK_POST_UNPATCH;
	}
	ret = add_others(change, leader, false, block);
	if (ret)
		goto out;
	/* Alone, one look at the stacks tells whether the patch can be unmapped, too. */
	change->quiescent = change->nr == 1 || any_quiescent(change);
	change->inside_ok = change->nr == 1 && !suture_patch_quiescent(survey->patch) &&
			    !suture_change_wants_hooks(change);
	ret = carry_out(change, leader, block, ret_held);
	if (!ret)
		ret = finish(change);
out:
	suture_change_free(change);
	kthread_unuse_mm(survey->mm);
	return ret;
}
