// SPDX-License-Identifier: GPL-2.0
/* What the parser makes of files that are right, and of the edges of what is. */
#include "spm_file.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct sample sample;

static const __u16 machines[] = { EM_X86_64, EM_AARCH64 };

/* Parse a file that must be right. */
static void accept(const void *file, size_t size, struct parsed *p)
{
	const char *doubt;

	parse_file(file, size, p);
	cr_assert_eq(p->ret, 0, "refused: %s", p->why);
	cr_assert_null(p->why);
	doubt = doubt_parsed(p, size);
	cr_assert_null(doubt, "%s", doubt);
}

Test(spm_parse, valid_file)
{
	struct parsed p;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		const struct sample_desc *d;

		sample_init(&sample, machines[i]);
		accept(&sample, sizeof(sample), &p);
		cr_assert_eq(p.elf.type, ET_DYN);
		cr_assert_eq(p.elf.machine, machines[i]);
		cr_assert_eq(p.elf.nr_notes, 2);
		cr_assert_eq(p.elf.notes[1].offset, offsetof(struct sample, nhdr));
		cr_assert_eq(p.elf.notes[1].size, 20 + sizeof(sample.desc));
		cr_assert_eq(p.elf.nr_segments, 3);
		cr_assert_eq(p.elf.segments[2].vaddr, DATA_VADDR);
		cr_assert_eq(p.elf.segments[2].offset, 2 * PAGE);
		cr_assert_eq(p.elf.segments[2].filesz, PAGE);
		cr_assert_eq(p.elf.segments[2].memsz, DATA_MEMSZ);
		cr_assert_eq(p.elf.segments[2].flags, PF_R | PF_W);
		cr_assert_eq(p.elf.segments[1].flags, PF_R | PF_X);

		d = p.desc;
		cr_assert_eq(p.desc_len, sizeof(*d));
		cr_assert_eq(p.note.head, &d->head);
		cr_assert(p.note.objects == d->objects && p.note.nr_objects == 3);
		cr_assert(p.note.funcs == d->funcs && p.note.nr_funcs == 3);
		cr_assert(p.note.ranges == d->ranges && p.note.nr_ranges == 2);
		cr_assert(p.note.sites == d->sites && p.note.nr_sites == 2);
		cr_assert(p.note.hooks == d->hooks && p.note.nr_hooks == 5);
		cr_assert(p.note.states == d->states && p.note.nr_states == 2);
		cr_assert(p.note.replaces == d->replaces && p.note.nr_replaces == 2);
		cr_assert(p.note.relocs == d->relocs && p.note.nr_relocs == 4);
		cr_assert(p.note.strings == d->strings);
		cr_assert_eq(p.note.strings_size, sample.desc.head.strings.count);
		cr_assert_str_eq(spm_string(&p.note, d->head.name), "sample-1.0+fix_2");
		cr_assert_str_eq(spm_string(&p.note, d->funcs[2].name), "three");
		parsed_free(&p);
	}
}

/* One object, one site, nothing else. */
Test(spm_parse, smallest_note)
{
	struct suture_note *h = &sample.desc.head;
	struct parsed p;

	sample_init(&sample, EM_X86_64);
	h->flags = 0;
	h->objects.count = h->sites.count = 1;
	h->funcs.count = h->ranges.count = h->hooks.count = h->relocs.count = 0;
	h->states.count = h->replaces.count = 0;
	h->hook_enter = h->hook_leave = h->hook_stack = h->hook_limit_ms = 0;
	sample.desc.sites[0].object = 0;
	accept(&sample, sizeof(sample), &p);
	cr_assert(p.note.nr_funcs == 0 && !p.note.funcs);
	cr_assert(p.note.nr_ranges == 0 && !p.note.ranges);
	cr_assert(p.note.nr_hooks == 0 && !p.note.hooks);
	cr_assert(p.note.nr_states == 0 && !p.note.states);
	cr_assert(p.note.nr_replaces == 0 && !p.note.replaces);
	cr_assert(p.note.nr_relocs == 0 && !p.note.relocs);
	parsed_free(&p);
	/* or one function */
	h->sites.count = 0;
	h->funcs.count = 1;
	accept(&sample, sizeof(sample), &p);
	cr_assert(p.note.nr_sites == 0 && !p.note.sites);
	parsed_free(&p);
}

