// SPDX-License-Identifier: GPL-2.0
/* The parser of signatures and certificates: its rules, and damage of every kind. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "spm-sign.h"

struct buf {
	size_t len;
	__u8 data[4096];
};

static void put(struct buf *to, const void *data, size_t len)
{
	memcpy(to->data + to->len, data, len);
	to->len += len;
}

/* One element around what is in @body; lengths in DER. */
static struct buf wrap(__u8 tag, const struct buf *body)
{
	struct buf out = { 0 };
	__u8 head[4] = { tag };
	size_t n = 2;

	if (body->len < 0x80) {
		head[1] = body->len;
	} else if (body->len < 0x100) {
		head[1] = 0x81;
		head[2] = body->len;
		n = 3;
	} else {
		head[1] = 0x82;
		head[2] = body->len >> 8;
		head[3] = body->len;
		n = 4;
	}
	put(&out, head, n);
	put(&out, body->data, body->len);
	return out;
}

static struct buf bytes(const void *data, size_t len)
{
	struct buf out = { 0 };

	put(&out, data, len);
	return out;
}

static struct buf join(struct buf a, struct buf b)
{
	put(&a, b.data, b.len);
	return a;
}

static struct buf der(__u8 tag, struct buf body)
{
	return wrap(tag, &body);
}

#define B(...) bytes((const __u8 []){ __VA_ARGS__ }, sizeof((const __u8 []){ __VA_ARGS__ }))

#define SHA256	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01
#define SHA512	0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03
#define RSA	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01
#define ECDSA	0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03
#define DATA	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01
#define SIGNED	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02

static struct buf algorithm(struct buf oid, bool null)
{
	struct buf body = der(0x06, oid);

	return der(0x30, null ? join(body, B(0x05, 0x00)) : body);
}

/* What a message may be made of; a zero length: as usual. */
struct parts {
	struct buf digest, digest_before, cipher, attributes, certs, version, more_signers;
};

static const struct parts *at;
#define OR(part, usual) (at->part.len ? at->part : (usual))

static struct buf name(void)
{
	struct buf pair = join(B(0x06, 0x03, 0x55, 0x04, 0x03), der(0x0c, bytes("Us", 2)));

	return der(0x30, der(0x31, der(0x30, pair)));
}

static struct buf message(const struct parts *parts)
{
	struct buf digest, info, signature = { .len = 256 }, body;

	at = parts;
	digest = OR(digest, algorithm(B(SHA256), true));
	memset(signature.data, 0xa5, signature.len);
	info = der(0x30, join(name(), B(0x02, 0x02, 0x12, 0x34)));
	info = join(OR(version, B(0x02, 0x01, 0x01)), info);
	info = join(info, digest);
	info = join(info, parts->attributes);
	info = join(info, OR(cipher, algorithm(B(RSA), true)));
	info = der(0x30, join(info, der(0x04, signature)));
	body = join(B(0x02, 0x01, 0x01), der(0x31, OR(digest_before, digest)));
	body = join(body, der(0x30, der(0x06, B(DATA))));
	body = join(body, parts->certs);
	body = join(body, der(0x31, join(info, parts->more_signers)));
	return der(0x30, join(der(0x06, B(SIGNED)), der(0xa0, der(0x30, body))));
}

/* In memory of exactly its size, so that the sanitizer sees a byte too far. */
static int parse(const void *data, size_t len, struct spm_signature *sig, const char **why)
{
	__u8 *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, data, len);
	memset(sig, 0, sizeof(*sig));
	sig->pkcs7.data = copy;
	sig->pkcs7.len = len;
	ret = spm_parse_pkcs7(sig, why);
	cr_assert(ret == 0 || (ret == -EBADMSG && *why));
	if (!ret) {
		cr_assert(sig->issuer.name.data >= copy &&
			  sig->issuer.name.data + sig->issuer.name.len <= copy + len);
		cr_assert(sig->issuer.serial.data >= copy &&
			  sig->issuer.serial.data + sig->issuer.serial.len <= copy + len);
	}
	free(copy);
	return ret;
}

static void expect(const struct parts *parts, const char *words)
{
	struct buf buf = message(parts);
	struct spm_signature sig;
	const char *why;
	int ret = parse(buf.data, buf.len, &sig, &why);

	if (!words) {
		cr_assert_eq(ret, 0, "%s", why);
		return;
	}
	cr_assert_eq(ret, -EBADMSG, "not refused, wanted: %s", words);
	cr_assert_str_eq(why, words);
}

