// SPDX-License-Identifier: GPL-2.0-only
/* What the service says of itself: a file for `suture list`, a line for the service manager. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "sutured.h"

static void add_text(struct json_object *obj, const char *key, const char *text)
{
	char *clean = text ? suture_text_clean(text, SUTURE_TEXT_KEEP_CONTROLS) : NULL;

	json_object_object_add(obj, key, clean ? json_object_new_string(clean) : NULL);
	free(clean);
}

static struct json_object *item_json(struct service *s, const struct suture_view *view,
				     const struct suture_plan_item *item)
{
	struct suture_store_file *file = suture_view_file(view, item->file);
	struct attempt *attempt = file ? attempt_find(s, file) : NULL;
	const struct suture_harm_patch *harm = item->name ? crashes_of(s, item->name) : NULL;
	struct json_object *obj = json_object_new_object();
	char *reason = NULL;

	add_text(obj, "name", item->name);
	add_text(obj, "file", item->file ? item->file->path : NULL);
	add_text(obj, "action", suture_action_name(item->action));
	add_text(obj, "why", suture_why_name(item->why));
	if (!attempt && item->why == SUTURE_WHY_REVOKED)
		reason = handover_reason(s, file);
	add_text(obj, "error", attempt ? attempt->text : reason);
	free(reason);
	if (item->loaded && harm) {
		json_object_object_add(obj, "crashes", json_object_new_int64(harm->crashes));
		json_object_object_add(obj, "crashes_in_patch",
				       json_object_new_int64(harm->in_patch));
	}
	return obj;
}

static struct json_object *list_json(struct service *s, const struct suture_store_file *file)
{
	struct attempt *attempt = attempt_find(s, file);
	struct json_object *obj = json_object_new_object();

	add_text(obj, "file", file->path);
	json_object_object_add(obj, "taken", json_object_new_boolean(attempt && attempt->taken));
	add_text(obj, "error", attempt ? attempt->text : NULL);
	return obj;
}

static void write_file(struct service *s, const struct suture_view *view, const char *error)
{
	struct json_object *root = json_object_new_object(), *list, *watch;
	struct suture_error err = { 0 };
	const char *text;
	size_t i;

	json_object_object_add(root, "pid", json_object_new_int(getpid()));
	json_object_object_add(root, "module", json_object_new_boolean(s->dev >= 0));
	add_text(root, "error", error);
	watch = json_object_new_object();
	json_object_object_add(watch, "on", json_object_new_boolean(s->crashes != NULL));
	add_text(watch, "error", s->crashes_off);
	json_object_object_add(root, "watch", watch);
	list = json_object_new_array();
	for (i = 0; view && i < view->plan.nr; i++)
		json_object_array_add(list, item_json(s, view, &view->plan.items[i]));
	json_object_object_add(root, "patches", list);
	list = json_object_new_array();
	for (i = 0; i < s->nr_lists; i++)
		json_object_array_add(list, list_json(s, &s->lists[i]));
	json_object_object_add(root, "lists", list);
	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!s->last_report || strcmp(text, s->last_report)) {
		if (suture_make_dirs(s->dirs.run, 0755) ||
		    suture_write_atomic(s->dirs.run, "sutured.json", text, 0644, &err))
			service_log(LOG_WARNING, "error", NULL, NULL, NULL, "%s", *err.text ?
				    err.text : "cannot make the folder for the report");
		free(s->last_report);
		s->last_report = strdup(text);
	}
	json_object_put(root);
}

static void tell_manager(const struct suture_view *view, const char *error)
{
	unsigned int in = 0, available = 0, wrong = 0;
	size_t i;

	for (i = 0; view && i < view->plan.nr; i++) {
		const struct suture_plan_item *item = &view->plan.items[i];

		in += item->loaded != NULL;
		available += item->why == SUTURE_WHY_AVAILABLE;
		wrong += item->why >= SUTURE_WHY_OLDER;
	}
	if (error)
		sd_notifyf(0, "STATUS=%s", error);
	else
		sd_notifyf(0, "STATUS=%u patches in force, %u available, %u not usable", in,
			   available, wrong);
}

void report_write(struct service *s, const struct suture_view *view, const char *error)
{
	write_file(s, view, error);
	tell_manager(view, error);
}
