// SPDX-License-Identifier: GPL-2.0-only
/* The view of an object's text that insn.h works on. */
#include <stdlib.h>
#include <string.h>

#include "target.h"

/* Something with a name, for disassembly. */
struct suture_named {
	uint64_t addr, size;
	const char *name;
};

static int compare_spans(const void *va, const void *vb)
{
	const struct suture_span *a = va, *b = vb;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

static int compare_extents(const void *va, const void *vb)
{
	const struct suture_extent *a = va, *b = vb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (b->flags & SUTURE_EXTENT_FDE) - (a->flags & SUTURE_EXTENT_FDE);
}

static int compare_named(const void *va, const void *vb)
{
	const struct suture_named *a = va, *b = vb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->size != b->size)
		return a->size > b->size ? -1 : 1;
	return strcmp(a->name, b->name);
}

static const char *name_at(void *ctx, uint64_t addr, uint64_t *ret_offset)
{
	const struct suture_target *target = ctx;
	const struct suture_named *best = NULL;
	size_t lo = 0, hi = target->nr_named;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (target->named[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* the largest of those that begin where the last one does */
	while (lo > 0 && (!best || target->named[lo - 1].addr == best->addr))
		best = &target->named[--lo];
	if (!best || (best->addr != addr && addr - best->addr >= best->size))
		return NULL;
	*ret_offset = addr - best->addr;
	return best->name;
}

/* Executable sections first; returns how many they are. */
static size_t fill_spans(struct suture_target *target, size_t *ret_data)
{
	struct suture_elf *elf = target->elf;
	size_t nr[2] = { 0, 0 }, base[2] = { 0, 0 };

	for (int pass = 0; pass < 2; pass++) {
		for (int exec = 1; exec >= 0; exec--) {
			Elf_Scn *scn = NULL;
			GElf_Shdr sh;
			size_t n = 0;

			while ((scn = elf_nextscn(elf->elf, scn))) {
				const uint8_t *bytes;

				if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC) ||
				    sh.sh_type == SHT_NOBITS || !sh.sh_size ||
				    !!(sh.sh_flags & SHF_EXECINSTR) != exec)
					continue;
				bytes = suture_elf_bytes(elf, sh.sh_addr, sh.sh_size, 0);
				if (!bytes)
					continue;
				if (pass)
					target->spans[base[exec] + n] = (struct suture_span) {
						sh.sh_addr, sh.sh_size, bytes,
					};
				n++;
			}
			nr[exec] = n;
		}
		base[0] = nr[1];
		if (!pass) {
			target->spans = calloc(nr[0] + nr[1] + 1, sizeof(*target->spans));
			if (!target->spans)
				return 0;
		}
	}
	qsort(target->spans, nr[1], sizeof(*target->spans), compare_spans);
	*ret_data = nr[0];
	return nr[1];
}

static bool is_code(const struct suture_symbol *s)
{
	return s->defined && (s->type == STT_FUNC || s->type == STT_GNU_IFUNC);
}

static size_t fill_extents(struct suture_target *target)
{
	size_t nr = 0;

	target->extents = calloc(target->nr_fdes + target->symbols.nr + 1,
				 sizeof(*target->extents));
	if (!target->extents)
		return 0;
	for (size_t i = 0; i < target->nr_fdes; i++)
		target->extents[nr++] = (struct suture_extent) {
			.addr = target->fdes[i].addr,
			.size = target->fdes[i].size,
			.flags = SUTURE_EXTENT_FDE,
			.lsda = target->fdes[i].lsda,
		};
	for (size_t i = 0; i < target->symbols.nr; i++) {
		const struct suture_symbol *s = &target->symbols.syms[i];

		if (is_code(s))
			target->extents[nr++] = (struct suture_extent) {
				.addr = s->value, .size = s->size, .name = s->name,
			};
	}
	qsort(target->extents, nr, sizeof(*target->extents), compare_extents);
	return nr;
}

