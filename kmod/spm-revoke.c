// SPDX-License-Identifier: GPL-2.0
/* The parser of revocation lists: see spm-revoke.h. */
#include "spm-int.h"
#include "spm-revoke.h"
#include "spm-version.h"

#define DIGEST_WORD	"sha256:"
#define DIGEST_WORD_LEN	(sizeof(DIGEST_WORD) - 1)
#define SERIAL_DIGITS	18	/* whatever they are, they fit */

/* A line of the text, without its end. */
struct line {
	const char *text;
	size_t len;
};

/* False: nothing is left, or what is left has no end. */
static bool take_line(const char *text, size_t len, size_t *pos, struct line *line)
{
	size_t start = *pos, end = start;

	while (end < len && text[end] != '\n')
		end++;
	if (end == len)
		return false;
	line->text = text + start;
	line->len = end - start;
	*pos = end + 1;
	return true;
}

static bool begins(const struct line *line, const char *word, size_t word_len)
{
	return line->len >= word_len && !memcmp(line->text, word, word_len);
}

static bool is_remark(const struct line *line)
{
	return !line->len || line->text[0] == '#';
}

/* A decimal number without a zero in front: there is one way to write it. */
static bool parse_serial(const struct line *line, __u64 *serial)
{
	size_t i;

	if (!begins(line, SPM_REVOKE_HEAD, SPM_REVOKE_HEAD_LEN) ||
	    line->len == SPM_REVOKE_HEAD_LEN ||
	    line->len > SPM_REVOKE_HEAD_LEN + SERIAL_DIGITS)
		return false;
	*serial = 0;
	for (i = SPM_REVOKE_HEAD_LEN; i < line->len; i++) {
		char c = line->text[i];

		if (c < '0' || c > '9' || (c == '0' && !*serial))
			return false;
		*serial = *serial * 10 + (__u64)(c - '0');
	}
	return true;
}

/* As sha256sum(1) writes it; -1: none. */
static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_digest(const struct line *line, __u8 *digest)
{
	const char *hex = line->text + DIGEST_WORD_LEN;
	size_t i;

	if (line->len != DIGEST_WORD_LEN + 2 * SPM_DIGEST_LEN)
		return false;
	for (i = 0; i < SPM_DIGEST_LEN; i++) {
		int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest[i] = (__u8)(high << 4 | low);
	}
	return true;
}

static bool is_version(const char *s)
{
	if (!strcmp(s, "*"))
		return true;
	if (!*s)
		return false;
	for (; *s; s++)
		if (*s <= ' ' || *s > '~' || *s == '*')
			return false;
	return true;
}

static int parse_entry(const struct line *line, struct spm_revocation *entry, const char **why)
{
	size_t name_len = 0, version_len;

	memset(entry, 0, sizeof(*entry));
	if (begins(line, DIGEST_WORD, DIGEST_WORD_LEN)) {
		entry->is_digest = true;
		if (!parse_digest(line, entry->digest))
			return bad(why, "sha256: is not followed by 64 hex digits, in small letters");
		return 0;
	}
	while (name_len < line->len && line->text[name_len] != ' ')
		name_len++;
	if (name_len == line->len)
		return bad(why, "is not a name and a version, or *");
	if (name_len >= sizeof(entry->name))
		return bad(why, "the name is too long");
	memcpy(entry->name, line->text, name_len);
	/* a NUL within would make it shorter for who looks at it later */
	if (strlen(entry->name) != name_len || !spm_is_patch_name(entry->name))
		return bad(why, "is not the name of a patch");
	version_len = line->len - name_len - 1;
	if (version_len >= sizeof(entry->version))
		return bad(why, "the version is too long");
	memcpy(entry->version, line->text + name_len + 1, version_len);
	if (strlen(entry->version) != version_len || !is_version(entry->version))
		return bad(why, "is not a version, or *: no spaces, nothing behind it");
	return 0;
}

bool spm_is_revocations(const void *buf, size_t len)
{
	return len >= SPM_REVOKE_HEAD_LEN && !memcmp(buf, SPM_REVOKE_HEAD, SPM_REVOKE_HEAD_LEN);
}

int spm_parse_revocations(const char *text, size_t len, struct spm_revocations *list,
			  __u32 *line_nr, const char **why)
{
	struct spm_revocation entry;
	struct line line;
	size_t pos = 0;
	int ret;

	memset(list, 0, sizeof(*list));
	*line_nr = 1;
	if (len > SPM_REVOKE_MAX)
		return bad(why, "it is too large");
	if (!take_line(text, len, &pos, &line) || !parse_serial(&line, &list->serial))
		return bad(why, "does not say \"" SPM_REVOKE_HEAD "SERIAL\", a number from 1");
	while (pos < len) {
		(*line_nr)++;
		if (!take_line(text, len, &pos, &line))
			return bad(why, "has no end");
		if (is_remark(&line))
			continue;
		ret = parse_entry(&line, &entry, why);
		if (ret)
			return ret;
		list->nr++;
		list->nr_digests += entry.is_digest;
	}
	list->text = text;
	list->len = len;
	return 0;
}

bool spm_next_revocation(const struct spm_revocations *list, size_t *pos,
			 struct spm_revocation *entry)
{
	struct line line;
	const char *why;

	if (!*pos && !take_line(list->text, list->len, pos, &line))
		return false;
	while (take_line(list->text, list->len, pos, &line)) {
		if (!is_remark(&line))
			return !parse_entry(&line, entry, &why);
	}
	return false;
}

static bool names(const struct spm_revocation *entry, const struct spm_subject *subject)
{
	unsigned int i;

	if (!entry->is_digest)
		return !strcmp(entry->name, subject->name) &&
		       (!strcmp(entry->version, "*") ||
			!spm_version_compare(entry->version, subject->version));
	for (i = 0; i < subject->nr_digests; i++) {
		if (!memcmp(entry->digest, subject->digests[i], SPM_DIGEST_LEN))
			return true;
	}
	return false;
}

bool spm_is_revoked(const struct spm_revocations *list, const struct spm_subject *subject)
{
	struct spm_revocation entry;
	size_t pos = 0;

	while (spm_next_revocation(list, &pos, &entry)) {
		if (names(&entry, subject))
			return true;
	}
	return false;
}
