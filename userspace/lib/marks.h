/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this machine remembers of patches beyond what its folders and its kernel say:
 * what was taken back by hand, what is bad here and why, which versions were seen. One
 * file, state.json, that is always whole.
 */
#ifndef SUTURE_MARKS_H
#define SUTURE_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "uapi/suture.h"

/* In the folder of the state. */
#define SUTURE_MARKS_NAME	"state.json"

#define SUTURE_BOOT_MAX	40	/* /proc/sys/kernel/random/boot_id with its NUL */

/* Of one patch, by its name. Times are seconds since 1970, 0: it is not so. */
struct suture_mark {
	char name[SUTURE_NAME_MAX];
	int64_t removed;		/* by `suture remove`, for good */
	int64_t held;			/* by `suture revert`, in this boot: */
	char held_boot[SUTURE_BOOT_MAX];
	int64_t bad;			/* this version and older ones did harm here: */
	char bad_version[SUTURE_TEXT_MAX];
	char bad_evidence[SUTURE_TEXT_MAX];	/* in words */
	/* the same for programs, of the last crash; empty: it was none */
	char bad_exe[SUTURE_TEXT_MAX], bad_signal[16];
	uint64_t bad_address;			/* of the instruction */
	bool bad_in_patch;			/* was that in the patch, or called from there? */
	char seen[SUTURE_TEXT_MAX];	/* the newest version that was applied here */
	/* the newest version with a good signature that the kernel has seen; it is told so
	 * after a boot */
	char floor[SUTURE_FLOOR_VERSION_MAX];
	char installed[SUTURE_TEXT_MAX];	/* the version that is wanted here, also without
						 * automatic installation; or empty */
	int64_t installed_at;		/* since when it is that one */
	char loaded_boot[SUTURE_BOOT_MAX];	/* the service has loaded it in this boot */
	int64_t target_mtime;		/* of the file on the disk that it was for */
};

struct json_object;

struct suture_marks {
	int automatic;			/* `suture auto`: 1 on, 0 off, -1: as configured */
	int64_t automatic_since;
	struct suture_mark *list;	/* by name */
	size_t nr;
};

/* suture_marks_find - that of a patch, or NULL */
const struct suture_mark *suture_marks_find(const struct suture_marks *marks, const char *name);

/* suture_marks_get - the same to be changed; it is added. NULL: no memory, or no name */
struct suture_mark *suture_marks_get(struct suture_marks *marks, const char *name);

/*
 * suture_marks_read - what the file in @dir says; none is there: nothing is marked
 * Returns 0, -EBADMSG (it is damaged: @err says where it is) or another negative errno.
 */
int suture_marks_read(const char *dir, struct suture_marks *ret, struct suture_error *err);

/* Changes marks. Returns 1: they are to be written, 0: not, or a negative errno. */
typedef int (*suture_marks_fn)(struct suture_marks *marks, void *arg, struct suture_error *err);

/*
 * suture_marks_update - read, change, write, one program at a time
 * The folder is made if it is not there. The file is replaced, so who reads it meanwhile,
 * or loses power, has the old or the new one.
 */
int suture_marks_update(const char *dir, suture_marks_fn fn, void *arg,
			struct suture_error *err);

/*
 * suture_marks_lock - keep all others from changing them
 * The folder is made if it is not there. Returns a descriptor; who closes it, lets go.
 */
int suture_marks_lock(const char *dir, struct suture_error *err);

/* suture_marks_change - as suture_marks_update(), for who holds the lock */
int suture_marks_change(const char *dir, suture_marks_fn fn, void *arg,
			struct suture_error *err);

/* suture_mark_bad_json - what is bad about it, for programs; the caller's */
struct json_object *suture_mark_bad_json(const struct suture_mark *mark);

/* suture_marks_free - what is in it */
void suture_marks_free(struct suture_marks *marks);

/* suture_boot_id - of this boot; "" where the kernel does not say it */
void suture_boot_id(char boot[SUTURE_BOOT_MAX]);

/* suture_write_atomic - replace @dir/@name by this text, at once; @mode: of the file */
int suture_write_atomic(const char *dir, const char *name, const char *text, unsigned int mode,
			struct suture_error *err);

/* suture_make_dirs - the folder, and those above it */
int suture_make_dirs(const char *path, unsigned int mode);

#endif /* SUTURE_MARKS_H */
