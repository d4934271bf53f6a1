// SPDX-License-Identifier: GPL-2.0
/*
 * One patch among others. Where several change the same place, the one that was
 * loaded last is on top: its branch stands there. A patch can take the place of
 * others:
 *
 *   new       old       meaning                                    ends with
 *   PATCHED   UNPATCHED each process goes from old to new at once  old is unloaded
 *   UNPATCHED PATCHED   turned round: back from new to old         new is unloaded
 *   PATCHED   PATCHED   new is for some processes only (scope.c);  suture promote,
 *                       the others have old, also later ones       or a revert
 *
 * (their goals, while old->replaced_by is new). A process in which the new one cannot
 * be applied keeps the old one.
 */
#include <linux/slab.h>

#include "suture.h"

DEFINE_SPINLOCK(suture_list_lock);

static u64 next_seq;			/* suture_lock */

static bool same_build(const struct suture_object *a, const struct suture_object *b)
{
	return a->build_id_len == b->build_id_len &&
	       !memcmp(a->build_id, b->build_id, a->build_id_len);
}

/* Both numbers are of one build. */
bool suture_same_object(const struct suture_patch *a, u32 object_a,
			const struct suture_patch *b, u32 object_b)
{
	return same_build(&a->note.objects[object_a], &b->note.objects[object_b]);
}

/* Both change text of the same object. */
static bool are_neighbours(const struct suture_patch *a, const struct suture_patch *b)
{
	u32 i, k;

	for (i = 0; i < a->note.nr_objects; i++) {
		if (a->note.objects[i].role != SUTURE_ROLE_TARGET)
			continue;
		for (k = 0; k < b->note.nr_objects; k++) {
			if (b->note.objects[k].role == SUTURE_ROLE_TARGET &&
			    suture_same_object(a, i, b, k))
				return true;
		}
	}
	return false;
}

/*
 * Under suture_list_lock: who takes the patch's place in the end. Where that one is on
 * its way out itself, because a third has come, it is the third. NULL: nobody.
 */
static struct suture_patch *replacer(const struct suture_patch *patch)
{
	struct suture_patch *other = patch->replaced_by;

	while (other && other->replaced_by && READ_ONCE(other->goal) == SUTURE_GOAL_UNPATCHED)
		other = other->replaced_by;
	return other;
}

/* ---------------------------------------------------------------- crews */

#define CREW_MAX	64U

static struct suture_crew *crew_of(struct suture_patch *patch, bool neighbours)
{
	struct suture_patch *other;
	struct suture_crew *crew;

	crew = suture_try(kzalloc(struct_size(crew, patches, CREW_MAX), GFP_KERNEL));
	if (!crew)
		return NULL;
	if (neighbours) {
		kref_get(&patch->ref);
		crew->patches[crew->nr++] = patch;
	}
	spin_lock(&suture_list_lock);
	list_for_each_entry(other, &suture_patches, node) {
		if (other == patch || crew->nr == CREW_MAX)
			continue;
		if (neighbours ? !are_neighbours(patch, other) :
				 replacer(other) != patch)
			continue;
		kref_get(&other->ref);
		crew->patches[crew->nr++] = other;
	}
	spin_unlock(&suture_list_lock);
	return crew;
}

/* The patch itself, and all that change the same objects. NULL: no memory. */
struct suture_crew *suture_crew_neighbours(struct suture_patch *patch)
{
	return crew_of(patch, true);
}

/* Those whose place the patch takes. NULL: no memory. */
struct suture_crew *suture_crew_replaced(struct suture_patch *patch)
{
	return crew_of(patch, false);
}

void suture_crew_put(struct suture_crew *crew)
{
	unsigned int i;

	for (i = 0; crew && i < crew->nr; i++)
		suture_patch_put(crew->patches[i]);
	kfree(crew);
}

/* The patch that takes its place, referenced, or NULL. */
struct suture_patch *suture_replacer_get(struct suture_patch *patch)
{
	struct suture_patch *other;

	spin_lock(&suture_list_lock);
	other = replacer(patch);
	if (other)
		kref_get(&other->ref);
	spin_unlock(&suture_list_lock);
	return other;
}

/* -------------------------------------------------------------- loading */

static bool is_named(const struct suture_patch *patch, const struct suture_patch *other)
{
	u32 i;

	for (i = 0; i < patch->note.nr_replaces; i++) {
		if (!strcmp(spm_string(&patch->note, patch->note.replaces[i]),
			    suture_patch_name(other)))
			return true;
	}
	return false;
}

