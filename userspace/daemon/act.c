// SPDX-License-Identifier: GPL-2.0-only
/* Doing what the plan says. Whatever ends us in between: the next look goes on from what
 * the kernel says. */
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "sutured.h"

/* ------------------------------------------------------------------ marks */

struct change {
	const struct suture_view *view;
	const char *name, *version;
	int64_t target_mtime;
	bool begin;		/* before LOAD; else after it */
};

/* What somebody has decided by hand. */
static bool is_decided_otherwise(const struct suture_view *view, const struct suture_marks *marks,
				 const char *name)
{
	static const struct suture_mark none;
	const struct suture_mark *a = suture_marks_find(&view->marks, name) ?: &none;
	const struct suture_mark *b = suture_marks_find(marks, name) ?: &none;

	return a->removed != b->removed || a->held != b->held || a->bad != b->bad ||
	       view->marks.automatic != marks->automatic ||
	       suture_plan_removed(&view->marks, name) != suture_plan_removed(marks, name);
}

static int change_mark(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	const struct change *c = arg;
	struct suture_mark old, *mark;

	if (c->begin && is_decided_otherwise(c->view, marks, c->name))
		return -ECANCELED;
	mark = suture_marks_get(marks, c->name);
	if (!mark)
		return suture_error_nomem(err);
	old = *mark;
	strcpy(mark->loaded_boot, c->view->boot);
	if (!c->begin) {
		if (spm_version_compare(mark->seen, c->version) < 0)
			snprintf(mark->seen, sizeof(mark->seen), "%s", c->version);
		if (strcmp(mark->installed, c->version))
			mark->installed_at = time(NULL);
		snprintf(mark->installed, sizeof(mark->installed), "%s", c->version);
		if (c->target_mtime)
			mark->target_mtime = c->target_mtime;
		mark->held = 0;
		*mark->held_boot = '\0';
	}
	return memcmp(&old, mark, sizeof(old)) != 0;
}

/* Loaded by us once, and not any more. */
static bool is_out(const struct suture_view *view, const struct suture_mark *mark)
{
	size_t i;

	if (!*mark->loaded_boot)
		return false;
	if (strcmp(mark->loaded_boot, view->boot))
		return true;
	for (i = 0; i < view->nr_patches; i++)
		if (!strcmp(view->patches[i].name, mark->name))
			return false;
	return true;
}

/* Wanted here, until its file went. */
static bool is_away(const struct suture_view *view, const struct suture_mark *mark)
{
	size_t i;

	if (!*mark->installed)
		return false;
	for (i = 0; i < view->store.nr; i++)
		if (view->store.files[i].spm &&
		    !strcmp(suture_spm_name(view->store.files[i].spm), mark->name))
			return false;
	return true;
}

static int forget_marks(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	const struct suture_view *view = arg;
	int changed = 0;
	size_t i;

	(void)err;
	for (i = 0; i < marks->nr; i++) {
		struct suture_mark *mark = &marks->list[i];

		if (is_out(view, mark)) {
			*mark->loaded_boot = '\0';
			changed = 1;
		}
		if (is_away(view, mark)) {
			*mark->installed = '\0';
			mark->installed_at = 0;
			changed = 1;
		}
	}
	return changed;
}

/* Under the lock. */
static int change(struct service *s, suture_marks_fn fn, void *arg)
{
	struct suture_error err = { 0 };
	int ret;

	ret = suture_marks_change(s->dirs.state, fn, arg, &err);
	if (ret && ret != -ECANCELED)
		service_log(LOG_ERR, "state", NULL, NULL, NULL, "%s", err.text);
	return ret;
}

static int lock_marks(struct service *s)
{
	struct suture_error err = { 0 };
	int lock = suture_marks_lock(s->dirs.state, &err);

	if (lock < 0)
		service_log(LOG_ERR, "state", NULL, NULL, NULL, "%s", err.text);
	return lock;
}

int act_mark(struct service *s, suture_marks_fn fn, void *arg)
{
	int lock = lock_marks(s), ret;

	if (lock < 0)
		return lock;
	ret = change(s, fn, arg);
	close(lock);
	return ret;
}

