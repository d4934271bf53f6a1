/* SPDX-License-Identifier: GPL-2.0-only */
/* What the service has said of itself last. */
#ifndef SUTURE_REPORT_H
#define SUTURE_REPORT_H

#include <stdbool.h>

#include "conf.h"

/* In the folder of the service: who touches it wants a look. */
#define SUTURE_POKE_NAME	"poke"

struct json_object;

struct suture_report {
	bool running;			/* the service runs now */
	int pid;
	struct json_object *root;	/* or NULL */
};

/* suture_report_read - no report is no error */
void suture_report_read(const struct suture_dirs *dirs, struct suture_report *ret);

/* suture_report_error - why it could not do something with this file, or NULL; @why: the
 * word of the plan has to be this one, NULL: any */
const char *suture_report_error(const struct suture_report *report, const char *path,
				const char *why);

/* suture_report_trouble - what keeps it from doing anything, or NULL */
const char *suture_report_trouble(const struct suture_report *report);

/* suture_report_poke - tell the service, if there is one, that the kernel's patches were changed */
void suture_report_poke(const struct suture_dirs *dirs);

/* suture_report_free - what is in it */
void suture_report_free(struct suture_report *report);

#endif /* SUTURE_REPORT_H */
