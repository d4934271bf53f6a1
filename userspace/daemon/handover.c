// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel is told before any patch: the versions that were seen, which it forgets
 * with the module, and signed lists of what is revoked.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "sutured.h"

/* A device of its own for each life of the module. */
static bool is_new_module(struct service *s)
{
	struct stat st;

	if (fstat(s->dev, &st))
		return true;
	if (st.st_ino == s->module.inode && st.st_ctim.tv_sec == s->module.ctime.tv_sec &&
	    st.st_ctim.tv_nsec == s->module.ctime.tv_nsec)
		return false;
	s->module.inode = st.st_ino;
	s->module.ctime = st.st_ctim;
	s->module.told = false;
	return true;
}

/* ----------------------------------------------------------- versions seen */

static int raise_floors(struct service *s, struct suture_error *err)
{
	struct suture_error said = { 0 };
	struct suture_marks marks;
	size_t i;
	int ret;

	ret = suture_marks_read(s->dirs.state, &marks, err);
	if (ret)
		return ret;
	for (i = 0; i < marks.nr; i++) {
		const struct suture_mark *mark = &marks.list[i];

		/* One that it does not take is no reason to leave the others out. */
		if (*mark->floor &&
		    suture_device_floor_raise(s->dev, mark->name, mark->floor, &said))
			service_log(LOG_WARNING, "error", mark->name, mark->floor, NULL, "%s: %s",
				    mark->name, said.text);
	}
	suture_marks_free(&marks);
	return 0;
}

struct floors {
	const struct suture_ioc_floor *list;
	size_t nr;
};

static bool is_news(const struct suture_mark *mark, const struct suture_ioc_floor *floor)
{
	return *floor->version && (!mark || spm_version_compare(mark->floor, floor->version) < 0);
}

static int keep(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	const struct floors *floors = arg;
	struct suture_mark *mark;
	int changed = 0;
	size_t i;

	for (i = 0; i < floors->nr; i++) {
		if (!is_news(suture_marks_find(marks, floors->list[i].name), &floors->list[i]))
			continue;
		mark = suture_marks_get(marks, floors->list[i].name);
		if (!mark)
			return suture_error_nomem(err);
		strcpy(mark->floor, floors->list[i].version);
		changed = 1;
	}
	return changed;
}

void handover_keep(struct service *s, const struct suture_view *view)
{
	struct suture_ioc_floor *list;
	struct suture_error err = { 0 };
	struct floors floors;
	size_t i;

	if (suture_device_floors(s->dev, &list, &floors.nr, &err))
		goto err;
	floors.list = list;
	for (i = 0; i < floors.nr; i++)
		if (is_news(suture_marks_find(&view->marks, list[i].name), &list[i]))
			break;
	if (i < floors.nr && suture_marks_update(s->dirs.state, keep, &floors, &err)) {
		free(list);
		goto err;
	}
	free(list);
	return;
err:
	service_log(LOG_ERR, "state", NULL, NULL, NULL, "%s", err.text);
}

/* ------------------------------------------------------- lists of revocations */

/* They come off at once, whoever has loaded them. All are told before one is gone. */
static int revert_revoked(struct service *s, char (*names)[SUTURE_NAME_MAX], size_t nr,
			  struct suture_error *err)
{
	struct suture_ioc_patch patch;
	struct seen_patch *seen;
	size_t i;
	int ret, first = 0;

	for (i = 0; i < nr; i++) {
		ret = suture_device_patch(s->dev, names[i], &patch, NULL);
		if (!ret && patch.state == SUTURE_PATCH_REVERTING)
			continue;
		if (!ret)
			ret = suture_device_revert(s->dev, names[i], 0, err);
		if (ret == -ENOENT)	/* it went by itself */
			continue;
		if (ret) {
			first = first ? first : suture_error_prefix(err, "%s", names[i]);
			continue;
		}
		service_log(LOG_NOTICE, "revert", names[i], patch.version,
			    suture_why_name(SUTURE_WHY_REVOKED),
			    "%s %s: reverting it (revoked)", names[i], patch.version);
		history_note(s, "revert", names[i], patch.version,
			     suture_why_name(SUTURE_WHY_REVOKED),
			     suture_why_text(SUTURE_WHY_REVOKED), NULL, 0);
		seen = progress_get(s, names[i], true);
		if (seen)
			seen->state = SUTURE_PATCH_REVERTING;
	}
	return first;
}

static int hand_in(struct service *s, const struct suture_store_file *file,
		   struct suture_error *err)
{
	char path[4096], text[256], (*names)[SUTURE_NAME_MAX];
	struct suture_ioc_revoke said;
	size_t nr;
	int fd, ret;

	if (file->why)
		return suture_error_set(err, -ENOEXEC, "%s", file->why);
	if (snprintf(path, sizeof(path), "%s%s", s->root, file->path) >= (int)sizeof(path))
		return suture_error_set(err, -ENAMETOOLONG, "its name is too long");
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
	if (fd < 0)
		return suture_error_set(err, -errno, "cannot open it: %s", strerror(errno));
	ret = suture_device_revoke(s->dev, fd, &said, &names, &nr, err);
	close(fd);
	if (ret)
		return ret;
	service_log(LOG_NOTICE, "list", NULL, NULL, NULL,
		    "%s: revocation list no. %llu, %u entries, %zu of them loaded", file->path,
		    (unsigned long long)said.serial, said.nr_entries, nr);
	snprintf(text, sizeof(text), "revocation list no. %llu, %u entries: %s",
		 (unsigned long long)said.serial, said.nr_entries, file->path);
	history_note(s, "list", NULL, NULL, NULL, text, NULL, 0);
	/* What it does not name any more may come back. */
	attempts_forget(s, -EKEYREVOKED);
	ret = revert_revoked(s, names, nr, err);
	free(names);
	return ret;
}

