// SPDX-License-Identifier: GPL-2.0-only
/* When to look, and one look: read, plan, act. */
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "sutured.h"

#define SETTLE_MAX_US	1000000ULL	/* a folder that is never quiet is looked at all the same */
#define POLL_MIN_US	50000ULL	/* how the transitions are */
#define POLL_MAX_US	1000000ULL
#define SEARCH_US	300000ULL	/* until the next search, while files come in */
#define MORE_SEARCHES	3
#define NO_DEVICE_US	10000000ULL
#define ERROR_US	10000000ULL

uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* ----------------------------------------------------------------- timers */

static int on_time(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	service_reconcile(arg);
	return 0;
}

static int on_poll(sd_event_source *source, uint64_t usec, void *arg);

/* Arm @timer for @when, CLOCK_MONOTONIC; an earlier time stays if @earlier. */
static void arm(struct service *s, sd_event_source **timer, uint64_t when, bool earlier,
		sd_event_time_handler_t fn)
{
	uint64_t old;
	int enabled;

	if (!*timer) {
		if (sd_event_add_time(s->loop, timer, CLOCK_MONOTONIC, when, 1000, fn, s) < 0)
			service_log(LOG_ERR, "error", NULL, NULL, NULL, "no timer");
		return;
	}
	if (earlier && sd_event_source_get_enabled(*timer, &enabled) >= 0 &&
	    enabled != SD_EVENT_OFF && sd_event_source_get_time(*timer, &old) >= 0 && old <= when)
		return;
	sd_event_source_set_time(*timer, when);
	sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
}

void service_changed(struct service *s)
{
	uint64_t now = now_us(), when = now + s->settle_ms * 1000ULL;

	if (!s->first_change_us)
		s->first_change_us = now;
	if (when > s->first_change_us + SETTLE_MAX_US && s->settle_ms * 1000ULL < SETTLE_MAX_US)
		when = s->first_change_us + SETTLE_MAX_US;
	arm(s, &s->settle, when, false, on_time);
}

void service_look_in(struct service *s, uint64_t us)
{
	arm(s, &s->rescan, now_us() + us, true, on_time);
}

void service_close(struct service *s)
{
	if (s->dev >= 0)
		close(s->dev);
	s->dev = -1;
}

static void poll_soon(struct service *s)
{
	s->poll_delay_us = POLL_MIN_US;
	arm(s, &s->poll, now_us() + s->poll_delay_us, true, on_poll);
}

static int on_poll(sd_event_source *source, uint64_t usec, void *arg)
{
	struct service *s = arg;
	bool changed;

	(void)source, (void)usec;
	s->dev = suture_device_open(NULL);
	changed = progress_look(s);
	service_close(s);
	/* One that is gone may make room for another. */
	if (changed) {
		service_reconcile(s);
		return 0;
	}
	if (!progress_pending(s))
		return 0;
	s->poll_delay_us = s->poll_delay_us * 2 < POLL_MAX_US ? s->poll_delay_us * 2 : POLL_MAX_US;
	arm(s, &s->poll, now_us() + s->poll_delay_us, false, on_poll);
	return 0;
}

/* ---------------------------------------------------------------- one look */

/* News only, not each time. */
static void say_error(struct service *s, const char *text)
{
	if (text && (!s->last_error || strcmp(text, s->last_error)))
		service_log(LOG_ERR, "error", NULL, NULL, NULL, "%s", text);
	free(s->last_error);
	s->last_error = text ? strdup(text) : NULL;
}

/* Files that cannot be used, said once. */
static void say_unusable(struct service *s, const struct suture_view *view)
{
	struct suture_error err = { 0 };
	struct attempt *a;
	size_t i;

	for (i = 0; i < view->store.nr; i++) {
		const struct suture_store_file *file = &view->store.files[i];

		if (file->spm)
			continue;
		a = attempt_find(s, file);
		if (a && a->for_good)
			continue;
		suture_error_set(&err, -ENOEXEC, "%s", file->why);
		attempt_failed(s, file, -ENOEXEC, "unusable", &err);
	}
}

