// SPDX-License-Identifier: GPL-2.0-only
/*
 * The thread-locals of a target. A variable that others may take the place of,
 * or that another object has, is found through the slot that carries its name.
 * One that is surely the target's own is found through any slot that speaks of
 * the target's own block: their distance in the block is known.
 */
#include <string.h>

#include "resolve.h"
#include "tls.h"

static enum suture_tls_kind kind_of(const struct suture_rel *rel)
{
	switch (rel->kind) {
	case SUTURE_DYN_DTPMOD:
		return SUTURE_TLS_PAIR;
	case SUTURE_DYN_TPOFF:
		return SUTURE_TLS_OFFSET;
	case SUTURE_DYN_TLSDESC:
		return SUTURE_TLS_DESC;
	default:
		return 0;
	}
}

/* What the offset in the own block is that a slot without symbol leads to. */
static bool own_offset(const struct suture_target *target, const struct suture_rel *rel,
		       uint64_t *ret)
{
	const struct suture_rel *second;

	if (rel->kind != SUTURE_DYN_DTPMOD) {
		*ret = rel->addend;
		return true;
	}
	second = suture_target_rel_at(target, rel->offset + 8);
	if (!second)
		return suture_elf_word(target->elf, rel->offset + 8, ret);
	*ret = second->sym.st_value + second->addend;
	return second->kind == SUTURE_DYN_DTPOFF && !second->name;
}

int suture_tls_find(const struct suture_target *target, const char *name, const uint64_t *told,
		    struct suture_tls *ret, struct suture_error *err)
{
	const struct suture_symbol *syms[2];
	uint64_t value = told ? *told : 0, other;
	bool known = told;
	size_t nr;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; !told && i < target->nr_rels; i++) {
		const struct suture_rel *rel = &target->rels[i];

		if (!kind_of(rel) || !rel->name || strcmp(rel->name, name))
			continue;
		/* TPOFF and TLSDESC carry an offset beside the symbol; a pair's is 0 */
		ret->kind = kind_of(rel);
		ret->slot = rel->offset;
		ret->delta = -rel->addend;
		return 0;
	}
	nr = told ? 0 : suture_lookup(target, name, syms, 2);
	if (nr > 1)
		return suture_error_set(err, -ENOENT,
			"%s has more than one thread-local of this name; tell its offset in the TLS segment with SUTURE_SYMBOL_AT",
			target->elf->path);
	if (nr == 1 && syms[0]->type != STT_TLS)
		return suture_error_set(err, -ENOENT, "is not a thread-local in %s",
					target->elf->path);
	if (nr == 1) {
		value = syms[0]->value;
		known = true;
	}
	if (!known)
		return suture_error_set(err, -ENOENT,
			"%s has no thread-local of this name, and imports none", target->elf->path);
	if (value >= target->tls.p_memsz)
		return suture_error_set(err, -ENOENT, "lies outside of the TLS segment of %s",
					target->elf->path);
	if (target->executable) {
		ret->kind = SUTURE_TLS_CONSTANT;
		ret->delta = target->arch->tls_constant(value, target->tls.p_memsz,
							target->tls.p_align);
		return 0;
	}
	for (size_t i = 0; i < target->nr_rels; i++) {
		const struct suture_rel *rel = &target->rels[i];

		if (!kind_of(rel) || rel->name || !own_offset(target, rel, &other))
			continue;
		ret->kind = kind_of(rel);
		ret->slot = rel->offset;
		ret->delta = (int64_t)(value - other);
		return 0;
	}
	return suture_error_set(err, -ENOENT,
		"%s has no GOT slot that leads to its thread-locals", target->elf->path);
}
