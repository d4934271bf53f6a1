/* SPDX-License-Identifier: GPL-2.0 */
/* What differs between kernel versions, and what kernels do not export. */
#ifndef _SUTURE_COMPAT_H
#define _SUTURE_COMPAT_H

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/task_work.h>
#include <linux/uprobes.h>
#include <linux/version.h>

/* A uprobe whose consumer is only ever asked, and always says no. */
struct suture_uprobe {
	struct uprobe_consumer consumer;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	struct uprobe *uprobe;
#endif
	/* a mapping of the file came up in mm; may sleep, holds mm's mmap_lock */
	void (*mapped)(struct suture_uprobe *uprobe, struct mm_struct *mm);
};

int suture_uprobe_register(struct suture_uprobe *uprobe, struct inode *inode, loff_t offset);
void suture_uprobe_unregister(struct suture_uprobe *uprobe, struct inode *inode, loff_t offset);

/* Find what is not exported. 0, or an error (said in the log). */
int suture_compat_init(void);

/* task_work_add(TWA_RESUME): an export of Debian's and Ubuntu's, not of mainline. */
int suture_task_work_add(struct task_struct *task, struct callback_head *work);

/* task_work_add(TWA_SIGNAL): interrupts a system call that a signal would. */
int suture_task_work_add_waking(struct task_struct *task, struct callback_head *work);

/* task_work_cancel(): exported nowhere. True: @work was queued, and is not any more. */
bool suture_task_work_cancel(struct task_struct *task, struct callback_head *work);

/* Drop the pages of [start, start + size) in vma. False: this kernel has no way to. */
bool suture_zap(struct vm_area_struct *vma, unsigned long start, unsigned long size);

/* For suture_get_page(): a page that NUMA balancing has hidden is to be seen again. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 6, 0)
#define SUTURE_FOLL_UNHIDE FOLL_HONOR_NUMA_FAULT
#else
#define SUTURE_FOLL_UNHIDE 0	/* any look without FOLL_FORCE does */
#endif

/* Take a reference to one page of another mm, likewise; not for writing into it. */
long suture_get_page(struct mm_struct *mm, unsigned long addr, unsigned int flags,
		     struct page **page);

/* get_mm_exe_file(): the executable of an mm, referenced, or NULL. */
struct file *suture_exe_file(struct mm_struct *mm);

/* Pin one page of another mm, its mmap_lock held for reading and kept. */
long suture_pin_page(struct mm_struct *mm, unsigned long addr, unsigned int flags,
		     struct page **page);

static inline void suture_set_vm_flags(struct vm_area_struct *vma, unsigned long set,
				       unsigned long clear)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
#else
	vm_flags_mod(vma, set, clear);
#endif
}

/* There may be breakpoints of uprobes in it. */
static inline bool suture_has_uprobes(const struct mm_struct *mm)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return mm_flags_test(MMF_HAS_UPROBES, mm);
#else
	return test_bit(MMF_HAS_UPROBES, &mm->flags);
#endif
}

#ifdef CONFIG_RSEQ
/* What current has registered for restartable sequences, or NULL. */
static inline struct rseq __user *suture_rseq(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 19, 0)
	return current->rseq.usrptr;
#else
	return current->rseq;
#endif
}
#endif

/*
 * Be told of each fork: in the parent, when the child is in the list of processes and before it
 * runs. The probe may not sleep. -EOPNOTSUPP: this kernel has no tracepoint that would do.
 * One at a time; the last call may be under way until suture_fork_probe_flush().
 */
typedef void suture_fork_probe_type(void *unused, struct task_struct *parent,
				    struct task_struct *child);
int suture_fork_probe_register(suture_fork_probe_type *probe);
void suture_fork_probe_unregister(suture_fork_probe_type *probe);
void suture_fork_probe_flush(void);

/* Threads that share an mm and never run user code. */
static inline bool suture_is_worker(const struct task_struct *t)
{
#ifdef PF_USER_WORKER
	return t->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER);
#else
	return t->flags & (PF_KTHREAD | PF_IO_WORKER);
#endif
}

#endif /* _SUTURE_COMPAT_H */
