// SPDX-License-Identifier: GPL-2.0
/* The state that a patch has built up in a process, handed over to the one that takes its
 * place. */
#include "change.h"

/* What a patch that is replaced has built up: the new one's hooks may look at it. Where
 * several have the same state, the slot of each leads to the one handed over before. */
static int read_slot(const struct suture_part *part, struct mm_struct *mm, u32 state,
		     struct suture_state_slot *slot)
{
	int ret = -EBUSY;

	if (suture_mmap_read_lock(mm)) {
		ret = suture_read_data(part->patch, mm,
				       part->base + part->patch->note.states[state].slot, slot,
				       sizeof(*slot));
		mmap_read_unlock(mm);
	}
	return ret;
}

/* Only what the kernel has to say; a slot may lie across two pages. */
static int write_slot(const struct suture_part *part, struct mm_struct *mm, u32 state,
		      u64 previous, u32 version)
{
	unsigned long at = part->base + part->patch->note.states[state].slot;
	struct suture_window window = {};
	int ret;

	ret = suture_poke(part->patch, mm, &window,
			  at + offsetof(struct suture_state_slot, previous), &previous,
			  sizeof(previous)) ?:
	      suture_poke(part->patch, mm, &window,
			  at + offsetof(struct suture_state_slot, previous_version), &version,
			  sizeof(version));
	suture_poke_end(&window);
	return ret;
}

/* Each of several that are replaced leads to the next. */
static int hand_over(const struct suture_part *from, const struct suture_part *to,
		     struct mm_struct *mm)
{
	const struct suture_state *states = to->patch->note.states;
	struct suture_state_slot mine, its;
	u32 i, k;
	int ret;

	for (i = 0; i < to->patch->note.nr_states; i++) {
		k = suture_find_state(from->patch, states[i].id);
		if (k == SUTURE_MAX_STATES)
			continue;
		ret = read_slot(to, mm, i, &mine) ?: read_slot(from, mm, k, &its) ?:
		      write_slot(from, mm, k, mine.previous, mine.previous_version) ?:
		      write_slot(to, mm, i, its.data, from->patch->note.states[k].version);
		if (ret)
			return ret;
	}
	return 0;
}

int suture_states_hand_over(const struct suture_change *change)
{
	unsigned int i;
	int ret = 0;

	for (i = 1; i < change->nr && !ret; i++) {
		if (change->parts[0].op == SUTURE_PART_ADD &&
		    change->parts[i].op == SUTURE_PART_REMOVE)
			ret = hand_over(&change->parts[i], &change->parts[0], change->mm);
	}
	return ret;
}

/*
 * The change was not made: what is replaced stays in force, and must not lead to another
 * that may go. Where a slot cannot be written just now, the next try does it.
 */
void suture_states_take_back(const struct suture_change *change)
{
	const struct suture_part *to = &change->parts[0];
	unsigned int i;
	u32 k, state;

	for (i = 1; i < change->nr && to->op == SUTURE_PART_ADD; i++) {
		const struct suture_part *from = &change->parts[i];

		for (k = 0; k < to->patch->note.nr_states; k++) {
			state = suture_find_state(from->patch, to->patch->note.states[k].id);
			if (from->op == SUTURE_PART_REMOVE && state != SUTURE_MAX_STATES)
				write_slot(from, change->mm, state, 0, 0);
		}
	}
}

/* The replaced one's data is gone from here on. If the slot cannot be written, the process
 * has taken its memory away, and nobody asks. */
void suture_states_forget(const struct suture_part *part, struct mm_struct *mm)
{
	u32 i;

	for (i = 0; i < part->patch->note.nr_states; i++) {
		if (write_slot(part, mm, i, 0, 0))
			break;
	}
}
