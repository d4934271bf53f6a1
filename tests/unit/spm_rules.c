// SPDX-License-Identifier: GPL-2.0
/*
 * Each rule of the format: a valid file, changed to break that rule alone, is
 * refused with the rule's own words; and what a rule just allows is accepted.
 * tests/unit/mutants sees to it that no rule is without a test.
 */
#include "spm_file.h"
#include <criterion/criterion.h>

static struct sample sample;
static struct sample *const s = &sample;
static struct sample_desc *const d = &sample.desc;

static void refuse(int ret, const char *why)
{
	struct parsed p;
	const char *doubt;

	parse_file(s, sizeof(*s), &p);
	cr_assert_neq(p.ret, 0, "accepted");
	cr_assert_str_eq(p.why, why);
	cr_assert_eq(p.ret, ret);
	doubt = doubt_parsed(&p, sizeof(*s));
	cr_assert_null(doubt, "%s", doubt);
	parsed_free(&p);
}

static void accept(void)
{
	struct parsed p;
	const char *doubt;

	parse_file(s, sizeof(*s), &p);
	cr_assert_eq(p.ret, 0, "refused: %s", p.why);
	doubt = doubt_parsed(&p, sizeof(*s));
	cr_assert_null(doubt, "%s", doubt);
	parsed_free(&p);
}

/* RULE: x86-64, malformed. The last argument breaks the sample. */
#define RULE_AS(machine, ret, name, why, ...) \
	Test(spm_rules, name) { sample_init(s, machine); __VA_ARGS__; refuse(ret, why); }
#define RULE(name, why, ...)	RULE_AS(EM_X86_64, -ENOEXEC, name, why, __VA_ARGS__)
#define ARM_RULE(name, why, ...) RULE_AS(EM_AARCH64, -ENOEXEC, name, why, __VA_ARGS__)
#define UNKNOWN(name, why, ...)	RULE_AS(EM_X86_64, -EOPNOTSUPP, name, why, __VA_ARGS__)
#define ALLOWED(name, ...) \
	Test(spm_rules, name) { sample_init(s, EM_X86_64); __VA_ARGS__; accept(); }
#define ARM_ALLOWED(name, ...) \
	Test(spm_rules, name) { sample_init(s, EM_AARCH64); __VA_ARGS__; accept(); }

/* -------------------------------------------------------------- ELF header */

RULE(magic, "not an ELF file", s->eh.e_ident[3] = 'f')
RULE(class, "not a 64-bit ELF file", s->eh.e_ident[EI_CLASS] = ELFCLASS32)
RULE(endian, "not a little-endian ELF file", s->eh.e_ident[EI_DATA] = ELFDATA2MSB)
RULE(ident_version, "unknown ELF version", s->eh.e_ident[EI_VERSION] = 2)
RULE(elf_version, "unknown ELF version", s->eh.e_version = 2)
RULE(ehsize, "ELF header of another size", s->eh.e_ehsize++)
RULE(executable, "not a shared object", s->eh.e_type = ET_EXEC)
RULE(phentsize, "program headers of another size", s->eh.e_phentsize = 32)
RULE(no_phdrs, "no program headers", s->eh.e_phnum = 0)
RULE(many_phdrs, "too many program headers", s->eh.e_phnum = SPM_MAX_PHDRS + 1)
RULE(phdrs_on_ehdr, "program headers outside the beginning of the file",
     s->eh.e_phoff = sizeof(Elf64_Ehdr) - 1)
RULE(phdrs_far, "program headers outside the beginning of the file",
     s->eh.e_phoff = SPM_HEADER_MAX - sizeof(s->ph) + 1)
RULE(phdrs_beyond, "program headers outside the beginning of the file",
     s->eh.e_phoff = SPM_HEADER_MAX + 1)
RULE(phdrs_wrap, "program headers outside the beginning of the file",
     s->eh.e_phoff = -sizeof(s->ph))

Test(spm_rules, short_file)
{
	struct spm_elf elf;
	const char *why;

	sample_init(s, EM_X86_64);
	cr_assert_eq(spm_parse_elf(s, 63, 63, true, &elf, &why), -ENOEXEC);
	cr_assert_str_eq(why, "file is too short for an ELF header");
	s->eh.e_phnum = 0;
	cr_assert_eq(spm_parse_elf(s, 64, 64, true, &elf, &why), -ENOEXEC);
	cr_assert_str_eq(why, "no program headers");
}

/* Also a target is an executable or a shared object. */
Test(spm_rules, target_type)
{
	struct spm_elf elf;
	const char *why;

	sample_init(s, EM_X86_64);
	s->eh.e_type = ET_CORE;
	cr_assert_eq(spm_parse_elf(s, PAGE, sizeof(*s), false, &elf, &why), -ENOEXEC);
	cr_assert_str_eq(why, "neither a shared object nor an executable");
	s->eh.e_type = ET_EXEC;
	cr_assert_eq(spm_parse_elf(s, PAGE, sizeof(*s), false, &elf, &why), 0);
}

/* ---------------------------------------------------------------- segments */

RULE(segment_offset, "segment or note outside the file", s->ph[PH_DATA].p_offset = 1 << 20)
RULE(segment_size, "segment or note outside the file",
     s->ph[PH_DATA].p_filesz = s->ph[PH_DATA].p_memsz = PAGE + sizeof(s->tail) + 1)
RULE(segment_wrap, "segment or note outside the file", s->ph[PH_DATA].p_filesz = ~0ULL)
ALLOWED(segment_to_the_end,
	s->ph[PH_DATA].p_filesz = s->ph[PH_DATA].p_memsz = PAGE + sizeof(s->tail);
	d->head.relocs.count = 3)
