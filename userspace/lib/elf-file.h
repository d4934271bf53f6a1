/* SPDX-License-Identifier: GPL-2.0-only */
/* An ELF64 file, open for reading through libelf. */
#ifndef SUTURE_ELF_FILE_H
#define SUTURE_ELF_FILE_H

#include <gelf.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "uapi/suture.h"

struct suture_elf {
	char *path;		/* as given */
	int fd;
	Elf *elf;
	GElf_Ehdr ehdr;
	char *map;		/* the whole file */
	const uint8_t *image;	/* the same */
	size_t size;		/* bytes of it */
	GElf_Phdr *phdrs;
	size_t nr_phdrs;
	uint8_t build_id[SUTURE_BUILD_ID_MAX];
	size_t build_id_len;	/* 0: none */
};

/*
 * suture_elf_open - open an ELF64 little-endian file of any type
 * @ret_elf: out, freed with suture_elf_close()
 * Returns 0, -ENOEXEC (no such file format) or a negative errno.
 */
int suture_elf_open(const char *path, struct suture_elf **ret_elf, struct suture_error *err);

/* suture_elf_close - free; NULL is fine */
void suture_elf_close(struct suture_elf *elf);

/* suture_elf_section - the first section called @name, or NULL; @shdr may be NULL */
Elf_Scn *suture_elf_section(const struct suture_elf *elf, const char *name, GElf_Shdr *shdr);

/* suture_elf_section_name - name of a section, "" if it has none */
const char *suture_elf_section_name(const struct suture_elf *elf, const GElf_Shdr *shdr);

/*
 * suture_elf_bytes - the @len bytes at virtual address @addr
 * @flags: PF_* that the segment must have, 0 for any
 * Returns a pointer that lives as long as @elf, or NULL when no PT_LOAD holds
 * them in the file.
 */
const uint8_t *suture_elf_bytes(const struct suture_elf *elf, uint64_t addr, uint64_t len,
				uint32_t flags);

/* suture_elf_word - the 8-byte word at @addr; false when the file has none there */
bool suture_elf_word(const struct suture_elf *elf, uint64_t addr, uint64_t *ret_word);

#endif /* SUTURE_ELF_FILE_H */
