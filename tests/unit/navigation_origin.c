// SPDX-License-Identifier: GPL-2.0
/*
 * The fix of patches/navigation-origin beside the check that it replaces, both
 * compiled from their sources into this program, over a table of navigations.
 */
#include <criterion/criterion.h>

#include "../targets/navigator/url.c"
#include "../targets/navigator/domain.c"
#include "../targets/navigator/origin.c"
#include "../targets/navigator/document.c"
#include "../targets/navigator/navigation.c"
#include "../../patches/lib/shadow.c"
#include "../../patches/navigation-origin/navigation-origin.c"

/* What suture pack makes in a patch. */
int original_nav_traverse(struct nav_document *document, int delta, struct nav_result *ret)
	__asm__("suture.original.nav_traverse");

int original_nav_traverse(struct nav_document *document, int delta, struct nav_result *ret)
{
	return nav_traverse(document, delta, ret);
}

static const struct {
	const char *from, *to;
	bool old, fixed;
} navigations[] = {
	/* what the bug is: same site, another origin or account */
	{ "http://127.0.0.1:8000/", "http://127.0.0.1:8001/", true, false },
	{ "http://a.example.com/", "http://b.example.com/", true, false },
	{ "http://example.com/", "http://www.example.com/", true, false },
	{ "http://example.com/", "http://example.com:81/", true, false },
	{ "http://eve@example.com/", "http://bob@example.com/", true, false },
	{ "http://bob:a@example.com/", "http://bob:b@example.com/", true, false },
	{ "http://bob@example.com/", "http://example.com/", true, false },
	{ "https://x.co.uk/", "https://y.x.co.uk/", true, false },
	/* same origin: always */
	{ "http://example.com/", "http://example.com/other?q#f", true, true },
	{ "http://example.com/", "http://EXAMPLE.com:80/", true, true },
	{ "https://example.com:443/a", "/b", true, true },
	{ "http://bob:a@example.com/", "/b", true, true },
	{ "http://[::1]:8080/", "http://[::1]:8080/x", true, true },
	{ "http://localhost/", "http://localhost/x", true, true },
	{ "file:///a/b", "#c", true, true },
	/* another site or scheme: never */
	{ "http://example.com/", "https://example.com/", false, false },
	{ "http://example.com/", "http://example.org/", false, false },
	{ "https://one.github.io/", "https://two.github.io/", false, false },
	{ "https://x.co.uk/", "https://y.co.uk/", false, false },
	{ "http://127.0.0.1/", "http://126.0.0.1/", false, false },
	{ "file:///a/b", "file:///a/c", false, false },
	{ "file:///a/b", "file:///a/b?q", false, false },
	{ "http://example.com/", "file:///a/b", false, false },
	{ "data:text/plain,x", "data:text/plain,x#f", false, false },
	{ "about:blank", "http://example.com/", false, false },
};

Test(navigation_origin, table)
{
	for (size_t i = 0; i < sizeof(navigations) / sizeof(navigations[0]); i++) {
		struct nav_document *document;
		struct url target;
		const char *from = navigations[i].from, *to = navigations[i].to;

		cr_assert_eq(nav_document_open(from, &document), 0, "%s", from);
		cr_assert_eq(url_parse(to, &document->url, &target), 0, "%s", to);
		cr_expect_eq(document_can_have_url_rewritten(document, &target), navigations[i].old,
			     "old: %s to %s", from, to);
		cr_expect_eq(can_have_url_rewritten(document, &target), navigations[i].fixed,
			     "fixed: %s to %s", from, to);
		nav_document_close(document);
	}
}

Test(navigation_origin, sandboxed_documents_own_nothing)
{
	struct nav_document *document;
	struct url target;

	cr_assert_eq(nav_document_open_sandboxed("http://example.com/", &document), 0);
	cr_assert_eq(url_parse("/b", &document->url, &target), 0);
	cr_expect_not(document_can_have_url_rewritten(document, &target));
	cr_expect_not(can_have_url_rewritten(document, &target));
	nav_document_close(document);
}

/* A document whose address was forged before the patch gains nothing more. */
Test(navigation_origin, forged_before)
{
	struct nav_document *document;
	struct url target;

	cr_assert_eq(nav_document_open("http://example.com:8000/", &document), 0);
	cr_assert_eq(url_parse("http://example.com:8001/", NULL, &target), 0);
	document_rewrite_url(document, &target, NAV_PUSH);
	cr_expect_not(can_have_url_rewritten(document, &target));
	cr_assert_eq(url_parse("http://example.com:8000/x", NULL, &target), 0);
	cr_expect_not(can_have_url_rewritten(document, &target));
	nav_document_close(document);
}

static void take_over(struct nav_event *event, void *data)
{
	(void)data;
	if (nav_event_can_intercept(event))
		cr_assert_eq(nav_event_intercept(event), 0);
}

/* http://example.com:8000/ with an entry of its own and a forged one before that. */
static struct nav_document *open_forger(void)
{
	struct nav_document *document;
	struct nav_result result;

	cr_assert_eq(nav_document_open("http://example.com:8000/", &document), 0);
	nav_document_on_navigate(document, take_over, NULL);
	cr_assert_eq(nav_navigate(document, "http://example.com:8001/", NAV_PUSH, &result), 0);
	cr_assert(nav_document_is_spoofed(document));
	cr_assert_eq(nav_navigate(document, "http://example.com:8000/home", NAV_PUSH, &result), 0);
	cr_assert_not(nav_document_is_spoofed(document));
	cr_assert_eq(document->nr_history, 3);
	return document;
}

