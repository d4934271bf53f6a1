// SPDX-License-Identifier: GPL-2.0-only
/* Where the symbols, strings and tables are that a query names. */
#include <stdlib.h>
#include <string.h>

#include "seek-int.h"

#define STRINGS_MAX	65536	/* places of one string: more say nothing */

static int u64_cmp(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

int suture_seek_places_sort(struct suture_places *places, struct suture_error *err)
{
	size_t n = 0;

	if (places->nomem)
		return suture_error_nomem(err);
	if (places->nr)
		qsort(places->v, places->nr, sizeof(*places->v), u64_cmp);
	for (size_t i = 0; i < places->nr; i++)
		if (!n || places->v[n - 1] != places->v[i])
			places->v[n++] = places->v[i];
	places->nr = n;
	return 0;
}

bool suture_seek_places_has(const struct suture_places *places, uint64_t addr)
{
	return places->nr && bsearch(&addr, places->v, places->nr, sizeof(addr), u64_cmp);
}

int suture_seek_what(const struct suture_seeker *f, const struct suture_seek_cond *cond,
		     struct suture_seek_what *ret, struct suture_error *err)
{
	const struct suture_target *t = f->target;
	const struct suture_symbol *sym;
	size_t nr;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (!cond->what)
		suture_places_add(&ret->to, f->results[cond->ref].addr);
	for (size_t i = 0; cond->what && i < t->nr_plts; i++)
		if (!strcmp(t->plts[i].name, cond->what))
			suture_places_add(&ret->to, t->plts[i].addr);
	for (size_t i = 0; cond->what && i < t->nr_rels; i++) {
		const struct suture_rel *rel = &t->rels[i];

		if ((rel->kind == SUTURE_DYN_JUMP_SLOT || rel->kind == SUTURE_DYN_GLOB_DAT) &&
		    rel->name && !rel->addend && !strcmp(rel->name, cond->what))
			suture_places_add(&ret->slots, rel->offset);
	}
	sym = cond->what ? suture_symbols_find(&t->symbols, cond->what, &nr) : NULL;
	for (size_t i = 0; sym && i < nr; i++)
		if (sym[i].defined && (sym[i].type == STT_FUNC || sym[i].type == STT_GNU_IFUNC))
			suture_places_add(&ret->to, sym[i].value);
	if (!ret->to.nr && !ret->slots.nr && !ret->to.nomem && !ret->slots.nomem)
		return suture_error_set(err, -ESRCH, "line %u, %s: %s has no function `%s', and imports none",
					cond->line, cond->text, t->elf->path, cond->what);
	r = suture_seek_places_sort(&ret->to, err) ?: suture_seek_places_sort(&ret->slots, err);
	if (r)
		suture_seek_what_free(ret);
	return r;
}

void suture_seek_what_free(struct suture_seek_what *what)
{
	free(what->to.v);
	free(what->slots.v);
	memset(what, 0, sizeof(*what));
}

/* The linker lets a string be the end of a longer one: what is in front does not count. */
int suture_seek_string(const struct suture_seeker *f, const char *text, struct suture_places *ret,
		       struct suture_error *err)
{
	size_t len = strlen(text) + 1;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < f->code->text.nr_data; i++) {
		const struct suture_span *span = &f->code->text.data[i];
		const uint8_t *p = span->bytes, *end = p + span->size;

		while (ret->nr <= STRINGS_MAX && (p = memmem(p, end - p, text, len))) {
			suture_places_add(ret, span->addr + (p - span->bytes));
			p++;
		}
	}
	if (ret->nr > STRINGS_MAX) {
		free(ret->v);
		return suture_error_set(err, -E2BIG, "\"%s\" is at more than %d places", text,
					STRINGS_MAX);
	}
	return suture_seek_places_sort(ret, err);
}

/* The address that the dynamic linker puts into the word at @addr, in the object itself. */
static bool pointer_at(const struct suture_seeker *f, uint64_t addr, uint64_t *ret)
{
	const struct suture_rel *rel = suture_target_rel_at(f->target, addr);

	if (!rel)
		return false;
	if (rel->kind == SUTURE_DYN_RELATIVE)
		*ret = rel->addend;
	else if (rel->kind == SUTURE_DYN_ABS64 && rel->name && rel->sym.st_shndx != SHN_UNDEF)
		*ret = rel->sym.st_value + rel->addend;
	else
		return false;
	return true;
}

int suture_seek_table(const struct suture_seeker *f, const char *text, uint64_t offset,
		      struct suture_places *ret, struct suture_error *err)
{
	const struct suture_target *t = f->target;
	struct suture_places strings;
	uint64_t addr;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = suture_seek_string(f, text, &strings, err);
	if (r)
		return r;
	for (size_t i = 0; i < t->nr_rels; i++)
		if (pointer_at(f, t->rels[i].offset, &addr) &&
		    suture_seek_places_has(&strings, addr) &&
		    pointer_at(f, t->rels[i].offset + offset, &addr))
			suture_places_add(ret, addr);
	free(strings.v);
	return suture_seek_places_sort(ret, err);
}
