// SPDX-License-Identifier: GPL-2.0-only
/* Signing patch modules, and verifying them as the kernel does. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "crypto-int.h"
#include "sign.h"
#include "spm-file.h"
#include "spm-sign.h"
#include "text.h"

#define FILE_MAX	(128U << 20)	/* as in the kernel */

struct contents {
	char path[1024];	/* for messages */
	uint8_t *data;
	size_t size;
	struct stat st;
};

static int openssl_error(struct suture_error *err, int code, const char *what)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return suture_error_set(err, code, "%s: %s", what, why ? why : "OpenSSL says no reason");
}

/* Everything here begins with this: libcrypto is there from then on. */
static int read_all(const char *path, struct contents *file, struct suture_error *err)
{
	int fd, ret;

	memset(file, 0, sizeof(*file));
	ret = suture_crypto_load(err);
	if (ret)
		return ret;
	suture_text_clean_buf(path, 0, file->path, sizeof(file->path));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &file->st)) {
		ret = suture_error_set(err, -errno, "cannot open %s: %s", file->path,
				       strerror(errno));
		goto out;
	}
	if (!S_ISREG(file->st.st_mode) || file->st.st_size > FILE_MAX) {
		ret = suture_error_set(err, -EFBIG, "%s is not a regular file of 128 MiB at most",
				       file->path);
		goto out;
	}
	file->data = malloc(file->st.st_size + 1);
	if (!file->data) {
		ret = suture_error_nomem(err);
		goto out;
	}
	while (file->size < (size_t)file->st.st_size) {
		ssize_t got = read(fd, file->data + file->size, file->st.st_size - file->size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			ret = suture_error_set(err, got ? -errno : -EIO, "cannot read %s",
					       file->path);
			goto out;
		}
		file->size += got;
	}
out:
	if (fd >= 0)
		close(fd);
	if (ret) {
		free(file->data);
		file->data = NULL;
	}
	return ret;
}

/* --------------------------------------------------------------- keys */

static EVP_PKEY *read_key(const char *path, struct suture_error *err)
{
	BIO *bio = BIO_new_file(path, "rb");
	EVP_PKEY *key = NULL;

	if (bio) {
		key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
		if (!key && BIO_seek(bio, 0) == 0)
			key = d2i_PrivateKey_bio(bio, NULL);
		BIO_free(bio);
	}
	if (!key)
		openssl_error(err, -EINVAL, "cannot read the private key");
	ERR_clear_error();
	return key;
}

static X509 *read_cert(const char *path, struct suture_error *err)
{
	BIO *bio = BIO_new_file(path, "rb");
	X509 *cert = NULL;

	if (bio) {
		cert = d2i_X509_bio(bio, NULL);
		if (!cert && BIO_seek(bio, 0) == 0)
			cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		BIO_free(bio);
	}
	if (!cert) {
		char clean[256];

		suture_text_clean_buf(path, 0, clean, sizeof(clean));
		openssl_error(err, -EINVAL, "cannot read a certificate");
		suture_error_prefix(err, "%s", clean);
	}
	ERR_clear_error();
	return cert;
}

/* --------------------------------------------------------------- reading */

/* Bytes of DER as text; what OpenSSL cannot read stays empty. */
static void describe(const struct spm_signature *sig, struct suture_signed *ret)
{
	static const char *const digests[] = { "sha256", "sha384", "sha512" };
	const uint8_t *der = sig->issuer.name.data;
	X509_NAME *name = d2i_X509_NAME(NULL, &der, sig->issuer.name.len);
	BIO *bio = BIO_new(BIO_s_mem());
	size_t i;
	int len;

	if (name && bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
		len = BIO_read(bio, ret->signer, sizeof(ret->signer) - 1);
		ret->signer[len < 0 ? 0 : len] = '\0';
	}
	for (i = 0; i < sig->issuer.serial.len && 2 * i + 3 < sizeof(ret->serial); i++)
		snprintf(ret->serial + 2 * i, 3, "%02x", sig->issuer.serial.data[i]);
	ret->digest = digests[sig->digest];
	BIO_free(bio);
	X509_NAME_free(name);
	ERR_clear_error();
}

static void describe_image(const uint8_t *data, struct suture_signed *ret)
{
	uint8_t digest[SPM_DIGEST_LEN];
	unsigned int len = 0, i;

	if (EVP_Digest(data, ret->image_size, digest, &len, EVP_sha256(), NULL) != 1)
		len = 0;
	for (i = 0; i < len; i++)
		snprintf(ret->image + 2 * i, 3, "%02x", digest[i]);
	ERR_clear_error();
}

/* 0: is_signed says whether; @sig has all of it then */
static int parse(const struct contents *file, struct spm_signature *sig,
		 struct suture_signed *ret, struct suture_error *err)
{
	const char *why;
	int found;