Test(spm_sign, rules)
{
	struct parts p = { 0 };

	expect(&p, NULL);
	p.digest = algorithm(B(SHA512), false);
	expect(&p, NULL);
	p.cipher = algorithm(B(ECDSA, 4), false);
	expect(&p, NULL);
	p.cipher = algorithm(B(ECDSA, 2), false);
	expect(&p, "is neither of RSA nor of ECDSA with that digest");
	p = (struct parts){ .digest_before = algorithm(B(SHA512), true) };
	expect(&p, "contradicts itself in its digest");
	p = (struct parts){ .digest_before = algorithm(B(SHA256), false) };
	expect(&p, "contradicts itself in its digest");
	p = (struct parts){ .digest = algorithm(B(0x2b, 0x0e, 0x03, 0x02, 0x1a), true) };
	expect(&p, "is not of SHA-256, SHA-384 or SHA-512");
	p = (struct parts){ .cipher = algorithm(B(SHA256), true) };
	expect(&p, "is neither of RSA nor of ECDSA with that digest");
	p = (struct parts){ .attributes = der(0xa0, B(0x05, 0x00)) };
	expect(&p, "has attributes, which those of kernel modules have not");
	p = (struct parts){ .certs = der(0xa0, B(0x05, 0x00)) };
	expect(&p, "brings certificates with it, which are not looked at");
	p = (struct parts){ .certs = der(0xa1, B(0x05, 0x00)) };
	expect(&p, "brings certificates with it, which are not looked at");
	p = (struct parts){ .version = B(0x02, 0x01, 0x03) };
	expect(&p, "does not name its signer by issuer and serial number");
	p = (struct parts){ .more_signers = B(0x30, 0x00) };
	expect(&p, "has not exactly one signer");
}

Test(spm_sign, lengths_have_one_form)
{
	struct buf body = bytes("x", 1), good = der(0x30, body);
	const __u8 longer[] = { 0x30, 0x81, 0x01, 'x' };
	const __u8 endless[] = { 0x30, 0x80, 'x', 0, 0 };
	const __u8 zero_first[] = { 0x30, 0x82, 0x00, 0x80, 'x' };
	const __u8 huge[] = { 0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 'x' };

	cr_assert_eq(spm_cert_size(good.data, good.len), good.len);
	cr_assert_eq(spm_cert_size(longer, sizeof(longer)), 0);
	cr_assert_eq(spm_cert_size(endless, sizeof(endless)), 0);
	cr_assert_eq(spm_cert_size(zero_first, sizeof(zero_first)), 0);
	cr_assert_eq(spm_cert_size(huge, sizeof(huge)), 0);
	cr_assert_eq(spm_cert_size(good.data, good.len - 1), 0);
}

/* One byte with every value: what passes differs in the names, or in the signature's value. */
Test(spm_sign, every_byte)
{
	struct parts none = { 0 };
	struct buf buf = message(&none);
	struct buf us = name();
	size_t i, value, name_at = 0, free_bytes = us.len + 4 + 256, passed = 0;
	struct spm_signature sig;
	const char *why;

	while (memcmp(buf.data + name_at, us.data, us.len))
		name_at++;
	for (i = 0; i < buf.len; i++) {
		__u8 was = buf.data[i];
		bool any = false;

		for (value = 0; value < 256; value++) {
			buf.data[i] = value;
			if (value == was || parse(buf.data, buf.len, &sig, &why))
				continue;
			any = true;
			cr_assert((i >= name_at && i < name_at + us.len + 4) ||
				  i >= buf.len - 256, "byte %zu may be %zu", i, value);
		}
		passed += any;
		buf.data[i] = was;
	}
	cr_assert(passed > 256 && passed <= free_bytes, "%zu", passed);
}

Test(spm_sign, every_cut)
{
	struct parts none = { 0 };
	struct buf buf = message(&none);
	struct spm_signature sig;
	const char *why;
	size_t len;

	for (len = 0; len < buf.len; len++)
		cr_assert_eq(parse(buf.data, len, &sig, &why), -EBADMSG, "%zu", len);
	buf.data[buf.len++] = 0;
	cr_assert_eq(parse(buf.data, buf.len, &sig, &why), -EBADMSG);
}

