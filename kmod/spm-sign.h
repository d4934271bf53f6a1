/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is appended to a signed patch module, in the format of signed kernel modules:
 *
 *   the image | PKCS#7, DER | struct module_signature | "~Module signature appended~\n"
 *
 * The kernel verifies the signature itself. This part finds its pieces, and holds the
 * PKCS#7 to one form that has no byte to spare: what the kernel's parser does not look
 * at (the second list of digests, parameters of algorithms) cannot be altered either.
 * As spm.h: plain C for the kernel and for user space, and it allocates nothing.
 */
#ifndef _SUTURE_SPM_SIGN_H
#define _SUTURE_SPM_SIGN_H

#include "spm.h"

#define SPM_SIGN_MAGIC		"~Module signature appended~\n"
#define SPM_SIGN_MAGIC_LEN	(sizeof(SPM_SIGN_MAGIC) - 1)
#define SPM_SIGN_INFO_LEN	12	/* struct module_signature */
#define SPM_SIGN_ID_PKCS7	2	/* its id_type */
#define SPM_PKCS7_MAX		(64U << 10)
#define SPM_CERT_MAX		(64U << 10)

/* Some bytes of the caller's buffer. */
struct spm_bytes {
	const __u8 *data;
	size_t len;
};

static inline bool spm_bytes_same(const struct spm_bytes *a, const struct spm_bytes *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* Who issued a certificate and under which number: names it in a signature. */
struct spm_issuer {
	struct spm_bytes name;		/* DER of the Name */
	struct spm_bytes serial;	/* contents of the INTEGER */
};

enum spm_digest { SPM_SHA256, SPM_SHA384, SPM_SHA512 };

struct spm_signature {
	size_t image_len;		/* bytes before the signature: what is signed */
	struct spm_bytes pkcs7;
	struct spm_issuer issuer;	/* of the signer's certificate */
	enum spm_digest digest;
};

struct spm_cert {
	struct spm_issuer issuer;
	struct spm_bytes common_name;	/* of the subject; empty when it has none */
	__s64 not_before, not_after;	/* seconds since 1970 */
};

/*
 * spm_split_signature - find the signature at the end of a file
 * @buf, @len: all of the file, or its end
 * @size:      of the file, @len at least
 * @sig:       out: image_len; pkcs7, whose data is NULL when @buf does not hold all of it
 *
 * Returns 1, 0 (there is none), or -EBADMSG with *@why: there is the mark of one.
 */
int spm_split_signature(const void *buf, size_t len, __u64 size, struct spm_signature *sig,
			const char **why);

/* spm_parse_pkcs7 - issuer and digest of sig->pkcs7; 0, or -EBADMSG with *@why */
int spm_parse_pkcs7(struct spm_signature *sig, const char **why);

/* spm_parse_cert - an X.509 certificate, all of @der; 0, or -EBADMSG with *@why */
int spm_parse_cert(const void *der, size_t len, struct spm_cert *cert, const char **why);

/* spm_cert_size - how long the certificate is that @buf begins with; 0: none */
size_t spm_cert_size(const void *buf, size_t len);

#endif /* _SUTURE_SPM_SIGN_H */
