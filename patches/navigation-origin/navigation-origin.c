// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2026-20643: a page could intercept a navigation to another origin of its
 * site and then run on with that origin's URL in the address bar.
 *
 * The check asked for the same site, which leaves out port, subdomain and
 * account. The standard ("can have its URL rewritten") asks for equal scheme,
 * user, password, host and port, and that is what the published fix does. The
 * rules for files and for other schemes behind it were right and stay.
 */
#include <stdatomic.h>

#include <suture/patch.h>

/* The target's own structures. */
#include "../../tests/targets/navigator/document.h"

SUTURE_PATCH("1.0", "demand same origin, not same site, where a page's URL is rewritten");
SUTURE_CVE("CVE-2026-20643");
SUTURE_AUTHOR("The Suture authors");
SUTURE_LICENSE("GPL-2.0");

/* A static variable of the target: its statistics stay right while patched.
 * Its functions come from the headers; the library exports none of them. */
extern atomic_ulong rewrites_refused;

static bool can_have_url_rewritten(const struct nav_document *document, const struct url *target)
{
	const struct url *own = &document->url;
	struct origin target_origin;

	origin_from_url(&target_origin, target);
	if (!origin_same_origin(&document->origin, &target_origin))
		goto refuse;

	/* The URL is asked as well: an origin has no account in it, and the
	 * document may show a URL that it forged before this patch came. */
	if (own->port != target->port ||
	    !url_span_equal(own, own->scheme, target, target->scheme) ||
	    !url_span_equal(own, own->host, target, target->host) ||
	    !url_span_equal(own, own->user, target, target->user) ||
	    !url_span_equal(own, own->password, target, target->password))
		goto refuse;

	if (url_is_http_family(target))
		return true;

	if (url_scheme_is(target, "file") && !url_equal_ignoring_query_and_fragment(own, target))
		goto refuse;

	if (url_equal_ignoring_fragment(own, target))
		return true;
refuse:
	atomic_fetch_add(&rewrites_refused, 1);
	return false;
}

/* One function that depends on no other: there is nothing to wait for. */
SUTURE_IMMEDIATE;
SUTURE_REPLACE(document_can_have_url_rewritten, can_have_url_rewritten);
