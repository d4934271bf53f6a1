/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When is a patch to be taken back? A rule over the crashes that were seen. It looks at
 * nothing but its arguments, and does nothing.
 *
 * A crash is blamed on one patch, which has to be in force in the process: the one whose
 * text it was in, else the one that was loaded last. A patch is to be taken back when
 *
 *  - so many crashes were in its text (in_patch); or
 *  - within watch_s of its loading, so many processes (crashes) of one executable died
 *    with it within window_s, and more than factor times as many as in the worst window_s
 *    of the last day without any patch.
 *
 * Ordinary users could bring that about on purpose, so it is not enough when only one of
 * them is concerned (users).
 */
#ifndef SUTURE_HARM_H
#define SUTURE_HARM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crash-event.h"
#include "uapi/suture.h"

#define SUTURE_HARM_USERS	8

struct suture_harm_rule {
	unsigned int in_patch;	/* crashes in the patch's text, 0: whatever their number */
	unsigned int crashes;	/* of one executable, 0: whatever their number */
	unsigned int window_s, factor, watch_s;
	unsigned int users;	/* ordinary users that have to be concerned */
};

enum suture_harm_why {
	SUTURE_HARM_NONE,
	SUTURE_HARM_IN_PATCH,	/* crashes in its text */
	SUTURE_HARM_RATE,	/* too many of one executable */
};

struct suture_harm_verdict {
	uint32_t id;		/* of the patch that it is blamed on, 0: none */
	enum suture_harm_why why;
	bool enough;		/* the users; else it depends on whose processes have the patch */
	uint64_t nr;		/* crashes that count */
	uint64_t before;		/* of RATE: in the worst window without a patch */
	uint32_t users[SUTURE_HARM_USERS];	/* that are concerned */
	size_t nr_users;
};

/* A patch that is loaded, or about to be. */
struct suture_harm_patch {
	char name[SUTURE_NAME_MAX];
	char *version;
	int64_t since;		/* seconds since boot: of loading */
	int64_t loaded_at;	/* what the kernel says, 0: not known yet */
	bool ours;		/* it is the service's to take back */
	bool done;		/* it has been decided, nothing more counts */
	uint32_t said_users;	/* it was said that these are not enough */
	int64_t disturbed_at;	/* seconds since 1970: of the last crash that was blamed on it */
	uint64_t crashes, in_patch;
	uint32_t users[SUTURE_HARM_USERS];	/* of those in its text */
	size_t nr_users;
};

struct suture_harm;

/* suture_harm_new - NULL: no memory */
struct suture_harm *suture_harm_new(void);
void suture_harm_free(struct suture_harm *harm);

/* suture_harm_add - a patch was loaded, nothing counts against it; returns its id, 0: no memory */
uint32_t suture_harm_add(struct suture_harm *harm, const char *name, const char *version,
			 int64_t since);

/* suture_harm_patch - that of an id, or NULL; until the next is added */
struct suture_harm_patch *suture_harm_patch(const struct suture_harm *harm, uint32_t id);

/* suture_harm_find - the id of the one that was added last with this name, or 0 */
uint32_t suture_harm_find(const struct suture_harm *harm, const char *name);

/*
 * suture_harm_crash - count it, and judge
 * @exe: path of the executable. @nr: processes that died alike.
 */
int suture_harm_crash(struct suture_harm *harm, const struct suture_harm_rule *rule,
		      const struct crash_event *event, const char *exe, uint64_t nr,
		      struct suture_harm_verdict *ret);

/* suture_harm_concerns - one more user is concerned by a verdict; sets enough */
void suture_harm_concerns(struct suture_harm_verdict *verdict, const struct suture_harm_rule *rule,
			  uint32_t uid);

/* suture_harm_is_system - a user of the system, whose programs nobody else controls? */
bool suture_harm_is_system(uint32_t uid);

/* suture_harm_in_patch - was it in the text of this patch? */
bool suture_harm_in_patch(const struct crash_event *event, uint32_t id);

/* suture_harm_evidence - the verdict in words */
void suture_harm_evidence(const struct suture_harm_verdict *verdict,
			  const struct suture_harm_rule *rule, const struct crash_event *event,
			  const char *exe, char *buf, size_t size);

#endif /* SUTURE_HARM_H */
