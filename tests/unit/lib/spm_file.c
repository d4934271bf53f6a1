// SPDX-License-Identifier: GPL-2.0
/* The valid patch module that tests damage, and how a file is read. */
#include "spm_file.h"
#include <assert.h>
#include <stdlib.h>

#define DESC_OFF	offsetof(struct sample, desc)

_Static_assert(DESC_OFF % 8 == 0, "descriptor must be aligned in the file");
_Static_assert(sizeof(struct sample) == 3 * PAGE + 64, "layout of the sample");

__u32 sample_string(struct sample *s, const char *text)
{
	struct suture_table *t = &s->desc.head.strings;
	__u32 off = t->count;
	size_t size = strlen(text) + 1;

	assert(off + size <= NR_STRINGS);
	memcpy(s->desc.strings + off, text, size);
	t->count += size;
	return off;
}

static void table(struct suture_table *t, size_t offset, __u32 count)
{
	t->offset = offset - DESC_OFF;
	t->count = count;
}

static void load(Elf64_Phdr *ph, __u64 at, __u64 filesz, __u64 memsz, __u32 flags)
{
	*ph = (Elf64_Phdr) {
		.p_type = PT_LOAD, .p_flags = flags, .p_offset = at, .p_vaddr = at,
		.p_paddr = at, .p_filesz = filesz, .p_memsz = memsz, .p_align = PAGE,
	};
}

static void note(Elf64_Phdr *ph, __u64 at, __u64 size)
{
	*ph = (Elf64_Phdr) {
		.p_type = PT_NOTE, .p_flags = PF_R, .p_offset = at, .p_vaddr = at,
		.p_paddr = at, .p_filesz = size, .p_memsz = size, .p_align = 4,
	};
}

static void init_elf(struct sample *s, __u16 machine)
{
	memcpy(s->eh.e_ident, ELFMAG, SELFMAG);
	s->eh.e_ident[EI_CLASS] = ELFCLASS64;
	s->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	s->eh.e_ident[EI_VERSION] = EV_CURRENT;
	s->eh.e_type = ET_DYN;
	s->eh.e_machine = machine;
	s->eh.e_version = EV_CURRENT;
	s->eh.e_phoff = offsetof(struct sample, ph);
	s->eh.e_ehsize = sizeof(Elf64_Ehdr);
	s->eh.e_phentsize = sizeof(Elf64_Phdr);
	s->eh.e_phnum = NR_PHDRS;
	note(&s->ph[PH_NOTE_OTHER], offsetof(struct sample, other_nhdr), 36);
	load(&s->ph[PH_HEAD], 0, PAGE, PAGE, PF_R);
	load(&s->ph[PH_TEXT], TEXT_VADDR, PAGE, PAGE, PF_R | PF_X);
	load(&s->ph[PH_DATA], DATA_VADDR, PAGE, DATA_MEMSZ, PF_R | PF_W);
	note(&s->ph[PH_NOTE], offsetof(struct sample, nhdr),
	     DESC_OFF + sizeof(s->desc) - offsetof(struct sample, nhdr));

	s->other_nhdr[0] = 4;
	s->other_nhdr[1] = 20;
	s->other_nhdr[2] = 3;	/* NT_GNU_BUILD_ID */
	memcpy(s->other_name, "GNU", 4);
	memset(s->other_desc, 0xab, sizeof(s->other_desc));
	s->nhdr[0] = sizeof(SUTURE_NOTE_NAME);
	s->nhdr[1] = sizeof(s->desc);
	s->nhdr[2] = SUTURE_NOTE_TYPE;
	memcpy(s->nname, SUTURE_NOTE_NAME, sizeof(SUTURE_NOTE_NAME));
}

static void init_objects(struct sample *s)
{
	static const __u32 roles[] = {
		SUTURE_ROLE_TARGET, SUTURE_ROLE_NEEDED, SUTURE_ROLE_TARGET,
	};
	static const char *const names[] = { "libone.so.1", "libc.so.6", "program" };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct suture_object *o = &s->desc.objects[i];

		o->role = roles[i];
		o->name = sample_string(s, names[i]);
		/* the first two differ in their length alone */
		o->build_id_len = i == 1 ? 19 : 20;
		memset(o->build_id, i == 2 ? 0x33 : 0x11, o->build_id_len);
	}
}

static void init_code(struct sample *s, bool arm)
{
	static const __u8 x86_start[] = { 0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0xc3 };
	static const __u8 arm_start[] = { 0x3f, 0x23, 0x03, 0xd5, 0xfd, 0x7b, 0xbf, 0xa9 };
	static const __u8 x86_call[] = { 0xe8, 0x12, 0x34, 0x00, 0x00 };
	static const __u8 arm_call[] = { 0x34, 0x12, 0x00, 0x94 };
	struct sample_desc *d = &s->desc;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		struct suture_func *f = &d->funcs[i];

		f->object = i == 2 ? 2 : 0;
		f->name = sample_string(s, i == 0 ? "one" : i == 1 ? "two" : "three");
		f->old_addr = 0x5000 + 0x100 * (i % 2);
		f->old_size = 0x100;	/* the first two touch */
		f->new_addr = TEXT_VADDR + 0x40 * i;
		f->branch_at = i == 0 ? 4 : 0;
		f->old_len = arm ? sizeof(arm_start) : sizeof(x86_start);
		memcpy(f->old_bytes, arm ? arm_start : x86_start, f->old_len);
	}
	for (i = 0; i < 2; i++) {
		struct suture_range *r = &d->ranges[i];
		struct suture_site *t = &d->sites[i];

		r->func = i;
		r->size = 0x20;
		r->addr = 0x9000 + 0x20 * i;
		t->object = 2;
		t->name = sample_string(s, i ? "three+0x15" : "three+0x10");
		t->old_len = arm ? sizeof(arm_call) : sizeof(x86_call);
		t->addr = 0x7000 + t->old_len * i;	/* they touch */
		t->new_addr = TEXT_VADDR + PAGE - 4;
		memcpy(t->old_bytes, arm ? arm_call : x86_call, t->old_len);
	}
	for (i = 0; i < 5; i++) {
		d->hooks[i].kind = SUTURE_HOOK_PRE_PATCH + i % 4;
		d->hooks[i].addr = TEXT_VADDR + 0x200 + 0x10 * i;
	}
	d->head.hook_enter = TEXT_VADDR + 0x300;
	d->head.hook_leave = TEXT_VADDR + 0x340;
	d->head.hook_stack = SUTURE_HOOK_STACK_MIN;
	d->head.hook_limit_ms = SUTURE_HOOK_LIMIT_MAX;
}

