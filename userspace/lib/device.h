/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/suture: one function an ioctl of kmod/uapi/suture.h. */
#ifndef SUTURE_DEVICE_H
#define SUTURE_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "scope.h"
#include "uapi/suture.h"

/*
 * suture_device_open - open /dev/suture and check that both speak one ABI
 * Returns a file descriptor (the caller closes it), or -ENOENT (the module is
 * not loaded), -EACCES or -EPERM (not root), -EPROTO (another ABI), ...
 */
int suture_device_open(struct suture_error *err);

/* suture_device_version - what the module says of itself; no ABI check */
int suture_device_version(int dev, struct suture_ioc_version *ret, struct suture_error *err);

/*
 * suture_device_load - load a patch and start its transition
 * @spm_fd:     the .spm, opened for reading
 * @files:      @nr files that carry the patch's objects
 * @flags:      SUTURE_LOAD_*
 * @scope:      which processes it is for; NULL: all
 * @ret_load:   name, nr_added, nr_left_out and message are filled in, also with -EEXIST;
 *              the message may have any bytes
 * Returns 0 or a negative errno, see struct suture_ioc_load.
 */
int suture_device_load(int dev, int spm_fd, const struct suture_ioc_file *files, size_t nr,
		       uint32_t flags, const struct suture_scope *scope,
		       struct suture_ioc_load *ret_load, struct suture_error *err);

/* suture_device_revert - start to take a patch out; @flags: SUTURE_REVERT_* */
int suture_device_revert(int dev, const char *name, uint32_t flags, struct suture_error *err);

/* suture_device_promote - a patch in its canary stage goes to all processes in scope */
int suture_device_promote(int dev, const char *name, struct suture_error *err);

/*
 * suture_device_wait - wait for the end of a patch's transition
 * @timeout_ms:  milliseconds
 * Returns 0, -ENOENT (the patch is unknown: a revert has ended), -ETIMEDOUT,
 * -EINTR or another negative errno; only the last kind fills @err.
 */
int suture_device_wait(int dev, const char *name, uint32_t timeout_ms, struct suture_error *err);

/* suture_device_procs - the processes of a patch; the caller frees *@ret */
int suture_device_procs(int dev, const char *name, struct suture_proc **ret, size_t *ret_nr,
			struct suture_error *err);

/* suture_device_patch - one loaded patch by name; -ENOENT: it is not loaded */
int suture_device_patch(int dev, const char *name, struct suture_ioc_patch *ret,
			struct suture_error *err);

/* suture_device_patches - all loaded patches; the caller frees *@ret */
int suture_device_patches(int dev, struct suture_ioc_patch **ret, size_t *ret_nr,
			  struct suture_error *err);

/*
 * suture_device_revoke - hand in a signed revocation list
 * @list_fd: opened for reading
 * @ret:     serial and nr_entries are filled in
 * @names:   the loaded patches that are revoked, by this list or another, the one that was
 *           loaded first first; the caller frees *@names
 */
int suture_device_revoke(int dev, int list_fd, struct suture_ioc_revoke *ret,
			 char (**names)[SUTURE_NAME_MAX], size_t *ret_nr, struct suture_error *err);

/* suture_device_floors - the newest version seen of each patch; the caller frees *@ret */
int suture_device_floors(int dev, struct suture_ioc_floor **ret, size_t *ret_nr,
			 struct suture_error *err);

/* suture_device_floor_raise - this version has been seen, before a boot */
int suture_device_floor_raise(int dev, const char *name, const char *version,
			      struct suture_error *err);

#endif /* SUTURE_DEVICE_H */
