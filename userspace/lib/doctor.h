/* SPDX-License-Identifier: GPL-2.0-only */
/* Is this machine ready for patches, and if not, what is to be done? */
#ifndef SUTURE_DOCTOR_H
#define SUTURE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

struct suture_check {
	const char *name;	/* a word: "kernel", "module", ... */
	bool ok;
	char text[512];		/* what was found, fit for a terminal */
	char advice[512];	/* what to do, "" when ok */
};

#define SUTURE_CHECKS_MAX 16

struct suture_checks {
	struct suture_check list[SUTURE_CHECKS_MAX];
	size_t nr;
	bool ready;		/* all of them are ok */
};

/*
 * suture_doctor - look at everything
 * @module: the module file that would be loaded, or NULL: by name
 * A module that is not loaded, but can be, is ok.
 * Returns 0 or a negative errno.
 */
int suture_doctor(const char *module, struct suture_checks *ret, struct suture_error *err);

#endif /* SUTURE_DOCTOR_H */
