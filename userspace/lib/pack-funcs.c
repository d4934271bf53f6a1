// SPDX-License-Identifier: GPL-2.0-only
/* Which functions are replaced, and may they be. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "pack-int.h"

/* 16 definitions of one name are more than enough to be listed. */
#define MAX_SAME	16

static int not_found(const struct suture_target *target, const struct suture_meta *m,
		     struct suture_error *err)
{
	const struct suture_symbol *s;
	char list[4096];
	size_t nr;

	nr = suture_clones(target, m->name, list, sizeof(list));
	if (nr)
		return suture_error_set(err, -ENOENT,
			META_AT ": `%s' exists in %s only as %s that gcc made, whose arguments and extent can differ:\n%s\nReplace each that is affected by its own name with SUTURE_REPLACE_NAMED, or replace its callers",
			META_ARGS(m), m->name, target->elf->path, nr > 1 ? "copies" : "a copy", list);
	s = suture_symbols_find(&target->symbols, m->name, &nr);
	if (nr && s->dynamic)
		return suture_error_set(err, -ENOENT,
			META_AT ": `%s' is not defined in %s, which imports it; make the patch for the library that has it",
			META_ARGS(m), m->name, target->elf->path);
	if (!suture_elf_section((target->debug ?: target->elf), ".symtab", NULL))
		return suture_error_set(err, -ENOENT,
			META_AT ": `%s' is not a function that %s exports, and the file is stripped; give its debug file (DEBUG, --debug), or the address with SUTURE_REPLACE_AT",
			META_ARGS(m), m->name, target->elf->path);
	return suture_error_set(err, -ENOENT,
		META_AT ": there is no function `%s' in %s; it may have been inlined into its callers: replace those",
		META_ARGS(m), m->name, target->elf->path);
}

/* The target that a macro means: the one that it names, or that has the function. */
static int choose_target(struct suture_packer *p, const struct suture_meta *m, int *ret_object,
			 struct suture_error *err)
{
	const struct suture_symbol *s;
	char targets[2048];
	int ret = suture_scope_object(&p->scope, m, ret_object, err);

	if (ret)
		return ret;
	if (*ret_object >= (int)p->nr_targets)
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': %s is a needed object, where nothing can be replaced; make it a target (TARGET, --target)",
			META_ARGS(m), m->name, p->objects[*ret_object]->elf->path);
	for (int i = 0; !*m->object && p->nr_targets > 1 && i < (int)p->nr_targets; i++) {
		const struct suture_target *t = p->objects[i];

		if (!suture_lookup(t, m->name, &s, 1))
			continue;
		if (*ret_object >= 0)
			return suture_error_set(err, -ENOTUNIQ,
				META_AT ": both %s and %s have a function `%s'. Say which is meant: %s(\"%s\", %s, …)",
				META_ARGS(m), p->objects[*ret_object]->elf->path, t->elf->path,
				m->name, m->kind == SUTURE_META_REPLACE_ ? "SUTURE_REPLACE_IN"
									 : "SUTURE_REPLACE_CALL_IN",
				t->soname ?: suture_target_file_name(t), m->name);
		*ret_object = i;
	}
	if (*ret_object >= 0)
		return 0;
	for (size_t i = 0; i < p->nr_targets; i++) {
		char list[8];

		if (suture_clones(p->objects[i], m->name, list, sizeof(list)))
			return not_found(p->objects[i], m, err);
	}
	return suture_error_set(err, -ENOENT,
		META_AT ": there is no function `%s' in %s; it may have been inlined into its callers, or a file is stripped: then give its debug file (DEBUG, --debug)",
		META_ARGS(m), m->name, suture_scope_targets(&p->scope, targets, sizeof(targets)));
}

int suture_pack_by_name(struct suture_packer *p, const struct suture_meta *m,
			uint32_t *ret_object, uint64_t *ret_addr, uint64_t *ret_size,
			struct suture_error *err)
{
	const struct suture_symbol *syms[MAX_SAME], *s;
	const struct suture_target *target;
	const struct suture_fde *fde;
	char list[4096];
	int object;
	size_t nr;
	int ret = choose_target(p, m, &object, err);

