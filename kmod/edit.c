// SPDX-License-Identifier: GPL-2.0
/* What is to be written into an mm: plan, pin, compare, write. */
#include <linux/overflow.h>
#include <linux/slab.h>

#include "suture.h"

/* ---------------------------------------------------------------- plan */

/* The mapping is one that a part of the change takes away. */
static bool is_removed(const struct suture_part *parts, unsigned int nr,
		       const struct suture_mapping *m)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (parts[i].op == SUTURE_PART_REMOVE && parts[i].patch == m->patch &&
		    parts[i].base == m->base)
			return true;
	}
	return false;
}

/* The bytes of a patch's place at @at, if it has one there of this length, in what is
 * @object to the patch @of. */
static bool bytes_at(const struct suture_patch *patch, unsigned long base,
		     const unsigned long *bases, u32 objects, const struct suture_patch *of,
		     u32 object, unsigned long at, unsigned int len, u8 *buf)
{
	u32 i;

	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *place = &patch->places[i];

		if ((objects >> place->object & 1) && place->len == len &&
		    bases[place->object] + place->addr == at &&
		    suture_same_object(patch, place->object, of, object))
			return !suture_place_bytes(place, at, base, buf);
	}
	return false;
}

/* What has to stand at a place of @part when the change is done: the bytes of the
 * topmost patch in force there, else the old ones. */
static void bytes_afterwards(const struct suture_part *parts, unsigned int nr,
			     const struct suture_part *part, const struct suture_place *place,
			     int holder, unsigned long at, u8 *buf)
{
	const struct suture_survey *survey = part->survey;
	/* Of a patch above the one whose branch stands there only old mappings are left. */
	u64 highest = holder >= 0 ? survey->mappings[holder].patch->seq : 0;
	u8 bytes[SUTURE_PLACE_MAX];
	u64 top = 0;
	unsigned int i;

	memcpy(buf, place->old, place->len);
	for (i = 0; i < survey->nr_mappings; i++) {
		const struct suture_mapping *m = &survey->mappings[i];
		unsigned long bases[SUTURE_MAX_OBJECTS];
		u32 k;

		/* Another mapping of the patch itself is of another copy, or left over. */
		if (m->patch == part->patch || !(m->ledger.state & SUTURE_LEDGER_APPLIED) ||
		    is_removed(parts, nr, m) || m->patch->seq < top || m->patch->seq > highest)
			continue;
		for (k = 0; k < m->patch->note.nr_objects; k++)
			bases[k] = m->ledger.bases[k];
		if (bytes_at(m->patch, m->base, bases, ~0U, part->patch, place->object, at,
			     place->len, bytes)) {
			memcpy(buf, bytes, place->len);
			top = m->patch->seq;
		}
	}
	for (i = 0; i < nr; i++) {
		const struct suture_part *other = &parts[i];

		if (other->op != SUTURE_PART_REMOVE && other->patch->seq >= top &&
		    bytes_at(other->patch, other->base, other->survey->view.bases, other->objects,
			     part->patch, place->object, at, place->len, bytes)) {
			memcpy(buf, bytes, place->len);
			top = other->patch->seq;
		}
	}
}

static const struct suture_edit *edit_at(const struct suture_edits *edits, unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		if (edits->edits[i].addr == addr)
			return &edits->edits[i];
	}
	return NULL;
}

/* At none of its places stands anything but the old bytes. A page of the process's own that is
 * not in memory may have a branch. The caller holds mmap_lock. */
static bool is_dead(const struct suture_survey *survey, const struct suture_mapping *m)
{
	u8 bytes[SUTURE_PLACE_MAX];
	u32 i;

	for (i = 0; i < m->patch->nr_places; i++) {
		const struct suture_place *place = &m->patch->places[i];
		unsigned long base = m->ledger.bases[place->object], at = base + place->addr;
		const struct vm_area_struct *vma;

		vma = base != SUTURE_ABSENT ? find_vma(survey->mm, at) : NULL;
		if (vma && vma->vm_start <= at && suture_has_own_pages(vma) &&
		    (suture_peek(survey->mm, at, bytes, place->len) ||
		     memcmp(bytes, place->old, place->len)))
			return false;
	}
	return true;
}

