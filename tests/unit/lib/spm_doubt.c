// SPDX-License-Identifier: GPL-2.0
/* A second opinion on what the parser has accepted, see spm_file.h. */
#include "spm_file.h"

typedef unsigned __int128 wide;

#define DOUBT(cond) do { if (cond) return #cond; } while (0)

const char *doubt_elf(const struct spm_elf *elf, __u64 file_size, bool strict)
{
	unsigned int i, text = 0;

	DOUBT(elf->nr_segments > SUTURE_MAX_SEGMENTS);
	DOUBT(elf->nr_notes > SUTURE_MAX_SEGMENTS);
	for (i = 0; i < elf->nr_notes; i++) {
		wide end = (wide)elf->notes[i].offset + elf->notes[i].size;

		DOUBT(end > file_size);
		DOUBT(strict && elf->notes[i].size > SUTURE_NOTE_MAX);
	}
	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *s = &elf->segments[i], *p = s - 1;

		DOUBT((wide)s->offset + s->filesz > file_size);
		if (!strict)
			continue;
		DOUBT(s->memsz == 0);
		DOUBT(s->filesz > s->memsz);
		DOUBT(s->filesz < s->memsz && !(s->flags & PF_W));
		DOUBT((wide)s->vaddr + s->memsz > 64 << 20);
		DOUBT(s->vaddr % PAGE != s->offset % PAGE);
		DOUBT(s->flags & ~7u);
		DOUBT((s->flags & PF_W) && (s->flags & PF_X));
		DOUBT(i && (p->vaddr + p->memsz - 1) / PAGE >= s->vaddr / PAGE);
		text += s->flags & PF_X;
	}
	DOUBT(strict && !text);
	DOUBT(strict && elf->type != ET_DYN);
	return NULL;
}

/* A table lies in the descriptor behind its head, aligned. */
static bool table_fits(const void *table, wide size, const void *desc, size_t len)
{
	wide at = (uintptr_t)table, start = (uintptr_t)desc;

	if (!size)
		return !table;
	return at >= start + sizeof(struct suture_note) && at + size <= start + len &&
	       at % 8 == 0;
}

/* A string ends inside the blob, within @max, and can be shown on a terminal. */
static bool string_fits(const struct spm_note *n, __u32 off, unsigned int max)
{
	unsigned int i;

	for (i = 0; i < max && (wide)off + i < n->strings_size; i++) {
		unsigned char c = n->strings[off + i];

		if (!c)
			return true;
		if (c < ' ' || c == 127 || c == 0xc0 || c == 0xc1 || c > 0xf4)
			return false;
	}
	return false;
}

static bool name_fits(const char *name)
{
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"
		      "abcdefghijklmnopqrstuvwxyz") == strlen(name) &&
	       *name && !strchr("._+-", *name);
}

static bool text_fits(const struct spm_elf *elf, __u64 addr)
{
	unsigned int i;

	if (elf->machine == EM_AARCH64 && addr % 4)
		return false;
	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *s = &elf->segments[i];

		if ((s->flags & PF_X) && addr >= s->vaddr &&
		    (wide)addr + (elf->machine == EM_AARCH64 ? 4 : 1) <=
		    (wide)s->vaddr + s->filesz)
			return true;
	}
	return false;
}

static bool data_fits(const struct spm_elf *elf, __u64 addr, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *s = &elf->segments[i];

		if ((s->flags & PF_W) && !(s->flags & PF_X) && addr >= s->vaddr &&
		    (wide)addr + len <= (wide)s->vaddr + s->memsz)
			return true;
	}
	return false;
}

static const char *doubt_funcs(const struct spm_note *n, const struct spm_elf *elf)
{
	unsigned int branch = elf->machine == EM_AARCH64 ? 4 : 5;
	unsigned int i, j;

	for (i = 0; i < n->nr_funcs; i++) {
		const struct suture_func *f = &n->funcs[i];

		DOUBT(f->object >= n->nr_objects);
		DOUBT(n->objects[f->object].role != SUTURE_ROLE_TARGET);
		DOUBT(f->flags);
		DOUBT(!string_fits(n, f->name, SUTURE_TEXT_MAX));
		DOUBT((wide)f->old_addr + f->old_size > ~0ULL);
		DOUBT(f->branch_at != 0 && f->branch_at != 4);
		DOUBT(f->old_len < f->branch_at + branch);
		DOUBT(f->old_len > sizeof(f->old_bytes));
		DOUBT(f->old_size < f->branch_at + branch);
		DOUBT(!text_fits(elf, f->new_addr));
		for (j = 0; j < i; j++) {
			const struct suture_func *o = &n->funcs[j];

			DOUBT(o->object == f->object &&
			      (wide)o->old_addr < (wide)f->old_addr + f->old_size &&
			      (wide)f->old_addr < (wide)o->old_addr + o->old_size);
		}
	}
	return NULL;
}

