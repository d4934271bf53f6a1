/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that several programs have, and the words for them:
 *   spin           start threads that call without pause
 *   seen           which values they have seen since the last time, in order of their
 *                  first coming, and how many calls there were
 *   enter | leave  a thread goes into a function, and comes back
 */
#ifndef _SUTURE_TEST_CREW_H
#define _SUTURE_TEST_CREW_H

#include <pthread.h>
#include "proto.h"

#define CREW_VALUES	16
#define CREW_BATCH	4	/* calls that are noted together */

struct crew {
	int spinners;
	int (*call)(void);		/* by those that spin */
	void (*stay)(void (*fn)(void));	/* calls fn */
};

static const struct crew *crew;
static pthread_mutex_t crew_lock = PTHREAD_MUTEX_INITIALIZER;
/* for reading from the calls to their being noted, so that none is noted later than asked for */
static pthread_rwlock_t crew_noting = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static int crew_seen[CREW_VALUES], crew_nr_seen;
static long crew_calls;
static int crew_go[2], crew_out[2], crew_done[2];

static void crew_note(int value)
{
	int i;

	for (i = 0; i < crew_nr_seen && crew_seen[i] != value; i++)
		;
	if (i == crew_nr_seen && crew_nr_seen < CREW_VALUES)
		crew_seen[crew_nr_seen++] = value;
}

static void *crew_spin(void *arg)
{
	int values[CREW_BATCH];

	proto_yield();
	for (;;) {
		pthread_rwlock_rdlock(&crew_noting);
		for (int i = 0; i < CREW_BATCH; i++)
			values[i] = crew->call();
		pthread_mutex_lock(&crew_lock);
		for (int i = 0; i < CREW_BATCH; i++)
			crew_note(values[i]);
		crew_calls += CREW_BATCH;
		pthread_mutex_unlock(&crew_lock);
		pthread_rwlock_unlock(&crew_noting);
	}
	return arg;
}

static void crew_tell_seen(void)
{
	char text[256] = "";
	size_t n = 0;

	pthread_rwlock_wrlock(&crew_noting);
	for (int i = 0; i < crew_nr_seen; i++)
		n += snprintf(text + n, sizeof(text) - n, "%d ", crew_seen[i]);
	snprintf(text + n, sizeof(text) - n, "calls %ld", crew_calls);
	crew_nr_seen = 0;
	crew_calls = 0;
	pthread_rwlock_unlock(&crew_noting);
	proto_say("%s", text);
}

static void crew_write(int fd)
{
	if (write(fd, "c", 1) != 1)
		_exit(3);
}

static void crew_read(int fd)
{
	char c;

	while (read(fd, &c, 1) != 1)
		;
}

static void crew_inside(void)
{
	crew_write(crew_done[1]);
	crew_read(crew_out[0]);
}

static void *crew_stay(void *arg)
{
	for (;;) {
		crew_read(crew_go[0]);
		crew->stay(crew_inside);
		proto_scrub();
		crew_write(crew_done[1]);
	}
	return arg;
}

/* crew_word - answer, if it is one of the words above; else false */
static inline int crew_word(const char *word)
{
	pthread_t thread;

	if (!strcmp(word, "spin")) {
		for (int i = 0; i < crew->spinners; i++) {
			if (pthread_create(&thread, NULL, crew_spin, NULL))
				_exit(3);
		}
		proto_say("ok");
	} else if (!strcmp(word, "seen")) {
		crew_tell_seen();
	} else if (!strcmp(word, "enter") || !strcmp(word, "leave")) {
		crew_write(word[0] == 'e' ? crew_go[1] : crew_out[1]);
		crew_read(crew_done[0]);
		proto_say("ok");
	} else {
		return 0;
	}
	return 1;
}

/* crew_serve - as proto_serve(), with the thread that goes in and comes back */
static inline int crew_serve(const struct crew *mine, void (*handle)(int argc, char **argv))
{
	pthread_t thread;

	crew = mine;
	if (pipe(crew_go) || pipe(crew_out) || pipe(crew_done) ||
	    pthread_create(&thread, NULL, crew_stay, NULL))
		return 3;
	return proto_serve(handle);
}

#endif /* _SUTURE_TEST_CREW_H */
