/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the original_* tests: write the originals of functions, assemble and link
 * them, map the result at a chosen distance from the target and fill its words, as
 * the kernel does it.
 */
#ifndef ORIGINAL_WORK_H
#define ORIGINAL_WORK_H

#include <dlfcn.h>
#include <inttypes.h>
#include <link.h>
#include <sys/mman.h>

#include "insn_fixture.h"
#include "original.h"
#include "resolve.h"

struct originals {
	struct fixture *f;
	char dir[64];
	FILE *out;
	struct { char name[64]; uint64_t addr; } *words;
	size_t nr_words, nr;
	char *last;			/* what was written last */
	struct suture_target *linked;
	uint8_t *base;			/* where it is mapped */
	size_t size;
};

static inline int originals_word(void *ctx, const char *name, uint64_t addr,
				 struct suture_error *err)
{
	struct originals *o = ctx;

	(void)err;
	o->words = realloc(o->words, (o->nr_words + 1) * sizeof(*o->words));
	cr_assert_not_null(o->words);
	cr_assert_lt(strlen(name), sizeof(o->words->name));
	strcpy(o->words[o->nr_words].name, name);
	o->words[o->nr_words++].addr = addr;
	return 0;
}

static inline void originals_begin(struct originals *o, struct fixture *f)
{
	char path[96];

	memset(o, 0, sizeof(*o));
	o->f = f;
	strcpy(o->dir, "/tmp/suture-original-XXXXXX");
	cr_assert_not_null(mkdtemp(o->dir));
	snprintf(path, sizeof(path), "%s/o.s", o->dir);
	o->out = fopen(path, "w");
	cr_assert_not_null(o->out);
	fputs("\t.section .note.GNU-stack,\"\",%progbits\n\t.text\n", o->out);
}

/* Adds the original of the function at addr as suture.original.NAME; the error of
 * suture_original_emit(). Nothing is written of one that is refused. */
static inline int originals_add(struct originals *o, uint64_t addr, uint64_t size,
				const char *name, struct suture_entry *ret_entry,
				struct suture_error *err)
{
	char symbol[300], *text = NULL;
	struct suture_original orig = {
		.code = o->f->code, .object = 1, .name = symbol, .addr = addr,
		.word = originals_word, .ctx = o,
	};
	size_t len;
	FILE *out;
	int r;

	snprintf(symbol, sizeof(symbol), SUTURE_ORIGINAL_PREFIX "%s", name);
	r = suture_insn_check_entry(o->f->code, addr, size, &orig.entry, err);
	if (ret_entry)
		*ret_entry = orig.entry;
	if (r)
		return -ENOENT;
	out = open_memstream(&text, &len);
	cr_assert_not_null(out);
	r = suture_original_emit(&orig, out, err);
	cr_assert_eq(fclose(out), 0);
	if (!r) {
		fputs(text, o->out);
		o->nr++;
	}
	free(o->last);
	o->last = text;
	return r;
}

/* cc: the compiler driver. ld reads the text only, so a jump into nowhere is an error. */
static inline void originals_link(struct originals *o, const char *cc)
{
	struct suture_error err;
	char path[96];

	cr_assert_eq(fclose(o->out), 0);
	run("%s -shared -nostdlib -Wl,-z,undefs -Wl,-z,noseparate-code -Wl,-z,text -o %s/o.so %s/o.s",
	    cc, o->dir, o->dir);
	snprintf(path, sizeof(path), "%s/o.so", o->dir);
	cr_assert_eq(suture_target_open(path, NULL, &o->linked, &err), 0, "%s", err.text);
}

static inline uint64_t originals_word_addr(const struct originals *o, const char *name)
{
	for (size_t i = 0; i < o->nr_words; i++)
		if (!strcmp(o->words[i].name, name))
			return o->words[i].addr;
	cr_assert_fail("no word %s", name);
	return 0;
}

/* Free address space at about target + distance. */
static inline uint8_t *originals_room(uintptr_t target, int64_t distance, size_t size)
{
	for (uintptr_t at = (target + distance) & ~0xffffUL;; at += distance < 0 ? -65536 : 65536) {
		void *got = mmap((void *)at, size, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (got == (void *)at)
			return got;
		if (got != MAP_FAILED)
			munmap(got, size);
		cr_assert_lt(llabs((int64_t)(at - target) - distance), 1L << 28, "no room");
	}
}

/* Maps it and fills the words for a target at this base. */
static inline void originals_map(struct originals *o, uintptr_t target, int64_t distance)
{
	const struct suture_elf *elf = o->linked->elf;

	o->size = 0;
	for (size_t i = 0; i < elf->nr_phdrs; i++)
		if (elf->phdrs[i].p_type == PT_LOAD)
			o->size = elf->phdrs[i].p_vaddr + elf->phdrs[i].p_memsz;
	o->size = (o->size + 4095) & ~4095UL;
	o->base = originals_room(target, distance, o->size);
	for (size_t i = 0; i < elf->nr_phdrs; i++)
		if (elf->phdrs[i].p_type == PT_LOAD)
			memcpy(o->base + elf->phdrs[i].p_vaddr, elf->image + elf->phdrs[i].p_offset,
			       elf->phdrs[i].p_filesz);
	for (size_t i = 0; i < o->linked->nr_rels; i++) {
		const struct suture_rel *rel = &o->linked->rels[i];

		cr_assert_eq(rel->kind, SUTURE_DYN_GLOB_DAT, "%s", rel->name);
		*(uint64_t *)(o->base + rel->offset) =
			target + strtoull(strrchr(rel->name, '.') + 1, NULL, 16);
	}
	/* the text and the words share pages in this simple layout */
	cr_assert_eq(mprotect(o->base, o->size, PROT_READ | PROT_EXEC), 0);
}

static inline void originals_unmap(struct originals *o)
{
	cr_assert_eq(munmap(o->base, o->size), 0);
}

static inline void *originals_at(const struct originals *o, const char *name)
{
	const struct suture_symbol *s;
	char symbol[300];

	snprintf(symbol, sizeof(symbol), SUTURE_ORIGINAL_PREFIX "%s", name);
	cr_assert_eq(suture_lookup(o->linked, symbol, &s, 1), 1, "%s", symbol);
	return o->base + s->value;
}

static inline void originals_end(struct originals *o)
{
	suture_target_close(o->linked);
	free(o->words);
	free(o->last);
	run("rm -r %s", o->dir);
}

/* Where a library is in this process. */
static inline uintptr_t originals_base(void *lib)
{
	struct link_map *map;

	cr_assert_eq(dlinfo(lib, RTLD_DI_LINKMAP, &map), 0);
	return map->l_addr;
}

/* Writes over text. */
static inline void originals_poke(uintptr_t at, const void *bytes, size_t len)
{
	uintptr_t page = at & ~4095UL;

	cr_assert_eq(mprotect((void *)page, at + len - page,
			      PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	memcpy((void *)at, bytes, len);
	cr_assert_eq(mprotect((void *)page, at + len - page, PROT_READ | PROT_EXEC), 0);
}

#endif /* ORIGINAL_WORK_H */
