/* SPDX-License-Identifier: GPL-2.0 */
/* A change of one mm: what change.c (from outside), hold.c (while threads are held) and
 * current.c (by the process itself) share. */
#ifndef _SUTURE_CHANGE_H
#define _SUTURE_CHANGE_H

#include "suture.h"

struct suture_change {
	struct mm_struct *mm;
	struct suture_crew *crew;	/* those that may take part */
	struct suture_edits *edits;
	struct suture_edits *settled;	/* instead, when due hooks say yes */
	struct suture_ranges *ranges;	/* no thread may be inside */
	bool quiescent;
	bool inside_ok;			/* write although a thread is inside ... */
	bool inside;			/* ... as it was */
	bool ready;			/* ready.c keeps what was done for the next try */
	bool born;			/* a hook has started a thread */
	u32 pre, post;			/* hooks of the patch of part 0 to be run, or 0 */
	unsigned int nr;
	struct suture_part parts[];	/* the survey of part 0 is the caller's */
};

struct suture_change *suture_change_new(struct mm_struct *mm, unsigned int room);
void suture_change_free(struct suture_change *change);
struct suture_part *suture_change_add(struct suture_change *change, enum suture_part_op op,
				      struct suture_survey *survey, u64 state);
int suture_change_map(struct suture_change *change, struct task_struct *leader,
		      struct suture_block *block);
int suture_change_ranges(struct suture_change *change);
bool suture_change_wants_hooks(const struct suture_change *change);
int suture_change_hold(struct suture_change *change, struct task_struct *leader,
		       struct suture_block *block, u32 *ret_held);
void suture_change_undo(struct suture_change *change);

/* ---- states.c */
int suture_states_hand_over(const struct suture_change *change);
void suture_states_take_back(const struct suture_change *change);
void suture_states_forget(const struct suture_part *part, struct mm_struct *mm);

/* ---- ready.c */
bool suture_ready_is(const struct suture_survey *survey, unsigned long base);
bool suture_ready_take(struct suture_change *change);
void suture_ready_keep(struct suture_change *change);
int suture_ready_give_back(const struct suture_survey *survey, unsigned long base);

/* Fill @block and return @ret. */
int suture_refuse(struct suture_block *block, u32 reason, u32 func, int ret);
int suture_not_now(struct suture_block *block, int ret, u32 func);

#endif /* _SUTURE_CHANGE_H */
