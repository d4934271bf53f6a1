/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libsessions: each session has a log of its own, or should have. The bug: the log is
 * opened and forgotten, since a session has no room for it; it stays open for good.
 */
#ifndef SESSIONS_H
#define SESSIONS_H

struct session {
	unsigned long number;	/* 1, 2, ... */
};

/* NULL: no memory, or no log can be opened. */
struct session *session_open(void);

/* Returns its number. */
unsigned long session_use(struct session *session);

/* Returns how often it was used, as far as that is known: 0. */
unsigned long session_close(struct session *session);

/* What has happened to the library, for tests: words, each with a blank behind it. */
const char *session_events(void);

/* What a library that is about to do something says to who asks: 0 is yes. */
void session_set_busy(int busy);

#endif
