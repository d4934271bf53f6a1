/* SPDX-License-Identifier: GPL-2.0-only */
/* The patch modules behind the patches that are loaded. */
#ifndef SUTURE_LOADED_H
#define SUTURE_LOADED_H

#include "spm-file.h"
#include "uapi/suture.h"

/*
 * suture_loaded_spm - the file of a loaded patch, opened
 * The one that processes map is preferred: what is at the patch's path may have
 * been deleted or replaced since.
 * @ret: out, closed with suture_spm_close()
 * Returns 0, -ENOENT (gone) or another negative errno.
 */
int suture_loaded_spm(const struct suture_ioc_patch *patch, struct suture_spm **ret,
		      struct suture_error *err);

/* suture_loaded_spms - the same for @nr patches; those that are gone are NULL.
 * The list is freed with suture_loaded_free(). */
int suture_loaded_spms(const struct suture_ioc_patch *patches, size_t nr,
		       struct suture_spm ***ret, struct suture_error *err);
void suture_loaded_free(struct suture_spm **spms, size_t nr);

#endif /* SUTURE_LOADED_H */
