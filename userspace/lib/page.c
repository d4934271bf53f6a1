// SPDX-License-Identifier: GPL-2.0-only
/* A page of HTML that shows all that is known of the patches on this machine. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "page-int.h"
#include "status.h"
#include "text.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

/* ------------------------------------------------------------------ pieces */

/* What a terminal is kept from is shown as \xNN here, too. */
void page_text(FILE *out, const char *text)
{
	char *clean = suture_text_clean(text, 0), *at;

	for (at = clean; at && *at; at++) {
		switch (*at) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			fputc(*at, out);
		}
	}
	free(clean);
}

const char *page_tone_name(enum suture_tone tone)
{
	static const char *const names[] = {
		[SUTURE_TONE_GOOD] = "good", [SUTURE_TONE_BUSY] = "busy",
		[SUTURE_TONE_OFF] = "off", [SUTURE_TONE_BAD] = "bad",
	};

	return (unsigned int)tone < ARRAY_SIZE(names) ? names[tone] : "off";
}

enum suture_tone page_proc_tone(const struct suture_overview_patch *patch, uint32_t state)
{
	switch (state) {
	case SUTURE_PROC_PATCHED:
		return SUTURE_TONE_GOOD;
	case SUTURE_PROC_UNPATCHED:
		return patch->reverting ? SUTURE_TONE_OFF : SUTURE_TONE_BUSY;
	case SUTURE_PROC_WAITING:
	case SUTURE_PROC_DRAINING:
		return SUTURE_TONE_BUSY;
	case SUTURE_PROC_NOT_APPLICABLE:
		return SUTURE_TONE_OFF;
	default:
		return SUTURE_TONE_BAD;
	}
}

void page_badge(FILE *out, enum suture_tone tone, const char *word, size_t nr)
{
	fprintf(out, "<span class=\"badge %s\">", page_tone_name(tone));
	if (nr)
		fprintf(out, "%zu ", nr);
	page_text(out, word);
	fputs("</span>", out);
}

void page_time(FILE *out, int64_t seconds)
{
	time_t when = seconds;
	char text[32], stamp[40];
	struct tm tm, utc;

	if (seconds <= 0 || !localtime_r(&when, &tm) || !gmtime_r(&when, &utc) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) ||
	    !strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc)) {
		fputs("-", out);
		return;
	}
	fprintf(out, "<time datetime=\"%s\">%s</time>", stamp, text);
}

void page_us(FILE *out, uint64_t us)
{
	if (us < 1000)
		fprintf(out, "%" PRIu64 " µs", us);
	else if (us < 10000 && us % 1000)
		fprintf(out, "%.1f ms", (double)us / 1000);
	else if (us < 1000000)
		fprintf(out, "%.0f ms", (double)us / 1000);
	else
		fprintf(out, "%.1f s", (double)us / 1000000);
}

/* -------------------------------------------------------------- the top */

struct sums {
	size_t loaded, patched, wrong;
	uint32_t longest_us;
};

