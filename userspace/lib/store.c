// SPDX-License-Identifier: GPL-2.0-only
/* The patch modules that lie in folders for the service, and whether they fit this machine. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store.h"

#define FILES_MAX	4096	/* patch modules; more are no plan */

/* ---------------------------------------------------------------- reading */

/* The two kinds of files that lie in the folders. */
static const char *const suffixes[] = { ".spm", ".revocations" };
enum kind { KIND_PATCH, KIND_LIST };

static bool is_kind(const char *name, enum kind kind)
{
	size_t len = strlen(name), end = strlen(suffixes[kind]);

	return *name != '.' && len > end && !strcmp(name + len - end, suffixes[kind]);
}

/* What the file says becomes code of every process: only root may have a say in it. */
static const char *why_not(const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return "is a symbolic link: put the file itself there";
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid)
		return "does not belong to root";
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return "can be written by others than root";
	return NULL;
}

static int open_file(struct suture_store_file *file, const char *root, enum kind kind)
{
	struct suture_error err = { 0 };
	struct stat st, opened;
	const char *why;
	char path[4096];
	int ret;

	if (snprintf(path, sizeof(path), "%s%s", root, file->path) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (lstat(path, &st))
		return -errno;
	file->dev = st.st_dev;
	file->inode = st.st_ino;
	file->size = st.st_size;
	file->mtime = st.st_mtime;
	file->ctime_ns = st.st_ctim.tv_sec * 1000000000LL + st.st_ctim.tv_nsec;
	why = why_not(&st);
	if (why) {
		if (asprintf(&file->why, "%s %s", file->path, why) < 0)
			return -ENOMEM;
		return 0;
	}
	if (kind != KIND_PATCH)
		return 0;
	ret = suture_spm_open(path, &file->spm, &err);
	if (ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE)
		return ret;
	if (!ret && (fstat(file->spm->fd, &opened) || opened.st_ino != st.st_ino ||
		     opened.st_dev != st.st_dev)) {
		suture_spm_close(file->spm);
		file->spm = NULL;
		ret = suture_error_set(&err, -ESTALE, "%s was changed just now", file->path);
	}
	if (ret) {
		/* The words name the path that was opened. */
		why = strncmp(err.text, path, strlen(path)) ? err.text : err.text + strlen(root);
		file->why = strdup(why);
		return file->why ? 0 : -ENOMEM;
	}
	return 0;
}

struct files {
	struct suture_store_file *list;
	size_t nr;
};

static int add_file(struct files *files, const char *dir, unsigned int folder, const char *name,
		    const char *root, enum kind kind)
{
	struct suture_store_file *grown;
	int ret;

	if (files->nr >= FILES_MAX)
		return -E2BIG;
	grown = reallocarray(files->list, files->nr + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	files->list = grown;
	grown = &grown[files->nr];
	memset(grown, 0, sizeof(*grown));
	grown->folder = folder;
	if (asprintf(&grown->path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	files->nr++;
	ret = open_file(grown, root, kind);
	if (ret == -ENOENT) {		/* gone meanwhile */
		free(grown->path);
		files->nr--;
		ret = 0;
	}
	return ret;
}

static int read_folder(struct files *files, const char *dir, unsigned int folder,
		       const char *root, enum kind kind)
{
	struct dirent *entry;
	char path[4096];
	DIR *stream;
	int ret = 0;

	if (snprintf(path, sizeof(path), "%s%s", root, dir) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	stream = opendir(path);
	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	errno = 0;
	while (!ret && (entry = readdir(stream))) {
		if (is_kind(entry->d_name, kind))
			ret = add_file(files, dir, folder, entry->d_name, root, kind);
		errno = 0;
	}
	if (!ret)
		ret = -errno;
	closedir(stream);
	return ret;
}

static int compare(const void *a, const void *b)
{
	const struct suture_store_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int read_folders(const struct suture_dirs *dirs, const char *root, enum kind kind,
			struct suture_store_file **ret_files, size_t *ret_nr,
			struct suture_error *err)
{
	struct files files = { 0 };
	unsigned int i;
	int ret = 0;

	for (i = 0; !ret && dirs->patches[i]; i++) {
		ret = read_folder(&files, dirs->patches[i], i, root, kind);
		if (ret)
			suture_error_set(err, ret, "cannot read the folder %s: %s",
					 dirs->patches[i], strerror(-ret));
	}
	if (ret) {
		suture_store_files_free(files.list, files.nr);
		return ret;
	}
	if (files.nr)
		qsort(files.list, files.nr, sizeof(*files.list), compare);
	*ret_files = files.list;
	*ret_nr = files.nr;
	return 0;
}

int suture_store_read(const struct suture_dirs *dirs, const char *root,
		      struct suture_store *ret_store, struct suture_error *err)
{
	struct suture_store store = { 0 };
	int ret;

	ret = read_folders(dirs, root, KIND_PATCH, &store.files, &store.nr, err);
	if (!ret)
		*ret_store = store;
	return ret;
}

int suture_store_lists(const struct suture_dirs *dirs, const char *root,
		       struct suture_store_file **ret, size_t *ret_nr, struct suture_error *err)
{
	return read_folders(dirs, root, KIND_LIST, ret, ret_nr, err);
}

/* ---------------------------------------------------------------- judging */

static uint64_t hash(uint64_t sum, uint64_t word)
{
	return (sum ^ word) * 0x100000001b3ULL;		/* FNV-1a, by words */
}

/* What carries one object; returns how it fits. */
static enum suture_fit fit_object(struct suture_store_file *file, const struct suture_found *found,
				  unsigned int want, uint32_t role)
{
	bool usable = false, on_disk = false, excluded = false;
	size_t i;

	for (i = 0; i < found->nr_files; i++) {
		const struct suture_found_file *f = &found->files[i];
		struct stat st;

		if (f->want != want)
			continue;
		if (!suture_found_use(f, want, role)) {
			excluded |= f->excluded != NULL;
			continue;
		}
		usable = true;
		on_disk |= f->on_disk;
		/* A sum of hashes: the order of the files does not matter. */
		file->files_hash += hash(hash(0xcbf29ce484222325ULL, f->dev), f->inode);
		if (role == SUTURE_ROLE_TARGET && f->on_disk && !fstat(f->fd, &st) &&
		    st.st_mtime > file->target_mtime)
			file->target_mtime = st.st_mtime;
	}
	for (i = 0; i < found->nr_others; i++) {
		const struct suture_found_other *o = &found->others[i];

		if (o->want == want && o->on_disk && role == SUTURE_ROLE_TARGET &&
		    o->mtime > file->other_mtime)
			file->other_mtime = o->mtime;
	}
	if (usable)
		return on_disk || role != SUTURE_ROLE_TARGET ? SUTURE_FIT_DISK : SUTURE_FIT_MAPPED;
	if (excluded)
		return SUTURE_FIT_EXCLUDED;
	for (i = 0; i < found->nr_others; i++)
		if (found->others[i].want == want && found->others[i].on_disk)
			return SUTURE_FIT_OTHER;
	return SUTURE_FIT_NONE;
}

void suture_store_fit(struct suture_store_file *file, const struct suture_found *found)
{
	const struct spm_note *note = &file->spm->note;
	enum suture_fit fit = SUTURE_FIT_DISK, one;
	uint32_t i;

	file->files_hash = 0;
	file->other_mtime = 0;
	file->target_mtime = 0;
	/* The least of them: a patch goes in with all of its objects. */
	for (i = 0; i < note->nr_objects; i++) {
		one = fit_object(file, found, file->want_of[i], note->objects[i].role);
		if (one < fit)
			fit = one;
	}
	file->fit = fit;
}

int suture_store_find(struct suture_store *store, const struct suture_policy *policy,
		      struct suture_error *err)
{
	size_t i;
	int ret;

	for (i = 0; i < store->nr; i++) {
		struct suture_store_file *file = &store->files[i];

		if (!file->spm)
			continue;
		ret = suture_wants_add(&store->wants, &store->nr_wants, file->spm, file->want_of,
				       err);
		if (ret)
			return ret;
	}
	suture_found_free(store->found);
	store->found = NULL;
	if (!store->nr_wants)
		return 0;	/* a look at all processes for nothing */
	ret = suture_find(store->wants, store->nr_wants, NULL, &store->found, err);
	if (ret)
		return ret;
	suture_policy_mark(policy, store->found);
	for (i = 0; i < store->nr; i++)
		if (store->files[i].spm)
			suture_store_fit(&store->files[i], store->found);
	return 0;
}

void suture_store_files_free(struct suture_store_file *files, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		suture_spm_close(files[i].spm);
		free(files[i].path);
		free(files[i].why);
	}
	free(files);
}

void suture_store_free(struct suture_store *store)
{
	suture_found_free(store->found);
	suture_store_files_free(store->files, store->nr);
	free(store->wants);
	memset(store, 0, sizeof(*store));
}

const char *suture_fit_name(enum suture_fit fit)
{
	static const char *const names[] = {
		[SUTURE_FIT_NONE] = "none", [SUTURE_FIT_OTHER] = "other-build",
		[SUTURE_FIT_EXCLUDED] = "excluded", [SUTURE_FIT_MAPPED] = "mapped",
		[SUTURE_FIT_DISK] = "disk",
	};

	return (unsigned int)fit < sizeof(names) / sizeof(*names) ? names[fit] : "unknown";
}
