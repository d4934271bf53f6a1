/* SPDX-License-Identifier: GPL-2.0-only */
/* What the service is told by /etc/suture/suture.conf, and where its things are. */
#ifndef SUTURE_CONF_H
#define SUTURE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "harm.h"

#define SUTURE_NR_FOLDERS	2

/* Where things are. Tests have their own. */
struct suture_dirs {
	/* folders of *.spm, NULL-terminated; of two equal files that of the later counts */
	const char *patches[SUTURE_NR_FOLDERS + 1];
	const char *conf;		/* the main file; it need not be there */
	const char *const *conf_dirs;	/* of files that are read after it, see dropin.h */
	const char *state;		/* what this machine remembers, see marks.h */
	const char *run;		/* what the service says of itself */
};

extern const struct suture_dirs suture_dirs;

struct suture_conf {
	bool install;		/* [Automatic] Install=: apply what is new */
	char **exclude;		/* [Automatic] Exclude=: patterns of patch names, or NULL */
	size_t nr_exclude;
	unsigned int settle_ms;	/* [Service] SettleMSec=: quiet time before a change is looked at */
	unsigned int rescan_s;	/* [Service] RescanSec=: a look without any change, 0: never */
	unsigned int canary;	/* [Rollout] Canary=: percent of the processes first, 0: all */
	unsigned int quiet_s;	/* [Rollout] QuietSec=: so long, before the others get it */
	bool take_back;		/* [Watch] TakeBack=: a patch that does harm */
	unsigned int hang_s;	/* [Watch] HangSec=: one that a process waits for so long, 0: not */
	struct suture_harm_rule harm;	/* [Watch], the rest */
};

/*
 * suture_conf_read - the main file and those of the folders, in this order
 * A later setting takes the place of an earlier one; Exclude= adds, and empties the list
 * where it has no value. A line that is not understood is an error (-EINVAL, with file
 * and line), and then nothing of it counts.
 */
int suture_conf_read(const struct suture_dirs *dirs, struct suture_conf *ret,
		     struct suture_error *err);

/* suture_conf_parse - add what one file says; @name: of the file, for messages */
int suture_conf_parse(const char *text, size_t len, const char *name, struct suture_conf *conf,
		      struct suture_error *err);

/* suture_conf_default - what holds where nothing is said */
void suture_conf_default(struct suture_conf *conf);

/* suture_conf_excludes - is this patch to be left alone? */
bool suture_conf_excludes(const struct suture_conf *conf, const char *name);

/* suture_conf_free - what is in it */
void suture_conf_free(struct suture_conf *conf);

#endif /* SUTURE_CONF_H */
