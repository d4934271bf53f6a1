// SPDX-License-Identifier: GPL-2.0
/*
 * What an mm has of a patch, read from the mm itself: which objects it maps, which
 * mappings of the patch (and of its neighbours) there are, and what stands at the
 * places that they change.
 */
#include <linux/stddef.h>
#include <linux/slab.h>

#include "suture.h"

struct suture_survey *suture_survey_new(struct suture_patch *patch)
{
	struct suture_survey *survey = suture_try(kvmalloc(sizeof(*survey), GFP_KERNEL));

	if (!survey)
		return NULL;
	/* What follows is long, and counted: nr_copies, nr_mappings. */
	memset(survey, 0, offsetof(struct suture_survey, copies));
	survey->nr_mappings = 0;
	survey->patch = patch;
	survey->crew = suture_crew_neighbours(patch);
	if (!survey->crew) {
		kvfree(survey);
		return NULL;
	}
	return survey;
}

void suture_survey_free(struct suture_survey *survey)
{
	if (!survey)
		return;
	suture_crew_put((struct suture_crew *)survey->crew);
	kvfree(survey);
}

/* The target whose file this is; targets_sem is held. */
struct suture_target *suture_find_target(struct suture_patch *patch, const struct inode *inode)
{
	struct suture_target *target;

	list_for_each_entry(target, &patch->targets, node) {
		if (target->inode == inode)
			return target;
	}
	return NULL;
}

/* The stale mapping was unmapped since the survey was made. */
void suture_survey_forget(struct suture_survey *survey)
{
	unsigned int i;

	for (i = 0; i < survey->nr_mappings; i++) {
		struct suture_mapping *m = &survey->mappings[i];

		if (m->patch == survey->patch && m->base == survey->view.stale_base)
			memset(&m->ledger, 0, sizeof(m->ledger));
	}
}

/* ------------------------------------------------------------- mappings */

/*
 * Load bias of the object of which vma maps text; false: it is none of its text.
 * Only text tells: another segment can begin in the same page of the file.
 */
static bool vma_bias(const struct vm_area_struct *vma, const struct spm_elf *elf,
		     unsigned long *ret_bias)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 end = offset + (vma->vm_end - vma->vm_start);
	u32 i;

	if (!(vma->vm_flags & VM_EXEC) || (vma->vm_flags & VM_SHARED))
		return false;
	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *seg = &elf->segments[i];
		u64 start = seg->offset & PAGE_MASK;

		if (!(seg->flags & PF_X))
			continue;
		if (end > start && offset < seg->offset + seg->filesz) {
			*ret_bias = vma->vm_start - (seg->vaddr - seg->offset) - offset;
			return true;
		}
	}
	return false;
}

static void scan_patch_vma(struct suture_survey *survey, struct suture_patch *patch,
			   struct vm_area_struct *vma)
{
	unsigned long bias;
	unsigned int i;

	if (!vma_bias(vma, &patch->elf, &bias))
		return;
	for (i = 0; i < survey->nr_mappings; i++) {
		if (survey->mappings[i].patch == patch && survey->mappings[i].base == bias)
			return;
	}
	if (i == SUTURE_MAX_MAPPINGS) {
		survey->too_many = true;
		return;
	}
	memset(&survey->mappings[i], 0, sizeof(survey->mappings[i]));
	survey->mappings[i].patch = patch;
	survey->mappings[i].base = bias;
	survey->nr_mappings++;
}

static void scan_target_vma(struct suture_survey *survey, const struct suture_target *target,
			    struct vm_area_struct *vma)
{
	unsigned int *nr = &survey->nr_copies[target->object], i;
	struct suture_copy *copies = survey->copies[target->object];
	unsigned long bias;

	survey->mapped |= 1U << target->object;
	if (!vma_bias(vma, &target->elf, &bias))
		return;
	for (i = 0; i < *nr; i++) {
		if (copies[i].base == bias)
			return;
	}
	if (*nr == SUTURE_MAX_COPIES) {
		survey->too_many = true;
		return;
	}
	copies[*nr].base = bias;
	copies[*nr].text = vma->vm_start;
	(*nr)++;
}

