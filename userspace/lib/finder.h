/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds every file that carries one of some build-ids: mapped by any process
 * (deleted, or in another mount namespace, too), in the usual folders, or named
 * by the user.
 */
#ifndef SUTURE_FINDER_H
#define SUTURE_FINDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "spm-file.h"

/* A build-id that is looked for. */
struct suture_want {
	const char *name;	/* file name, soname or absolute path; borrowed */
	uint8_t id[SUTURE_BUILD_ID_MAX];
	size_t id_len;
};

struct suture_found_file {
	unsigned int want;	/* index */
	int fd;			/* open for reading, of that very file; -1: left out */
	char *path;		/* as the process named in pid sees it, or on disk */
	uint64_t dev, inode;	/* as stat() of fd has them */
	pid_t pid;		/* a process that maps it, 0: found on disk */
	bool deleted;
	bool on_disk;		/* under a name where it was looked for, whoever maps it */
	bool foreign;		/* pid is in another mount namespace */
	bool preferred;		/* root's, or named by the user */
	const char *excluded;	/* by this line of the policy (policy.h), or NULL; borrowed */
};

/* A process that maps a file that was found. One record for each such file. */
struct suture_found_proc {
	pid_t pid;
	unsigned int file;	/* index */
	bool exec;		/* maps it executable */
	char comm[16];
};

/* A file with the name of a wanted one, and another build-id. */
struct suture_found_other {
	unsigned int want;
	char *path;
	uint64_t dev, inode;
	bool on_disk;		/* as above */
	int64_t mtime;		/* seconds since 1970 */
	uint8_t id[SUTURE_BUILD_ID_MAX];
	size_t id_len;		/* 0: it has none */
};

struct suture_found {
	struct suture_found_file *files;
	size_t nr_files;
	struct suture_found_proc *procs;
	size_t nr_procs;
	struct suture_found_other *others;
	size_t nr_others;
	size_t nr_denied;	/* processes that could not be looked at */
	size_t nr_left_out;	/* files without a descriptor: there are too many */
};

/*
 * suture_wants_add - want the build-id of each object of @spm
 * @wants, @nr:  a list that grows (the caller frees it); a build-id that is in
 *               it already is not added again
 * @ret_index:   out, SUTURE_MAX_OBJECTS: the want of each object
 * The names stay @spm's.
 */
int suture_wants_add(struct suture_want **wants, size_t *nr, const struct suture_spm *spm,
		     unsigned int *ret_index, struct suture_error *err);

/*
 * suture_find - look everywhere
 * @paths:      NULL-terminated: files to look at besides, or NULL. One that
 *              carries none of the build-ids is an error (-ENOEXEC).
 * @ret_found:  out, freed with suture_found_free()
 * Finding nothing is no error. Of more files than the kernel takes, or the limit of
 * descriptors allows, some are left out: what root owns comes first.
 */
int suture_find(const struct suture_want *wants, size_t nr, char *const *paths,
		struct suture_found **ret_found, struct suture_error *err);

/* suture_found_close - close the descriptors, and keep what is known; NULL is fine */
void suture_found_close(struct suture_found *found);

/* suture_found_free - close and free; NULL is fine */
void suture_found_free(struct suture_found *found);

/* suture_found_has - is there a file for this want? */
bool suture_found_has(const struct suture_found *found, unsigned int want);

/* suture_found_usable - is there one that is to be handed to the kernel? */
bool suture_found_usable(const struct suture_found *found, unsigned int want, uint32_t role);

/*
 * suture_found_use - is this file to be handed to the kernel?
 * @role:  enum suture_role of the object: what the policy excludes may still be
 *         referred to
 */
bool suture_found_use(const struct suture_found_file *file, unsigned int want, uint32_t role);

/* suture_names_alike - libx.so.1 and libx.so.1.2.3 are names of one library */
bool suture_names_alike(const char *a, const char *b);

#endif /* SUTURE_FINDER_H */
