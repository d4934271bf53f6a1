/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of suture_pack() share. */
#ifndef SUTURE_PACK_INT_H
#define SUTURE_PACK_INT_H

#include "ipara.h"
#include "link.h"
#include "note-writer.h"
#include "pack.h"
#include "reloc.h"
#include "site.h"

/* Symbols that pack puts into the patch. */
#define SUTURE_ENTRY_PREFIX	"suture.entry."		/* + index: stub of a function */
#define SUTURE_SITE_PREFIX	"suture.site."		/* + index: stub of a call site */

/* A function that is replaced. */
struct suture_replaced {
	const struct suture_meta *meta;
	uint32_t object;		/* index of its target */
	uint64_t addr;
	struct suture_entry entry;
	struct suture_piece *pieces;
	size_t nr_pieces;
	bool stub;			/* is entered through one */
	uint64_t save;			/* registers that the stub keeps */
};

/* A call that is led elsewhere. */
struct suture_replaced_call {
	const struct suture_meta *meta;
	uint32_t object;
	struct suture_site_info info;
	bool stub;
	uint64_t save;
};

struct suture_packer {
	const struct suture_pack_options *opt;
	char name[SUTURE_NAME_MAX];
	struct suture_target *objects[SUTURE_MAX_OBJECTS];	/* targets, then needed ones */
	size_t nr_objects, nr_targets;
	struct suture_objects objs;
	struct suture_scope scope;	/* the same, for who looks for names */
	struct suture_bindings bindings;
	struct suture_replaced *funcs;
	size_t nr_funcs;
	struct suture_replaced_call *sites;
	size_t nr_sites;
	/* what the record of each of objs.metas points to, by suture_meta.record: of a
	 * function the bytes from suture.text, of a state's slot the address */
	uint64_t *fns;
	bool hooks;			/* there are some, and so are their entries */
	struct suture_link link;
};

/* suture_pack_find_functions - what the metadata ask to replace, looked up and checked */
int suture_pack_find_functions(struct suture_packer *p, struct suture_error *err);

/* suture_pack_find_sites - the same for calls; after the functions */
int suture_pack_find_sites(struct suture_packer *p, struct suture_error *err);

/* suture_pack_check_targets - something is replaced, and in every target */
int suture_pack_check_targets(struct suture_packer *p, struct suture_error *err);

/* suture_pack_by_name - the target's function that a record names */
int suture_pack_by_name(struct suture_packer *p, const struct suture_meta *m,
			uint32_t *ret_object, uint64_t *ret_addr, uint64_t *ret_size,
			struct suture_error *err);

/* suture_pack_original - SUTURE_ORIGINAL, see struct suture_scope */
int suture_pack_original(void *ctx, const char *name, FILE *stubs,
			 int (*word)(void *word_ctx, uint32_t object, const char *name,
				     uint64_t addr, struct suture_error *err),
			 void *word_ctx, struct suture_error *err);

/*
 * suture_pack_read_fns - where the patch's functions and slots are, from the metadata
 * that the linker filled in
 * @first: the first link; in later ones the functions must not have moved
 */
int suture_pack_read_fns(struct suture_packer *p, const struct suture_target *patch, bool first,
			 struct suture_error *err);

/* suture_pack_compare - may old callers call the new functions; which need a stub */
int suture_pack_compare(struct suture_packer *p, struct suture_target *patch,
			struct suture_error *err);

/* suture_pack_stubs - the assembly of those stubs, and of the hooks' entries */
int suture_pack_stubs(struct suture_packer *p, FILE *out, struct suture_error *err);

/*
 * suture_pack_note - the note for the patch as it was linked last
 * @stubs: with those of suture_pack_stubs(), or still without: the size is the same
 */
int suture_pack_note(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		     uint8_t **ret_desc, size_t *ret_len, struct suture_error *err);

/* suture_pack_texts - name, version and so on into the note; sets the flags */
int suture_pack_texts(struct suture_packer *p, struct suture_note_writer *w,
		      struct suture_error *err);

/* suture_pack_life - hooks, states and replaced patches into the note */
int suture_pack_life(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		     struct suture_note_writer *w, struct suture_error *err);

/* suture_pack_is_hook - the record is one of SUTURE_PRE_PATCH and so on */
bool suture_pack_is_hook(const struct suture_meta *m);

/* suture_pack_is_name - these @len bytes can be a patch's name */
bool suture_pack_is_name(const char *name, size_t len);

/* suture_pack_symbol - address of a symbol that pack itself put into the patch */
int suture_pack_symbol(const struct suture_target *patch, const char *name, uint64_t *ret,
		       struct suture_error *err);

/* suture_pack_warn - tell the caller, if it wants to hear */
void suture_pack_warn(struct suture_packer *p, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "FILE:LINE", as arguments for a format */
#define META_AT	"%s:%u"
#define META_ARGS(meta)	(meta)->file, (meta)->line

#endif /* SUTURE_PACK_INT_H */
