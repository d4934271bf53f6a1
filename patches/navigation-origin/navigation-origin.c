// SPDX-License-Identifier: GPL-2.0
/*
 * CVE-2026-20643: a page could intercept a navigation to another origin of its
 * site and then run on with that origin's URL in the address bar.
 *
 * The check asked for the same site, which leaves out port, subdomain and
 * account. The standard ("can have its URL rewritten") asks for equal scheme,
 * user, password, host and port, and that is what the published fix does. The
 * rules for files and for other schemes behind it were right and stay.
 *
 * A process that runs already may have entries in the history of a document that
 * a page has forged before the patch came: to go back to one would show the
 * forged address again, without a check, since it counts as a part of the same
 * document. Such entries are marked when somebody goes through the history, and
 * lead to what they name instead: it is loaded. Only the fixed code knows what
 * the mark is. The hook takes all marks away when the patch is taken out.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include <suture/patch.h>
#include <suture/shadow.h>

/* The target's own structures. */
#include "../../tests/targets/navigator/document.h"

SUTURE_PATCH("1.1", "demand same origin, not same site, where a page's URL is rewritten");
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

/* On top of an entry's document_id: it is the id of no document then. */
#define MARK	(1UL << 63)

/* Shadow variable of a document, without data: some of its entries are marked. */
#define SV_MARKED	1

static bool forged(const struct nav_document *document, const struct url *shown)
{
	const struct url *loaded = &document->loaded_url;
	struct origin origin;

	if (document->origin.opaque)
		return false;
	origin_from_url(&origin, shown);
	return !origin_same_origin(&origin, &document->origin) ||
	       !url_span_equal(loaded, loaded->user, shown, shown->user) ||
	       !url_span_equal(loaded, loaded->password, shown, shown->password);
}

static void mark_forged_entries(struct nav_document *document)
{
	for (unsigned int i = 0; i < document->nr_history; i++) {
		struct history_entry *entry = &document->history[i];

		if (entry->document_id != document->id || !forged(document, &entry->url))
			continue;
		/* No mark that would never be found again. */
		if (!suture_shadow_get_or_alloc(document, SV_MARKED, 0, NULL, NULL))
			return;
		entry->document_id |= MARK;
	}
}

static void take_marks_away(void *data, void *shadow)
{
	struct nav_document *document = data;

	(void)shadow;
	for (unsigned int i = 0; i < document->nr_history; i++)
		document->history[i].document_id &= ~MARK;
}

static int traverse(struct nav_document *document, int delta, struct nav_result *ret)
{
	mark_forged_entries(document);
	return SUTURE_ORIGINAL(nav_traverse)(document, delta, ret);
}

/* The document's memory may be another's soon. */
static void close_document(struct nav_document *document)
{
	suture_shadow_free(document, SV_MARKED, NULL);
	free(document);
}

static void post_unpatch(void)
{
	suture_shadow_free_all(SV_MARKED, take_marks_away);
}

/* The hook must not find a thread in the middle of marking. */
SUTURE_QUIESCENT;
SUTURE_REPLACE(document_can_have_url_rewritten, can_have_url_rewritten);
SUTURE_REPLACE(nav_traverse, traverse);
SUTURE_REPLACE(nav_document_close, close_document);
SUTURE_POST_UNPATCH(post_unpatch);
