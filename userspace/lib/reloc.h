/* SPDX-License-Identifier: GPL-2.0-only */
/* The dynamic relocations of a linked patch, reduced to the one form of the note. */
#ifndef SUTURE_RELOC_H
#define SUTURE_RELOC_H

#include "resolve.h"

/*
 * suture_relocs_make - what each word of the patch becomes
 * @patch:      the linked patch
 * @bindings:   where the symbols are that it does not define
 * @ret_relocs: out, to be freed; sorted by offset
 * Returns 0 or -EOPNOTSUPP for a kind that a patch cannot have, by name.
 */
int suture_relocs_make(const struct suture_target *patch, const struct suture_bindings *bindings,
		       struct suture_reloc **ret_relocs, size_t *ret_nr,
		       struct suture_error *err);

#endif /* SUTURE_RELOC_H */
