// SPDX-License-Identifier: GPL-2.0-only
/* The dynamic relocations of a linked patch, reduced to the one form of the note. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "reloc.h"

/* Base of which object, plus what? 0: as told; 1: the word stays as it is. */
static int reduce(const struct suture_target *patch, const struct suture_bindings *bindings,
		  const struct suture_rel *rel, struct suture_reloc *out,
		  struct suture_error *err)
{
	const char *name = rel->name ?: "";
	const struct suture_binding *b = rel->name ? suture_bindings_find(bindings, name) : NULL;
	const char *kind = patch->arch->reloc_name(rel->type);
	const struct suture_symbol *sym;
	char stub[2048];

	out->object = SUTURE_SELF;
	out->addend = rel->addend;
	switch (rel->kind) {
	case SUTURE_DYN_NONE:
		return 1;
	case SUTURE_DYN_RELATIVE:
		return 0;
	case SUTURE_DYN_ABS64:
	case SUTURE_DYN_GLOB_DAT:
	case SUTURE_DYN_JUMP_SLOT:
		if (rel->name && rel->sym.st_shndx != SHN_UNDEF) {
			out->addend += rel->sym.st_value;
			return 0;
		}
		if (!strcmp(name, "__tls_get_addr") &&
		    suture_lookup(patch, SUTURE_TLS_ENTRY, &sym, 1) == 1) {
			out->addend += sym->value;
			return 0;
		}
		if (b && !b->tls) {
			out->object = b->object;
			out->addend += b->addr;
			return 0;
		}
		if (rel->name && !b && GELF_ST_BIND(rel->sym.st_info) == STB_WEAK)
			return 1;
		return suture_error_set(err, -EINVAL, "the linked patch refers to `%s' (%s), which is not known",
					name, kind);
	case SUTURE_DYN_DTPMOD:
		if (!b || !b->tls)
			break;
		if (b->object == SUTURE_SELF)
			return 1;	/* the stub needs no slot */
		out->object = b->object;
		out->addend = b->addr;
		return 0;
	case SUTURE_DYN_DTPOFF:
		snprintf(stub, sizeof(stub), SUTURE_TLS_PREFIX "%s", name);
		if (!b || !b->tls || suture_lookup(patch, stub, &sym, 1) != 1)
			break;
		out->addend = sym->value;
		return 0;
	default:
		break;
	}
	return suture_error_set(err, -EOPNOTSUPP,
		"the linked patch has a relocation %s%s%s at 0x%" PRIx64 " that a patch cannot have (type %u); see docs/patch-authors.md for what can be used",
		kind ?: "of an unknown kind", *name ? " of " : "", name, rel->offset, rel->type);
}

int suture_relocs_make(const struct suture_target *patch, const struct suture_bindings *bindings,
		       struct suture_reloc **ret_relocs, size_t *ret_nr,
		       struct suture_error *err)
{
	struct suture_reloc *relocs = calloc(patch->nr_rels + 1, sizeof(*relocs));
	size_t nr = 0;

	if (!relocs)
		return suture_error_nomem(err);
	for (size_t i = 0; i < patch->nr_rels; i++) {
		const struct suture_rel *rel = &patch->rels[i];
		int ret = reduce(patch, bindings, rel, &relocs[nr], err);

		if (ret > 0)
			continue;
		if (!ret && rel->offset % 8)
			ret = suture_error_set(err, -EOPNOTSUPP,
				"a word that refers to `%s' is at 0x%" PRIx64 ", which is not a multiple of 8; do not use packed structures for addresses",
				rel->name ?: "the patch itself", rel->offset);
		if (ret) {
			free(relocs);
			return ret;
		}
		relocs[nr++].offset = rel->offset;
	}
	if (nr > SUTURE_MAX_RELOCS) {
		free(relocs);
		return suture_error_set(err, -E2BIG,
			"the patch has %zu words that refer to something; %d are possible", nr,
			SUTURE_MAX_RELOCS);
	}
	*ret_relocs = relocs;
	*ret_nr = nr;
	return 0;
}
