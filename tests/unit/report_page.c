// SPDX-License-Identifier: GPL-2.0-only
/* The page of `suture report`: whatever the strings are, they stay text; and the history. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "history.h"
#include "overview.h"
#include "page-int.h"

/* Out of text, out of an attribute, out of the style, and what a terminal would mind. */
static char hostile[] = "x</b></style><script>alert(1)</script>\" onload='alert(2)' &lt; \033[2J\xff";

static struct suture_overview_proc procs[4];
static struct suture_overview_patch patches[2];
static struct suture_overview_mark mark;
static struct suture_overview_list list;
static struct suture_event events[6];
static struct suture_overview overview;
static char *page;

static void set_up(void)
{
	static const char *const whats[] = {
		"boot", "apply", "applied", "failed", "revert", "<i>",
	};
	unsigned int i;

	for (i = 0; i < 4; i++)
		procs[i] = (struct suture_overview_proc){
			.pid = 100 + i, .exe = i ? hostile : NULL, .comm = hostile,
			.state = i, .detail = hostile, .pause_us = 20 * i,
		};
	for (i = 0; i < 2; i++)
		patches[i] = (struct suture_overview_patch){
			.name = hostile, .version = hostile, .level = hostile, .cve = hostile,
			.description = hostile, .state = hostile, .why = hostile, .error = hostile,
			.path = hostile, .available = hostile, .loaded = i == 0,
			.loaded_at = 1700000000, .procs = i ? NULL : procs, .nr_procs = i ? 0 : 4,
		};
	mark = (struct suture_overview_mark){ hostile, hostile, hostile, 1700000000 };
	list = (struct suture_overview_list){ hostile, hostile };
	for (i = 0; i < 6; i++) {
		events[i].time_ms = 1700000000000 + i * 1000;
		snprintf(events[i].what, sizeof(events[i].what), "%s", whats[i]);
		snprintf(events[i].patch, sizeof(events[i].patch), "%.40s", hostile);
		snprintf(events[i].version, sizeof(events[i].version), "%.60s", hostile);
		snprintf(events[i].why, sizeof(events[i].why), "<b>'\"");
		snprintf(events[i].text, sizeof(events[i].text), "%s", hostile);
	}
	overview = (struct suture_overview){
		.host = hostile, .kernel = hostile, .now_ms = 1700000100000, .trouble = hostile,
		.module = true, .automatic = 1, .budget_us = 10000, .patches = patches,
		.nr_patches = 2, .marks = &mark, .nr_marks = 1, .lists = &list, .nr_lists = 1,
		.history = { events, 6 },
	};
}

static void tear_down(void)
{
	free(page);
	page = NULL;
}

TestSuite(page, .init = set_up, .fini = tear_down);

static void make(void)
{
	size_t size;
	FILE *out;

	free(page);
	out = open_memstream(&page, &size);
	cr_assert(out != NULL);
	suture_page_write(&overview, out);
	cr_assert(eq(int, fclose(out), 0));
	cr_assert(eq(sz, strlen(page), size));
}

static size_t count(const char *what)
{
	const char *at = page;
	size_t nr = 0;

	while ((at = strstr(at, what))) {
		nr++;
		at++;
	}
	return nr;
}

/* ------------------------------------------------- a reader of the page's markup */

static const char *const known[] = {
	"html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "p", "div",
	"section", "span", "b", "i", "time", "table", "thead", "tbody", "tr", "th", "td", "svg",
	"line", "rect", "circle", "text", "details", "summary", "footer", "code",
};
static const char *const empty[] = { "meta", "line", "rect", "circle" };
static const char *const attributes[] = {
	"lang", "charset", "name", "content", "http-equiv", "class", "data-is", "colspan", "datetime",
	"height", "width", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "role",
	"aria-label", "aria-hidden", "text-anchor",
};

static bool is_one_of(const char *word, const char *const *words, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (!strcmp(word, words[i]))
			return true;
	return false;
}
#define ONE_OF(word, words)	is_one_of(word, words, sizeof(words) / sizeof((words)[0]))

static const char *read_word(const char *at, char *word, size_t size)
{
	size_t len = 0;

	while ((isalnum((unsigned char)*at) || *at == '-') && len + 1 < size)
		word[len++] = *at++;
	word[len] = '\0';
	return at;
}

