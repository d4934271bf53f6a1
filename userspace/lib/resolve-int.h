/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of suture_resolve() share. */
#ifndef SUTURE_RESOLVE_INT_H
#define SUTURE_RESOLVE_INT_H

#include "resolve.h"

struct suture_resolver {
	const struct suture_scope *scope;
	const struct suture_arch *arch;
	struct suture_bindings *out;
	FILE *stubs;
	bool tls_get_addr;		/* SUTURE_TLS_GET_ADDR is there */
};

/* suture_resolve_bind - once a name; the first one holds */
int suture_resolve_bind(struct suture_resolver *r, const char *name, uint32_t object,
			uint64_t addr, bool tls, struct suture_error *err);

/* suture_resolve_text - @name becomes that function, or a stub that goes there */
int suture_resolve_text(struct suture_resolver *r, const char *name, uint32_t object,
			uint64_t addr, struct suture_error *err);

/*
 * suture_resolve_import - a function, through the PLT or GOT of who imports it
 * @name:  as it is imported
 * @stub:  what becomes bound to it
 * @first, @end: which objects are asked, in this order
 * @own:   index of an object that defines it, and may be there where the others are
 *         not, or -1; @addr is its address there
 * Returns 1 when it is bound, 0 when nobody imports it, or a negative errno.
 */
int suture_resolve_import(struct suture_resolver *r, const char *name, const char *stub,
			  size_t first, size_t end, int own, uint64_t addr,
			  struct suture_error *err);

/* suture_resolve_is_function - the symbol is a function, of any kind */
bool suture_resolve_is_function(const struct suture_target *object,
				const struct suture_symbol *s);

/* suture_resolve_refuse - -ENOENT of one symbol: the others are still looked at */
int suture_resolve_refuse(const struct suture_resolver *r, const struct suture_undef *u,
			  struct suture_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* suture_resolve_plain - what is neither a thread-local nor a slot */
int suture_resolve_plain(struct suture_resolver *r, const struct suture_undef *u,
			 struct suture_error *err);

#endif /* SUTURE_RESOLVE_INT_H */
