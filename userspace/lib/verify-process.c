// SPDX-License-Identifier: GPL-2.0-only
/*
 * One process: each place of each patch, the rest of the functions concerned, and
 * the patches' own text.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "verify-int.h"

#define PLACE_MAX	16	/* bytes that a patch changes at one place */
#define CHUNK		4096
#define HOLDER_FILE	(-1)	/* the bytes are the file's */
#define HOLDER_FOREIGN	(-2)
#define HOLDER_UNREAD	(-3)

/* One place of a patch in an object: an entry or a call. */
struct place {
	uint64_t addr;		/* in the object */
	uint64_t new_addr;	/* in the patch */
	uint8_t len;		/* bytes that change */
	const uint8_t *site;	/* old bytes of a call; NULL: an entry */
	uint32_t object;
	uint32_t name;
};

/* Places of a patch that lead to it, do not, or lead to one that came later. */
struct tally {
	unsigned int yes, no, above;
};

struct work {
	struct suture_verifier *v;
	struct suture_image image;
	struct suture_verify_proc *proc;
	const struct suture_image_copy *copy;	/* at work on */
	struct tally *tallies;			/* of each patch */
};

static const struct spm_note *note_of(const struct work *w, unsigned int patch)
{
	return &w->v->verify->spms[patch]->note;
}

static uint32_t nr_places(const struct spm_note *note)
{
	return note->nr_funcs + note->nr_sites;
}

static struct place place_of(const struct spm_note *note, uint32_t number)
{
	if (number < note->nr_funcs) {
		const struct suture_func *f = &note->funcs[number];

		return (struct place) {
			.addr = f->old_addr + f->branch_at,
			.new_addr = f->new_addr,
			.len = note->head->machine == EM_X86_64 ? 5 : 4,
			.object = f->object,
			.name = f->name,
		};
	}
	const struct suture_site *s = &note->sites[number - note->nr_funcs];

	return (struct place) {
		.addr = s->addr,
		.new_addr = s->new_addr,
		.len = s->old_len,
		.site = s->old_bytes,
		.object = s->object,
		.name = s->name,
	};
}

/* What stands at @at when the place leads to @to. */
static void expected_bytes(uint16_t machine, const struct place *place, uint64_t at, uint64_t to,
			   uint8_t bytes[PLACE_MAX])
{
	unsigned int prefix = place->site && place->site[0] == 0xff;
	uint32_t word;

	if (machine == EM_AARCH64) {
		word = 0x14000000 | ((to - at) >> 2 & 0x3ffffff);
		/* bl stays bl */
		if (place->site)
			word |= (uint32_t)place->site[3] << 24 & 0x80000000;
		memcpy(bytes, &word, sizeof(word));
		return;
	}
	bytes[0] = 0x67;	/* in front of a call that was one byte longer */
	bytes[prefix] = prefix ? 0xe8 : place->site ? place->site[0] : 0xe9;
	word = to - (at + prefix + 5);
	memcpy(bytes + prefix + 1, &word, sizeof(word));
}

static bool file_offset(const struct suture_elf *elf, uint64_t addr, uint64_t *ret)
{
	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		const GElf_Phdr *ph = &elf->phdrs[i];

		if (ph->p_type != PT_LOAD || addr - ph->p_vaddr >= ph->p_filesz)
			continue;
		*ret = addr - ph->p_vaddr + ph->p_offset;
		return true;
	}
	return false;
}

/* Bytes of a breakpoint at @got that a known uprobe explains, 0: none. */
static size_t uprobe_len(const struct work *w, uint64_t addr, const uint8_t *got, size_t len)
{
	static const uint8_t brk[4] = { 0xa0, 0x00, 0x20, 0xd4 };	/* arm64's */
	const struct suture_image_file *file = w->copy->file;
	uint64_t offset;
	size_t n = file->elf->ehdr.e_machine == EM_X86_64 ? 1 : 4;

	if (len < n || (n == 1 ? *got != 0xcc : memcmp(got, brk, n)) ||
	    !file_offset(file->elf, addr, &offset))
		return 0;
	for (size_t i = 0; i < w->v->nr_uprobes; i++) {
		const struct suture_uprobe_at *u = &w->v->uprobes[i];

		if (u->offset == offset && u->dev == file->dev && u->inode == file->inode)
			return n;
	}
	return 0;
}