/*
 * The old bytes stand at this place: mappings that had a branch there have been left over
 * by a dlclose. Once there is a branch again, they would look as if they were below it.
 */
static void plan_dead(struct suture_edits *edits, const struct suture_part *parts,
		      unsigned int nr, const struct suture_part *part,
		      const struct suture_place *place, unsigned long at)
{
	const struct suture_survey *survey = part->survey;
	u8 bytes[SUTURE_PLACE_MAX];
	unsigned int i, k;

	for (i = 0; i < survey->nr_mappings; i++) {
		const struct suture_mapping *m = &survey->mappings[i];
		unsigned long bases[SUTURE_MAX_OBJECTS], state;
		struct suture_edit *edit = &edits->edits[edits->nr];

		state = m->base + m->patch->ledger + offsetof(struct suture_ledger, state);
		/* One that was never in force (ready.c) is below nobody. */
		if (!(m->ledger.state & SUTURE_LEDGER_APPLIED) || is_removed(parts, nr, m) ||
		    edit_at(edits, state) ||
		    (m->patch == part->patch && m->base == part->base))
			continue;
		for (k = 0; k < m->patch->note.nr_objects; k++)
			bases[k] = m->ledger.bases[k];
		if (!bytes_at(m->patch, m->base, bases, ~0U, part->patch, place->object, at,
			      place->len, bytes) || !is_dead(survey, m))
			continue;
		edit->patch = m->patch;
		edit->func = SUTURE_NO_FUNC;
		edit->addr = state;
		edit->len = sizeof(m->ledger.state);
		edit->is_data = true;
		memcpy(edit->old, &m->ledger.state, sizeof(m->ledger.state));
		memset(edit->new, 0, sizeof(m->ledger.state));
		edits->nr++;
	}
}

/* The caller holds targets_sem, and mmap_lock for reading. */
static int plan_place(struct suture_edits *edits, const struct suture_part *parts,
		      unsigned int nr, const struct suture_part *part, u32 number)
{
	const struct suture_place *place = &part->patch->places[number];
	unsigned long base = part->survey->view.bases[place->object];
	struct suture_edit *edit = &edits->edits[edits->nr];
	u8 own[SUTURE_PLACE_MAX];
	int holder, ret;

	if (!(part->objects >> place->object & 1) || base == SUTURE_ABSENT)
		return 0;
	edit->addr = base + place->addr;
	if (edit_at(edits, edit->addr))
		return 0;		/* another part of the change has it */
	ret = suture_place_bytes(place, edit->addr, part->base, own);
	if (ret)
		return ret;
	ret = suture_read_text(part->patch, edits->mm, edit->addr, edit->old, place->len);
	if (ret == -EFAULT && part->op == SUTURE_PART_REMOVE)
		return 0;		/* it is not mapped any more */
	if (ret)
		return ret;
	holder = suture_find_holder(part->survey, place, edit->addr, edit->old);
	if (part->op == SUTURE_PART_REMOVE) {
		/* That of another patch, or the old bytes: nothing of ours stands there. */
		if (memcmp(edit->old, own, place->len))
			return 0;
	} else if (holder == SUTURE_HOLDER_FOREIGN) {
		return -ESTALE;
	}
	bytes_afterwards(parts, nr, part, place, holder, edit->addr, edit->new);
	if (!memcmp(edit->old, edit->new, place->len))
		return 0;		/* one above stands there, and stays */
	edit->patch = part->patch;
	edit->func = number;
	edit->len = place->len;
	edit->is_branch = part->op != SUTURE_PART_REMOVE;
	edits->nr++;
	if (holder == SUTURE_HOLDER_OLD)
		plan_dead(edits, parts, nr, part, place, edit->addr);
	return 0;
}

