// SPDX-License-Identifier: GPL-2.0-only
/* All that is known of the patches on this machine, read at one time. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "overview.h"
#include "status.h"

#define BUDGET	"/sys/module/suture/parameters/budget_us"

/* Out of memory anywhere: one error at the end. */
struct reader {
	int dev;
	const struct suture_view *view;
	const struct suture_report *report;
	struct suture_overview *to;
	bool nomem;
};

static char *copy(struct reader *r, const char *text)
{
	char *mine = strdup(text ? text : "");

	r->nomem |= !mine;
	return mine;
}

/* One more of a list; NULL: there is no memory. */
static void *more(struct reader *r, void *list, size_t *nr, size_t size)
{
	char *old, *grown;

	memcpy(&old, list, sizeof(old));
	grown = reallocarray(old, *nr + 1, size);
	if (!grown) {
		r->nomem = true;
		return NULL;
	}
	memcpy(list, &grown, sizeof(grown));
	grown += *nr * size;
	memset(grown, 0, size);
	++*nr;
	return grown;
}

/* -------------------------------------------------------------- processes */

/* In clock ticks, as the kernel's record in nanoseconds: the id may be another's by now. */
static bool is_same_process(const struct suture_proc *proc)
{
	unsigned long long start = 0;
	char path[64], text[1024], *at;
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", proc->pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	at = strrchr(text, ')');	/* its name may have any character */
	return at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d"
			    " %*d %*d %*d %*d %llu", &start) == 1 &&
	       start == proc->start_time / (1000000000 / sysconf(_SC_CLK_TCK));
}

static char *executable(struct reader *r, const struct suture_proc *proc)
{
	char path[64], exe[4096];
	ssize_t len;

	if (!proc->pid)
		return NULL;
	snprintf(path, sizeof(path), "/proc/%d/exe", proc->pid);
	len = readlink(path, exe, sizeof(exe) - 1);
	if (len <= 0 || !is_same_process(proc))
		return NULL;
	exe[len] = '\0';
	return copy(r, exe);
}

static void read_procs(struct reader *r, const struct suture_ioc_patch *patch,
		       const struct suture_spm *spm, struct suture_overview_patch *to)
{
	struct suture_overview_proc *proc;
	struct suture_proc *procs;
	char detail[1024];
	size_t nr, i;

	if (suture_device_procs(r->dev, patch->name, &procs, &nr, NULL))
		return;
	for (i = 0; i < nr; i++) {
		proc = more(r, &to->procs, &to->nr_procs, sizeof(*proc));
		if (!proc)
			break;
		proc->pid = procs[i].pid;
		proc->exe = executable(r, &procs[i]);
		proc->comm = copy(r, procs[i].comm);
		proc->state = procs[i].state;
		proc->detail = copy(r, suture_proc_detail(&procs[i], spm, detail, sizeof(detail)));
		proc->pause_us = procs[i].pause_us;
	}
	free(procs);
}

/* ---------------------------------------------------------------- patches */

static enum suture_tone tone_of(const struct suture_plan_item *item,
				const struct suture_ioc_patch *patch)
{
	if (patch && patch->state != SUTURE_PATCH_APPLIED)
		return SUTURE_TONE_BUSY;
	/* In force, and what stands in the way of a newer file is told in words. */
	if (patch)
		return item && item->why == SUTURE_WHY_CANARY ? SUTURE_TONE_BUSY :
								SUTURE_TONE_GOOD;
	if (item->action == SUTURE_ACTION_APPLY)
		return SUTURE_TONE_BUSY;
	return item->why >= SUTURE_WHY_OLDER ? SUTURE_TONE_BAD : SUTURE_TONE_OFF;
}

static void read_texts(struct reader *r, const struct suture_spm *spm,
		       struct suture_overview_patch *to)
{
	const struct spm_note *note = spm ? &spm->note : NULL;

	to->level = copy(r, note ? spm_string(note, note->head->level) : "");
	to->cve = copy(r, note ? spm_string(note, note->head->cve) : "");
	to->description = copy(r, note ? spm_string(note, note->head->description) : "");
	if (note) {
		to->nr_funcs = note->nr_funcs;
		to->nr_sites = note->nr_sites;
		to->nr_hooks = note->nr_hooks;
	}
}