/* The first difference of @len bytes at @addr of the file at work; @len: none. */
static size_t first_difference(const struct work *w, uint64_t addr, const uint8_t *got,
			       const uint8_t *want, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		if (got[i] == want[i]) {
			i++;
			continue;
		}
		/* arm64: some of the four bytes may be the same */
		n = uprobe_len(w, addr + i, got + i, len - i);
		if (!n)
			return i;
		i += n;
	}
	return len;
}

/* Is it a mapping of that patch? */
static bool is_of(const struct work *w, const struct suture_image_copy *copy, unsigned int patch)
{
	return copy->file->spm && !strcmp(suture_spm_name(copy->file->spm),
					  suture_spm_name(w->v->verify->spms[patch]));
}

/* Which patch the bytes at @place lead to: its index, or HOLDER_*. */
static int holder(const struct work *w, const struct place *place, uint8_t got[PLACE_MAX])
{
	const struct suture_image_copy *copy = w->copy;
	const struct suture_verify *verify = w->v->verify;
	uint64_t at = copy->bias + place->addr;
	uint8_t bytes[PLACE_MAX];
	const uint8_t *want;

	if (suture_image_bytes(&w->image, at, got, place->len) != place->len)
		return HOLDER_UNREAD;
	want = suture_elf_bytes(copy->file->elf, place->addr, place->len, 0);
	if (want && first_difference(w, place->addr, got, want, place->len) == place->len)
		return HOLDER_FILE;

	for (unsigned int p = 0; p < verify->nr_patches; p++) {
		const struct spm_note *note = note_of(w, p);

		for (uint32_t i = 0; i < nr_places(note); i++) {
			struct place other = place_of(note, i);

			if (other.addr != place->addr || other.len != place->len ||
			    !suture_image_is(copy->file, &note->objects[other.object]))
				continue;
			for (size_t c = 0; c < w->image.nr_copies; c++) {
				const struct suture_image_copy *to = &w->image.copies[c];

				if (!is_of(w, to, p))
					continue;
				expected_bytes(note->head->machine, &other, at,
					       to->bias + other.new_addr, bytes);
				if (!memcmp(bytes, got, place->len))
					return p;
			}
		}
	}
	return HOLDER_FOREIGN;
}

static int nomem(struct work *w)
{
	return suture_error_nomem(w->v->err);
}

static void hex(const uint8_t *bytes, size_t len, char *buf, size_t size)
{
	size_t n = 0;

	*buf = '\0';
	for (size_t i = 0; i < len && n + 4 < size; i++)
		n += snprintf(buf + n, size - n, "%s%02x", i ? " " : "", bytes[i]);
}

static int add_bytes(struct work *w, enum suture_difference_kind kind, unsigned int patch,
		     const char *function, uint64_t addr, uint64_t offset, const uint8_t *got,
		     const uint8_t *want, size_t len, const char *what)
{
	struct suture_difference *d = suture_verify_add(w->proc, kind, patch, function);
	char is[64], was[64] = "";
	size_t show = len < SUTURE_DIFFERENCE_BYTES ? len : SUTURE_DIFFERENCE_BYTES;

	if (!d)
		return nomem(w);
	d->addr = w->copy->bias + addr;
	d->offset = offset;
	d->len = len;
	memcpy(d->got, got, show);
	if (want)
		memcpy(d->want, want, show);
	hex(got, show, is, sizeof(is));
	if (want)
		hex(want, show, was, sizeof(was));
	snprintf(d->text, sizeof(d->text), "%s: %s%s, not %s%s%s", what, is, show < len ? "..." : "",
		 was, show < len ? "..." : "", len == 1 && *got == 0xcc ? " (a breakpoint)" : "");
	return 0;
}

static int add_unread(struct work *w, unsigned int patch, const char *function, uint64_t addr)
{
	struct suture_difference *d =
		suture_verify_add(w->proc, SUTURE_DIFFERENT_UNREAD, patch, function);

	if (!d)
		return nomem(w);
	d->addr = w->copy->bias + addr;
	snprintf(d->text, sizeof(d->text), "its memory cannot be read");
	return 0;
}

