/* SPDX-License-Identifier: GPL-2.0-only */
/* libcrypto, for signatures and digests. */
#ifndef SUTURE_CRYPTO_INT_H
#define SUTURE_CRYPTO_INT_H

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "library-int.h"

#define SUTURE_CRYPTO_FUNCTIONS(F) \
	F(BIO_ctrl) F(BIO_free) F(BIO_new) F(BIO_new_file) F(BIO_new_mem_buf) F(BIO_read) \
	F(BIO_s_mem) F(CMS_ContentInfo_free) F(CMS_add1_signer) F(CMS_final) F(CMS_sign) \
	F(CMS_verify) F(CRYPTO_free) F(ERR_clear_error) F(ERR_peek_last_error) \
	F(ERR_reason_error_string) F(EVP_Digest) F(EVP_DigestFinal_ex) \
	F(EVP_DigestInit_ex) F(EVP_DigestUpdate) F(EVP_MD_CTX_free) F(EVP_MD_CTX_new) \
	F(EVP_PKEY_free) F(EVP_md5) F(EVP_sha256) F(OPENSSL_sk_free) \
	F(OPENSSL_sk_new_null) F(OPENSSL_sk_push) F(PEM_read_bio_PrivateKey) \
	F(PEM_read_bio_X509) F(X509_NAME_free) F(X509_NAME_print_ex) \
	F(X509_check_private_key) F(X509_cmp_current_time) F(X509_free) \
	F(X509_get0_notAfter) F(X509_get0_notBefore) F(d2i_CMS_ContentInfo) \
	F(d2i_PrivateKey_bio) F(d2i_X509_NAME) F(d2i_X509_bio) F(i2d_CMS_ContentInfo) \
	F(i2d_X509)

struct suture_crypto {
	SUTURE_CRYPTO_FUNCTIONS(SUTURE_LIBRARY_POINTER)
};

/* To be used after suture_crypto_load() only. */
extern struct suture_crypto suture_crypto;

/* suture_crypto_load - 0, also when it is loaded already, or -ELIBACC */
int suture_crypto_load(struct suture_error *err);

#define BIO_ctrl				suture_crypto.BIO_ctrl
#define BIO_free				suture_crypto.BIO_free
#define BIO_new					suture_crypto.BIO_new
#define BIO_new_file				suture_crypto.BIO_new_file
#define BIO_new_mem_buf				suture_crypto.BIO_new_mem_buf
#define BIO_read				suture_crypto.BIO_read
#define BIO_s_mem				suture_crypto.BIO_s_mem
#define CMS_ContentInfo_free			suture_crypto.CMS_ContentInfo_free
#define CMS_add1_signer				suture_crypto.CMS_add1_signer
#define CMS_final				suture_crypto.CMS_final
#define CMS_sign				suture_crypto.CMS_sign
#define CMS_verify				suture_crypto.CMS_verify
#define CRYPTO_free				suture_crypto.CRYPTO_free
#define ERR_clear_error				suture_crypto.ERR_clear_error
#define ERR_peek_last_error			suture_crypto.ERR_peek_last_error
#define ERR_reason_error_string			suture_crypto.ERR_reason_error_string
#define EVP_Digest				suture_crypto.EVP_Digest
#define EVP_DigestFinal_ex			suture_crypto.EVP_DigestFinal_ex
#define EVP_DigestInit_ex			suture_crypto.EVP_DigestInit_ex
#define EVP_DigestUpdate			suture_crypto.EVP_DigestUpdate
#define EVP_MD_CTX_free				suture_crypto.EVP_MD_CTX_free
#define EVP_MD_CTX_new				suture_crypto.EVP_MD_CTX_new
#define EVP_PKEY_free				suture_crypto.EVP_PKEY_free
#define EVP_md5					suture_crypto.EVP_md5
#define EVP_sha256				suture_crypto.EVP_sha256
#define OPENSSL_sk_free				suture_crypto.OPENSSL_sk_free
#define OPENSSL_sk_new_null			suture_crypto.OPENSSL_sk_new_null
#define OPENSSL_sk_push				suture_crypto.OPENSSL_sk_push
#define PEM_read_bio_PrivateKey			suture_crypto.PEM_read_bio_PrivateKey
#define PEM_read_bio_X509			suture_crypto.PEM_read_bio_X509
#define X509_NAME_free				suture_crypto.X509_NAME_free
#define X509_NAME_print_ex			suture_crypto.X509_NAME_print_ex
#define X509_check_private_key			suture_crypto.X509_check_private_key
#define X509_cmp_current_time			suture_crypto.X509_cmp_current_time
#define X509_free				suture_crypto.X509_free
#define X509_get0_notAfter			suture_crypto.X509_get0_notAfter
#define X509_get0_notBefore			suture_crypto.X509_get0_notBefore
#define d2i_CMS_ContentInfo			suture_crypto.d2i_CMS_ContentInfo
#define d2i_PrivateKey_bio			suture_crypto.d2i_PrivateKey_bio
#define d2i_X509_NAME				suture_crypto.d2i_X509_NAME
#define d2i_X509_bio				suture_crypto.d2i_X509_bio
#define i2d_CMS_ContentInfo			suture_crypto.i2d_CMS_ContentInfo
#define i2d_X509				suture_crypto.i2d_X509

#endif /* SUTURE_CRYPTO_INT_H */
