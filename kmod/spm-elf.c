// SPDX-License-Identifier: GPL-2.0
/*
 * The parser of patch modules: ELF headers and notes. The headers are copied out,
 * so the caller's buffer needs no alignment.
 */
#include "spm-int.h"

/* Segments are mapped in pages of this size at least, on every machine. */
#define SPM_PAGE		4096ULL
/* The end of the last segment: what one patch may take of an address space. */
#define SPM_IMAGE_MAX		(64ULL << 20)
/* A note's header: namesz, descsz, type. */
#define SPM_NHDR		12

static int check_ehdr(const Elf64_Ehdr *eh, size_t len, bool strict, const char **why)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
		return bad(why, "not an ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return bad(why, "not a 64-bit ELF file");
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(why, "not a little-endian ELF file");
	if (eh->e_ident[EI_VERSION] != EV_CURRENT || eh->e_version != EV_CURRENT)
		return bad(why, "unknown ELF version");
	if (eh->e_ehsize != sizeof(*eh))
		return bad(why, "ELF header of another size");
	if (strict && eh->e_type != ET_DYN)
		return bad(why, "not a shared object");
	if (eh->e_type != ET_DYN && eh->e_type != ET_EXEC)
		return bad(why, "neither a shared object nor an executable");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return bad(why, "program headers of another size");
	if (eh->e_phnum == 0)
		return bad(why, "no program headers");
	if (eh->e_phnum > SPM_MAX_PHDRS)
		return bad(why, "too many program headers");
	if (eh->e_phoff < sizeof(*eh) ||
	    !inside(eh->e_phoff, eh->e_phnum * sizeof(Elf64_Phdr), len))
		return bad(why, "program headers outside the beginning of the file");
	return 0;
}

/* @prev_end: end of the last page of the segment before, 0 for the first */
static int check_load(const Elf64_Phdr *ph, __u64 prev_end, const char **why)
{
	if (ph->p_memsz == 0)
		return bad(why, "empty segment");
	if (ph->p_filesz > ph->p_memsz)
		return bad(why, "segment has more bytes in the file than in memory");
	if (!inside(ph->p_vaddr, ph->p_memsz, SPM_IMAGE_MAX))
		return bad(why, "segment ends above 64 MiB");
	if (ph->p_align < SPM_PAGE || (ph->p_align & (ph->p_align - 1)))
		return bad(why, "segment alignment is not a power of two of a page at least");
	if ((ph->p_vaddr ^ ph->p_offset) & (ph->p_align - 1))
		return bad(why, "segment's address and offset are not congruent");
	if (ph->p_flags & ~(__u32)(PF_R | PF_W | PF_X))
		return bad(why, "unknown segment flags");
	if ((ph->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return bad(why, "segment is writable and executable");
	if (ph->p_memsz > ph->p_filesz && !(ph->p_flags & PF_W))
		return bad(why, "zero-filled part in a segment that is not writable");
	if ((ph->p_vaddr & ~(SPM_PAGE - 1)) < prev_end)
		return bad(why, "segments overlap or are not in ascending order");
	return 0;
}

int spm_parse_elf(const void *buf, size_t len, __u64 file_size, bool strict,
		  struct spm_elf *elf, const char **why)
{
	const __u8 *bytes = buf;
	__u64 prev_end = 0;
	bool has_text = false;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	unsigned int i;
	int ret;

	memset(elf, 0, sizeof(*elf));
	*why = NULL;

	/* However much the caller has read, the answer is the same. */
	if (len > SPM_HEADER_MAX)
		len = SPM_HEADER_MAX;
	if (len > file_size)
		len = file_size;
	if (len < sizeof(eh))
		return bad(why, "file is too short for an ELF header");
	memcpy(&eh, bytes, sizeof(eh));
	ret = check_ehdr(&eh, len, strict, why);
	if (ret)
		return ret;

	for (i = 0; i < eh.e_phnum; i++) {
		memcpy(&ph, bytes + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_LOAD && ph.p_type != PT_NOTE)
			continue;
		if (!inside(ph.p_offset, ph.p_filesz, file_size)) {
			if (!strict)
				continue;
			ret = bad(why, "segment or note outside the file");
			goto err;
		}
		if (ph.p_type == PT_NOTE) {
			if (strict && ph.p_filesz > SUTURE_NOTE_MAX) {
				ret = bad(why, "note segment is too large");
				goto err;
			}
			if (elf->nr_notes < SUTURE_MAX_SEGMENTS) {
				elf->notes[elf->nr_notes].offset = ph.p_offset;
				elf->notes[elf->nr_notes].size = ph.p_filesz;
				elf->nr_notes++;
			} else if (strict) {
				ret = bad(why, "too many note segments");
				goto err;
			}
			continue;
		}
		if (strict) {
			ret = check_load(&ph, prev_end, why);
			if (ret)
				goto err;
			/* check_load has bounded both, so this does not wrap */
			prev_end = (ph.p_vaddr + ph.p_memsz + SPM_PAGE - 1) & ~(SPM_PAGE - 1);
			has_text |= (ph.p_flags & PF_X) != 0;
		}
		if (elf->nr_segments < SUTURE_MAX_SEGMENTS) {
			struct spm_segment *s = &elf->segments[elf->nr_segments++];

			s->vaddr = ph.p_vaddr;
			s->memsz = ph.p_memsz;
			s->offset = ph.p_offset;
			s->filesz = ph.p_filesz;
			s->flags = ph.p_flags;
		} else if (strict) {
			ret = bad(why, "too many segments");
			goto err;
		}
	}
	if (strict && !has_text) {
		ret = bad(why, "no executable segment");
		goto err;
	}
	elf->type = eh.e_type;
	elf->machine = eh.e_machine;
	return 0;
err:
	memset(elf, 0, sizeof(*elf));
	return ret;
}

const void *spm_find_note(const void *buf, size_t len, const char *owner, __u32 type,
			  size_t *desc_len)
{
	const __u8 *bytes = buf;
	size_t owner_size = strlen(owner) + 1;
	__u64 off = 0, desc;
	__u32 nhdr[3];	/* namesz, descsz, type */

	*desc_len = 0;
	while (inside(off, SPM_NHDR, len)) {
		memcpy(nhdr, bytes + off, SPM_NHDR);
		off += SPM_NHDR;
		/* 64-bit sums of 32-bit sizes: cannot wrap, off is at most len */
		desc = off + (((__u64)nhdr[0] + 3) & ~3ULL);
		if (!inside(desc, nhdr[1], len))
			return NULL;
		if (nhdr[2] == type && nhdr[0] == owner_size &&
		    memcmp(bytes + off, owner, owner_size) == 0) {
			*desc_len = nhdr[1];
			return bytes + desc;
		}
		off = desc + (((__u64)nhdr[1] + 3) & ~3ULL);
	}
	return NULL;
}

int spm_vaddr_to_offset(const struct spm_elf *elf, __u64 vaddr, __u64 len, __u32 flags,
			__u64 *ret_offset)
{
	unsigned int i;

	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *s = &elf->segments[i];

		if ((s->flags & flags) != flags || vaddr < s->vaddr ||
		    vaddr - s->vaddr >= s->filesz ||
		    !inside(vaddr - s->vaddr, len, s->filesz))
			continue;
		*ret_offset = s->offset + (vaddr - s->vaddr);
		return 0;
	}
	return -ERANGE;
}
