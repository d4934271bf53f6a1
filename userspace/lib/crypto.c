// SPDX-License-Identifier: GPL-2.0-only
/* libcrypto, when it is needed. */
#include "crypto-int.h"

#define STRING(x)	#x
#define SONAME(major)	"libcrypto.so." STRING(major)

struct suture_crypto suture_crypto;

static const char *const names[] = {
	SUTURE_CRYPTO_FUNCTIONS(SUTURE_LIBRARY_NAME)
};

static struct suture_library library = {
	.soname = SONAME(OPENSSL_SHLIB_VERSION),
	.without = "signatures and digests cannot be read",
	.names = names,
	.nr = sizeof(names) / sizeof(names[0]),
	.table = &suture_crypto,
};

int suture_crypto_load(struct suture_error *err)
{
	return suture_library_load(&library, err);
}
