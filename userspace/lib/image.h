/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a process maps of the files that patches are about, and its memory, read
 * from /proc alone: the kernel module is not asked.
 */
#ifndef SUTURE_IMAGE_H
#define SUTURE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "elf-file.h"
#include "error.h"
#include "spm-file.h"

/* A file that carries an object of a patch, or a patch. */
struct suture_image_file {
	struct suture_elf *elf;
	struct suture_spm *spm;		/* it is a patch module; else NULL */
	uint64_t dev, inode;		/* as stat() has them */
};

/* Finds out of each file once what it is. */
struct suture_files;

/*
 * suture_files_new - be interested in the objects of these patch modules, and in
 *                    modules of their names
 * @spms: @nr of them, some may be NULL; they outlive what is returned
 */
int suture_files_new(struct suture_spm *const *spms, size_t nr, struct suture_files **ret,
		     struct suture_error *err);
void suture_files_free(struct suture_files *files);	/* NULL is fine */

/* One place in a process where such a file is mapped. */
struct suture_image_copy {
	const struct suture_image_file *file;
	uint64_t bias;		/* what its virtual addresses are moved by */
	bool exec;		/* its text is mapped from the file; else it may be elsewhere */
};

struct suture_image {
	pid_t pid;
	pid_t tid;		/* a thread that has not ended */
	char comm[16];
	uint64_t start_ticks;	/* of the process, clock ticks since boot */
	int mem;		/* /proc/TID/mem */
	struct suture_image_copy *copies;
	size_t nr_copies;
};

/*
 * suture_image_read - look at one process
 * Returns 0, -ESRCH (it is gone), -EACCES, -EPERM or another negative errno. The
 * image is to be closed, and does not outlive @files.
 */
int suture_image_read(struct suture_files *files, pid_t pid, struct suture_image *ret,
		      struct suture_error *err);
void suture_image_close(struct suture_image *image);

/* suture_image_bytes - read memory; how many bytes could be read from @addr on */
size_t suture_image_bytes(const struct suture_image *image, uint64_t addr, void *buf,
			  size_t len);

/* suture_image_is - does the file carry this object? */
bool suture_image_is(const struct suture_image_file *file, const struct suture_object *object);

#endif /* SUTURE_IMAGE_H */
