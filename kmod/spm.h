/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only parser of patch modules: plain C, compiled into suture.ko, libsuture
 * and the fuzzer. It allocates nothing and follows no pointer of the file; what
 * it returns points into the caller's buffers.
 */
#ifndef _SUTURE_SPM_H
#define _SUTURE_SPM_H

#ifdef __KERNEL__
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>
#else
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#endif
#include "uapi/suture.h"

/* How far into an ELF file the headers that are looked at may reach. */
#define SPM_HEADER_MAX		4096
#define SPM_MAX_PHDRS		64

/* One PT_LOAD. */
struct spm_segment {
	__u64 vaddr, memsz;	/* bytes */
	__u64 offset, filesz;	/* in the file */
	__u32 flags;		/* PF_R, PF_W, PF_X */
};

/* What the ELF header and the program headers of a file say. */
struct spm_elf {
	__u16 type, machine;	/* ET_*, EM_* */
	__u32 nr_segments;
	struct spm_segment segments[SUTURE_MAX_SEGMENTS];
	__u32 nr_notes;		/* PT_NOTEs, in file order */
	struct { __u64 offset, size; } notes[SUTURE_MAX_SEGMENTS];
};

/* A checked note. All pointers lead into the caller's descriptor. */
struct spm_note {
	const struct suture_note *head;
	const struct suture_object *objects;	__u32 nr_objects;
	const struct suture_func *funcs;	__u32 nr_funcs;
	const struct suture_range *ranges;	__u32 nr_ranges;
	const struct suture_site *sites;	__u32 nr_sites;
	const struct suture_hook *hooks;	__u32 nr_hooks;
	const struct suture_state *states;	__u32 nr_states;
	const __u32 *replaces;			__u32 nr_replaces;
	const struct suture_reloc *relocs;	__u32 nr_relocs;
	const char *strings;			__u32 strings_size;
};

/*
 * spm_parse_elf - read the headers of an ELF64 little-endian file
 * @buf, @len:  the first min(file size, SPM_HEADER_MAX) bytes
 * @file_size:  bytes; nothing that is returned reaches beyond
 * @elf:        out
 * @why:        out: on error a constant string that says what is wrong
 *
 * Used for patches and for targets alike (a target may have more notes or
 * segments than there is room for: only the first are returned, with @strict
 * false; with @strict true that is an error, and so is a PT_LOAD whose vaddr and
 * offset are not congruent, which overlaps another, or is not in ascending order,
 * is writable and executable, or lies outside the file).
 * Returns 0 or -ENOEXEC.
 */
int spm_parse_elf(const void *buf, size_t len, __u64 file_size, bool strict,
		  struct spm_elf *elf, const char **why);

/*
 * spm_find_note - find a note by owner and type in the bytes of one PT_NOTE
 * Returns the descriptor and sets *@desc_len, or NULL.
 */
const void *spm_find_note(const void *buf, size_t len, const char *owner, __u32 type,
			  size_t *desc_len);

/*
 * spm_parse_note - check a descriptor completely
 * @desc:  8-aligned in memory
 * @elf:   the patch's own headers: new addresses must lie in an executable
 *         segment, relocations in a writable one (its file-backed part or bss)
 * Returns 0, -ENOEXEC (malformed), or -EOPNOTSUPP (a format, machine-independent
 * feature or flag that this build does not know).
 */
int spm_parse_note(const void *desc, size_t len, const struct spm_elf *elf,
		   struct spm_note *note, const char **why);

/* spm_string - the NUL-terminated string at @off (checked by spm_parse_note) */
static inline const char *spm_string(const struct spm_note *note, __u32 off)
{
	return note->strings + off;
}

/*
 * spm_vaddr_to_offset - where in the file the byte at @vaddr is
 * Returns 0, or -ERANGE when no segment's file-backed part (with all of @flags)
 * holds [@vaddr, @vaddr + @len).
 */
int spm_vaddr_to_offset(const struct spm_elf *elf, __u64 vaddr, __u64 len, __u32 flags,
			__u64 *ret_offset);

#endif /* _SUTURE_SPM_H */
