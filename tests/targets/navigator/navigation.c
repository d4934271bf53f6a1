// SPDX-License-Identifier: GPL-2.0
/*
 * The navigate event. A page that may intercept a navigation keeps running with
 * the destination's URL in the address bar, so a page must get this only for
 * URLs that are its own.
 */
#include <errno.h>
#include <stdatomic.h>

#include "document.h"

/* Process-wide, shown by nav_statistics(). */
static atomic_ulong events_fired;
static atomic_ulong urls_rewritten;
static atomic_ulong rewrites_refused;

/*
 * May the document's URL be rewritten to target without a load?
 *
 * This is the check of CVE-2026-20643 as it was: same-site, where same-origin
 * is to be demanded, so another port, another subdomain and another account
 * pass. It stays broken here: patches/navigation-origin is what mends it.
 */
static __attribute__((noinline)) bool
document_can_have_url_rewritten(const struct nav_document *document, const struct url *target)
{
	struct origin target_origin;

	origin_from_url(&target_origin, target);
	if (!origin_same_site(&document->origin, &target_origin))
		goto refuse;

	if (url_is_http_family(target))
		return true;

	if (url_scheme_is(target, "file") &&
	    !url_equal_ignoring_query_and_fragment(&document->url, target))
		goto refuse;

	if (url_equal_ignoring_fragment(&document->url, target))
		return true;
refuse:
	atomic_fetch_add(&rewrites_refused, 1);
	return false;
}

static void dispatch_navigate_event(struct nav_document *document, struct nav_event *event)
{
	atomic_fetch_add(&events_fired, 1);
	event->can_intercept = document_can_have_url_rewritten(document, &event->destination);
	/* Going back to another document needs that document. */
	if (event->kind == NAV_TRAVERSE && !event->same_document)
		event->can_intercept = false;
	if (document->on_navigate)
		document->on_navigate(event, document->listener_data);
}

static void finish_navigation(struct nav_event *event, struct nav_result *ret)
{
	struct nav_document *document = event->document;

	ret->can_intercept = event->can_intercept;
	ret->intercepted = event->intercepted;
	ret->loaded = false;
	if (event->intercepted || event->same_document) {
		document_rewrite_url(document, &event->destination, event->kind);
		atomic_fetch_add(&urls_rewritten, 1);
	} else {
		document_load(document, &event->destination, event->kind);
		ret->loaded = true;
	}
}

int nav_navigate(struct nav_document *document, const char *url, enum nav_kind kind,
		 struct nav_result *ret)
{
	struct nav_event event = { .document = document, .kind = kind };
	int err;

	if (kind != NAV_PUSH && kind != NAV_REPLACE)
		return -EINVAL;
	err = url_parse(url, &document->url, &event.destination);
	if (err)
		return err;
	/* Only the fragment differs: the document scrolls, it is not loaded. */
	event.same_document = event.destination.fragment.at &&
			      url_equal_ignoring_fragment(&document->url, &event.destination);
	dispatch_navigate_event(document, &event);
	finish_navigation(&event, ret);
	return 0;
}

int nav_traverse(struct nav_document *document, int delta, struct nav_result *ret)
{
	struct nav_event event = { .document = document, .kind = NAV_TRAVERSE };
	long index = (long)document->current + delta;

	if (index < 0 || index >= (long)document->nr_history)
		return -ENOENT;
	event.destination = document->history[index].url;
	event.same_document = document->history[index].document_id == document->id;
	dispatch_navigate_event(document, &event);
	document->current = index;
	finish_navigation(&event, ret);
	return 0;
}

bool nav_event_can_intercept(const struct nav_event *event)
{
	return event->can_intercept;
}

const char *nav_event_destination(const struct nav_event *event)
{
	return event->destination.text;
}

int nav_event_intercept(struct nav_event *event)
{
	if (!event->can_intercept)
		return -EPERM;
	event->intercepted = true;
	return 0;
}

int nav_event_redirect(struct nav_event *event, const char *url)
{
	struct url destination;
	int err;

	if (!event->intercepted || event->kind == NAV_TRAVERSE)
		return -EINVAL;
	err = url_parse(url, &event->document->url, &destination);
	if (err)
		return err;
	if (!document_can_have_url_rewritten(event->document, &destination))
		return -EPERM;
	event->destination = destination;
	return 0;
}

void nav_statistics(struct nav_statistics *ret)
{
	ret->events = atomic_load(&events_fired);
	ret->rewrites = atomic_load(&urls_rewritten);
	ret->refused = atomic_load(&rewrites_refused);
}
