// SPDX-License-Identifier: GPL-2.0
/*
 * A process that has to wait for one of its threads keeps the mapping that was made for
 * it, and the pages for the branches. The next try may come just when that thread leaves,
 * and then there is nothing left to do but to write them.
 */
#include <linux/stddef.h>

#include "change.h"

static const struct suture_mapping *find_mapping(const struct suture_survey *survey,
						 unsigned long base)
{
	unsigned int i;

	for (i = 0; i < survey->nr_mappings; i++) {
		if (survey->mappings[i].patch == survey->patch && survey->mappings[i].base == base)
			return &survey->mappings[i];
	}
	return NULL;
}

/*
 * No thread can be inside this mapping of the survey's patch: it was mapped in vain so far.
 * The process may have written that by itself; then it is its own thread that crashes.
 */
bool suture_ready_is(const struct suture_survey *survey, unsigned long base)
{
	const struct suture_mapping *m = find_mapping(survey, base);

	return m && m->ledger.magic && m->ledger.state == SUTURE_LEDGER_READY;
}

/* No hook has run in it, and no other patch has handed its state over. */
static bool is_untouched(const struct suture_change *change)
{
	return change->nr == 1 && !change->crew->nr && change->parts[0].op == SUTURE_PART_ADD &&
	       !change->parts[0].patch->note.nr_hooks;
}

/* Use the one that was kept, if there is one and the objects are where they were then. */
bool suture_ready_take(struct suture_change *change)
{
	struct suture_part *part = &change->parts[0];
	const struct suture_view *view = &part->survey->view;
	const struct suture_mapping *m = find_mapping(part->survey, view->stale_base);
	u32 i;

	if (!is_untouched(change) || !suture_ready_is(part->survey, view->stale_base))
		return false;
	for (i = 0; i < part->patch->note.nr_objects; i++) {
		if (m->ledger.bases[i] != view->bases[i])
			return false;
	}
	part->base = m->base;
	part->was = m->ledger.state;
	part->mapped = true;
	return true;
}

/*
 * The change has to wait: suture_change_undo() leaves its mapping alone, and the private
 * copies of the text, which take the most time to make.
 */
void suture_ready_keep(struct suture_change *change)
{
	struct suture_part *part = &change->parts[0];
	struct suture_window window = {};
	u64 state = SUTURE_LEDGER_READY;

	if (!part->mapped || !is_untouched(change))
		return;
	if (!suture_poke(part->patch, change->mm, &window, part->base + part->patch->ledger +
			 offsetof(struct suture_ledger, state), &state, sizeof(state)))
		part->mapped = false;
	suture_poke_end(&window);
	change->ready = !part->mapped;
}

/* The mapping was kept in vain, and so were the copies. Of current->mm. 0 or -EBUSY. */
int suture_ready_give_back(const struct suture_survey *survey, unsigned long base)
{
	const struct suture_mapping *m = find_mapping(survey, base);
	struct suture_patch *patch = survey->patch;
	u32 i;

	if (!m)
		return 0;
	down_read(&patch->targets_sem);
	if (!suture_mmap_read_lock(survey->mm)) {
		up_read(&patch->targets_sem);
		return -EBUSY;
	}
	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *place = &patch->places[i];

		if (m->ledger.bases[place->object] != SUTURE_ABSENT)
			suture_give_back(patch, survey->mm,
					 m->ledger.bases[place->object] + place->addr, place->len);
	}
	mmap_read_unlock(survey->mm);
	up_read(&patch->targets_sem);
	return 0;
}
