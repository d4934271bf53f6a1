/* SPDX-License-Identifier: GPL-2.0-only */
/* Folders of the cgroup v2 hierarchy, and the ids that the kernel knows them by. */
#ifndef SUTURE_CGROUP_H
#define SUTURE_CGROUP_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

/*
 * suture_cgroup_id - the id of a cgroup
 * @path: a folder, or a path below the root of the hierarchy ("/system.slice")
 */
int suture_cgroup_id(const char *path, uint64_t *ret_id, struct suture_error *err);

/* suture_cgroup_path - the folder of a cgroup; 0, or a negative errno (it is gone) */
int suture_cgroup_path(uint64_t id, char *buf, size_t size);

#endif /* SUTURE_CGROUP_H */
