/* SPDX-License-Identifier: GPL-2.0-only */
/* All that a plan is made of, read at one time, and the plan. */
#ifndef SUTURE_VIEW_H
#define SUTURE_VIEW_H

#include "plan.h"

struct suture_view {
	struct suture_conf conf;
	struct suture_marks marks;
	struct suture_policy policy;
	struct suture_store store;
	struct suture_ioc_patch *patches;	/* of the kernel */
	size_t nr_patches;
	char boot[SUTURE_BOOT_MAX];
	struct suture_plan_file *files;		/* as those of store, in its order */
	struct suture_plan_loaded *loaded;	/* as patches */
	struct suture_plan plan;
};

/* What is known of this very file from earlier: the kernel has refused it for good, or it
 * is revoked. */
enum suture_refusal {
	SUTURE_REFUSAL_NONE,
	SUTURE_REFUSAL_REFUSED,
	SUTURE_REFUSAL_REVOKED,
};
typedef enum suture_refusal (*suture_refused_fn)(const struct suture_store_file *file, void *arg);

/*
 * suture_view_read - read configuration, marks, policy, folders and what the kernel has
 * @root:   where the folders are looked up, see suture_store_read()
 * @dev:    /dev/suture, or -1: the kernel has no patches
 * @ret:    out, freed with suture_view_free()
 */
int suture_view_read(const struct suture_dirs *dirs, const char *root, int dev,
		     struct suture_view *ret, struct suture_error *err);

/* When was the last crash that is blamed on this patch? 0: there was none. */
typedef int64_t (*suture_disturbed_fn)(const char *name, void *arg);

/* suture_view_plan - make the plan, anew if there is one; @refused and @disturbed may be NULL */
int suture_view_plan(struct suture_view *view, const struct suture_dirs *dirs,
		     suture_refused_fn refused, suture_disturbed_fn disturbed, void *arg,
		     struct suture_error *err);

/* suture_view_file - the file of the store behind one of the plan's; NULL for NULL */
struct suture_store_file *suture_view_file(const struct suture_view *view,
					   const struct suture_plan_file *file);

/* suture_view_patch - likewise of a loaded patch */
struct suture_ioc_patch *suture_view_patch(const struct suture_view *view,
					   const struct suture_plan_loaded *loaded);

/* suture_view_free - what is in it; of zeros is fine */
void suture_view_free(struct suture_view *view);

#endif /* SUTURE_VIEW_H */
