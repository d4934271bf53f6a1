// SPDX-License-Identifier: GPL-2.0-only
/* Finds every file that carries one of some build-ids. */
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-id.h"
#include "finder.h"
#include "libdirs.h"
#include "procmaps.h"
#include "text.h"
#include "uapi/suture.h"

#define NO_FILE		UINT_MAX
#define OTHERS_MAX	64	/* more would help nobody to understand */
#define OTHER_FDS	128	/* descriptors for all but the files that are found */

/* What is known of a mapped inode, so that each is opened once only. */
struct inode_key {
	uint64_t dev, inode;	/* as in /proc/PID/maps */
	unsigned int file;	/* index, or NO_FILE */
	pid_t pid;		/* who mapped it last, 0: nobody yet */
	size_t proc;		/* index of his record */
};

struct search {
	const struct suture_want *wants;
	size_t nr_wants;
	struct suture_found *found;
	void *seen;		/* tsearch tree of struct inode_key */
	struct inode_key *last;	/* a file's segments follow each other */
	size_t nr_open, max_open;	/* files found */
	size_t victim;		/* before it are only preferred files, and closed ones */
	bool given;		/* what comes now is named by the user */
	bool disk;		/* what comes now was found by a name on the disk */
	uint64_t our_ns[2];	/* mount namespace: device, inode */
};

int suture_wants_add(struct suture_want **wants, size_t *nr, const struct suture_spm *spm,
		     unsigned int *ret_index, struct suture_error *err)
{
	const struct spm_note *note = &spm->note;
	struct suture_want *grown;
	uint32_t i;
	size_t j;

	for (i = 0; i < note->nr_objects; i++) {
		const struct suture_object *obj = &note->objects[i];

		for (j = 0; j < *nr; j++)
			if ((*wants)[j].id_len == obj->build_id_len &&
			    !memcmp((*wants)[j].id, obj->build_id, obj->build_id_len))
				break;
		ret_index[i] = j;
		if (j < *nr)
			continue;
		grown = reallocarray(*wants, *nr + 1, sizeof(*grown));
		if (!grown)
			return suture_error_nomem(err);
		*wants = grown;
		grown[*nr].name = spm_string(note, obj->name);
		memcpy(grown[*nr].id, obj->build_id, sizeof(obj->build_id));
		grown[*nr].id_len = obj->build_id_len;
		++*nr;
	}
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct inode_key *x = a, *y = b;

	if (x->inode != y->inode)
		return x->inode < y->inode ? -1 : 1;
	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return 0;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool suture_names_alike(const char *a, const char *b)
{
	size_t len;

	a = base_name(a);
	b = base_name(b);
	len = strlen(a) < strlen(b) ? strlen(a) : strlen(b);
	return len && !strncmp(a, b, len) && (!a[len] || a[len] == '.') &&
	       (!b[len] || b[len] == '.');
}

/* @id, @id_len: of the file @st, which is not the wanted one. */
static int add_other(struct search *s, unsigned int want, const char *path,
		     const struct stat *st, const uint8_t *id, size_t id_len)
{
	struct suture_found *found = s->found;
	struct suture_found_other *grown, *other;
	size_t i;

	for (i = 0; i < found->nr_others; i++) {
		other = &found->others[i];
		/* /lib and /usr/lib may be one folder. */
		if (other->want == want && other->dev == st->st_dev &&
		    other->inode == st->st_ino) {
			other->on_disk |= s->disk;
			return 0;
		}
	}
	/* Anybody can map many; what is on the disk is not crowded out. */
	if (found->nr_others >= OTHERS_MAX && !s->disk)
		return 0;
	grown = reallocarray(found->others, found->nr_others + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	found->others = grown;
	other = &grown[found->nr_others];
	memset(other, 0, sizeof(*other));
	other->want = want;
	other->path = strdup(path);
	if (!other->path)
		return -ENOMEM;
	other->dev = st->st_dev;
	other->inode = st->st_ino;
	other->on_disk = s->disk;
	other->mtime = st->st_mtime;
	memcpy(other->id, id, id_len);
	other->id_len = id_len;
	found->nr_others++;
	return 0;
}

static size_t max_open(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= SUTURE_MAX_FILES + OTHER_FDS)
		return SUTURE_MAX_FILES;
	return limit.rlim_cur > 2 * OTHER_FDS ? limit.rlim_cur - OTHER_FDS : OTHER_FDS;
}

/* Anybody can make copies, as many as he likes: one is left out if it is one too many. */
static void leave_one_out(struct search *s)
{
	struct suture_found *found = s->found;
	struct suture_found_file *file = &found->files[found->nr_files - 1];

	if (++s->nr_open <= s->max_open)
		return;
	while (file->preferred && s->victim < found->nr_files - 1) {
		struct suture_found_file *other = &found->files[s->victim++];

		if (other->preferred || other->fd < 0)
			continue;
		file = other;
		break;
	}
	close(file->fd);
	file->fd = -1;
	s->nr_open--;
	found->nr_left_out++;
}

/* Takes over @fd. Returns the index of the file, or a negative errno. */
static int add_file(struct search *s, unsigned int want, int fd, const char *path)
{
	struct suture_found *found = s->found;
	struct suture_found_file *grown, *file;
	struct stat st;
	int ret;

	if (fstat(fd, &st)) {
		ret = -errno;
		goto err_close;
	}
	grown = reallocarray(found->files, found->nr_files + 1, sizeof(*grown));
	if (!grown) {
		ret = -ENOMEM;
		goto err_close;
	}
	found->files = grown;
	file = &grown[found->nr_files];
	memset(file, 0, sizeof(*file));
	file->path = strdup(path);
	if (!file->path) {
		ret = -ENOMEM;
		goto err_close;
	}
	file->want = want;
	file->fd = fd;
	file->dev = st.st_dev;
	file->inode = st.st_ino;
	file->preferred = !st.st_uid || s->given;
	file->on_disk = s->disk;
	found->nr_files++;
	leave_one_out(s);
	return found->nr_files - 1;

err_close:
	close(fd);
	return ret;
}

/* Takes over @fd. *@ret_file: index, or NO_FILE when it is none of the wanted. */
static int judge(struct search *s, int fd, const char *path, unsigned int *ret_file)
{
	uint8_t id[SUTURE_BUILD_ID_MAX];
	size_t id_len = 0, i;
	struct stat st;
	int ret;

	*ret_file = NO_FILE;
	ret = suture_build_id_read(fd, id, &id_len);
	if (ret && ret != -ENODATA) {
		close(fd);
		return 0;	/* no ELF, or not to be read: not what we look for */
	}
	for (i = 0; i < s->nr_wants; i++) {
		if (id_len != s->wants[i].id_len || memcmp(id, s->wants[i].id, id_len))
			continue;
		ret = add_file(s, i, fd, path);
		if (ret < 0)
			return ret;
		*ret_file = ret;
		return 0;
	}
	ret = fstat(fd, &st) ? -errno : 0;
	close(fd);
	for (i = 0; !ret && i < s->nr_wants; i++)
		if (suture_names_alike(path, s->wants[i].name))
			ret = add_other(s, i, path, &st, id, id_len);
	return ret;
}

static void read_comm(pid_t pid, char comm[16])
{
	char path[64];
	ssize_t len = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		len = read(fd, comm, 16);
		close(fd);
	}
	if (len <= 0) {
		strcpy(comm, "?");
		return;
	}
	comm[len - 1] = '\0';	/* the newline */
}