/* The offset of an empty table means nothing, as long as it is aligned. */
Test(spm_parse, empty_table_anywhere)
{
	static const __u32 offsets[] = { 0, 8, 0x7ffffff8, 0xfffffff8 };
	struct suture_table *t = &sample.desc.head.ranges;
	struct parsed p;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		sample_init(&sample, EM_X86_64);
		t->count = 0;
		t->offset = offsets[i];
		accept(&sample, sizeof(sample), &p);
		cr_assert(!p.note.ranges);
		parsed_free(&p);
	}
}

/* Tables that touch, in any order, and one that ends with the descriptor. */
Test(spm_parse, tables_touch)
{
	struct suture_note *h = &sample.desc.head;
	struct parsed p;

	sample_init(&sample, EM_X86_64);
	h->hooks.offset = sizeof(struct sample_desc) - 16;	/* the slack */
	h->hooks.count = 1;
	memcpy(sample.desc.slack, &sample.desc.hooks[0], 16);
	accept(&sample, sizeof(sample), &p);
	cr_assert_eq((const char *)p.note.hooks, ((struct sample_desc *)p.desc)->slack);
	parsed_free(&p);
}

/* -------------------------------------------------- as much as there may be */

struct big {
	struct suture_note head;
	struct suture_object objects[SUTURE_MAX_OBJECTS];
	struct suture_func funcs[SUTURE_MAX_FUNCS];
	struct suture_range ranges[SUTURE_MAX_RANGES];
	struct suture_site sites[SUTURE_MAX_SITES];
	struct suture_hook hooks[SUTURE_MAX_HOOKS];
	struct suture_state states[SUTURE_MAX_STATES];
	__u32 replaces[SUTURE_MAX_REPLACES];
	struct suture_reloc relocs[SUTURE_MAX_RELOCS];
	char strings[];
};