static char why[128];	/* what is wrong with it */

static const char *wrong(const char *what, const char *at)
{
	snprintf(why, sizeof(why), "%s at: %.60s", what, at);
	return NULL;
}

/* NAME="VALUE", where the value has neither quotes nor angles; -> behind it, or NULL */
static const char *read_attribute(const char *at)
{
	const char *begin = at;
	char word[32];

	at = read_word(at, word, sizeof(word));
	if (!ONE_OF(word, attributes) || strncmp(at, "=\"", 2))
		return wrong("an attribute", begin);
	for (at += 2; *at && *at != '"'; at++)
		if (*at == '<' || *at == '>')
			return wrong("an angle in an attribute", begin);
	return *at ? at + 1 : wrong("no quote", begin);
}

struct tree {
	char open[64][32];
	size_t depth, nr;
};

/* Behind a '<'; -> the '>', or NULL */
static const char *read_tag(const char *at, struct tree *tree)
{
	const char *begin = at;
	char word[32];

	if (*at == '/') {
		at = read_word(at + 1, word, sizeof(word));
		if (!tree->depth || strcmp(tree->open[tree->depth - 1], word) || *at != '>')
			return wrong("an end of something else", begin);
		tree->depth--;
		return at;
	}
	at = read_word(at, word, sizeof(word));
	if (!ONE_OF(word, known))
		return wrong("an element that the page does not have", begin);
	tree->nr++;
	while (at && *at == ' ')
		at = read_attribute(at + 1);
	if (at && *at == '/')
		at++;
	if (!at)
		return NULL;
	if (*at != '>' || tree->depth == 64)
		return wrong("no end of a tag", begin);
	if (!ONE_OF(word, empty))
		strcpy(tree->open[tree->depth++], word);
	return at;
}

/* The page is a tree of known elements, each closed where it must be. Returns how many
 * there are, or 0 and why. */
static size_t read_page(void)
{
	struct tree tree = { .depth = 0 };
	const char *at = page;

	*why = '\0';
	if (strncmp(at, "<!DOCTYPE html>\n", 16)) {
		wrong("another beginning", at);
		return 0;
	}
	for (at += 16; at && *at; at++) {
		if (*at == '<')
			at = read_tag(at + 1, &tree);
		else if (*at == '>')
			at = wrong("an angle", at);
		if (!at)
			return 0;
	}
	if (tree.depth) {
		wrong("something open", tree.open[tree.depth - 1]);
		return 0;
	}
	return tree.nr;
}

static void expect_well_formed(void)
{
	size_t nr = read_page();

	cr_assert(gt(sz, nr, 10), "%s", why);
}

Test(page, hostile_strings_stay_text)
{
	make();
	expect_well_formed();
	cr_expect(eq(sz, count("<script"), 0));
	cr_expect(eq(sz, count("</script"), 0));
	cr_expect(eq(sz, count("<i>"), 0));
	cr_expect(eq(sz, count("\033"), 0));
	cr_expect(eq(sz, count("\xff"), 0));
	/* and they are there, as what they are */
	cr_expect(gt(sz, count("&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&#39;"), 20));
	cr_expect(gt(sz, count("&amp;lt; \\x1b[2J\\xff"), 20));
}

Test(page, nothing_from_elsewhere)
{
	make();
	cr_expect(eq(sz, count("src="), 0));
	cr_expect(eq(sz, count("href="), 0));
	cr_expect(eq(sz, count("url("), 0));
	cr_expect(eq(sz, count("@import"), 0));
	cr_expect(eq(sz, count("http:"), 0));
	cr_expect(eq(sz, count("https:"), 0));
	cr_expect(eq(sz, count("content=\"default-src 'none'; style-src 'unsafe-inline'\""), 1));
}

/* The reader is not content with everything. */
Test(page, reader_can_complain)
{
	static char *const bad[] = {
		"<html><p>x</p></html>", "<html><script>alert(1)</script></html>",
		"<html><p><b>x</p></b></html>", "<html><p>x</html>", "<html></html></p>",
		"<html><p onload=\"x\">x</p></html>", "<html><p class=x>x</p></html>",
		"<html><p class=\"a<b\">x</p></html>", "<html><p>a > b</p></html>", "<html><p",
	};
	char text[128];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "<!DOCTYPE html>\n%s", bad[i]);
		page = text;
		cr_expect(eq(sz, read_page(), i ? 0 : 2), "%s", bad[i]);
	}
	page = NULL;
}

