// SPDX-License-Identifier: GPL-2.0
/*
 * A leak is mended with a shadow variable: a session has no room for its log, so the
 * patch keeps it beside the session.
 *
 * Sessions that were opened by the old code have no such variable; their logs are lost
 * already. When the patch is taken out, sessions that it has opened live on, and nobody
 * would close their logs any more: the hook does.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <suture/patch.h>
#include <suture/shadow.h>

#include "../../sessions.h"

SUTURE_PATCH("1.0", "test: close the log of a session with the session");
SUTURE_LICENSE("GPL-2.0");

#define SV_LOG	1

extern int open_log(void);
extern atomic_ulong last_number;

static int keep_log(void *session, void *data, void *log)
{
	(void)session;
	*(int *)data = *(int *)log;
	return 0;
}

static void close_log(void *session, void *data)
{
	(void)session;
	close(*(int *)data);
}

static struct session *fixed_open(void)
{
	struct session *session = calloc(1, sizeof(*session));
	int log;

	if (!session)
		return NULL;
	log = open_log();
	if (log < 0)
		goto no_log;
	if (!suture_shadow_alloc(session, SV_LOG, sizeof(log), keep_log, &log))
		goto no_shadow;
	session->number = atomic_fetch_add(&last_number, 1) + 1;
	return session;

no_shadow:
	close(log);
no_log:
	free(session);
	return NULL;
}

static unsigned long fixed_close(struct session *session)
{
	suture_shadow_free(session, SV_LOG, close_log);
	free(session);
	return 0;
}

/* close() is async-signal-safe; free() would not be. */
static void post_unpatch(void)
{
	suture_shadow_free_all(SV_LOG, close_log);
}

/* No thread is inside this code when the hook runs: nobody has a log in his hands. */
SUTURE_QUIESCENT;
SUTURE_REPLACE(session_open, fixed_open);
SUTURE_REPLACE(session_close, fixed_close);
SUTURE_POST_UNPATCH(post_unpatch);