	if (ret)
		return ret;
	*ret_object = object;
	target = p->objects[object];
	nr = suture_lookup(target, m->name, syms, MAX_SAME);
	if (!nr)
		return not_found(target, m, err);
	if (nr > 1) {
		suture_describe(syms, nr < MAX_SAME ? nr : MAX_SAME, list, sizeof(list));
		return suture_error_set(err, -ENOTUNIQ,
			META_AT ": %s has %zu functions `%s':\n%s\nSay which one with %s",
			META_ARGS(m), target->elf->path, nr, m->name, list,
			m->kind == SUTURE_META_REPLACE_ ? "SUTURE_REPLACE_AT" : "SUTURE_SYMBOL_AT");
	}
	s = syms[0];
	if (s->type == STT_GNU_IFUNC)
		return suture_error_set(err, -EOPNOTSUPP,
			META_AT ": `%s' is an ifunc: the symbol is the function that chooses. Replace the ones that it chooses from",
			META_ARGS(m), m->name);
	if ((s->type != STT_FUNC && s->type != STT_NOTYPE) ||
	    !suture_elf_bytes(target->elf, s->value, 1, PF_X))
		return suture_error_set(err, -EINVAL, META_AT ": `%s' is not a function in %s",
					META_ARGS(m), m->name, target->elf->path);
	if (m->kind == SUTURE_META_REPLACE_ && suture_clones(target, m->name, list, sizeof(list)))
		suture_pack_warn(p, META_AT ": gcc made copies of `%s', which are called in its place and are not replaced:\n%s",
				 META_ARGS(m), m->name, list);
	fde = suture_fde_at(target->fdes, target->nr_fdes, s->value);
	*ret_addr = s->value;
	*ret_size = s->size ?: (fde ? fde->size : 0);
	return 0;
}

static int by_address(struct suture_packer *p, const struct suture_meta *m, uint32_t *ret_object,
		      uint64_t *ret_addr, uint64_t *ret_size, struct suture_error *err)
{
	const struct suture_target *target;
	const struct suture_fde *fde;
	const uint8_t *bytes;
	int object, ret = suture_scope_object(&p->scope, m, &object, err);

	if (ret)
		return ret;
	if (object < 0 || object >= (int)p->nr_targets)
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': in which of the targets? Say so with SUTURE_REPLACE_AT_IN(\"FILE\", \"%s\", …)",
			META_ARGS(m), m->name, m->name);
	*ret_object = object;
	target = p->objects[object];
	bytes = suture_elf_bytes(target->elf, m->addr, m->nr_bytes, PF_X);
	fde = suture_fde_at(target->fdes, target->nr_fdes, m->addr);
	if (!m->nr_bytes)
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': SUTURE_REPLACE_AT needs the bytes that are expected at 0x%" PRIx64,
			META_ARGS(m), m->name, m->addr);
	if (!bytes)
		return suture_error_set(err, -EINVAL, META_AT ": `%s': %s has no text at 0x%" PRIx64,
					META_ARGS(m), m->name, target->elf->path, m->addr);
	if (memcmp(bytes, m->bytes, m->nr_bytes)) {
		char want[3 * 32 + 1] = "", have[3 * 32 + 1] = "";

		for (size_t i = 0; i < m->nr_bytes && i < 32; i++) {
			sprintf(want + 3 * i, " %02x", m->bytes[i]);
			sprintf(have + 3 * i, " %02x", bytes[i]);
		}
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': at 0x%" PRIx64 " %s has\n %s, expected are\n %s; is it the build that the patch is for?",
			META_ARGS(m), m->name, m->addr, target->elf->path, have, want);
	}
	for (size_t i = 0; !fde && i < target->nr_fdes; i++) {
		const struct suture_fde *f = &target->fdes[i];

		if (m->addr > f->addr && m->addr - f->addr < f->size)
			return suture_error_set(err, -EINVAL,
				META_AT ": `%s': 0x%" PRIx64 " is %" PRIu64 " bytes inside the function at 0x%" PRIx64,
				META_ARGS(m), m->name, m->addr, m->addr - f->addr, f->addr);
	}
	if (!m->old_size && !fde)
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': the unwind table of %s knows no function at 0x%" PRIx64 "; tell its size",
			META_ARGS(m), m->name, target->elf->path, m->addr);
	if (m->old_size && fde && m->old_size != fde->size)
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': told to have %" PRIu64 " bytes, but the unwind table says %" PRIu64,
			META_ARGS(m), m->name, m->old_size, fde->size);
	*ret_addr = m->addr;
	*ret_size = m->old_size ?: fde->size;
	return 0;
}

