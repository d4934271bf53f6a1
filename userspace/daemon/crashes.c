// SPDX-License-Identifier: GPL-2.0-only
/* Patches after which processes die, or hang, are taken back. What counts is in lib/harm.c. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "sutured.h"

#define LOOK_US		1000000ULL	/* what has come is reported so often, at most */

static int64_t boot_seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ts.tv_sec;
}

static void say(int priority, const char *what, const struct suture_harm_patch *patch,
		const char *text, const char *evidence)
{
	service_log(priority, what, patch->name, patch->version, NULL, "%s %s: %s: %s",
		    patch->name, patch->version, text, evidence);
}

/* ------------------------------------------------------------ taking it back */

static int mark_bad(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	const struct suture_mark *bad = arg;
	struct suture_mark *mark = suture_marks_get(marks, bad->name);

	if (!mark)
		return suture_error_nomem(err);
	mark->bad = time(NULL);
	strcpy(mark->bad_version, bad->bad_version);
	strcpy(mark->bad_evidence, bad->bad_evidence);
	strcpy(mark->bad_exe, bad->bad_exe);
	strcpy(mark->bad_signal, bad->bad_signal);
	mark->bad_address = bad->bad_address;
	mark->bad_in_patch = bad->bad_in_patch;
	return 1;
}

/* It is marked first: whatever ends us then, it comes out, and does not come back. */
static void take_back(struct service *s, struct suture_harm_patch *patch, struct suture_mark *bad)
{
	struct suture_error err = { 0 };
	int dev, ret;

	patch->done = true;
	if (!patch->ours || !s->take_back) {
		say(LOG_ERR, "harm", patch, patch->ours ?
		    "it does harm; TakeBack=no in suture.conf, so it stays" :
		    "it does harm; it was loaded by hand, so it stays", bad->bad_evidence);
		return;
	}
	snprintf(bad->name, sizeof(bad->name), "%s", patch->name);
	snprintf(bad->bad_version, sizeof(bad->bad_version), "%s", patch->version);
	act_mark(s, mark_bad, bad);
	dev = suture_device_open(&err);
	ret = dev < 0 ? dev : suture_device_revert(dev, patch->name, 0, &err);
	if (dev >= 0)
		close(dev);
	say(LOG_ERR, "bad", patch, "it does harm, taking it back", bad->bad_evidence);
	if (ret && ret != -ENOENT)
		service_log(LOG_ERR, "failed", patch->name, patch->version, NULL, "%s: %s",
			    patch->name, err.text);
	service_look_in(s, 1000);
}

/* ------------------------------------------------------------------ whose */

/* Real user of a process, -1: it has gone. */
static int64_t user_of(int pid)
{
	char path[64], line[256];
	int64_t uid = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file)
		return -1;
	while (uid < 0 && fgets(line, sizeof(line), file))
		if (!strncmp(line, "Uid:", 4))
			uid = strtoll(line + 4, NULL, 10);
	fclose(file);
	return uid;
}

static bool is_among(const struct suture_harm_verdict *verdict, int64_t uid)
{
	size_t i;

	for (i = 0; i < verdict->nr_users; i++)
		if (verdict->users[i] == uid)
			return true;
	return false;
}

/* Is the patch for processes of these users only? Then it is theirs to lose. */
static bool is_theirs(const struct suture_harm_patch *patch,
		      const struct suture_harm_verdict *verdict)
{
	struct suture_proc *procs = NULL;
	bool theirs = true;
	int64_t uid;
	size_t nr = 0, i;
	int dev;

	dev = suture_device_open(NULL);
	if (dev < 0)
		return false;
	if (suture_device_procs(dev, patch->name, &procs, &nr, NULL))
		theirs = false;
	close(dev);
	for (i = 0; theirs && i < nr; i++) {
		if (procs[i].state == SUTURE_PROC_NOT_APPLICABLE &&
		    procs[i].reason != SUTURE_REASON_CANARY)
			continue;
		uid = procs[i].pid > 0 ? user_of(procs[i].pid) : -2;
		theirs = uid == -1 || is_among(verdict, uid);
	}
	free(procs);
	return theirs;
}

/* ------------------------------------------------------------- what comes in */

static void decide(struct service *s, struct suture_harm_patch *patch,
		   const struct suture_harm_verdict *verdict, struct suture_mark *bad)
{
	if (verdict->enough || is_theirs(patch, verdict)) {
		take_back(s, patch, bad);
		return;
	}
	if (patch->said_users == verdict->nr_users)
		return;
	patch->said_users = verdict->nr_users;
	say(LOG_WARNING, "harm", patch,
	    "it may do harm, but only to an ordinary user, and others have it too; it stays (Users= in suture.conf)",
	    bad->bad_evidence);
}

