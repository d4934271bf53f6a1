// SPDX-License-Identifier: GPL-2.0
/* Revocation lists: their rules, damage of every kind, and the order of versions. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "spm-version.h"
#include "spm_list.h"

#define HEX64	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define NAME47	"a1234567890123456789012345678901234567890123456"
#define SAMPLE	"suture-revocations 41\n# why\n\none 1.0~rc1\ntwo *\nsha256:" HEX64 "\n"

static __u32 line;
static const char *why;

/* In memory of exactly its size, so that the sanitizer sees a byte too far. */
static int parse(const char *text, size_t len, struct spm_revocations *list)
{
	char *copy = malloc(len ? len : 1);
	const char *doubt;
	int ret;

	memcpy(copy, text, len);
	why = NULL;
	ret = spm_parse_revocations(copy, len, list, &line, &why);
	cr_assert(ret == 0 || (ret == -ENOEXEC && why && line));
	if (!ret) {
		doubt = doubt_list(list, copy, len);
		cr_assert(!doubt, "accepted with %s", doubt);
	}
	free(copy);
	return ret;
}

static void good(const char *text, unsigned int nr, unsigned long long serial)
{
	struct spm_revocations list;

	cr_assert_eq(parse(text, strlen(text), &list), 0, "%s: line %u: %s", text, line, why);
	cr_assert_eq(list.nr, nr);
	cr_assert_eq(list.serial, serial);
}

static void refused(const char *text, unsigned int at, const char *words)
{
	struct spm_revocations list;

	cr_assert_eq(parse(text, strlen(text), &list), -ENOEXEC, "taken: %s", text);
	cr_assert_eq(line, at, "%s: line %u", text, line);
	cr_assert_str_eq(why, words);
}

Test(spm_revoke, rules)
{
	const char *head = "does not say \"suture-revocations SERIAL\", a number from 1";
	const char *version = "is not a version, or *: no spaces, nothing behind it";
	const char *digest = "sha256: is not followed by 64 hex digits, in small letters";

	good(SAMPLE, 3, 41);
	good("suture-revocations 1\n", 0, 1);
	good("suture-revocations 10\nsha256:00" "0123456789abcdef0123456789abcdef"
	     "0123456789abcdef0123456789abcd\n", 1, 10);
	cr_assert(spm_is_revocations("suture-revocations ", 19));
	cr_assert(!spm_is_revocations("suture-revocations ", 18));
	cr_assert(!spm_is_revocations("suture-revocation-s", 19));
	good("suture-revocations 999999999999999999\n", 0, 999999999999999999ULL);
	refused("", 1, head);
	refused("suture-revocations 1", 1, head);
	refused("suture-revocations \n", 1, head);
	refused("suture-revocations 0\n", 1, head);
	refused("suture-revocations 01\n", 1, head);
	refused("suture-revocations 1 \n", 1, head);
	refused("suture-revocations -1\n", 1, head);
	refused("suture-revocations 1000000000000000000\n", 1, head);
	refused("suture-revocation 1\n", 1, head);
	refused("\nsuture-revocations 1\n", 1, head);
	refused("suture-revocations 1\na *", 2, "has no end");
	refused("suture-revocations 1\n# a", 2, "has no end");

	good("suture-revocations 1\na 1\nb.c+d_e-f 2:1-1\n", 2, 1);
	refused("suture-revocations 1\n\na\n", 3, "is not a name and a version, or *");
	refused("suture-revocations 1\n* *\n", 2, "is not the name of a patch");
	refused("suture-revocations 1\n a *\n", 2, "is not the name of a patch");
	refused("suture-revocations 1\na/b *\n", 2, "is not the name of a patch");
	refused("suture-revocations 1\na \n", 2, version);
	refused("suture-revocations 1\na 1 \n", 2, version);
	refused("suture-revocations 1\na  1\n", 2, version);
	refused("suture-revocations 1\na 1*\n", 2, version);
	refused("suture-revocations 1\na **\n", 2, version);
	refused("suture-revocations 1\na *\r\n", 2, version);
	refused("suture-revocations 1\na \x7f\n", 2, version);
	refused("suture-revocations 1\na \xc3\xa4\n", 2, version);
	good("suture-revocations 1\n" NAME47 " *\n", 1, 1);
	refused("suture-revocations 1\n" NAME47 "8 *\n", 2, "the name is too long");
	good("suture-revocations 1\na 123456789012345678901234567890123456789012345678901234567890123\n",
	     1, 1);
	refused("suture-revocations 1\na 1234567890123456789012345678901234567890123456789012345678901234\n",
		2, "the version is too long");

	good("suture-revocations 1\nsha256:" HEX64 "\n", 1, 1);
	refused("suture-revocations 1\nsha256:" HEX64 "0\n", 2, digest);
	refused("suture-revocations 1\nsha256:\n", 2, digest);
	refused("suture-revocations 1\nsha256:A123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
		2, digest);
	refused("suture-revocations 1\nsha256:g123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
		2, digest);
}

