/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where each symbol that a patch uses and does not define is found when the
 * patch runs. Nothing of the target's GOT is read when a process is patched,
 * since a new process is patched before ld.so has filled it: a word of the
 * patch gets an address that is known from the file, and what has to be read
 * is read by a stub when it is called.
 */
#ifndef SUTURE_RESOLVE_H
#define SUTURE_RESOLVE_H

#include "object.h"
#include "target.h"

/* The address that words of the patch get which refer to @name. */
struct suture_binding {
	char *name;
	uint32_t object;	/* 0: the target, then the needed objects; SUTURE_SELF: none */
	uint64_t addr;		/* in that object */
	bool tls;		/* a thread-local: addr is for its stub, see SUTURE_TLS_PREFIX */
};

struct suture_bindings {
	struct suture_binding *all;	/* sorted by name */
	size_t nr;
	char *stubs;		/* assembly text of import and TLS stubs */
	bool helpers;		/* memcpy, memmove, memset or memcmp is to be linked */
};

/*
 * suture_resolve - bind every undefined symbol of the author's objects
 * @objects: [0] is the target, the others are needed objects
 * @out:     out, freed with suture_bindings_free(), also after an error
 * The error names all symbols that nobody provides, where they are used first,
 * and what to do.
 */
int suture_resolve(const struct suture_objects *objs, struct suture_target *const *objects,
		   size_t nr_objects, struct suture_bindings *out, struct suture_error *err);
void suture_bindings_free(struct suture_bindings *out);

/* suture_bindings_find - by name, or NULL */
const struct suture_binding *suture_bindings_find(const struct suture_bindings *bindings,
						  const char *name);

/*
 * suture_lookup - the definitions of @name in @target, one an address
 * @ret: room for @room of them; symbols of an old version are left out if there
 *       is a newer one
 * Returns how many there are.
 */
size_t suture_lookup(const struct suture_target *target, const char *name,
		     const struct suture_symbol **ret, size_t room);

/* suture_describe - one line for each definition, "  0xADDR, SIZE bytes (FILE)" */
void suture_describe(const struct suture_symbol *const *syms, size_t nr, char *buf, size_t size);

/* suture_clones - the names of copies of @name that gcc made, one a line; their number */
size_t suture_clones(const struct suture_target *target, const char *name, char *buf,
		     size_t size);

#endif /* SUTURE_RESOLVE_H */