/* @patch: NULL: not loaded; @item: NULL: nothing is known of the folders */
static void read_patch(struct reader *r, const struct suture_ioc_patch *patch,
		       const struct suture_plan_item *item)
{
	struct suture_store_file *file = item ? suture_view_file(r->view, item->file) : NULL;
	struct suture_overview_patch *to;
	struct suture_spm *own = NULL;
	const char *error = NULL;

	to = more(r, &r->to->patches, &r->to->nr_patches, sizeof(*to));
	if (!to)
		return;
	to->tone = tone_of(item, patch);
	if (patch) {
		own = suture_status_spm(patch);
		read_texts(r, own, to);
		to->name = copy(r, patch->name);
		to->version = copy(r, patch->version);
		to->state = copy(r, suture_patch_state_name(patch->state));
		to->path = copy(r, patch->path);
		to->loaded = true;
		to->reverting = patch->state == SUTURE_PATCH_REVERTING;
		to->loaded_at = patch->loaded_at;
		to->canary = patch->canary;
		to->nr_funcs = patch->nr_funcs;
		to->nr_sites = patch->nr_sites;
		to->nr_hooks = patch->nr_hooks;
		read_procs(r, patch, own, to);
		suture_spm_close(own);
	} else {
		read_texts(r, file->spm, to);
		to->name = copy(r, item->name ? item->name : strrchr(file->path, '/') + 1);
		to->version = copy(r, item->name ? item->file->version : "");
		to->state = copy(r, item->action == SUTURE_ACTION_APPLY ? "pending" :
				 suture_why_name(item->why));
		to->path = copy(r, file->path);
	}
	/* What is loaded by hand is the usual where nobody said anything of a service. */
	to->why = copy(r, !item || item->why == SUTURE_WHY_BY_HAND ? "" :
		       suture_why_text(item->why));
	to->available = copy(r, item && item->update ? item->file->version : "");
	if (file)
		error = file->why ? file->why : suture_report_error(r->report, file->path, NULL);
	to->error = copy(r, error);
}

static const struct suture_plan_item *item_of(const struct suture_view *view, const char *name)
{
	size_t i;

	for (i = 0; i < view->plan.nr; i++)
		if (view->plan.items[i].name && !strcmp(view->plan.items[i].name, name))
			return &view->plan.items[i];
	return NULL;
}

static void read_patches(struct reader *r)
{
	const struct suture_view *view = r->view;
	size_t i;

	for (i = 0; i < view->nr_patches; i++)
		read_patch(r, &view->patches[i], item_of(view, view->patches[i].name));
	for (i = 0; i < view->plan.nr; i++)
		if (!view->plan.items[i].loaded)
			read_patch(r, NULL, &view->plan.items[i]);
}

/* ------------------------------------------------------------------ marks */

static void add_mark(struct reader *r, const char *name, const char *what, const char *text,
		     int64_t since)
{
	struct suture_overview_mark *to;

	to = more(r, &r->to->marks, &r->to->nr_marks, sizeof(*to));
	if (!to)
		return;
	to->name = copy(r, name);
	to->what = copy(r, what);
	to->text = copy(r, text);
	to->since = since;
}

static void add_excluded(struct reader *r, const struct suture_policy_list *list,
			 const char *what)
{
	char text[512];
	size_t i;

	for (i = 0; i < list->nr; i++) {
		snprintf(text, sizeof(text), "%s, by %s", what, list->entries[i].where);
		add_mark(r, list->entries[i].pattern, "excluded", text, 0);
	}
}

static void read_marks(struct reader *r)
{
	const struct suture_view *view = r->view;
	char text[2 * SUTURE_TEXT_MAX + 64];
	size_t i;

	for (i = 0; i < view->marks.nr; i++) {
		const struct suture_mark *mark = &view->marks.list[i];

		if (mark->bad) {
			snprintf(text, sizeof(text), "up to version %s: %s", mark->bad_version,
				 mark->bad_evidence);
			add_mark(r, mark->name, "bad", text, mark->bad);
		}
		if (mark->removed)
			add_mark(r, mark->name, "removed", "by hand, for good", mark->removed);
		if (mark->held && !strcmp(mark->held_boot, view->boot))
			add_mark(r, mark->name, "reverted", "by hand, until the next boot",
				 mark->held);
	}
	for (i = 0; i < view->conf.nr_exclude; i++)
		add_mark(r, view->conf.exclude[i], "excluded", "by the configuration", 0);
	for (i = 0; i < view->plan.nr; i++)
		if (view->plan.items[i].name && view->plan.items[i].file &&
		    view->plan.items[i].file->fit == SUTURE_FIT_EXCLUDED)
			add_mark(r, view->plan.items[i].name, "excluded",
				 "its target, by the policy", 0);
	add_excluded(r, &view->policy.exes, "processes of that executable");
	add_excluded(r, &view->policy.targets, "files of that name");
}

