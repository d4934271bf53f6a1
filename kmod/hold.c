// SPDX-License-Identifier: GPL-2.0
/* What is done while the threads of a process are held: hooks and a few bytes. */
#include <linux/delay.h>
#include <linux/mmap_lock.h>

#include "change.h"

/* Threads are held. */
static int write_edits(struct suture_change *change, const struct suture_edits *edits,
		       struct suture_block *block)
{
	u32 func = 0;
	int ret = 0;

	/* A uprobe takes the lock to replace a page. */
	if (!mmap_read_trylock(change->mm))
		return suture_refuse(block, SUTURE_REASON_BUSY, SUTURE_NO_FUNC, -EAGAIN);
	if (!suture_edits_mapped(edits))
		ret = suture_refuse(block, SUTURE_REASON_BUSY, SUTURE_NO_FUNC, -EAGAIN);
	else if (!suture_edits_match(edits, &func))
		ret = suture_refuse(block, SUTURE_REASON_OLD_BYTES, func, -ESTALE);
	else
		suture_edits_write(edits);
	mmap_read_unlock(change->mm);
	return ret;
}

static int run_hooks(struct suture_change *change, struct suture_gate *gate, u32 kind,
		     struct suture_block *block)
{
	const struct suture_part *part = &change->parts[0];
	struct suture_block ignored;
	int ret;

	if (!kind || !suture_has_hooks(part->patch, kind))
		return 0;
	ret = suture_hooks_run(gate, part->patch, part->base, kind, block);
	change->born |= suture_gate_check_again(gate, &ignored) != 0;
	return ret;
}

#define WRITE_TRIES	20
#define WRITE_PAUSE_US	100

/* A pre_* hook has run, and would be asked again: rather wait for a moment for the lock. */
static int write_behind_hook(struct suture_change *change, const struct suture_edits *edits,
			     struct suture_block *block)
{
	int ret, i;

	if (change->born)
		return suture_refuse(block, SUTURE_REASON_RUNNING, SUTURE_NO_FUNC, -EAGAIN);
	ret = write_edits(change, edits, block);
	for (i = 0; ret == -EAGAIN && i < WRITE_TRIES; i++) {
		usleep_range(WRITE_PAUSE_US, 2 * WRITE_PAUSE_US);
		ret = write_edits(change, edits, block);
	}
	return ret;
}

static int write_in_hold(struct suture_change *change, struct suture_gate *gate,
			 struct suture_block *block)
{
	struct suture_block ignored, late = {};
	int ret = 0;

	/* Nothing is written if in the end there is nobody to run the post_* hooks. */
	if (suture_change_wants_hooks(change))
		ret = suture_hooks_ready(gate, block);
	if (!ret)
		ret = run_hooks(change, gate, change->pre, block);
	if (change->settled) {
		/* The branches stand already. No to that: take them out. */
		if (ret == -ECANCELED || ret == -ETIMEDOUT)
			return write_behind_hook(change, change->edits, &ignored) ?: ret;
		if (ret)
			return ret;
		ret = write_behind_hook(change, change->settled, block);
	} else if (!ret && suture_has_hooks(change->parts[0].patch, change->pre)) {
		ret = write_behind_hook(change, change->edits, block);
	} else if (!ret) {
		ret = write_edits(change, change->edits, block);
	}
	/* What is written stays; but it is told, where the patch does. */
	if (!ret && run_hooks(change, gate, change->post, &late) == -ETIMEDOUT &&
	    change->post == SUTURE_HOOK_POST_PATCH)
		*block = late;
	return ret;
}

/*
 * suture_change_hold - hold, check, write, let go
 *
 * change->inside: written although a thread is inside. Returns 0, with a post_patch that was
 * late in *@block; or -EAGAIN or what a hook said, with *@block: then nothing has changed (but
 * see change->settled). *@ret_held grows to the time for which threads were held.
 */
int suture_change_hold(struct suture_change *change, struct task_struct *leader,
		       struct suture_block *block, u32 *ret_held)
{
	struct suture_gate *gate;
	u64 begin;
	int ret;

	if (suture_change_wants_hooks(change))
		suture_nudges_cancel_mm(change->mm);
	gate = suture_gate_new(change->mm, leader);
	if (!gate)
		return suture_not_now(block, -ENOMEM, 0);
	ret = suture_gate_close(gate, change->ranges, change->quiescent, block);
	change->inside = ret && (block->reason == SUTURE_REASON_INSIDE ||
				 block->reason == SUTURE_REASON_ALTSTACK);
	if (change->inside && change->inside_ok)
		ret = 0;
	if (!ret) {
		begin = ktime_get_ns();
		if (suture_change_wants_hooks(change))
			suture_births_pause(true);
		ret = write_in_hold(change, gate, block);
		if (suture_change_wants_hooks(change)) {
			suture_births_pause(false);
			change->parts[0].patch->hooks_ns += ktime_get_ns() - begin;
		}
	}
	*ret_held = max(*ret_held, suture_gate_open(gate));
	return ret;
}
