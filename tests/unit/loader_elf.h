/* SPDX-License-Identifier: GPL-2.0-only */
/* Small ELF files with a build-id of the test's choice, and maps of them. */
#ifndef SUTURE_TEST_LOADER_ELF_H
#define SUTURE_TEST_LOADER_ELF_H

#include <elf.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define TEST_ID_LEN	20

struct test_elf {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	Elf64_Nhdr other;		/* a note before the one that is wanted */
	char other_name[4], other_desc[4];
	Elf64_Nhdr nh;
	char name[4];
	uint8_t id[TEST_ID_LEN];
	uint8_t text[4096];
};

/* A build-id that no other test or run has: the pid and the seed are in it. */
static inline void test_id(uint8_t id[TEST_ID_LEN], uint32_t seed)
{
	uint32_t words[5] = { seed, (uint32_t)getpid(), 0x5d7e5d7e, ~seed, 0x10ade4 };

	memcpy(id, words, TEST_ID_LEN);
}

static inline void test_elf_make(struct test_elf *e, const uint8_t id[TEST_ID_LEN])
{
	memset(e, 0, sizeof(*e));
	memcpy(e->eh.e_ident, ELFMAG, SELFMAG);
	e->eh.e_ident[EI_CLASS] = ELFCLASS64;
	e->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	e->eh.e_ident[EI_VERSION] = EV_CURRENT;
	e->eh.e_type = ET_DYN;
	e->eh.e_machine = EM_X86_64;
	e->eh.e_version = EV_CURRENT;
	e->eh.e_ehsize = sizeof(e->eh);
	e->eh.e_phoff = offsetof(struct test_elf, ph);
	e->eh.e_phentsize = sizeof(e->ph[0]);
	e->eh.e_phnum = 2;
	e->ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
				 .p_filesz = sizeof(*e), .p_memsz = sizeof(*e), .p_align = 4096 };
	e->ph[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_flags = PF_R,
				 .p_offset = offsetof(struct test_elf, other),
				 .p_filesz = offsetof(struct test_elf, text) -
					     offsetof(struct test_elf, other),
				 .p_align = 4 };
	e->other = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = 4, .n_type = NT_GNU_BUILD_ID };
	memcpy(e->other_name, "ABC", 4);
	e->nh = (Elf64_Nhdr){ .n_namesz = 4, .n_descsz = TEST_ID_LEN, .n_type = NT_GNU_BUILD_ID };
	memcpy(e->name, "GNU", 4);
	memcpy(e->id, id, TEST_ID_LEN);
}

/* Write such a file; returns 0 or -1. */
static inline int test_elf_write(const char *path, const uint8_t id[TEST_ID_LEN])
{
	struct test_elf elf;
	ssize_t done;
	int fd;

	test_elf_make(&elf, id);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0755);
	if (fd < 0)
		return -1;
	done = write(fd, &elf, sizeof(elf));
	close(fd);
	return done == (ssize_t)sizeof(elf) ? 0 : -1;
}

/* Map the first page of a file; NULL when that fails. */
static inline void *test_map(const char *path, int prot)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0)
		return NULL;
	at = mmap(NULL, 4096, prot, MAP_PRIVATE, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

#endif /* SUTURE_TEST_LOADER_ELF_H */