static void scan_mm(struct suture_survey *survey)
{
	const struct suture_crew *crew = survey->crew;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, survey->mm, 0);

	for_each_vma(vmi, vma) {
		const struct suture_target *target;
		const struct inode *inode;
		unsigned int i;

		if (!vma->vm_file)
			continue;
		inode = file_inode(vma->vm_file);
		for (i = 0; i < crew->nr; i++) {
			if (inode == crew->patches[i]->inode)
				scan_patch_vma(survey, crew->patches[i], vma);
		}
		target = suture_find_target(survey->patch, inode);
		if (target)
			scan_target_vma(survey, target, vma);
	}
}

/* What cannot be read just now must not be taken for not in use: -ENOMEM and the like. */
static int read_ledgers(struct suture_survey *survey)
{
	unsigned int i;
	int ret;

	for (i = 0; i < survey->nr_mappings; i++) {
		struct suture_mapping *m = &survey->mappings[i];
		struct suture_ledger *ledger = &m->ledger;

		ret = suture_read_data(m->patch, survey->mm, m->base + m->patch->ledger, ledger,
				       offsetof(struct suture_ledger,
						bases[m->patch->note.nr_objects]));
		if (ret && ret != -EFAULT)
			return ret;
		if (ret || ledger->magic != SUTURE_LEDGER_MAGIC)
			memset(ledger, 0, sizeof(*ledger));	/* mapped by the process itself */
	}
	return 0;
}

/* --------------------------------------------------------------- places */

/* What stands at a place that is at @at when this mapping's branch does. */
static bool holds(const struct suture_mapping *m, const struct suture_place *place,
		  unsigned long at, const u8 *bytes)
{
	u8 expected[SUTURE_PLACE_MAX];

	return m->ledger.magic && m->ledger.bases[place->object] + place->addr == at &&
	       !suture_place_bytes(place, at, m->base, expected) &&
	       !memcmp(bytes, expected, place->len);
}

static bool any_place_holds(const struct suture_mapping *m, const struct suture_patch *patch,
			    const struct suture_place *place, unsigned long at, const u8 *bytes)
{
	u32 i;

	for (i = 0; i < m->patch->nr_places; i++) {
		const struct suture_place *its = &m->patch->places[i];

		if (its->len == place->len &&
		    suture_same_object(m->patch, its->object, patch, place->object) &&
		    holds(m, its, at, bytes))
			return true;
	}
	return false;
}

/*
 * Whose bytes (place->len of them) stand at a place of the survey's patch? Index of
 * a mapping, or SUTURE_HOLDER_*.
 */
int suture_find_holder(const struct suture_survey *survey, const struct suture_place *place,
		       unsigned long at, const u8 *bytes)
{
	unsigned int i;

	if (!memcmp(bytes, place->old, place->len))
		return SUTURE_HOLDER_OLD;
	for (i = 0; i < survey->nr_mappings; i++) {
		const struct suture_mapping *m = &survey->mappings[i];

		if (m->patch == survey->patch ? holds(m, place, at, bytes) :
						any_place_holds(m, survey->patch, place, at,
								bytes))
			return i;
	}
	return SUTURE_HOLDER_FOREIGN;
}

enum place_state {
	PLACE_OURS,	/* the branch into this mapping */
	PLACE_COVERED,	/* the branch of a patch above */
	PLACE_FOREIGN,	/* text with something else: a breakpoint over the branch, say */
	PLACE_GONE,	/* the old bytes, another mapping's branch, or no text at all */
};

