/* SPDX-License-Identifier: GPL-2.0-only */
/* suture.ko: is it loaded, can it be, load it (libkmod). */
#ifndef SUTURE_MODULE_H
#define SUTURE_MODULE_H

#include <limits.h>
#include <stdbool.h>

#include "error.h"

#define SUTURE_MODULE_NAME	"suture"

struct suture_module_info {
	bool loaded;
	char path[PATH_MAX];	/* of the file that would be loaded, "" if there is none */
	char version[64];	/* of that file */
	char vermagic[128];	/* of that file: "KERNEL FLAGS" */
	bool is_signed;
	bool fits;		/* its vermagic names the running kernel */
};

/*
 * suture_module_query - what is known of the module
 * @path: the module file to look at; NULL: by name under /lib/modules
 * Returns 0 (also when there is no such file) or a negative errno.
 */
int suture_module_query(const char *path, struct suture_module_info *ret_info,
			struct suture_error *err);

/*
 * suture_module_load - load the module and wait until its device is there
 * @path: as above
 * Returns 0 (also when it is loaded already) or a negative errno with advice.
 */
int suture_module_load(const char *path, struct suture_error *err);

#endif /* SUTURE_MODULE_H */
