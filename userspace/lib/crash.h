/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes that die by a signal that means a mistake (SIGSEGV, SIGBUS, SIGILL, SIGFPE,
 * SIGTRAP, SIGABRT), as the kernel tells them, and what of patches was in them.
 */
#ifndef SUTURE_CRASH_H
#define SUTURE_CRASH_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crash-event.h"
#include "error.h"
#include "spm-file.h"

struct suture_crash_watch;

/*
 * suture_crash_event_fn - one process, or several that died alike
 * @nr: how many; above 1: there were more than could be told one by one, and the event
 *      is of one of them
 */
typedef void (*suture_crash_event_fn)(const struct crash_event *event, uint64_t nr, void *arg);

/*
 * suture_crash_start - watch from now on
 * Returns 0, -ENOTSUP (the kernel cannot), -EPERM or another negative errno.
 */
int suture_crash_start(struct suture_crash_watch **ret, struct suture_error *err);

/* suture_crash_stop - NULL is fine */
void suture_crash_stop(struct suture_crash_watch *watch);

/* suture_crash_fd - readable (epoll) when there is something to be told */
int suture_crash_fd(const struct suture_crash_watch *watch);

/*
 * suture_crash_read - tell what has come since the last time
 * @ret_missed: out, how many of them were not told one by one; @ret_lost: those of which
 *              nothing is known, since the start
 */
int suture_crash_read(struct suture_crash_watch *watch, suture_crash_event_fn fn, void *arg,
		      uint64_t *ret_missed, uint64_t *ret_lost);

/*
 * suture_crash_know - a patch that is loaded, or about to be, by its file
 * @id: for struct crash_in; it takes the place of what was said of this file before
 */
int suture_crash_know(struct suture_crash_watch *watch, const struct suture_spm *spm,
		      uint32_t id, struct suture_error *err);

/* suture_crash_keep - forget all patches but these */
void suture_crash_keep(struct suture_crash_watch *watch, const uint32_t *ids, size_t nr);

/* suture_crash_path - of the executable, as far as it is known, "/usr/bin/true" */
void suture_crash_path(const struct crash_event *event, char *buf, size_t size);

#endif /* SUTURE_CRASH_H */