RULE(segment_empty, "empty segment", s->ph[PH_HEAD].p_filesz = s->ph[PH_HEAD].p_memsz = 0)
RULE(segment_filesz, "segment has more bytes in the file than in memory",
     s->ph[PH_HEAD].p_memsz = s->ph[PH_HEAD].p_filesz - 1)
RULE(segment_high, "segment ends above 64 MiB",
     s->ph[PH_DATA].p_memsz = (64 << 20) - DATA_VADDR + 1)
ALLOWED(segment_64mib, s->ph[PH_DATA].p_memsz = (64 << 20) - DATA_VADDR)
RULE(segment_very_high, "segment ends above 64 MiB", s->ph[PH_DATA].p_vaddr = ~0ULL << 12)
RULE(segment_memsz_wrap, "segment ends above 64 MiB", s->ph[PH_DATA].p_memsz = ~0ULL)
RULE(segment_align_small, "segment alignment is not a power of two of a page at least",
     s->ph[PH_DATA].p_align = 2048)
RULE(segment_align_odd, "segment alignment is not a power of two of a page at least",
     s->ph[PH_DATA].p_align = 3 * PAGE)
RULE(segment_congruent, "segment's address and offset are not congruent",
     s->ph[PH_DATA].p_vaddr += 8)
RULE(segment_congruent_one, "segment's address and offset are not congruent",
     s->ph[PH_DATA].p_vaddr++)
RULE(segment_congruent_large, "segment's address and offset are not congruent",
     s->ph[PH_DATA].p_vaddr += PAGE; s->ph[PH_DATA].p_align = 2 * PAGE)
ALLOWED(segment_align_large, s->ph[PH_DATA].p_align = 2 * PAGE)
RULE(segment_flags, "unknown segment flags", s->ph[PH_DATA].p_flags |= 8)
RULE(segment_wx, "segment is writable and executable", s->ph[PH_DATA].p_flags |= PF_X)
RULE(segment_text_w, "segment is writable and executable", s->ph[PH_TEXT].p_flags |= PF_W)
RULE(segment_bss, "zero-filled part in a segment that is not writable",
     s->ph[PH_TEXT].p_filesz--)
RULE(segment_order, "segments overlap or are not in ascending order",
     Elf64_Phdr ph = s->ph[PH_HEAD]; s->ph[PH_HEAD] = s->ph[PH_TEXT]; s->ph[PH_TEXT] = ph)
RULE(segment_overlap, "segments overlap or are not in ascending order",
     s->ph[PH_TEXT].p_vaddr = 0)
RULE(segment_same_page, "segments overlap or are not in ascending order",
     s->ph[PH_HEAD].p_vaddr = PAGE; s->ph[PH_HEAD].p_filesz = s->ph[PH_HEAD].p_memsz = 0x100;
     s->ph[PH_TEXT].p_vaddr = PAGE + 0x200; s->ph[PH_TEXT].p_offset = PAGE + 0x200)
RULE(segment_one_byte_over, "segments overlap or are not in ascending order",
     s->ph[PH_HEAD].p_filesz = s->ph[PH_HEAD].p_memsz = PAGE + 1)
RULE(segment_none_executable, "no executable segment", s->ph[PH_TEXT].p_flags = PF_R)
RULE(segment_too_many, "too many segments",
     for (unsigned int i = NR_PHDRS; i--; ) {
	s->ph[i] = s->ph[PH_TEXT];
	s->ph[i].p_vaddr = PAGE * (i + 1);
     })
RULE(note_too_many, "too many note segments",
     for (unsigned int i = NR_PHDRS; i--; )
	s->ph[i] = s->ph[PH_NOTE_OTHER])
RULE(note_outside, "segment or note outside the file", s->ph[PH_NOTE].p_offset = sizeof(*s) + 1)
ALLOWED(note_empty_at_end, s->ph[PH_FREE].p_type = PT_NOTE; s->ph[PH_FREE].p_offset = sizeof(*s))
RULE(note_missing, "no suture note", s->ph[PH_NOTE].p_type = PT_NULL)
RULE(note_owner, "no suture note", s->nname[0] = 'S')
RULE(note_type, "no suture note", s->nhdr[2]++)

/* A file can be too large for the sample only by its size. */
Test(spm_rules, note_large)
{
	struct spm_elf elf;
	const char *why;

	sample_init(s, EM_X86_64);
	s->ph[PH_NOTE].p_filesz = SUTURE_NOTE_MAX;
	cr_assert_eq(spm_parse_elf(s, PAGE, 1ULL << 32, true, &elf, &why), 0);
	s->ph[PH_NOTE].p_filesz++;
	cr_assert_eq(spm_parse_elf(s, PAGE, 1ULL << 32, true, &elf, &why), -ENOEXEC);
	cr_assert_str_eq(why, "note segment is too large");
	/* a target may have what it likes */
	cr_assert_eq(spm_parse_elf(s, PAGE, 1ULL << 32, false, &elf, &why), 0);
	cr_assert_eq(elf.notes[1].size, SUTURE_NOTE_MAX + 1);
}

/* ------------------------------------------------------------ head of note */

Test(spm_rules, note_alignment_in_memory)
{
	struct spm_elf elf;
	struct spm_note note;
	const char *why;

	sample_init(s, EM_X86_64);
	cr_assert_eq(spm_parse_elf(s, PAGE, sizeof(*s), true, &elf, &why), 0);
	memmove((char *)d + 4, d, sizeof(*d));
	cr_assert_eq(spm_parse_note((char *)d + 4, sizeof(*d), &elf, &note, &why), -ENOEXEC);
	cr_assert_str_eq(why, "note is not aligned in memory");
}

