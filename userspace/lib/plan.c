// SPDX-License-Identifier: GPL-2.0-only
/* What is to be done so that the running system agrees with the folders. */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "spm-version.h"

static bool fits(const struct suture_plan_file *file)
{
	return file->fit >= SUTURE_FIT_MAPPED;
}

static bool is_older(const char *version, const char *than)
{
	return spm_version_compare(version, than) < 0;
}

static bool is_bad(const struct suture_mark *mark, const char *version)
{
	return mark && mark->bad && !is_older(mark->bad_version, version);
}

bool suture_plan_removed(const struct suture_marks *marks, const char *name)
{
	const struct suture_mark *mark = suture_marks_find(marks, name);
	const char *plus = strchr(name, '+');
	char base[SUTURE_NAME_MAX];

	if (mark && mark->removed)
		return true;
	if (!plus || plus - name >= SUTURE_NAME_MAX)
		return false;
	memcpy(base, name, plus - name);
	base[plus - name] = '\0';
	mark = suture_marks_find(marks, base);
	return mark && mark->removed;
}

bool suture_plan_install(const struct suture_conf *conf, const struct suture_marks *marks)
{
	return marks->automatic < 0 ? conf->install : marks->automatic > 0;
}

/* ------------------------------------------------------- which of several files */

/* Below 0: @a is the better one for this machine. */
static int compare_files(const struct suture_plan_file *a, const struct suture_plan_file *b)
{
	int order;

	if (a->fit != b->fit)
		return a->fit > b->fit ? -1 : 1;
	order = spm_version_compare(b->version, a->version);
	if (order)
		return order;
	if (a->folder != b->folder)
		return a->folder > b->folder ? -1 : 1;
	return strcmp(a->path, b->path);
}

/* The file of that name that fits best; one that is refused anyway only if there is no
 * other. */
static const struct suture_plan_file *best_file(const struct suture_plan_input *in,
						const char *name, const struct suture_mark *mark)
{
	const struct suture_plan_file *best = NULL;
	bool best_refused = false;
	size_t i;

	for (i = 0; i < in->nr_files; i++) {
		const struct suture_plan_file *file = &in->files[i];
		bool refused;

		if (!file->name || strcmp(file->name, name))
			continue;
		refused = file->refused || file->revoked || is_bad(mark, file->version) ||
			  (mark && is_older(file->version, mark->seen));
		if (!best || (best_refused && !refused) ||
		    (refused == best_refused && compare_files(file, best) < 0)) {
			best = file;
			best_refused = refused;
		}
	}
	return best;
}

static const struct suture_plan_file *file_at(const struct suture_plan_input *in,
					      const char *path)
{
	size_t i;

	for (i = 0; i < in->nr_files; i++)
		if (!strcmp(in->files[i].path, path))
			return &in->files[i];
	return NULL;
}

/* The file that a patch was loaded from, if it is still there. */
static const struct suture_plan_file *own_file(const struct suture_plan_input *in,
					       const struct suture_plan_loaded *loaded)
{
	const struct suture_plan_file *file;

	if (loaded->deleted)
		return NULL;
	file = file_at(in, loaded->path);
	return file && file->name && !strcmp(file->name, loaded->name) ? file : NULL;
}

/* ----------------------------------------------------------- what is not loaded */

static enum suture_why why_no_fit(const struct suture_plan_file *file)
{
	switch (file->fit) {
	case SUTURE_FIT_EXCLUDED:
		return SUTURE_WHY_EXCLUDED;
	case SUTURE_FIT_OTHER:
		return file->newer ? SUTURE_WHY_RETIRED : SUTURE_WHY_OTHER_BUILD;
	default:
		return SUTURE_WHY_NO_TARGET;
	}
}

static void plan_file(const struct suture_plan_input *in, const struct suture_mark *mark,
		      struct suture_plan_item *item)
{
	const struct suture_plan_file *file = item->file;

