// SPDX-License-Identifier: GPL-2.0-only
/* What has happened on this machine. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"
#include "text.h"

#define FORMAT		1
#define FILE_MAX	(4 << 20)

/* ------------------------------------------------------------------- json */

static int64_t get_number(struct json_object *obj, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(obj, key, &value) ? json_object_get_int64(value) : 0;
}

static void get_text(struct json_object *obj, const char *key, char *buf, size_t size)
{
	struct json_object *value;

	if (json_object_object_get_ex(obj, key, &value))
		suture_text_clean_buf(json_object_get_string(value) ?: "", 0, buf, size);
}

static void parse_event(struct json_object *obj, struct suture_event *event)
{
	memset(event, 0, sizeof(*event));
	event->time_ms = get_number(obj, "time_ms");
	get_text(obj, "event", event->what, sizeof(event->what));
	get_text(obj, "patch", event->patch, sizeof(event->patch));
	get_text(obj, "version", event->version, sizeof(event->version));
	get_text(obj, "why", event->why, sizeof(event->why));
	get_text(obj, "text", event->text, sizeof(event->text));
	event->counted = json_object_object_get_ex(obj, "patched", NULL);
	event->patched = get_number(obj, "patched");
	event->others = get_number(obj, "others");
	event->pause_max_us = get_number(obj, "pause_max_us");
	event->pause_median_us = get_number(obj, "pause_median_us");
}

static int parse(struct json_object *root, struct suture_history *history)
{
	struct json_object *list;
	size_t nr, i;

	if (!json_object_is_type(root, json_type_object) || get_number(root, "format") != FORMAT ||
	    !json_object_object_get_ex(root, "events", &list) ||
	    !json_object_is_type(list, json_type_array))
		return -EBADMSG;
	nr = json_object_array_length(list);
	history->list = calloc(nr + 1, sizeof(*history->list));
	if (!history->list)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct json_object *obj = json_object_array_get_idx(list, i);

		if (!json_object_is_type(obj, json_type_object))
			return -EBADMSG;
		parse_event(obj, &history->list[history->nr++]);
	}
	return 0;
}

static void add_text(struct json_object *obj, const char *key, const char *value)
{
	char clean[1024];

	if (!*value)
		return;
	suture_text_clean_buf(value, SUTURE_TEXT_KEEP_CONTROLS, clean, sizeof(clean));
	json_object_object_add(obj, key, json_object_new_string(clean));
}

static void add_number(struct json_object *obj, const char *key, int64_t value)
{
	json_object_object_add(obj, key, json_object_new_int64(value));
}

static struct json_object *event_json(const struct suture_event *event)
{
	struct json_object *obj = json_object_new_object();

	add_number(obj, "time_ms", event->time_ms);
	add_text(obj, "event", event->what);
	add_text(obj, "patch", event->patch);
	add_text(obj, "version", event->version);
	add_text(obj, "why", event->why);
	add_text(obj, "text", event->text);
	if (event->counted) {
		add_number(obj, "patched", event->patched);
		add_number(obj, "others", event->others);
		add_number(obj, "pause_max_us", event->pause_max_us);
		add_number(obj, "pause_median_us", event->pause_median_us);
	}
	return obj;
}

/* ------------------------------------------------------------------ files */

int suture_history_read(const char *dir, struct suture_history *ret_history,
			struct suture_error *err)
{
	struct suture_history history = { 0 };
	struct json_object *root = NULL;
	char path[4096];
	struct stat st;
	int ret = 0;

	memset(ret_history, 0, sizeof(*ret_history));
	snprintf(path, sizeof(path), "%s/" SUTURE_HISTORY_NAME, dir);
	if (stat(path, &st))
		ret = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		ret = -EBADMSG;
	else if (access(path, R_OK))
		ret = -errno;
	if (ret == -ENOENT)
		return 0;
	if (!ret) {
		root = json_object_from_file(path);
		ret = root ? parse(root, &history) : -EBADMSG;
		json_object_put(root);
	}
	if (ret) {
		suture_history_free(&history);
		return suture_error_set(err, ret, ret == -EBADMSG ? "%s is damaged" :
					"cannot read %s: %s", path, strerror(-ret));
	}
	*ret_history = history;
	return 0;
}

int suture_history_add(const char *dir, const struct suture_event *events, size_t nr,
		       struct suture_error *err)
{
	struct json_object *root, *list;
	struct suture_history old;
	size_t skip, i;
	int ret;

	ret = suture_make_dirs(dir, 0755);
	if (ret)
		return suture_error_set(err, ret, "cannot make the folder %s: %s", dir,
					strerror(-ret));
	ret = suture_history_read(dir, &old, err);
	if (ret && ret != -EBADMSG)
		return ret;
	root = json_object_new_object();
	add_number(root, "format", FORMAT);
	list = json_object_new_array();
	skip = old.nr + nr > SUTURE_HISTORY_MAX ? old.nr + nr - SUTURE_HISTORY_MAX : 0;
	for (i = skip; i < old.nr + nr; i++)
		json_object_array_add(list, event_json(i < old.nr ? &old.list[i] :
								    &events[i - old.nr]));
	json_object_object_add(root, "events", list);
	ret = suture_write_atomic(dir, SUTURE_HISTORY_NAME,
				  json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
								 JSON_C_TO_STRING_NOSLASHESCAPE),
				  0644, err);
	json_object_put(root);
	suture_history_free(&old);
	return ret;
}

void suture_history_free(struct suture_history *history)
{
	free(history->list);
	memset(history, 0, sizeof(*history));
}
