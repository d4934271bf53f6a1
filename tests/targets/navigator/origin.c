// SPDX-License-Identifier: GPL-2.0
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "origin.h"

static atomic_ulong last_opaque;

void origin_opaque(struct origin *origin)
{
	*origin = (struct origin){ .opaque = atomic_fetch_add(&last_opaque, 1) + 1, .port = -1 };
}

void origin_from_url(struct origin *origin, const struct url *url)
{
	/* data:, about: and whatever has no authority is nobody's; so is a
	 * host longer than any name can be: cut, it could equal another's. */
	if ((!url->host.len && !url_scheme_is(url, "file")) ||
	    url->scheme.len >= sizeof(origin->scheme) || url->host.len >= sizeof(origin->host)) {
		origin_opaque(origin);
		return;
	}
	*origin = (struct origin){ .port = url->port };
	url_span_copy(url, url->scheme, origin->scheme, sizeof(origin->scheme));
	url_span_copy(url, url->host, origin->host, sizeof(origin->host));
}

bool origin_same_origin(const struct origin *a, const struct origin *b)
{
	if (a->opaque || b->opaque)
		return a->opaque == b->opaque;
	return a->port == b->port && !strcmp(a->scheme, b->scheme) && !strcmp(a->host, b->host);
}

bool origin_same_site(const struct origin *a, const struct origin *b)
{
	const char *site_a, *site_b;

	if (a->opaque || b->opaque)
		return origin_same_origin(a, b);
	if (strcmp(a->scheme, b->scheme))
		return false;
	site_a = registrable_domain(a->host);
	site_b = registrable_domain(b->host);
	if (!site_a || !site_b)
		return !strcmp(a->host, b->host);
	return !strcmp(site_a, site_b);
}

void origin_serialize(const struct origin *origin, char *buffer, size_t size)
{
	int default_port = !strcmp(origin->scheme, "https") || !strcmp(origin->scheme, "wss") ?
			   443 : !strcmp(origin->scheme, "ftp") ? 21 : 80;

	if (origin->opaque || !strcmp(origin->scheme, "file"))
		snprintf(buffer, size, "null");
	else if (origin->port == default_port)
		snprintf(buffer, size, "%s://%s", origin->scheme, origin->host);
	else
		snprintf(buffer, size, "%s://%s:%d", origin->scheme, origin->host, origin->port);
}
