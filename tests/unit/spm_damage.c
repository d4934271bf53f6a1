// SPDX-License-Identifier: GPL-2.0
/*
 * Damaged files: cut short at every length, every byte with every value, words
 * with awkward values, and heaps of random damage. The sanitizers see each access
 * that is out of bounds; the second opinion judges all that is accepted.
 */
#include "spm_file.h"
#include <criterion/criterion.h>
#include <stdlib.h>

#define DESC_OFF	offsetof(struct sample, desc)
#define PARSED_END	(DESC_OFF + sizeof(struct sample_desc))

static const __u16 machines[] = { EM_X86_64, EM_AARCH64 };

static const __u64 awkward[] = {
	0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 47, 48, 63, 64, 95, 96, 97, 127, 128, 255, 256,
	0xfff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x2001, 0x20f8, 0x2100, 0x3000, 0x3040, 0x3041,
	0x7fff, 0x8000, 0xffff, 0x10000, 0xfffff, 0x100000, 0x100001, 0x3ffffff, 0x4000000,
	0x7ffffff8, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffff8, 0xffffffff, 0x100000000,
	0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffff000, 0xfffffffffffffff8,
	0xffffffffffffffff,
};
#define NR_AWKWARD	(sizeof(awkward) / sizeof(awkward[0]))

static struct sample good, damaged;

/* Parse it as a patch and as a target; return whether it passed as a patch. */
static bool parses(const struct sample *s, size_t size, const char *what, size_t where)
{
	size_t len = size < SPM_HEADER_MAX ? size : SPM_HEADER_MAX;
	struct spm_elf elf;
	struct parsed p;
	const char *doubt, *why;
	bool accepted;

	parse_file(s, size, &p);
	accepted = p.ret == 0;
	doubt = doubt_parsed(&p, size);
	parsed_free(&p);
	cr_assert_null(doubt, "%s %zu: accepted with %s", what, where, doubt);
	if (spm_parse_elf(s, len, size, false, &elf, &why) == 0) {
		doubt = doubt_elf(&elf, size, false);
		cr_assert_null(doubt, "%s %zu: target with %s", what, where, doubt);
	} else {
		cr_assert(!accepted && why, "%s %zu: patch, but no target", what, where);
	}
	return accepted;
}

static void restore(size_t from, size_t len)
{
	memcpy((char *)&damaged + from, (char *)&good + from, len);
}

Test(spm_damage, cut_file)
{
	unsigned int m;
	size_t n;

	for (m = 0; m < 2; m++) {
		sample_init(&good, machines[m]);
		for (n = 0; n <= sizeof(good); n++)
			cr_assert_eq(parses(&good, n, "cut at", n), n >= 3 * PAGE,
				     "cut at %zu", n);
	}
}

/* The beginning of the file that was read may be short, too. */
Test(spm_damage, cut_headers)
{
	size_t n, need = offsetof(struct sample, ph) + sizeof(good.ph);
	struct spm_elf elf, whole;
	const char *why;
	char *buf;

	sample_init(&good, EM_X86_64);
	cr_assert_eq(spm_parse_elf(&good, PAGE, sizeof(good), true, &whole, &why), 0);
	for (n = 0; n <= PAGE; n++) {
		buf = malloc(n ? n : 1);
		memcpy(buf, &good, n);
		cr_assert_eq(spm_parse_elf(buf, n, sizeof(good), true, &elf, &why) == 0,
			     n >= need, "%zu bytes", n);
		if (n >= need)
			cr_assert(memcmp(&elf, &whole, sizeof(elf)) == 0);
		free(buf);
	}
}

Test(spm_damage, cut_note)
{
	size_t n, need = offsetof(struct sample_desc, strings), found;
	struct spm_elf elf;
	struct spm_note note;
	const char *why;
	char *buf;

	sample_init(&good, EM_X86_64);
	need += good.desc.head.strings.count;
	cr_assert_eq(spm_parse_elf(&good, PAGE, sizeof(good), true, &elf, &why), 0);
	for (n = 0; n <= sizeof(good.desc); n++) {
		buf = malloc(n ? n : 1);
		memcpy(buf, &good.desc, n);
		cr_assert_eq(spm_parse_note(buf, n, &elf, &note, &why) == 0, n >= need,
			     "%zu bytes: %s", n, why);
		if (n >= need) {
			cr_assert_eq(note.nr_relocs, 4);
			cr_assert_null(doubt_note(&note, buf, n, &elf));
		}
		free(buf);
	}
	/* A note whose descriptor is cut is not found at all. */
	for (n = 0; n <= 20 + sizeof(good.desc); n++) {
		buf = malloc(n ? n : 1);
		memcpy(buf, good.nhdr, n);
		cr_assert_eq(spm_find_note(buf, n, SUTURE_NOTE_NAME, SUTURE_NOTE_TYPE, &found) !=
			     NULL, n == 20 + sizeof(good.desc), "%zu bytes", n);
		free(buf);
	}
}