static size_t fill_pointers(struct suture_target *target)
{
	static const int64_t tags[] = { DT_INIT, DT_FINI };
	size_t nr = 0;
	GElf_Shdr sh;
	Elf_Scn *scn = NULL;

	target->pointers = calloc(target->nr_rels + 8, sizeof(*target->pointers));
	if (!target->pointers)
		return 0;
	for (size_t i = 0; i < target->nr_rels; i++) {
		const struct suture_rel *rel = &target->rels[i];

		if (rel->kind == SUTURE_DYN_RELATIVE || rel->kind == SUTURE_DYN_IRELATIVE)
			target->pointers[nr++] = rel->addend;
		else if (rel->name && rel->sym.st_shndx != SHN_UNDEF &&
			 (rel->kind == SUTURE_DYN_ABS64 || rel->kind == SUTURE_DYN_GLOB_DAT ||
			  rel->kind == SUTURE_DYN_JUMP_SLOT))
			target->pointers[nr++] = rel->sym.st_value + rel->addend;
	}
	if (target->elf->ehdr.e_entry)
		target->pointers[nr++] = target->elf->ehdr.e_entry;
	while ((scn = elf_nextscn(target->elf->elf, scn))) {
		Elf_Data *data;
		GElf_Dyn dyn;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
			for (size_t t = 0; t < 2; t++) {
				if (dyn.d_tag == tags[t] && nr < target->nr_rels + 8)
					target->pointers[nr++] = dyn.d_un.d_ptr;
			}
		}
		break;
	}
	return nr;
}

static int fill_named(struct suture_target *target)
{
	size_t nr = 0;

	target->named = calloc(target->symbols.nr + target->nr_plts + target->nr_rels + 1,
			       sizeof(*target->named));
	if (!target->named)
		return -ENOMEM;
	for (size_t i = 0; i < target->symbols.nr; i++) {
		const struct suture_symbol *s = &target->symbols.syms[i];

		if (is_code(s) || (s->defined && s->type == STT_OBJECT))
			target->named[nr++] = (struct suture_named) { s->value, s->size, s->name };
	}
	for (size_t i = 0; i < target->nr_plts; i++)
		target->named[nr++] = (struct suture_named) {
			target->plts[i].addr, 0, target->plts[i].name,
		};
	for (size_t i = 0; i < target->nr_rels; i++) {
		const struct suture_rel *rel = &target->rels[i];

		if (rel->name && (rel->kind == SUTURE_DYN_JUMP_SLOT ||
				  rel->kind == SUTURE_DYN_GLOB_DAT))
			target->named[nr++] = (struct suture_named) { rel->offset, 8, rel->name };
	}
	qsort(target->named, nr, sizeof(*target->named), compare_named);
	target->nr_named = nr;
	return 0;
}

int suture_target_code(struct suture_target *target, struct suture_code **ret_code,
		       struct suture_error *err)
{
	struct suture_text text = {
		.machine = target->elf->ehdr.e_machine,
		.flags = target->elf->ehdr.e_type == ET_EXEC ? SUTURE_TEXT_FIXED : 0,
		.name_at = name_at,
		.ctx = target,
	};
	int ret;

	if (!target->code) {
		for (size_t i = 0; i < target->nr_rels; i++) {
			if (target->rels[i].kind == SUTURE_DYN_TLSDESC)
				text.flags |= SUTURE_TEXT_TLSDESC;
		}
		text.nr_code = fill_spans(target, &text.nr_data);
		text.nr_extents = fill_extents(target);
		text.nr_pointers = fill_pointers(target);
		if (!target->spans || !target->extents || !target->pointers || fill_named(target))
			return suture_error_nomem(err);
		text.code = target->spans;
		text.data = target->spans + text.nr_code;
		text.extents = target->extents;
		text.pointers = target->pointers;
		ret = suture_code_new(&text, &target->code, err);
		if (ret)
			return suture_error_prefix(err, "%s", target->elf->path);
	}
	*ret_code = target->code;
	return 0;
}
