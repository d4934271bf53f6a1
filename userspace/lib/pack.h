/* SPDX-License-Identifier: GPL-2.0-only */
/* From the author's objects and the target's file to a patch module. */
#ifndef SUTURE_PACK_H
#define SUTURE_PACK_H

#include <stddef.h>

#include "error.h"

struct suture_pack_options {
	const char *name;	/* of the patch; NULL: of the output file, without .spm */
	char *const *targets;	/* the files whose functions are replaced */
	size_t nr_targets;
	char *const *debugs;	/* separate debug files of any of the objects, by build-id */
	size_t nr_debugs;
	char *const *needed;	/* other objects that the patch refers to */
	size_t nr_needed;
	char *const *objects;	/* the author's object files */
	size_t nr_objects;
	const char *output;
	const char *cc;		/* compiler driver, NULL: the machine's own */
	/* called for what is no error but may not be meant; may be NULL */
	void (*warn)(void *ctx, const char *text);
	void *warn_ctx;
};

/*
 * suture_pack - make a patch module
 * The output is written whole or not at all; the same input gives the same
 * bytes. Returns 0 or a negative errno, with all that the author needs to know
 * in @err.
 */
int suture_pack(const struct suture_pack_options *options, struct suture_error *err);

#endif /* SUTURE_PACK_H */
