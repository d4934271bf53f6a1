// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sessions.h"

static atomic_ulong last_number;
/* Nobody here writes them: they are for callbacks-demo. */
static volatile int busy;
static char events[512];

static __attribute__((noinline)) int open_log(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* A terminal is no log. */
	if (fd >= 0 && isatty(fd)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

__attribute__((noinline)) struct session *session_open(void)
{
	struct session *session = calloc(1, sizeof(*session));
	int log;

	if (!session)
		return NULL;
	/* Forgotten from here on. */
	log = open_log();
	if (log < 0) {
		free(session);
		return NULL;
	}
	session->number = atomic_fetch_add(&last_number, 1) + 1;
	return session;
}

__attribute__((noinline)) unsigned long session_use(struct session *session)
{
	return session->number;
}

__attribute__((noinline)) unsigned long session_close(struct session *session)
{
	free(session);
	return 0;
}

const char *session_events(void)
{
	return events;
}

void session_set_busy(int value)
{
	busy = value;
}
