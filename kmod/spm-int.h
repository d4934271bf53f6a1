/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the parser of patch modules share, see spm.h. Every number of
 * the file is compared before it is added to another, so no sum here can wrap.
 */
#ifndef _SUTURE_SPM_INT_H
#define _SUTURE_SPM_INT_H

#include "spm.h"

static inline int bad(const char **why, const char *text)
{
	*why = text;
	return -ENOEXEC;
}

static inline int unknown(const char **why, const char *text)
{
	*why = text;
	return -EOPNOTSUPP;
}

/* [@off, @off + @len) lies in [0, @size) */
static inline bool inside(__u64 off, __u64 len, __u64 size)
{
	return off <= size && len <= size - off;
}

/* [@a, @a + @a_len) and [@b, @b + @b_len) have a byte in common; neither wraps */
static inline bool overlap(__u64 a, __u64 a_len, __u64 b, __u64 b_len)
{
	return a < b ? b - a < a_len && b_len : a - b < b_len && a_len;
}

static inline bool all_zero(const __u8 *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* What the rules need to know of a machine. */
struct spm_machine {
	__u16 em;
	__u8 insn_align;	/* of instructions, bytes */
	__u8 branch_len;	/* of the branch at an entry, bytes */
};

/* spm_find_machine - by e_machine; NULL: none that patches can be for */
const struct spm_machine *spm_find_machine(__u16 em);

/* spm_check_string - @max: bytes with the NUL; the blob is known to end in one */
int spm_check_string(const struct spm_note *note, __u32 off, size_t max, const char **why);

/* spm_is_printable - well-formed UTF-8 without control characters */
bool spm_is_printable(const char *string);

/* spm_is_patch_name - the string can be the name of a patch */
bool spm_is_patch_name(const char *s);

/* spm_is_text - @new_addr is where an instruction of the patch can be */
bool spm_is_text(const struct spm_elf *elf, const struct spm_machine *m, __u64 new_addr);

/* spm_check_code - functions, ranges, sites, and that each target has some */
int spm_check_code(const struct spm_note *note, const struct spm_machine *m,
		   const struct spm_elf *elf, const char **why);

/* spm_check_rest - hooks, states, replaced patches, relocations */
int spm_check_rest(const struct spm_note *note, const struct spm_machine *m,
		   const struct spm_elf *elf, const char **why);

#endif /* _SUTURE_SPM_INT_H */
