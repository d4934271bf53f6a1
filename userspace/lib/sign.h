/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signatures of patch modules and of revocation lists, appended as those of kernel modules
 * are (docs/format.md).
 * The kernel has the last word; what is verified here is what it would say, asked before.
 */
#ifndef SUTURE_SIGN_H
#define SUTURE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "spm-revoke.h"

struct suture_signed {
	bool is_signed;
	size_t image_size;	/* bytes without the signature */
	char signer[256];	/* issuer of the signer's certificate, RFC 2253 */
	char serial[64];	/* its serial number, hex */
	const char *digest;	/* "sha256" ... */
	char image[65];		/* SHA-256 of the image, hex: names it in a revocation list */
	bool is_list;		/* a revocation list, not a patch module */
};

/*
 * suture_sign_file - sign a patch module or a revocation list, in place of its signature
 * @key, @cert: PEM or DER files; the certificate is that of the key
 * The file is replaced at once, by another with the same mode and owner.
 */
int suture_sign_file(const char *path, const char *key, const char *cert,
		     struct suture_error *err);

/* suture_sign_read - what the signature says of itself; 0 also without one */
int suture_sign_read(const char *path, struct suture_signed *ret, struct suture_error *err);

/*
 * suture_sign_verify - is the file what one of these has signed, in its time?
 * @certs: certificates (PEM or DER) or folders of *.der and *.x509; NULL at the end
 * @ret:   what suture_sign_read() says; may be NULL
 * Returns 0, -ENODATA (unsigned), -EBADMSG (cut, damaged), -ENOKEY (of a stranger),
 * -EKEYREJECTED (altered, or not valid yet), -EKEYEXPIRED, or another negative errno.
 */
int suture_sign_verify(const char *path, char *const *certs, struct suture_signed *ret,
		       struct suture_error *err);

/*
 * suture_revocations_read - a revocation list, checked as the kernel does, but its signature
 * @text: what @ret points into; the caller frees it
 */
int suture_revocations_read(const char *path, char **text, struct spm_revocations *ret,
			    struct suture_error *err);

#endif /* SUTURE_SIGN_H */
