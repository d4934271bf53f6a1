/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that is known of the patches on this machine, read at one time, in the words in which
 * people are told; and the page that shows it.
 */
#ifndef SUTURE_OVERVIEW_H
#define SUTURE_OVERVIEW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "history.h"
#include "report.h"
#include "view.h"

/* How good or bad something is: the colour that it is shown in. */
enum suture_tone {
	SUTURE_TONE_GOOD,
	SUTURE_TONE_BUSY,	/* on its way */
	SUTURE_TONE_OFF,	/* not in force, and nobody need mind */
	SUTURE_TONE_BAD,
};

/* A process that a patch concerns. */
struct suture_overview_proc {
	int32_t pid;		/* 0: of another pid namespace */
	char *exe;		/* path of its executable; NULL: not known */
	char *comm;
	uint32_t state;		/* enum suture_proc_state */
	char *detail;		/* why, in words; or "" */
	uint32_t pause_us;	/* 0: it was never held */
};

struct suture_overview_patch {
	char *name, *version, *level, *cve, *description;	/* "" where there is none */
	char *state;		/* one word, as `suture list' has it */
	char *why, *error;	/* in words, or "" */
	char *path;		/* of what is loaded, else of the file that counts; or "" */
	char *available;	/* a newer version that could be had, or "" */
	enum suture_tone tone;
	bool loaded, reverting;
	int64_t loaded_at;	/* seconds since 1970 */
	uint32_t canary;	/* percent, 0: all processes */
	uint32_t nr_funcs, nr_sites, nr_hooks;
	struct suture_overview_proc *procs;
	size_t nr_procs;
};

/* What somebody has decided here, or what did harm. */
struct suture_overview_mark {
	char *name;
	char *what;		/* "removed", "reverted", "bad", "excluded" */
	char *text;		/* in words, or "" */
	int64_t since;		/* seconds since 1970, 0: not known */
};

struct suture_overview_list {
	char *path, *error;	/* of a revocation list; error: "" where the kernel has it */
};

struct suture_overview {
	char *host, *kernel;
	int64_t now_ms;		/* since 1970 */
	bool module;		/* it is loaded */
	bool service;		/* it runs */
	int automatic;		/* installation: 1 on, 0 off, -1: not known */
	uint32_t budget_us;	/* how long a process may be held, 0: not known */
	char *trouble;		/* what could not be read, or keeps the service from work; or "" */
	struct suture_overview_patch *patches;
	size_t nr_patches;
	struct suture_overview_mark *marks;
	size_t nr_marks;
	struct suture_overview_list *lists;
	size_t nr_lists;
	struct suture_history history;
};

/*
 * suture_overview_read - @dev: /dev/suture, or -1 where the module is not loaded
 * What cannot be read is said in trouble, and left out.
 */
int suture_overview_read(int dev, const struct suture_dirs *dirs, const struct suture_view *view,
			 const struct suture_report *report, const char *trouble,
			 struct suture_overview *ret, struct suture_error *err);

/* suture_overview_free - what is in it; of zeros is fine */
void suture_overview_free(struct suture_overview *overview);

/* suture_page_write - a page of HTML that needs nothing else; whoever closes @out sees
 * whether all of it was written */
void suture_page_write(const struct suture_overview *overview, FILE *out);

#endif /* SUTURE_OVERVIEW_H */