/* Count what the places of @patch say in the copy at work. */
static int look_at_places(struct work *w, unsigned int patch)
{
	const struct spm_note *note = note_of(w, patch);
	bool chosen = w->v->verify->chosen[patch];
	uint8_t got[PLACE_MAX];
	int ret = 0;

	for (uint32_t i = 0; i < nr_places(note) && !ret; i++) {
		struct place place = place_of(note, i);
		const char *name = spm_string(note, place.name);
		const uint8_t *want;
		int who;

		if (!suture_image_is(w->copy->file, &note->objects[place.object]))
			continue;
		who = holder(w, &place, got);
		/* text that is elsewhere, or nowhere */
		if (!w->copy->exec && who < 0)
			continue;
		w->v->verify->nr_places += chosen;
		if (who == (int)patch)
			w->tallies[patch].yes++;
		else if (who == HOLDER_FILE || (who >= 0 && who < (int)patch))
			w->tallies[patch].no++;
		else if (who > (int)patch)
			w->tallies[patch].above++;
		else if (who == HOLDER_UNREAD && chosen)
			ret = add_unread(w, patch, name, place.addr);
		else if (who == HOLDER_FOREIGN && chosen) {
			want = suture_elf_bytes(w->copy->file->elf, place.addr, place.len, 0);
			ret = add_bytes(w, SUTURE_DIFFERENT_PLACE, patch, name, place.addr, 0, got,
					want, place.len,
					place.site ? "neither the file's call nor one to a patch"
						   : "neither the file's entry nor a branch to a patch");
		}
	}
	return ret;
}

/* Bytes of [addr, addr + len) that belong to some place get the value of @want. */
static void mask_places(const struct work *w, uint64_t addr, uint8_t *got, const uint8_t *want,
			size_t len)
{
	const struct suture_verify *verify = w->v->verify;

	for (unsigned int p = 0; p < verify->nr_patches; p++) {
		const struct spm_note *note = note_of(w, p);

		for (uint32_t i = 0; i < nr_places(note); i++) {
			struct place place = place_of(note, i);

			if (!suture_image_is(w->copy->file, &note->objects[place.object]))
				continue;
			for (uint64_t a = place.addr; a < place.addr + place.len; a++)
				if (a - addr < len)
					got[a - addr] = want[a - addr];
		}
	}
}

/* A run of text against the file: @kind and @base (of the function) for the report. */
static int compare_text(struct work *w, enum suture_difference_kind kind, unsigned int patch,
			const char *function, uint64_t base, uint64_t addr, uint64_t len)
{
	const char *what = kind == SUTURE_DIFFERENT_PATCH ? "not as in the patch module"
							  : "not as in the file";
	uint8_t got[CHUNK];
	int ret = 0;

	while (len && !ret) {
		size_t n = len < CHUNK ? len : CHUNK, at, end;
		const uint8_t *want = suture_elf_bytes(w->copy->file->elf, addr, n, 0);

		if (!want || suture_image_bytes(&w->image, w->copy->bias + addr, got, n) != n)
			return add_unread(w, patch, function, addr);
		w->v->verify->nr_bytes += n;
		if (kind == SUTURE_DIFFERENT_CODE)
			mask_places(w, addr, got, want, n);
		for (at = 0; at < n && !ret; at = end) {
			at += first_difference(w, addr + at, got + at, want + at, n - at);
			for (end = at; end < n && got[end] != want[end]; end++)
				;
			if (at < n)
				ret = add_bytes(w, kind, patch, function, addr + at,
						addr + at - base, got + at, want + at, end - at,
						what);
		}
		addr += n;
		len -= n;
	}
	return ret;
}

/* The functions of a patch in the copy at work, apart from the places. */
static int compare_functions(struct work *w, unsigned int patch)
{
	const struct spm_note *note = note_of(w, patch);
	uint32_t i;
	int ret = 0;

	for (i = 0; i < note->nr_funcs && !ret; i++) {
		const struct suture_func *f = &note->funcs[i];

		if (suture_image_is(w->copy->file, &note->objects[f->object]))
			ret = compare_text(w, SUTURE_DIFFERENT_CODE, patch,
					   spm_string(note, f->name), f->old_addr, f->old_addr,
					   f->old_size);
	}
	for (i = 0; i < note->nr_ranges && !ret; i++) {
		const struct suture_func *f = &note->funcs[note->ranges[i].func];

		if (suture_image_is(w->copy->file, &note->objects[f->object]))
			ret = compare_text(w, SUTURE_DIFFERENT_CODE, patch,
					   spm_string(note, f->name), f->old_addr,
					   note->ranges[i].addr, note->ranges[i].size);
	}
	return ret;
}

