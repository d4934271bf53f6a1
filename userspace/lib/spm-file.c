// SPDX-License-Identifier: GPL-2.0-only
/* A patch module (.spm) on disk, read with the parser that the kernel uses. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spm-file.h"
#include "text.h"

/* All of @len bytes at @offset, or -ENODATA when the file ends before. */
static int read_at(int fd, void *buf, size_t len, uint64_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, offset + done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -ENODATA;
		done += n;
	}
	return 0;
}

/* Look for the note in one PT_NOTE; 1: found, 0: not here, negative errno. */
static int read_note(struct suture_spm *spm, uint64_t offset, uint64_t size, const char **why)
{
	const void *desc;
	size_t desc_len;
	void *buf;
	int ret;

	if (size > SUTURE_NOTE_MAX) {
		*why = "its note is larger than any patch's";
		return -ENOEXEC;
	}
	buf = malloc(size ? size : 1);
	if (!buf)
		return -ENOMEM;
	ret = read_at(spm->fd, buf, size, offset);
	if (ret)
		goto out_free;
	desc = spm_find_note(buf, size, SUTURE_NOTE_NAME, SUTURE_NOTE_TYPE, &desc_len);
	if (!desc)
		goto out_free;

	/* Notes are 4-aligned in the file, the tables are to be 8-aligned here. */
	spm->desc = malloc(desc_len ? desc_len : 1);
	if (!spm->desc) {
		ret = -ENOMEM;
		goto out_free;
	}
	memcpy(spm->desc, desc, desc_len);
	ret = spm_parse_note(spm->desc, desc_len, &spm->elf, &spm->note, why);
	if (!ret)
		ret = 1;
out_free:
	free(buf);
	return ret;
}

static int read_spm(struct suture_spm *spm, const char **why)
{
	char head[SPM_HEADER_MAX];
	size_t len = spm->size < sizeof(head) ? spm->size : sizeof(head);
	uint32_t i;
	int ret;

	ret = read_at(spm->fd, head, len, 0);
	if (ret)
		return ret;
	ret = spm_parse_elf(head, len, spm->size, true, &spm->elf, why);
	if (ret)
		return ret;
	for (i = 0; i < spm->elf.nr_notes; i++) {
		ret = read_note(spm, spm->elf.notes[i].offset, spm->elf.notes[i].size, why);
		if (ret)
			return ret < 0 ? ret : 0;
	}
	*why = "it has no suture note (`suture pack` makes patch modules)";
	return -ENOEXEC;
}

int suture_spm_open(const char *path, struct suture_spm **ret_spm, struct suture_error *err)
{
	const char *why = NULL;
	struct suture_spm *spm;
	char clean[1024];
	struct stat st;
	int ret;

	suture_text_clean_buf(path, 0, clean, sizeof(clean));
	spm = calloc(1, sizeof(*spm));
	if (!spm)
		return suture_error_nomem(err);
	spm->fd = -1;
	spm->path = strdup(path);
	if (!spm->path) {
		ret = suture_error_nomem(err);
		goto err_close;
	}
	/* O_NONBLOCK: a FIFO must not hold us up before it is found to be none of ours. */
	spm->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (spm->fd < 0 || fstat(spm->fd, &st)) {
		ret = suture_error_set(err, -errno, "cannot open %s: %s", clean, strerror(errno));
		goto err_close;
	}
	if (!S_ISREG(st.st_mode)) {
		ret = suture_error_set(err, -ENOEXEC, "%s is not a patch module: not a regular file",
				       clean);
		goto err_close;
	}
	spm->size = st.st_size;
	ret = read_spm(spm, &why);
	if (ret) {
		suture_error_set(err, ret, "%s is not a patch module that can be used: %s", clean,
				 why ? why : strerror(-ret));
		goto err_close;
	}
	*ret_spm = spm;
	return 0;

err_close:
	suture_spm_close(spm);
	return ret;
}

void suture_spm_close(struct suture_spm *spm)
{
	if (!spm)
		return;
	if (spm->fd >= 0)
		close(spm->fd);
	free(spm->desc);
	free(spm->path);
	free(spm);
}

const char *suture_spm_name(const struct suture_spm *spm)
{
	return spm_string(&spm->note, spm->note.head->name);
}

const char *suture_spm_func_name(const struct suture_spm *spm, uint32_t func)
{
	if (!spm)
		return NULL;
	if (func < spm->note.nr_funcs)
		return spm_string(&spm->note, spm->note.funcs[func].name);
	func -= spm->note.nr_funcs;
	return func < spm->note.nr_sites ?
	       spm_string(&spm->note, spm->note.sites[func].name) : NULL;
}
