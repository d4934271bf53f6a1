// SPDX-License-Identifier: GPL-2.0-only
/* The GNU build-id of an ELF file. */
#include <errno.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

#include "build-id.h"

/* More notes than this are not searched: no linker writes so many. */
#define NOTE_BYTES_MAX	(1 << 20)

static int search_notes(Elf *elf, const GElf_Phdr *phdr, uint8_t *id, size_t *ret_len)
{
	size_t offset = 0, next, name_off, desc_off;
	Elf_Data *data;
	GElf_Nhdr note;

	if (phdr->p_filesz > NOTE_BYTES_MAX)
		return -ENODATA;
	data = elf_getdata_rawchunk(elf, phdr->p_offset, phdr->p_filesz,
				    phdr->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
	if (!data)
		return -ENODATA;
	while ((next = gelf_getnote(data, offset, &note, &name_off, &desc_off)) > 0) {
		const char *buf = data->d_buf;

		offset = next;
		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof("GNU") ||
		    memcmp(buf + name_off, "GNU", sizeof("GNU")))
			continue;
		if (!note.n_descsz || note.n_descsz > SUTURE_BUILD_ID_MAX)
			return -ENODATA;
		memcpy(id, buf + desc_off, note.n_descsz);
		*ret_len = note.n_descsz;
		return 0;
	}
	return -ENODATA;
}

int suture_build_id_read(int fd, uint8_t id[SUTURE_BUILD_ID_MAX], size_t *ret_len)
{
	int ret = -ENODATA;
	char magic[SELFMAG];
	size_t nr, i;
	ssize_t len;
	Elf *elf;

	/* Most mapped files are no ELF: find that out cheaply. */
	len = pread(fd, magic, sizeof(magic), 0);
	if (len < 0)
		return -errno;
	if (len != sizeof(magic) || memcmp(magic, ELFMAG, SELFMAG))
		return -ENOEXEC;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf)
		return -ENOEXEC;
	if (elf_kind(elf) != ELF_K_ELF || elf_getphdrnum(elf, &nr)) {
		ret = -ENOEXEC;
		goto out_end;
	}
	for (i = 0; i < nr && ret == -ENODATA; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(elf, i, &phdr) && phdr.p_type == PT_NOTE)
			ret = search_notes(elf, &phdr, id, ret_len);
	}
out_end:
	elf_end(elf);
	return ret;
}