RULE(note_short, "note is too short for its head", s->nhdr[1] = sizeof(struct suture_note) - 1)
RULE(note_head_only, "string blob does not begin with a NUL",
     s->nhdr[1] = sizeof(struct suture_note); memset(&d->head.objects, 0, 9 * 8))
UNKNOWN(head_format, "unknown format of the note", d->head.format++)
UNKNOWN(head_format_0, "unknown format of the note", d->head.format = 0)
RULE(head_size, "head of the note has another size", d->head.size += 8)
UNKNOWN(head_machine, "patch is for a machine that is not supported",
	d->head.machine = s->eh.e_machine = EM_RISCV)
RULE(head_other_machine, "machine of the note is not the machine of the file",
     d->head.machine = EM_AARCH64)
UNKNOWN(head_flags, "unknown flags of the note", d->head.flags |= 8)
UNKNOWN(head_flags_high, "unknown flags of the note", d->head.flags |= 1U << 31)
ALLOWED(head_flags_replace, d->head.flags = SUTURE_NOTE_REPLACE)
ALLOWED(head_flags_any, d->head.flags = SUTURE_NOTE_ANY_TARGET)
ALLOWED(head_flags_all, d->head.flags = SUTURE_NOTE_FLAGS)

/* ------------------------------------------------------------------ tables */

RULE(objects_many, "table has too many records", d->head.objects.count = SUTURE_MAX_OBJECTS + 1)
RULE(funcs_many, "table has too many records", d->head.funcs.count = SUTURE_MAX_FUNCS + 1)
RULE(ranges_many, "table has too many records", d->head.ranges.count = SUTURE_MAX_RANGES + 1)
RULE(sites_many, "table has too many records", d->head.sites.count = SUTURE_MAX_SITES + 1)
RULE(hooks_many, "table has too many records", d->head.hooks.count = SUTURE_MAX_HOOKS + 1)
RULE(states_many, "table has too many records", d->head.states.count = SUTURE_MAX_STATES + 1)
RULE(replaces_many, "table has too many records",
     d->head.replaces.count = SUTURE_MAX_REPLACES + 1)
RULE(relocs_many, "table has too many records", d->head.relocs.count = SUTURE_MAX_RELOCS + 1)
RULE(strings_many, "table has too many records", d->head.strings.count = SUTURE_NOTE_MAX + 1)
RULE(objects_aligned, "table is not aligned", d->head.objects.offset += 4)
RULE(funcs_aligned, "table is not aligned", d->head.funcs.offset += 4)
RULE(ranges_aligned, "table is not aligned", d->head.ranges.offset += 4)
RULE(sites_aligned, "table is not aligned", d->head.sites.offset += 4)
RULE(hooks_aligned, "table is not aligned", d->head.hooks.offset += 4)
RULE(states_aligned, "table is not aligned", d->head.states.offset += 4)
RULE(replaces_aligned, "table is not aligned", d->head.replaces.offset += 4)
RULE(relocs_aligned, "table is not aligned", d->head.relocs.offset += 4)
RULE(empty_table_aligned, "table is not aligned",
     d->head.ranges.count = 0; d->head.ranges.offset = 4)
RULE(table_on_head, "table overlaps the head of the note",
     d->head.objects.offset = sizeof(struct suture_note) - 8)
RULE(table_beyond, "table outside the note", d->head.hooks.offset = sizeof(*d) - 4 * 16)
RULE(table_far, "table outside the note", d->head.hooks.offset = 0xfffffff8)
RULE(table_outside, "table outside the note", d->head.hooks.offset = sizeof(*d) + 8)
RULE(strings_beyond, "table outside the note",
     d->head.strings.count = sizeof(*d) - offsetof(struct sample_desc, strings) + 1)
RULE(tables_overlap, "tables overlap", d->head.ranges.offset = d->head.hooks.offset)
RULE(tables_overlap_behind, "tables overlap", d->head.funcs.offset -= 8)
RULE(tables_overlap_before, "tables overlap", d->head.ranges.offset -= 8)
RULE(strings_overlap, "tables overlap", d->head.strings.offset--)
ALLOWED(strings_odd,
	memmove(d->strings + 1, d->strings, d->head.strings.count); d->head.strings.offset++)

/* ----------------------------------------------------------------- strings */

RULE(strings_none, "string blob does not begin with a NUL", d->head.strings.count = 0)
RULE(strings_begin, "string blob does not begin with a NUL", d->strings[0] = 'x')
RULE(strings_end, "string blob does not end in a NUL", d->head.strings.count--)
RULE(string_outside, "string outside the string blob", d->head.cve = d->head.strings.count)
ALLOWED(string_at_end, d->head.cve = d->head.strings.count - 1)
RULE(string_far, "string outside the string blob", d->head.license = 0xffffffff)
RULE(name_outside, "string outside the string blob", d->head.name = 0xffffffff)
RULE(object_name_outside, "string outside the string blob", d->objects[1].name = 0xffffffff)
RULE(func_name_outside, "string outside the string blob", d->funcs[1].name = 0xffffffff)
RULE(name_long, "string is too long",
     d->head.name = sample_string(s, "n23456789.123456789.123456789.123456789.12345678"))
ALLOWED(name_48,
	d->head.name = sample_string(s, "n23456789.123456789.123456789.123456789.1234567"))

