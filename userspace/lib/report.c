// SPDX-License-Identifier: GPL-2.0-only
/* What the service has said of itself last. */
#include <fcntl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"

/* It holds a lock for as long as it lives. */
static bool is_running(const struct suture_dirs *dirs)
{
	char path[4096];
	bool running;
	int fd;

	snprintf(path, sizeof(path), "%s/sutured.lock", dirs->run);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	running = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	close(fd);
	return running;
}

void suture_report_read(const struct suture_dirs *dirs, struct suture_report *ret)
{
	struct json_object *pid;
	char path[4096];

	memset(ret, 0, sizeof(*ret));
	ret->running = is_running(dirs);
	snprintf(path, sizeof(path), "%s/sutured.json", dirs->run);
	/* What one that has ended said is of no interest. */
	if (!ret->running || access(path, R_OK))
		return;
	ret->root = json_object_from_file(path);
	if (json_object_object_get_ex(ret->root, "pid", &pid))
		ret->pid = json_object_get_int(pid);
}

static const char *text_of(struct json_object *obj, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(obj, key, &value) ? json_object_get_string(value) : NULL;
}

const char *suture_report_error(const struct suture_report *report, const char *path,
				const char *why)
{
	struct json_object *list, *obj;
	const char *file, *word;
	size_t i;

	if (!json_object_object_get_ex(report->root, "patches", &list) ||
	    !json_object_is_type(list, json_type_array))
		return NULL;
	for (i = 0; i < json_object_array_length(list); i++) {
		obj = json_object_array_get_idx(list, i);
		file = text_of(obj, "file");
		word = text_of(obj, "why");
		if (file && !strcmp(file, path) && (!why || (word && !strcmp(word, why))))
			return text_of(obj, "error");
	}
	return NULL;
}

const char *suture_report_trouble(const struct suture_report *report)
{
	return text_of(report->root, "error");
}

void suture_report_poke(const struct suture_dirs *dirs)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/" SUTURE_POKE_NAME, dirs->run);
	utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}

void suture_report_free(struct suture_report *report)
{
	json_object_put(report->root);
	memset(report, 0, sizeof(*report));
}