static void init_big(struct big *b, struct spm_elf *elf, __u32 strings_size)
{
	static const __u8 call[] = { 0xe8, 1, 2, 3, 4 };
	unsigned int i;

	*elf = (struct spm_elf) {
		.type = ET_DYN, .machine = EM_X86_64, .nr_segments = 2, .segments = {
			{ 0x1000, 0x1000, 0x1000, 0x1000, PF_R | PF_X },
			{ 0x2000, 8 * SUTURE_MAX_RELOCS, 0x2000, 0, PF_R | PF_W },
		},
	};
	b->head = (struct suture_note) {
		.size = sizeof(b->head), .format = SUTURE_NOTE_FORMAT, .machine = EM_X86_64,
		.objects = { offsetof(struct big, objects), SUTURE_MAX_OBJECTS },
		.funcs = { offsetof(struct big, funcs), SUTURE_MAX_FUNCS },
		.ranges = { offsetof(struct big, ranges), SUTURE_MAX_RANGES },
		.sites = { offsetof(struct big, sites), SUTURE_MAX_SITES },
		.hooks = { offsetof(struct big, hooks), SUTURE_MAX_HOOKS },
		.states = { offsetof(struct big, states), SUTURE_MAX_STATES },
		.replaces = { offsetof(struct big, replaces), SUTURE_MAX_REPLACES },
		.relocs = { offsetof(struct big, relocs), SUTURE_MAX_RELOCS },
		.strings = { offsetof(struct big, strings), strings_size },
		.name = 1, .version = 1 + SUTURE_NAME_MAX,
		.hook_enter = 0x1fff, .hook_leave = 0x1000,
		.hook_stack = SUTURE_HOOK_STACK_MAX, .hook_limit_ms = SUTURE_HOOK_LIMIT_MAX,
		.flags = SUTURE_NOTE_FLAGS,
	};
	memset(b->strings + 1, 'n', SUTURE_NAME_MAX - 1);
	memset(b->strings + 1 + SUTURE_NAME_MAX, 't', SUTURE_TEXT_MAX - 1);
	for (i = 0; i < SUTURE_MAX_OBJECTS; i++) {
		b->objects[i].role = SUTURE_ROLE_TARGET;
		b->objects[i].name = 1;
		b->objects[i].build_id_len = i ? SUTURE_BUILD_ID_MAX : 1;
		b->objects[i].build_id[0] = i;
	}
	for (i = 0; i < SUTURE_MAX_FUNCS; i++) {
		b->funcs[i].object = i % SUTURE_MAX_OBJECTS;
		b->funcs[i].name = 1 + SUTURE_NAME_MAX;
		b->funcs[i].old_size = 5;
		b->funcs[i].old_addr = ~0ULL - 5 * (i + 1);
		b->funcs[i].new_addr = 0x1fff;
		b->funcs[i].old_len = i ? SUTURE_OLD_BYTES_MAX : 5;
	}
	for (i = 0; i < SUTURE_MAX_RANGES; i++) {
		b->ranges[i].func = SUTURE_MAX_FUNCS - 1;
		b->ranges[i].size = 0xffffffff;
		b->ranges[i].addr = ~0ULL - 0xffffffff;
	}
	for (i = 0; i < SUTURE_MAX_SITES; i++) {
		b->sites[i].addr = 16 * i;
		b->sites[i].new_addr = 0x1000;
		b->sites[i].name = 1 + SUTURE_NAME_MAX;
		b->sites[i].old_len = 5;
		memcpy(b->sites[i].old_bytes, call, sizeof(call));
	}
	for (i = 0; i < SUTURE_MAX_HOOKS; i++) {
		b->hooks[i].kind = i % 4 + 1;
		b->hooks[i].addr = 0x1000;
	}
	for (i = 0; i < SUTURE_MAX_STATES; i++) {
		b->states[i].id = i;
		b->states[i].slot = 0x2000 + 24 * i;
		b->replaces[i] = 1;
	}
	for (i = 0; i < SUTURE_MAX_RELOCS; i++) {
		b->relocs[i].offset = 0x2000 + 8 * i;
		b->relocs[i].object = SUTURE_MAX_OBJECTS - 1;
	}
}

Test(spm_parse, largest_note)
{
	size_t len = SUTURE_NOTE_MAX;
	struct big *b = calloc(1, len);
	struct spm_note note;
	struct spm_elf elf;
	const char *why, *doubt;

	cr_assert(b);
	init_big(b, &elf, len - sizeof(*b));
	cr_assert_eq(spm_parse_note(b, len, &elf, &note, &why), 0, "refused: %s", why);
	doubt = doubt_note(&note, b, len, &elf);
	cr_assert_null(doubt, "%s", doubt);
	cr_assert_eq(note.nr_relocs, SUTURE_MAX_RELOCS);

	/* One byte more of anything is too much. */
	b = realloc(b, len + 1);
	cr_assert(b);
	cr_assert_eq(spm_parse_note(b, len + 1, &elf, &note, &why), -ENOEXEC);
	cr_assert_str_eq(why, "note is too large");
	b->strings[SUTURE_NAME_MAX] = 'n';
	b->strings[SUTURE_NAME_MAX + 1] = 0;
	cr_assert_eq(spm_parse_note(b, len, &elf, &note, &why), -ENOEXEC);
	cr_assert_str_eq(why, "string is too long");
	free(b);
}

/* ------------------------------------------------------------- ELF headers */

static int parse_elf(bool strict, struct spm_elf *elf, const char **why)
{
	int ret = spm_parse_elf(&sample, SPM_HEADER_MAX, sizeof(sample), strict, elf, why);

	if (!ret)
		cr_assert_null(doubt_elf(elf, sizeof(sample), strict));
	return ret;
}