static enum place_state look_at_place(const struct suture_survey *survey,
				      const struct suture_place *place, unsigned int mapping,
				      unsigned long at)
{
	struct suture_patch *patch = survey->patch;
	struct vm_area_struct *vma = find_vma(survey->mm, at);
	u8 bytes[SUTURE_PLACE_MAX];
	struct suture_target *target = NULL;
	unsigned long bias;
	int holder, ret;

	if (!vma || vma->vm_start > at)
		return PLACE_GONE;
	if (vma->vm_file)
		target = suture_find_target(patch, file_inode(vma->vm_file));
	if (!target && !suture_has_own_pages(vma))
		return PLACE_GONE;	/* another file, in which nothing was written */
	ret = vma->vm_file && !target ? suture_peek(survey->mm, at, bytes, place->len) :
			      suture_read_text(patch, survey->mm, at, bytes, place->len);
	if (ret)
		return (vma->vm_flags & VM_EXEC) || ret != -EFAULT ? PLACE_FOREIGN : PLACE_GONE;
	holder = suture_find_holder(survey, place, at, bytes);
	if (holder == (int)mapping)
		return PLACE_OURS;
	/* Another library has come where this one was, or is just being mapped. Or it is the
	 * same again, but not at the same address. */
	if (vma->vm_file && (!target || target->object != place->object ||
			     (vma_bias(vma, &target->elf, &bias) && bias != at - place->addr)))
		return PLACE_GONE;
	if (holder >= 0)
		return survey->mappings[holder].patch->seq > patch->seq ? PLACE_COVERED :
									  PLACE_GONE;
	if (holder == SUTURE_HOLDER_OLD)
		return PLACE_GONE;
	/* Where the library was, may be a heap now. */
	return (vma->vm_flags & VM_EXEC) ? PLACE_FOREIGN : PLACE_GONE;
}

/* How a mapping of the patch is in use. */
struct use {
	bool live;
	u32 held;			/* objects at whose places its branches stand */
	u32 gone;			/* objects at whose places they do not any more */
	bool foreign;
	u32 func;			/* the foreign one */
};

static void judge(const struct suture_survey *survey, unsigned int mapping, struct use *use)
{
	const struct suture_patch *patch = survey->patch;
	const struct suture_ledger *ledger = &survey->mappings[mapping].ledger;
	bool ours = false;
	u32 i;

	memset(use, 0, sizeof(*use));
	if (!ledger->magic)
		return;
	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *place = &patch->places[i];
		u32 bit = 1U << place->object;

		if (ledger->bases[place->object] == SUTURE_ABSENT)
			continue;
		switch (look_at_place(survey, place, mapping,
				      ledger->bases[place->object] + place->addr)) {
		case PLACE_OURS:
			ours = true;
			fallthrough;
		case PLACE_COVERED:
			use->held |= bit;
			break;
		case PLACE_FOREIGN:
			use->held |= bit;
			use->foreign = true;
			use->func = i;
			break;
		case PLACE_GONE:
			use->gone |= bit;
			break;
		}
	}
	/* One that is covered everywhere counts only if it was ever in force; and under
	 * a breakpoint can be no branch into one that never was. */
	use->live = ours || (use->foreign && ledger->state != SUTURE_LEDGER_READY) ||
		    (use->held && !use->gone && (ledger->state & SUTURE_LEDGER_APPLIED));
	/* Only some of an object's places: somebody has put old bytes back. */
	if (use->held & use->gone) {
		use->foreign = true;
		use->gone &= ~use->held;
		for (i = 0; i < patch->nr_places; i++) {
			const struct suture_place *place = &patch->places[i];
			unsigned long at = ledger->bases[place->object] + place->addr;

			if (look_at_place(survey, place, mapping, at) == PLACE_GONE)
				use->func = i;
		}
	}
}

/* ----------------------------------------------------------------- view */

static bool is_target(const struct suture_patch *patch, u32 object)
{
	return patch->note.objects[object].role == SUTURE_ROLE_TARGET;
}

/* What is mapped of the targets, apart from any bytes. */
static enum suture_view_kind kind_of_copies(const struct suture_survey *survey)
{
	const struct suture_patch *patch = survey->patch;
	bool mapped = false, complete = true, any = false;
	u32 i;

	if (survey->too_many)
		return SUTURE_VIEW_AMBIGUOUS;
	for (i = 0; i < patch->note.nr_objects; i++) {
		if (is_target(patch, i)) {
			mapped |= survey->mapped >> i & 1;
			any |= survey->nr_copies[i];
		}
		if (!is_target(patch, i) || !suture_patch_any_target(patch))
			complete &= !!survey->nr_copies[i];
	}
	if (any)
		return complete ? SUTURE_VIEW_UNPATCHED : SUTURE_VIEW_INCOMPLETE;
	return mapped ? SUTURE_VIEW_NOT_EXEC : SUTURE_VIEW_NONE;
}

