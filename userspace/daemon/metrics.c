// SPDX-License-Identifier: GPL-2.0-only
/* Figures for monitoring, in the text format of Prometheus and OpenMetrics. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h>

#include "sutured.h"

static void label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			fputc('\\', out);
		if (*value == '\n')
			fputs("\\n", out);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

static void family(FILE *out, const char *name, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void one_patch(FILE *out, const struct suture_view *view,
		      const struct suture_plan_item *item)
{
	const struct suture_store_file *file = suture_view_file(view, item->file);
	const struct suture_spm *spm = file ? file->spm : NULL;
	const char *version = item->loaded ? item->loaded->version :
			      item->file && item->file->version ? item->file->version : "";

	fputs("suture_patch_info{", out);
	label(out, "name", item->name);
	label(out, ",version", version);
	label(out, ",level", spm ? spm_string(&spm->note, spm->note.head->level) : "");
	label(out, ",cve", spm ? spm_string(&spm->note, spm->note.head->cve) : "");
	label(out, ",why", suture_why_name(item->why));
	fprintf(out, "} 1\n");
}

static void count(FILE *out, const char *name, const char *state, uint32_t nr)
{
	fputs("suture_patch_processes{", out);
	label(out, "name", name);
	label(out, ",state", state);
	fprintf(out, "} %" PRIu32 "\n", nr);
}

static void processes(FILE *out, int dev, const char *name)
{
	struct suture_totals totals;
	struct suture_proc *procs;
	size_t nr;

	if (suture_device_procs(dev, name, &procs, &nr, NULL))
		return;
	suture_totals_count(procs, nr, &totals);
	free(procs);
	count(out, name, "patched", totals.patched);
	count(out, name, "unpatched", totals.unpatched);
	count(out, name, "waiting", totals.waiting);
	count(out, name, "draining", totals.draining);
	count(out, name, "not_applicable", totals.not_applicable);
	count(out, name, "refused", totals.refused);
	count(out, name, "failed", totals.failed);
}

static void write_all(FILE *out, struct service *s, const struct suture_view *view)
{
	const struct suture_plan *plan = &view->plan;
	size_t i;

	family(out, "suture_module_loaded", "Whether the kernel module is there.");
	fprintf(out, "suture_module_loaded %d\n", s->dev >= 0);
	family(out, "suture_automatic", "Whether patches are applied by themselves.");
	fprintf(out, "suture_automatic %d\n", suture_plan_install(&view->conf, &view->marks));
	family(out, "suture_patch_info", "Each patch, and why it is in force or not.");
	for (i = 0; i < plan->nr; i++)
		if (plan->items[i].name)
			one_patch(out, view, &plan->items[i]);
	family(out, "suture_patch_loaded_timestamp_seconds", "When the patch was loaded.");
	for (i = 0; i < plan->nr; i++) {
		if (!plan->items[i].loaded)
			continue;
		fputs("suture_patch_loaded_timestamp_seconds{", out);
		label(out, "name", plan->items[i].name);
		fprintf(out, "} %" PRId64 "\n", plan->items[i].loaded->loaded_at);
	}
	family(out, "suture_patch_processes", "Processes that the patch concerns, by their state.");
	for (i = 0; i < plan->nr; i++)
		if (plan->items[i].loaded)
			processes(out, s->dev, plan->items[i].name);
	fputs("# EOF\n", out);
}

void metrics_write(struct service *s, const struct suture_view *view)
{
	struct suture_error err = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out;

	out = open_memstream(&text, &size);
	if (!out)
		return;
	write_all(out, s, view);
	if (fclose(out) == 0 && suture_write_atomic(s->dirs.run, "suture.prom", text, 0644, &err))
		service_log(LOG_WARNING, "error", NULL, NULL, NULL, "%s", err.text);
	free(text);
}
