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
	uint32_t object;	/* index of the object that addr is in; SUTURE_SELF: none */
	uint64_t addr;		/* in that object */
	bool tls;		/* a thread-local: addr is for its stub, see SUTURE_TLS_PREFIX */
};

struct suture_bindings {
	struct suture_binding *all;	/* sorted by name */
	size_t nr;
	char *stubs;		/* assembly text of import and TLS stubs */
	bool helpers;		/* memcpy, memmove, memset or memcmp is to be linked */
};

/* Where a patch's names are looked for. */
struct suture_scope {
	const struct suture_objects *objs;	/* with what the macros said */
	struct suture_target *const *objects;	/* the targets, then the needed ones */
	size_t nr_objects, nr_targets;
	bool any_target;	/* a target may not be there when the patch runs */
	/* writes the function SUTURE_ORIGINAL_PREFIX @name to @stubs; words that it
	 * refers to are bound by @word(@word_ctx, …); -ENOENT: nothing of this name is
	 * replaced */
	int (*original)(void *ctx, const char *name, FILE *stubs,
			int (*word)(void *word_ctx, uint32_t object, const char *name,
				    uint64_t addr, struct suture_error *err),
			void *word_ctx, struct suture_error *err);
	void *ctx;
};

/*
 * suture_resolve - bind every undefined symbol of the author's objects
 * @out: freed with suture_bindings_free(), also after an error
 * The error names all symbols that nobody provides, where they are used first,
 * and what to do.
 */
int suture_resolve(const struct suture_scope *scope, struct suture_bindings *out,
		   struct suture_error *err);
void suture_bindings_free(struct suture_bindings *out);

/* suture_bindings_find - by name, or NULL */
const struct suture_binding *suture_bindings_find(const struct suture_bindings *bindings,
						  const char *name);

/*
 * suture_scope_object - the object that a macro names, by soname or file name
 * @m: of that macro; where it names none, the only target, or *@ret is -1
 * -ENOENT: there is no such object.
 */
int suture_scope_object(const struct suture_scope *scope, const struct suture_meta *m, int *ret,
			struct suture_error *err);

/*
 * suture_scope_told - what SUTURE_SYMBOL_AT tells of @name
 * @tls: it is a thread-local: the address is no address
 * Returns 1 when it is told, 0 when not, or a negative errno.
 */
int suture_scope_told(const struct suture_scope *scope, const char *name, bool tls,
		      uint32_t *ret_object, uint64_t *ret_addr, struct suture_error *err);

/* suture_scope_targets - the paths of all targets, for people; returns @buf */
const char *suture_scope_targets(const struct suture_scope *scope, char *buf, size_t size);

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
