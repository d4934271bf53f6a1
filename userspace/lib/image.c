// SPDX-License-Identifier: GPL-2.0-only
/* What a process maps of the files that patches are about, and its memory. */
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build-id.h"
#include "image.h"
#include "procmaps.h"

/* A file by what /proc/PID/maps calls it. */
struct known {
	uint64_t dev, inode;
	bool of_interest;
	struct suture_image_file file;
};

struct suture_files {
	struct suture_spm *const *spms;
	size_t nr_spms;
	void *known;		/* tsearch tree of struct known */
};

int suture_files_new(struct suture_spm *const *spms, size_t nr, struct suture_files **ret,
		     struct suture_error *err)
{
	struct suture_files *files = calloc(1, sizeof(*files));

	if (!files)
		return suture_error_nomem(err);
	files->spms = spms;
	files->nr_spms = nr;
	*ret = files;
	return 0;
}

static void free_known(void *node)
{
	struct known *known = node;

	suture_spm_close(known->file.spm);
	suture_elf_close(known->file.elf);
	free(known);
}

void suture_files_free(struct suture_files *files)
{
	if (!files)
		return;
	tdestroy(files->known, free_known);
	free(files);
}

static int compare(const void *va, const void *vb)
{
	const struct known *a = va, *b = vb;

	if (a->inode != b->inode)
		return a->inode < b->inode ? -1 : 1;
	return (a->dev > b->dev) - (a->dev < b->dev);
}

bool suture_image_is(const struct suture_image_file *file, const struct suture_object *object)
{
	return file->elf->build_id_len == object->build_id_len &&
	       !memcmp(file->elf->build_id, object->build_id, object->build_id_len);
}

static bool carries_object(const struct suture_files *files, int fd)
{
	uint8_t id[SUTURE_BUILD_ID_MAX];
	size_t len, i;
	uint32_t k;

	if (suture_build_id_read(fd, id, &len))
		return false;
	for (i = 0; i < files->nr_spms; i++) {
		const struct spm_note *note = files->spms[i] ? &files->spms[i]->note : NULL;

		for (k = 0; note && k < note->nr_objects; k++)
			if (note->objects[k].build_id_len == len &&
			    !memcmp(note->objects[k].build_id, id, len))
				return true;
	}
	return false;
}

/* The patch module in @path, if one of those loaded has its name. */
static struct suture_spm *open_spm(const struct suture_files *files, const char *path)
{
	struct suture_spm *spm;
	size_t i;

	if (suture_spm_open(path, &spm, NULL))
		return NULL;
	for (i = 0; i < files->nr_spms; i++)
		if (files->spms[i] &&
		    !strcmp(suture_spm_name(files->spms[i]), suture_spm_name(spm)))
			return spm;
	suture_spm_close(spm);
	return NULL;
}

/* What a file is. 0, or an error that may not come again (another process lets us). */
static int look_at(const struct suture_files *files, const struct suture_mapping *m,
		   struct known *known)
{
	struct stat st;
	char path[64];
	int fd, ret = 0;

	fd = suture_mapping_open(m);
	if (fd < 0)
		return fd == -EINVAL ? 0 : fd;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	known->file.spm = open_spm(files, path);
	if (known->file.spm || carries_object(files, fd)) {
		ret = suture_elf_open(path, &known->file.elf, NULL);
		known->of_interest = !ret;
	}
	if (!ret && !fstat(fd, &st)) {
		known->file.dev = st.st_dev;
		known->file.inode = st.st_ino;
	}
	close(fd);
	return ret == -ENOEXEC ? 0 : ret;
}

static int find_file(struct suture_files *files, const struct suture_mapping *m,
		     const struct suture_image_file **ret)
{
	struct known probe = { .dev = m->dev, .inode = m->inode }, *known;
	void *node = tfind(&probe, &files->known, compare);
	int r;

	*ret = NULL;
	if (node) {
		known = *(struct known **)node;
		*ret = known->of_interest ? &known->file : NULL;
		return 0;
	}
	known = malloc(sizeof(*known));
	if (!known)
		return -ENOMEM;
	*known = probe;
	r = look_at(files, m, known);
	if (r || !tsearch(known, &files->known, compare)) {
		free_known(known);
		return r ?: -ENOMEM;
	}
	*ret = known->of_interest ? &known->file : NULL;
	return 0;
}