	item->action = SUTURE_ACTION_LEAVE;
	if (suture_plan_removed(in->marks, item->name))
		item->why = SUTURE_WHY_REMOVED;
	else if (file->revoked)
		item->why = SUTURE_WHY_REVOKED;
	else if (is_bad(mark, file->version))
		item->why = SUTURE_WHY_BAD;
	else if (file->refused)
		item->why = SUTURE_WHY_REFUSED;
	else if (!fits(file))
		item->why = why_no_fit(file);
	else if (suture_conf_excludes(in->conf, item->name))
		item->why = SUTURE_WHY_EXCLUDED;
	else if (mark && is_older(file->version, mark->seen))
		item->why = SUTURE_WHY_OLDER;
	else if (mark && mark->held && !strcmp(mark->held_boot, in->boot))
		item->why = SUTURE_WHY_HELD;
	else if (mark && *mark->installed && !strcmp(mark->installed, file->version)) {
		item->action = SUTURE_ACTION_APPLY;
		item->why = SUTURE_WHY_INSTALLED;
		item->canary = in->conf->canary;
	} else if (!suture_plan_install(in->conf, in->marks))
		item->why = SUTURE_WHY_AVAILABLE;
	else {
		item->action = SUTURE_ACTION_APPLY;
		item->why = SUTURE_WHY_NEW;
		item->canary = in->conf->canary;
	}
}

/* --------------------------------------------------------------- what is loaded */

static void leave_loaded(const struct suture_plan_input *in, struct suture_plan_item *item)
{
	const struct suture_plan_loaded *loaded = item->loaded;
	const struct suture_plan_file *file = item->file;
	int64_t quiet_since;

	item->action = SUTURE_ACTION_LEAVE;
	item->why = loaded->state == SUTURE_PATCH_APPLYING ? SUTURE_WHY_APPLYING :
							     SUTURE_WHY_APPLIED;
	if (file && file->fit == SUTURE_FIT_MAPPED && file->newer)
		item->why = SUTURE_WHY_RETIRING;
	/* Canaries that somebody asked for by hand are his. */
	if (!loaded->canary || !loaded->by_service)
		return;
	quiet_since = loaded->disturbed_at > loaded->loaded_at ? loaded->disturbed_at :
								 loaded->loaded_at;
	if (!in->conf->canary || in->now - quiet_since >= (int64_t)in->conf->quiet_s) {
		item->action = SUTURE_ACTION_PROMOTE;
		item->why = SUTURE_WHY_QUIET;
	} else {
		item->why = SUTURE_WHY_CANARY;
	}
}

static void act(struct suture_plan_item *item, enum suture_action action, enum suture_why why)
{
	item->action = action;
	item->why = why;
}

/* The kernel tells the beginning of a version only. */
static int compare_loaded(const char *version, const char *loaded)
{
	const size_t told = sizeof(((struct suture_ioc_patch *)0)->version) - 1;

	if (strlen(loaded) == told && !strncmp(version, loaded, told))
		return 0;
	return spm_version_compare(version, loaded);
}

/* Another file of its name, that fits, is in the folders: is it to take the place? */
static void plan_change(const struct suture_plan_input *in, const struct suture_plan_file *own,
			struct suture_plan_item *item)
{
	int order = compare_loaded(item->file->version, item->loaded->version);
	enum suture_why why;

	if (order < 0 && !own) {
		/* What was there is gone, and what came instead is from before it. */
		act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_OLDER);
		return;
	}
	if (order > 0)
		why = SUTURE_WHY_VERSION;
	else if (own && own->fit != item->file->fit)
		why = SUTURE_WHY_VARIANT;
	else if (!own)
		why = SUTURE_WHY_CHANGED;
	else {
		item->file = own;	/* two of the same: no reason for a change */
		leave_loaded(in, item);
		return;
	}
	if (suture_plan_install(in->conf, in->marks)) {
		act(item, SUTURE_ACTION_REPLACE, why);
		return;
	}
	item->update = true;
	act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_AVAILABLE);
}

static void plan_loaded(const struct suture_plan_input *in, const struct suture_mark *mark,
			struct suture_plan_item *item)
{
	const struct suture_plan_loaded *loaded = item->loaded;
	const struct suture_plan_file *own, *at;

	if (loaded->state == SUTURE_PATCH_REVERTING) {
		act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_REVERTING);
	} else if (!loaded->ours) {
		act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_BY_HAND);
	} else if (suture_plan_removed(in->marks, item->name)) {
		act(item, SUTURE_ACTION_REVERT, SUTURE_WHY_REMOVED);
	} else if (is_bad(mark, loaded->version)) {
		act(item, SUTURE_ACTION_REVERT, SUTURE_WHY_BAD);
	} else if (!item->file) {
		at = file_at(in, loaded->path);
		/* Something came in its place that cannot be used: it stays until
		 * somebody has mended that. */
		if (at && !at->name) {
			item->file = at;
			act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_UNUSABLE);
		} else {
			act(item, SUTURE_ACTION_REVERT, SUTURE_WHY_GONE);
		}
	} else if (suture_conf_excludes(in->conf, item->name) ||
		   item->file->fit == SUTURE_FIT_EXCLUDED) {
		act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_EXCLUDED);
	} else {
		own = own_file(in, loaded);
		if (own == item->file && fits(own))
			leave_loaded(in, item);
		else if (fits(item->file) && (item->file->refused || item->file->revoked))
			act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_REFUSED);
		else if (fits(item->file) && !is_bad(mark, item->file->version))
			plan_change(in, own, item);
		else if (!own)
			act(item, SUTURE_ACTION_REVERT, SUTURE_WHY_GONE);
		else
			act(item, SUTURE_ACTION_REVERT, why_no_fit(own));
	}
}

