/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for transitions, with a progress line, and the summary at their end. */
#ifndef SUTURE_CLI_WAIT_H
#define SUTURE_CLI_WAIT_H

#include <json-c/json.h>

#include "patchset.h"

struct wait_options {
	bool no_wait, no_unwind, json;
	int64_t timeout_ms;	/* for each patch; negative: no limit */
};

/* wait_parse_timeout - seconds with a fraction; 0 or -EINVAL */
int wait_parse_timeout(const char *text, int64_t *ret_ms);

/* wait_applied - wait for a patch that was loaded, and sum up, on stdout or
 * into @list; returns an exit code */
int wait_applied(int dev, const struct patchset_patch *patch, const struct wait_options *opt,
		 struct json_object *list);

/* wait_reverted - the same for a patch that is being taken out.
 * @spm: for names of functions, or NULL
 * @before: how its processes stood before the revert */
int wait_reverted(int dev, const char *name, const struct suture_spm *spm,
		  const struct suture_totals *before, const struct wait_options *opt,
		  struct json_object *list);

#endif /* SUTURE_CLI_WAIT_H */