/* The k-th copies belong together; *view gets their places. */
static void take_copies(const struct suture_survey *survey, unsigned int k,
			struct suture_view *view)
{
	const struct suture_patch *patch = survey->patch;
	u32 i;

	view->partly = false;
	for (i = 0; i < patch->note.nr_objects; i++) {
		unsigned int nr = survey->nr_copies[i];

		if (nr) {
			view->bases[i] = survey->copies[i][min(k, nr - 1)].base;
			view->texts[i] = survey->copies[i][min(k, nr - 1)].text;
		} else {
			view->bases[i] = SUTURE_ABSENT;
			view->texts[i] = 0;
			view->partly |= is_target(patch, i);
		}
	}
}

/* Something of this copy is in the hands of the mapping. */
static bool belongs(const struct suture_survey *survey, const struct suture_mapping *m,
		    const struct use *use, const struct suture_view *copies)
{
	u32 i;

	for (i = 0; i < survey->patch->note.nr_objects; i++) {
		if ((use->held >> i & 1) && m->ledger.bases[i] == copies->bases[i])
			return true;
	}
	return false;
}

/*
 * The mapping @mapping is in use. Is all of it as it should be, given the copies
 * that belong to it (NULL: there are none, its text is a copy in anonymous memory)?
 */
static void view_of_mapping(const struct suture_survey *survey, unsigned int mapping,
			    const struct use *use, const struct suture_view *copies,
			    struct suture_view *view)
{
	const struct suture_patch *patch = survey->patch;
	const struct suture_mapping *m = &survey->mappings[mapping];
	bool lost = false;
	u32 i;

	view->patch_base = m->base;
	view->hooks_due = m->ledger.state & SUTURE_LEDGER_HOOKS_DUE;
	view->kind = SUTURE_VIEW_PATCHED;
	view->partly = false;
	view->fix = 0;
	for (i = 0; i < patch->note.nr_objects; i++) {
		unsigned long base = m->ledger.bases[i];
		unsigned long now = copies ? copies->bases[i] : SUTURE_ABSENT;

		view->bases[i] = base;
		view->texts[i] = copies ? copies->texts[i] : 0;
		if (is_target(patch, i) && (use->held >> i & 1))
			continue;	/* its branches stand, whatever is mapped there */
		if (now != SUTURE_ABSENT && (base != now || is_target(patch, i))) {
			view->bases[i] = now;
			view->fix |= 1U << i;
		} else if (is_target(patch, i) && base != SUTURE_ABSENT && now == SUTURE_ABSENT) {
			lost = true;
			view->bases[i] = SUTURE_ABSENT;
			view->fix |= 1U << i;
		}
		view->partly |= is_target(patch, i) && view->bases[i] == SUTURE_ABSENT;
	}
	if (use->foreign) {
		view->kind = SUTURE_VIEW_FOREIGN;
		view->func = use->func;
	} else if (lost && !suture_patch_any_target(patch)) {
		view->kind = SUTURE_VIEW_INCOMPLETE;
		for (i = 0; i < patch->note.nr_objects; i++)
			view->bases[i] = m->ledger.bases[i];
	}
}

/* A copy that no mapping holds: is its text such that it can be patched? */
static int view_of_copies(const struct suture_survey *survey, struct suture_view *view)
{
	const struct suture_patch *patch = survey->patch;
	u8 bytes[SUTURE_PLACE_MAX];
	u32 i;
	int ret;

	view->kind = SUTURE_VIEW_UNPATCHED;
	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *place = &patch->places[i];
		unsigned long at = view->bases[place->object] + place->addr;

		if (view->bases[place->object] == SUTURE_ABSENT)
			continue;
		ret = suture_read_text(survey->patch, survey->mm, at, bytes, place->len);
		if (ret)
			return ret;
		if (suture_find_holder(survey, place, at, bytes) == SUTURE_HOLDER_FOREIGN) {
			view->kind = SUTURE_VIEW_FOREIGN;
			view->func = i;
			break;
		}
	}
	return 0;
}