static void init_states(struct sample *s)
{
	struct sample_desc *d = &s->desc;

	d->states[0] = (struct suture_state) { .id = 0, .version = 7, .slot = DATA_VADDR + 0x20 };
	d->states[1] = (struct suture_state) {		/* it touches the first one */
		.id = 0xffffffff, .slot = DATA_VADDR + 0x20 + sizeof(struct suture_state_slot),
	};
	d->replaces[0] = sample_string(s, "an-earlier.one");
	d->replaces[1] = sample_string(s, "n23456789.123456789.123456789.123456789.1234567");
}

static void init_relocs(struct sample *s)
{
	struct suture_reloc *r = s->desc.relocs;

	r[0] = (struct suture_reloc) { .offset = DATA_VADDR, .object = 0, .addend = 0x5000 };
	r[1] = (struct suture_reloc) { .offset = DATA_VADDR + 8, .object = 1, .addend = -1 };
	r[2] = (struct suture_reloc) { .offset = DATA_VADDR + 16, .object = 2 };
	r[3] = (struct suture_reloc) {		/* the last word, zero-filled */
		.offset = DATA_VADDR + DATA_MEMSZ - 8, .object = SUTURE_SELF, .addend = 0x1040,
	};
}

void sample_init(struct sample *s, __u16 machine)
{
	struct suture_note *h = &s->desc.head;

	memset(s, 0, sizeof(*s));
	init_elf(s, machine);
	memset(s->text, 0xcc, sizeof(s->text));
	memset(s->data, 0xdd, sizeof(s->data));
	memset(s->tail, 0xee, sizeof(s->tail));

	h->size = sizeof(*h);
	h->format = SUTURE_NOTE_FORMAT;
	h->machine = machine;
	h->flags = SUTURE_NOTE_QUIESCENT;
	table(&h->objects, offsetof(struct sample, desc.objects), 3);
	table(&h->funcs, offsetof(struct sample, desc.funcs), 3);
	table(&h->ranges, offsetof(struct sample, desc.ranges), 2);
	table(&h->sites, offsetof(struct sample, desc.sites), 2);
	table(&h->hooks, offsetof(struct sample, desc.hooks), 5);
	table(&h->states, offsetof(struct sample, desc.states), 2);
	table(&h->replaces, offsetof(struct sample, desc.replaces), 2);
	table(&h->relocs, offsetof(struct sample, desc.relocs), 4);
	table(&h->strings, offsetof(struct sample, desc.strings), 1);	/* the first NUL */
	h->name = sample_string(s, "sample-1.0+fix_2");
	h->version = sample_string(s, "1.0");
	h->description = sample_string(s, "checks \xc3\xa4\xe2\x82\xac\xf0\x9f\xa9\xb9");
	h->cve = sample_string(s, "CVE-2026-0001");
	h->license = sample_string(s, "GPL-2.0");
	h->author = 0;	/* the empty string */
	init_objects(s);
	init_code(s, machine == EM_AARCH64);
	init_states(s);
	init_relocs(s);
}

/* A copy that ends where the allocation ends; not NULL for no bytes either. */
static void *exact(const void *bytes, size_t len)
{
	void *copy = malloc(len ? len : 1);

	if (!copy)
		abort();
	return memcpy(copy, bytes, len);
}

void parse_file(const void *file, size_t size, struct parsed *p)
{
	size_t head_len = size < SPM_HEADER_MAX ? size : SPM_HEADER_MAX;
	void *head = exact(file, head_len);
	unsigned int i;

	memset(p, 0, sizeof(*p));
	p->elf_ret = p->ret = spm_parse_elf(head, head_len, size, true, &p->elf, &p->why);
	free(head);
	if (p->ret)
		return;

	for (i = 0; i < p->elf.nr_notes && !p->desc; i++) {
		size_t len = p->elf.notes[i].size;
		void *notes = exact((const char *)file + p->elf.notes[i].offset, len);
		const void *desc = spm_find_note(notes, len, SUTURE_NOTE_NAME,
						 SUTURE_NOTE_TYPE, &p->desc_len);

		if (desc)
			p->desc = exact(desc, p->desc_len);
		free(notes);
	}
	if (!p->desc) {
		p->ret = -ENOEXEC;
		p->why = "no suture note";
		return;
	}
	p->ret = spm_parse_note(p->desc, p->desc_len, &p->elf, &p->note, &p->why);
}

void parsed_free(struct parsed *p)
{
	free(p->desc);
	p->desc = NULL;
}