void act_forget(struct service *s, const struct suture_view *view)
{
	size_t i;
	int lock;

	for (i = 0; i < view->marks.nr; i++)
		if (is_out(view, &view->marks.list[i]) || is_away(view, &view->marks.list[i]))
			break;
	if (i == view->marks.nr)
		return;
	lock = lock_marks(s);
	if (lock < 0)
		return;
	change(s, forget_marks, (void *)view);
	close(lock);
}

/* ----------------------------------------------------------------- loading */

static int load(struct service *s, struct suture_view *view, struct suture_store_file *file,
		uint32_t canary, struct suture_loaded *loaded, struct suture_error *err)
{
	struct suture_scope scope = { .canary = canary };
	int ret;

	ret = suture_policy_scope(&view->policy, &scope, err);
	if (!ret) {
		suture_scope_sort(&scope);
		ret = suture_load(s->dev, file->spm, file->want_of, view->store.found, 0, &scope,
				  loaded, err);
	}
	suture_scope_free(&scope);
	return ret;
}

/* Of a name that is loaded: the processes that it is for stay the same. */
static int load_again(struct service *s, struct suture_view *view,
		      struct suture_store_file *file, struct suture_loaded *loaded,
		      struct suture_error *err)
{
	return suture_load(s->dev, file->spm, file->want_of, view->store.found, 0, NULL, loaded,
			   err);
}

/* Also of one that is tried in vain: not before its time. */
static bool is_due(struct service *s, const struct suture_store_file *file)
{
	struct attempt *a = attempt_find(s, file);

	return !a || (!a->for_good && a->next_us <= now_us());
}

static void say_applying(struct service *s, const struct suture_plan_item *item,
			 const struct suture_store_file *file, const struct suture_loaded *loaded)
{
	const char *cve = spm_string(&file->spm->note, file->spm->note.head->cve);
	struct seen_patch *seen;

	service_log(LOG_NOTICE, "apply", item->name, item->file->version,
		    suture_why_name(item->why), "%s %s%s%s%s: applying it, from %s", item->name,
		    item->file->version, *cve ? " (" : "", cve, *cve ? ")" : "", file->path);
	history_note(s, "apply", item->name, item->file->version, suture_why_name(item->why),
		     file->path, NULL, 0);
	if (loaded->nr_left_out)
		service_log(LOG_NOTICE, "left-out", item->name, item->file->version, NULL,
			    "%s: left out: %s", item->name, loaded->left_out);
	seen = progress_get(s, item->name, true);
	if (!seen)
		return;
	seen->state = SUTURE_PATCH_APPLYING;
	seen->files_hash = file->files_hash;
	snprintf(seen->version, sizeof(seen->version), "%.63s", item->file->version);
}

/*
 * The marks are locked until it is loaded: who removes it by hand notes that first, and
 * then either we see it or he finds it loaded.
 */
static bool apply(struct service *s, struct suture_view *view,
		  const struct suture_plan_item *item)
{
	struct suture_store_file *file = suture_view_file(view, item->file);
	struct change what = {
		.view = view, .name = item->name, .version = item->file->version,
		.target_mtime = file->target_mtime, .begin = true,
	};
	struct suture_error err = { 0 };
	struct suture_loaded loaded;
	bool done = false;
	int lock, ret;

	if (!is_due(s, file))
		return false;
	lock = lock_marks(s);
	if (lock < 0)
		return false;
	ret = change(s, change_mark, &what);
	if (ret) {
		/* -ECANCELED: decided otherwise just now, and we are told of that */
		done = ret == -ECANCELED;
		goto out;
	}
	crashes_know(s, view, file->spm);
	ret = load(s, view, file, item->canary, &loaded, &err);
	if (ret) {
		attempt_failed(s, file, ret, suture_why_name(item->why), &err);
		goto out;
	}
	done = true;
	attempt_worked(s, file);
	say_applying(s, item, file, &loaded);
	what.begin = false;
	change(s, change_mark, &what);
out:
	close(lock);
	return done;
}

