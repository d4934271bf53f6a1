// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: a whole file through spm_parse_elf, spm_find_note and
 * spm_parse_note, as a patch and as a target. What is accepted is judged by the
 * second opinion of the unit tests; a doubt counts as a crash. What begins as a
 * revocation list does goes through spm_parse_revocations.
 */
#include "spm_file.h"
#include "spm_list.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static void judge(const char *doubt)
{
	if (!doubt)
		return;
	fprintf(stderr, "accepted with %s\n", doubt);
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = size < SPM_HEADER_MAX ? size : SPM_HEADER_MAX;
	struct spm_elf elf;
	struct parsed p;
	const char *why;
	unsigned int i;

	if (spm_is_revocations(data, size)) {
		struct spm_revocations list;
		__u32 line;

		if (!spm_parse_revocations((const char *)data, size, &list, &line, &why))
			judge(doubt_list(&list, (const char *)data, size));
		return 0;
	}
	parse_file(data, size, &p);
	judge(doubt_parsed(&p, size));
	parsed_free(&p);

	if (spm_parse_elf(data, len, size, false, &elf, &why))
		return 0;
	judge(doubt_elf(&elf, size, false));
	for (i = 0; i < elf.nr_notes; i++) {
		const uint8_t *notes = data + elf.notes[i].offset, *id;
		size_t id_len;

		id = spm_find_note(notes, elf.notes[i].size, "GNU", 3, &id_len);
		if (id && (id < notes || id > notes + elf.notes[i].size ||
			   id_len > (size_t)(notes + elf.notes[i].size - id)))
			judge("a build-id outside its note");
	}
	return 0;
}

/*
 * Half of the time one aligned field, which is what the format is made of:
 * a value that is near the old one, that stands elsewhere, or with few bits.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	unsigned int width = 1u << (seed >> 1 & 3), how = seed >> 3 & 3, pick = seed >> 5;
	size_t at, from;
	uint64_t value = 0;

	if (seed & 1 || size < 64)
		return LLVMFuzzerMutate(data, size, max_size);
	at = pick % (size / width) * width;
	from = pick / 7919 % (size / width) * width;
	memcpy(&value, data + (how == 0 ? from : at), width);
	if (how == 1)
		value += (int)(pick % 33) - 16;
	else if (how == 2)
		value = 1ULL << pick % 64;
	else if (how == 3)
		value = -(uint64_t)(pick % 256);
	memcpy(data + at, &value, width);
	return size;
}
