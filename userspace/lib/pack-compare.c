// SPDX-License-Identifier: GPL-2.0-only
/* How the patch's functions are entered by old code: directly, or through stubs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "align.h"
#include "original.h"
#include "pack-int.h"

int suture_pack_symbol(const struct suture_target *patch, const char *name, uint64_t *ret,
		       struct suture_error *err)
{
	const struct suture_symbol *s;

	*ret = 0;
	if (suture_lookup(patch, name, &s, 1) != 1)
		return suture_error_set(err, -EINVAL,
			"the linked patch has no (single) symbol %s; do the objects use it?", name);
	*ret = s->value;
	return 0;
}

/* What a record points to must be: a function of the patch's, its data, or nothing. */
static int read_fn(const struct suture_target *patch, uint64_t text,
		   const struct suture_meta *m, uint64_t fn, uint64_t *ret,
		   struct suture_error *err)
{
	*ret = 0;
	switch (m->kind) {
	case SUTURE_META_REPLACE_:
	case SUTURE_META_REPLACE_AT_:
	case SUTURE_META_REPLACE_CALL_:
	case SUTURE_META_PRE_PATCH_:
	case SUTURE_META_POST_PATCH_:
	case SUTURE_META_PRE_UNPATCH_:
	case SUTURE_META_POST_UNPATCH_:
		if (!fn || !suture_elf_bytes(patch->elf, fn, 1, PF_X) || fn < text)
			return suture_error_set(err, -EINVAL,
				META_AT ": `%s': what is to be called is not a function of the patch",
				META_ARGS(m), m->name);
		*ret = fn - text;
		return 0;
	case SUTURE_META_STATE_:
		*ret = fn;
		return 0;
	default:
		return 0;
	}
}

int suture_pack_read_fns(struct suture_packer *p, const struct suture_target *patch, bool first,
			 struct suture_error *err)
{
	Elf_Scn *scn = suture_elf_section(patch->elf, SUTURE_META_SECTION, NULL);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	uint64_t text;
	int ret;

	ret = suture_pack_symbol(patch, "suture.text", &text, err);
	if (ret)
		return ret;
	if (!data || data->d_size != p->objs.nr_metas * sizeof(struct suture_meta_))
		return suture_error_set(err, -EINVAL, "the linker lost the metadata of the patch");
	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		const struct suture_meta *m = &p->objs.metas[i];
		const struct suture_meta_ *rec = (struct suture_meta_ *)data->d_buf + m->record;
		uint64_t fn;

		memcpy(&fn, &rec->fn, sizeof(fn));
		if (rec->kind != m->kind || strcmp(rec->name, m->name))
			return suture_error_set(err, -EINVAL,
						"the linker changed the metadata of the patch");
		ret = read_fn(patch, text, m, fn, &fn, err);
		if (ret)
			return ret;
		if (!first && fn != p->fns[m->record] && m->kind != SUTURE_META_STATE_)
			return suture_error_set(err, -EINVAL,
						"the linker moved the functions of the patch");
		p->fns[m->record] = fn;
	}
	return 0;
}

/* One way in which old code enters new code. */
struct entered {
	const struct suture_meta *meta;
	uint32_t object;
	struct suture_target *target;
	uint64_t old_addr;	/* what its callers may know of */
	bool *stub;		/* out */
	uint64_t *save;		/* out */
};

/* Callers may leave the stack unaligned for the old function. May the new one be
 * called like that? */
static int compare_alignment(const struct entered *e, struct suture_target *patch,
			     struct suture_code *code, uint64_t new_addr,
			     struct suture_error *err)
{
	bool promised, needed;
	int ret;

	ret = suture_align_promised(e->target, e->old_addr, &promised, err);
	if (!ret)
		ret = suture_align_needed(patch, new_addr, &needed, err);
	if (ret || promised || !needed)
		return ret;
	if (!*e->stub && suture_ipara_stack_args(code, new_addr) != SUTURE_STACK_ARGS_NO)
		return suture_error_set(err, -EOPNOTSUPP,
			META_AT ": `%s' cannot be replaced: gcc may let its callers leave the stack unaligned, since the old function does not mind; the new one does, and a stub that aligns it cannot be built, because there are arguments on the stack. Compile the patch with CFLAGS += -mincoming-stack-boundary=3",
			META_ARGS(e->meta), e->meta->name);
	*e->stub = true;
	return 0;
}

/* What the patch calls in one object by words that pack knows: itself, or (arm64) through
 * stubs, which are among them. */
static int find_outside(struct suture_packer *p, const struct suture_target *patch,
			uint32_t object, struct suture_outside **ret, size_t *ret_nr,
			struct suture_error *err)
{
	const size_t prefix = strlen(SUTURE_CALL_PREFIX);
	struct suture_outside *all;
	size_t nr = 0;

