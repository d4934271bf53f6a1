/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread-locals of a target, through words of its own GOT. */
#ifndef SUTURE_TLS_H
#define SUTURE_TLS_H

#include "target.h"

struct suture_tls {
	enum suture_tls_kind kind;
	uint64_t slot;		/* address in the target of the GOT word or pair */
	int64_t delta;		/* is added to what the slot leads to, bytes */
};

/*
 * suture_tls_find - how the thread-local @name of @target is reached
 * @told: its offset in the TLS segment where the name is not known, or NULL
 * Returns 0, or -ENOENT when it is not there or no slot leads to it.
 */
int suture_tls_find(const struct suture_target *target, const char *name, const uint64_t *told,
		    struct suture_tls *ret, struct suture_error *err);

#endif /* SUTURE_TLS_H */
