// SPDX-License-Identifier: GPL-2.0
/*
 * The steps in one process. All that can be done before its threads are held is
 * done before: mapping, relocating, comparing, breaking the copy-on-write. While
 * they are held there are only the check of the stacks and a few bytes written.
 */
#include <linux/cred.h>
#include <linux/kthread.h>
#include <linux/mmu_context.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>

#include "suture.h"

static int refuse(struct suture_block *block, u32 reason, u32 func, int ret)
{
	memset(block, 0, sizeof(*block));
	block->reason = reason;
	block->func = func;
	return ret;
}

/* An error that came before threads were held, as a block. */
static int not_now(struct suture_block *block, int ret, u32 func)
{
	switch (ret) {
	case -EBUSY:
		return refuse(block, SUTURE_REASON_BUSY, SUTURE_NO_FUNC, -EAGAIN);
	case -ESTALE:
		return refuse(block, SUTURE_REASON_OLD_BYTES, func, ret);
	case -ERANGE:
		return refuse(block, SUTURE_REASON_NO_ROOM, SUTURE_NO_FUNC, ret);
	}
	return refuse(block, SUTURE_REASON_NONE, SUTURE_NO_FUNC, ret);
}

/* With the dynamic linker, where hooks are to be run. */
static struct suture_ranges *with_linker(struct suture_patch *patch, struct mm_struct *mm,
					 const struct suture_view *view,
					 struct suture_ranges *ranges)
{
	if (!ranges || !patch->note.nr_hooks)
		return ranges;
	return suture_ranges_join(ranges, suture_ranges_linker(patch, mm, view));
}

/* pre_* hooks, write, post_* hooks. What a post_* hook does wrong is only reported. */
static int write_with_hooks(struct suture_gate *gate, struct suture_edits *edits,
			    unsigned long base, bool revert, struct suture_block *block)
{
	u32 pre = revert ? SUTURE_HOOK_PRE_UNPATCH : SUTURE_HOOK_PRE_PATCH;
	u32 post = revert ? SUTURE_HOOK_POST_UNPATCH : SUTURE_HOOK_POST_PATCH;
	u32 func = 0;
	int ret = 0;

	if (suture_has_hooks(edits->patch, pre) || suture_has_hooks(edits->patch, post))
		ret = suture_hooks_ready(gate, block);
	if (ret)
		return ret;
	ret = suture_hooks_run(gate, edits->patch, base, pre, block);
	if (ret)
		return ret;
	if (!suture_edits_match(edits, &func))
		return refuse(block, SUTURE_REASON_OLD_BYTES, func, -ESTALE);
	suture_edits_write(edits);
	if (suture_hooks_run(gate, edits->patch, base, post, block))
		return 1;
	return 0;
}

/* Hold, check, write (with edits), let go. *ret_inside: written although a thread is inside. */
static int hold_and_write(struct mm_struct *mm, struct task_struct *leader,
			  struct suture_ranges *ranges, struct suture_edits *edits,
			  unsigned long base, bool revert, bool quiescent, bool inside_ok, bool *ret_inside,
			  struct suture_block *block, u32 *ret_held)
{
	struct suture_gate *gate;
	bool inside;
	int ret;

	gate = suture_gate_new(mm, leader);
	if (!gate)
		return refuse(block, SUTURE_REASON_NONE, SUTURE_NO_FUNC, -ENOMEM);
	ret = suture_gate_close(gate, ranges, quiescent, block);
	inside = ret && (block->reason == SUTURE_REASON_INSIDE ||
			 block->reason == SUTURE_REASON_ALTSTACK);
	if (inside && inside_ok)
		ret = 0;
	if (!ret && edits)
		ret = write_with_hooks(gate, edits, base, revert, block);
	*ret_held = suture_gate_open(gate);
	if (ret_inside)
		*ret_inside = inside;
	return ret;
}

static int drain(struct suture_patch *patch, struct task_struct *leader, struct mm_struct *mm,
		 unsigned long base, struct suture_block *block, u32 *ret_held)
{
	struct suture_ranges *ranges = suture_ranges_patch(patch, mm, base);
	int ret;

	if (suture_hooks_unfinished(mm)) {
		kvfree(ranges);
		return not_now(block, -EBUSY, 0);
	}
	if (!ranges)
		return not_now(block, -ENOMEM, 0);
	ret = hold_and_write(mm, leader, ranges, NULL, base, true, true, false, NULL, block, ret_held);
	kvfree(ranges);
	if (ret)
		return ret;
	return suture_unmap(patch, base);
}