static bool act_on_all(struct service *s, struct suture_view *view)
{
	bool any = false;
	size_t i;

	/* First out, then in. */
	for (i = 0; i < view->plan.nr; i++)
		if (view->plan.items[i].action == SUTURE_ACTION_REVERT)
			any |= act_on(s, view, &view->plan.items[i]);
	for (i = 0; i < view->plan.nr; i++)
		if (view->plan.items[i].action != SUTURE_ACTION_REVERT)
			any |= act_on(s, view, &view->plan.items[i]);
	return any;
}

/* When the canaries' quiet time is over. */
static void look_for_canaries(struct service *s, const struct suture_view *view)
{
	int64_t left;
	size_t i;

	for (i = 0; i < view->plan.nr; i++) {
		const struct suture_plan_item *item = &view->plan.items[i];

		if (item->why != SUTURE_WHY_CANARY)
			continue;
		left = item->loaded->disturbed_at > item->loaded->loaded_at ?
		       item->loaded->disturbed_at : item->loaded->loaded_at;
		left += view->conf.quiet_s - time(NULL);
		service_look_in(s, (left > 0 ? left : 1) * 1000000ULL);
	}
}

static void plan_next(struct service *s, const struct suture_view *view, bool any)
{
	uint64_t now = now_us(), next = attempts_next_us(s);

	if (any)
		s->more_searches = MORE_SEARCHES;
	if (any || progress_pending(s))
		poll_soon(s);
	if (s->more_searches) {
		s->more_searches--;
		service_look_in(s, SEARCH_US);
	}
	if (s->look_again)
		service_look_in(s, 1000);
	s->look_again = false;
	if (next != UINT64_MAX)
		service_look_in(s, next > now ? next - now : 1000);
	look_for_canaries(s, view);
	if (s->rescan_s)
		service_look_in(s, s->rescan_s * 1000000ULL);
}

static int look(struct service *s, struct suture_view *view, struct suture_error *err)
{
	bool any;
	int ret;

	ret = watch_folders(s);
	if (ret)
		return suture_error_set(err, ret, "cannot watch the folders: %s", strerror(-ret));
	ret = handover(s, err);
	if (!ret)
		ret = suture_view_read(&s->dirs, s->root, s->dev, view, err);
	if (ret)
		return ret;
	s->settle_ms = view->conf.settle_ms;
	s->rescan_s = view->conf.rescan_s;
	attempts_sweep(s, &view->store);
	say_unusable(s, view);
	ret = suture_view_plan(view, &s->dirs, handover_refused, crashes_disturbed, s, err);
	if (ret)
		return ret;
	crashes_sync(s, view);
	act_forget(s, view);
	any = s->dev >= 0 && act_on_all(s, view);
	if (s->dev >= 0)
		handover_keep(s, view);
	/* What appeared before its folder was watched. */
	ret = watch_targets(s, &view->store);
	if (ret < 0)
		return suture_error_set(err, ret, "cannot watch the targets' folders: %s",
					strerror(-ret));
	plan_next(s, view, any || ret > 0);
	return 0;
}

void service_reconcile(struct service *s)
{
	struct suture_view view = { 0 };
	struct suture_error err = { 0 }, no_device = { 0 };
	int ret;

	s->first_change_us = 0;
	s->dev = suture_device_open(&no_device);
	if (s->dev < 0)
		service_look_in(s, NO_DEVICE_US);
	progress_look(s);
	ret = look(s, &view, &err);
	/* With a configuration that cannot be read nothing is done: all stays as it is. */
	if (ret)
		service_look_in(s, ERROR_US);
	say_error(s, *err.text ? err.text : *no_device.text ? no_device.text : NULL);
	report_write(s, ret ? NULL : &view, s->last_error);
	if (!ret)
		metrics_write(s, &view);
	history_write(s);
	service_close(s);
	suture_view_free(&view);
}
