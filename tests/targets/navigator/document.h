/* SPDX-License-Identifier: GPL-2.0 */
/* Documents and their history: internal to libnavigator. */
#ifndef NAV_DOCUMENT_H
#define NAV_DOCUMENT_H

#include "navigator.h"
#include "origin.h"
#include "url.h"

#define HISTORY_MAX 8

struct history_entry {
	struct url url;
	unsigned long document_id;	/* which load of a document it shows */
};

struct nav_document {
	struct url url;			/* what the address bar shows */
	struct origin origin;		/* of the load; a rewrite does not change it */
	struct url loaded_url;		/* what was loaded */
	unsigned long id;		/* of the load */
	nav_listener on_navigate;
	void *listener_data;
	unsigned int nr_history, current;
	struct history_entry history[HISTORY_MAX];
};

/* A navigation under way. */
struct nav_event {
	struct nav_document *document;
	struct url destination;
	enum nav_kind kind;
	bool same_document;		/* the destination is an entry of this load */
	bool can_intercept;
	bool intercepted;
};

/* Take the URL of an intercepted navigation, without a load. */
void document_rewrite_url(struct nav_document *document, const struct url *url,
			  enum nav_kind kind);

/* Load url: new contents, new origin, the script is gone. */
void document_load(struct nav_document *document, const struct url *url, enum nav_kind kind);

#endif
