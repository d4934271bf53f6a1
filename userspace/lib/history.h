/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has happened on this machine: a file, history.json, of the last events that the
 * service has seen. It is always whole. It is for people: nothing is decided by it.
 */
#ifndef SUTURE_HISTORY_H
#define SUTURE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "marks.h"

/* In the folder of the state. */
#define SUTURE_HISTORY_NAME	"history.json"

#define SUTURE_HISTORY_MAX	500	/* events; the oldest are forgotten */

struct suture_event {
	int64_t time_ms;		/* since 1970 */
	char what[16];			/* as SUTURE_EVENT of the journal; or "boot" */
	char patch[SUTURE_NAME_MAX];	/* or empty */
	char version[64];
	char why[16];			/* as SUTURE_REASON, or empty */
	char text[256];			/* in words; of "boot": its id */
	/* of "applied" and "canaries" */
	bool counted;
	uint32_t patched, others;	/* processes */
	uint32_t pause_max_us;		/* of those that are patched */
	uint32_t pause_median_us;
};

struct suture_history {
	struct suture_event *list;	/* the oldest first */
	size_t nr;
};

/*
 * suture_history_read - what the file in @dir says; none is there: nothing has happened
 * Returns 0, -EBADMSG (it is damaged) or another negative errno.
 */
int suture_history_read(const char *dir, struct suture_history *ret, struct suture_error *err);

/*
 * suture_history_add - add @nr events at the end, for one writer
 * A damaged file is begun anew. The file is replaced, so who reads it meanwhile, or loses
 * power, has the old or the new one.
 */
int suture_history_add(const char *dir, const struct suture_event *events, size_t nr,
		       struct suture_error *err);

/* suture_history_free - what is in it; of zeros is fine */
void suture_history_free(struct suture_history *history);

#endif /* SUTURE_HISTORY_H */