/* The state in the ledger is written together with the branches. */
static void plan_ledger(struct suture_edits *edits, const struct suture_part *part)
{
	struct suture_edit *edit = &edits->edits[edits->nr++];
	const struct suture_survey *survey = part->survey;
	u64 now = part->was;
	unsigned int i;

	BUILD_BUG_ON(sizeof(now) > SUTURE_PLACE_MAX);
	/* A new mapping may stand where the survey saw one that was left over. */
	for (i = 0; part->op != SUTURE_PART_ADD && i < survey->nr_mappings; i++) {
		if (survey->mappings[i].patch == part->patch &&
		    survey->mappings[i].base == part->base)
			now = survey->mappings[i].ledger.state;
	}
	edit->patch = part->patch;
	edit->func = SUTURE_NO_FUNC;
	edit->addr = part->base + part->patch->ledger + offsetof(struct suture_ledger, state);
	edit->len = sizeof(now);
	edit->is_data = true;
	memcpy(edit->old, &now, sizeof(now));
	memcpy(edit->new, &part->state, sizeof(part->state));
}

static int plan_part(struct suture_edits *edits, const struct suture_part *parts, unsigned int nr,
		     const struct suture_part *part, u32 *ret_func)
{
	int ret = 0;
	u32 i;

	down_read(&part->patch->targets_sem);
	if (suture_mmap_read_lock(edits->mm)) {
		for (i = 0; i < part->patch->nr_places && !ret; i++) {
			*ret_func = i;
			ret = plan_place(edits, parts, nr, part, i);
		}
		mmap_read_unlock(edits->mm);
	} else {
		ret = -EBUSY;
	}
	up_read(&part->patch->targets_sem);
	if (!ret)
		plan_ledger(edits, part);
	return ret;
}

/*
 * suture_edits_make - what is to be written into mm
 * @parts: nr of them; the mappings of those that are added are there already
 *
 * Returns 0 and the list (free with suture_edits_free()); or -ENOMEM, -EBUSY, -ERANGE
 * (a place does not reach the patch), -ESTALE (foreign bytes at *@ret_func), or an
 * error of reading.
 */
int suture_edits_make(struct mm_struct *mm, const struct suture_part *parts, unsigned int nr,
		      struct suture_edits **ret_edits, u32 *ret_func)
{
	struct suture_edits *edits;
	unsigned int room = 0, i;
	int ret = 0;

	for (i = 0; i < nr; i++)
		room += parts[i].patch->nr_places + 1 + parts[i].survey->nr_mappings;
	edits = suture_try(kvzalloc(struct_size(edits, edits, room), GFP_KERNEL));
	if (!edits)
		return -ENOMEM;
	edits->mm = mm;
	edits->room = room;
	for (i = 0; i < nr && !ret; i++)
		ret = plan_part(edits, parts, nr, &parts[i], ret_func);
	if (ret) {
		kvfree(edits);
		return ret;
	}
	*ret_edits = edits;
	return 0;
}

/* ----------------------------------------------------------------- pin */

/* To write a branch, only private, executable mappings of a file are touched; to take
 * it out, also memory to which the text was copied. */
static bool may_write(const struct suture_edit *edit, struct mm_struct *mm)
{
	struct vm_area_struct *vma = find_vma(mm, edit->addr);

	if (!vma || vma->vm_start > edit->addr || vma->vm_end - edit->addr < edit->len)
		return false;
	if ((vma->vm_flags & VM_SHARED) || !suture_may_fault_in(vma))
		return false;
	if (edit->is_data)
		return vma->vm_file ? file_inode(vma->vm_file) == edit->patch->inode :
				      vma_is_anonymous(vma);
	if (edit->is_branch && (!vma->vm_file || !(vma->vm_flags & VM_EXEC)))
		return false;
	return suture_is_text(edit->patch, mm, edit->addr, edit->len);
}

