/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be done so that the running system agrees with the folders: a function of
 * what lies there, what is configured, what this machine remembers, and what the kernel
 * says. It looks at nothing else, and does nothing.
 */
#ifndef SUTURE_PLAN_H
#define SUTURE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "device.h"
#include "marks.h"
#include "store.h"

/* A patch module in a folder. Strings are borrowed, here and below. */
struct suture_plan_file {
	const char *path;
	const char *name, *version;	/* NULL: it cannot be used */
	unsigned int folder;		/* that of the later folder wins over its equal */
	enum suture_fit fit;
	bool newer;		/* the disk has a newer build of a target than the one it is for */
	int64_t mtime;
	bool refused;		/* the kernel did not take this very file, and will not */
	bool revoked;		/* a signed list says that nobody should */
	bool replaces_all;	/* of an earlier mtime */
	const char *replaces[SUTURE_MAX_REPLACES];
	size_t nr_replaces;
};

/* A patch that the kernel has. */
struct suture_plan_loaded {
	const char *name, *version;
	const char *path;	/* without what the kernel puts behind a deleted one */
	bool deleted;		/* that file is gone, or another has its name now */
	bool ours;		/* it came from one of the folders, or the service has loaded it */
	bool by_service;	/* the service has loaded it in this boot */
	uint32_t state;		/* enum suture_patch_state */
	uint32_t canary;	/* percent, 0: all processes */
	int64_t loaded_at;
	int64_t disturbed_at;	/* of the last crash that was blamed on it, 0: none */
};

struct suture_plan_input {
	const struct suture_plan_file *files;
	size_t nr_files;
	const struct suture_plan_loaded *loaded;
	size_t nr_loaded;
	const struct suture_conf *conf;
	const struct suture_marks *marks;
	const char *boot;	/* id of this boot */
	int64_t now;		/* seconds since 1970 */
};

enum suture_action {
	SUTURE_ACTION_LEAVE,
	SUTURE_ACTION_APPLY,
	SUTURE_ACTION_REVERT,
	SUTURE_ACTION_REPLACE,	/* revert what is loaded, and when it is out, apply the file */
	SUTURE_ACTION_PROMOTE,	/* from the canaries to all */
};

/* Why: the first group is good news, the last is for people to look at. */
enum suture_why {
	SUTURE_WHY_APPLIED,	/* leave: as it should be */
	SUTURE_WHY_APPLYING,
	SUTURE_WHY_REVERTING,	/* what comes after, is seen when it is out */
	SUTURE_WHY_CANARY,	/* leave: the canaries have it, the quiet time lasts */
	SUTURE_WHY_QUIET,	/* promote: the quiet time is over */
	SUTURE_WHY_NEW,		/* apply */
	SUTURE_WHY_INSTALLED,	/* apply: this version was, before the last boot */
	SUTURE_WHY_VERSION,	/* replace, by a newer version */
	SUTURE_WHY_CHANGED,	/* replace: another file of the same version */
	SUTURE_WHY_VARIANT,	/* replace: by the variant for the build that is here now */
	SUTURE_WHY_RETIRING,	/* leave: the disk has a newer build; old processes keep it */
	SUTURE_WHY_RETIRED,	/* the disk has a newer build, and nobody runs the old one */
	SUTURE_WHY_SUPERSEDED,	/* leave: one that takes its place is applied, or will be */
	SUTURE_WHY_BY_HAND,	/* leave: it was loaded from elsewhere */
	SUTURE_WHY_AVAILABLE,	/* leave: automatic installation is off */
	SUTURE_WHY_HELD,	/* leave: reverted by hand, in this boot */
	SUTURE_WHY_REMOVED,	/* removed by hand */
	SUTURE_WHY_EXCLUDED,	/* leave: by the configuration, or the policy */
	SUTURE_WHY_NO_TARGET,	/* what it is for is not on this machine */
	SUTURE_WHY_OTHER_BUILD,	/* of what it is for there is another build here */
	SUTURE_WHY_GONE,	/* revert: its file is */
	SUTURE_WHY_OLDER,	/* leave: a newer version was applied here before */
	SUTURE_WHY_BAD,		/* it did harm on this machine */
	SUTURE_WHY_REVOKED,	/* leave: its makers have revoked it */
	SUTURE_WHY_REFUSED,	/* leave: the kernel did not take it */
	SUTURE_WHY_UNUSABLE,	/* leave: its file cannot be used */
};

/* One for each patch, and one for each file that cannot be used (without name). */
struct suture_plan_item {
	const char *name;			/* NULL: of an unusable file */
	enum suture_action action;
	enum suture_why why;
	const struct suture_plan_file *file;	/* the one that counts, or NULL */
	const struct suture_plan_loaded *loaded;	/* or NULL */
	uint32_t canary;			/* of APPLY: percent, 0: all processes */
	bool update;				/* a newer version is available (AVAILABLE) */
};

struct suture_plan {
	struct suture_plan_item *items;	/* in the order in which they are to be done */
	size_t nr;
};

/*
 * suture_plan_make - 0 or -ENOMEM
 *
 * Files of one name are variants of one patch: the kernel takes one of them. What stands
 * behind a + in a name tells variants apart that can be in force together, for several
 * builds that processes map at the same time: `suture remove fix` is also for fix+deb12.
 */
int suture_plan_make(const struct suture_plan_input *in, struct suture_plan *ret);

/* suture_plan_free - what is in it */
void suture_plan_free(struct suture_plan *plan);

/* suture_plan_removed - removed by hand, by its name or that in front of the + */
bool suture_plan_removed(const struct suture_marks *marks, const char *name);

/* suture_plan_install - is automatic installation on? */
bool suture_plan_install(const struct suture_conf *conf, const struct suture_marks *marks);

/* short fixed words for programs: "apply", "new-version", ... */
const char *suture_action_name(enum suture_action action);
const char *suture_why_name(enum suture_why why);

/* suture_why_text - for people, in words; "" where the state says it all */
const char *suture_why_text(enum suture_why why);

#endif /* SUTURE_PLAN_H */
