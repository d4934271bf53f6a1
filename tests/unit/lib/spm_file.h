/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A valid patch module in memory for tests to damage, and a second opinion on
 * what the parser accepts. No Criterion here: the fuzzer uses this, too.
 */
#ifndef SUTURE_TEST_SPM_FILE_H
#define SUTURE_TEST_SPM_FILE_H

#include "spm.h"

#define PAGE		4096u
#define NR_PHDRS	9
#define NR_STRINGS	384

/* The descriptor of the sample. Tests write into it before they parse. */
struct sample_desc {
	struct suture_note head;
	struct suture_object objects[3];	/* target, needed, target */
	struct suture_func funcs[3];
	struct suture_range ranges[2];
	struct suture_site sites[2];
	struct suture_hook hooks[5];		/* two of one kind */
	struct suture_state states[2];
	__u32 replaces[2];
	struct suture_reloc relocs[4];
	char strings[NR_STRINGS];
	char slack[16];				/* belongs to nothing */
};

/* The file: a page of headers and notes, a page of text, a page of data. */
struct sample {
	union {
		struct {
			Elf64_Ehdr eh;
			Elf64_Phdr ph[NR_PHDRS];
			__u32 other_nhdr[3];	/* a build-id, as ld makes it */
			char other_name[4];
			__u8 other_desc[20];
			__u32 nhdr[3];
			char nname[8];
			struct sample_desc desc;
		};
		__u8 first_page[PAGE];
	};
	__u8 text[PAGE];
	__u8 data[PAGE];
	__u8 tail[64];				/* where a signature would be */
};

/* Program headers of the sample by index; the others are PT_NULL. */
enum { PH_NOTE_OTHER, PH_HEAD, PH_TEXT, PH_DATA, PH_NOTE, PH_FREE };

#define TEXT_VADDR	0x1000
#define DATA_VADDR	0x2000
#define DATA_MEMSZ	(PAGE + 0x100)		/* the last bytes are zero-filled */

/* sample_init - make a patch module that is right in every way; @machine: EM_* */
void sample_init(struct sample *s, __u16 machine);

/* sample_string - add a text to the strings, return its offset */
__u32 sample_string(struct sample *s, const char *text);

/* What came of a whole file. */
struct parsed {
	int elf_ret, ret;	/* of spm_parse_elf, of all */
	const char *why;
	struct spm_elf elf;
	struct spm_note note;
	void *desc;		/* a copy of the descriptor, exactly as long as it is */
	size_t desc_len;
};

/*
 * parse_file - read a patch module like the kernel does
 * Every buffer that the parser gets ends where its bytes end, so an address
 * sanitizer sees each byte too many. Free the result with parsed_free().
 */
void parse_file(const void *file, size_t size, struct parsed *ret_parsed);
void parsed_free(struct parsed *p);

/*
 * Second opinions: NULL, or what is wrong with something that was accepted. They
 * are written against docs/format.md, with 128-bit arithmetic, and share nothing
 * with the parser.
 */
const char *doubt_elf(const struct spm_elf *elf, __u64 file_size, bool strict);
const char *doubt_note(const struct spm_note *note, const void *desc, size_t len,
		       const struct spm_elf *elf);
const char *doubt_parsed(const struct parsed *p, __u64 file_size);

#endif /* SUTURE_TEST_SPM_FILE_H */
