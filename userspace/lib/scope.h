/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes a patch is for: rules by process, user, cgroup and executable. */
#ifndef SUTURE_SCOPE_H
#define SUTURE_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "uapi/suture.h"

struct suture_scope {
	struct suture_ioc_rule *rules;
	size_t nr;
	uint32_t canary;	/* percent, 0: all */
};

/*
 * suture_scope_add - one more rule
 * @kind:  enum suture_rule_kind
 * @text:  a number; a user's name or number; a cgroup's folder, or its path below
 *         the root of the hierarchy; a pattern for the path of an executable
 * Returns 0, -EINVAL or another negative errno.
 */
int suture_scope_add(struct suture_scope *scope, uint32_t kind, const char *text, bool except,
		     struct suture_error *err);

/* suture_scope_add_except - the same from "KIND:VALUE", as in "uid:daemon" */
int suture_scope_add_except(struct suture_scope *scope, const char *text,
			    struct suture_error *err);

/* suture_scope_set_canary - "25%" or "25"; 1 to 99 */
int suture_scope_set_canary(struct suture_scope *scope, const char *text,
			    struct suture_error *err);

/* suture_scope_sort - into one order, without doubles: so that equal scopes look equal */
void suture_scope_sort(struct suture_scope *scope);

/*
 * suture_scope_read - the rules of a loaded patch, from sysfs
 * The kernel shows one page of them; suture_ioc_patch.nr_rules tells how many there are.
 */
int suture_scope_read(const char *name, struct suture_scope *ret, struct suture_error *err);

/* suture_scope_parse - the same from the text of that file, which is changed */
int suture_scope_parse(char *text, struct suture_scope *ret, struct suture_error *err);

/* suture_scope_free - what is in it */
void suture_scope_free(struct suture_scope *scope);

/* suture_rule_kind_name - "pid", "uid", "cgroup", "exe" */
const char *suture_rule_kind_name(uint32_t kind);

/* suture_rule_text - "uid 33 (www-data)", without except; returns @buf */
char *suture_rule_text(const struct suture_ioc_rule *rule, char *buf, size_t size);

/*
 * suture_pattern_set - check a pattern for paths, and copy it
 * It begins with / or *. One without wildcards that names a file through symbolic
 * links becomes the path of that file, as the kernel will name it.
 * @size: of @buf, in bytes. Returns 0 or -EINVAL.
 */
int suture_pattern_set(const char *text, char *buf, size_t size, struct suture_error *err);

#endif /* SUTURE_SCOPE_H */