struct reader {
	struct suture_files *files;
	struct suture_image *image;
};

static int add_copy(struct suture_image *image, const struct suture_image_file *file, uint64_t bias,
		    bool exec)
{
	struct suture_image_copy *more;

	for (size_t i = 0; i < image->nr_copies; i++) {
		if (image->copies[i].file == file && image->copies[i].bias == bias) {
			image->copies[i].exec |= exec;
			return 0;
		}
	}
	more = reallocarray(image->copies, image->nr_copies + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	image->copies = more;
	more[image->nr_copies++] = (struct suture_image_copy) { file, bias, exec };
	return 0;
}

/*
 * Text is of a segment of text. Any other mapping tells where the file is as well: the text
 * may be in anonymous memory by now, and all else that was mapped with it. Where two
 * segments share a page of the file it may be of either; text that is not there is not
 * taken for any.
 */
static int on_mapping(const struct suture_mapping *m, void *arg)
{
	struct suture_image *image = ((struct reader *)arg)->image;
	const struct suture_image_file *file;
	int ret;

	image->tid = m->tid;
	ret = find_file(((struct reader *)arg)->files, m, &file);
	if (ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE)
		return ret;
	if (ret || !file)
		return 0;
	for (size_t i = 0; i < file->elf->nr_phdrs && !ret; i++) {
		const GElf_Phdr *ph = &file->elf->phdrs[i];
		uint64_t from = ph->p_offset & ~4095ULL;

		if (ph->p_type != PT_LOAD || m->offset < from ||
		    m->offset >= ph->p_offset + ph->p_filesz || (m->exec && !(ph->p_flags & PF_X)))
			continue;
		ret = add_copy(image, file, m->start - (ph->p_vaddr - ph->p_offset + m->offset),
			       m->exec);
	}
	return ret;
}

/* Name and start of the process, from /proc/PID/stat. */
static int read_stat(struct suture_image *image)
{
	char path[64], line[1024], *at, *end;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", image->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (len <= 0)
		return -ESRCH;
	line[len] = '\0';
	at = strchr(line, '(');
	end = strrchr(line, ')');
	if (!at || !end)
		return -ESRCH;
	*end = '\0';
	snprintf(image->comm, sizeof(image->comm), "%s", at + 1);
	at = end + 1;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	image->start_ticks = at ? strtoull(at, NULL, 10) : 0;
	return 0;
}

int suture_image_read(struct suture_files *files, pid_t pid, struct suture_image *ret,
		      struct suture_error *err)
{
	struct reader reader = { .files = files, .image = ret };
	char path[64];
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->pid = ret->tid = pid;
	ret->mem = -1;
	r = read_stat(ret);
	if (!r)
		r = suture_maps_scan_pid(pid, on_mapping, &reader);
	if (!r && ret->nr_copies) {
		snprintf(path, sizeof(path), "/proc/%d/mem", ret->tid);
		ret->mem = open(path, O_RDONLY | O_CLOEXEC);
		r = ret->mem < 0 ? -errno : 0;
	}
	if (!r)
		return 0;
	suture_image_close(ret);
	if (r == -ENOENT)
		r = -ESRCH;
	if (r == -ENOMEM)
		return suture_error_nomem(err);
	return suture_error_set(err, r, "cannot look at process %d: %s", pid, strerror(-r));
}

void suture_image_close(struct suture_image *image)
{
	if (image->mem >= 0)
		close(image->mem);
	free(image->copies);
	image->copies = NULL;
	image->nr_copies = 0;
	image->mem = -1;
}

size_t suture_image_bytes(const struct suture_image *image, uint64_t addr, void *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(image->mem, (char *)buf + done, len - done, addr + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += n;
	}
	return done;
}
