// SPDX-License-Identifier: GPL-2.0
/* The C library as shipped: two functions whose results can be seen, and one that
 * calls back, so that a thread can be held inside it.
 */
#include <search.h>
#include <stddef.h>
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: the C library says that it is patched");
SUTURE_LICENSE("GPL-2.0");
SUTURE_QUIESCENT;

static int new_toascii(int c)
{
	return (c & 0x7f) ^ 0x20;
}
SUTURE_REPLACE(toascii, new_toascii);

static long new_hostid(void)
{
	return 0x5eed1e55;
}
SUTURE_REPLACE(gethostid, new_hostid);

static void *new_lfind(const void *key, const void *base, size_t *nr, size_t width,
		       __compar_fn_t compare)
{
	const char *at = base;

	for (size_t i = 0; i < *nr; i++, at += width)
		if (!compare(key, at))
			return (void *)at;
	return NULL;
}
SUTURE_REPLACE(lfind, new_lfind);