/* What the service has handed to the kernel. */
static void read_lists(struct reader *r)
{
	struct json_object *list, *obj, *value;
	struct suture_overview_list *to;
	size_t i;

	if (!json_object_object_get_ex(r->report->root, "lists", &list) ||
	    !json_object_is_type(list, json_type_array))
		return;
	for (i = 0; i < json_object_array_length(list); i++) {
		to = more(r, &r->to->lists, &r->to->nr_lists, sizeof(*to));
		if (!to)
			return;
		obj = json_object_array_get_idx(list, i);
		to->path = copy(r, json_object_object_get_ex(obj, "file", &value) ?
				json_object_get_string(value) : "");
		to->error = copy(r, json_object_object_get_ex(obj, "error", &value) ?
				 json_object_get_string(value) : "");
	}
}

/* -------------------------------------------------------------- all of it */

static uint32_t read_budget(void)
{
	FILE *file = fopen(BUDGET, "re");
	unsigned int budget = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%u", &budget) != 1)
		budget = 0;
	fclose(file);
	return budget;
}

int suture_overview_read(int dev, const struct suture_dirs *dirs, const struct suture_view *view,
			 const struct suture_report *report, const char *trouble,
			 struct suture_overview *ret, struct suture_error *err)
{
	struct suture_overview to = { 0 };
	struct reader r = { .dev = dev, .view = view, .report = report, .to = &to };
	struct suture_error said = { 0 };
	struct utsname name;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	to.now_ms = now.tv_sec * 1000LL + now.tv_nsec / 1000000;
	if (uname(&name))
		memset(&name, 0, sizeof(name));
	to.host = copy(&r, name.nodename);
	to.kernel = copy(&r, name.release);
	to.module = dev >= 0;
	to.service = report->running;
	to.automatic = *view->boot ? suture_plan_install(&view->conf, &view->marks) : -1;
	to.budget_us = read_budget();
	suture_history_read(dirs->state, &to.history, &said);
	if (!trouble || !*trouble)
		trouble = suture_report_trouble(report);
	to.trouble = copy(&r, trouble && *trouble ? trouble : said.text);
	read_patches(&r);
	read_marks(&r);
	read_lists(&r);
	if (r.nomem) {
		suture_overview_free(&to);
		return suture_error_nomem(err);
	}
	*ret = to;
	return 0;
}

static void free_patch(struct suture_overview_patch *patch)
{
	size_t i;

	for (i = 0; i < patch->nr_procs; i++) {
		free(patch->procs[i].exe);
		free(patch->procs[i].comm);
		free(patch->procs[i].detail);
	}
	free(patch->procs);
	free(patch->name);
	free(patch->version);
	free(patch->level);
	free(patch->cve);
	free(patch->description);
	free(patch->state);
	free(patch->why);
	free(patch->error);
	free(patch->path);
	free(patch->available);
}

void suture_overview_free(struct suture_overview *overview)
{
	size_t i;

	for (i = 0; i < overview->nr_patches; i++)
		free_patch(&overview->patches[i]);
	free(overview->patches);
	for (i = 0; i < overview->nr_marks; i++) {
		free(overview->marks[i].name);
		free(overview->marks[i].what);
		free(overview->marks[i].text);
	}
	free(overview->marks);
	for (i = 0; i < overview->nr_lists; i++) {
		free(overview->lists[i].path);
		free(overview->lists[i].error);
	}
	free(overview->lists);
	free(overview->host);
	free(overview->kernel);
	free(overview->trouble);
	suture_history_free(&overview->history);
	memset(overview, 0, sizeof(*overview));
}
