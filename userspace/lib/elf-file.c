// SPDX-License-Identifier: GPL-2.0-only
/* An ELF64 file, open for reading through libelf. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-file.h"

static void read_build_id(struct suture_elf *elf)
{
	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		const GElf_Phdr *ph = &elf->phdrs[i];
		size_t pos = 0, name, desc;
		Elf_Data *data;
		GElf_Nhdr nhdr;

		if (ph->p_type != PT_NOTE)
			continue;
		data = elf_getdata_rawchunk(elf->elf, ph->p_offset, ph->p_filesz,
					    ph->p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
		while (data && (pos = gelf_getnote(data, pos, &nhdr, &name, &desc)) > 0) {
			if (nhdr.n_type != NT_GNU_BUILD_ID || nhdr.n_namesz != 4 ||
			    memcmp((char *)data->d_buf + name, "GNU", 4) ||
			    !nhdr.n_descsz || nhdr.n_descsz > SUTURE_BUILD_ID_MAX)
				continue;
			memcpy(elf->build_id, (char *)data->d_buf + desc, nhdr.n_descsz);
			elf->build_id_len = nhdr.n_descsz;
			return;
		}
	}
}

/*
 * Map the whole file, shared: the kernel puts uprobes' breakpoints into every private
 * mapping of a probed file, also into one that is only read.
 */
static int map_file(struct suture_elf *elf, struct suture_error *err)
{
	struct stat st;
	void *map;

	if (fstat(elf->fd, &st))
		return suture_error_set(err, -errno, "%s: %s", elf->path, strerror(errno));
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return suture_error_set(err, -ENOEXEC, "%s: not an ELF file", elf->path);
	map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, elf->fd, 0);
	if (map == MAP_FAILED)
		return suture_error_set(err, -errno, "%s: cannot be mapped: %s", elf->path,
					strerror(errno));
	elf->map = map;
	elf->size = st.st_size;
	return 0;
}

int suture_elf_open(const char *path, struct suture_elf **ret_elf, struct suture_error *err)
{
	struct suture_elf *elf;
	int ret;

	elf_version(EV_CURRENT);
	elf = calloc(1, sizeof(*elf));
	if (!elf)
		return suture_error_nomem(err);
	elf->fd = -1;
	elf->path = strdup(path);
	if (!elf->path) {
		ret = suture_error_nomem(err);
		goto err;
	}
	elf->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (elf->fd < 0) {
		ret = -errno;
		suture_error_set(err, ret, "%s: %s", path, strerror(-ret));
		goto err;
	}
	ret = map_file(elf, err);
	if (ret)
		goto err;
	elf->elf = elf_memory(elf->map, elf->size);
	if (!elf->elf || elf_kind(elf->elf) != ELF_K_ELF || !gelf_getehdr(elf->elf, &elf->ehdr)) {
		ret = suture_error_set(err, -ENOEXEC, "%s: not an ELF file", path);
		goto err;
	}
	if (elf->ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf->ehdr.e_ident[EI_DATA] != ELFDATA2LSB) {
		ret = suture_error_set(err, -ENOEXEC, "%s: not a 64-bit little-endian ELF file",
				       path);
		goto err;
	}
	elf->image = (const uint8_t *)elf->map;
	if (elf_getphdrnum(elf->elf, &elf->nr_phdrs)) {
		ret = suture_error_set(err, -ENOEXEC, "%s: %s", path, elf_errmsg(-1));
		goto err;
	}
	elf->phdrs = calloc(elf->nr_phdrs + 1, sizeof(*elf->phdrs));
	if (!elf->phdrs) {
		ret = suture_error_nomem(err);
		goto err;
	}
	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		if (!gelf_getphdr(elf->elf, i, &elf->phdrs[i])) {
			ret = suture_error_set(err, -ENOEXEC, "%s: program headers are damaged",
					       path);
			goto err;
		}
	}
	read_build_id(elf);
	*ret_elf = elf;
	return 0;
err:
	suture_elf_close(elf);
	return ret;
}

void suture_elf_close(struct suture_elf *elf)
{
	if (!elf)
		return;
	elf_end(elf->elf);
	if (elf->map)
		munmap(elf->map, elf->size);
	if (elf->fd >= 0)
		close(elf->fd);
	free(elf->phdrs);
	free(elf->path);
	free(elf);
}

const char *suture_elf_section_name(const struct suture_elf *elf, const GElf_Shdr *shdr)
{
	size_t strndx;
	const char *name = NULL;

	if (!elf_getshdrstrndx(elf->elf, &strndx))
		name = elf_strptr(elf->elf, strndx, shdr->sh_name);
	return name ?: "";
}

Elf_Scn *suture_elf_section(const struct suture_elf *elf, const char *name, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || strcmp(suture_elf_section_name(elf, &sh), name))
			continue;
		if (shdr)
			*shdr = sh;
		return scn;
	}
	return NULL;
}

const uint8_t *suture_elf_bytes(const struct suture_elf *elf, uint64_t addr, uint64_t len,
				uint32_t flags)
{
	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		const GElf_Phdr *ph = &elf->phdrs[i];
		uint64_t off = addr - ph->p_vaddr;

		if (ph->p_type != PT_LOAD || (ph->p_flags & flags) != flags ||
		    addr < ph->p_vaddr || off > ph->p_filesz || len > ph->p_filesz - off)
			continue;
		if (ph->p_offset > elf->size || off > elf->size - ph->p_offset ||
		    len > elf->size - ph->p_offset - off)
			return NULL;
		return elf->image + ph->p_offset + off;
	}
	return NULL;
}

bool suture_elf_word(const struct suture_elf *elf, uint64_t addr, uint64_t *ret_word)
{
	const uint8_t *bytes = suture_elf_bytes(elf, addr, sizeof(*ret_word), 0);

	if (bytes)
		memcpy(ret_word, bytes, sizeof(*ret_word));
	return bytes;
}
