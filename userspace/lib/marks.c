// SPDX-License-Identifier: GPL-2.0-only
/* What this machine remembers of patches. */
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "marks.h"
#include "spm.h"
#include "text.h"

#define LOCK_NAME	"lock"
#define FORMAT		1
#define FILE_MAX	(16 << 20)

/* ----------------------------------------------------------------- a list */

static int compare(const void *name, const void *mark)
{
	return strcmp(name, ((const struct suture_mark *)mark)->name);
}

const struct suture_mark *suture_marks_find(const struct suture_marks *marks, const char *name)
{
	if (!marks->nr)
		return NULL;
	return bsearch(name, marks->list, marks->nr, sizeof(*marks->list), compare);
}

struct suture_mark *suture_marks_get(struct suture_marks *marks, const char *name)
{
	struct suture_mark *grown = (struct suture_mark *)suture_marks_find(marks, name);
	size_t at;

	if (grown)
		return grown;
	if (!*name || strlen(name) >= SUTURE_NAME_MAX)
		return NULL;
	grown = reallocarray(marks->list, marks->nr + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	marks->list = grown;
	for (at = 0; at < marks->nr && strcmp(grown[at].name, name) < 0; at++)
		;
	memmove(&grown[at + 1], &grown[at], (marks->nr - at) * sizeof(*grown));
	marks->nr++;
	memset(&grown[at], 0, sizeof(grown[at]));
	strcpy(grown[at].name, name);
	return &grown[at];
}

void suture_marks_free(struct suture_marks *marks)
{
	free(marks->list);
	memset(marks, 0, sizeof(*marks));
	marks->automatic = -1;
}

/* ------------------------------------------------------------------- json */

static int64_t get_time(struct json_object *obj, const char *key)
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

static int parse_mark(struct suture_marks *marks, const char *name, struct json_object *obj)
{
	struct suture_mark *mark;
	struct json_object *part;
	char address[32] = "";

	if (strlen(name) >= SUTURE_NAME_MAX || !json_object_is_type(obj, json_type_object))
		return -EBADMSG;
	mark = suture_marks_get(marks, name);
	if (!mark)
		return *name ? -ENOMEM : -EBADMSG;
	mark->removed = get_time(obj, "removed");
	if (json_object_object_get_ex(obj, "held", &part)) {
		mark->held = get_time(part, "since");
		get_text(part, "boot", mark->held_boot, sizeof(mark->held_boot));
	}
	if (json_object_object_get_ex(obj, "bad", &part)) {
		mark->bad = get_time(part, "since");
		get_text(part, "version", mark->bad_version, sizeof(mark->bad_version));
		get_text(part, "evidence", mark->bad_evidence, sizeof(mark->bad_evidence));
		get_text(part, "executable", mark->bad_exe, sizeof(mark->bad_exe));
		get_text(part, "signal", mark->bad_signal, sizeof(mark->bad_signal));
		get_text(part, "address", address, sizeof(address));
		mark->bad_address = strtoull(address, NULL, 16);
		mark->bad_in_patch = json_object_object_get_ex(part, "in_patch", &part) &&
				     json_object_get_boolean(part);
	}
	get_text(obj, "seen", mark->seen, sizeof(mark->seen));
	get_text(obj, "floor", mark->floor, sizeof(mark->floor));
	get_text(obj, "installed", mark->installed, sizeof(mark->installed));
	get_text(obj, "loaded_boot", mark->loaded_boot, sizeof(mark->loaded_boot));
	mark->installed_at = get_time(obj, "installed_at");
	mark->target_mtime = get_time(obj, "target_mtime");
	return 0;
}

static int parse(struct json_object *root, struct suture_marks *marks)
{
	struct json_object *obj;
	int ret = 0;

	/* One of a newer suture: what it says is not to be guessed, nor lost. */
	if (!json_object_is_type(root, json_type_object) || get_time(root, "format") != FORMAT)
		return -EBADMSG;
	if (json_object_object_get_ex(root, "automatic", &obj)) {
		marks->automatic = get_time(obj, "install") != 0;
		marks->automatic_since = get_time(obj, "since");
	}
	if (!json_object_object_get_ex(root, "patches", &obj))
		return 0;
	if (!json_object_is_type(obj, json_type_object))
		return -EBADMSG;
	json_object_object_foreach(obj, name, value) {
		ret = parse_mark(marks, name, value);
		if (ret)
			break;
	}
	return ret;
}

static void add_time(struct json_object *obj, const char *key, int64_t value)
{
	if (value)
		json_object_object_add(obj, key, json_object_new_int64(value));
}

static void add_text(struct json_object *obj, const char *key, const char *value)
{
	if (*value)
		json_object_object_add(obj, key, json_object_new_string(value));
}

struct json_object *suture_mark_bad_json(const struct suture_mark *mark)
{
	struct json_object *obj = json_object_new_object();
	char address[32];