/* The other strings may be longer than the sample has room for. */
Test(spm_rules, text_long)
{
	static struct { struct sample_desc d; char more[SUTURE_TEXT_MAX]; } big;
	struct suture_table *strings = &big.d.head.strings;
	__u32 *const uses[] = {
		&big.d.head.version, &big.d.head.description, &big.d.head.cve,
		&big.d.head.license, &big.d.head.author, &big.d.objects[1].name,
		&big.d.funcs[2].name, &big.d.sites[1].name,
	};
	struct spm_elf elf;
	struct spm_note note;
	const char *why;
	unsigned int i;

	sample_init(s, EM_X86_64);
	cr_assert_eq(spm_parse_elf(s, PAGE, sizeof(*s), true, &elf, &why), 0);
	for (i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		char *text;

		memset(&big, 0, sizeof(big));
		big.d = *d;
		text = big.d.strings + strings->count;
		*uses[i] = strings->count;
		memset(text, 'x', SUTURE_TEXT_MAX - 1);
		text[SUTURE_TEXT_MAX - 1] = 0;
		strings->count += SUTURE_TEXT_MAX;
		cr_assert_eq(spm_parse_note(&big, sizeof(big), &elf, &note, &why), 0);
		text[SUTURE_TEXT_MAX - 1] = 'x';
		strings->count++;
		cr_assert_eq(spm_parse_note(&big, sizeof(big), &elf, &note, &why), -ENOEXEC);
		cr_assert_str_eq(why, "string is too long");
	}
}

#define UNPRINTABLE	"string has control characters or is not UTF-8"

/* Every field that is a string is checked. */
RULE(version_text, UNPRINTABLE, d->head.version = sample_string(s, "a\n"))
RULE(description_text, UNPRINTABLE, d->head.description = sample_string(s, "a\n"))
RULE(cve_text, UNPRINTABLE, d->head.cve = sample_string(s, "a\n"))
RULE(level_text, UNPRINTABLE, d->head.level = sample_string(s, "1\n (a)"))
RULE(level_outside, "string outside the string blob", d->head.level = d->head.strings.count)
#define LONG_LEVEL	"1.3456789.123456789.123456789.123456789.123456789.123456789"
ALLOWED(level, d->head.level = sample_string(s, "2.50.6 (a)"))
ALLOWED(level_short, d->head.level = sample_string(s, "2 (z)"))
ALLOWED(level_long, d->head.level = sample_string(s, LONG_LEVEL " (m)"))
RULE(level_longer, "string is too long", d->head.level = sample_string(s, "1" LONG_LEVEL " (m)"))
#define NO_LEVEL(name, text) \
	RULE(level_##name, "level is not a version and a letter, as in 1.2 (a)", \
	     d->head.level = sample_string(s, text))
NO_LEVEL(alone, " (a)")
NO_LEVEL(no_letter, "2.50.6")
NO_LEVEL(no_blank, "2.50.6(a)")
NO_LEVEL(no_opening, "2.50.6 [a)")
NO_LEVEL(no_closing, "2.50.6 (a]")
NO_LEVEL(below, "2.50.6 (`)")
NO_LEVEL(above, "2.50.6 ({)")
NO_LEVEL(upper, "2.50.6 (A)")
NO_LEVEL(behind, "2.50.6 (a) ")
NO_LEVEL(letter, "a")
RULE(license_text, UNPRINTABLE, d->head.license = sample_string(s, "a\n"))
RULE(author_text, UNPRINTABLE, d->head.author = sample_string(s, "a\n"))
RULE(name_text, UNPRINTABLE, d->head.name = sample_string(s, "a\n"))
RULE(object_name_text, UNPRINTABLE, d->objects[2].name = sample_string(s, "a\n"))
RULE(site_name_text, UNPRINTABLE, d->sites[1].name = sample_string(s, "a\n"))
RULE(func_name_text, UNPRINTABLE, d->funcs[2].name = sample_string(s, "a\n"))

Test(spm_rules, text_characters)
{
	static const char *const wrong[] = {
		"\x01", "\x1f", "\x1b[31m", "\x7f",		/* control characters */
		"\xc2\x80", "\xc2\x9b", "\xc2\x9f",		/* C1 */
		"\x80", "\xbf", "\xf8\x88\x80\x80\x80", "\xff", "\xfe",
		"\xc3", "\xc3(", "\xe2\x82", "\xe2(\xac", "\xf0\x9f\xa9", "\xf0\x9f(\xb9",
		"\xc3\xc3\xa4",					/* not continued */
		"\xc0\xaf", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf",	/* overlong */
		"\xf0\x80\x80\xaf", "\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80", "\xed\xbf\xbf",			/* surrogates */
		"\xf4\x90\x80\x80", "\xf7\xbf\xbf\xbf",		/* above U+10FFFF */
	};
	static const char *const right[] = {
		"", " ~", "\xc2\xa0", "\xc3\xbf", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf1\x80\x80\x80",
		"\xf2\x80\x80\x80", "\xf3\xbf\xbf\xbf", "\xf4\x8f\xbf\xbf",
	};
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		sample_init(s, EM_X86_64);
		d->head.author = sample_string(s, wrong[i]);
		refuse(-ENOEXEC, UNPRINTABLE);
	}
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		sample_init(s, EM_X86_64);
		d->head.author = sample_string(s, right[i]);
		accept();
	}
}

Test(spm_rules, patch_name)
{
	static const char *const wrong[] = {
		"", ".", "..", ".a", "-a", "_a", "+a", "a/b", "a b", "a:b", "a,b", "a@b", "a[b",
		"a`b", "a{b", "a\xc3\xa4", "a*",
	};
	static const char *const right[] = { "a", "z", "A", "Z", "0", "9", "a._+-", "azAZ09" };
	unsigned int i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		sample_init(s, EM_X86_64);
		d->head.name = sample_string(s, wrong[i]);
		refuse(-ENOEXEC, "patch name has characters that are not allowed");
	}
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		sample_init(s, EM_X86_64);
		d->head.name = sample_string(s, right[i]);
		accept();
	}
}