	memset(ret, 0, sizeof(*ret));
	found = spm_split_signature(file->data, file->size, file->size, sig, &why);
	if (found < 0)
		return suture_error_set(err, found, "%s %s", file->path, why);
	ret->is_signed = found;
	ret->image_size = found ? sig->image_len : file->size;
	ret->is_list = spm_is_revocations(file->data, ret->image_size);
	describe_image(file->data, ret);
	if (!found)
		return 0;
	found = spm_parse_pkcs7(sig, &why);
	if (found)
		return suture_error_set(err, found, "%s has a damaged signature: it %s",
					file->path, why);
	describe(sig, ret);
	return 0;
}

int suture_sign_read(const char *path, struct suture_signed *ret, struct suture_error *err)
{
	struct spm_signature sig;
	struct contents file;
	int code = read_all(path, &file, err);

	if (code)
		return code;
	code = parse(&file, &sig, ret, err);
	free(file.data);
	return code;
}

/* --------------------------------------------------------------- signing */

/* The DER of a detached signature, as the kernel's sign-file makes it. */
static int make_pkcs7(const struct contents *file, size_t image_len, EVP_PKEY *key, X509 *cert,
		      uint8_t **der, int *der_len, struct suture_error *err)
{
	unsigned int flags = CMS_DETACHED | CMS_BINARY | CMS_NOCERTS | CMS_NOSMIMECAP | CMS_NOATTR;
	BIO *bio = BIO_new_mem_buf(file->data, image_len);
	CMS_ContentInfo *cms = NULL;
	int ret = -EINVAL;

	if (!bio)
		return suture_error_nomem(err);
	if (X509_check_private_key(cert, key) != 1) {
		suture_error_set(err, ret, "the certificate is not that of the key");
		goto out;
	}
	cms = CMS_sign(NULL, NULL, NULL, NULL, flags | CMS_PARTIAL | CMS_STREAM);
	if (!cms || !CMS_add1_signer(cms, cert, key, EVP_sha256(), flags) ||
	    CMS_final(cms, bio, NULL, flags) != 1) {
		openssl_error(err, ret, "cannot sign");
		goto out;
	}
	*der = NULL;
	*der_len = i2d_CMS_ContentInfo(cms, der);
	ret = *der_len > 0 ? 0 : openssl_error(err, ret, "cannot write the signature");
out:
	CMS_ContentInfo_free(cms);
	BIO_free(bio);
	ERR_clear_error();
	return ret;
}

static bool put(int fd, const void *data, size_t len)
{
	while (len) {
		ssize_t done = write(fd, data, len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		data = (const char *)data + done;
		len -= done;
	}
	return true;
}

/* Beside the file, and in its place when all of it is on the disk. */
static int write_signed(const char *path, const struct contents *file, size_t image_len,
			const uint8_t *der, uint32_t der_len, struct suture_error *err)
{
	uint8_t info[SPM_SIGN_INFO_LEN] = { [2] = SPM_SIGN_ID_PKCS7 };
	char *tmp;
	int fd, ret = 0;

	for (int i = 0; i < 4; i++)
		info[8 + i] = der_len >> (24 - 8 * i);
	if (asprintf(&tmp, "%s.XXXXXX", path) < 0)
		return suture_error_nomem(err);
	fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0) {
		ret = suture_error_set(err, -errno, "cannot write beside %s: %s", file->path,
				       strerror(errno));
		goto out;
	}
	/* whose it was, as far as we may say so */
	if (fchown(fd, file->st.st_uid, file->st.st_gid))
		errno = 0;
	if (!put(fd, file->data, image_len) || !put(fd, der, der_len) ||
	    !put(fd, info, sizeof(info)) || !put(fd, SPM_SIGN_MAGIC, SPM_SIGN_MAGIC_LEN) ||
	    fchmod(fd, file->st.st_mode & 07777) || fsync(fd) || rename(tmp, path)) {
		ret = suture_error_set(err, errno ? -errno : -EIO, "cannot write %s: %s",
				       file->path, strerror(errno));
		unlink(tmp);
	}
	close(fd);
out:
	free(tmp);
	return ret;
}

static int check_spm(const char *path, struct suture_error *err)
{
	struct suture_spm *spm;
	int ret = suture_spm_open(path, &spm, err);

	if (!ret)
		suture_spm_close(spm);
	return ret;
}

static int parse_list(const struct contents *file, size_t image_len, struct spm_revocations *list,
		      struct suture_error *err)
{
	const char *why;
	uint32_t line;
	int ret;

	ret = spm_parse_revocations((const char *)file->data, image_len, list, &line, &why);
	if (ret)
		return suture_error_set(err, ret, "%s is no revocation list: line %u: %s",
					file->path, line, why);
	return 0;
}

static int check_list(const struct contents *file, size_t image_len, struct suture_error *err)
{
	struct spm_revocations list;

	return parse_list(file, image_len, &list, err);
}

int suture_revocations_read(const char *path, char **text, struct spm_revocations *ret,
			    struct suture_error *err)
{
	struct suture_signed said;
	struct spm_signature sig;
	struct contents file;
	int code = read_all(path, &file, err);

	if (code)
		return code;
	code = parse(&file, &sig, &said, err);
	if (!code)
		code = parse_list(&file, said.image_size, ret, err);
	if (code)
		free(file.data);
	else
		*text = (char *)file.data;
	return code;
}

