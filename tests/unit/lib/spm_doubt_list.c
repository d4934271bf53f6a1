// SPDX-License-Identifier: GPL-2.0
/*
 * The second opinion: written against the description of the list in docs/signing.md, not
 * against the parser. What the parser says of a list is written down again, and has to be
 * the list.
 */
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include "spm-version.h"
#include "spm_list.h"

#define NAME		"[A-Za-z0-9][A-Za-z0-9._+-]{0,46}"
#define VERSION		"([!-)+-~]{1,63}|\\*)"
#define ENTRY		"^(" NAME " " VERSION "|sha256:[0-9a-f]{64})$"
#define HEAD		"^suture-revocations [1-9][0-9]{0,17}$"

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static bool matches(bool head, const char *line)
{
	static regex_t regexes[2];
	static bool compiled;

	if (!compiled && (regcomp(&regexes[0], ENTRY, REG_EXTENDED | REG_NOSUB) ||
			  regcomp(&regexes[1], HEAD, REG_EXTENDED | REG_NOSUB)))
		abort();
	compiled = true;
	return !regexec(&regexes[head], line, 0, NULL, 0);
}

static void write_entry(const struct spm_revocation *entry, char *out, size_t size)
{
	int at;

	if (!entry->is_digest) {
		snprintf(out, size, "%s %s", entry->name, entry->version);
		return;
	}
	at = snprintf(out, size, "sha256:");
	for (unsigned int i = 0; i < SPM_DIGEST_LEN; i++)
		at += snprintf(out + at, size - at, "%02x", entry->digest[i]);
}

/* It names what it says, and nothing that differs a little. */
static const char *doubt_entry(const struct spm_revocations *list,
			       const struct spm_revocation *entry)
{
	__u8 digests[2][SPM_DIGEST_LEN] = { { 0 } };
	struct spm_subject subject = { .name = "no", .version = "0", .digests = digests,
				       .nr_digests = 2 };

	if (entry->is_digest) {
		memcpy(digests[1], entry->digest, SPM_DIGEST_LEN);
	} else {
		subject.name = entry->name;
		subject.version = strcmp(entry->version, "*") ? entry->version : "7";
	}
	return spm_is_revoked(list, &subject) ? NULL : "an entry that does not revoke what it names";
}

const char *doubt_order(const char *a, const char *b, const char *c)
{
	int ab = sign(spm_version_compare(a, b)), bc = sign(spm_version_compare(b, c));

	if (spm_version_compare(a, a))
		return "a version that is not as old as itself";
	if (sign(spm_version_compare(b, a)) != -ab)
		return "an order that depends on who is asked first";
	if (ab == bc && sign(spm_version_compare(a, c)) != ab)
		return "an order that goes round";
	return NULL;
}

const char *doubt_list(const struct spm_revocations *list, const char *text, size_t len)
{
	struct spm_revocation entry, last[2];
	const char *end = text + len, *doubt;
	char line[256], again[256];
	unsigned int nr = 0, nr_digests = 0;
	size_t pos = 0;

	memset(last, 0, sizeof(last));
	if (list->text != text || list->len != len)
		return "a list that points elsewhere";
	if (!len || end[-1] != '\n')
		return "a last line without end";
	for (const char *at = text, *next; at < end; at = next + 1) {
		size_t n;

		next = memchr(at, '\n', end - at);
		n = next - at;
		if (at != text && (!n || *at == '#'))
			continue;
		if (n >= sizeof(line) || memchr(at, '\0', n))
			return "a line that is no text, or too long";
		memcpy(line, at, n);
		line[n] = '\0';
		if (at == text) {
			snprintf(again, sizeof(again), "suture-revocations %" PRIu64,
				 (uint64_t)list->serial);
			if (!matches(true, line) || strcmp(line, again))
				return "another serial number than it says";
			continue;
		}
		if (!matches(false, line))
			return "a line that is no entry";
		if (!spm_next_revocation(list, &pos, &entry))
			return "an entry that is passed over";
		write_entry(&entry, again, sizeof(again));
		if (strcmp(line, again))
			return "an entry that is another than the line";
		doubt = doubt_entry(list, &entry);
		if (!doubt)
			doubt = doubt_order(entry.version, last[0].version, last[1].version);
		if (doubt)
			return doubt;
		last[1] = last[0];
		last[0] = entry;
		nr++;
		nr_digests += entry.is_digest;
	}
	if (spm_next_revocation(list, &pos, &entry))
		return "an entry that is not there";
	if (nr_digests != list->nr_digests)
		return "another number of digests than it has";
	return nr == list->nr ? NULL : "another number of entries than it has";
}
