// SPDX-License-Identifier: GPL-2.0
/*
 * Registrable domains after the public suffix list's algorithm, with a small
 * set of its rules: plain ones, wildcards, exceptions. The longest rule wins; a
 * name that no rule names has its last label as suffix.
 */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "origin.h"

static const char *const suffix_rules[] = {
	"com", "org", "net", "io", "dev", "example",
	"de", "fr", "jp", "uk", "au", "br",
	"co.uk", "org.uk", "ac.uk", "gov.uk",
	"co.jp", "ne.jp", "*.kawasaki.jp", "!city.kawasaki.jp",
	"com.au", "net.au", "com.br",
	"*.ck", "!www.ck",
	"github.io", "pages.dev", "blogspot.com",
};

/* The parent of a name ("b.c" of "a.b.c"), or NULL. */
static const char *parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : NULL;
}

static bool is_address(const char *host)
{
	const char *last = strrchr(host, '.');

	if (host[0] == '[')
		return true;
	last = last ? last + 1 : host;
	return *last && strspn(last, "0123456789") == strlen(last);
}

/* Is there the rule prefix + name? */
static bool has_rule(const char *prefix, const char *name)
{
	size_t n = strlen(prefix);

	for (size_t i = 0; i < sizeof(suffix_rules) / sizeof(suffix_rules[0]); i++)
		if (!strncmp(suffix_rules[i], prefix, n) && !strcmp(suffix_rules[i] + n, name))
			return true;
	return false;
}

/* The public suffix that host ends with, a pointer into it. */
static const char *public_suffix(const char *host)
{
	/* From the longest candidate to the shortest. */
	for (const char *name = host; name; name = parent(name)) {
		const char *up = parent(name);

		if (has_rule("!", name))
			return up;
		if (has_rule("", name))
			return name;
		if (up && has_rule("*.", up))
			return name;
		if (!up)
			return name;
	}
	return host;
}

const char *registrable_domain(const char *host)
{
	const char *suffix, *domain = NULL;

	if (is_address(host))
		return NULL;
	suffix = public_suffix(host);
	for (const char *name = host; name && name != suffix; name = parent(name))
		domain = name;
	return domain;
}
