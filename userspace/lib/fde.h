/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions that an object's unwind table (.eh_frame) knows. */
#ifndef SUTURE_FDE_H
#define SUTURE_FDE_H

#include "elf-file.h"

struct suture_fde {
	uint64_t addr, size;	/* of the code, bytes */
	uint64_t lsda;		/* address of the landing pads' table, 0: none */
};

/*
 * suture_fde_read - all FDEs of @elf, sorted by address
 * @ret_fdes: out, to be freed; NULL when there are none
 * Entries in an encoding that cannot be followed are left out.
 */
int suture_fde_read(const struct suture_elf *elf, struct suture_fde **ret_fdes, size_t *ret_nr,
		    struct suture_error *err);

/* suture_fde_at - the FDE that begins at @addr, or NULL */
const struct suture_fde *suture_fde_at(const struct suture_fde *fdes, size_t nr, uint64_t addr);

#endif /* SUTURE_FDE_H */
