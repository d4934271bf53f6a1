// SPDX-License-Identifier: GPL-2.0-only
/* How the patch's functions are entered by old code: directly, or through stubs. */
#include <inttypes.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "align.h"
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

/* Callers may leave the stack unaligned for the old function. May the new one be
 * called like that? */
static int compare_alignment(struct suture_packer *p, struct suture_replaced *f,
			     struct suture_target *patch, struct suture_code *code,
			     uint64_t new_addr, struct suture_error *err)
{
	bool promised, needed;
	int ret;

	ret = suture_align_promised(p->objects[f->object], f->addr, &promised, err);
	if (!ret)
		ret = suture_align_needed(patch, new_addr, &needed, err);
	if (ret || promised || !needed)
		return ret;
	if (!f->stub && suture_ipara_stack_args(code, new_addr) != SUTURE_STACK_ARGS_NO)
		return suture_error_set(err, -EOPNOTSUPP,
			META_AT ": `%s' cannot be replaced: gcc may let its callers leave the stack unaligned, since the old function does not mind; the new one does, and a stub that aligns it cannot be built, because there are arguments on the stack. Compile the patch with CFLAGS += -mincoming-stack-boundary=3",
			META_ARGS(f->meta), f->meta->name);
	f->stub = true;
	return 0;
}

/* Callers that know what the old function leaves alone: does the new one? */
int suture_pack_compare(struct suture_packer *p, struct suture_target *patch,
			struct suture_error *err)
{
	struct suture_code *new_code = NULL;
	uint64_t text;
	int ret;

	ret = suture_pack_symbol(patch, "suture.text", &text, err);
	if (!ret)
		ret = suture_target_code(patch, &new_code, err);
	for (size_t i = 0; !ret && i < p->nr_funcs; i++) {
		struct suture_replaced *f = &p->funcs[i];
		uint64_t new_addr = text + p->fns[f->meta->record];
		struct suture_code *old_code;
		struct suture_ipara ipara;

		ret = suture_target_code(p->objects[f->object], &old_code, err);
		if (ret)
			break;
		ret = suture_ipara_compare(old_code, f->addr, new_code, new_addr, &ipara, err);
		if (ret)
			return suture_error_prefix(err, META_AT ": `%s' cannot be replaced",
						   META_ARGS(f->meta), f->meta->name) ?: ret;
		f->save = ipara.save;
		f->stub = ipara.save;
		if (ipara.callers.calls || ipara.callers.jumps)
			ret = compare_alignment(p, f, patch, new_code, new_addr, err);
	}
	return ret;
}

int suture_pack_stubs(struct suture_packer *p, FILE *out, struct suture_error *err)
{
	const struct suture_arch *arch = p->objs.arch;

	if (p->hooks)
		arch->emit_hooks(out);
	for (size_t i = 0; i < p->nr_funcs; i++) {
		struct suture_replaced *f = &p->funcs[i];
		char name[64], regs[512];
		uint64_t cannot;

		if (!f->stub)
			continue;
		snprintf(name, sizeof(name), SUTURE_ENTRY_PREFIX "%zu", i);
		if (!arch->emit_entry(out, name, p->fns[f->meta->record], f->save, &cannot))
			return suture_error_set(err, -EOPNOTSUPP,
				META_AT ": `%s' cannot be replaced: its callers in the target keep values in %s, which the old function leaves alone and the new one does not, and which a stub cannot save",
				META_ARGS(f->meta), f->meta->name,
				suture_ipara_names(arch->machine, cannot, regs, sizeof(regs)));
	}
	return 0;
}
