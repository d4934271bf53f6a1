// SPDX-License-Identifier: GPL-2.0
/* A tab that stays open: one document with a history, looked at from inside, too. */
#include <errno.h>

#include "browser.h"
/* The library's own structures: what it has in memory is shown as it is. */
#include "document.h"

static struct nav_document *tab;

static void intercept(struct nav_event *event, void *data)
{
	(void)data;
	if (nav_event_can_intercept(event))
		nav_event_intercept(event);
}

static int show_result(const struct nav_result *result, FILE *out)
{
	fprintf(out, "url=%s intercepted=%s loaded=%s spoofed=%s\n", nav_document_url(tab),
		result->intercepted ? "true" : "false", result->loaded ? "true" : "false",
		nav_document_is_spoofed(tab) ? "true" : "false");
	return 0;
}

int tab_open(const char *url, FILE *out)
{
	int err;

	nav_document_close(tab);
	tab = NULL;
	err = nav_document_open(url, &tab);
	if (err)
		return err;
	nav_document_on_navigate(tab, intercept, NULL);
	fprintf(out, "url=%s\n", nav_document_url(tab));
	return 0;
}

int tab_navigate(const char *url, FILE *out)
{
	struct nav_result result;
	int err = tab ? nav_navigate(tab, url, NAV_PUSH, &result) : -ENOENT;

	return err ? err : show_result(&result, out);
}

int tab_traverse(int delta, FILE *out)
{
	struct nav_result result;
	int err = tab ? nav_traverse(tab, delta, &result) : -ENOENT;

	return err ? err : show_result(&result, out);
}

/* Ids of loads differ from run to run, so they are told relative to the one shown. */
int tab_show(FILE *out)
{
	if (!tab)
		return -ENOENT;
	fprintf(out, "url=%s entries=%u current=%u script=%s\n", tab->url.text, tab->nr_history,
		tab->current, tab->on_navigate ? "there" : "gone");
	for (unsigned int i = 0; i < tab->nr_history; i++) {
		const struct history_entry *entry = &tab->history[i];

		fprintf(out, "entry=%u url=%s load=%s\n", i, entry->url.text,
			entry->document_id == tab->id ? "this" :
			entry->document_id < tab->id ? "earlier" : "none-that-was");
	}
	return 0;
}

int tab_close(FILE *out)
{
	nav_document_close(tab);
	tab = NULL;
	fprintf(out, "ok\n");
	return 0;
}