/* What the caller has read beyond the bound changes nothing. */
Test(spm_parse, header_bound)
{
	struct spm_elf elf;
	const char *why;
	__u64 last = SPM_HEADER_MAX - sizeof(sample.ph);
	__u64 end = offsetof(struct sample, ph) + sizeof(sample.ph);

	sample_init(&sample, EM_X86_64);
	memcpy(sample.first_page + last, sample.ph, sizeof(sample.ph));
	sample.eh.e_phoff = last;
	cr_assert_eq(parse_elf(true, &elf, &why), 0, "refused: %s", why);
	sample.eh.e_phoff = last + 1;
	cr_assert_eq(spm_parse_elf(&sample, sizeof(sample), sizeof(sample), true, &elf, &why),
		     -ENOEXEC);
	cr_assert_str_eq(why, "program headers outside the beginning of the file");
	/* A buffer that is longer than the file is read as far as the file. */
	sample.eh.e_phoff = sizeof(sample.eh);
	cr_assert_eq(spm_parse_elf(&sample, sizeof(sample), end - 1, false, &elf, &why),
		     -ENOEXEC);
	cr_assert_eq(spm_parse_elf(&sample, sizeof(sample), end, false, &elf, &why), 0);
}

Test(spm_parse, unaligned_buffer)
{
	static __u8 buf[SPM_HEADER_MAX + 1];
	struct spm_elf elf;
	const char *why;

	sample_init(&sample, EM_X86_64);
	memcpy(buf + 1, &sample, SPM_HEADER_MAX);
	cr_assert_eq(spm_parse_elf(buf + 1, SPM_HEADER_MAX, sizeof(sample), true, &elf, &why), 0);
	cr_assert_eq(elf.nr_segments, 3);
}

/* As many segments and notes as there may be, and the highest address. */
Test(spm_parse, most_segments)
{
	struct spm_elf elf;
	const char *why;
	unsigned int i;

	sample_init(&sample, EM_X86_64);
	for (i = 0; i < SUTURE_MAX_SEGMENTS; i++) {
		sample.ph[i] = sample.ph[PH_TEXT];
		sample.ph[i].p_vaddr = 0x1000 + i * PAGE;
	}
	sample.ph[0].p_offset = sizeof(sample) - 64;
	sample.ph[0].p_filesz = sample.ph[0].p_memsz = 64;
	sample.ph[i - 1].p_vaddr = (64 << 20) - PAGE;
	cr_assert_eq(parse_elf(true, &elf, &why), 0, "refused: %s", why);
	cr_assert_eq(elf.nr_segments, SUTURE_MAX_SEGMENTS);

	for (i = 1; i < NR_PHDRS; i++)
		sample.ph[i] = sample.ph[PH_NOTE_OTHER];
	for (i = 1; i < NR_PHDRS; i++) {
		sample.ph[i].p_type = PT_NOTE;
		sample.ph[i].p_filesz = 36;
	}
	cr_assert_eq(parse_elf(true, &elf, &why), 0, "refused: %s", why);
	cr_assert_eq(elf.nr_notes, NR_PHDRS - 1);
}

/* A target is not held to the rules of a patch. */
Test(spm_parse, targets)
{
	static struct { Elf64_Ehdr eh; Elf64_Phdr ph[SPM_MAX_PHDRS]; } t;
	struct spm_elf elf;
	const char *why;
	unsigned int i;

	sample_init(&sample, EM_X86_64);
	t.eh = sample.eh;
	t.eh.e_phnum = SPM_MAX_PHDRS;
	t.eh.e_type = ET_EXEC;
	t.eh.e_machine = EM_386;	/* the caller's to judge */
	for (i = 0; i < SPM_MAX_PHDRS; i++)
		t.ph[i] = sample.ph[i % 2 ? PH_TEXT : PH_NOTE];
	t.ph[0].p_offset = ~0ULL;	/* these two are left out */
	t.ph[1].p_filesz = ~0ULL;
	t.ph[3].p_vaddr = ~0ULL;
	t.ph[3].p_memsz = ~0ULL;
	t.ph[3].p_flags = ~0U;
	cr_assert_eq(spm_parse_elf(&t, sizeof(t), sizeof(sample), false, &elf, &why), 0);
	cr_assert_eq(elf.type, ET_EXEC);
	cr_assert_eq(elf.machine, EM_386);
	cr_assert_eq(elf.nr_segments, SUTURE_MAX_SEGMENTS);
	cr_assert_eq(elf.nr_notes, SUTURE_MAX_SEGMENTS);
	cr_assert_eq(elf.segments[0].vaddr, ~0ULL);
	cr_assert_null(doubt_elf(&elf, sizeof(sample), false));
}