static const char *doubt_rest(const struct spm_note *n, const struct spm_elf *elf)
{
	const struct suture_note *h = n->head;
	unsigned int i, j;

	for (i = 0; i < n->nr_ranges; i++) {
		DOUBT(n->ranges[i].func >= n->nr_funcs);
		DOUBT(n->ranges[i].size == 0);
		DOUBT((wide)n->ranges[i].addr + n->ranges[i].size > ~0ULL);
	}
	for (i = 0; i < n->nr_sites; i++) {
		const struct suture_site *s = &n->sites[i];

		DOUBT(s->object >= n->nr_objects);
		DOUBT(n->objects[s->object].role != SUTURE_ROLE_TARGET);
		DOUBT(!string_fits(n, s->name, SUTURE_TEXT_MAX));
		DOUBT(elf->machine == EM_AARCH64 && (s->addr % 4 || s->old_len != 4 ||
						     (s->old_bytes[3] & 0x7c) != 0x14));
		DOUBT(elf->machine == EM_X86_64 && s->old_len == 5 &&
		      (s->old_bytes[0] & 0xfe) != 0xe8);
		DOUBT(elf->machine == EM_X86_64 && s->old_len != 5 &&
		      (s->old_len != 6 || memcmp(s->old_bytes, "\xff\x15", 2)));
		for (j = 0; j < i; j++)
			DOUBT(n->sites[j].object == s->object &&
			      (wide)n->sites[j].addr < (wide)s->addr + s->old_len &&
			      (wide)s->addr < (wide)n->sites[j].addr + n->sites[j].old_len);
		DOUBT((wide)s->addr + s->old_len > ~0ULL);
		DOUBT(!text_fits(elf, s->new_addr));
	}
	for (i = 0; i < n->nr_hooks; i++) {
		DOUBT(n->hooks[i].kind < 1 || n->hooks[i].kind > 4);
		DOUBT(n->hooks[i].reserved);
		DOUBT(!text_fits(elf, n->hooks[i].addr));
	}
	if (n->nr_hooks) {
		DOUBT(!text_fits(elf, h->hook_enter) || !text_fits(elf, h->hook_leave));
		DOUBT(h->hook_stack % 4096);
		DOUBT(h->hook_stack < 32 << 10 || h->hook_stack > 1 << 20);
		DOUBT(h->hook_limit_ms > 60000);
	} else {
		DOUBT(h->hook_enter || h->hook_leave || h->hook_stack || h->hook_limit_ms);
	}
	for (i = 0; i < n->nr_states; i++) {
		DOUBT(n->states[i].slot % 8);
		DOUBT(!data_fits(elf, n->states[i].slot, 24));
		for (j = 0; j < i; j++) {
			DOUBT(n->states[i].id == n->states[j].id);
			DOUBT((wide)n->states[i].slot < (wide)n->states[j].slot + 24 &&
			      (wide)n->states[j].slot < (wide)n->states[i].slot + 24);
		}
	}
	for (i = 0; i < n->nr_replaces; i++) {
		DOUBT(!string_fits(n, n->replaces[i], SUTURE_NAME_MAX));
		DOUBT(!name_fits(spm_string(n, n->replaces[i])));
	}
	for (i = 0; i < n->nr_relocs; i++) {
		const struct suture_reloc *r = &n->relocs[i];

		DOUBT(r->object != SUTURE_SELF && r->object >= n->nr_objects);
		DOUBT(r->offset % 8);
		DOUBT(i && r->offset < (wide)r[-1].offset + 8);
		DOUBT(!data_fits(elf, r->offset, 8));
	}
	return NULL;
}

static bool level_fits(const char *level)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	const char *blank = strrchr(level, ' ');
	char wanted[] = " (x)";
	int i;

	if (!*level)
		return true;
	for (i = 0; blank && blank > level && letters[i]; i++) {
		wanted[2] = letters[i];
		if (!strcmp(blank, wanted))
			return true;
	}
	return false;
}

