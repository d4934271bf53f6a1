// SPDX-License-Identifier: GPL-2.0
/* The parser of signatures: see spm-sign.h. */
#include "spm-sign.h"

/* Tags of DER: the few that signatures and certificates of ours are made of. */
#define DER_INTEGER	0x02
#define DER_OCTETS	0x04
#define DER_NULL	0x05
#define DER_OID		0x06
#define DER_UTC_TIME	0x17
#define DER_TIME	0x18
#define DER_SEQUENCE	0x30
#define DER_SET		0x31
#define DER_CONTEXT_0	0xa0
#define DER_CONTEXT_1	0xa1

static int bad(const char **why, const char *text)
{
	*why = text;
	return -EBADMSG;
}

/* --------------------------------------------------------------- DER */

static __u8 der_peek(const struct spm_bytes *in)
{
	return in->len ? in->data[0] : 0;
}

/*
 * Takes the element at the beginning of @in off it: of this tag, its length in the one
 * form that DER allows. @whole, @contents may be NULL. False: there is none.
 */
static bool der_take(struct spm_bytes *in, __u8 tag, struct spm_bytes *whole,
		     struct spm_bytes *contents)
{
	size_t head = 2, len, i;

	if (in->len < head || in->data[0] != tag)
		return false;
	len = in->data[1];
	if (len & 0x80) {
		size_t more = len & 0x7f;

		if (more < 1 || more > 3 || in->len - head < more)
			return false;
		for (len = 0, i = 0; i < more; i++)
			len = len << 8 | in->data[head + i];
		/* not shorter than it could be said */
		if (len < 0x80 || (more > 1 && len >> (8 * (more - 1)) == 0))
			return false;
		head += more;
	}
	if (len > in->len - head)
		return false;
	if (whole) {
		whole->data = in->data;
		whole->len = head + len;
	}
	if (contents) {
		contents->data = in->data + head;
		contents->len = len;
	}
	in->data += head + len;
	in->len -= head + len;
	return true;
}

/* The same, and nothing is behind it. */
static bool der_only(struct spm_bytes in, __u8 tag, struct spm_bytes *contents)
{
	return der_take(&in, tag, NULL, contents) && !in.len;
}

/* A small INTEGER, of one byte. -1: it is none. */
static int der_small(struct spm_bytes *in)
{
	struct spm_bytes number;

	if (!der_take(in, DER_INTEGER, NULL, &number) || number.len != 1 || number.data[0] > 0x7f)
		return -1;
	return number.data[0];
}

static bool is_oid(const struct spm_bytes *oid, const void *bytes, size_t len)
{
	return oid->len == len && !memcmp(oid->data, bytes, len);
}

#define IS_OID(oid, ...) \
	is_oid(oid, (const __u8 []){ __VA_ARGS__ }, sizeof((const __u8 []){ __VA_ARGS__ }))

/* AlgorithmIdentifier; parameters are NULL or absent. */
static bool take_algorithm(struct spm_bytes *in, struct spm_bytes *whole, struct spm_bytes *oid)
{
	struct spm_bytes body, null;

	if (!der_take(in, DER_SEQUENCE, whole, &body) || !der_take(&body, DER_OID, NULL, oid))
		return false;
	return !body.len || (der_only(body, DER_NULL, &null) && !null.len);
}

/* --------------------------------------------------------------- the signature */

static __u32 be32(const __u8 *p)
{
	return (__u32)p[0] << 24 | (__u32)p[1] << 16 | (__u32)p[2] << 8 | p[3];
}

int spm_split_signature(const void *buf, size_t len, __u64 size, struct spm_signature *sig,
			const char **why)
{
	const __u8 *bytes = buf, *info;
	__u64 before;
	__u32 sig_len;

	memset(sig, 0, sizeof(*sig));
	*why = NULL;
	if (len < SPM_SIGN_MAGIC_LEN ||
	    memcmp(bytes + len - SPM_SIGN_MAGIC_LEN, SPM_SIGN_MAGIC, SPM_SIGN_MAGIC_LEN))
		return 0;
	len -= SPM_SIGN_MAGIC_LEN;
	if (len < SPM_SIGN_INFO_LEN)
		return bad(why, "is cut: it ends in the mark of a signature and holds none");
	len -= SPM_SIGN_INFO_LEN;
	info = bytes + len;
	before = size - SPM_SIGN_MAGIC_LEN - SPM_SIGN_INFO_LEN;
	/* algo, hash, id_type, signer_len, key_id_len, three of padding, sig_len */
	if (info[0] || info[1] || info[2] != SPM_SIGN_ID_PKCS7 || info[3] || info[4] ||
	    info[5] || info[6] || info[7])
		return bad(why, "has a damaged signature: its last bytes are of no known kind");
	sig_len = be32(info + 8);
	if (sig_len > before)
		return bad(why, "is cut: it is shorter than the signature that it announces");
	if (!sig_len || sig_len > SPM_PKCS7_MAX)
		return bad(why, "has a damaged signature: its length cannot be");
	sig->image_len = before - sig_len;
	sig->pkcs7.len = sig_len;
	if (sig_len <= len)
		sig->pkcs7.data = info - sig_len;
	return 1;
}