/* ------------------------------------------------------------------- notes */

Test(spm_parse, find_note)
{
	static const __u32 none[] = { 0, 0, 7 };	/* no name, no descriptor */
	struct { __u32 nhdr[3]; char name[4]; char desc[6], pad[2]; } n = {
		.nhdr = { 4, 6, 5 }, .name = "abc", .desc = "hello",
	};
	__u8 buf[64];
	size_t len;
	const void *desc;

	memcpy(buf, none, 12);
	memcpy(buf + 12, &n, sizeof(n));
	memcpy(buf + 12 + sizeof(n), &n, 22);	/* the last one's padding is missing */
	buf[12 + sizeof(n) + 8] = 9;
	desc = spm_find_note(buf, 58, "abc", 5, &len);
	cr_assert(desc == buf + 28 && len == 6);
	desc = spm_find_note(buf, 58, "abc", 9, &len);
	cr_assert(desc == buf + 52 && len == 6);
	cr_assert_null(spm_find_note(buf, 57, "abc", 9, &len));
	cr_assert_eq(len, 0);
	cr_assert_null(spm_find_note(buf, 58, "abd", 5, &len));
	cr_assert_null(spm_find_note(buf, 58, "ab", 5, &len));
	cr_assert_null(spm_find_note(buf, 58, "abcd", 5, &len));
	cr_assert_null(spm_find_note(buf, 58, "abc", 7, &len));
	cr_assert_null(spm_find_note(buf, 0, "abc", 5, &len));
	/* A size that leads out of the bytes ends the search, also through a wrap. */
	memset(buf, 0xff, 4);
	cr_assert_null(spm_find_note(buf, 58, "abc", 5, &len));
	memset(buf, 0, 4);
	memset(buf + 4, 0xff, 4);
	cr_assert_null(spm_find_note(buf, 58, "abc", 5, &len));
}

Test(spm_parse, vaddr_to_offset)
{
	static const struct spm_elf elf = {
		.nr_segments = 2, .segments = {
			{ .vaddr = 0x1000, .memsz = 0x800, .offset = 0x300, .filesz = 0x800,
			  .flags = PF_R | PF_X },
			{ .vaddr = ~0ULL - 0xff, .memsz = 0x100, .offset = 0x5000, .filesz = 0x80,
			  .flags = PF_R | PF_W },
		},
	};
	__u64 off;

	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x1000, 0x800, PF_R | PF_X, &off), 0);
	cr_assert_eq(off, 0x300);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x17ff, 1, 0, &off), 0);
	cr_assert_eq(off, 0xaff);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x17ff, 0, PF_X, &off), 0);
	cr_assert_eq(spm_vaddr_to_offset(&elf, ~0ULL - 0x80, 1, PF_W, &off), 0);
	cr_assert_eq(off, 0x507f);

	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x1000, 0x801, 0, &off), -ERANGE);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x1001, 0x800, 0, &off), -ERANGE);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0xfff, 1, 0, &off), -ERANGE);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x1800, 0, 0, &off), -ERANGE);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x1000, 1, PF_X | PF_W, &off), -ERANGE);
	cr_assert_eq(spm_vaddr_to_offset(&elf, 0x1001, ~0ULL, 0, &off), -ERANGE);
	/* zero-filled: nowhere in the file */
	cr_assert_eq(spm_vaddr_to_offset(&elf, ~0ULL - 0x7f, 1, PF_W, &off), -ERANGE);
	cr_assert_eq(spm_vaddr_to_offset(&elf, ~0ULL, 2, PF_W, &off), -ERANGE);
}
