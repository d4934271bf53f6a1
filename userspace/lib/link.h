/* SPDX-License-Identifier: GPL-2.0-only */
/* Compiler and linker, run in a temporary folder. */
#ifndef SUTURE_LINK_H
#define SUTURE_LINK_H

#include "object.h"

struct suture_link {
	const struct suture_arch *arch;
	const char *cc;
	char *dir;		/* temporary folder */
	size_t nr_objects;	/* copies of the author's objects: 0.o, 1.o, … */
	bool helpers;		/* memory.o is linked as well */
};

/*
 * suture_link_begin - make the folder and the copies of the author's objects
 * @cc: compiler driver, NULL for the machine's own
 * suture_link_end() takes it away again, also after an error.
 */
int suture_link_begin(struct suture_link *link, const struct suture_objects *objs,
		      const char *cc, struct suture_error *err);
void suture_link_end(struct suture_link *link);

/* suture_link_helpers - compile memcpy, memmove, memset and memcmp into the patch */
int suture_link_helpers(struct suture_link *link, struct suture_error *err);

/*
 * suture_link_run - assemble @stubs and link everything
 * @stubs:     assembly text
 * @keep_meta: keep the metadata as a section that is not loaded, to read the
 *             addresses of the new functions from
 * @ret_path:  out, to be freed; a file in the temporary folder
 */
int suture_link_run(struct suture_link *link, const char *stubs, bool keep_meta,
		    const char *name, char **ret_path, struct suture_error *err);

#endif /* SUTURE_LINK_H */