Test(page, nothing_known)
{
	memset(&overview, 0, sizeof(overview));
	overview.host = overview.kernel = overview.trouble = (char *)"";
	overview.automatic = -1;
	make();
	expect_well_formed();
	cr_expect(eq(sz, count("No patch is loaded"), 1));
	cr_expect(eq(sz, count("<svg"), 0));
	cr_expect(eq(sz, count("automatic installation"), 0));
}

Test(page, pauses)
{
	static const uint32_t pauses[] = { 0, 30, 50, 1200 };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		procs[i].pause_us = pauses[i];
		procs[i].state = SUTURE_PROC_PATCHED;
	}
	make();
	expect_well_formed();
	cr_expect(eq(sz, count("class=\"dot\""), 3));
	cr_expect(eq(sz, count("3 held: median 50 µs, longest 1.2 ms; 1 never held"), 1));
	/* from 10 µs, the power of ten below, to the limit of 10 ms: 50 µs is at
	 * 1.5 + 97 * log10(5) / 3 */
	cr_expect(eq(sz, count("class=\"median\" x1=\"24.10%\""), 1));
	cr_expect(eq(sz, count("class=\"limit\" x1=\"98.50%\""), 1));
	/* one long pause makes room for itself */
	procs[3].pause_us = 99999;
	make();
	expect_well_formed();
	cr_expect(eq(sz, count(">100 ms</text>"), 1));
}

Test(page, one_length_of_pauses)
{
	unsigned int i;

	overview.budget_us = 0;
	for (i = 0; i < 4; i++)
		procs[i].pause_us = 1;
	make();
	expect_well_formed();
	cr_expect(eq(sz, count("class=\"dot\" cx=\"1.50%\""), 4));
	for (i = 0; i < 4; i++)
		procs[i].pause_us = 0;
	make();
	cr_expect(eq(sz, count("class=\"dot\""), 0));
}

Test(page, timeline)
{
	static char name[] = "fix";
	static const struct {
		const char *what;
		int seconds;
	} done[] = {
		{ "apply", 0 }, { "applied", 10 }, { "revert", 50 }, { "gone", 60 }, { "apply", 70 },
		{ "applied", 71 }, { "boot", 80 }, { "apply", 90 }, { "applied", 90 },
	};
	struct suture_event seen[9] = { 0 };
	unsigned int i;

	for (i = 0; i < 9; i++) {
		seen[i].time_ms = 1700000000000 + done[i].seconds * 1000;
		strcpy(seen[i].what, done[i].what);
		if (strcmp(done[i].what, "boot"))
			strcpy(seen[i].patch, name);
	}
	overview.history = (struct suture_history){ seen, 9 };
	overview.nr_patches = 1;
	patches[0].name = name;
	patches[0].loaded_at = 1700000090;
	make();
	expect_well_formed();
	/* of a hundred seconds: 0 to 10 on the way, to 50 in force, to 60 on the way */
	cr_expect(eq(sz, count("class=\"way\" x=\"1.50%\" width=\"9.70%\""), 1));
	cr_expect(eq(sz, count("class=\"in\" x=\"11.20%\" width=\"38.80%\""), 1));
	cr_expect(eq(sz, count("class=\"way\" x=\"50.00%\" width=\"9.70%\""), 1));
	/* the boot ends what was in force */
	cr_expect(eq(sz, count("class=\"in\" x=\"70.37%\" width=\"8.73%\""), 1));
	/* and what is in force now goes on to the end */
	cr_expect(eq(sz, count("class=\"in\" x=\"88.80%\" width=\"9.70%\""), 1));
	/* without the service's history, what the kernel says */
	overview.history.nr = 0;
	patches[0].loaded_at = 1700000050;
	make();
	cr_expect(eq(sz, count("class=\"in\" x=\"1.50%\" width=\"97.00%\""), 1));
	cr_expect(eq(sz, count("The service has noted nothing here"), 1));
}

/* ---------------------------------------------------------------- history */

static char base[] = "/tmp/suture-history-XXXXXX";
static struct suture_error err;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void make_folder(void)
{
	cr_assert(mkdtemp(base) != NULL);
}

