// SPDX-License-Identifier: GPL-2.0
/* The pages that the browser's threads run, with their scripts. */
#include <errno.h>
#include <string.h>

#include "browser.h"
#include "navigator.h"

enum page_class {
	HONEST,		/* handles navigations within its own origin */
	HOSTILE,	/* wants to show an address of its site that is not its own */
	FOREIGN,	/* wants to show another site's address */
};

static const struct page {
	enum page_class class;
	const char *url;
	const char *link;	/* where its script navigates */
	const char *redirect;	/* where its listener then sends the navigation, or NULL */
} pages[] = {
	{ HONEST, "https://mail.example.com/inbox", "/inbox/42?tab=all#top", NULL },
	{ HOSTILE, "http://127.0.0.1:8000/", "http://127.0.0.1:8001/account", NULL },
	{ HONEST, "https://mail.example.com/", "https://mail.example.com:443/drafts", NULL },
	{ HOSTILE, "https://blog.shop.co.uk/post/7", "https://pay.shop.co.uk/login", NULL },
	{ FOREIGN, "https://one.github.io/", "https://two.github.io/", NULL },
	{ HOSTILE, "http://mallory@intra.example.org/", "http://alice@intra.example.org/", NULL },
	{ HONEST, "http://bob:key@intra.example.org/a/b", "../c", NULL },
	{ HOSTILE, "https://www.example.net/", "/next", "https://id.example.net:8443/login" },
	{ HONEST, "http://[::1]:8080/app", "step2", "step3?x=1" },
	{ FOREIGN, "http://www.example.com/", "https://www.example.com/", NULL },
	{ HONEST, "file:///usr/share/doc/index.html", "#chapter-2", NULL },
	{ FOREIGN, "data:text/html,hello", "https://www.example.com/", NULL },
	{ FOREIGN, "file:///home/user/a.html", "file:///home/user/secret.html", NULL },
};

unsigned int nr_pages(void)
{
	return sizeof(pages) / sizeof(pages[0]);
}

/* The page's navigate listener: takes over whatever it is allowed to. */
static void intercept_all(struct nav_event *event, void *data)
{
	const struct page *page = data;

	if (!nav_event_can_intercept(event) || nav_event_intercept(event))
		return;
	if (page->redirect)
		nav_event_redirect(event, page->redirect);
}

void visit_page(struct browser *browser, struct tab *tab, unsigned int n)
{
	const struct page *page = &pages[n % nr_pages()];
	unsigned int epoch = atomic_load(&browser->epoch);
	struct nav_document *document;
	struct nav_result result;
	bool spoofed, rewritten;

	if (nav_document_open(page->url, &document))
		return;
	nav_document_on_navigate(document, intercept_all, (void *)page);
	if (nav_navigate(document, page->link, NAV_PUSH, &result)) {
		nav_document_close(document);
		return;
	}
	/* A page that was left has done nothing wrong to anybody. */
	spoofed = !result.loaded && nav_document_is_spoofed(document);
	rewritten = result.intercepted && !result.loaded && !spoofed &&
		    strcmp(nav_document_url(document), page->url);
	nav_document_close(document);

	if (page->class == HONEST)
		atomic_fetch_add(rewritten ? &browser->ever_honest_ok :
					     &browser->ever_honest_failed, 1);
	else if (page->class == FOREIGN && (spoofed || rewritten))
		atomic_fetch_add(&browser->ever_foreign_ok, 1);

	pthread_mutex_lock(&tab->lock);
	if (epoch == atomic_load(&browser->epoch)) {
		struct tally *t = &tab->tally;

		t->visits++;
		switch (page->class) {
		case HONEST:
			*(rewritten ? &t->honest_ok : &t->honest_failed) += 1;
			break;
		case HOSTILE:
			*(spoofed ? &t->hostile_ok : &t->hostile_failed) += 1;
			break;
		case FOREIGN:
			/* Two files have one origin, so ask for the rewrite. */
			*(spoofed || rewritten ? &t->foreign_ok : &t->foreign_failed) += 1;
			break;
		}
	}
	pthread_mutex_unlock(&tab->lock);
}

int try_navigation(const char *from, const char *to, FILE *out)
{
	const struct page page = { .url = from, .link = to };
	struct nav_document *document;
	struct nav_result result;
	int err;

	err = nav_document_open(from, &document);
	if (err)
		return err;
	nav_document_on_navigate(document, intercept_all, (void *)&page);
	err = nav_navigate(document, to, NAV_PUSH, &result);
	if (!err) {
		char origin[320];

		nav_document_origin(document, origin, sizeof(origin));
		fprintf(out, "canIntercept=%s intercepted=%s documentURL=%s origin=%s spoofed=%s\n",
			result.can_intercept ? "true" : "false",
			result.intercepted ? "true" : "false", nav_document_url(document), origin,
			nav_document_is_spoofed(document) ? "true" : "false");
	}
	nav_document_close(document);
	return err;
}
