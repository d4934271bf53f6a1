/* SPDX-License-Identifier: GPL-2.0-only */
/* The patch modules of one command line, and the files that they are for. */
#ifndef SUTURE_CLI_PATCHSET_H
#define SUTURE_CLI_PATCHSET_H

#include <json-c/json.h>

#include "libdirs.h"
#include "suture.h"

enum patchset_result {
	RESULT_NONE,
	RESULT_STARTED,
	RESULT_ALREADY,
	RESULT_NOTHING,		/* no file carries one of its objects */
	RESULT_ERROR,		/* the kernel did not take it; it was said why */
};

struct patchset_patch {
	struct suture_spm *spm;
	unsigned int want_of[SUTURE_MAX_OBJECTS];
	enum patchset_result result;
	struct suture_loaded loaded;
};

struct patchset {
	struct patchset_patch *patches;
	size_t nr;
	struct suture_want *wants;
	size_t nr_wants;
	struct suture_found *found;
	struct suture_policy policy;
};

/*
 * patchset_open - read the patch modules named by a NULL-terminated list, and search
 *                 the system for what they are for
 * @files:   NULL-terminated, or NULL: to be looked at, too
 * @policy:  read the policy of this machine and heed it
 */
int patchset_open(char **paths, char *const *files, bool policy, struct patchset **ret,
		  struct suture_error *err);

/* patchset_find - search once more */
int patchset_find(struct patchset *set, char *const *files, struct suture_error *err);

/* patchset_missing - is there an object of @patch that no file carries, or none that the
 * policy allows? */
bool patchset_missing(const struct patchset *set, const struct patchset_patch *patch);

/* patchset_report_not_loaded - say so on stderr, or into @list */
void patchset_report_not_loaded(const struct patchset *set, const struct patchset_patch *patch,
				struct json_object *list);

/* patchset_free - NULL is fine */
void patchset_free(struct patchset *set);

#endif /* SUTURE_CLI_PATCHSET_H */