static void remove_folder(void)
{
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(history, .init = make_folder, .fini = remove_folder);

Test(history, is_kept_and_bounded)
{
	struct suture_event event = {
		.what = "applied", .patch = "fix", .version = "1.0", .why = "new",
		.text = "2 processes: \"\\ \n", .counted = true, .patched = 2, .others = 1,
		.pause_max_us = 70, .pause_median_us = 30,
	};
	struct suture_event many[SUTURE_HISTORY_MAX] = { 0 };
	struct suture_history history;
	unsigned int i;

	cr_assert(eq(int, suture_history_read(base, &history, &err), 0));
	cr_expect(eq(sz, history.nr, 0));
	event.time_ms = 1700000000123;
	cr_assert(eq(int, suture_history_add(base, &event, 1, &err), 0), "%s", err.text);
	cr_assert(eq(int, suture_history_read(base, &history, &err), 0), "%s", err.text);
	cr_assert(eq(sz, history.nr, 1));
	cr_expect(eq(i64, history.list[0].time_ms, 1700000000123));
	cr_expect(eq(str, history.list[0].what, event.what));
	cr_expect(eq(str, history.list[0].patch, event.patch));
	cr_expect(eq(str, history.list[0].version, event.version));
	cr_expect(eq(str, history.list[0].why, event.why));
	cr_expect(eq(str, history.list[0].text, (char *)"2 processes: \"\\ \\x0a"));
	cr_expect(history.list[0].counted);
	cr_expect(eq(u32, history.list[0].patched, 2));
	cr_expect(eq(u32, history.list[0].others, 1));
	cr_expect(eq(u32, history.list[0].pause_max_us, 70));
	cr_expect(eq(u32, history.list[0].pause_median_us, 30));
	suture_history_free(&history);
	/* the oldest goes first */
	for (i = 0; i < SUTURE_HISTORY_MAX; i++)
		many[i].time_ms = 1 + i;
	cr_assert(eq(int, suture_history_add(base, many, SUTURE_HISTORY_MAX - 1, &err), 0));
	cr_assert(eq(int, suture_history_read(base, &history, &err), 0));
	cr_expect(eq(sz, history.nr, SUTURE_HISTORY_MAX));
	cr_expect(eq(i64, history.list[0].time_ms, 1700000000123));
	suture_history_free(&history);
	cr_assert(eq(int, suture_history_add(base, many, 2, &err), 0));
	cr_assert(eq(int, suture_history_read(base, &history, &err), 0));
	cr_expect(eq(sz, history.nr, SUTURE_HISTORY_MAX));
	cr_expect(eq(i64, history.list[0].time_ms, 2));
	cr_expect(eq(i64, history.list[SUTURE_HISTORY_MAX - 1].time_ms, 2));
	suture_history_free(&history);
}

static void put(const char *text)
{
	char path[80];
	FILE *file;

	snprintf(path, sizeof(path), "%s/" SUTURE_HISTORY_NAME, base);
	file = fopen(path, "w");
	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
}

Test(history, damaged_is_begun_anew)
{
	static const char *const damaged[] = {
		"", "{", "[]", "{\"format\":2,\"events\":[]}", "{\"format\":1}",
		"{\"format\":1,\"events\":{}}", "{\"format\":1,\"events\":[1]}",
	};
	struct suture_event event = { .time_ms = 5, .what = "apply" };
	struct suture_history history;
	unsigned int i;

	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		put(damaged[i]);
		cr_expect(eq(int, suture_history_read(base, &history, &err), -EBADMSG), "%s",
			  damaged[i]);
		cr_expect(eq(sz, history.nr, 0));
		cr_expect(strstr(err.text, "damaged") != NULL, "%s", err.text);
		cr_expect(eq(int, suture_history_add(base, &event, 1, &err), 0));
		cr_expect(eq(int, suture_history_read(base, &history, &err), 0));
		cr_expect(eq(sz, history.nr, 1));
		suture_history_free(&history);
	}
	/* values of other kinds are taken as they can be */
	put("{\"format\":1,\"events\":[{\"time_ms\":\"x\",\"event\":[],\"patch\":null}]}");
	cr_expect(eq(int, suture_history_read(base, &history, &err), 0));
	cr_expect(eq(i64, history.list[0].time_ms, 0));
	suture_history_free(&history);
}