/* The patch's own text, in each of its mappings. */
static int compare_patch(struct work *w, unsigned int patch)
{
	const struct spm_elf *elf = &w->copy->file->spm->elf;
	int ret = 0;

	for (uint32_t i = 0; i < elf->nr_segments && !ret; i++)
		if (elf->segments[i].flags & PF_X)
			ret = compare_text(w, SUTURE_DIFFERENT_PATCH, patch, "", 0,
					   elf->segments[i].vaddr, elf->segments[i].filesz);
	return ret;
}

/* What all copies together say of one patch. */
static int conclude(struct work *w, unsigned int patch, enum suture_observed *ret)
{
	const struct tally *t = &w->tallies[patch];
	struct suture_difference *d;

	if (!t->yes && !t->no) {
		/* Later ones hold all places: whether it is mapped tells. */
		*ret = t->above ? SUTURE_OBSERVED_UNPATCHED : SUTURE_OBSERVED_NONE;
		for (size_t i = 0; t->above && i < w->image.nr_copies; i++)
			if (is_of(w, &w->image.copies[i], patch))
				*ret = SUTURE_OBSERVED_PATCHED;
		return 0;
	}
	*ret = t->yes ? SUTURE_OBSERVED_PATCHED : SUTURE_OBSERVED_UNPATCHED;
	if (!t->yes || !t->no)
		return 0;
	*ret = SUTURE_OBSERVED_HALF;
	if (!w->v->verify->chosen[patch])
		return 0;
	d = suture_verify_add(w->proc, SUTURE_DIFFERENT_HALF, patch, "");
	if (!d)
		return nomem(w);
	snprintf(d->text, sizeof(d->text), "%u of its places lead to the patch, %u do not", t->yes,
		 t->no);
	return 0;
}

static int look(struct work *w)
{
	const struct suture_verify *verify = w->v->verify;
	unsigned int p;
	int ret = 0;

	for (size_t i = 0; i < w->image.nr_copies && !ret; i++) {
		w->copy = &w->image.copies[i];
		for (p = 0; p < verify->nr_patches && !ret; p++) {
			if (!w->copy->file->spm) {
				ret = look_at_places(w, p);
				if (!ret && verify->chosen[p] && w->copy->exec)
					ret = compare_functions(w, p);
				continue;
			}
			if (verify->chosen[p] && w->copy->exec && is_of(w, w->copy, p))
				ret = compare_patch(w, p);
		}
	}
	for (p = 0; p < verify->nr_patches && !ret; p++)
		ret = conclude(w, p, &w->proc->observed[p]);
	return ret;
}

struct suture_difference *suture_verify_add(struct suture_verify_proc *proc,
					    enum suture_difference_kind kind, unsigned int patch,
					    const char *function)
{
	struct suture_difference *more, *d;

	more = reallocarray(proc->diffs, proc->nr_diffs + 1, sizeof(*more));
	if (!more)
		return NULL;
	proc->diffs = more;
	d = &more[proc->nr_diffs++];
	memset(d, 0, sizeof(*d));
	d->kind = kind;
	d->patch = patch;
	suture_text_clean_buf(function, 0, d->function, sizeof(d->function));
	return d;
}

void suture_verify_proc_free(struct suture_verify_proc *proc)
{
	free(proc->observed);
	free(proc->diffs);
	proc->observed = NULL;
	proc->diffs = NULL;
	proc->nr_diffs = 0;
}

int suture_verify_process(struct suture_verifier *v, pid_t pid, struct suture_verify_proc *ret)
{
	size_t nr = v->verify->nr_patches;
	struct work w = { .v = v, .proc = ret };
	int r;

	memset(ret, 0, sizeof(*ret));
	r = suture_image_read(v->files, pid, &w.image, v->err);
	if (r)
		return r;
	ret->pid = pid;
	ret->start_ticks = w.image.start_ticks;
	memcpy(ret->comm, w.image.comm, sizeof(ret->comm));
	if (!w.image.nr_copies)
		goto out;
	ret->observed = calloc(nr + 1, sizeof(*ret->observed));
	w.tallies = calloc(nr + 1, sizeof(*w.tallies));
	r = ret->observed && w.tallies ? look(&w) : nomem(&w);
	free(w.tallies);
	if (r)
		suture_verify_proc_free(ret);
out:
	suture_image_close(&w.image);
	return r;
}
