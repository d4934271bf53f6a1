/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of processes and patches, in words and totals. */
#ifndef SUTURE_STATUS_H
#define SUTURE_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "spm-file.h"
#include "uapi/suture.h"

/* How many processes are in each state; the fields add up to total. */
struct suture_totals {
	uint32_t total;
	uint32_t patched;
	uint32_t unpatched;
	uint32_t waiting;
	uint32_t draining;
	uint32_t not_applicable;
	uint32_t refused;
	uint32_t failed;
	uint32_t unknown;	/* states of a newer module */
};

/* suture_totals_count - count @nr records */
void suture_totals_count(const struct suture_proc *procs, size_t nr, struct suture_totals *ret);

/* suture_totals_text - "5 processes: 3 patched, 1 waiting, 1 refused"; returns @buf */
char *suture_totals_text(const struct suture_totals *totals, char *buf, size_t size);

/* suture_proc_state_name - "patched", "not applicable", ... */
const char *suture_proc_state_name(uint32_t state);

/* suture_proc_reason_name - a short fixed word for programs: "inside", "no-room", ... */
const char *suture_proc_reason_name(uint32_t reason);

/*
 * suture_proc_detail - why the process is in its state, in words; "" if there
 *                      is nothing to say. Fit for a terminal.
 * @spm: the patch, for the names of functions, or NULL
 * Returns @buf.
 */
char *suture_proc_detail(const struct suture_proc *proc, const struct suture_spm *spm, char *buf,
			 size_t size);

/* suture_patch_state_name - "applying", "applied", "reverting" */
const char *suture_patch_state_name(uint32_t state);

/*
 * suture_status_spm - the patch module that a loaded patch came from
 * Returns NULL when its file is gone or holds another patch by now; the caller
 * closes it. Names of functions are then not to be had.
 */
struct suture_spm *suture_status_spm(const struct suture_ioc_patch *patch);

#endif /* SUTURE_STATUS_H */
