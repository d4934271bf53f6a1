/* SPDX-License-Identifier: GPL-2.0-only */
/* All symbols of an object: .symtab, .dynsym, and those of a separate debug file. */
#ifndef SUTURE_SYMBOLS_H
#define SUTURE_SYMBOLS_H

#include "elf-file.h"

struct suture_symbol {
	const char *name;	/* without @VERSION */
	uint64_t value;		/* address; of a thread-local: offset in the TLS segment */
	uint64_t size;		/* bytes, 0: not told */
	const char *file;	/* source file of a local symbol, or NULL */
	uint8_t type, bind;	/* STT_*, STB_* */
	bool defined;
	bool dynamic;		/* from .dynsym */
	bool old_version;	/* NAME@VERSION, of which there is a NAME@@OTHER */
};

/* Sorted by name, then address. */
struct suture_symbols {
	struct suture_symbol *syms;
	size_t nr;
	char **names;		/* that had to be copied */
	size_t nr_names;
};

/*
 * suture_symbols_read - add the symbols of @elf
 * @elf must outlive them. Call suture_symbols_sort() after the last.
 */
int suture_symbols_read(struct suture_symbols *tab, const struct suture_elf *elf,
			struct suture_error *err);
void suture_symbols_sort(struct suture_symbols *tab);
void suture_symbols_free(struct suture_symbols *tab);

/* suture_symbols_find - all that are called @name: sets *@ret_nr, returns the first */
const struct suture_symbol *suture_symbols_find(const struct suture_symbols *tab,
						const char *name, size_t *ret_nr);

/* suture_symbols_prefix - the same for all whose name begins with @prefix */
const struct suture_symbol *suture_symbols_prefix(const struct suture_symbols *tab,
						  const char *prefix, size_t *ret_nr);

/*
 * suture_symbol_is_clone - is @name @base with suffixes that gcc gives to copies
 * (.constprop.0, .isra.0, .part.0, .lto_priv.0, .cold …)?
 */
bool suture_symbol_is_clone(const char *name, const char *base);

#endif /* SUTURE_SYMBOLS_H */