Test(spm_revoke, size)
{
	static char text[SPM_REVOKE_MAX + 1];
	size_t head = strlen("suture-revocations 1\n");
	struct spm_revocations list;

	memset(text, '\n', sizeof(text));
	memcpy(text, "suture-revocations 1\n", head);
	cr_assert_eq(parse(text, SPM_REVOKE_MAX, &list), 0);
	cr_assert_eq(parse(text, SPM_REVOKE_MAX + 1, &list), -ENOEXEC);
	cr_assert_str_eq(why, "it is too large");
}

Test(spm_revoke, every_cut)
{
	struct spm_revocations list;

	for (size_t len = 0; len < strlen(SAMPLE); len++)
		cr_assert_eq(parse(SAMPLE, len, &list),
			     len && SAMPLE[len - 1] == '\n' ? 0 : -ENOEXEC, "%zu", len);
}

/* What passes says something else, or differs in what is for people: parse() looks. */
Test(spm_revoke, every_byte)
{
	char text[] = SAMPLE;
	struct spm_revocations list;
	size_t i, value;

	for (i = 0; i < strlen(SAMPLE); i++) {
		for (value = 0; value < 256; value++) {
			text[i] = (char)value;
			parse(text, strlen(SAMPLE), &list);
		}
		text[i] = SAMPLE[i];
	}
}

static bool revoked(const struct spm_revocations *list, const char *name, const char *version,
		    const __u8 (*digests)[SPM_DIGEST_LEN])
{
	const struct spm_subject subject = { .name = name, .version = version, .digests = digests,
					     .nr_digests = digests ? 2 : 0 };

	return spm_is_revoked(list, &subject);
}

Test(spm_revoke, who)
{
	static const __u8 bytes[8] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef };
	__u8 digests[2][SPM_DIGEST_LEN] = { { 0 } };
	struct spm_revocations list;

	cr_assert_eq(spm_parse_revocations(SAMPLE, strlen(SAMPLE), &list, &line, &why), 0);
	cr_assert(revoked(&list, "one", "1.0~rc1", NULL));
	cr_assert(revoked(&list, "one", "01.00~rc1", NULL));	/* the same version */
	cr_assert(!revoked(&list, "one", "1.0", NULL));
	cr_assert(!revoked(&list, "one", "1.0~rc10", NULL));
	cr_assert(!revoked(&list, "one", "", NULL));
	cr_assert(!revoked(&list, "on", "1.0~rc1", NULL));
	cr_assert(!revoked(&list, "one2", "1.0~rc1", NULL));
	cr_assert(!revoked(&list, "why", "", NULL));
	cr_assert(!revoked(&list, "uture-revocations", "41", NULL));
	cr_assert(revoked(&list, "two", "1", NULL));
	cr_assert(revoked(&list, "two", "", NULL));
	cr_assert(!revoked(&list, "three", "1", digests));
	for (int i = 0; i < SPM_DIGEST_LEN; i++)
		digests[1][i] = bytes[i % 8];
	cr_assert(revoked(&list, "three", "1", digests));
	memcpy(digests[0], digests[1], SPM_DIGEST_LEN);
	digests[1][31] ^= 1;
	cr_assert(revoked(&list, "three", "1", digests));
	digests[0][0] ^= 1;
	cr_assert(!revoked(&list, "three", "1", digests));
}

/* In order, each newer than those before. */
static const char *const ordered[] = {
	"~~", "~~a", "~", "0~rc", "", "0a", "1~~", "1~rc1", "1~rc2", "1~rc10", "1", "1A", "1a",
	"1a2", "1b", "1+", "1.0~", "1.0", "1.0.0", "1.0.1", "1.2", "1.2a", "1.2.0", "1.9", "1.10",
	"2", "10", "99999999999999999999999", "100000000000000000000000", "A", "Z", "a", "a1",
	"b", "z", "+",
};

#define NR_ORDERED	((int)(sizeof(ordered) / sizeof(ordered[0])))

Test(spm_version, order)
{
	for (int i = 0; i < NR_ORDERED; i++) {
		for (int k = 0; k < NR_ORDERED; k++) {
			int order = spm_version_compare(ordered[i], ordered[k]);

			cr_assert((order > 0) - (order < 0) == (i > k) - (i < k), "%s, %s: %d",
				  ordered[i], ordered[k], order);
		}
	}
	cr_assert_eq(spm_version_compare("1.00", "1.0"), 0);
	cr_assert_eq(spm_version_compare("01", "1"), 0);
	cr_assert_eq(spm_version_compare("", "0"), 0);
	/* dpkg: no digits are a 0 */
	cr_assert_eq(spm_version_compare("a", "a0"), 0);
	cr_assert(spm_version_compare("\xc3\xa4", "z") > 0);
}