/* ----------------------------------------------------------------- objects */

RULE(objects_none, "no objects", d->head.objects.count = 0)
RULE(object_role_0, "unknown role of an object", d->objects[1].role = 0)
RULE(object_role, "unknown role of an object", d->objects[1].role = 3)
RULE(object_role_first, "unknown role of an object", d->objects[0].role = 3)
RULE(object_reserved, "reserved field of an object is not 0", d->objects[1].reserved = 1)
RULE(object_no_name, "object without a name", d->objects[1].name = 0)
RULE(build_id_empty, "build-id of a wrong length",
     d->objects[1].build_id_len = 0; memset(d->objects[1].build_id, 0, SUTURE_BUILD_ID_MAX))
RULE(build_id_long, "build-id of a wrong length",
     d->objects[1].build_id_len = SUTURE_BUILD_ID_MAX + 1)
RULE(build_id_very_long, "build-id of a wrong length", d->objects[1].build_id_len = 0xffffffff)
RULE(build_id_rest, "bytes behind a build-id are not 0", d->objects[1].build_id[19] = 1)
RULE(build_id_rest_end, "bytes behind a build-id are not 0",
     d->objects[1].build_id[SUTURE_BUILD_ID_MAX - 1] = 1)
RULE(object_twice, "object is listed twice",
     memcpy(d->objects[2].build_id, d->objects[0].build_id, SUTURE_BUILD_ID_MAX))

/* --------------------------------------------------------------- functions */

RULE(func_object, "function is not of a target object", d->funcs[1].object = 3)
RULE(func_object_far, "function is not of a target object", d->funcs[1].object = 0xffffffff)
RULE(func_object_needed, "function is not of a target object", d->funcs[1].object = 1)
RULE(func_object_behind_table, "function is not of a target object",
     d->head.objects.count = 2; d->head.sites.count = 0)
UNKNOWN(func_flags, "unknown flags of a function", d->funcs[1].flags = 1)
UNKNOWN(func_flags_high, "unknown flags of a function", d->funcs[1].flags = 1U << 31)
RULE(func_reserved, "reserved field of a function is not 0", d->funcs[1].reserved[0] = 1)
RULE(func_reserved_end, "reserved field of a function is not 0", d->funcs[1].reserved[5] = 1)
RULE(func_no_name, "function without a name", d->funcs[1].name = 0)
RULE(func_no_size, "replaced function has no size", d->funcs[1].old_size = 0)
ARM_RULE(func_aligned, "replaced function is not aligned", d->funcs[1].old_addr += 2)
RULE(func_wrap, "replaced function ends outside the address space",
     d->funcs[1].old_addr = ~0ULL - 0xff)
ALLOWED(func_at_end, d->funcs[1].old_addr = ~0ULL - 0x100)
RULE(func_branch_at, "branch neither at byte 0 nor at byte 4 of a function",
     d->funcs[1].branch_at = 1)
RULE(func_branch_at_8, "branch neither at byte 0 nor at byte 4 of a function",
     d->funcs[1].branch_at = 8)
#define OLD_LEN(f, n)	(f)->old_len = (n), memset((f)->old_bytes + (n), 0, 32 - (n))
RULE(func_old_len, "wrong number of expected bytes of a function", OLD_LEN(&d->funcs[1], 4))
ALLOWED(func_old_len_5, OLD_LEN(&d->funcs[1], 5))
RULE(func_old_len_pad, "wrong number of expected bytes of a function",
     OLD_LEN(&d->funcs[0], 8))
ALLOWED(func_old_len_9, OLD_LEN(&d->funcs[0], 9))
ARM_RULE(func_old_len_arm, "wrong number of expected bytes of a function",
	 OLD_LEN(&d->funcs[1], 3))
ARM_ALLOWED(func_old_len_arm_4, OLD_LEN(&d->funcs[1], 4))
ARM_RULE(func_old_len_arm_pad, "wrong number of expected bytes of a function",
	 OLD_LEN(&d->funcs[0], 7))
RULE(func_old_len_33, "wrong number of expected bytes of a function", d->funcs[1].old_len = 33)
RULE(func_old_len_255, "wrong number of expected bytes of a function",
     d->funcs[1].old_len = 255)
ALLOWED(func_old_len_32, d->funcs[1].old_len = 32)
RULE(func_old_rest, "bytes behind the expected bytes of a function are not 0",
     d->funcs[1].old_bytes[9] = 1)
RULE(func_old_rest_end, "bytes behind the expected bytes of a function are not 0",
     d->funcs[1].old_bytes[31] = 1)
RULE(func_short, "replaced function is too short for a branch", d->funcs[1].old_size = 4)
ALLOWED(func_5, d->funcs[1].old_size = 5)
RULE(func_short_pad, "replaced function is too short for a branch", d->funcs[0].old_size = 8)
ALLOWED(func_9, d->funcs[0].old_size = 9)
ARM_RULE(func_short_arm, "replaced function is too short for a branch",
	 d->funcs[0].old_size = 4)