/*
 * suture_drain_mm - unmap a mapping of the patch that no branch leads to
 *
 * All functions here: by a kernel thread, under suture_mm_lock(), with references
 * to leader and mm. Return 0, -EAGAIN with *@block (not now), or another error,
 * with *@block where there is a reason.
 */
int suture_drain_mm(struct suture_patch *patch, struct task_struct *leader, struct mm_struct *mm,
		    unsigned long base, struct suture_block *block, u32 *ret_held)
{
	int ret;

	kthread_use_mm(mm);
	ret = drain(patch, leader, mm, base, block, ret_held);
	kthread_unuse_mm(mm);
	return ret;
}

/* Map, and prepare the writing. On error nothing is left behind. */
static int prepare(struct suture_patch *patch, struct mm_struct *mm,
		   const struct suture_view *view, struct suture_edits **ret_edits,
		   unsigned long *ret_base, struct suture_block *block)
{
	struct suture_edits *edits;
	unsigned long base;
	u32 func = 0;
	int ret;

	ret = suture_old_bytes(patch, mm, view, &func);
	if (ret)
		return not_now(block, ret, func);
	ret = suture_map(patch, view, &base);
	if (ret)
		return not_now(block, ret, func);
	edits = suture_edits_make(patch, mm, view, base, false, &ret);
	if (!edits)
		goto err;
	ret = suture_edits_pin(edits, false);
	if (ret)
		goto err;
	*ret_edits = edits;
	*ret_base = base;
	return 0;
err:
	if (edits)
		suture_edits_give_back(edits);
	suture_edits_free(edits);
	suture_unmap(patch, base);
	return not_now(block, ret, func);
}

static void undo(struct suture_patch *patch, struct suture_edits *edits, unsigned long base)
{
	suture_edits_give_back(edits);
	suture_unmap(patch, base);
}

int suture_apply_mm(struct suture_patch *patch, struct task_struct *leader, struct mm_struct *mm,
		    const struct suture_view *view, struct suture_block *block, u32 *ret_held)
{
	bool quiescent = suture_patch_quiescent(patch);
	struct suture_ranges *ranges;
	struct suture_edits *edits;
	unsigned long base;
	int ret;

	kthread_use_mm(mm);
	/* Left over by a dlclose, or by a fork in the middle: first out with it. */
	if (view->stale_base) {
		ret = drain(patch, leader, mm, view->stale_base, block, ret_held);
		if (ret)
			goto out;
	}
	ret = prepare(patch, mm, view, &edits, &base, block);
	if (ret)
		goto out;
	ranges = with_linker(patch, mm, view, suture_ranges_old(patch, mm, view, quiescent));
	if (ranges)
		ret = hold_and_write(mm, leader, ranges, edits, base, false, quiescent, false, NULL,
				     block, ret_held);
	else
		ret = not_now(block, -ENOMEM, 0);
	kvfree(ranges);
	if (ret > 0) {
		ret = 0;
	} else if (ret) {
		suture_edits_give_back(edits);
		if (!suture_hooks_unfinished(mm))
			suture_unmap(patch, base);
	}
	suture_edits_free(edits);
out:
	kthread_unuse_mm(mm);
	return ret;
}

/*
 * With -EAGAIN and a patch that is immediate the old code may be back already and
 * a thread still inside the new one: the view says so (unpatched, and stale).
 */
int suture_revert_mm(struct suture_patch *patch, struct task_struct *leader, struct mm_struct *mm,
		     const struct suture_view *view, struct suture_block *block, u32 *ret_held)
{
	unsigned long base = view->patch_base;
	bool quiescent = suture_patch_quiescent(patch);
	struct suture_ranges *ranges;
	struct suture_edits *edits;
	bool inside = false;
	int ret;

	kthread_use_mm(mm);
	ret = -ENOMEM;
	ranges = with_linker(patch, mm, view, suture_ranges_patch(patch, mm, base));
	if (!ranges)
		goto err;
	edits = suture_edits_make(patch, mm, view, base, true, &ret);
	if (!edits)
		goto err_ranges;
	ret = suture_edits_pin(edits, true);
	if (ret)
		goto err_edits;
	ret = hold_and_write(mm, leader, ranges, edits, base, true, true,
			     !quiescent && !patch->note.nr_hooks, &inside, block, ret_held);
	if (ret < 0)
		goto out;
	if (ret > 0 && suture_hooks_unfinished(mm))
		inside = true;
	ret = 0;
	if (inside)
		ret = -EAGAIN;		/* draining */
	else
		ret = suture_unmap(patch, base);
	/* Last: threads fault in this page, and must not meet the unmapping's lock. */
	suture_edits_give_back(edits);
out:
	suture_edits_free(edits);
	kvfree(ranges);
	kthread_unuse_mm(mm);
	return ret;

err_edits:
	suture_edits_free(edits);
err_ranges:
	kvfree(ranges);
err:
	kthread_unuse_mm(mm);
	return not_now(block, ret, 0);
}

