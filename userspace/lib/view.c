// SPDX-License-Identifier: GPL-2.0-only
/* All that a plan is made of, read at one time, and the plan. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "view.h"

#define DELETED	" (deleted)"

static const char *text_of(const struct suture_spm *spm, uint32_t string)
{
	return spm_string(&spm->note, string);
}

int suture_view_read(const struct suture_dirs *dirs, const char *root, int dev,
		     struct suture_view *ret_view, struct suture_error *err)
{
	struct suture_view view = { .marks.automatic = -1 };
	int ret;

	suture_boot_id(view.boot);
	/* The kernel first: a file that is replaced meanwhile looks like the one that is loaded,
	 * and the next look knows better. The other way round the old one would take the place
	 * of itself. */
	ret = dev < 0 ? 0 : suture_device_patches(dev, &view.patches, &view.nr_patches, err);
	if (!ret)
		ret = suture_conf_read(dirs, &view.conf, err);
	if (!ret)
		ret = suture_marks_read(dirs->state, &view.marks, err);
	if (!ret)
		ret = suture_policy_read(suture_policy_dirs, &view.policy, err);
	if (!ret)
		ret = suture_store_read(dirs, root, &view.store, err);
	if (!ret)
		ret = suture_store_find(&view.store, &view.policy, err);
	if (ret)
		suture_view_free(&view);
	else
		*ret_view = view;
	return ret;
}

/* ------------------------------------------------------- the plan's input */

static void fill_file(const struct suture_view *view, const struct suture_store_file *from,
		      struct suture_plan_file *to)
{
	const struct suture_mark *mark;
	const struct spm_note *note;
	int64_t reference;
	uint32_t i;

	memset(to, 0, sizeof(*to));
	to->path = from->path;
	to->folder = from->folder;
	to->mtime = from->mtime;
	if (!from->spm)
		return;
	note = &from->spm->note;
	to->name = suture_spm_name(from->spm);
	to->version = text_of(from->spm, note->head->version);
	to->fit = from->fit;
	to->replaces_all = note->head->flags & SUTURE_NOTE_REPLACE;
	for (i = 0; i < note->nr_replaces; i++)
		to->replaces[to->nr_replaces++] = text_of(from->spm, note->replaces[i]);
	/* Newer than the build that was there, where that was seen; else than the patch. */
	mark = suture_marks_find(&view->marks, to->name);
	reference = mark && mark->target_mtime ? mark->target_mtime : from->mtime;
	to->newer = from->other_mtime > reference;
}

static bool in_folders(const struct suture_dirs *dirs, const char *path)
{
	size_t len;
	int i;

	for (i = 0; dirs->patches[i]; i++) {
		len = strlen(dirs->patches[i]);
		if (!strncmp(path, dirs->patches[i], len) && path[len] == '/' &&
		    !strchr(path + len + 1, '/'))
			return true;
	}
	return false;
}

static void fill_loaded(const struct suture_view *view, const struct suture_dirs *dirs,
			struct suture_ioc_patch *from, struct suture_plan_loaded *to)
{
	const struct suture_mark *mark = suture_marks_find(&view->marks, from->name);
	size_t len = strlen(from->path), tail = strlen(DELETED);

	memset(to, 0, sizeof(*to));
	to->name = from->name;
	to->version = from->version;
	if (len > tail && !strcmp(from->path + len - tail, DELETED)) {
		from->path[len - tail] = '\0';
		to->deleted = true;
	}
	to->path = from->path;
	to->by_service = mark && *view->boot && !strcmp(mark->loaded_boot, view->boot);
	/* Also one that was moved out of the folder. */
	to->ours = in_folders(dirs, from->path) || to->by_service;
	to->state = from->state;
	to->canary = from->canary;
	to->loaded_at = from->loaded_at;
}

int suture_view_plan(struct suture_view *view, const struct suture_dirs *dirs,
		     suture_refused_fn refused, suture_disturbed_fn disturbed, void *arg,
		     struct suture_error *err)
{
	struct suture_plan_input in = {
		.nr_files = view->store.nr, .nr_loaded = view->nr_patches, .conf = &view->conf,
		.marks = &view->marks, .boot = view->boot, .now = time(NULL),
	};
	enum suture_refusal refusal;
	size_t i;

	suture_plan_free(&view->plan);
	if (!view->files)
		view->files = calloc(view->store.nr + 1, sizeof(*view->files));
	if (!view->loaded) {
		view->loaded = calloc(view->nr_patches + 1, sizeof(*view->loaded));
		for (i = 0; view->loaded && i < view->nr_patches; i++)
			fill_loaded(view, dirs, &view->patches[i], &view->loaded[i]);
	}
	if (!view->files || !view->loaded)
		return suture_error_nomem(err);
	for (i = 0; i < view->store.nr; i++) {
		fill_file(view, &view->store.files[i], &view->files[i]);
		if (!view->store.files[i].spm || !refused)
			continue;
		refusal = refused(&view->store.files[i], arg);
		view->files[i].refused = refusal == SUTURE_REFUSAL_REFUSED;
		view->files[i].revoked = refusal == SUTURE_REFUSAL_REVOKED;
	}
	for (i = 0; disturbed && i < view->nr_patches; i++)
		view->loaded[i].disturbed_at = disturbed(view->loaded[i].name, arg);
	in.files = view->files;
	in.loaded = view->loaded;
	if (suture_plan_make(&in, &view->plan))
		return suture_error_nomem(err);
	return 0;
}

struct suture_store_file *suture_view_file(const struct suture_view *view,
					   const struct suture_plan_file *file)
{
	return file ? &view->store.files[file - view->files] : NULL;
}

struct suture_ioc_patch *suture_view_patch(const struct suture_view *view,
					   const struct suture_plan_loaded *loaded)
{
	return loaded ? &view->patches[loaded - view->loaded] : NULL;
}

void suture_view_free(struct suture_view *view)
{
	suture_plan_free(&view->plan);
	free(view->files);
	free(view->loaded);
	free(view->patches);
	suture_store_free(&view->store);
	suture_policy_free(&view->policy);
	suture_marks_free(&view->marks);
	suture_conf_free(&view->conf);
	memset(view, 0, sizeof(*view));
}