ARM_ALLOWED(func_4_arm, d->funcs[1].old_size = 4)
#define NO_PAD	"branch at byte 4 of a function without a landing pad"
RULE(func_pad, NO_PAD, d->funcs[0].old_bytes[3] = 0xfb)
RULE(func_pad_of_arm, NO_PAD, memcpy(d->funcs[0].old_bytes, "\x5f\x24\x03\xd5", 4))
ARM_RULE(func_pad_arm, NO_PAD, memcpy(d->funcs[0].old_bytes, "\x1f\x20\x03\xd5", 4))
ARM_RULE(func_pad_of_x86, NO_PAD, memcpy(d->funcs[0].old_bytes, "\xf3\x0f\x1e\xfa", 4))
ARM_ALLOWED(func_pad_bti_c, memcpy(d->funcs[0].old_bytes, "\x5f\x24\x03\xd5", 4))
ARM_ALLOWED(func_pad_bti_jc, memcpy(d->funcs[0].old_bytes, "\xdf\x24\x03\xd5", 4))
ARM_ALLOWED(func_pad_pacibsp, memcpy(d->funcs[0].old_bytes, "\x7f\x23\x03\xd5", 4))
#define NO_TEXT	"new function is not in the patch's text"
RULE(func_new_before, NO_TEXT, d->funcs[1].new_addr = TEXT_VADDR - 1)
RULE(func_new_data, NO_TEXT, d->funcs[1].new_addr = DATA_VADDR)
RULE(func_new_bss, NO_TEXT, d->funcs[1].new_addr = DATA_VADDR + PAGE)
RULE(func_new_far, NO_TEXT, d->funcs[1].new_addr = ~0ULL)
ALLOWED(func_new_last, d->funcs[1].new_addr = DATA_VADDR - 1)
ARM_RULE(func_new_aligned, NO_TEXT, d->funcs[1].new_addr += 2)
ARM_RULE(func_new_cut, NO_TEXT,
	 s->ph[PH_TEXT].p_filesz = s->ph[PH_TEXT].p_memsz = PAGE - 1;
	 d->funcs[1].new_addr = DATA_VADDR - 4)
RULE(func_twice, "replaced function is listed twice",
     d->funcs[1].old_addr = d->funcs[0].old_addr)
RULE(func_overlap_above, "replaced functions overlap", d->funcs[1].old_addr--)
RULE(func_overlap_below, "replaced functions overlap",
     d->funcs[1].old_addr = d->funcs[0].old_addr - 0xff)
ALLOWED(func_touch_below, d->funcs[1].old_addr = d->funcs[0].old_addr - 0x100)
/* the sample has functions at one address in two objects already */
RULE(func_overlap_not_neighbours, "replaced functions overlap",
     d->funcs[2].object = 0; d->funcs[2].old_addr = 0x50ff)

/* ------------------------------------------------------------------ ranges */

RULE(range_func, "range is not of a replaced function", d->ranges[1].func = 3)
RULE(range_func_first, "range is not of a replaced function", d->ranges[0].func = 3)
RULE(range_func_far, "range is not of a replaced function", d->ranges[1].func = 0xffffffff)
RULE(range_no_size, "range has no size", d->ranges[1].size = 0)
RULE(range_wrap, "range ends outside the address space", d->ranges[1].addr = ~0ULL - 0x1f)
ALLOWED(range_at_end, d->ranges[1].addr = ~0ULL - 0x20)

/* ------------------------------------------------------------------- sites */

RULE(site_object, "site is not of a target object", d->sites[1].object = 3)
RULE(site_object_first, "site is not of a target object", d->sites[0].object = 3)
RULE(site_object_needed, "site is not of a target object", d->sites[1].object = 1)
RULE(site_no_name, "site without a name", d->sites[1].name = 0)
RULE(site_name_outside, "string outside the string blob", d->sites[1].name = 0xffffffff)
RULE(site_reserved, "reserved field of a site is not 0", d->sites[1].reserved[0] = 1)
RULE(site_reserved_end, "reserved field of a site is not 0", d->sites[1].reserved[6] = 1)
ARM_RULE(site_aligned, "site is not aligned", d->sites[1].addr += 2)
#define SITE_LEN "wrong number of expected bytes of a site"
RULE(site_old_len, SITE_LEN, d->sites[1].old_len = 4)
RULE(site_old_len_6, SITE_LEN, d->sites[1].old_len = 6)
RULE(site_old_len_255, SITE_LEN, d->sites[1].old_len = 255)
ARM_RULE(site_old_len_arm, SITE_LEN, d->sites[1].old_len = 3)
ARM_RULE(site_old_len_arm_5, SITE_LEN, d->sites[1].old_len = 5)
#define THROUGH_WORD(n)	memcpy(d->sites[1].old_bytes, "\xff\x15\x01\x02\x03\x04", 6); \
	d->sites[1].old_len = (n)
ALLOWED(site_through_word, THROUGH_WORD(6))
RULE(site_through_word_5, SITE_LEN, THROUGH_WORD(5))
RULE(site_through_word_7, SITE_LEN, THROUGH_WORD(7))
RULE(site_through_register, "site is not a direct call", THROUGH_WORD(6);
     d->sites[1].old_bytes[1] = 0xd0)
ALLOWED(site_jump, d->sites[1].old_bytes[0] = 0xe9)
ARM_ALLOWED(site_b, d->sites[1].old_bytes[3] = 0x14)
ARM_ALLOWED(site_b_back, d->sites[1].old_bytes[3] = 0x17)
RULE(site_wrap, "site ends outside the address space", d->sites[1].addr = ~0ULL - 4)
ALLOWED(site_at_end, d->sites[1].addr = ~0ULL - 5)
RULE(site_old_rest, "bytes behind the expected bytes of a site are not 0",
     d->sites[1].old_bytes[5] = 1)
RULE(site_old_rest_end, "bytes behind the expected bytes of a site are not 0",
     d->sites[1].old_bytes[15] = 1)
