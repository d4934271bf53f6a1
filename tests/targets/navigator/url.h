/* SPDX-License-Identifier: GPL-2.0 */
/* URLs: parsed once, kept as their serialisation and spans into it. */
#ifndef NAV_URL_H
#define NAV_URL_H

#include <stdbool.h>
#include <stddef.h>

#define URL_MAX 1024

/* Part of url.text. at == 0 (which only a scheme can have): not there. */
struct span {
	unsigned short at;
	unsigned short len;
};

struct url {
	char text[URL_MAX];	/* serialised, NUL-terminated */
	struct span scheme, user, password, host, path, query, fragment;
	int port;		/* the scheme's own when none is written; -1: has none */
};

/*
 * Parse input, against base where it is relative (base may be NULL, and may be
 * ret). ret is whole or untouched. -EINVAL: not a URL, or too long.
 */
int url_parse(const char *input, const struct url *base, struct url *ret);

bool url_scheme_is(const struct url *url, const char *scheme);
bool url_is_http_family(const struct url *url);

/* Is the part of a the same text as the part of b? Absent equals empty. */
bool url_span_equal(const struct url *a, struct span in_a, const struct url *b, struct span in_b);

bool url_equal_ignoring_fragment(const struct url *a, const struct url *b);
bool url_equal_ignoring_query_and_fragment(const struct url *a, const struct url *b);

/* Copy a part out, NUL-terminated, cut to size. */
void url_span_copy(const struct url *url, struct span span, char *buffer, size_t size);

#endif
