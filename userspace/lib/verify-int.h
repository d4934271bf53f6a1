/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of verify share among themselves. */
#ifndef SUTURE_VERIFY_INT_H
#define SUTURE_VERIFY_INT_H

#include "image.h"
#include "verify.h"

/* A breakpoint that the kernel has put into every mapping of a file. */
struct suture_uprobe_at {
	uint64_t dev, inode;	/* as stat() has them */
	uint64_t offset;	/* in the file */
};

/*
 * suture_uprobes_read - the uprobes that can be found: those of tracefs, and those
 *                       with a BPF program that some process holds
 * @ret: to be freed
 */
int suture_uprobes_read(struct suture_uprobe_at **ret, size_t *ret_nr, struct suture_error *err);

struct suture_verifier {
	struct suture_verify *verify;
	struct suture_files *files;
	struct suture_uprobe_at *uprobes;
	size_t nr_uprobes;
	struct suture_error *err;
};

/*
 * suture_verify_process - look at one process
 * @ret: out, with observed NULL when it maps nothing concerned; freed with
 *       suture_verify_proc_free()
 * Returns 0, -ESRCH (gone) or another negative errno.
 */
int suture_verify_process(struct suture_verifier *v, pid_t pid, struct suture_verify_proc *ret);
void suture_verify_proc_free(struct suture_verify_proc *proc);

/* suture_verify_add - a difference more; the caller fills in the rest. NULL: no memory. */
struct suture_difference *suture_verify_add(struct suture_verify_proc *proc,
					    enum suture_difference_kind kind, unsigned int patch,
					    const char *function);

#endif /* SUTURE_VERIFY_INT_H */