RULE(site_not_call, "site is not a direct call", d->sites[1].old_bytes[0] = 0xeb)
RULE(site_not_call_ff, "site is not a direct call", d->sites[1].old_bytes[0] = 0xff)
ARM_RULE(site_not_bl, "site is not a direct call", d->sites[1].old_bytes[3] = 0x18)
ARM_RULE(site_adr, "site is not a direct call", d->sites[1].old_bytes[3] = 0x10)
ARM_RULE(site_cbz, "site is not a direct call", d->sites[1].old_bytes[3] = 0x34)
ARM_ALLOWED(site_bl_back, memset(d->sites[1].old_bytes, 0xff, 3); d->sites[1].old_bytes[3] = 0x97)
RULE(site_new, "site's new function is not in the patch's text", d->sites[1].new_addr = 0xfff)
ARM_RULE(site_new_aligned, "site's new function is not in the patch's text",
	 d->sites[1].new_addr -= 2)
RULE(sites_overlap, "sites overlap", d->sites[1].addr--)
RULE(sites_overlap_below, "sites overlap", d->sites[1].addr = d->sites[0].addr - 4)
ALLOWED(sites_other_object, d->sites[1].object = 0; d->sites[1].addr = d->sites[0].addr)
#define IN_FUNC	"site is in the beginning of a replaced function"
RULE(site_in_func, IN_FUNC, d->sites[1].addr = d->funcs[2].old_addr + 8)
RULE(site_in_first_func, IN_FUNC,
     d->sites[1].object = 0; d->sites[1].addr = d->funcs[0].old_addr + 8)
RULE(site_before_func, IN_FUNC, d->sites[1].addr = d->funcs[2].old_addr - 4)
ALLOWED(site_behind_func, d->sites[1].addr = d->funcs[2].old_addr + 9)
RULE(site_in_func_last_byte, IN_FUNC, d->sites[1].addr = d->funcs[2].old_addr + 8)
ALLOWED(site_in_other_func, d->sites[1].addr = d->funcs[1].old_addr)

/* ----------------------------------------------------------------- targets */

RULE(nothing_replaced, "neither functions nor sites",
     d->head.funcs.count = d->head.sites.count = d->head.ranges.count = 0)
RULE(nothing_replaced_nor_target, "neither functions nor sites",
     d->head.funcs.count = d->head.sites.count = d->head.ranges.count = 0;
     for (int i = 0; i < 3; i++) d->objects[i].role = SUTURE_ROLE_NEEDED)
#define UNUSED	"target object without functions and sites"
RULE(target_unused, UNUSED, d->objects[1].role = SUTURE_ROLE_TARGET)
RULE(target_unused_first, UNUSED,
     d->funcs[0].object = d->funcs[1].object = 2; d->funcs[2].old_addr = 0x6000)
RULE(target_unused_last, UNUSED, d->head.sites.count = 0; d->funcs[2].object = 0;
     d->funcs[2].old_addr = 0x6000)
/* what stands behind a table is no record */
ALLOWED(target_behind_table,
	d->head.objects.count = d->head.funcs.count = d->head.relocs.count = 2;
	d->head.sites.count = 0)
ALLOWED(target_with_sites, d->funcs[2].object = 0; d->funcs[2].old_addr = 0x6000)
ALLOWED(target_with_funcs, d->head.sites.count = 0)

/* ------------------------------------------------------------------- hooks */

UNKNOWN(hook_kind_0, "unknown kind of hook", d->hooks[0].kind = 0)
UNKNOWN(hook_kind, "unknown kind of hook", d->hooks[3].kind = 5)
UNKNOWN(hook_kind_far, "unknown kind of hook", d->hooks[3].kind = 0xffffffff)
ALLOWED(hook_twice, for (int i = 0; i < 5; i++) d->hooks[i].kind = SUTURE_HOOK_POST_PATCH)
RULE(hook_reserved, "reserved field of a hook is not 0", d->hooks[3].reserved = 1)
RULE(hook_addr, "hook is not in the patch's text", d->hooks[3].addr = DATA_VADDR)
ARM_RULE(hook_aligned, "hook is not in the patch's text", d->hooks[3].addr += 2)
#define HOOK_ENTRY "entry of the hooks is not in the patch's text"
RULE(hook_enter_0, HOOK_ENTRY, d->head.hook_enter = 0)
RULE(hook_enter_data, HOOK_ENTRY, d->head.hook_enter = DATA_VADDR)
RULE(hook_leave_0, HOOK_ENTRY, d->head.hook_leave = 0)
RULE(hook_leave_data, HOOK_ENTRY, d->head.hook_leave = DATA_VADDR)
ARM_RULE(hook_enter_aligned, HOOK_ENTRY, d->head.hook_enter += 2)
ARM_RULE(hook_leave_aligned, HOOK_ENTRY, d->head.hook_leave += 2)
#define HOOK_STACK "wrong size of the stack for hooks"
RULE(hook_stack_0, HOOK_STACK, d->head.hook_stack = 0)
RULE(hook_stack_small, HOOK_STACK, d->head.hook_stack = SUTURE_HOOK_STACK_MIN - 4096)
RULE(hook_stack_large, HOOK_STACK, d->head.hook_stack = SUTURE_HOOK_STACK_MAX + 4096)
RULE(hook_stack_odd, HOOK_STACK, d->head.hook_stack += 1)
RULE(hook_stack_half, HOOK_STACK, d->head.hook_stack += 2048)
ALLOWED(hook_stack_max, d->head.hook_stack = SUTURE_HOOK_STACK_MAX)
ALLOWED(hook_stack_page, d->head.hook_stack += 4096)
RULE(hook_limit_high, "time limit of hooks is too high",
     d->head.hook_limit_ms = SUTURE_HOOK_LIMIT_MAX + 1)