static bool is_cumulative(const struct suture_patch *patch)
{
	return patch->note.head->flags & SUTURE_NOTE_REPLACE;
}

static bool will_replace(const struct suture_patch *patch, const struct suture_patch *other)
{
	return is_cumulative(patch) || is_named(patch, other);
}

static bool is_loaded(const char *name)
{
	const struct suture_patch *other;

	list_for_each_entry(other, &suture_patches, node) {
		if (!strcmp(suture_patch_name(other), name))
			return true;
	}
	return false;
}

/* Index in the note, or SUTURE_MAX_STATES: it has no such state. */
u32 suture_find_state(const struct suture_patch *patch, u32 id)
{
	u32 i;

	for (i = 0; i < patch->note.nr_states; i++) {
		if (patch->note.states[i].id == id)
			return i;
	}
	return SUTURE_MAX_STATES;
}

/* As klp_is_patch_compatible(): what the old one has done the new one must know. */
static int check_states(const struct suture_patch *patch, const struct suture_patch *old,
			char *message)
{
	u32 i, k;

	for (i = 0; i < old->note.nr_states; i++) {
		const struct suture_state *state = &old->note.states[i];

		k = suture_find_state(patch, state->id);
		if (k == SUTURE_MAX_STATES) {
			if (!will_replace(patch, old))
				continue;
			suture_say(message, "%s has state %u, which this patch does not take over",
				   suture_patch_name(old), state->id);
			return -EINVAL;
		}
		if (patch->note.states[k].version < state->version) {
			suture_say(message,
				   "%s has state %u in version %u, this patch only version %u",
				   suture_patch_name(old), state->id, state->version,
				   patch->note.states[k].version);
			return -EINVAL;
		}
	}
	return 0;
}

static bool overlap(u64 a, u64 a_len, u64 b, u64 b_len)
{
	return a < b + b_len && b < a + a_len;
}

/* Two places are the same, or have nothing to do with one another. */
static int check_places(const struct suture_patch *patch, const struct suture_patch *other,
			char *message)
{
	u32 i, k;

	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *a = &patch->places[i];

		for (k = 0; k < other->nr_places; k++) {
			const struct suture_place *b = &other->places[k];

			if (!overlap(a->addr, a->len, b->addr, b->len) ||
			    !suture_same_object(patch, a->object, other, b->object))
				continue;
			if (a->addr == b->addr && a->len == b->len &&
			    a->is_site == b->is_site && !memcmp(a->old, b->old, a->len))
				continue;
			suture_say(message, "%s overlaps %s of the patch %s",
				   suture_place_name(patch, i), suture_place_name(other, k),
				   suture_patch_name(other));
			return -EBUSY;
		}
	}
	return 0;
}

/* It is kept in some process by the patch that takes its place, and by nothing else. */
static bool is_settled(const struct suture_patch *patch)
{
	const struct suture_patch *other = replacer(patch);

	return other && !patch->unwanted && other->state == SUTURE_PATCH_APPLIED;
}

/* It can take the place only of one that nobody else has superseded before. */
static bool is_superseded(const struct suture_patch *patch, const struct suture_patch *other)
{
	return other->replaced_by && is_named(patch, other) &&
	       !will_replace(patch, replacer(other));
}

/*
 * suture_order_check - can the patch be loaded beside those that are?
 *
 * Under suture_lock. Returns 0, -EBUSY, -EINVAL, -ENOENT or -E2BIG with *@message.
 */
int suture_order_check(const struct suture_patch *patch, char *message)
{
	const struct suture_patch *other;
	unsigned int nr = 0;
	int ret = 0;
	u32 i;

	for (i = 0; i < patch->note.nr_replaces; i++) {
		const char *name = spm_string(&patch->note, patch->note.replaces[i]);

		if (!is_loaded(name)) {
			suture_say(message, "it takes the place of %s, which is not loaded", name);
			return -ENOENT;
		}
	}
	list_for_each_entry(other, &suture_patches, node) {
		bool concerned = are_neighbours(patch, other) || will_replace(patch, other);

		nr += concerned;
		if (concerned && other->state != SUTURE_PATCH_APPLIED && !is_settled(other)) {
			suture_say(message, "the transition of the patch %s is under way",
				   suture_patch_name(other));
			return -EBUSY;
		}
		if (concerned && other->replaced_by && other->goal == SUTURE_GOAL_PATCHED) {
			suture_say(message, "%s takes the place of %s in some processes only",
				   suture_patch_name(other->replaced_by), suture_patch_name(other));
			return -EBUSY;
		}
		if (is_superseded(patch, other)) {
			suture_say(message, "%s takes the place of %s already; name that one",
				   suture_patch_name(replacer(other)), suture_patch_name(other));
			return -EBUSY;
		}
		ret = check_states(patch, other, message) ?: check_places(patch, other, message);
		if (ret)
			return ret;
	}
	if (nr >= CREW_MAX) {
		suture_say(message, "too many patches change the same objects");
		return -E2BIG;
	}
	return 0;
}

