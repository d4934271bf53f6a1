// SPDX-License-Identifier: GPL-2.0-only
/* The note of a patch: texts, objects, functions. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "pack-int.h"

int suture_pack_texts(struct suture_packer *p, struct suture_note_writer *w,
		      struct suture_error *err)
{
	const struct suture_meta *seen[SUTURE_META_LEVEL_ + 1] = { NULL };
	bool quiescent;

	for (size_t i = 0; i < p->objs.nr_metas; i++) {
		const struct suture_meta *m = &p->objs.metas[i];
		uint32_t *to = NULL;

		switch (m->kind) {
		case SUTURE_META_VERSION_:
			to = &w->head.version;
			break;
		case SUTURE_META_DESCRIPTION_:
			to = &w->head.description;
			break;
		case SUTURE_META_CVE_:
			to = &w->head.cve;
			break;
		case SUTURE_META_AUTHOR_:
			to = &w->head.author;
			break;
		case SUTURE_META_LICENSE_:
			to = &w->head.license;
			break;
		case SUTURE_META_LEVEL_:
			to = &w->head.level;
			break;
		case SUTURE_META_QUIESCENT_:
		case SUTURE_META_IMMEDIATE_:
		case SUTURE_META_REPLACES_ALL_:
		case SUTURE_META_ANY_TARGET_:
			break;
		default:
			continue;
		}
		if (seen[m->kind])
			return suture_error_set(err, -EEXIST, META_AT ": was said already, at " META_AT,
						META_ARGS(m), META_ARGS(seen[m->kind]));
		seen[m->kind] = m;
		if (to)
			*to = suture_note_string(w, m->name);
	}
	if (!seen[SUTURE_META_VERSION_])
		return suture_error_set(err, -EINVAL,
			"the objects have no SUTURE_PATCH(\"VERSION\", \"what it fixes\")");
	if (seen[SUTURE_META_QUIESCENT_] && seen[SUTURE_META_IMMEDIATE_])
		return suture_error_set(err, -EINVAL,
			META_AT ": SUTURE_IMMEDIATE, but SUTURE_QUIESCENT at " META_AT,
			META_ARGS(seen[SUTURE_META_IMMEDIATE_]),
			META_ARGS(seen[SUTURE_META_QUIESCENT_]));
	quiescent = seen[SUTURE_META_QUIESCENT_] ||
		    (p->nr_funcs + p->nr_sites > 1 && !seen[SUTURE_META_IMMEDIATE_]);
	w->head.flags = (quiescent ? SUTURE_NOTE_QUIESCENT : 0) |
			(seen[SUTURE_META_REPLACES_ALL_] ? SUTURE_NOTE_REPLACE : 0) |
			(seen[SUTURE_META_ANY_TARGET_] ? SUTURE_NOTE_ANY_TARGET : 0);
	return 0;
}

static int fill_objects(struct suture_packer *p, struct suture_note_writer *w)
{
	w->objects = calloc(p->nr_objects, sizeof(*w->objects));
	if (!w->objects)
		return -ENOMEM;
	for (size_t i = 0; i < p->nr_objects; i++) {
		const struct suture_target *t = p->objects[i];

		w->objects[i] = (struct suture_object) {
			.role = i < p->nr_targets ? SUTURE_ROLE_TARGET : SUTURE_ROLE_NEEDED,
			.name = suture_note_string(w, t->soname ?: suture_target_file_name(t)),
			.build_id_len = t->elf->build_id_len,
		};
		memcpy(w->objects[i].build_id, t->elf->build_id, t->elf->build_id_len);
	}
	w->nr_objects = p->nr_objects;
	return 0;
}

static int fill_funcs(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		      struct suture_note_writer *w, struct suture_error *err)
{
	uint64_t text;
	size_t nr_pieces = 0;
	int ret = suture_pack_symbol(patch, "suture.text", &text, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < p->nr_funcs; i++)
		nr_pieces += p->funcs[i].nr_pieces;
	if (nr_pieces > SUTURE_MAX_RANGES)
		return suture_error_set(err, -E2BIG,
			"the replaced functions have %zu further parts; %d are possible", nr_pieces,
			SUTURE_MAX_RANGES);
	w->funcs = calloc(p->nr_funcs, sizeof(*w->funcs));
	w->ranges = calloc(nr_pieces + 1, sizeof(*w->ranges));
	if (!w->funcs || !w->ranges)
		return suture_error_nomem(err);

	for (size_t i = 0; i < p->nr_funcs; i++) {
		const struct suture_replaced *f = &p->funcs[i];
		uint32_t written = f->entry.branch_at + p->objs.arch->branch_len;
		const struct suture_elf *elf = p->objects[f->object]->elf;
		struct suture_func *to = &w->funcs[i];
		const uint8_t *bytes;
		uint64_t entry;
		char name[64];

		to->object = f->object;
		to->name = suture_note_string(w, f->meta->name);
		/* where padding is written over, that counts as the function, too */
		to->old_size = f->entry.size > written ? f->entry.size : written;
		to->old_addr = f->addr;
		to->new_addr = text + p->fns[f->meta->record];
		to->branch_at = f->entry.branch_at;
		to->old_len = f->entry.room < SUTURE_OLD_BYTES_MAX ? f->entry.room
								  : SUTURE_OLD_BYTES_MAX;
		bytes = suture_elf_bytes(elf, f->addr, to->old_len, PF_X);
		if (!bytes)
			return suture_error_set(err, -EINVAL,
						META_AT ": `%s': its text is not in the file %s",
						META_ARGS(f->meta), f->meta->name, elf->path);
		memcpy(to->old_bytes, bytes, to->old_len);
		if (f->stub && stubs) {
			snprintf(name, sizeof(name), SUTURE_ENTRY_PREFIX "%zu", i);
			ret = suture_pack_symbol(patch, name, &entry, err);
			if (ret)
				return ret;
			to->new_addr = entry;
		}
		for (size_t j = 0; j < f->nr_pieces; j++)
			w->ranges[w->nr_ranges++] = (struct suture_range) {
				.func = i, .size = f->pieces[j].size, .addr = f->pieces[j].addr,
			};
	}
	w->nr_funcs = p->nr_funcs;
	return 0;
}