ALLOWED(hook_limit_0, d->head.hook_limit_ms = 0)
#define NO_HOOKS d->head.hooks.count = 0; d->head.hook_enter = d->head.hook_leave = 0; \
	d->head.hook_stack = d->head.hook_limit_ms = 0
#define HOOKLESS "patch without hooks says how to run them"
ALLOWED(hooks_none, NO_HOOKS)
RULE(hooks_none_enter, HOOKLESS, NO_HOOKS; d->head.hook_enter = TEXT_VADDR)
RULE(hooks_none_leave, HOOKLESS, NO_HOOKS; d->head.hook_leave = TEXT_VADDR)
RULE(hooks_none_stack, HOOKLESS, NO_HOOKS; d->head.hook_stack = SUTURE_HOOK_STACK_MIN)
RULE(hooks_none_limit, HOOKLESS, NO_HOOKS; d->head.hook_limit_ms = 1)

/* ------------------------------------------------------------------ states */

RULE(state_twice, "two states with one id", d->states[1].id = d->states[0].id)
#define NO_SLOT "slot of a state is not in the patch's data"
RULE(state_aligned, "slot of a state is not aligned", d->states[1].slot += 4)
RULE(state_text, NO_SLOT, d->states[0].slot = TEXT_VADDR)
RULE(state_before, NO_SLOT, d->states[0].slot = DATA_VADDR - 8)
RULE(state_end, NO_SLOT, d->states[1].slot = DATA_VADDR + DATA_MEMSZ - 16)
ALLOWED(state_last, d->states[1].slot = DATA_VADDR + DATA_MEMSZ - 24)
RULE(state_far, NO_SLOT, d->states[1].slot = ~7ULL)
RULE(states_overlap, "slots of states overlap", d->states[1].slot -= 8)
RULE(states_overlap_below, "slots of states overlap",
     d->states[1].slot = d->states[0].slot - 16)
ALLOWED(states_touch_below, d->states[1].slot = d->states[0].slot - 24)

/* --------------------------------------------------------- replaced patches */

#define NO_PATCH "name of a replaced patch is not a patch's name"
RULE(replaces_outside, "string outside the string blob", d->replaces[1] = 0xffffffff)
RULE(replaces_empty, NO_PATCH, d->replaces[1] = 0)
RULE(replaces_folder, NO_PATCH, d->replaces[0] = sample_string(s, "a/b"))
RULE(replaces_dot, NO_PATCH, d->replaces[1] = sample_string(s, ".a"))
RULE(replaces_text, UNPRINTABLE, d->replaces[1] = sample_string(s, "a\n"))
RULE(replaces_long, "string is too long",
     d->replaces[1] = sample_string(s, "n23456789.123456789.123456789.123456789.12345678"))

/* ------------------------------------------------------------- relocations */

RULE(reloc_object, "relocation against an object that is not listed", d->relocs[1].object = 3)
RULE(reloc_object_far, "relocation against an object that is not listed",
     d->relocs[1].object = SUTURE_SELF - 1)
RULE(reloc_reserved, "reserved field of a relocation is not 0", d->relocs[1].reserved = 1)
RULE(reloc_aligned, "relocation is not aligned", d->relocs[1].offset += 4)
RULE(reloc_twice, "relocations are not in strictly ascending order",
     d->relocs[1].offset = d->relocs[0].offset)
RULE(reloc_order, "relocations are not in strictly ascending order",
     d->relocs[1].offset = d->relocs[2].offset + 8)
#define NO_DATA	"relocation is not in the patch's data"
RULE(reloc_before, NO_DATA, d->relocs[0].offset = DATA_VADDR - 8)
RULE(reloc_text, NO_DATA, d->relocs[0].offset = TEXT_VADDR)
RULE(reloc_behind, NO_DATA, d->relocs[3].offset += 8)
RULE(reloc_cut, NO_DATA, s->ph[PH_DATA].p_memsz--)
RULE(reloc_far, NO_DATA, d->relocs[3].offset = ~7ULL)

/* With headers that were not read as a patch's, only plain data counts. */
Test(spm_rules, reloc_wx)
{
	struct spm_elf elf;
	struct spm_note note;
	const char *why;

	sample_init(s, EM_X86_64);
	s->ph[PH_DATA].p_flags |= PF_X;
	d->head.states.count = 0;
	cr_assert_eq(spm_parse_elf(s, PAGE, sizeof(*s), false, &elf, &why), 0);
	cr_assert_eq(spm_parse_note(d, sizeof(*d), &elf, &note, &why), -ENOEXEC);
	cr_assert_str_eq(why, NO_DATA);
}

/* Only the segments that are counted hold anything. */
Test(spm_rules, segments_counted)
{
	struct spm_elf elf;
	struct spm_note note;
	const char *why;

	sample_init(s, EM_X86_64);
	cr_assert_eq(spm_parse_elf(s, PAGE, sizeof(*s), true, &elf, &why), 0);
	elf.nr_segments = 2;
	cr_assert_eq(spm_parse_note(d, sizeof(*d), &elf, &note, &why), -ENOEXEC);
	cr_assert_str_eq(why, NO_SLOT);
	elf.segments[0] = elf.segments[2];	/* in whatever order */
	cr_assert_eq(spm_parse_note(d, sizeof(*d), &elf, &note, &why), 0);
	elf.nr_segments = 1;	/* the data */
	cr_assert_eq(spm_parse_note(d, sizeof(*d), &elf, &note, &why), -ENOEXEC);
	cr_assert_str_eq(why, NO_TEXT);
}