static int add_proc(struct search *s, const struct suture_mapping *m, struct inode_key *key)
{
	struct suture_found *found = s->found;
	struct suture_found_proc *grown, *proc;

	/* The mappings of one process come one after the other. */
	if (key->pid == m->pid) {
		found->procs[key->proc].exec |= m->exec;
		return 0;
	}
	grown = reallocarray(found->procs, found->nr_procs + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	found->procs = grown;
	key->pid = m->pid;
	key->proc = found->nr_procs;
	proc = &grown[found->nr_procs++];
	memset(proc, 0, sizeof(*proc));
	proc->pid = m->pid;
	proc->file = key->file;
	proc->exec = m->exec;
	read_comm(m->pid, proc->comm);
	return 0;
}

static bool in_our_namespace(const struct search *s, pid_t pid)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	return stat(path, &st) || (st.st_dev == s->our_ns[0] && st.st_ino == s->our_ns[1]);
}

/* A mapped inode that was not met before. */
static int meet(struct search *s, const struct suture_mapping *m, struct inode_key *key)
{
	struct suture_found_file *file;
	int fd, ret;

	key->file = NO_FILE;
	fd = suture_mapping_open(m);
	if (fd < 0)
		return fd;
	ret = judge(s, fd, m->path, &key->file);
	if (ret || key->file == NO_FILE)
		return ret;
	file = &s->found->files[key->file];
	file->pid = m->pid;
	file->deleted = m->deleted;
	file->foreign = !in_our_namespace(s, m->tid);
	return 0;
}

static int on_mapping(const struct suture_mapping *m, void *arg)
{
	struct inode_key probe = { .dev = m->dev, .inode = m->inode }, *key;
	struct search *s = arg;
	void *node;
	int ret;

	if (s->last && !compare_keys(s->last, &probe)) {
		key = s->last;
		goto known;
	}
	node = tfind(&probe, &s->seen, compare_keys);
	if (node) {
		key = *(struct inode_key **)node;
		goto known;
	}
	key = malloc(sizeof(*key));
	if (!key)
		return -ENOMEM;
	*key = probe;
	ret = meet(s, m, key);
	if (ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE) {
		free(key);
		return ret;
	}
	if (ret == -EINVAL)	/* no regular file, and will not become one */
		ret = 0;
	/* Not to be opened here (the process ended, the mapping changed, no rights):
	 * another process may let us. */
	if (ret || !tsearch(key, &s->seen, compare_keys)) {
		free(key);
		return ret ? 0 : -ENOMEM;
	}
known:
	s->last = key;
	return key->file == NO_FILE ? 0 : add_proc(s, m, key);
}

