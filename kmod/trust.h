/* SPDX-License-Identifier: GPL-2.0 */
/* trust.c: the keyring. sign.c asks it, for patches and for lists (revoke.c). */
#ifndef _SUTURE_TRUST_H
#define _SUTURE_TRUST_H

#include <linux/list.h>

#include "spm-sign.h"

struct file;
struct key;

struct suture_cert {
	struct list_head node;
	struct spm_cert parsed;		/* points into der */
	char name[64];			/* common name, printable */
	u8 der[];
};

/* What suture_sign_text() has read. */
struct suture_signed_text {
	void *buf;			/* vmalloc */
	size_t len;			/* without the signature */
	const struct suture_cert *signer;
};

int suture_sign_text(struct file *file, size_t max, const char *op, struct suture_signed_text *ret,
		     char *message);

const struct suture_cert *suture_trust_find(const struct spm_issuer *issuer);
struct key *suture_trust_ring(void);
bool suture_trust_blacklisted(const void *data, size_t len, const struct spm_bytes *pkcs7);
bool suture_trust_of_root(const struct file *file);
int suture_trust_time(const struct suture_cert *cert);

#endif /* _SUTURE_TRUST_H */