/* Under suture_lock: on the list, on top of all. */
void suture_order_add(struct suture_patch *patch)
{
	patch->seq = ++next_seq;
	spin_lock(&suture_list_lock);
	list_add_tail(&patch->node, &suture_patches);
	spin_unlock(&suture_list_lock);
}

/*
 * Under suture_lock: the patch takes the place of those. Before any process has it: who
 * is patched must know what has to go. Their goals are suture_order_follow()'s. One that
 * has been superseded before, and is kept somewhere, goes by way of its replacer.
 */
void suture_order_replace(struct suture_patch *patch)
{
	struct suture_patch *other;

	list_for_each_entry(other, &suture_patches, node) {
		if (other == patch || other->replaced_by || !will_replace(patch, other))
			continue;
		kref_get(&patch->ref);
		spin_lock(&suture_list_lock);
		other->replaced_by = patch;
		spin_unlock(&suture_list_lock);
	}
}

/*
 * Under suture_lock: the goals of those whose place the patch takes follow its own. If it
 * is only for some processes, they stay for the others. What the user has reverted, what
 * was superseded by another one before, or what is revoked, does not come back.
 */
void suture_order_follow(struct suture_patch *patch)
{
	bool coming = patch->goal == SUTURE_GOAL_PATCHED;
	struct suture_patch *other;

	if (coming && suture_scope_partial(patch))
		return;
	list_for_each_entry(other, &suture_patches, node) {
		if (other->replaced_by == patch &&
		    (coming || !(other->unwanted || other->superseded || suture_is_revoked(other))))
			suture_patch_set_goal(other, coming ? SUTURE_GOAL_UNPATCHED :
							      SUTURE_GOAL_PATCHED);
	}
}

/*
 * suture_replaced_here - is the patch that takes its place in force in mm?
 *
 * Returns 1, 0, -EAGAIN (yes, and it is about to go), or what suture_survey_mm() says.
 */
int suture_replaced_here(struct suture_patch *patch, struct mm_struct *mm)
{
	struct suture_patch *replacer = suture_replacer_get(patch);
	struct suture_survey *its;
	int ret = 0;

	if (!replacer)
		return 0;
	its = suture_survey_new(replacer);
	ret = its ? suture_survey_mm(its, mm) : -ENOMEM;
	/* When it goes, it brings this one back in the same step. */
	if (!ret && its->view.kind == SUTURE_VIEW_PATCHED)
		ret = READ_ONCE(replacer->goal) == SUTURE_GOAL_PATCHED ? 1 : -EAGAIN;
	suture_survey_free(its);
	suture_patch_put(replacer);
	return ret;
}

/* Does the patch take the place of @other, perhaps by way of a third one? */
bool suture_replaces(const struct suture_patch *patch, const struct suture_patch *other)
{
	spin_lock(&suture_list_lock);
	do {
		other = other->replaced_by;
	} while (other && other != patch);
	spin_unlock(&suture_list_lock);
	return other;
}

/* Under suture_lock: off the list. Whose place it took is left to who takes its own. */
void suture_order_remove(struct suture_patch *patch)
{
	struct suture_patch *other, *next = patch->replaced_by;
	unsigned int dropped = 0;

	spin_lock(&suture_list_lock);
	list_del_init(&patch->node);
	patch->replaced_by = NULL;
	list_for_each_entry(other, &suture_patches, node) {
		if (other->replaced_by != patch)
			continue;
		other->replaced_by = next;
		if (next) {
			kref_get(&next->ref);
			other->superseded = true;
		}
		dropped++;
	}
	spin_unlock(&suture_list_lock);
	if (next)
		suture_patch_put(next);
	while (dropped--)
		suture_patch_put(patch);
}