static void judge(struct service *s, const struct crash_event *event, const char *exe,
		  const struct suture_harm_verdict *verdict)
{
	const char *name = sigabbrev_np(event->sig);
	struct suture_mark bad = { 0 };

	suture_harm_evidence(verdict, &s->rule, event, exe, bad.bad_evidence,
			     sizeof(bad.bad_evidence));
	snprintf(bad.bad_exe, sizeof(bad.bad_exe), "%s", exe);
	snprintf(bad.bad_signal, sizeof(bad.bad_signal), "SIG%s", name ? name : "?");
	bad.bad_address = event->ip;
	bad.bad_in_patch = suture_harm_in_patch(event, verdict->id);
	decide(s, suture_harm_patch(s->harm, verdict->id), verdict, &bad);
}

static void on_crash(const struct crash_event *event, uint64_t nr, void *arg)
{
	struct service *s = arg;
	struct suture_harm_verdict verdict;
	char path[CRASH_DEPTH * CRASH_NAME + 8], exe[sizeof(path)];
	struct suture_harm_patch *patch;

	if (event->flags & CRASH_BLIND)
		return;
	suture_crash_path(event, path, sizeof(path));
	suture_text_clean_buf(path, 0, exe, sizeof(exe));
	if (suture_harm_crash(s->harm, &s->rule, event, exe, nr, &verdict) || !verdict.id)
		return;
	patch = suture_harm_patch(s->harm, verdict.id);
	patch->disturbed_at = time(NULL);
	if (verdict.why)
		judge(s, event, exe, &verdict);
	if (!patch->done)
		service_look_in(s, LOOK_US);
}

static int on_ring(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct service *s = arg;
	uint64_t missed, lost;

	(void)source, (void)fd, (void)revents;
	suture_crash_read(s->crashes, on_crash, s, &missed, &lost);
	if (missed)
		service_log(LOG_WARNING, "storm", NULL, NULL, NULL,
			    "%" PRIu64 " crashes came too fast to be told one by one; they count all the same",
			    missed);
	if (lost != s->crashes_lost)
		service_log(LOG_WARNING, "storm", NULL, NULL, NULL,
			    "%" PRIu64 " crashes came too fast to be counted", lost - s->crashes_lost);
	s->crashes_lost = lost;
	return 0;
}

void crashes_start(struct service *s)
{
	struct suture_error err = { 0 };
	int ret;

	s->harm = suture_harm_new();
	ret = s->harm ? suture_crash_start(&s->crashes, &err) : suture_error_nomem(&err);
	if (!ret && sd_event_add_io(s->loop, NULL, suture_crash_fd(s->crashes), EPOLLIN, on_ring,
				    s) < 0) {
		ret = suture_error_set(&err, -EIO, "no event source");
		suture_crash_stop(s->crashes);
		s->crashes = NULL;
	}
	if (ret) {
		s->crashes_off = strdup(err.text);
		service_log(LOG_WARNING, "watch", NULL, NULL, NULL,
			    "crashes are not seen, so no patch is taken back because of one: %s",
			    err.text);
	} else {
		service_log(LOG_INFO, "watch", NULL, NULL, NULL, "crashes are watched");
	}
	service_look_in(s, 1000);
}

void crashes_stop(struct service *s)
{
	suture_crash_stop(s->crashes);
	suture_harm_free(s->harm);
	free(s->crashes_off);
}

/* --------------------------------------------------------- what is loaded */

static struct suture_harm_patch *find(const struct service *s, const char *name)
{
	return s->harm ? suture_harm_patch(s->harm, suture_harm_find(s->harm, name)) : NULL;
}

const struct suture_harm_patch *crashes_of(const struct service *s, const char *name)
{
	return find(s, name);
}

/* @loaded_at: seconds since 1970. A boot does not make it new. */
static struct suture_harm_patch *know(struct service *s, const struct suture_view *view,
				      const struct suture_spm *spm, int64_t loaded_at)
{
	const char *name = suture_spm_name(spm);
	const char *version = spm_string(&spm->note, spm->note.head->version);
	const struct suture_mark *mark = suture_marks_find(&view->marks, name);
	struct suture_error err = { 0 };
	uint32_t id;

	if (mark && mark->installed_at && mark->installed_at < loaded_at &&
	    !strcmp(mark->installed, version))
		loaded_at = mark->installed_at;
	id = suture_harm_add(s->harm, name, version, boot_seconds() - (time(NULL) - loaded_at));
	if (!id || (s->crashes && suture_crash_know(s->crashes, spm, id, &err)))
		service_log(LOG_WARNING, "watch", name, NULL, NULL,
			    "%s: crashes in it are not seen: %s", name, err.text);
	return suture_harm_patch(s->harm, id);
}