const char *doubt_note(const struct spm_note *n, const void *desc, size_t len,
		       const struct spm_elf *elf)
{
	const struct suture_note *h = n->head;
	unsigned int i;
	const char *doubt;

	DOUBT(n->head != desc);
	DOUBT(n->nr_objects < 1 || n->nr_objects > SUTURE_MAX_OBJECTS);
	DOUBT(n->nr_funcs > SUTURE_MAX_FUNCS);
	DOUBT(n->nr_ranges > SUTURE_MAX_RANGES);
	DOUBT(n->nr_sites > SUTURE_MAX_SITES);
	DOUBT(n->nr_hooks > SUTURE_MAX_HOOKS);
	DOUBT(n->nr_states > SUTURE_MAX_STATES);
	DOUBT(n->nr_replaces > SUTURE_MAX_REPLACES);
	DOUBT(n->nr_relocs > SUTURE_MAX_RELOCS);
	DOUBT(n->nr_funcs + n->nr_sites == 0);
	DOUBT(!table_fits(n->objects, (wide)n->nr_objects * sizeof(*n->objects), desc, len));
	DOUBT(!table_fits(n->funcs, (wide)n->nr_funcs * sizeof(*n->funcs), desc, len));
	DOUBT(!table_fits(n->ranges, (wide)n->nr_ranges * sizeof(*n->ranges), desc, len));
	DOUBT(!table_fits(n->sites, (wide)n->nr_sites * sizeof(*n->sites), desc, len));
	DOUBT(!table_fits(n->hooks, (wide)n->nr_hooks * sizeof(*n->hooks), desc, len));
	DOUBT(!table_fits(n->states, (wide)n->nr_states * sizeof(*n->states), desc, len));
	DOUBT(!table_fits(n->replaces, (wide)n->nr_replaces * 4, desc, len));
	DOUBT(!table_fits(n->relocs, (wide)n->nr_relocs * sizeof(*n->relocs), desc, len));
	DOUBT((const char *)n->strings < (const char *)desc + sizeof(*h));
	DOUBT((uintptr_t)n->strings + (wide)n->strings_size > (uintptr_t)desc + (wide)len);
	DOUBT(n->strings_size == 0 || n->strings[0]);

	DOUBT(h->machine != elf->machine);
	DOUBT(h->machine != EM_X86_64 && h->machine != EM_AARCH64);
	DOUBT(h->flags & ~7u);
	DOUBT(!string_fits(n, h->name, SUTURE_NAME_MAX));
	DOUBT(!name_fits(spm_string(n, h->name)));
	DOUBT(!string_fits(n, h->version, SUTURE_TEXT_MAX));
	DOUBT(!string_fits(n, h->description, SUTURE_TEXT_MAX));
	DOUBT(!string_fits(n, h->cve, SUTURE_TEXT_MAX));
	DOUBT(!string_fits(n, h->level, 64));
	DOUBT(!level_fits(spm_string(n, h->level)));
	DOUBT(!string_fits(n, h->license, SUTURE_TEXT_MAX));
	DOUBT(!string_fits(n, h->author, SUTURE_TEXT_MAX));
	for (i = 0; i < n->nr_objects; i++) {
		DOUBT(!string_fits(n, n->objects[i].name, SUTURE_TEXT_MAX));
		DOUBT(n->objects[i].build_id_len < 1);
		DOUBT(n->objects[i].build_id_len > sizeof(n->objects[i].build_id));
	}
	doubt = doubt_funcs(n, elf);
	return doubt ? doubt : doubt_rest(n, elf);
}

const char *doubt_parsed(const struct parsed *p, __u64 file_size)
{
	static const struct spm_elf no_elf;
	static const struct spm_note no_note;

	/* Who ignores an error must find nothing to follow. */
	if (p->elf_ret)
		return memcmp(&p->elf, &no_elf, sizeof(no_elf)) ? "headers with an error" : NULL;
	if (p->ret && memcmp(&p->note, &no_note, sizeof(no_note)))
		return "note with an error";
	DOUBT((p->ret != 0) != (p->why != NULL));
	DOUBT(p->ret && p->ret != -ENOEXEC && p->ret != -EOPNOTSUPP);
	if (doubt_elf(&p->elf, file_size, true) || p->ret)
		return doubt_elf(&p->elf, file_size, true);
	return doubt_note(&p->note, p->desc, p->desc_len, &p->elf);
}
