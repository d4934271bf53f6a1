// SPDX-License-Identifier: GPL-2.0-only
/* Of the page: what is patched where, processes by executable. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "page-int.h"
#include "status.h"

#define PIDS_SHOWN	16U
#define DETAILS_SHOWN	4U

/* One process under one patch. */
struct entry {
	const struct suture_overview_proc *proc;
	const struct suture_overview_patch *patch;
	size_t rank;		/* of the patch */
	const char *exe;	/* or its name in brackets */
};

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = strcmp(x->exe, y->exe);

	if (order)
		return order;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->proc->state != y->proc->state)
		return x->proc->state < y->proc->state ? -1 : 1;
	return x->proc->pid < y->proc->pid ? -1 : x->proc->pid > y->proc->pid;
}

static struct entry *collect(const struct suture_overview *o, size_t *ret_nr)
{
	struct entry *list;
	size_t nr = 0, i, j;

	for (i = 0; i < o->nr_patches; i++)
		nr += o->patches[i].nr_procs;
	list = calloc(nr + 1, sizeof(*list));
	*ret_nr = 0;
	if (!list)
		return NULL;
	for (i = 0; i < o->nr_patches; i++)
		for (j = 0; j < o->patches[i].nr_procs; j++) {
			const struct suture_overview_proc *proc = &o->patches[i].procs[j];

			list[(*ret_nr)++] = (struct entry){
				proc, &o->patches[i], i, proc->exe ? proc->exe : proc->comm,
			};
		}
	qsort(list, nr, sizeof(*list), compare);
	return list;
}

static bool same_row(const struct entry *a, const struct entry *b)
{
	return a->rank == b->rank && a->proc->state == b->proc->state;
}

static void write_pids(FILE *out, const struct entry *row, size_t nr)
{
	size_t i, named = 0;

	for (i = 0; i < nr; i++) {
		if (!row[i].proc->pid || named >= PIDS_SHOWN)
			continue;
		fprintf(out, "%s%" PRId32, named ? ", " : "", row[i].proc->pid);
		named++;
	}
	if (!named)
		fprintf(out, "%zu, in other pid namespaces", nr);
	else if (named < nr)
		fprintf(out, " and %zu more", nr - named);
}

static void write_details(FILE *out, const struct entry *row, size_t nr)
{
	const char *last = "";
	size_t i, shown = 0;

	for (i = 0; i < nr; i++) {
		if (!*row[i].proc->detail || !strcmp(row[i].proc->detail, last))
			continue;
		last = row[i].proc->detail;
		if (shown++ == DETAILS_SHOWN) {
			fputs("<span class=\"sub\">…</span>", out);
			return;
		}
		fputs("<span class=\"sub\">", out);
		page_text(out, last);
		fputs("</span>", out);
	}
}

static void write_row(FILE *out, const struct entry *row, size_t nr)
{
	const struct suture_overview_patch *patch = row->patch;

	fputs("<tr><td data-is=\"Patch\"><span><b>", out);
	page_text(out, patch->name);
	fputs("</b> ", out);
	page_text(out, patch->version);
	fputs("</span></td><td data-is=\"State\"><span>", out);
	page_badge(out, page_proc_tone(patch, row->proc->state),
		   suture_proc_state_name(row->proc->state), nr);
	write_details(out, row, nr);
	fprintf(out, "</span></td><td data-is=\"Level\"%s>", *patch->level ? "" : " class=\"none\"");
	page_text(out, *patch->level ? patch->level : "-");
	fprintf(out, "</td><td data-is=\"Fixes\"%s>",
		*patch->cve || *patch->description ? "" : " class=\"none\"");
	page_text(out, *patch->cve ? patch->cve : *patch->description ? patch->description : "-");
	fputs("</td><td class=\"soft small\" data-is=\"Pid\"><span>", out);
	write_pids(out, row, nr);
	fputs("</span></td></tr>\n", out);
}

/* The processes of one executable: each has one entry a patch. */
static size_t count_processes(const struct entry *group, size_t nr)
{
	size_t most = 0, run = 0, i;

	for (i = 0; i < nr; i++) {
		run = i && group[i].rank == group[i - 1].rank ? run + 1 : 1;
		if (run > most)
			most = run;
	}
	return most;
}

static void write_group(FILE *out, const struct entry *group, size_t nr)
{
	size_t processes = count_processes(group, nr), i, end;

	fputs("<tbody><tr class=\"group\"><th colspan=\"5\"><span class=\"mono\">", out);
	page_text(out, group->exe);
	fprintf(out, "</span> <span class=\"soft\">%zu process%s</span></th></tr>\n", processes,
		processes == 1 ? "" : "es");
	for (i = 0; i < nr; i = end) {
		for (end = i + 1; end < nr && same_row(&group[i], &group[end]); end++)
			;
		write_row(out, &group[i], end - i);
	}
	fputs("</tbody>\n", out);
}

void page_where(FILE *out, const struct suture_overview *overview)
{
	struct entry *list;
	size_t nr, i, end;

	list = collect(overview, &nr);
	if (!nr) {
		free(list);
		return;
	}
	fputs("<section>\n<h2>What is patched where</h2>\n<table>\n<thead><tr><th class=\"w20\">"
	      "Patch</th><th class=\"w27\">State</th><th class=\"w10\">Level</th><th>Fixes</th>"
	      "<th class=\"w15\">Pid</th></tr></thead>\n", out);
	for (i = 0; i < nr; i = end) {
		for (end = i + 1; end < nr && !strcmp(list[i].exe, list[end].exe); end++)
			;
		write_group(out, &list[i], end - i);
	}
	fputs("</table>\n</section>\n", out);
	free(list);
}
