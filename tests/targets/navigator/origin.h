/* SPDX-License-Identifier: GPL-2.0 */
/* Origins: who a document's script acts for. */
#ifndef NAV_ORIGIN_H
#define NAV_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>

#include "url.h"

#define HOST_MAX 254

struct origin {
	/* Not 0: an opaque origin, equal to nothing but itself. */
	unsigned long opaque;
	char scheme[16];
	char host[HOST_MAX];
	int port;
};

/* The origin of a document that is loaded from url. */
void origin_from_url(struct origin *origin, const struct url *url);

/* A fresh opaque origin, as a sandboxed document has. */
void origin_opaque(struct origin *origin);

/* Scheme, host and port are equal. */
bool origin_same_origin(const struct origin *a, const struct origin *b);

/* The schemes are equal and the hosts have one registrable domain. */
bool origin_same_site(const struct origin *a, const struct origin *b);

/* As self.origin shows it; "null" for opaque ones and files. */
void origin_serialize(const struct origin *origin, char *buffer, size_t size);

/*
 * The registrable domain of host (its public suffix and one label more), a
 * pointer into host. NULL: host is an address, a public suffix or one label.
 */
const char *registrable_domain(const char *host);

#endif