Test(spm_sign, split)
{
	__u8 file[100 + SPM_SIGN_INFO_LEN + SPM_SIGN_MAGIC_LEN] = { 0 };
	__u8 *info = file + 100;
	struct spm_signature sig;
	const char *why;
	size_t len, i;

	info[2] = SPM_SIGN_ID_PKCS7;
	info[11] = 60;
	memcpy(info + SPM_SIGN_INFO_LEN, SPM_SIGN_MAGIC, SPM_SIGN_MAGIC_LEN);
	cr_assert_eq(spm_split_signature(file, sizeof(file), sizeof(file), &sig, &why), 1);
	cr_assert_eq(sig.image_len, 40);
	cr_assert_eq(sig.pkcs7.len, 60);
	cr_assert_eq(sig.pkcs7.data - file, 40);
	/* only the end is here */
	len = sizeof(file) - 90;
	cr_assert_eq(spm_split_signature(file + 90, len, sizeof(file), &sig, &why), 1);
	cr_assert_eq(sig.image_len, 40);
	cr_assert_null(sig.pkcs7.data);
	/* from the front: cut to less than is announced */
	for (i = 41; i < sizeof(file); i++) {
		len = sizeof(file) - i;
		cr_assert_eq(spm_split_signature(file + i, len, len, &sig, &why),
			     len < SPM_SIGN_MAGIC_LEN ? 0 : -EBADMSG, "%zu", i);
	}
	/* each byte of the end is looked at */
	for (i = 0; i < SPM_SIGN_INFO_LEN + SPM_SIGN_MAGIC_LEN; i++) {
		info[i] ^= 0x80;
		cr_assert_eq(spm_split_signature(file, sizeof(file), sizeof(file), &sig, &why),
			     i < SPM_SIGN_INFO_LEN ? -EBADMSG : 0, "%zu", i);
		info[i] ^= 0x80;
	}
	info[11] = 0;
	cr_assert_eq(spm_split_signature(file, sizeof(file), sizeof(file), &sig, &why), -EBADMSG);
}

/* --------------------------------------------------------------- certificates */

static struct buf time_of(const char *text)
{
	return der(strlen(text) == 13 ? 0x17 : 0x18, bytes(text, strlen(text)));
}

static struct buf certificate(const char *from, const char *until)
{
	struct buf tbs = join(der(0xa0, B(0x02, 0x01, 0x02)), B(0x02, 0x02, 0x12, 0x34));

	tbs = join(tbs, algorithm(B(SHA256), true));
	tbs = join(tbs, name());
	tbs = join(tbs, der(0x30, join(time_of(from), time_of(until))));
	tbs = join(join(tbs, name()), B(0x30, 0x00));
	return der(0x30, join(der(0x30, tbs), B(0x30, 0x00)));
}

static int cert_of(const struct buf *buf, size_t len, struct spm_cert *cert, const char **why)
{
	__u8 *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, buf->data, len);
	ret = spm_parse_cert(copy, len, cert, why);
	cr_assert(ret == 0 || (ret == -EBADMSG && *why));
	if (!ret && cert->common_name.len)
		cr_assert(cert->common_name.data + cert->common_name.len <= copy + len);
	free(copy);
	return ret;
}

static void expect_time(const char *text, long long wanted)
{
	struct buf buf = certificate(text, "99991231235959Z");
	struct spm_cert cert;
	const char *why;
	int ret = cert_of(&buf, buf.len, &cert, &why);

	if (wanted == -1) {
		cr_assert_eq(ret, -EBADMSG, "%s is taken", text);
		return;
	}
	cr_assert_eq(ret, 0, "%s: %s", text, why);
	cr_assert_eq(cert.not_before, wanted, "%s: %lld", text, (long long)cert.not_before);
	cr_assert_eq(cert.not_after, 253402300799LL);
	cr_assert_eq(cert.common_name.len, 2);
}

Test(spm_sign, times)
{
	expect_time("700101000000Z", 0);
	expect_time("19700101000000Z", 0);
	expect_time("000229120000Z", 951825600);
	expect_time("20000301000000Z", 951868800);
	expect_time("491231235959Z", 2524607999LL);
	expect_time("500101000000Z", -631152000);
	expect_time("20380119031408Z", 2147483648LL);
	expect_time("21000301000000Z", 4107542400LL);
	expect_time("21000229000000Z", -1);
	expect_time("010229000000Z", -1);
	expect_time("001301000000Z", -1);
	expect_time("000001000000Z", -1);
	expect_time("000100000000Z", -1);
	expect_time("000431000000Z", -1);
	expect_time("000101240000Z", -1);
	expect_time("000101006000Z", -1);
	expect_time("000101000060Z", -1);
	expect_time("0001010000000", -1);
	expect_time("0001010000-1Z", -1);
	expect_time("00010100000Z", -1);
	expect_time("00000101000000Z", -1);
}

Test(spm_sign, damaged_certificates)
{
	struct buf buf = certificate("20200101000000Z", "20300101000000Z");
	struct spm_cert cert;
	const char *why;
	size_t i, value;

	for (i = 0; i < buf.len; i++)
		cr_assert_eq(cert_of(&buf, i, &cert, &why), -EBADMSG);
	for (i = 0; i < buf.len; i++) {
		__u8 was = buf.data[i];

		for (value = 0; value < 256; value++) {
			buf.data[i] = value;
			cert_of(&buf, buf.len, &cert, &why);
		}
		buf.data[i] = was;
	}
}