/* All text of the targets lies in what this system call has mapped. */
static bool all_new(struct suture_patch *patch, const struct suture_view *view,
		    unsigned long start, unsigned long end)
{
	u32 i;

	for (i = 0; i < patch->note.nr_objects; i++) {
		if (patch->note.objects[i].role == SUTURE_ROLE_TARGET &&
		    (view->texts[i] < start || view->texts[i] >= end))
			return false;
	}
	return true;
}

/* current is the only user of its mm, and itself outside of ranges (which are freed). */
static bool alone_and_outside(struct suture_ranges *ranges, bool quiescent)
{
	struct mm_struct *mm = current->mm;
	struct suture_block block;
	struct suture_fault fault;
	bool ok = false;

	if (ranges && thread_group_empty(current) && atomic_read(&mm->mm_users) == 1 &&
	    suture_mmap_read_lock(mm)) {
		ok = !suture_stack_check(current, mm, ranges, quiescent, &block, &fault);
		mmap_read_unlock(mm);
	}
	kvfree(ranges);
	return ok;
}

/* What dlclose left over. False: another thread may be inside, or it is in use. */
static bool unmap_stale(struct suture_patch *patch, unsigned long base)
{
	return alone_and_outside(suture_ranges_patch(patch, current->mm, base), true) &&
	       !suture_unmap(patch, base);
}

static int apply_new(struct suture_patch *patch, const struct suture_view *view,
		     struct suture_block *block)
{
	struct mm_struct *mm = current->mm;
	struct suture_edits *edits;
	const struct cred *old;
	unsigned long base;
	struct cred *cred;
	u32 func = 0;
	int ret;

	/* AppArmor and SELinux would judge the process for what the kernel does. */
	cred = prepare_kernel_cred(&init_task);
	if (!cred)
		return not_now(block, -ENOMEM, 0);
	old = override_creds(cred);
	ret = prepare(patch, mm, view, &edits, &base, block);
	if (ret)
		goto out;
	/* A fork copies all of it or nothing: it takes the mmap_lock for writing. */
	mmap_read_lock(mm);
	if (suture_edits_match(edits, &func))
		suture_edits_write(edits);
	else
		ret = refuse(block, SUTURE_REASON_OLD_BYTES, func, -ESTALE);
	mmap_read_unlock(mm);
	if (ret)
		undo(patch, edits, base);
	suture_edits_free(edits);
out:
	revert_creds(old);
	put_cred(cred);
	suture_arch_sync_core();
	return ret;
}

/*
 * suture_apply_current - patch new text before anybody can have its address
 *
 * In the process, at the end of the system call that mapped it. Returns 0: done,
 * or nothing to do, or refused (recorded); else the transition must look at it.
 */
int suture_apply_current(struct suture_patch *patch)
{
	struct mm_struct *mm = current->mm;
	struct suture_block block = {};
	struct suture_view view;
	bool quiescent = suture_patch_quiescent(patch);
	unsigned long start, end;
	int later, ret;

	if (!mm || !suture_arch_new_mapping(current_pt_regs(), &start, &end))
		return -EAGAIN;
	suture_mm_lock(mm);
	ret = suture_view_read(patch, mm, &view);
	if (ret)
		goto out;
	if (view.stale_base && !unmap_stale(patch, view.stale_base))
		ret = -EAGAIN;
	if (view.kind != SUTURE_VIEW_UNPATCHED ||
	    !suture_scope_allows(patch, current->group_leader, mm))
		goto out;
	if (patch->note.nr_hooks) {
		ret = -EAGAIN;	/* here is the dynamic linker */
		goto out;
	}
	later = ret;
	ret = -EAGAIN;
	if (!all_new(patch, &view, start, end) &&
	    !alone_and_outside(suture_ranges_old(patch, mm, &view, quiescent), quiescent))
		goto out;
	ret = apply_new(patch, &view, &block);
	if (ret == -ESTALE || ret == -ERANGE) {
		suture_record(patch, current->group_leader, mm, SUTURE_PROC_REFUSED, ret, &block,
			      0);
		ret = 0;
	} else if (ret) {
		/* Perhaps a limit of the process (RLIMIT_AS); a kernel thread has none. */
		ret = -EAGAIN;
	} else {
		/* Another thread may have forked between mapping and writing. */
		ret = atomic_read(&mm->mm_users) > 1 ? -EAGAIN : later;
	}
out:
	suture_mm_unlock(mm);
	return ret;
}