Test(navigation_origin, entry_forged_before)
{
	struct nav_document *document = open_forger();
	struct nav_result result;

	/* That is the hole: */
	cr_assert_eq(nav_traverse(document, -1, &result), 0);
	cr_expect(nav_document_is_spoofed(document) && !result.loaded);
	cr_assert_eq(nav_traverse(document, 1, &result), 0);

	cr_assert_eq(traverse(document, -1, &result), 0);
	cr_expect(result.loaded);
	cr_expect_not(nav_document_is_spoofed(document));
	cr_expect_str_eq(document->url.text, "http://example.com:8001/");
	close_document(document);
}

Test(navigation_origin, honest_entries_stay_what_they_are)
{
	struct nav_document *document;
	struct nav_result result;

	cr_assert_eq(nav_document_open("http://bob:a@example.com/", &document), 0);
	nav_document_on_navigate(document, take_over, NULL);
	for (int i = 0; i < 3; i++)
		cr_assert_eq(nav_navigate(document, i % 2 ? "/a#b" : "/c?d", NAV_PUSH, &result), 0);
	for (int i = 0; i < 3; i++) {
		cr_assert_eq(traverse(document, -1, &result), 0);
		cr_expect_not(result.loaded);
		cr_expect(document->on_navigate);
	}
	cr_expect_eq(traverse(document, -1, &result), -ENOENT);
	cr_expect_null(suture_shadow_get(document, SV_MARKED));
	close_document(document);
}

/* After the hook the data are those of a process that was never patched. */
Test(navigation_origin, hook_takes_the_marks_away)
{
	struct nav_document *patched = open_forger(), *never = open_forger();
	struct nav_result result;

	cr_assert_eq(traverse(patched, -2, &result), 0);
	cr_assert_eq(nav_traverse(never, -2, &result), 0);
	cr_expect_neq(patched->history[1].document_id, patched->id, "it is marked");
	cr_expect_eq(patched->history[2].document_id, patched->id);

	post_unpatch();
	never->id = patched->id;
	for (int i = 0; i < 3; i++)
		never->history[i].document_id = patched->id;
	never->listener_data = patched->listener_data;
	cr_expect_arr_eq(patched, never, sizeof(*never));
	cr_expect_null(suture_shadow_get(patched, SV_MARKED));
	cr_assert_eq(nav_traverse(patched, 1, &result), 0);
	cr_expect_not(result.loaded);
	nav_document_close(patched);
	nav_document_close(never);
}

/* The next document may get the memory of the last: it has no marks, and is not touched. */
Test(navigation_origin, closed_documents_are_forgotten)
{
	struct nav_document *document = open_forger();
	struct nav_result result;

	cr_assert_eq(traverse(document, -2, &result), 0);
	cr_expect(suture_shadow_get(document, SV_MARKED));
	close_document(document);
	cr_expect_null(suture_shadow_get(document, SV_MARKED));
	post_unpatch();
}

/* With no room to remember it nothing is marked: the hook would not find it. */
Test(navigation_origin, no_mark_without_memory)
{
	struct nav_document *document = open_forger();
	struct nav_result result;

	cr_assert(suture_shadow_alloc(&result, 9, 200 << 10, NULL, NULL));
	for (char *object = NULL; suture_shadow_alloc(object, 9, 16, NULL, NULL); object++)
		;
	cr_assert_eq(traverse(document, -2, &result), 0);
	cr_expect_eq(document->history[1].document_id, document->id);
	close_document(document);
}

Test(navigation_origin, refusals_are_counted_by_the_target)
{
	struct nav_statistics before, after;
	struct nav_document *document;
	struct url target;

	cr_assert_eq(nav_document_open("http://example.com:8000/", &document), 0);
	cr_assert_eq(url_parse("http://example.com:8001/", NULL, &target), 0);
	nav_statistics(&before);
	cr_expect_not(can_have_url_rewritten(document, &target));
	nav_statistics(&after);
	cr_expect_eq(after.refused, before.refused + 1);
	nav_document_close(document);
}

Test(navigation_origin, urls)
{
	static const struct {
		const char *input, *base, *text;
	} urls[] = {
		{ " HTTP://User@Host.Example:080/a/../b/./c?d#e ", NULL, "http://User@host.example/b/c?d#e" },
		{ "../../x", "http://h/a/b/c", "http://h/x" },
		{ "//other/y", "https://h/a", "https://other/y" },
		{ "?q", "http://h/a?b#c", "http://h/a?q" },
		{ "#f", "about:blank", "about:blank#f" },
		{ "file:/a/b", NULL, "file:///a/b" },
		{ "file://localhost/a", NULL, "file:///a" },
		{ "http:\\\\h\\a", NULL, "http://h/a" },
		{ "http://a@b@c/", NULL, "http://a%40b@c/" },
		{ "x", "about:blank", NULL },
		{ "http:///", NULL, NULL },
		{ "http://h:65536/", NULL, NULL },
		{ "http://h%2e/", NULL, NULL },
	};
	struct url base, url;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		int err;

		if (urls[i].base)
			cr_assert_eq(url_parse(urls[i].base, NULL, &base), 0);
		err = url_parse(urls[i].input, urls[i].base ? &base : NULL, &url);
		cr_expect_eq(err, urls[i].text ? 0 : -EINVAL, "%s", urls[i].input);
		if (urls[i].text)
			cr_expect_str_eq(url.text, urls[i].text);
	}
}
