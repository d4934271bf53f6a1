/* SPDX-License-Identifier: GPL-2.0-only */
/* Which files the processes of the system map, from /proc. */
#ifndef SUTURE_PROCMAPS_H
#define SUTURE_PROCMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

/* One mapping of a file, a line of /proc/PID/maps. */
struct suture_mapping {
	pid_t pid;		/* thread group id */
	pid_t tid;		/* whose /proc folder was read: not pid if that thread has ended */
	uint64_t start, end;
	uint64_t offset;	/* in the file, bytes */
	uint64_t dev, inode;	/* btrfs and overlayfs show others to stat() */
	bool exec;
	bool deleted;
	const char *path;	/* as seen by the process, without " (deleted)"; valid during the call */
};

/* Called for each file mapping; a negative errno ends the scan and is returned. */
typedef int (*suture_mapping_fn)(const struct suture_mapping *mapping, void *arg);

/*
 * suture_maps_scan - call @fn for each file mapping of each process
 * @ret_denied: out: processes whose mappings could not be read for want of rights
 * Processes that end meanwhile are passed over; kernel threads have no mappings.
 */
int suture_maps_scan(suture_mapping_fn fn, void *arg, size_t *ret_denied,
		     struct suture_error *err);

/* suture_maps_scan_pid - the same for one process (@pid: thread group id) */
int suture_maps_scan_pid(pid_t pid, suture_mapping_fn fn, void *arg);

/*
 * suture_mapping_open - open the very file that is mapped, for reading
 * Through /proc/PID/map_files, so a file that was deleted or belongs to another
 * mount namespace is found too; without the right to do that, through
 * /proc/PID/root. Devices are never opened.
 * Returns a file descriptor, -ESTALE (what is there now is another file),
 * -EINVAL (no regular file) or a negative errno.
 */
int suture_mapping_open(const struct suture_mapping *mapping);

#endif /* SUTURE_PROCMAPS_H */
