// SPDX-License-Identifier: GPL-2.0
/* All hooks, in the order in which they run: each leaves a word in the library. */
#include <suture/patch.h>

#include "../../sessions.h"

SUTURE_PATCH("1.0", "test: hooks that say when they run");
SUTURE_LICENSE("GPL-2.0");

/* Static in the library. */
extern char events[512];
extern volatile int busy;

static unsigned long fixed_use(struct session *session)
{
	return session->number + 1000;
}

static void say(const char *word)
{
	char *end = events;

	while (*end)
		end++;
	while (*word && end < events + sizeof(events) - 2)
		*end++ = *word++;
	*end++ = ' ';
	*end = '\0';
}

static int pre_patch(void)
{
	say("pre_patch");
	return busy;
}

static void post_patch(void)
{
	say("post_patch");
}

static int pre_unpatch(void)
{
	say("pre_unpatch");
	return busy;
}

static void post_unpatch(void)
{
	say("post_unpatch");
}

SUTURE_REPLACE(session_use, fixed_use);
SUTURE_PRE_PATCH(pre_patch);
SUTURE_POST_PATCH(post_patch);
SUTURE_PRE_UNPATCH(pre_unpatch);
SUTURE_POST_UNPATCH(post_unpatch);
