/* SPDX-License-Identifier: GPL-2.0-only */
/* A Debian package of patch modules, made with dpkg-deb. */
#ifndef SUTURE_BUNDLE_H
#define SUTURE_BUNDLE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct suture_bundle_options {
	const char *package;	/* its name; NULL: suture-patch-NAME */
	const char *version;	/* NULL: that of the patch */
	const char *maintainer;	/* "Name <address>" */
	const char *output;	/* file, or a folder; NULL: the working directory */
};

struct suture_bundle {
	char *path;		/* of the package that was made */
	char package[64];
	char version[96];
	char arch[16];		/* Debian's name */
	uint64_t installed;	/* bytes */
};

/*
 * suture_bundle_make - pack patch modules into one package
 * @files: NULL-terminated: one patch, or its variants for several builds, all for one
 *         architecture. Name, version, texts are those of the first.
 * @ret:   out; ret->path is to be freed
 */
int suture_bundle_make(char *const *files, const struct suture_bundle_options *options,
		       struct suture_bundle *ret, struct suture_error *err);

#endif /* SUTURE_BUNDLE_H */