static void hand_in_all(struct service *s)
{
	const struct suture_store_file *file;
	struct suture_error err = { 0 };
	struct attempt *a;
	size_t i;
	int ret;

	for (i = 0; i < s->nr_lists; i++) {
		file = &s->lists[i];
		a = attempt_find(s, file);
		if (a && (a->taken || a->for_good || a->next_us > now_us()))
			continue;
		err.text[0] = '\0';
		ret = hand_in(s, file, &err);
		if (!ret)
			attempt_taken(s, file);
		else
			attempt_failed(s, file, ret, "list", &err);
	}
}

/* ------------------------------------------------------- what is not asked of it */

/* A list that the kernel has, as far as we know: it has one of each signer, the newest. */
struct in_force {
	const char *path;	/* of s->lists */
	struct spm_revocations entries;
	char *text;		/* what entries points into */
	struct suture_signed by;
};

static bool is_outdone(const struct in_force *list, const struct in_force *others, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (others[i].entries.serial > list->entries.serial &&
		    !strcmp(others[i].by.signer, list->by.signer) &&
		    !strcmp(others[i].by.serial, list->by.serial))
			return true;
	return false;
}

void handover_forget(struct service *s)
{
	size_t i;

	for (i = 0; i < s->nr_in_force; i++)
		free(s->in_force[i].text);
	free(s->in_force);
	s->in_force = NULL;
	s->nr_in_force = 0;
}

static int read_in_force(struct service *s, struct suture_error *err)
{
	struct in_force *list;
	struct attempt *a;
	char path[4096];
	size_t i;
	int ret;

	s->in_force = calloc(s->nr_lists + 1, sizeof(*s->in_force));
	for (i = 0; s->in_force && i < s->nr_lists; i++) {
		a = attempt_find(s, &s->lists[i]);
		if (!a || !a->taken)
			continue;
		list = &s->in_force[s->nr_in_force];
		list->path = s->lists[i].path;
		snprintf(path, sizeof(path), "%s%s", s->root, s->lists[i].path);
		ret = suture_sign_read(path, &list->by, err);
		/* not the fault of this one: none could be read */
		if (ret == -ELIBACC)
			return ret;
		if (ret || suture_revocations_read(path, &list->text, &list->entries, NULL))
			continue;
		s->nr_in_force++;
	}
	return 0;
}

static bool read_digest(const char *hex, uint8_t digest[SPM_DIGEST_LEN])
{
	size_t i;

	for (i = 0; i < SPM_DIGEST_LEN; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &digest[i]) != 1)
			return false;
	return true;
}

static const struct in_force *find_revoking(struct service *s,
					    const struct suture_store_file *file)
{
	uint8_t digest[1][SPM_DIGEST_LEN];
	struct suture_signed seal;
	struct spm_subject subject = {
		.name = suture_spm_name(file->spm),
		.version = spm_string(&file->spm->note, file->spm->note.head->version),
		.digests = digest,
	};
	size_t i;

	if (s->nr_in_force && !suture_sign_read(file->spm->path, &seal, NULL))
		subject.nr_digests = read_digest(seal.image, digest[0]);
	for (i = 0; i < s->nr_in_force; i++)
		if (!is_outdone(&s->in_force[i], s->in_force, s->nr_in_force) &&
		    spm_is_revoked(&s->in_force[i].entries, &subject))
			return &s->in_force[i];
	return NULL;
}

enum suture_refusal handover_refused(const struct suture_store_file *file, void *arg)
{
	enum suture_refusal refusal = attempt_refused(file, arg);

	if (refusal == SUTURE_REFUSAL_NONE && find_revoking(arg, file))
		refusal = SUTURE_REFUSAL_REVOKED;
	return refusal;
}

char *handover_reason(struct service *s, const struct suture_store_file *file)
{
	const struct in_force *list = file->spm ? find_revoking(s, file) : NULL;
	char *text;

	if (!list || asprintf(&text, "%s names it, revocation list no. %llu", list->path,
			      (unsigned long long)list->entries.serial) < 0)
		return NULL;
	return text;
}

int handover(struct service *s, struct suture_error *err)
{
	struct suture_store_file *lists;
	size_t nr;
	int ret;

	/* A module that is new may trust others than the last one did. */
	if (s->dev >= 0 && is_new_module(s))
		attempts_clear(s);
	ret = suture_store_lists(&s->dirs, s->root, &lists, &nr, err);
	if (ret)
		return ret;
	handover_forget(s);
	suture_store_files_free(s->lists, s->nr_lists);
	s->lists = lists;
	s->nr_lists = nr;
	if (s->dev < 0)
		return 0;
	/* Whatever else is wrong here, what is revoked comes off. */
	hand_in_all(s);
	ret = read_in_force(s, err);
	if (ret)
		return ret;
	if (s->module.told)
		return 0;
	ret = raise_floors(s, err);
	s->module.told = !ret;
	return ret;
}