/*
 * Break the copy-on-write of every page concerned and pin it, so that writing
 * later needs neither a lock nor memory. Returns 0, -EBUSY, -EFAULT (not such
 * text) or an error of gup.
 */
int suture_edits_pin(struct suture_edits *edits)
{
	struct mm_struct *mm = edits->mm;
	unsigned int i;
	int ret = 0;

	for (i = 0; i < edits->nr && !ret; i++) {
		struct suture_edit *edit = &edits->edits[i];

		down_read(&edit->patch->targets_sem);
		if (!suture_mmap_read_lock(mm)) {
			ret = -EBUSY;
		} else {
			ret = -EFAULT;
			if (may_write(edit, mm))
				ret = suture_pin_two(mm, edit->addr, edit->len,
						     FOLL_WRITE | FOLL_FORCE, edit->pages);
			mmap_read_unlock(mm);
		}
		up_read(&edit->patch->targets_sem);
	}
	return ret;
}

/* --------------------------------------------------------------- write */

/* A uprobe that comes or goes puts another page in the place of the pinned one. */
static bool is_mapped(struct mm_struct *mm, unsigned long addr, const struct page *pinned)
{
	struct page *page;

	/* What is PROT_NONE (to NUMA balancing, data that nobody touches is that sooner or
	 * later), execute-only or has a key, only the slow way finds. */
	if (get_user_pages_fast_only(addr, 1, 0, &page) != 1 &&
	    suture_get_page(mm, addr, FOLL_FORCE | FOLL_NOFAULT, &page) != 1)
		return false;
	put_page(page);
	return page == pinned;
}

/* Are the pinned pages still those of current->mm? The mmap_lock is held; waits for nothing. */
bool suture_edits_mapped(const struct suture_edits *edits)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];

		if (!is_mapped(edits->mm, edit->addr, edit->pages[0]))
			return false;
		if (edit->pages[1] &&
		    !is_mapped(edits->mm, edit->addr + edit->len - 1, edit->pages[1]))
			return false;
	}
	return true;
}

/* Are the old bytes there, now? Neither sleeps nor faults. */
bool suture_edits_match(const struct suture_edits *edits, u32 *ret_func)
{
	u8 bytes[SUTURE_PLACE_MAX];
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];

		suture_copy_pages(edit->pages, edit->addr, bytes, edit->len, false);
		if (memcmp(bytes, edit->old, edit->len)) {
			*ret_func = edit->func;
			return false;
		}
	}
	return true;
}

/* Write the new bytes. Neither sleeps nor faults. */
void suture_edits_write(const struct suture_edits *edits)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];
		u8 bytes[SUTURE_PLACE_MAX];

		memcpy(bytes, edit->new, edit->len);
		suture_copy_pages(edit->pages, edit->addr, bytes, edit->len, true);
		if (!edit->is_data)
			suture_arch_flush(edit->pages, edit->addr, edit->len);
	}
}

/* Twice does no harm. */
static void unpin(struct suture_edits *edits)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++)
		suture_unpin_two(edits->edits[i].pages, true);
}

void suture_edits_free(struct suture_edits *edits)
{
	if (!edits)
		return;
	unpin(edits);
	kvfree(edits);
}

/* Unpin, and give back pages of text that equal the file again. */
void suture_edits_give_back(struct suture_edits *edits)
{
	unsigned int i;

	unpin(edits);
	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];

		if (edit->is_data)
			continue;
		down_read(&edit->patch->targets_sem);
		if (suture_mmap_read_lock(edits->mm)) {
			suture_give_back(edit->patch, edits->mm, edit->addr, edit->len);
			mmap_read_unlock(edits->mm);
		}
		up_read(&edit->patch->targets_sem);
	}
}