	add_time(obj, "since", mark->bad);
	add_text(obj, "version", mark->bad_version);
	add_text(obj, "evidence", mark->bad_evidence);
	if (!*mark->bad_signal)
		return obj;
	snprintf(address, sizeof(address), "0x%" PRIx64, mark->bad_address);
	add_text(obj, "executable", mark->bad_exe);
	add_text(obj, "signal", mark->bad_signal);
	add_text(obj, "address", address);
	json_object_object_add(obj, "in_patch", json_object_new_boolean(mark->bad_in_patch));
	return obj;
}

static struct json_object *mark_json(const struct suture_mark *mark)
{
	struct json_object *obj = json_object_new_object(), *part;

	add_time(obj, "removed", mark->removed);
	if (mark->held) {
		part = json_object_new_object();
		add_time(part, "since", mark->held);
		add_text(part, "boot", mark->held_boot);
		json_object_object_add(obj, "held", part);
	}
	if (mark->bad)
		json_object_object_add(obj, "bad", suture_mark_bad_json(mark));
	add_text(obj, "seen", mark->seen);
	add_text(obj, "floor", mark->floor);
	add_text(obj, "installed", mark->installed);
	add_text(obj, "loaded_boot", mark->loaded_boot);
	add_time(obj, "installed_at", mark->installed_at);
	add_time(obj, "target_mtime", mark->target_mtime);
	return obj;
}

static struct json_object *marks_json(const struct suture_marks *marks)
{
	struct json_object *root = json_object_new_object(), *obj;
	size_t i;

	json_object_object_add(root, "format", json_object_new_int(FORMAT));
	if (marks->automatic >= 0) {
		obj = json_object_new_object();
		json_object_object_add(obj, "install",
				       json_object_new_boolean(marks->automatic > 0));
		add_time(obj, "since", marks->automatic_since);
		json_object_object_add(root, "automatic", obj);
	}
	obj = json_object_new_object();
	for (i = 0; i < marks->nr; i++)
		json_object_object_add(obj, marks->list[i].name, mark_json(&marks->list[i]));
	json_object_object_add(root, "patches", obj);
	return root;
}

/* ------------------------------------------------------------------ files */

static int read_text(const char *path, char **ret_text)
{
	size_t size = 4096, len = 0;
	char *text = NULL, *grown;
	ssize_t got = 1;
	int fd, ret = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	while (!ret && got > 0) {
		grown = realloc(text, size);
		if (!grown) {
			ret = -ENOMEM;
			break;
		}
		text = grown;
		got = read(fd, text + len, size - 1 - len);
		if (got < 0)
			ret = -errno;
		len += got > 0 ? got : 0;
		if (len + 1 == size)
			size *= 2;
		if (size > FILE_MAX)
			ret = -EFBIG;
	}
	close(fd);
	if (ret) {
		free(text);
		return ret;
	}
	text[len] = '\0';
	*ret_text = text;
	return strlen(text) == len ? 0 : -EBADMSG;
}

int suture_marks_read(const char *dir, struct suture_marks *ret_marks, struct suture_error *err)
{
	struct suture_marks marks = { .automatic = -1 };
	struct json_object *root = NULL;
	char path[4096], *text = NULL;
	int ret;

	snprintf(path, sizeof(path), "%s/" SUTURE_MARKS_NAME, dir);
	ret = read_text(path, &text);
	if (ret == -ENOENT) {
		*ret_marks = marks;
		return 0;
	}
	if (!ret) {
		root = json_tokener_parse(text);
		ret = root ? parse(root, &marks) : -EBADMSG;
		json_object_put(root);
	}
	free(text);
	if (ret) {
		suture_marks_free(&marks);
		return suture_error_set(err, ret, ret == -EBADMSG ?
					"%s is damaged, or of a newer suture: mend it, or delete it and with it what was removed and what is bad on this machine" :
					"cannot read %s: %s", path, strerror(-ret));
	}
	*ret_marks = marks;
	return 0;
}

int suture_make_dirs(const char *path, unsigned int mode)
{
	char part[4096], *slash = part;

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(part, 0755) && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(part, mode) && errno != EEXIST ? -errno : 0;
}

static int write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t put;