/* ------------------------------------------------------------- one among others */

static bool takes_place_of(const struct suture_plan_file *file,
			   const struct suture_plan_file *other)
{
	size_t i;

	if (file->replaces_all && other->mtime <= file->mtime)
		return true;
	for (i = 0; i < file->nr_replaces; i++)
		if (!strcmp(file->replaces[i], other->name))
			return true;
	return false;
}

/* Is it in, or about to come in? */
static bool stays_in(const struct suture_plan_item *item)
{
	if (item->action == SUTURE_ACTION_APPLY)
		return true;
	return item->loaded && item->loaded->ours && item->action != SUTURE_ACTION_REVERT &&
	       item->why != SUTURE_WHY_REVERTING;
}

/* What another one takes the place of does not come back beside it. By name the kernel
 * wants it there first, so that a patch that is not in force yet needs the one it
 * replaces. */
static void supersede(struct suture_plan *plan)
{
	size_t i, j;

	for (i = 0; i < plan->nr; i++) {
		struct suture_plan_item *item = &plan->items[i];

		if (item->action != SUTURE_ACTION_APPLY)
			continue;
		for (j = 0; j < plan->nr; j++) {
			const struct suture_plan_item *other = &plan->items[j];

			if (j == i || !other->file || !other->name || !stays_in(other) ||
			    !takes_place_of(other->file, item->file))
				continue;
			/* two that take each other's place: the one that is in, or the first */
			if (takes_place_of(item->file, other->file) && !other->loaded && i < j)
				continue;
			if (other->loaded || other->file->replaces_all)
				act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_SUPERSEDED);
		}
	}
}

static int compare_items(const void *a, const void *b)
{
	const struct suture_plan_item *x = a, *y = b;
	bool x_replaces, y_replaces;

	if (!x->name || !y->name)
		return x->name ? -1 : y->name ? 1 : strcmp(x->file->path, y->file->path);
	/* What takes the place of others comes behind them. */
	x_replaces = x->file && (x->file->replaces_all || x->file->nr_replaces);
	y_replaces = y->file && (y->file->replaces_all || y->file->nr_replaces);
	if (x_replaces != y_replaces)
		return x_replaces ? 1 : -1;
	return strcmp(x->name, y->name);
}

static bool has_item(const struct suture_plan *plan, const char *name)
{
	size_t i;

	for (i = 0; i < plan->nr; i++)
		if (plan->items[i].name && !strcmp(plan->items[i].name, name))
			return true;
	return false;
}

int suture_plan_make(const struct suture_plan_input *in, struct suture_plan *ret)
{
	struct suture_plan plan = { 0 };
	struct suture_plan_item *item;
	const struct suture_mark *mark;
	size_t i;

	plan.items = calloc(in->nr_files + in->nr_loaded + 1, sizeof(*plan.items));
	if (!plan.items)
		return -ENOMEM;
	for (i = 0; i < in->nr_loaded; i++) {
		item = &plan.items[plan.nr++];
		item->name = in->loaded[i].name;
		item->loaded = &in->loaded[i];
		mark = suture_marks_find(in->marks, item->name);
		item->file = best_file(in, item->name, mark);
		plan_loaded(in, mark, item);
	}
	for (i = 0; i < in->nr_files; i++) {
		const struct suture_plan_file *file = &in->files[i];

		if (file->name && has_item(&plan, file->name))
			continue;
		item = &plan.items[plan.nr++];
		item->file = file;
		if (!file->name) {
			act(item, SUTURE_ACTION_LEAVE, SUTURE_WHY_UNUSABLE);
			continue;
		}
		item->name = file->name;
		mark = suture_marks_find(in->marks, item->name);
		item->file = best_file(in, item->name, mark);
		plan_file(in, mark, item);
	}
	qsort(plan.items, plan.nr, sizeof(*plan.items), compare_items);
	supersede(&plan);
	*ret = plan;
	return 0;
}

void suture_plan_free(struct suture_plan *plan)
{
	free(plan->items);
	memset(plan, 0, sizeof(*plan));
}
