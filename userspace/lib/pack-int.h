/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of suture_pack() share. */
#ifndef SUTURE_PACK_INT_H
#define SUTURE_PACK_INT_H

#include "ipara.h"
#include "link.h"
#include "note-writer.h"
#include "pack.h"
#include "reloc.h"

/* A function that is replaced. */
struct suture_replaced {
	const struct suture_meta *meta;
	uint64_t addr;
	struct suture_entry entry;
	struct suture_piece *pieces;
	size_t nr_pieces;
	uint64_t new_text;		/* the author's function, from suture.text, bytes */
	bool stub;			/* is entered through one */
	uint64_t save;			/* registers that the stub keeps */
};

struct suture_packer {
	const struct suture_pack_options *opt;
	char name[SUTURE_NAME_MAX];
	struct suture_target *objects[SUTURE_MAX_OBJECTS];	/* [0]: the target */
	size_t nr_objects;
	struct suture_objects objs;
	struct suture_bindings bindings;
	struct suture_replaced *funcs;
	size_t nr_funcs;
	struct suture_link link;
};

/* suture_pack_find_functions - what the metadata ask to replace, looked up and checked */
int suture_pack_find_functions(struct suture_packer *p, struct suture_error *err);

/* suture_pack_texts - name, version and so on into the note; sets the flags */
int suture_pack_texts(struct suture_packer *p, struct suture_note_writer *w,
		      struct suture_error *err);

/* suture_pack_warn - tell the caller, if it wants to hear */
void suture_pack_warn(struct suture_packer *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "FILE:LINE", as arguments for a format */
#define META_AT	"%s:%u"
#define META_ARGS(meta)	(meta)->file, (meta)->line

#endif /* SUTURE_PACK_INT_H */
