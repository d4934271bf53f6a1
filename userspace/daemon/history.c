// SPDX-License-Identifier: GPL-2.0-only
/* What has happened, for people: `suture report` shows it. Losing some of it is no error. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "sutured.h"

#define PENDING_MAX	SUTURE_HISTORY_MAX

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* A process that was patched while it started was never held. */
static void count(struct suture_event *event, const struct suture_proc *procs, size_t nr)
{
	uint32_t *pauses = calloc(nr + 1, sizeof(*pauses));
	size_t held = 0, i;

	if (!pauses)
		return;
	event->counted = true;
	for (i = 0; i < nr; i++) {
		if (procs[i].state != SUTURE_PROC_PATCHED) {
			event->others++;
			continue;
		}
		event->patched++;
		if (procs[i].pause_us)
			pauses[held++] = procs[i].pause_us;
	}
	qsort(pauses, held, sizeof(*pauses), compare);
	if (held) {
		event->pause_max_us = pauses[held - 1];
		event->pause_median_us = pauses[held / 2];
	}
	free(pauses);
}

static void put(char *buf, size_t size, const char *text)
{
	suture_text_clean_buf(text ? text : "", 0, buf, size);
}

void history_note(struct service *s, const char *what, const char *name, const char *version,
		  const char *why, const char *text, const struct suture_proc *procs, size_t nr)
{
	struct suture_event *event;
	struct timespec now;

	if (s->nr_events >= PENDING_MAX)
		return;
	event = reallocarray(s->events, s->nr_events + 1, sizeof(*event));
	if (!event)
		return;
	s->events = event;
	event += s->nr_events++;
	memset(event, 0, sizeof(*event));
	clock_gettime(CLOCK_REALTIME, &now);
	event->time_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
	put(event->what, sizeof(event->what), what);
	put(event->patch, sizeof(event->patch), name);
	put(event->version, sizeof(event->version), version);
	put(event->why, sizeof(event->why), why);
	put(event->text, sizeof(event->text), text);
	if (procs)
		count(event, procs, nr);
}

void history_boot(struct service *s)
{
	struct suture_history history;
	char boot[SUTURE_BOOT_MAX];
	const char *last = NULL;
	size_t i;

	suture_boot_id(boot);
	if (!*boot || suture_history_read(s->dirs.state, &history, NULL))
		return;
	for (i = 0; i < history.nr; i++)
		if (!strcmp(history.list[i].what, "boot"))
			last = history.list[i].text;
	if (!last || strcmp(last, boot))
		history_note(s, "boot", NULL, NULL, NULL, boot, NULL, 0);
	suture_history_free(&history);
}

void history_write(struct service *s)
{
	struct suture_error err = { 0 };

	if (!s->nr_events)
		return;
	if (suture_history_add(s->dirs.state, s->events, s->nr_events, &err)) {
		/* said once; they are kept for the next time, as many as there is room for */
		if (!s->history_failed)
			service_log(LOG_WARNING, "state", NULL, NULL, NULL, "%s", err.text);
		s->history_failed = true;
		return;
	}
	s->history_failed = false;
	s->nr_events = 0;
}