static int fill_sites(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		      struct suture_note_writer *w, struct suture_error *err)
{
	uint64_t text, entry;
	int ret = suture_pack_symbol(patch, "suture.text", &text, err);

	if (ret)
		return ret;
	w->sites = calloc(p->nr_sites + 1, sizeof(*w->sites));
	if (!w->sites)
		return suture_error_nomem(err);
	for (size_t i = 0; i < p->nr_sites; i++) {
		const struct suture_replaced_call *s = &p->sites[i];
		struct suture_site *to = &w->sites[i];
		char name[SUTURE_META_NAME_MAX_ + 64];

		/* a name of C++ alone may be as long as a text of the note */
		if (snprintf(name, sizeof(name), "%s+0x%" PRIx64, s->meta->name, s->meta->addr) >=
		    SUTURE_TEXT_MAX)
			name[SUTURE_TEXT_MAX - 1] = '\0';
		to->object = s->object;
		to->name = suture_note_string(w, name);
		to->addr = s->info.addr;
		to->new_addr = text + p->fns[s->meta->record];
		to->old_len = s->info.len;
		memcpy(to->old_bytes, s->info.bytes, s->info.len);
		if (!s->stub || !stubs)
			continue;
		snprintf(name, sizeof(name), SUTURE_SITE_PREFIX "%zu", i);
		ret = suture_pack_symbol(patch, name, &entry, err);
		if (ret)
			return ret;
		to->new_addr = entry;
	}
	w->nr_sites = p->nr_sites;
	return 0;
}

int suture_pack_note(struct suture_packer *p, const struct suture_target *patch, bool stubs,
		     uint8_t **ret_desc, size_t *ret_len, struct suture_error *err)
{
	struct suture_note_writer w = { 0 };
	int ret;

	w.head.machine = p->objs.arch->machine;
	w.head.name = suture_note_string(&w, p->name);
	ret = suture_pack_texts(p, &w, err);
	if (!ret)
		ret = fill_objects(p, &w) ? suture_error_nomem(err) : 0;
	if (!ret)
		ret = fill_funcs(p, patch, stubs, &w, err);
	if (!ret)
		ret = fill_sites(p, patch, stubs, &w, err);
	if (!ret)
		ret = suture_pack_life(p, patch, stubs, &w, err);
	if (!ret)
		ret = suture_relocs_make(patch, &p->bindings, &w.relocs, &w.nr_relocs, err);
	if (!ret)
		ret = suture_note_write(&w, ret_desc, ret_len, err);
	suture_note_free(&w);
	return ret;
}