static bool have_inode(const struct search *s, const struct stat *st)
{
	size_t i;

	for (i = 0; i < s->found->nr_files; i++) {
		struct suture_found_file *file = &s->found->files[i];

		if (file->dev != st->st_dev || file->inode != st->st_ino)
			continue;
		file->on_disk |= s->disk;
		return true;
	}
	return false;
}

/* 1: carries a wanted build-id, 0: does not (or is no file at all), negative errno. */
static int look_at(struct search *s, const char *path)
{
	unsigned int file;
	struct stat st;
	int fd, ret;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (have_inode(s, &st))
		return 1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return errno == EMFILE || errno == ENFILE ? -errno : 0;
	ret = judge(s, fd, path, &file);
	return ret ? ret : file != NO_FILE;
}

static int search_disk(struct search *s)
{
	char path[PATH_MAX], **dirs;
	size_t i, j;
	int ret = 0;

	dirs = suture_libdirs();
	if (!dirs)
		return -ENOMEM;
	s->disk = true;
	for (i = 0; ret >= 0 && i < s->nr_wants; i++) {
		const char *name = s->wants[i].name;

		if (*name == '/')
			ret = look_at(s, name);
		for (j = 0; ret >= 0 && dirs[j]; j++) {
			if (snprintf(path, sizeof(path), "%s/%s", dirs[j], base_name(name)) <
			    (int)sizeof(path))
				ret = look_at(s, path);
		}
	}
	suture_strv_free(dirs);
	return ret < 0 ? ret : 0;
}

/* What the user names must be of use: say at once that it is not. */
static int search_given(struct search *s, char *const *paths, struct suture_error *err)
{
	char clean[1024], hex[2 * SUTURE_BUILD_ID_MAX + 1];
	uint8_t id[SUTURE_BUILD_ID_MAX];
	size_t id_len;
	int fd, ret;

	s->given = true;
	for (; paths && *paths; paths++) {
		suture_text_clean_buf(*paths, 0, clean, sizeof(clean));
		if (access(*paths, R_OK))
			return suture_error_set(err, -errno, "cannot read %s: %s", clean,
						strerror(errno));
		ret = look_at(s, *paths);
		if (ret < 0)
			return suture_error_set(err, ret, "cannot read %s: %s", clean,
						strerror(-ret));
		if (ret)
			continue;
		fd = open(*paths, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		ret = fd < 0 ? -errno : suture_build_id_read(fd, id, &id_len);
		if (fd >= 0)
			close(fd);
		if (ret)
			return suture_error_set(err, -ENOEXEC, "%s is no ELF file with a build-id",
						clean);
		return suture_error_set(err, -ENOEXEC,
					"%s has the build-id %s, which the patch is not for", clean,
					suture_text_hex(id, id_len, hex));
	}
	return 0;
}

int suture_find(const struct suture_want *wants, size_t nr, char *const *paths,
		struct suture_found **ret_found, struct suture_error *err)
{
	struct search s = { .wants = wants, .nr_wants = nr, .max_open = max_open() };
	struct stat st;
	int ret;

	s.found = calloc(1, sizeof(*s.found));
	if (!s.found)
		return suture_error_nomem(err);
	if (!stat("/proc/self/ns/mnt", &st)) {
		s.our_ns[0] = st.st_dev;
		s.our_ns[1] = st.st_ino;
	}
	ret = suture_maps_scan(on_mapping, &s, &s.found->nr_denied, err);
	if (!ret) {
		ret = search_disk(&s);
		if (ret)
			suture_error_set(err, ret, "cannot search the library folders: %s",
					 strerror(-ret));
	}
	if (!ret)
		ret = search_given(&s, paths, err);
	tdestroy(s.seen, free);
	if (ret) {
		suture_found_free(s.found);
		return ret;
	}
	*ret_found = s.found;
	return 0;
}

void suture_found_close(struct suture_found *found)
{
	size_t i;

	for (i = 0; found && i < found->nr_files; i++) {
		if (found->files[i].fd >= 0)
			close(found->files[i].fd);
		found->files[i].fd = -1;
	}
}

void suture_found_free(struct suture_found *found)
{
	size_t i;

	if (!found)
		return;
	suture_found_close(found);
	for (i = 0; i < found->nr_files; i++)
		free(found->files[i].path);
	for (i = 0; i < found->nr_others; i++)
		free(found->others[i].path);
	free(found->files);
	free(found->procs);
	free(found->others);
	free(found);
}

bool suture_found_has(const struct suture_found *found, unsigned int want)
{
	size_t i;

	for (i = 0; i < found->nr_files; i++)
		if (found->files[i].want == want)
			return true;
	return false;
}

bool suture_found_use(const struct suture_found_file *file, unsigned int want, uint32_t role)
{
	return file->want == want && file->fd >= 0 &&
	       !(file->excluded && role == SUTURE_ROLE_TARGET);
}

bool suture_found_usable(const struct suture_found *found, unsigned int want, uint32_t role)
{
	size_t i;

	for (i = 0; i < found->nr_files; i++)
		if (suture_found_use(&found->files[i], want, role))
			return true;
	return false;
}
