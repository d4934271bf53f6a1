/* SPDX-License-Identifier: GPL-2.0-only */
/* The object files that the author of a patch compiled. */
#ifndef SUTURE_OBJECT_H
#define SUTURE_OBJECT_H

#include "arch.h"
#include "elf-file.h"

/* A symbol that the objects use and do not define. */
struct suture_undef {
	const char *name;
	unsigned int uses;	/* SUTURE_USE_* */
	bool weak;
	/* where it is used first */
	size_t object;
	size_t section;
	uint64_t offset;
};

/* What a macro of patch.h said (struct suture_meta_ there). */
struct suture_meta {
	unsigned int kind;	/* enum suture_meta_kind_ */
	const char *name;	/* or text */
	const char *file;
	const char *object;	/* which target is meant, or empty */
	unsigned int line;
	uint64_t addr, old_size;
	const uint8_t *bytes;
	size_t nr_bytes;
	unsigned int order;	/* in its object */
	size_t record;		/* how many ld lays out before it */
};

struct suture_objects {
	const struct suture_arch *arch;
	struct suture_elf **objs;
	size_t nr;
	struct suture_undef *undefs;	/* sorted by name */
	size_t nr_undefs;
	struct suture_meta *metas;	/* in the order of the sources */
	size_t nr_metas;
};

/* suture_meta_read - add the records of one section; called while opening */
int suture_meta_read(struct suture_objects *objs, const struct suture_elf *elf, Elf_Scn *scn,
		     struct suture_error *err);

#define SUTURE_META_SECTION	".suture.meta"

/*
 * suture_objects_open - read what is needed of object files
 * @arch: that they must be for
 * @objs: out, freed with suture_objects_close(), also after an error
 */
int suture_objects_open(char *const *paths, size_t nr, const struct suture_arch *arch,
			struct suture_objects *objs, struct suture_error *err);
void suture_objects_close(struct suture_objects *objs);

/*
 * suture_objects_where - "FILE:LINE (in FUNCTION)" of the first use of @undef
 * As much of it as is known; at least the object file. Returns @buf.
 */
const char *suture_objects_where(const struct suture_objects *objs,
				 const struct suture_undef *undef, char *buf, size_t size);

/*
 * suture_objects_copy - write object @i to @path with the metadata sections
 * marked as not loaded, so that they do not become part of the patch
 */
int suture_objects_copy(const struct suture_objects *objs, size_t i, const char *path,
			struct suture_error *err);

#endif /* SUTURE_OBJECT_H */
