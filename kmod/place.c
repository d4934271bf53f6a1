// SPDX-License-Identifier: GPL-2.0
/* The places in a target's text that a patch changes, entries and calls alike. */
#include <linux/slab.h>
#include <linux/string.h>

#include "suture.h"

static void place_of_func(const struct suture_func *func, u32 number, struct suture_place *place)
{
	*place = (struct suture_place) {
		.object = func->object,
		.number = number,
		.addr = func->old_addr + func->branch_at,
		.new_addr = func->new_addr,
		.len = SUTURE_BRANCH_LEN,
		.old = func->old_bytes + func->branch_at,
		.check_addr = func->old_addr,
		.check = func->old_bytes,
		.check_len = func->old_len,
	};
}

static void place_of_site(const struct suture_site *site, u32 number, struct suture_place *place)
{
	*place = (struct suture_place) {
		.object = site->object,
		.number = number,
		.addr = site->addr,
		.new_addr = site->new_addr,
		.len = site->old_len,
		.is_site = true,
		.old = site->old_bytes,
		.check_addr = site->addr,
		.check = site->old_bytes,
		.check_len = site->old_len,
	};
}

/* From the note, which has been checked. 0 or -ENOMEM; freed with the patch. */
int suture_places_make(struct suture_patch *patch)
{
	const struct spm_note *note = &patch->note;
	u32 i;

	BUILD_BUG_ON(SUTURE_BRANCH_LEN > SUTURE_PLACE_MAX);
	patch->nr_places = note->nr_funcs + note->nr_sites;
	patch->places = kvcalloc(patch->nr_places, sizeof(*patch->places), GFP_KERNEL);
	if (!patch->places)
		return -ENOMEM;
	for (i = 0; i < note->nr_funcs; i++)
		place_of_func(&note->funcs[i], i, &patch->places[i]);
	for (; i < patch->nr_places; i++)
		place_of_site(&note->sites[i - note->nr_funcs], i, &patch->places[i]);
	return 0;
}

/*
 * What stands at a place, which is at @at in the mm, when the patch is mapped at
 * @base and in force: place->len bytes. 0, or -ERANGE: out of reach.
 */
int suture_place_bytes(const struct suture_place *place, unsigned long at, unsigned long base,
		       u8 *buf)
{
	unsigned long to = base + place->new_addr;

	if (place->is_site)
		return suture_arch_site(buf, at, to, place->old);
	return suture_arch_branch(buf, at, to);
}

const char *suture_place_name(const struct suture_patch *patch, u32 number)
{
	const struct spm_note *note = &patch->note;

	if (number < note->nr_funcs)
		return spm_string(note, note->funcs[number].name);
	if (number < patch->nr_places)
		return spm_string(note, note->sites[number - note->nr_funcs].name);
	return "";
}