/* The digest of the OID, and the last byte of its sum with ECDSA. */
static bool find_digest(const struct spm_bytes *oid, enum spm_digest *digest, __u8 *ecdsa)
{
	/* 2.16.840.1.101.3.4.2.{1,2,3} */
	if (IS_OID(oid, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01)) {
		*digest = SPM_SHA256;
		*ecdsa = 2;
	} else if (IS_OID(oid, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02)) {
		*digest = SPM_SHA384;
		*ecdsa = 3;
	} else if (IS_OID(oid, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03)) {
		*digest = SPM_SHA512;
		*ecdsa = 4;
	} else {
		return false;
	}
	return true;
}

/* rsaEncryption, or ecdsa-with-SHA* of that digest. */
static bool good_cipher(const struct spm_bytes *oid, __u8 ecdsa)
{
	return IS_OID(oid, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01) ||
	       IS_OID(oid, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, ecdsa);
}

/* The only SignerInfo, @info: all of it. @digests: the DER of the one digest named before. */
static int parse_signer(struct spm_bytes info, const struct spm_bytes *digests,
			struct spm_signature *sig, const char **why)
{
	struct spm_bytes in, sid, algorithm, oid, value;
	__u8 ecdsa;

	if (!der_only(info, DER_SEQUENCE, &in))
		return bad(why, "has not exactly one signer");
	if (der_small(&in) != 1 || !der_take(&in, DER_SEQUENCE, NULL, &sid))
		return bad(why, "does not name its signer by issuer and serial number");
	if (!der_take(&sid, DER_SEQUENCE, &sig->issuer.name, NULL) ||
	    !der_only(sid, DER_INTEGER, &sig->issuer.serial) || !sig->issuer.serial.len)
		return bad(why, "names its signer in a damaged way");
	if (!take_algorithm(&in, &algorithm, &oid) || !find_digest(&oid, &sig->digest, &ecdsa))
		return bad(why, "is not of SHA-256, SHA-384 or SHA-512");
	if (!spm_bytes_same(&algorithm, digests))
		return bad(why, "contradicts itself in its digest");
	if (der_peek(&in) == DER_CONTEXT_0)
		return bad(why, "has attributes, which those of kernel modules have not");
	if (!take_algorithm(&in, NULL, &oid) || !good_cipher(&oid, ecdsa))
		return bad(why, "is neither of RSA nor of ECDSA with that digest");
	if (!der_take(&in, DER_OCTETS, NULL, &value) || !value.len || in.len)
		return bad(why, "does not end as it should");
	return 0;
}

int spm_parse_pkcs7(struct spm_signature *sig, const char **why)
{
	struct spm_bytes in = sig->pkcs7, body, oid, digests, content, signers;

	*why = NULL;
	if (!der_only(in, DER_SEQUENCE, &body) || !der_take(&body, DER_OID, NULL, &oid) ||
	    !IS_OID(&oid, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02) ||
	    !der_only(body, DER_CONTEXT_0, &in) || !der_only(in, DER_SEQUENCE, &body))
		return bad(why, "is no PKCS#7 of signed data");
	if (der_small(&body) != 1)
		return bad(why, "does not name its signer by issuer and serial number");
	if (!der_take(&body, DER_SET, NULL, &digests))
		return bad(why, "names no digest");
	if (!der_take(&body, DER_SEQUENCE, NULL, &content) ||
	    !der_only(content, DER_OID, &oid) ||
	    !IS_OID(&oid, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01))
		return bad(why, "is not detached from what it signs");
	if (der_peek(&body) == DER_CONTEXT_0 || der_peek(&body) == DER_CONTEXT_1)
		return bad(why, "brings certificates with it, which are not looked at");
	if (!der_only(body, DER_SET, &signers))
		return bad(why, "does not end as it should");
	return parse_signer(signers, &digests, sig, why);
}