void crashes_know(struct service *s, const struct suture_view *view, const struct suture_spm *spm)
{
	struct suture_harm_patch *patch = s->harm ? know(s, view, spm, time(NULL)) : NULL;

	if (patch)
		patch->ours = true;
}

static bool is_it(const struct suture_harm_patch *patch, const struct suture_ioc_patch *loaded)
{
	return patch && !strncmp(patch->version, loaded->version, sizeof(loaded->version) - 1) &&
	       (!patch->loaded_at || patch->loaded_at == (int64_t)loaded->loaded_at);
}

static uint32_t sync_one(struct service *s, const struct suture_view *view,
			 const struct suture_ioc_patch *loaded, bool ours)
{
	struct suture_harm_patch *patch = find(s, loaded->name);
	struct suture_spm *spm;

	if (!is_it(patch, loaded)) {
		spm = suture_status_spm(loaded);
		if (!spm)
			return 0;
		patch = know(s, view, spm, loaded->loaded_at);
		suture_spm_close(spm);
	}
	if (!patch)
		return 0;
	patch->loaded_at = loaded->loaded_at;
	patch->ours = ours;
	return suture_harm_find(s->harm, loaded->name);
}

void crashes_sync(struct service *s, const struct suture_view *view)
{
	uint32_t *ids;
	size_t i;

	s->rule = view->conf.harm;
	s->take_back = view->conf.take_back;
	s->hang_s = view->conf.hang_s;
	if (!s->harm)
		return;
	ids = calloc(view->nr_patches + 1, sizeof(*ids));
	if (!ids)
		return;
	for (i = 0; i < view->nr_patches; i++)
		ids[i] = sync_one(s, view, &view->patches[i], view->loaded[i].ours);
	if (s->crashes)
		suture_crash_keep(s->crashes, ids, view->nr_patches);
	for (i = 0; i < view->nr_patches; i++)
		crashes_hangs(s, &view->patches[i]);
	free(ids);
}

int64_t crashes_disturbed(const char *name, void *arg)
{
	const struct suture_harm_patch *patch = crashes_of(arg, name);

	return patch ? patch->disturbed_at : 0;
}

/* ------------------------------------------------------------------ hangs */

/* A hook that was too late, or a process that waits too long. */
static bool is_hung(const struct service *s, const struct suture_proc *proc, uint64_t waited_s)
{
	if (proc->state == SUTURE_PROC_FAILED)
		return proc->reason == SUTURE_REASON_HOOK_LATE;
	return proc->state == SUTURE_PROC_WAITING && s->hang_s && waited_s >= s->hang_s;
}

static void say_hung(const struct suture_proc *proc, uint64_t waited_s, char *buf, size_t size)
{
	char comm[4 * sizeof(proc->comm)];

	suture_text_clean_buf(proc->comm, 0, comm, sizeof(comm));
	if (proc->state == SUTURE_PROC_FAILED)
		snprintf(buf, size, "%s (process %d): a hook of the patch did not return in time",
			 comm, proc->pid);
	else
		snprintf(buf, size, "%s (process %d): it has been waiting for %" PRIu64 " s (%s)",
			 comm, proc->pid, waited_s, suture_proc_reason_name(proc->reason));
}

void crashes_hangs(struct service *s, const struct suture_ioc_patch *loaded)
{
	struct suture_harm_patch *patch = find(s, loaded->name);
	struct seen_patch *seen = progress_get(s, loaded->name, false);
	struct suture_harm_verdict verdict = { 0 };
	struct suture_mark bad = { 0 };
	struct suture_proc *procs;
	uint64_t waited_s = 0;
	int64_t uid;
	size_t nr, i;

	if (loaded->state == SUTURE_PATCH_REVERTING || (!loaded->nr_hooks && !s->hang_s) ||
	    !is_it(patch, loaded) || patch->done ||
	    suture_device_procs(s->dev, loaded->name, &procs, &nr, NULL))
		return;
	if (seen && seen->applying_since_us)
		waited_s = (now_us() - seen->applying_since_us) / 1000000;
	for (i = 0; i < nr; i++) {
		if (!is_hung(s, &procs[i], waited_s))
			continue;
		uid = procs[i].pid > 0 ? user_of(procs[i].pid) : -1;
		if (uid < 0)
			continue;
		suture_harm_concerns(&verdict, &s->rule, uid);
		say_hung(&procs[i], waited_s, bad.bad_evidence, sizeof(bad.bad_evidence));
	}
	free(procs);
	if (verdict.nr_users)
		decide(s, patch, &verdict, &bad);
}
