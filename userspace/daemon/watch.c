// SPDX-License-Identifier: GPL-2.0-only
/* Folders that are watched. One that is not there yet: the nearest above it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sutured.h"

#define EVENTS	(IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | \
		 IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

static bool is_target(const struct service *s, const char *name)
{
	size_t i;

	for (i = 0; s->targets && s->targets[i]; i++)
		if (suture_names_alike(name, s->targets[i]))
			return true;
	return false;
}

/* What is watched instead of a folder that is not there: only its coming is of interest. */
static bool leads_to(const struct watch *w, const char *name)
{
	const char *rest = w->path + strlen(w->at);
	size_t len = strlen(name);

	rest += *rest == '/';
	return !strncmp(rest, name, len) && (!rest[len] || rest[len] == '/');
}

static int on_event(sd_event_source *source, const struct inotify_event *event, void *arg)
{
	struct watch *w = arg;
	struct service *s = w->service;
	const char *name = event->len ? event->name : "";

	(void)source;
	if (event->mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
		/* What was watched is elsewhere now, or nowhere: begin again. */
		free(w->at);
		w->at = NULL;
		service_changed(s);
		return 0;
	}
	if (w->at && strcmp(w->at, w->path)) {
		if (event->mask & IN_Q_OVERFLOW || leads_to(w, name))
			service_changed(s);
		return 0;
	}
	if (event->mask & IN_Q_OVERFLOW || w->kind == WATCH_ALL ||
	    /* also what we have written ourselves: others may have been in between */
	    (w->kind == WATCH_STATE && !strcmp(name, SUTURE_MARKS_NAME)) ||
	    (w->kind == WATCH_DEVICE && !strcmp(name, "suture") &&
	     event->mask & (IN_CREATE | IN_DELETE)) ||
	    (w->kind == WATCH_RUN && !strcmp(name, SUTURE_POKE_NAME)) ||
	    (w->kind == WATCH_TARGETS && is_target(s, name)))
		service_changed(s);
	return 0;
}

/* The nearest folder that is there. */
static char *nearest(const char *path)
{
	char *at = strdup(path), *slash;
	struct stat st;

	while (at && (stat(at, &st) || !S_ISDIR(st.st_mode))) {
		slash = strrchr(at, '/');
		if (!slash || slash == at) {
			strcpy(at, "/");
			break;
		}
		*slash = '\0';
	}
	return at;
}

/* 1: it is watched anew */
static int arm(struct service *s, struct watch *w)
{
	char *at = nearest(w->path);
	int ret;

	if (!at)
		return -ENOMEM;
	if (w->at && w->source && !strcmp(at, w->at)) {
		free(at);
		return 0;
	}
	w->source = sd_event_source_disable_unref(w->source);
	ret = sd_event_add_inotify(s->loop, &w->source, at, EVENTS, on_event, w);
	free(w->at);
	w->at = at;
	return ret < 0 ? ret : 1;
}

static int want(struct service *s, const char *path, int kind)
{
	struct watch *w, **grown;
	size_t i;

	for (i = 0; i < s->nr_watches; i++) {
		w = s->watches[i];
		if (w->kind == kind && !strcmp(w->path, path)) {
			w->wanted = true;
			return arm(s, w);
		}
	}
	grown = reallocarray(s->watches, s->nr_watches + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	s->watches = grown;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	grown[s->nr_watches++] = w;
	w->kind = kind;
	w->service = s;
	w->wanted = true;
	w->path = strdup(path);
	return w->path ? arm(s, w) : -ENOMEM;
}

static void drop(struct service *s, size_t i)
{
	struct watch *w = s->watches[i];

	sd_event_source_disable_unref(w->source);
	free(w->path);
	free(w->at);
	free(w);
	s->watches[i] = s->watches[--s->nr_watches];
}

int watch_folders(struct service *s)
{
	char *slash, conf[4096];
	size_t i;
	int ret = 0;

	snprintf(conf, sizeof(conf), "%s", s->dirs.conf);
	slash = strrchr(conf, '/');
	if (slash)
		*slash = '\0';
	for (i = 0; ret >= 0 && s->dirs.patches[i]; i++)
		ret = want(s, s->dirs.patches[i], WATCH_ALL);
	if (ret >= 0)
		ret = want(s, conf, WATCH_ALL);
	for (i = 0; ret >= 0 && s->dirs.conf_dirs[i]; i++)
		ret = want(s, s->dirs.conf_dirs[i], WATCH_ALL);
	for (i = 0; ret >= 0 && suture_policy_dirs[i]; i++)
		ret = want(s, suture_policy_dirs[i], WATCH_ALL);
	if (ret >= 0)
		ret = want(s, s->dirs.state, WATCH_STATE);
	if (ret >= 0)
		ret = want(s, s->dirs.run, WATCH_RUN);
	/* The module may come, or go and come again: then it has no patches any more. */
	if (ret >= 0)
		ret = want(s, "/dev", WATCH_DEVICE);
	return ret < 0 ? ret : 0;
}

/* The usual folders, and those of targets that are named with their path. */
static int want_targets(struct service *s, const struct suture_store *store)
{
	char **dirs = suture_libdirs(), *slash;
	char path[4096];
	int ret = 0, new = 0;
	size_t i;

	if (!dirs)
		return -ENOMEM;
	for (i = 0; ret >= 0 && store->nr_wants && dirs[i]; i++) {
		ret = want(s, dirs[i], WATCH_TARGETS);
		new |= ret;
	}
	suture_strv_free(dirs);
	for (i = 0; ret >= 0 && i < store->nr_wants; i++) {
		if (*store->wants[i].name != '/')
			continue;
		snprintf(path, sizeof(path), "%s", store->wants[i].name);
		slash = strrchr(path, '/');
		slash[slash == path] = '\0';
		ret = want(s, path, WATCH_TARGETS);
		new |= ret;
	}
	return ret < 0 ? ret : new;
}

int watch_targets(struct service *s, const struct suture_store *store)
{
	char **names = NULL;
	size_t nr = 0, i;
	int ret;

	for (i = 0; i < store->nr_wants; i++)
		if (suture_strv_add(&names, &nr, store->wants[i].name)) {
			suture_strv_free(names);
			return -ENOMEM;
		}
	suture_strv_free(s->targets);
	s->targets = names;
	for (i = 0; i < s->nr_watches; i++)
		s->watches[i]->wanted = s->watches[i]->kind != WATCH_TARGETS;
	ret = want_targets(s, store);
	for (i = s->nr_watches; ret >= 0 && i-- > 0;)
		if (!s->watches[i]->wanted)
			drop(s, i);
	return ret;
}

void watch_free(struct service *s)
{
	while (s->nr_watches)
		drop(s, 0);
	free(s->watches);
	s->watches = NULL;
	suture_strv_free(s->targets);
	s->targets = NULL;
}