	while (len) {
		put = write(fd, text, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		text += put;
		len -= put;
	}
	return fsync(fd) ? -errno : 0;
}

int suture_write_atomic(const char *dir, const char *name, const char *text, unsigned int mode,
			struct suture_error *err)
{
	char path[4096], new[4096 + 32];
	int fd, dir_fd, ret;

	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path))
		return suture_error_set(err, -ENAMETOOLONG, "%s: the name is too long", dir);
	snprintf(new, sizeof(new), "%s/.%s.%d", dir, name, getpid());
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, mode);
	if (fd < 0) {
		ret = -errno;
		goto out;
	}
	ret = fchmod(fd, mode) ? -errno : write_all(fd, text);
	close(fd);
	if (!ret && rename(new, path))
		ret = -errno;
	if (ret) {
		unlink(new);
		goto out;
	}
	dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir_fd >= 0) {
		/* Some filesystems cannot do this, and do not need it. */
		fsync(dir_fd);
		close(dir_fd);
	}
out:
	if (ret)
		suture_error_set(err, ret, "cannot write %s: %s", path, strerror(-ret));
	return ret;
}

int suture_marks_lock(const char *dir, struct suture_error *err)
{
	char lock[4096];
	int fd, ret;

	ret = suture_make_dirs(dir, 0755);
	if (ret)
		return suture_error_set(err, ret, "cannot make the folder %s: %s", dir,
					strerror(-ret));
	snprintf(lock, sizeof(lock), "%s/" LOCK_NAME, dir);
	fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return suture_error_set(err, -errno, "cannot open %s: %s", lock, strerror(errno));
	while ((ret = flock(fd, LOCK_EX)) && errno == EINTR)
		;
	if (ret) {
		ret = suture_error_set(err, -errno, "cannot lock %s: %s", lock, strerror(errno));
		close(fd);
		return ret;
	}
	return fd;
}

int suture_marks_change(const char *dir, suture_marks_fn fn, void *arg,
			struct suture_error *err)
{
	struct suture_marks marks = { .automatic = -1 };
	struct json_object *root;
	int ret;

	ret = suture_marks_read(dir, &marks, err);
	if (!ret)
		ret = fn(&marks, arg, err);
	if (ret > 0) {
		root = marks_json(&marks);
		ret = suture_write_atomic(dir, SUTURE_MARKS_NAME,
					  json_object_to_json_string_ext(root,
							JSON_C_TO_STRING_PRETTY |
							JSON_C_TO_STRING_NOSLASHESCAPE),
					  0644, err);
		json_object_put(root);
	}
	suture_marks_free(&marks);
	return ret;
}

int suture_marks_update(const char *dir, suture_marks_fn fn, void *arg,
			struct suture_error *err)
{
	int lock, ret;

	lock = suture_marks_lock(dir, err);
	if (lock < 0)
		return lock;
	ret = suture_marks_change(dir, fn, arg, err);
	close(lock);
	return ret;
}

void suture_boot_id(char boot[SUTURE_BOOT_MAX])
{
	ssize_t len = 0;
	int fd;

	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, boot, SUTURE_BOOT_MAX - 1);
		close(fd);
	}
	boot[len > 0 ? len : 0] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
}