	all = calloc(patch->nr_rels + p->bindings.nr + p->nr_funcs + 1, sizeof(*all));
	if (!all)
		return suture_error_nomem(err);
	for (size_t i = 0; i < patch->nr_rels; i++) {
		const struct suture_rel *rel = &patch->rels[i];
		const struct suture_binding *b =
			rel->name ? suture_bindings_find(&p->bindings, rel->name) : NULL;

		if (b && !b->tls && b->object == object)
			all[nr++] = (struct suture_outside) { rel->offset, b->addr + rel->addend };
	}
	for (size_t i = 0; i < p->bindings.nr; i++) {
		const struct suture_binding *b = &p->bindings.all[i];
		const struct suture_symbol *s;

		if (b->object == object && !strncmp(b->name, SUTURE_CALL_PREFIX, prefix) &&
		    suture_lookup(patch, b->name + prefix, &s, 1) == 1)
			all[nr++] = (struct suture_outside) { s->value, b->addr };
	}
	for (size_t i = 0; i < p->nr_funcs; i++) {
		const struct suture_symbol *s;
		char name[2048];

		snprintf(name, sizeof(name), SUTURE_ORIGINAL_PREFIX "%s", p->funcs[i].meta->name);
		if (p->funcs[i].object == object && suture_lookup(patch, name, &s, 1) == 1)
			all[nr++] = (struct suture_outside) { s->value, p->funcs[i].addr };
	}
	*ret = all;
	*ret_nr = nr;
	return 0;
}

/* Callers that know what the old function leaves alone: does the new one? */
static int compare_one(struct suture_packer *p, const struct entered *e,
		       struct suture_target *patch, uint64_t text, struct suture_error *err)
{
	uint64_t new_addr = text + p->fns[e->meta->record];
	struct suture_code *old_code, *new_code;
	struct suture_outside *outside;
	struct suture_ipara ipara;
	size_t nr;
	int ret;

	ret = suture_target_code(patch, &new_code, err);
	if (!ret)
		ret = suture_target_code(e->target, &old_code, err);
	if (ret)
		return ret;
	ret = find_outside(p, patch, e->object, &outside, &nr, err);
	if (ret)
		return ret;
	ret = suture_ipara_compare(old_code, e->old_addr, new_code, new_addr, outside, nr, &ipara,
				   err);
	free(outside);
	if (ret)
		return suture_error_prefix(err, META_AT ": `%s' cannot be replaced",
					   META_ARGS(e->meta), e->meta->name) ?: ret;
	*e->save = ipara.save;
	*e->stub = ipara.save;
	if (ipara.callers.calls || ipara.callers.jumps)
		ret = compare_alignment(e, patch, new_code, new_addr, err);
	return ret;
}

/* What a call leads to that goes through the PLT or a pointer: nobody knows its body. */
static bool is_known(const struct suture_target *target, uint64_t callee)
{
	if (!callee)
		return false;
	for (size_t i = 0; i < target->nr_plts; i++) {
		if (target->plts[i].addr == callee)
			return false;
	}
	return true;
}

int suture_pack_compare(struct suture_packer *p, struct suture_target *patch,
			struct suture_error *err)
{
	uint64_t text;
	int ret;

	ret = suture_pack_symbol(patch, "suture.text", &text, err);
	for (size_t i = 0; !ret && i < p->nr_funcs; i++) {
		struct suture_replaced *f = &p->funcs[i];
		struct entered e = { f->meta, f->object, p->objects[f->object], f->addr,
				     &f->stub, &f->save };

		ret = compare_one(p, &e, patch, text, err);
		f->stub |= suture_pad_signs(f->entry.pad);
	}
	for (size_t i = 0; !ret && i < p->nr_sites; i++) {
		struct suture_replaced_call *s = &p->sites[i];
		struct entered e = { s->meta, s->object, p->objects[s->object],
				     s->info.callee, &s->stub, &s->save };

		if (is_known(e.target, s->info.callee))
			ret = compare_one(p, &e, patch, text, err);
	}
	return ret;
}

static int emit_entry(struct suture_packer *p, FILE *out, const char *prefix, size_t i,
		      const struct suture_meta *meta, uint64_t save, enum suture_pad pad,
		      struct suture_error *err)
{
	const struct suture_arch *arch = p->objs.arch;
	char name[64], regs[512];
	uint64_t cannot;

	snprintf(name, sizeof(name), "%s%zu", prefix, i);
	if (arch->emit_entry(out, name, p->fns[meta->record], save, pad, &cannot))
		return 0;
	return suture_error_set(err, -EOPNOTSUPP,
		META_AT ": `%s' cannot be replaced: its callers in the target keep values in %s, which the old function leaves alone and the new one does not, and which a stub cannot save",
		META_ARGS(meta), meta->name,
		suture_ipara_names(arch->machine, cannot, regs, sizeof(regs)));
}

int suture_pack_stubs(struct suture_packer *p, FILE *out, struct suture_error *err)
{
	int ret = 0;

	if (p->hooks)
		p->objs.arch->emit_hooks(out);
	for (size_t i = 0; !ret && i < p->nr_funcs; i++) {
		if (p->funcs[i].stub)
			ret = emit_entry(p, out, SUTURE_ENTRY_PREFIX, i, p->funcs[i].meta,
					 p->funcs[i].save, p->funcs[i].entry.pad, err);
	}
	for (size_t i = 0; !ret && i < p->nr_sites; i++) {
		if (p->sites[i].stub)
			ret = emit_entry(p, out, SUTURE_SITE_PREFIX, i, p->sites[i].meta,
					 p->sites[i].save, SUTURE_PAD_NONE, err);
	}
	return ret;
}
