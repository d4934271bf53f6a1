// SPDX-License-Identifier: GPL-2.0-only
/* Calls that are led elsewhere, and the old code of functions that are replaced. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "original.h"
#include "pack-int.h"

/* What is written at the one place would be unexpected at the other. */
static int check_apart(struct suture_packer *p, const struct suture_replaced_call *s,
		       struct suture_error *err)
{
	for (size_t i = 0; i < p->nr_sites; i++) {
		const struct suture_replaced_call *t = &p->sites[i];

		if (t->object == s->object && t->info.addr == s->info.addr)
			return suture_error_set(err, -EEXIST,
				META_AT ": this call of `%s' is replaced already, by " META_AT,
				META_ARGS(s->meta), s->meta->name, META_ARGS(t->meta));
	}
	for (size_t i = 0; i < p->nr_funcs; i++) {
		const struct suture_replaced *f = &p->funcs[i];
		uint64_t end = f->entry.size > f->entry.room ? f->entry.size : f->entry.room;

		if (f->object != s->object || s->info.addr < f->addr || s->info.addr >= f->addr + end)
			continue;
		if (s->info.addr < f->addr + SUTURE_OLD_BYTES_MAX)
			return suture_error_set(err, -EINVAL,
				META_AT ": the call is in the beginning of `%s', which " META_AT " replaces",
				META_ARGS(s->meta), f->meta->name, META_ARGS(f->meta));
		suture_pack_warn(p, META_AT ": `%s' is replaced as a whole, by " META_AT
				 "; only SUTURE_ORIGINAL comes to this call",
				 META_ARGS(s->meta), f->meta->name, META_ARGS(f->meta));
	}
	return 0;
}

static int add_site(struct suture_packer *p, const struct suture_meta *m, struct suture_error *err)
{
	struct suture_replaced_call *s = &p->sites[p->nr_sites];
	struct suture_code *code;
	uint64_t func, size = 0;
	int ret;

	*s = (struct suture_replaced_call) { .meta = m };
	ret = suture_scope_told(&p->scope, m->name, false, &s->object, &func, err);
	if (ret > 0 && s->object >= p->nr_targets)
		return suture_error_set(err, -EINVAL,
			META_AT ": `%s': %s is a needed object, where nothing can be replaced",
			META_ARGS(m), m->name, p->objects[s->object]->elf->path);
	if (!ret)
		ret = suture_pack_by_name(p, m, &s->object, &func, &size, err);
	if (ret >= 0)
		ret = suture_target_code(p->objects[s->object], &code, err);
	if (ret)
		return ret;
	ret = suture_site_check(code, func, size, m->addr, &s->info, err);
	if (ret)
		return suture_error_prefix(err, META_AT ": the call at `%s' + 0x%" PRIx64
					   " cannot be replaced", META_ARGS(m), m->name, m->addr) ?:
		       ret;
	ret = check_apart(p, s, err);
	if (!ret)
		p->nr_sites++;
	return ret;
}

int suture_pack_find_sites(struct suture_packer *p, struct suture_error *err)
{
	p->sites = calloc(p->objs.nr_metas + 1, sizeof(*p->sites));
	if (!p->sites)
		return suture_error_nomem(err);
	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		int ret;

		if (p->objs.metas[i].kind != SUTURE_META_REPLACE_CALL_)
			continue;
		ret = add_site(p, &p->objs.metas[i], err);
		if (ret)
			return ret;
	}
	if (p->nr_sites > SUTURE_MAX_SITES)
		return suture_error_set(err, -E2BIG, "%zu calls are replaced; %d are possible",
					p->nr_sites, SUTURE_MAX_SITES);
	return 0;
}

/* The replaced function that the patch calls @name: by the name that its macro says, or by
 * any other of its address. -ENOENT: there is none. */
static int find_replaced(struct suture_packer *p, const char *name,
			 const struct suture_replaced **ret, struct suture_error *err)
{
	const struct suture_replaced *found = NULL;
	const struct suture_symbol *s;
	uint32_t object;
	uint64_t addr;
	int told = suture_scope_told(&p->scope, name, false, &object, &addr, err);

	if (told < 0)
		return told;
	for (size_t i = 0; i < p->nr_funcs; i++) {
		const struct suture_replaced *f = &p->funcs[i];
		bool same = told ? f->object == object && f->addr == addr
				 : !strcmp(f->meta->name, name);

		if (!same && !told)
			same = suture_lookup(p->objects[f->object], name, &s, 1) == 1 &&
			       s->value == f->addr;
		if (!same)
			continue;
		if (found)
			return suture_error_set(err, -EINVAL,
				"SUTURE_ORIGINAL(%s): it is replaced in two targets, at " META_AT " and at " META_AT
				"; give one a name of its own with SUTURE_SYMBOL_AT_IN",
				name, META_ARGS(found->meta), META_ARGS(f->meta));
		found = f;
	}
	*ret = found;
	return found ? 0 : suture_error_set(err, -ENOENT, "`%s' is not replaced", name);
}

/* The words of suture_original_emit() are of one object. */
struct word {
	int (*fn)(void *ctx, uint32_t object, const char *name, uint64_t addr,
		  struct suture_error *err);
	void *ctx;
	uint32_t object;
};

static int bind_word(void *ctx, const char *name, uint64_t addr, struct suture_error *err)
{
	const struct word *w = ctx;

	return w->fn(w->ctx, w->object, name, addr, err);
}

int suture_pack_original(void *ctx, const char *name, FILE *stubs,
			 int (*word)(void *word_ctx, uint32_t object, const char *name,
				     uint64_t addr, struct suture_error *err),
			 void *word_ctx, struct suture_error *err)
{
	struct suture_packer *p = ctx;
	const struct suture_replaced *f;
	struct word to = { .fn = word, .ctx = word_ctx };
	struct suture_original o = { .word = bind_word, .ctx = &to };
	char symbol[2048];
	int ret = find_replaced(p, name, &f, err);

	if (ret)
		return ret;
	snprintf(symbol, sizeof(symbol), SUTURE_ORIGINAL_PREFIX "%s", name);
	o.object = to.object = f->object;
	o.name = symbol;
	o.addr = f->addr;
	o.entry = f->entry;
	ret = suture_target_code(p->objects[f->object], &o.code, err);
	if (!ret)
		ret = suture_original_emit(&o, stubs, err);
	/* -ENOENT has a meaning of its own here */
	return ret == -ENOENT ? -EINVAL : ret;
}