static void every_byte(__u16 machine)
{
	unsigned int v, accepted = 0;
	size_t at;

	sample_init(&good, machine);
	damaged = good;
	for (at = 0; at < PARSED_END; at++) {
		for (v = 0; v < 256; v++) {
			((__u8 *)&damaged)[at] = v;
			accepted += parses(&damaged, sizeof(damaged), "byte", at);
		}
		restore(at, 1);
	}
	/* Many bytes may have any value (code, build-ids, texts), by far not all. */
	cr_log_info("%u of %zu files accepted", accepted, PARSED_END * 256);
	cr_assert_gt(accepted, PARSED_END);
	cr_assert_lt(accepted, PARSED_END * 256 / 3 * 2);
}

Test(spm_damage, every_byte_x86)
{
	every_byte(EM_X86_64);
}

Test(spm_damage, every_byte_arm)
{
	every_byte(EM_AARCH64);
}

/* 2, 4 and 8 bytes at once, at every place that is aligned for them. */
Test(spm_damage, awkward_words)
{
	size_t at, size;
	unsigned int i;

	sample_init(&good, EM_X86_64);
	damaged = good;
	for (size = 2; size <= 8; size *= 2) {
		for (at = 0; at + size <= PARSED_END; at += size) {
			for (i = 0; i < NR_AWKWARD; i++) {
				memcpy((char *)&damaged + at, &awkward[i], size);
				parses(&damaged, sizeof(damaged), "word", at);
			}
			restore(at, size);
		}
	}
}

/* Both numbers of each table, and of each pair that makes up a range. */
Test(spm_damage, awkward_pairs)
{
	static const struct { size_t a, b, size; } pairs[] = {
#define PAIR(a, b) { offsetof(struct sample, a), offsetof(struct sample, b), sizeof(good.a) }
		PAIR(desc.head.objects.offset, desc.head.objects.count),
		PAIR(desc.head.funcs.offset, desc.head.funcs.count),
		PAIR(desc.head.ranges.offset, desc.head.ranges.count),
		PAIR(desc.head.sites.offset, desc.head.sites.count),
		PAIR(desc.head.hooks.offset, desc.head.hooks.count),
		PAIR(desc.head.relocs.offset, desc.head.relocs.count),
		PAIR(desc.head.strings.offset, desc.head.strings.count),
		PAIR(nhdr[0], nhdr[1]),
		PAIR(other_nhdr[0], other_nhdr[1]),
		PAIR(ph[PH_NOTE].p_offset, ph[PH_NOTE].p_filesz),
		PAIR(ph[PH_TEXT].p_offset, ph[PH_TEXT].p_filesz),
		PAIR(ph[PH_TEXT].p_vaddr, ph[PH_TEXT].p_offset),
		PAIR(ph[PH_DATA].p_vaddr, ph[PH_DATA].p_memsz),
		PAIR(ph[PH_DATA].p_filesz, ph[PH_DATA].p_memsz),
		PAIR(desc.relocs[0].offset, desc.relocs[1].offset),
		PAIR(desc.funcs[0].old_addr, desc.funcs[1].old_addr),
		PAIR(desc.sites[0].addr, desc.sites[1].addr),
	};
	unsigned int i, a, b;

	sample_init(&good, EM_X86_64);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		damaged = good;
		for (a = 0; a < NR_AWKWARD; a++) {
			memcpy((char *)&damaged + pairs[i].a, &awkward[a], pairs[i].size);
			for (b = 0; b < NR_AWKWARD; b++) {
				memcpy((char *)&damaged + pairs[i].b, &awkward[b], pairs[i].size);
				parses(&damaged, sizeof(damaged), "pair", i);
			}
		}
	}
}

/* The same on every run: a plain xorshift. */
static __u64 random_state = 0x9e3779b97f4a7c15;

static __u64 rnd(__u64 below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state % below;
}

Test(spm_damage, at_random)
{
	unsigned int round, n;

	for (round = 0; round < 200000; round++) {
		if (round % 1000 == 0)
			sample_init(&good, machines[round / 1000 % 2]);
		damaged = good;
		for (n = 1 + rnd(3); n; n--) {
			size_t size = 1ULL << rnd(4), at = rnd(PARSED_END / size) * size;
			__u64 value;

			memcpy(&value, (char *)&good + at, size);
			switch (rnd(4)) {
			case 0:
				value = awkward[rnd(NR_AWKWARD)];
				break;
			case 1:
				value += rnd(17) - 8;
				break;
			case 2:
				value ^= 1ULL << rnd(8 * size);
				break;
			case 3:		/* what stands elsewhere in the file */
				memcpy(&value, (char *)&good + rnd(PARSED_END / size) * size, size);
				break;
			}
			memcpy((char *)&damaged + at, &value, size);
		}
		parses(&damaged, sizeof(damaged), "round", round);
	}
}