/* --------------------------------------------------------------- certificates */

/* Two digits; -1: they are none. */
static int two_digits(const __u8 *p)
{
	if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9')
		return -1;
	return (p[0] - '0') * 10 + p[1] - '0';
}

/* Days from 1970-01-01; the year counted from March. */
static __s64 days(int year, int month, int day)
{
	__s64 y = month <= 2 ? year - 1 : year;
	int m = month <= 2 ? month + 9 : month - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}

/* UTCTime or GeneralizedTime, as RFC 5280 has them: to the second, in Z. */
static bool take_time(struct spm_bytes *in, __s64 *ret)
{
	static const __u8 month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	__u8 tag = der_peek(in);
	struct spm_bytes text;
	int part[6], year, last, i;

	if ((tag != DER_UTC_TIME && tag != DER_TIME) || !der_take(in, tag, NULL, &text))
		return false;
	if (text.len != (tag == DER_TIME ? 15U : 13U) || text.data[text.len - 1] != 'Z')
		return false;
	year = 0;
	if (tag == DER_TIME) {
		year = two_digits(text.data);
		text.data += 2;
	}
	for (i = 0; i < 6; i++) {
		part[i] = two_digits(text.data + 2 * i);
		if (part[i] < 0 || year < 0)
			return false;
	}
	if (tag == DER_UTC_TIME)
		year = part[0] < 50 ? 20 : 19;
	year = year * 100 + part[0];
	if (year < 1 || part[1] < 1 || part[1] > 12)
		return false;
	last = month_days[part[1] - 1];
	if (part[1] == 2 && year % 4 == 0 && (year % 100 || year % 400 == 0))
		last++;
	if (part[2] < 1 || part[2] > last || part[3] > 23 || part[4] > 59 || part[5] > 59)
		return false;
	*ret = ((days(year, part[1], part[2]) * 24 + part[3]) * 60 + part[4]) * 60 + part[5];
	return true;
}

/* The last common name of a subject, which may well have none. */
static void find_common_name(struct spm_bytes subject, struct spm_bytes *name)
{
	struct spm_bytes set, pair, oid;

	memset(name, 0, sizeof(*name));
	while (der_take(&subject, DER_SET, NULL, &set)) {
		if (!der_take(&set, DER_SEQUENCE, NULL, &pair) ||
		    !der_take(&pair, DER_OID, NULL, &oid) || !IS_OID(&oid, 0x55, 0x04, 0x03))
			continue;
		/* some kind of string */
		if (!der_take(&pair, der_peek(&pair), NULL, name))
			memset(name, 0, sizeof(*name));
	}
}

size_t spm_cert_size(const void *buf, size_t len)
{
	struct spm_bytes in = { buf, len }, whole;

	return der_take(&in, DER_SEQUENCE, &whole, NULL) ? whole.len : 0;
}

int spm_parse_cert(const void *der, size_t len, struct spm_cert *cert, const char **why)
{
	struct spm_bytes in = { der, len }, body, tbs, part;

	memset(cert, 0, sizeof(*cert));
	*why = NULL;
	if (len > SPM_CERT_MAX)
		return bad(why, "is too large");
	if (!der_only(in, DER_SEQUENCE, &body) || !der_take(&body, DER_SEQUENCE, NULL, &tbs))
		return bad(why, "is no X.509 certificate in DER");
	der_take(&tbs, DER_CONTEXT_0, NULL, NULL);	/* version, a 1 when absent */
	if (!der_take(&tbs, DER_INTEGER, NULL, &cert->issuer.serial) || !cert->issuer.serial.len)
		return bad(why, "has no serial number");
	if (!der_take(&tbs, DER_SEQUENCE, NULL, NULL) ||
	    !der_take(&tbs, DER_SEQUENCE, &cert->issuer.name, NULL))
		return bad(why, "has no issuer");
	if (!der_take(&tbs, DER_SEQUENCE, NULL, &part) || !take_time(&part, &cert->not_before) ||
	    !take_time(&part, &cert->not_after) || part.len)
		return bad(why, "does not say from when until when it is valid");
	if (!der_take(&tbs, DER_SEQUENCE, NULL, &part))
		return bad(why, "has no subject");
	find_common_name(part, &cert->common_name);
	return 0;
}
