// SPDX-License-Identifier: GPL-2.0
/*
 * Takes the place of shadow-fix1: the same fix, and sessions count how often they are
 * used. It takes over the logs that shadow-fix1 has kept, and gives a counter to every
 * session that is used, whoever opened it.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <suture/patch.h>
#include <suture/shadow.h>

#include "../../sessions.h"

SUTURE_PATCH("2.0", "test: close the log of a session with the session, and count uses");
SUTURE_LICENSE("GPL-2.0");

/* Two variables a session: more than the usual. */
SUTURE_SHADOW_ARENA(512 << 10);

#define SV_LOG	1
#define SV_USES	2

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

static unsigned long counting_use(struct session *session)
{
	atomic_ulong *uses = suture_shadow_get_or_alloc(session, SV_USES, sizeof(*uses), NULL,
							NULL);

	if (uses)
		atomic_fetch_add(uses, 1);
	return session->number;
}

static unsigned long fixed_close(struct session *session)
{
	atomic_ulong *counter = suture_shadow_get(session, SV_USES);
	unsigned long uses = counter ? atomic_load(counter) : 0;

	suture_shadow_free(session, SV_USES, NULL);
	suture_shadow_free(session, SV_LOG, close_log);
	free(session);
	return uses;
}

static int pre_patch(void)
{
	return suture_shadow_take();
}

static void post_unpatch(void)
{
	suture_shadow_free_all(SV_LOG, close_log);
}

SUTURE_QUIESCENT;
SUTURE_REPLACES("shadow-fix1");
SUTURE_REPLACE(session_open, fixed_open);
SUTURE_REPLACE(session_use, counting_use);
SUTURE_REPLACE(session_close, fixed_close);
SUTURE_PRE_PATCH(pre_patch);
SUTURE_POST_UNPATCH(post_unpatch);
