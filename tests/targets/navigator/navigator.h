/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libnavigator: the navigation part of a browser engine. A page is a document;
 * a navigation of it fires a navigate event, which the page may intercept to
 * handle the navigation itself. Then no new document is loaded: the one that is
 * there has its URL rewritten. Which URLs it may take so is a security check.
 *
 * A document belongs to one thread at a time; different documents may be used
 * by different threads at once.
 */
#ifndef NAVIGATOR_H
#define NAVIGATOR_H

#include <stdbool.h>

#define NAV_API __attribute__((visibility("default")))

struct nav_document;
struct nav_event;

enum nav_kind {
	NAV_PUSH,	/* a link was followed, navigation.navigate() */
	NAV_REPLACE,	/* location.replace() */
	NAV_TRAVERSE,	/* back and forward */
};

/* What came of one navigation. */
struct nav_result {
	bool can_intercept;	/* as the event told the page */
	bool intercepted;	/* the page took it over: the URL was rewritten */
	bool loaded;		/* a new document was loaded */
};

/* Process-wide counters. */
struct nav_statistics {
	unsigned long events;		/* navigate events fired */
	unsigned long rewrites;		/* URLs rewritten without a load */
	unsigned long refused;		/* rewrites that the check refused */
};

/* The page's handler of navigate events; data is what it registered with. */
typedef void (*nav_listener)(struct nav_event *event, void *data);

/*
 * Open url in a new document, with no script. The document is the caller's, to
 * be given to nav_document_close(). -EINVAL: no URL; -ENOMEM.
 */
NAV_API int nav_document_open(const char *url, struct nav_document **ret);

/* The same in a sandbox: the origin is opaque whatever the URL is. */
NAV_API int nav_document_open_sandboxed(const char *url, struct nav_document **ret);

/* Accepts NULL. */
NAV_API void nav_document_close(struct nav_document *document);

/* What the address bar shows; valid until the next navigation. */
NAV_API const char *nav_document_url(const struct nav_document *document);

/* Write self.origin into buffer (size bytes, cut when too small). */
NAV_API void nav_document_origin(const struct nav_document *document, char *buffer,
				 unsigned int size);

/*
 * Does the address bar show another origin than the one whose script runs? With
 * user and password, which tell one account's pages from another's. True means
 * that a page forged its address.
 */
NAV_API bool nav_document_is_spoofed(const struct nav_document *document);

/* listener may be NULL: nobody intercepts. */
NAV_API void nav_document_on_navigate(struct nav_document *document, nav_listener listener,
				      void *data);

/*
 * Navigate to url, which may be relative to the document's. kind is NAV_PUSH or
 * NAV_REPLACE. -EINVAL: no URL.
 */
NAV_API int nav_navigate(struct nav_document *document, const char *url, enum nav_kind kind,
			 struct nav_result *ret);

/* Go delta entries through the history. -ENOENT: there is no such entry. */
NAV_API int nav_traverse(struct nav_document *document, int delta, struct nav_result *ret);

/* For listeners; the event is gone when the listener returns. */
NAV_API bool nav_event_can_intercept(const struct nav_event *event);
NAV_API const char *nav_event_destination(const struct nav_event *event);

/* Handle the navigation in the page. -EPERM: it cannot be intercepted. */
NAV_API int nav_event_intercept(struct nav_event *event);

/*
 * Send an intercepted navigation elsewhere. -EPERM: the document may not take
 * that URL; -EINVAL: not intercepted, or no URL.
 */
NAV_API int nav_event_redirect(struct nav_event *event, const char *url);

NAV_API void nav_statistics(struct nav_statistics *ret);

#endif