/* Files that came later, a container's for example: the kernel is told of them. */
static bool refresh(struct service *s, struct suture_view *view,
		    const struct suture_plan_item *item)
{
	struct suture_store_file *file = suture_view_file(view, item->file);
	struct seen_patch *seen = progress_get(s, item->name, true);
	struct suture_error err = { 0 };
	struct suture_loaded loaded;
	int ret;

	if (!seen || seen->files_hash == file->files_hash || !is_due(s, file))
		return false;
	ret = load_again(s, view, file, &loaded, &err);
	if (ret) {
		attempt_failed(s, file, ret, suture_why_name(item->why), &err);
		return false;
	}
	attempt_worked(s, file);
	seen->files_hash = file->files_hash;
	if (loaded.nr_added)
		service_log(LOG_NOTICE, "files", item->name, item->file->version, NULL,
			    "%s %s: %u more files have what it is for", item->name,
			    item->file->version, loaded.nr_added);
	return loaded.nr_added > 0;
}

/* ----------------------------------------------------------------- reverting */

static bool revert(struct service *s, const struct suture_plan_item *item)
{
	struct suture_error err = { 0 };
	struct seen_patch *seen;
	int ret;

	ret = suture_device_revert(s->dev, item->name, 0, &err);
	if (ret == -ENOENT)
		return true;		/* it has gone already */
	if (ret) {
		service_log(LOG_ERR, "failed", item->name, item->loaded->version,
			    suture_why_name(item->why), "%s: %s", item->name, err.text);
		return false;
	}
	service_log(LOG_NOTICE, "revert", item->name, item->loaded->version,
		    suture_why_name(item->why), "%s %s: reverting it (%s)", item->name,
		    item->loaded->version, suture_why_name(item->why));
	history_note(s, "revert", item->name, item->loaded->version, suture_why_name(item->why),
		     suture_why_text(item->why), NULL, 0);
	seen = progress_get(s, item->name, true);
	if (seen)
		seen->state = SUTURE_PATCH_REVERTING;
	return true;
}

/* The kernel checks a file, its signature too, before it finds that the name is taken:
 * so what is in is taken out only for a file that will get in. */
static bool replace(struct service *s, struct suture_view *view,
		    const struct suture_plan_item *item)
{
	struct suture_store_file *file = suture_view_file(view, item->file);
	struct suture_error err = { 0 };
	struct suture_loaded loaded;
	int ret;

	if (!is_due(s, file))
		return false;
	ret = load_again(s, view, file, &loaded, &err);
	if (ret && ret != -EEXIST) {
		attempt_failed(s, file, ret, suture_why_name(item->why), &err);
		return false;
	}
	if (!ret && !loaded.already) {
		/* What was in has gone meanwhile, and this is for all processes: once more,
		 * by the rules. */
		return revert(s, item);
	}
	service_log(LOG_NOTICE, "replace", item->name, item->file->version,
		    suture_why_name(item->why), "%s: version %s takes the place of %s (%s)",
		    item->name, item->file->version, item->loaded->version,
		    suture_why_name(item->why));
	history_note(s, "replace", item->name, item->file->version, suture_why_name(item->why),
		     file->path, NULL, 0);
	return revert(s, item);
}

static bool promote(struct service *s, const struct suture_plan_item *item)
{
	struct suture_error err = { 0 };

	if (suture_device_promote(s->dev, item->name, &err)) {
		service_log(LOG_ERR, "failed", item->name, item->loaded->version, NULL, "%s: %s",
			    item->name, err.text);
		return false;
	}
	service_log(LOG_NOTICE, "promote", item->name, item->loaded->version,
		    suture_why_name(item->why), "%s %s: from the canaries to all processes",
		    item->name, item->loaded->version);
	history_note(s, "promote", item->name, item->loaded->version, suture_why_name(item->why),
		     NULL, NULL, 0);
	return true;
}

bool act_on(struct service *s, struct suture_view *view, const struct suture_plan_item *item)
{
	switch (item->action) {
	case SUTURE_ACTION_APPLY:
		return apply(s, view, item);
	case SUTURE_ACTION_REVERT:
		return revert(s, item);
	case SUTURE_ACTION_REPLACE:
		return replace(s, view, item);
	case SUTURE_ACTION_PROMOTE:
		return promote(s, item);
	case SUTURE_ACTION_LEAVE:
		break;
	}
	switch (item->why) {
	case SUTURE_WHY_APPLIED:
	case SUTURE_WHY_APPLYING:
	case SUTURE_WHY_CANARY:
	case SUTURE_WHY_RETIRING:
		return item->file && item->loaded && refresh(s, view, item);
	default:
		return false;
	}
}
