/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of patches that are revoked, text that is signed as patches are:
 *
 *	suture-revocations SERIAL
 *	# what begins so is for people, and so are empty lines
 *	NAME VERSION
 *	NAME *
 *	sha256:HEX
 *
 * As spm.h: plain C for the kernel and for user space; it allocates nothing, and what it
 * returns points into the caller's buffer.
 */
#ifndef _SUTURE_SPM_REVOKE_H
#define _SUTURE_SPM_REVOKE_H

#include "spm.h"

#define SPM_REVOKE_MAX		(256U << 10)	/* bytes of a list, without its signature */
#define SPM_REVOKE_HEAD		"suture-revocations "
#define SPM_REVOKE_HEAD_LEN	(sizeof(SPM_REVOKE_HEAD) - 1)
#define SPM_DIGEST_LEN		32		/* SHA-256 */

struct spm_revocations {
	const char *text;	/* that spm_parse_revocations() has checked */
	size_t len;
	__u64 serial;
	__u32 nr;		/* entries */
	__u32 nr_digests;	/* of them */
};

/* One entry: a digest, or a name and a version ("*": any). */
struct spm_revocation {
	bool is_digest;
	__u8 digest[SPM_DIGEST_LEN];
	char name[SUTURE_NAME_MAX];
	char version[SUTURE_FLOOR_VERSION_MAX];
};

/* What may be revoked: a patch, and the digests of its file with and without a signature. */
struct spm_subject {
	const char *name, *version;
	const __u8 (*digests)[SPM_DIGEST_LEN];
	unsigned int nr_digests;
};

/* spm_is_revocations - does it begin as a list does? */
bool spm_is_revocations(const void *buf, size_t len);

/*
 * spm_parse_revocations - check a list completely
 * @text, @len: without its signature
 * @line:       out: on error the number of the line, from 1
 * Returns 0, or -ENOEXEC with *@why.
 */
int spm_parse_revocations(const char *text, size_t len, struct spm_revocations *list,
			  __u32 *line, const char **why);

/*
 * spm_next_revocation - the entry at or behind *@pos of a checked list
 * @pos: 0 for the first; moves on
 * False: there is none any more.
 */
bool spm_next_revocation(const struct spm_revocations *list, size_t *pos,
			 struct spm_revocation *entry);

/* spm_is_revoked - does an entry name it? */
bool spm_is_revoked(const struct spm_revocations *list, const struct spm_subject *subject);

#endif /* _SUTURE_SPM_REVOKE_H */