/* The more of these, the sooner it is what the caller has to see. Where a hook has said no, a
 * copy that is not patched stays so: the others must not be hidden behind it. */
static int weight(const struct suture_survey *survey, const struct suture_view *view)
{
	if (survey->hooks_first && view->kind == SUTURE_VIEW_PATCHED && view->hooks_due)
		return 6;
	switch (view->kind) {
	case SUTURE_VIEW_UNPATCHED:
		return 5;
	case SUTURE_VIEW_INCOMPLETE:
		return 4;
	case SUTURE_VIEW_PATCHED:
		return view->fix || view->hooks_due ? 3 : 2;
	default:
		return 1;
	}
}

static void offer(struct suture_survey *survey, const struct suture_view *view, int *best)
{
	int w = weight(survey, view);

	if (w > *best) {
		unsigned long stale_base = survey->view.stale_base;

		survey->view = *view;
		survey->view.stale_base = stale_base;
		*best = w;
	}
}

static int read_view(struct suture_survey *survey, bool reverting)
{
	enum suture_view_kind kind = kind_of_copies(survey);
	struct suture_patch *patch = survey->patch;
	u32 claimed = 0;		/* copies that a mapping holds */
	unsigned int copies = 0, i, k;
	int best = -1, ret = 0;

	for (i = 0; i < patch->note.nr_objects; i++)
		copies = max(copies, survey->nr_copies[i]);

	for (i = 0; i < survey->nr_mappings; i++) {
		struct suture_view its = {}, view = { .func = SUTURE_NO_FUNC };
		struct use use;

		if (survey->mappings[i].patch != patch || !survey->mappings[i].ledger.magic)
			continue;
		judge(survey, i, &use);
		if (!use.live) {
			survey->view.stale_base = survey->mappings[i].base;
			continue;
		}
		survey->in_force = true;
		for (k = 0; k < copies; k++) {
			take_copies(survey, k, &its);
			if (belongs(survey, &survey->mappings[i], &use, &its))
				break;
		}
		if (k < copies)
			claimed |= 1U << k;
		view_of_mapping(survey, i, &use, k < copies ? &its : NULL, &view);
		offer(survey, &view, &best);
	}

	if (kind == SUTURE_VIEW_UNPATCHED && !reverting) {
		for (k = 0; k < copies && !ret; k++) {
			struct suture_view view = { .func = SUTURE_NO_FUNC };

			if (claimed >> k & 1)
				continue;
			take_copies(survey, k, &view);
			ret = view_of_copies(survey, &view);
			if (!ret)
				offer(survey, &view, &best);
		}
	}
	if (best < 0)
		survey->view.kind = kind;
	else if (kind == SUTURE_VIEW_AMBIGUOUS && !reverting)
		survey->view.kind = kind;
	return ret;
}

/*
 * suture_survey_mm - what mm has of the survey's patch, in survey->view
 *
 * Towards patched, view is that of a copy of the targets that is not patched, if
 * there is one; towards unpatched, that of a mapping of the patch in use. Takes
 * patch->targets_sem and mm's mmap_lock for reading. Pages of text may be read
 * from disk. Returns 0, -EBUSY when the mmap_lock was not to be had, or an error of
 * reading the text.
 */
int suture_survey_mm(struct suture_survey *survey, struct mm_struct *mm)
{
	struct suture_patch *patch = survey->patch;
	bool reverting = READ_ONCE(patch->goal) == SUTURE_GOAL_UNPATCHED;
	int ret = 0;

	survey->mm = mm;
	survey->mapped = 0;
	survey->too_many = false;
	survey->in_force = false;
	survey->nr_mappings = 0;
	memset(survey->nr_copies, 0, sizeof(survey->nr_copies));
	memset(&survey->view, 0, sizeof(survey->view));
	survey->view.func = SUTURE_NO_FUNC;

	down_read(&patch->targets_sem);
	if (suture_mmap_read_lock(mm)) {
		scan_mm(survey);
		ret = read_ledgers(survey);
		if (!ret)
			ret = read_view(survey, reverting);
		mmap_read_unlock(mm);
	} else {
		ret = -EBUSY;
	}
	up_read(&patch->targets_sem);
	return ret;
}
