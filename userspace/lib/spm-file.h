/* SPDX-License-Identifier: GPL-2.0-only */
/* A patch module (.spm) on disk, read with the parser that the kernel uses. */
#ifndef SUTURE_SPM_FILE_H
#define SUTURE_SPM_FILE_H

#include "error.h"
#include "spm.h"

struct suture_spm {
	int fd;			/* open for reading */
	char *path;		/* as given */
	uint64_t size;		/* bytes */
	struct spm_elf elf;
	void *desc;		/* what note points into */
	struct spm_note note;
};

/*
 * suture_spm_open - open and check a patch module
 * @ret_spm: out, freed with suture_spm_close()
 * Returns 0, -ENOEXEC (not a patch module, or a damaged one), -EOPNOTSUPP
 * (from a newer suture) or a negative errno.
 */
int suture_spm_open(const char *path, struct suture_spm **ret_spm, struct suture_error *err);

/* suture_spm_close - free; NULL is fine */
void suture_spm_close(struct suture_spm *spm);

/* suture_spm_name - the patch's name */
const char *suture_spm_name(const struct suture_spm *spm);

/* suture_spm_func_name - name of function @func, or of site @func minus the number of
 * functions; NULL if there is none; @spm may be NULL */
const char *suture_spm_func_name(const struct suture_spm *spm, uint32_t func);

#endif /* SUTURE_SPM_FILE_H */