static int compare_pids(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/* A process that several patches are in counts once; those without a pid each time. */
static void sum_up(const struct suture_overview *o, struct sums *sums)
{
	size_t room = 1, nr = 0, i, j;
	int32_t *pids;

	memset(sums, 0, sizeof(*sums));
	for (i = 0; i < o->nr_patches; i++)
		room += o->patches[i].nr_procs;
	pids = calloc(room, sizeof(*pids));
	for (i = 0; i < o->nr_patches; i++) {
		const struct suture_overview_patch *patch = &o->patches[i];

		sums->loaded += patch->loaded;
		sums->wrong += patch->tone == SUTURE_TONE_BAD || (patch->loaded && *patch->error);
		for (j = 0; j < patch->nr_procs; j++) {
			const struct suture_overview_proc *proc = &patch->procs[j];

			if (proc->pause_us > sums->longest_us)
				sums->longest_us = proc->pause_us;
			sums->wrong += page_proc_tone(patch, proc->state) == SUTURE_TONE_BAD ||
				       proc->state == SUTURE_PROC_WAITING ||
				       proc->state == SUTURE_PROC_DRAINING;
			if (proc->state == SUTURE_PROC_PATCHED && pids)
				pids[nr++] = proc->pid;
		}
	}
	if (pids)
		qsort(pids, nr, sizeof(*pids), compare_pids);
	for (i = 0; i < nr; i++)
		sums->patched += !pids[i] || !i || pids[i] != pids[i - 1];
	free(pids);
}

static void tile(FILE *out, const char *what, size_t nr, bool bad)
{
	fprintf(out, "<div class=\"tile%s\"><b>%zu</b><span class=\"soft small\">%s</span></div>\n",
		bad ? " bad" : "", nr, what);
}

static void write_head(FILE *out, const struct suture_overview *o)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      /* Should a string ever get through as markup, it can do nothing. */
	      "<meta http-equiv=\"Content-Security-Policy\" "
	      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Live patches on ", out);
	page_text(out, o->host);
	fputs("</title>\n<style>\n", out);
	fputs(page_style, out);
	fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

static void write_top(FILE *out, const struct suture_overview *o)
{
	struct sums sums;

	sum_up(o, &sums);
	fputs("<header>\n<h1>Live patches on ", out);
	page_text(out, o->host);
	fputs("</h1>\n<p class=\"soft\">", out);
	page_time(out, o->now_ms / 1000);
	fputs(" · kernel ", out);
	page_text(out, o->kernel);
	fprintf(out, " · module %s · service %s", o->module ? "loaded" : "not loaded",
		o->service ? "runs" : "does not run");
	if (o->automatic >= 0)
		fprintf(out, " · automatic installation %s", o->automatic ? "on" : "off");
	fputs("</p>\n</header>\n", out);
	if (*o->trouble) {
		fputs("<div class=\"note\">", out);
		page_text(out, o->trouble);
		fputs("</div>\n", out);
	}
	fputs("<div class=\"tiles\">\n", out);
	tile(out, sums.loaded == 1 ? "patch in force" : "patches in force", sums.loaded, false);
	tile(out, sums.patched == 1 ? "process runs patched code" : "processes run patched code",
	     sums.patched, false);
	tile(out, sums.wrong == 1 ? "needs a look" : "need a look", sums.wrong, sums.wrong);
	fputs("<div class=\"tile\"><b>", out);
	if (sums.longest_us)
		page_us(out, sums.longest_us);
	else
		fputs("–", out);
	fputs("</b><span class=\"soft small\">longest that a process was held</span></div>\n</div>\n",
	      out);
}

/* ------------------------------------------------------------- the patches */

static void write_states(FILE *out, const struct suture_overview_patch *patch)
{
	static const uint32_t order[] = {
		SUTURE_PROC_PATCHED, SUTURE_PROC_UNPATCHED, SUTURE_PROC_WAITING,
		SUTURE_PROC_DRAINING, SUTURE_PROC_NOT_APPLICABLE, SUTURE_PROC_REFUSED,
		SUTURE_PROC_FAILED,
	};
	size_t i, j, nr;

	for (i = 0; i < ARRAY_SIZE(order); i++) {
		for (nr = 0, j = 0; j < patch->nr_procs; j++)
			nr += patch->procs[j].state == order[i];
		if (nr)
			page_badge(out, page_proc_tone(patch, order[i]),
				   suture_proc_state_name(order[i]), nr);
	}
}

static void sub(FILE *out, const char *class, const char *text)
{
	if (!*text)
		return;
	fprintf(out, "<span class=\"sub%s\">", class);
	page_text(out, text);
	fputs("</span>", out);
}

static void write_patch(FILE *out, const struct suture_overview_patch *patch)
{
	fputs("<tr><td><b>", out);
	page_text(out, patch->name);
	fputs("</b> ", out);
	page_text(out, patch->version);
	if (*patch->level) {
		fputs("<span class=\"sub\">level ", out);
		page_text(out, patch->level);
		fputs("</span>", out);
	}
	fputs("</td><td data-is=\"State\"><span>", out);
	page_badge(out, patch->tone, patch->state, 0);
	if (patch->canary)
		fprintf(out, "<span class=\"sub\">canaries: %" PRIu32 "%%</span>", patch->canary);
	sub(out, "", patch->why);
	if (*patch->available) {
		fputs("<span class=\"sub\">version ", out);
		page_text(out, patch->available);
		fputs(" is available</span>", out);
	}
	sub(out, " bad", patch->error);
	fprintf(out, "</span></td><td data-is=\"Fixes\"%s><span>",
		*patch->cve || *patch->description ? "" : " class=\"none\"");
	page_text(out, *patch->cve ? patch->cve : *patch->description ? "" : "-");
	sub(out, "", patch->description);
	if (patch->loaded) {
		fputs("</span></td><td data-is=\"Processes\"><span>", out);
		write_states(out, patch);
		if (!patch->nr_procs)
			fputs("none", out);
		fputs("</span></td><td class=\"num\" data-is=\"Since\">", out);
		page_time(out, patch->loaded_at);
	} else {
		fputs("</span></td><td class=\"none\">-</td><td class=\"none\">-", out);
	}
	fputs("</td></tr>\n", out);
}

static void write_patches(FILE *out, const struct suture_overview *o)
{
	size_t i;

	fputs("<section>\n<h2>Patches</h2>\n", out);
	if (!o->nr_patches) {
		fputs("<p class=\"soft\">No patch is loaded, and none lies ready.</p>\n</section>\n",
		      out);
		return;
	}
	fputs("<table>\n<thead><tr><th class=\"w20\">Patch</th><th class=\"w27\">State</th>"
	      "<th>Fixes</th><th class=\"w15\">Processes</th><th class=\"w17\">Since</th></tr></thead>\n<tbody>\n", out);
	for (i = 0; i < o->nr_patches; i++)
		write_patch(out, &o->patches[i]);
	fputs("</tbody>\n</table>\n</section>\n", out);
}

/* --------------------------------------------------------- what is left alone */

static enum suture_tone mark_tone(const char *what)
{
	return strcmp(what, "bad") ? SUTURE_TONE_OFF : SUTURE_TONE_BAD;
}

static void write_marks(FILE *out, const struct suture_overview *o)
{
	size_t i;

	if (!o->nr_marks)
		return;
	fputs("<section>\n<h2>Left alone on this machine</h2>\n<table>\n<thead><tr><th class=\"w27\">What</th>"
	      "<th class=\"w10\">Mark</th><th>Why</th><th class=\"w17\">Since</th></tr></thead>\n<tbody>\n", out);
	for (i = 0; i < o->nr_marks; i++) {
		const struct suture_overview_mark *mark = &o->marks[i];

		fputs("<tr><td><b>", out);
		page_text(out, mark->name);
		fputs("</b></td><td data-is=\"Mark\"><span>", out);
		page_badge(out, mark_tone(mark->what), mark->what, 0);
		fputs("</span></td><td data-is=\"Why\"><span>", out);
		page_text(out, mark->text);
		fprintf(out, "</span></td><td class=\"num%s\" data-is=\"Since\">",
			mark->since ? "" : " none");
		page_time(out, mark->since);
		fputs("</td></tr>\n", out);
	}
	fputs("</tbody>\n</table>\n</section>\n", out);
}

static void write_lists(FILE *out, const struct suture_overview *o)
{
	size_t i;

	if (!o->nr_lists)
		return;
	fputs("<section>\n<h2>Revocation lists</h2>\n<table>\n<thead><tr><th>File</th><th class=\"w27\">State"
	      "</th></tr></thead>\n<tbody>\n", out);
	for (i = 0; i < o->nr_lists; i++) {
		fputs("<tr><td class=\"mono\">", out);
		page_text(out, o->lists[i].path);
		fputs("</td><td data-is=\"State\"><span>", out);
		if (*o->lists[i].error)
			page_badge(out, SUTURE_TONE_BAD, "not taken", 0);
		else
			page_badge(out, SUTURE_TONE_GOOD, "in force", 0);
		sub(out, " bad", o->lists[i].error);
		fputs("</span></td></tr>\n", out);
	}
	fputs("</tbody>\n</table>\n</section>\n", out);
}

void suture_page_write(const struct suture_overview *overview, FILE *out)
{
	write_head(out, overview);
	write_top(out, overview);
	write_patches(out, overview);
	page_where(out, overview);
	page_pauses(out, overview);
	page_timeline(out, overview);
	write_marks(out, overview);
	write_lists(out, overview);
	fputs("<footer>Made by <code>suture report</code> from what the kernel said at that moment "
	      "and what the service has noted.</footer>\n</main>\n</body>\n</html>\n", out);
}