int suture_sign_file(const char *path, const char *key_path, const char *cert_path,
		     struct suture_error *err)
{
	struct spm_signature sig;
	struct suture_signed was;
	EVP_PKEY *key = NULL;
	struct contents file;
	X509 *cert = NULL;
	uint8_t *der = NULL;
	int der_len = 0, ret;

	ret = read_all(path, &file, err);
	if (ret)
		return ret;
	/* What no kernel would take nobody should have signed. */
	ret = parse(&file, &sig, &was, err);
	if (!ret)
		ret = was.is_list ? check_list(&file, was.image_size, err) : check_spm(path, err);
	if (ret)
		goto out;
	ret = -EINVAL;
	key = read_key(key_path, err);
	if (!key)
		goto out;
	cert = read_cert(cert_path, err);
	if (!cert)
		goto out;
	ret = make_pkcs7(&file, was.image_size, key, cert, &der, &der_len, err);
	if (!ret)
		ret = write_signed(path, &file, was.image_size, der, der_len, err);
	OPENSSL_free(der);
out:
	X509_free(cert);
	EVP_PKEY_free(key);
	free(file.data);
	return ret;
}

/* --------------------------------------------------------------- verifying */

static bool names(X509 *cert, const struct spm_signature *sig)
{
	struct spm_cert parsed;
	uint8_t *der = NULL;
	const char *why;
	int len = i2d_X509(cert, &der);
	bool same;

	same = len > 0 && !spm_parse_cert(der, len, &parsed, &why) &&
	       spm_bytes_same(&parsed.issuer.name, &sig->issuer.name) &&
	       spm_bytes_same(&parsed.issuer.serial, &sig->issuer.serial);
	OPENSSL_free(der);
	return same;
}

static bool is_cert_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && (!strcmp(dot, ".der") || !strcmp(dot, ".x509"));
}

/* 1: *ret is the certificate that the signature names; 0: it is not here */
static int find_in(const char *path, const struct spm_signature *sig, X509 **ret,
		   struct suture_error *err)
{
	struct dirent *entry;
	X509 *cert;
	DIR *dir = opendir(path);
	char *file;

	if (!dir) {
		if (errno != ENOTDIR)
			return suture_error_set(err, -errno, "cannot open %s: %s", path,
						strerror(errno));
		cert = read_cert(path, err);
		if (!cert)
			return -EINVAL;
		if (names(cert, sig)) {
			*ret = cert;
			return 1;
		}
		X509_free(cert);
		return 0;
	}
	while (!*ret && (entry = readdir(dir))) {
		if (!is_cert_name(entry->d_name))
			continue;
		if (asprintf(&file, "%s/%s", path, entry->d_name) < 0)
			break;
		/* what is none is left out, as by the kernel */
		cert = read_cert(file, NULL);
		free(file);
		if (cert && names(cert, sig))
			*ret = cert;
		else
			X509_free(cert);
	}
	closedir(dir);
	return *ret != NULL;
}

static int check(const struct contents *file, const struct spm_signature *sig, X509 *cert,
		 struct suture_error *err)
{
	unsigned int flags = CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY;
	const uint8_t *der = sig->pkcs7.data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &der, sig->pkcs7.len);
	BIO *bio = BIO_new_mem_buf(file->data, sig->image_len);
	STACK_OF(X509) *certs = sk_X509_new_null();
	int ret = 0;

	if (!bio || !certs || !sk_X509_push(certs, cert))
		ret = suture_error_nomem(err);
	else if (!cms || CMS_verify(cms, certs, NULL, bio, NULL, flags) != 1)
		ret = suture_error_set(err, -EKEYREJECTED,
				       "%s is not what was signed: it was altered", file->path);
	else if (X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0)
		ret = suture_error_set(err, -EKEYEXPIRED,
				       "%s is signed, but the certificate has expired", file->path);
	else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		ret = suture_error_set(err, -EKEYREJECTED,
				       "%s is signed, but the certificate is not valid yet",
				       file->path);
	sk_X509_free(certs);
	BIO_free(bio);
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
	return ret;
}

int suture_sign_verify(const char *path, char *const *certs, struct suture_signed *ret,
		       struct suture_error *err)
{
	struct spm_signature sig;
	struct suture_signed said;
	struct contents file;
	X509 *cert = NULL;
	int code, i;

	if (!ret)
		ret = &said;
	code = read_all(path, &file, err);
	if (code)
		return code;
	code = parse(&file, &sig, ret, err);
	if (code)
		goto out;
	if (!ret->is_signed) {
		code = suture_error_set(err, -ENODATA, "%s is not signed", file.path);
		goto out;
	}
	for (i = 0; certs[i] && !cert; i++) {
		code = find_in(certs[i], &sig, &cert, err);
		if (code < 0)
			goto out;
	}
	if (cert)
		code = check(&file, &sig, cert, err);
	else
		code = suture_error_set(err, -ENOKEY,
					"%s is signed by somebody who is not trusted (%s, serial %s)",
					file.path, ret->signer, ret->serial);
out:
	X509_free(cert);
	free(file.data);
	return code;
}
