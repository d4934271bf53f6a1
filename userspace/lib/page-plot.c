// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of the page: how long processes were held, and what was when. Places are percentages of
 * the width, sizes are pixels: so letters stay letters on a narrow screen.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "page-int.h"

#define LEFT	1.5	/* percent, kept free at both ends */
#define WIDTH	(100 - 2 * LEFT)

/* ----------------------------------------------------------------- pauses */

/* A scale in powers of ten. */
struct scale {
	uint64_t from, to;
};

/* As log2(): for that each start of suture would load libm. Bit by bit behind the point. */
static double logarithm(double x)
{
	int power;
	double m = 2 * frexp(x, &power), ret = power - 1;	/* 1 <= m < 2 */

	for (double bit = 0.5; bit > 1e-7; bit /= 2) {
		m *= m;
		if (m >= 2) {
			m /= 2;
			ret += bit;
		}
	}
	return ret;
}

static double place(const struct scale *scale, uint64_t us)
{
	double at = us <= scale->from ? 0 : logarithm((double)us / scale->from) /
					    logarithm((double)scale->to / scale->from);

	return LEFT + WIDTH * (at > 1 ? 1 : at);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Pauses of the processes that were held, sorted; NULL: nobody was. */
static uint32_t *pauses_of(const struct suture_overview_patch *patch, size_t *ret_nr)
{
	uint32_t *list = calloc(patch->nr_procs + 1, sizeof(*list));
	size_t nr = 0, i;

	for (i = 0; list && i < patch->nr_procs; i++)
		if (patch->procs[i].pause_us)
			list[nr++] = patch->procs[i].pause_us;
	*ret_nr = nr;
	if (!nr) {
		free(list);
		return NULL;
	}
	qsort(list, nr, sizeof(*list), compare);
	return list;
}

static void grid(FILE *out, const struct scale *scale, uint32_t limit, int height)
{
	uint64_t us;

	for (us = scale->from; us <= scale->to; us *= 10)
		fprintf(out, "<line class=\"grid\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>",
			place(scale, us), place(scale, us), height);
	if (limit)
		fprintf(out, "<line class=\"limit\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"%d\"/>",
			place(scale, limit), place(scale, limit), height);
}

static void write_lane(FILE *out, const struct suture_overview_patch *patch,
		       const uint32_t *pauses, size_t nr, const struct scale *scale, uint32_t limit)
{
	size_t i;

	fputs("<div class=\"lane\"><p><b>", out);
	page_text(out, patch->name);
	fprintf(out, "</b> %zu held: median ", nr);
	page_us(out, pauses[nr / 2]);
	fputs(", longest ", out);
	page_us(out, pauses[nr - 1]);
	if (nr < patch->nr_procs)
		fprintf(out, "; %zu never held", patch->nr_procs - nr);
	fputs("</p>\n<svg height=\"36\" role=\"img\" aria-label=\"pauses\">", out);
	grid(out, scale, limit, 36);
	/* Up and down by turns, so that equal ones are seen as several. */
	for (i = 0; i < nr; i++)
		fprintf(out, "<circle class=\"dot\" cx=\"%.2f%%\" cy=\"%zu\" r=\"4.5\"/>",
			place(scale, pauses[i]), 9 + i * 7 % 19);
	fprintf(out, "<line class=\"median\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"4\" y2=\"32\"/>",
		place(scale, pauses[nr / 2]), place(scale, pauses[nr / 2]));
	fputs("</svg></div>\n", out);
}

static void write_axis(FILE *out, const struct scale *scale)
{
	uint64_t us;

	fputs("<svg height=\"20\" aria-hidden=\"true\">", out);
	for (us = scale->from; us <= scale->to; us *= 10) {
		fprintf(out, "<text x=\"%.2f%%\" y=\"15\" text-anchor=\"%s\">", place(scale, us),
			us == scale->from ? "start" : us == scale->to ? "end" : "middle");
		page_us(out, us);
		fputs("</text>", out);
	}
	fputs("</svg>\n", out);
}

void page_pauses(FILE *out, const struct suture_overview *o)
{
	struct scale scale = { UINT64_MAX, 0 };
	uint64_t low, high, power;
	uint32_t *pauses;
	size_t nr, i;

	for (i = 0; i < o->nr_patches; i++) {
		pauses = pauses_of(&o->patches[i], &nr);
		if (!pauses)
			continue;
		low = pauses[0];
		high = pauses[nr - 1];
		free(pauses);
		scale.from = low < scale.from ? low : scale.from;
		scale.to = high > scale.to ? high : scale.to;
	}
	if (!scale.to)
		return;
	if (o->budget_us > scale.to)
		scale.to = o->budget_us;
	for (power = 1; power * 10 <= scale.from; power *= 10)
		;
	scale.from = power;
	for (; power < scale.to || power == scale.from; power *= 10)
		;
	scale.to = power;
	fputs("<section>\n<h2>How long processes were held</h2>\n<p class=\"soft small\">Each dot is "
	      "a process, at its last try; the line is the median", out);
	if (o->budget_us) {
		fputs(", the dashed one the limit of ", out);
		page_us(out, o->budget_us);
	}
	fputs(". What was patched while it started was never held.</p>\n", out);
	for (i = 0; i < o->nr_patches; i++) {
		pauses = pauses_of(&o->patches[i], &nr);
		if (!pauses)
			continue;
		write_lane(out, &o->patches[i], pauses, nr, &scale, o->budget_us);
		free(pauses);
	}
	write_axis(out, &scale);
	fputs("</section>\n", out);
}

/* --------------------------------------------------------------- timeline */

#define EVENTS_SHOWN	100U

/* Time goes from left to right. */
struct span {
	int64_t from, to;	/* milliseconds since 1970 */
};

static double when(const struct span *span, int64_t ms)
{
	double at = span->to > span->from ? (double)(ms - span->from) / (span->to - span->from) : 0;

	return LEFT + WIDTH * (at < 0 ? 0 : at > 1 ? 1 : at);
}

static bool is(const struct suture_event *event, const char *what)
{
	return !strcmp(event->what, what);
}

static void bar(FILE *out, const struct span *span, const char *class, int64_t from, int64_t to)
{
	double left = when(span, from), right = when(span, to);

	/* a moment is seen, too */
	if (right - left < .6)
		right = left + .6;
	fprintf(out, "<rect class=\"%s\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"7\" height=\"10\" rx=\"3\"/>",
		class, left, right - left);
}

/* What the state of one patch was, from one event to the next. */
struct lane {
	const char *class;	/* NULL: out */
	int64_t since;
};

static void turn(FILE *out, const struct span *span, struct lane *lane, const char *class,
		 int64_t now)
{
	if (lane->class && class && !strcmp(lane->class, class))
		return;
	if (lane->class)
		bar(out, span, lane->class, lane->since, now);
	lane->class = class;
	lane->since = now;
}

static void write_bars(FILE *out, const struct suture_overview *o, const struct span *span,
		       const char *name, const struct suture_overview_patch *patch)
{
	struct lane lane = { 0 };
	int64_t last = 0;
	size_t i;

	for (i = 0; i < o->history.nr; i++) {
		const struct suture_event *event = &o->history.list[i];

		/* What was in force before a boot went with it. */
		if (is(event, "boot"))
			turn(out, span, &lane, NULL, event->time_ms);
		if (strcmp(event->patch, name))
			continue;
		last = event->time_ms;
		if (is(event, "apply"))
			turn(out, span, &lane, "way", last);
		else if (is(event, "applied") || is(event, "canaries") || is(event, "promote"))
			turn(out, span, &lane, "in", last);
		else if (is(event, "revert") && lane.class)
			turn(out, span, &lane, "way", last);
		else if (is(event, "gone"))
			turn(out, span, &lane, NULL, last);
	}
	if (patch && !lane.class) {
		lane.class = patch->tone == SUTURE_TONE_BUSY ? "way" : "in";
		lane.since = patch->loaded_at * 1000 > last ? patch->loaded_at * 1000 : last;
	}
	turn(out, span, &lane, NULL, patch ? o->now_ms : last);
	for (i = 0; i < o->history.nr; i++) {
		const struct suture_event *event = &o->history.list[i];

		if (is(event, "failed") && !strcmp(event->patch, name))
			fprintf(out, "<circle class=\"wrong\" cx=\"%.2f%%\" cy=\"12\" r=\"4\"/>",
				when(span, event->time_ms));
	}
}

static void write_timeline_lane(FILE *out, const struct suture_overview *o,
				const struct span *span, const char *name)
{
	const struct suture_overview_patch *patch = NULL;
	size_t i;

	for (i = 0; i < o->nr_patches; i++)
		if (o->patches[i].loaded && !strcmp(o->patches[i].name, name))
			patch = &o->patches[i];
	fputs("<div class=\"lane\"><p><b>", out);
	page_text(out, name);
	fputs("</b></p>\n<svg height=\"24\" role=\"img\" aria-label=\"times\">", out);
	fprintf(out, "<rect class=\"base\" x=\"%.2f%%\" width=\"%.2f%%\" y=\"7\" height=\"10\" rx=\"3\"/>",
		LEFT, (double)WIDTH);
	write_bars(out, o, span, name, patch);
	for (i = 0; i < o->history.nr; i++)
		if (is(&o->history.list[i], "boot"))
			fprintf(out, "<line class=\"boot\" x1=\"%.2f%%\" x2=\"%.2f%%\" y1=\"0\" y2=\"24\"/>",
				when(span, o->history.list[i].time_ms),
				when(span, o->history.list[i].time_ms));
	fputs("</svg></div>\n", out);
}

/* The day only where there is more than one; the seconds only where it is short. */
static void write_clock(FILE *out, const struct span *span, double at, const char *anchor)
{
	int64_t length = (span->to - span->from) / 1000;
	time_t seconds = (span->from + at * (span->to - span->from)) / 1000;
	const char *format = length < 600 ? "%H:%M:%S" : length < 86400 ? "%H:%M" : "%Y-%m-%d";
	char text[32];
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || !strftime(text, sizeof(text), format, &tm))
		return;
	fprintf(out, "<text x=\"%.2f%%\" y=\"15\" text-anchor=\"%s\">%s</text>", LEFT + at * WIDTH,
		anchor, text);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names of all patches that are loaded, or in the history; sorted, each once. */
static const char **names_of(const struct suture_overview *o, size_t *ret_nr)
{
	const char **names = calloc(o->nr_patches + o->history.nr + 1, sizeof(*names));
	size_t nr = 0, i, kept = 0;

	*ret_nr = 0;
	if (!names)
		return NULL;
	for (i = 0; i < o->nr_patches; i++)
		if (o->patches[i].loaded)
			names[nr++] = o->patches[i].name;
	for (i = 0; i < o->history.nr; i++)
		if (*o->history.list[i].patch)
			names[nr++] = o->history.list[i].patch;
	qsort(names, nr, sizeof(*names), compare_names);
	for (i = 0; i < nr; i++)
		if (!kept || strcmp(names[kept - 1], names[i]))
			names[kept++] = names[i];
	*ret_nr = kept;
	return names;
}

static struct span span_of(const struct suture_overview *o)
{
	struct span span = { o->now_ms, o->now_ms };
	size_t i;

	for (i = 0; i < o->history.nr; i++)
		if (o->history.list[i].time_ms > 0 && o->history.list[i].time_ms < span.from)
			span.from = o->history.list[i].time_ms;
	for (i = 0; i < o->nr_patches; i++)
		if (o->patches[i].loaded && o->patches[i].loaded_at * 1000 < span.from)
			span.from = o->patches[i].loaded_at * 1000;
	return span;
}

static enum suture_tone event_tone(const struct suture_event *event)
{
	if (is(event, "applied") || is(event, "promote"))
		return SUTURE_TONE_GOOD;
	if (is(event, "failed"))
		return SUTURE_TONE_BAD;
	if (is(event, "apply") || is(event, "replace") || is(event, "revert") ||
	    is(event, "canaries"))
		return SUTURE_TONE_BUSY;
	return SUTURE_TONE_OFF;
}

static void write_event(FILE *out, const struct suture_event *event)
{
	fputs("<tr><td class=\"num w17\">", out);
	page_time(out, event->time_ms / 1000);
	fputs("</td><td class=\"w10\"><span>", out);
	page_badge(out, event_tone(event), event->what, 0);
	fprintf(out, "</span></td><td class=\"w20%s\"><b>", *event->patch ? "" : " none");
	page_text(out, event->patch);
	fputs("</b> ", out);
	page_text(out, event->version);
	fputs("</td><td class=\"soft small\">", out);
	page_text(out, event->text);
	if (event->counted && event->pause_max_us) {
		fputs("; held: median ", out);
		page_us(out, event->pause_median_us);
		fputs(", longest ", out);
		page_us(out, event->pause_max_us);
	}
	fputs("</td></tr>\n", out);
}

static void write_events(FILE *out, const struct suture_history *history)
{
	size_t i, first = history->nr > EVENTS_SHOWN ? history->nr - EVENTS_SHOWN : 0;

	if (!history->nr)
		return;
	fprintf(out, "<details><summary>The last %zu events</summary>\n<table class=\"events\">\n<tbody>\n",
		history->nr - first);
	for (i = history->nr; i-- > first;)
		write_event(out, &history->list[i]);
	fputs("</tbody>\n</table>\n</details>\n", out);
}

void page_timeline(FILE *out, const struct suture_overview *o)
{
	struct span span = span_of(o);
	const char **names;
	size_t nr, i;

	names = names_of(o, &nr);
	if (!names || (!nr && !o->history.nr)) {
		free(names);
		return;
	}
	fputs("<section>\n<h2>What was when</h2>\n<p class=\"soft small key\"><i class=\"k-in\"></i>in "
	      "force<i class=\"k-way\"></i>on the way<i class=\"k-wrong\"></i>failed; dotted lines are "
	      "boots", out);
	if (!o->history.nr)
		fputs(". The service has noted nothing here: what was before is not known", out);
	fputs("</p>\n", out);
	for (i = 0; i < nr; i++)
		write_timeline_lane(out, o, &span, names[i]);
	fputs("<svg height=\"20\" aria-hidden=\"true\">", out);
	write_clock(out, &span, 0, "start");
	write_clock(out, &span, .5, "middle");
	write_clock(out, &span, 1, "end");
	fputs("</svg>\n", out);
	write_events(out, &o->history);
	fputs("</section>\n", out);
	free(names);
}
