/* SPDX-License-Identifier: GPL-2.0-only */
/* The GNU build-id of an ELF file. */
#ifndef SUTURE_BUILD_ID_H
#define SUTURE_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

#include "uapi/suture.h"

/*
 * suture_build_id_read - the build-id of the ELF file open at @fd
 * @id:       out, SUTURE_BUILD_ID_MAX bytes
 * @ret_len:  out, bytes
 * Reads with pread only: a file that shrinks meanwhile is an error, no SIGBUS.
 * Returns 0, -ENOEXEC (not ELF), -ENODATA (an ELF file without build-id, or with
 * one that no patch can name) or a negative errno.
 */
int suture_build_id_read(int fd, uint8_t id[SUTURE_BUILD_ID_MAX], size_t *ret_len);

#endif /* SUTURE_BUILD_ID_H */
