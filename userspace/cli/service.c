// SPDX-License-Identifier: GPL-2.0-only
/* What the commands know of the service. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "service.h"

static enum suture_refusal is_refused(const struct suture_store_file *file, void *arg)
{
	if (suture_report_error(arg, file->path, suture_why_name(SUTURE_WHY_REVOKED)))
		return SUTURE_REFUSAL_REVOKED;
	if (suture_report_error(arg, file->path, suture_why_name(SUTURE_WHY_REFUSED)))
		return SUTURE_REFUSAL_REFUSED;
	return SUTURE_REFUSAL_NONE;
}

int service_view(int dev, struct suture_view *ret_view, struct suture_report *report,
		 struct suture_error *err)
{
	int ret;

	suture_report_read(&suture_dirs, report);
	ret = suture_view_read(&suture_dirs, "", dev, ret_view, err);
	if (ret)
		return ret;
	ret = suture_view_plan(ret_view, &suture_dirs, is_refused, NULL, report, err);
	if (ret)
		suture_view_free(ret_view);
	return ret;
}

bool service_owns(const char *path)
{
	size_t len;
	int i;

	for (i = 0; suture_dirs.patches[i]; i++) {
		len = strlen(suture_dirs.patches[i]);
		if (!strncmp(path, suture_dirs.patches[i], len) && path[len] == '/' &&
		    !strchr(path + len + 1, '/'))
			return true;
	}
	return false;
}

/* ------------------------------------------------------------------- held */

struct hold {
	char *const *names;
	struct suture_store store;
	struct suture_ioc_patch *patches;
	size_t nr_patches;
	char boot[SUTURE_BOOT_MAX];
};

static bool is_meant(const struct hold *hold, const char *name)
{
	char *const *n;

	for (n = hold->names; n && *n; n++)
		if (!strcmp(*n, name))
			return true;
	return !hold->names;
}

static int hold_one(struct suture_marks *marks, const struct hold *hold, const char *name)
{
	struct suture_mark *mark;

	if (!is_meant(hold, name))
		return 0;
	mark = suture_marks_get(marks, name);
	if (!mark)
		return -ENOMEM;
	mark->held = time(NULL);
	strcpy(mark->held_boot, hold->boot);
	*mark->installed = '\0';
	return 1;
}

static int hold_all(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	const struct hold *hold = arg;
	int ret = 0, changed = 0;
	size_t i;

	for (i = 0; ret >= 0 && i < hold->nr_patches; i++) {
		const struct suture_mark *mark = suture_marks_find(marks, hold->patches[i].name);

		if (!service_owns(hold->patches[i].path) &&
		    !(mark && !strcmp(mark->loaded_boot, hold->boot)))
			continue;
		ret = hold_one(marks, hold, hold->patches[i].name);
		changed |= ret;
	}
	/* Of those in the folders that are not loaded only `--all' means any. */
	for (i = 0; ret >= 0 && !hold->names && i < hold->store.nr; i++) {
		if (!hold->store.files[i].spm)
			continue;
		ret = hold_one(marks, hold, suture_spm_name(hold->store.files[i].spm));
		changed |= ret;
	}
	return ret < 0 ? suture_error_nomem(err) : changed;
}

/* Nothing is written on a machine where the service has nothing to do with this. */
static bool concerns_service(const struct hold *hold)
{
	struct suture_marks marks;
	bool concerns = !hold->names && hold->store.nr;
	size_t i;

	if (suture_marks_read(suture_dirs.state, &marks, NULL))
		return true;
	for (i = 0; i < hold->nr_patches; i++)
		concerns |= is_meant(hold, hold->patches[i].name) &&
			    (service_owns(hold->patches[i].path) ||
			     suture_marks_find(&marks, hold->patches[i].name));
	suture_marks_free(&marks);
	return concerns;
}

int service_hold(int dev, char *const *names, struct suture_error *err)
{
	struct hold hold = { .names = names };
	int ret;

	suture_boot_id(hold.boot);
	ret = suture_device_patches(dev, &hold.patches, &hold.nr_patches, err);
	if (!ret && !names)
		ret = suture_store_read(&suture_dirs, "", &hold.store, err);
	if (!ret && concerns_service(&hold))
		ret = suture_marks_update(suture_dirs.state, hold_all, &hold, err);
	suture_store_free(&hold.store);
	free(hold.patches);
	return ret;
}

struct applied {
	const char *name, *version;
};

static int mark_applied(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	const struct applied *applied = arg;
	struct suture_mark *mark = suture_marks_get(marks, applied->name);

	if (!mark)
		return suture_error_nomem(err);
	if (!mark->held && !strcmp(mark->installed, applied->version))
		return 0;
	mark->held = 0;
	*mark->held_boot = '\0';
	if (strcmp(mark->installed, applied->version))
		mark->installed_at = time(NULL);
	snprintf(mark->installed, sizeof(mark->installed), "%s", applied->version);
	return 1;
}

static bool is_in_folders(const char *path)
{
	char *real = realpath(path, NULL);
	bool is = real && service_owns(real);

	free(real);
	return is;
}

int service_applied(const char *path, const char *name, const char *version,
		    struct suture_error *err)
{
	struct applied applied = { name, version };

	return is_in_folders(path) ?
	       suture_marks_update(suture_dirs.state, mark_applied, &applied, err) : 0;
}

/* ------------------------------------------------------------------ a file */

int service_find_file(const char *name, char **ret_path, struct suture_error *err)
{
	struct suture_view view = { 0 };
	struct suture_report report;
	size_t i;
	int ret;

	*ret_path = NULL;
	ret = service_view(-1, &view, &report, err);
	for (i = 0; !ret && i < view.plan.nr; i++) {
		const struct suture_plan_item *item = &view.plan.items[i];

		if (!item->name || !item->file || strcmp(item->name, name))
			continue;
		if (item->why == SUTURE_WHY_REMOVED) {
			ret = suture_error_set(err, -EPERM,
					       "%s was removed from this machine: `suture restore %s' first",
					       name, name);
			break;
		}
		*ret_path = strdup(item->file->path);
		if (!*ret_path)
			ret = suture_error_nomem(err);
	}
	suture_report_free(&report);
	suture_view_free(&view);
	return ret;
}

int service_may_apply(const char *path, const char *name, const char *version,
		      struct suture_error *err)
{
	const struct suture_mark *mark;
	struct suture_marks marks;
	int ret;

	if (!is_in_folders(path))
		return 0;
	ret = suture_marks_read(suture_dirs.state, &marks, err);
	if (ret)
		return ret;
	mark = suture_marks_find(&marks, name);
	if (suture_plan_removed(&marks, name))
		ret = suture_error_set(err, -EPERM,
				       "%s was removed from this machine: `suture restore %s' first",
				       name, name);
	else if (mark && mark->bad && spm_version_compare(version, mark->bad_version) <= 0)
		ret = suture_error_set(err, -EPERM,
				       "%s %s did harm on this machine: `suture restore %s' first",
				       name, version, name);
	suture_marks_free(&marks);
	return ret;
}
