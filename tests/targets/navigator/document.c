// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"

static atomic_ulong last_document_id;

/* Enter the document's present URL into the history. */
static void history_commit(struct nav_document *document, enum nav_kind kind)
{
	if (kind == NAV_PUSH) {
		/* What lay ahead is gone; when full, the oldest entry goes. */
		document->nr_history = document->current + 1;
		if (document->nr_history == HISTORY_MAX) {
			memmove(document->history, document->history + 1,
				(HISTORY_MAX - 1) * sizeof(document->history[0]));
			document->nr_history--;
		}
		document->current = document->nr_history++;
	}
	document->history[document->current] = (struct history_entry){
		.url = document->url,
		.document_id = document->id,
	};
}

static int open_document(const char *url, bool sandboxed, struct nav_document **ret)
{
	struct nav_document *document = calloc(1, sizeof(*document));
	int err;

	if (!document)
		return -ENOMEM;
	err = url_parse(url, NULL, &document->url);
	if (err) {
		free(document);
		return err;
	}
	document->loaded_url = document->url;
	document->id = atomic_fetch_add(&last_document_id, 1) + 1;
	if (sandboxed)
		origin_opaque(&document->origin);
	else
		origin_from_url(&document->origin, &document->url);
	document->nr_history = 1;
	history_commit(document, NAV_REPLACE);
	*ret = document;
	return 0;
}

int nav_document_open(const char *url, struct nav_document **ret)
{
	return open_document(url, false, ret);
}

int nav_document_open_sandboxed(const char *url, struct nav_document **ret)
{
	return open_document(url, true, ret);
}

void nav_document_close(struct nav_document *document)
{
	free(document);
}

const char *nav_document_url(const struct nav_document *document)
{
	return document->url.text;
}

void nav_document_origin(const struct nav_document *document, char *buffer, unsigned int size)
{
	origin_serialize(&document->origin, buffer, size);
}

bool nav_document_is_spoofed(const struct nav_document *document)
{
	const struct url *loaded = &document->loaded_url;
	struct origin shown;

	if (document->origin.opaque)
		return false;
	origin_from_url(&shown, &document->url);
	return !origin_same_origin(&shown, &document->origin) ||
	       !url_span_equal(loaded, loaded->user, &document->url, document->url.user) ||
	       !url_span_equal(loaded, loaded->password, &document->url, document->url.password);
}

void nav_document_on_navigate(struct nav_document *document, nav_listener listener, void *data)
{
	document->on_navigate = listener;
	document->listener_data = data;
}

void document_rewrite_url(struct nav_document *document, const struct url *url,
			  enum nav_kind kind)
{
	document->url = *url;
	history_commit(document, kind);
}

void document_load(struct nav_document *document, const struct url *url, enum nav_kind kind)
{
	document->url = *url;
	document->loaded_url = *url;
	document->id = atomic_fetch_add(&last_document_id, 1) + 1;
	origin_from_url(&document->origin, url);
	document->on_navigate = NULL;
	document->listener_data = NULL;
	history_commit(document, kind);
}