/* Two that would be written over one another. */
static int check_apart(struct suture_packer *p, const struct suture_replaced *f,
		       struct suture_error *err)
{
	for (size_t i = 0; i < p->nr_funcs; i++) {
		const struct suture_replaced *g = &p->funcs[i];

		if (g->object == f->object && g->addr == f->addr)
			return suture_error_set(err, -EEXIST,
				META_AT ": `%s' (0x%" PRIx64 ") is replaced already, by " META_AT,
				META_ARGS(f->meta), f->meta->name, f->addr, META_ARGS(g->meta));
	}
	return 0;
}

static int add_function(struct suture_packer *p, size_t record, struct suture_error *err)
{
	const struct suture_meta *m = &p->objs.metas[record];
	struct suture_replaced *f = &p->funcs[p->nr_funcs];
	struct suture_code *code;
	uint64_t size = 0;
	int ret;

	*f = (struct suture_replaced) { .meta = m };
	if (m->kind == SUTURE_META_REPLACE_)
		ret = suture_pack_by_name(p, m, &f->object, &f->addr, &size, err);
	else
		ret = by_address(p, m, &f->object, &f->addr, &size, err);
	if (!ret)
		ret = check_apart(p, f, err);
	if (!ret)
		ret = suture_target_code(p->objects[f->object], &code, err);
	if (ret)
		return ret;
	ret = suture_insn_check_entry(code, f->addr, size, &f->entry, err);
	if (!ret)
		ret = suture_insn_cold_ranges(code, f->addr, f->entry.size, &f->pieces,
					      &f->nr_pieces, err);
	if (ret)
		return suture_error_prefix(err, META_AT ": `%s' cannot be replaced", META_ARGS(m),
					   m->name) ?: ret;
	p->nr_funcs++;
	return 0;
}

int suture_pack_find_functions(struct suture_packer *p, struct suture_error *err)
{
	p->funcs = calloc(p->objs.nr_metas + 1, sizeof(*p->funcs));
	if (!p->funcs)
		return suture_error_nomem(err);
	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		unsigned int kind = p->objs.metas[i].kind;
		int ret;

		if (kind != SUTURE_META_REPLACE_ && kind != SUTURE_META_REPLACE_AT_)
			continue;
		ret = add_function(p, i, err);
		if (ret)
			return ret;
	}
	if (p->nr_funcs > SUTURE_MAX_FUNCS)
		return suture_error_set(err, -E2BIG, "%zu functions are replaced; %d are possible",
					p->nr_funcs, SUTURE_MAX_FUNCS);
	return 0;
}

/* Everything that is given as a target is one. */
int suture_pack_check_targets(struct suture_packer *p, struct suture_error *err)
{
	if (!p->nr_funcs && !p->nr_sites)
		return suture_error_set(err, -EINVAL,
			"the objects replace nothing: there is no SUTURE_REPLACE in them");
	for (size_t i = 0; i < p->nr_targets; i++) {
		bool used = false;

		for (size_t j = 0; j < p->nr_funcs && !used; j++)
			used = p->funcs[j].object == i;
		for (size_t j = 0; j < p->nr_sites && !used; j++)
			used = p->sites[j].object == i;
		if (!used)
			return suture_error_set(err, -EINVAL,
				"%s is a target, but nothing is replaced in it; where it is only used, make it a needed object (NEEDED, --needed)",
				p->objects[i]->elf->path);
	}
	return 0;
}
