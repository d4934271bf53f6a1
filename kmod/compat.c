// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) "suture: " fmt
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>

#include "compat.h"

/* ------------------------------------------------------------- uprobes */

static int never_called(struct uprobe_consumer *self, struct pt_regs *regs
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
			, __u64 *data
#endif
			)
{
	return 0;
}

static bool ask(struct uprobe_consumer *self,
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
		enum uprobe_filter_ctx ctx,
#endif
		struct mm_struct *mm)
{
	struct suture_uprobe *uprobe = container_of(self, struct suture_uprobe, consumer);

	/* Another process's mm is the walk of uprobe_register(): process.c does that. */
	if (mm == current->mm && !(current->flags & PF_KTHREAD))
		uprobe->mapped(uprobe, mm);
	return false;	/* so no breakpoint is ever installed */
}

int suture_uprobe_register(struct suture_uprobe *uprobe, struct inode *inode, loff_t offset)
{
	uprobe->consumer.handler = never_called;
	uprobe->consumer.filter = ask;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	uprobe->uprobe = uprobe_register(inode, offset, 0, &uprobe->consumer);
	return PTR_ERR_OR_ZERO(uprobe->uprobe);
#else
	return uprobe_register(inode, offset, &uprobe->consumer);
#endif
}

void suture_uprobe_unregister(struct suture_uprobe *uprobe, struct inode *inode, loff_t offset)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	uprobe_unregister_nosync(uprobe->uprobe, &uprobe->consumer);
	uprobe_unregister_sync();
#else
	uprobe_unregister(inode, offset, &uprobe->consumer);
#endif
}

/* ----------------------------------------------------------- task work */

/*
 * A direct call, in the end: where the kernel checks indirect ones (IBT, kCFI), a function
 * that nobody takes the address of has no mark that would let them in, and what a
 * kprobe says is behind the mark.
 */
DEFINE_STATIC_CALL_NULL(add_task_work, task_work_add);

int suture_task_work_add(struct task_struct *task, struct callback_head *work)
{
	return static_call(add_task_work)(task, work, TWA_RESUME);
}

int suture_task_work_add_waking(struct task_struct *task, struct callback_head *work)
{
	return static_call(add_task_work)(task, work, TWA_SIGNAL);
}

/*
 * As task_work_cancel_match() in kernel/task_work.c: task_work_run() takes the
 * whole list and then passes through pi_lock, so whoever unlinks under pi_lock is
 * done before it follows ->next; the first entry can only be had by cmpxchg.
 */
bool suture_task_work_cancel(struct task_struct *task, struct callback_head *cb)
{
	struct callback_head **pprev = &task->task_works;
	struct callback_head *work;
	unsigned long flags;
	bool found = false;

	raw_spin_lock_irqsave(&task->pi_lock, flags);
	work = READ_ONCE(*pprev);
	while (work) {
		if (work != cb) {
			pprev = &work->next;
			work = READ_ONCE(*pprev);
		} else if (try_cmpxchg(pprev, &work, work->next)) {
			found = true;
			break;
		}
	}
	raw_spin_unlock_irqrestore(&task->pi_lock, flags);
	return found;
}

/* ----------------------------------------------------------------- zap */

/* Of the kernel's functions: no kernel declares all of them. */
void suture_zap_range_type(struct vm_area_struct *vma, unsigned long start, unsigned long size);
void suture_zap_single_type(struct vm_area_struct *vma, unsigned long start, unsigned long size,
			    struct zap_details *details);

DEFINE_STATIC_CALL_NULL(zap_range, suture_zap_range_type);
DEFINE_STATIC_CALL_NULL(zap_single, suture_zap_single_type);
static void *zap_range_func, *zap_single_func;

bool suture_zap(struct vm_area_struct *vma, unsigned long start, unsigned long size)
{
	if (zap_range_func)
		static_call(zap_range)(vma, start, size);
	else if (zap_single_func)
		static_call(zap_single)(vma, start, size, NULL);
	return zap_range_func || zap_single_func;
}

/* ---------------------------------------------------------------- fork */

/* On PREEMPT_RT nothing can be allocated in there. */
#if defined(CONFIG_TRACEPOINTS) && !defined(CONFIG_PREEMPT_RT)
static struct tracepoint *fork_tracepoint;

/* It is not exported by its name. */
static void match_fork(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "sched_process_fork"))
		fork_tracepoint = tp;
}

int suture_fork_probe_register(suture_fork_probe_type *probe)
{
	if (!fork_tracepoint)
		for_each_kernel_tracepoint(match_fork, NULL);
	return fork_tracepoint ? tracepoint_probe_register(fork_tracepoint, probe, NULL) :
				 -EOPNOTSUPP;
}

void suture_fork_probe_unregister(suture_fork_probe_type *probe)
{
	tracepoint_probe_unregister(fork_tracepoint, probe, NULL);
}
#else
int suture_fork_probe_register(suture_fork_probe_type *probe)
{
	return -EOPNOTSUPP;
}

void suture_fork_probe_unregister(suture_fork_probe_type *probe)
{
}
#endif

void suture_fork_probe_flush(void)
{
	tracepoint_synchronize_unregister();
}

/* ----------------------------------------------------------------- gup */

long suture_pin_page(struct mm_struct *mm, unsigned long addr, unsigned int flags,
		     struct page **page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return pin_user_pages_remote(mm, addr, 1, flags, page, NULL, NULL);
#else
	return pin_user_pages_remote(mm, addr, 1, flags, page, NULL);
#endif
}

long suture_get_page(struct mm_struct *mm, unsigned long addr, unsigned int flags,
		     struct page **page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return get_user_pages_remote(mm, addr, 1, flags, page, NULL, NULL);
#else
	return get_user_pages_remote(mm, addr, 1, flags, page, NULL);
#endif
}

/* ----------------------------------------------------------------- exe */

struct file *suture_exe_file(struct mm_struct *mm)
{
	struct file *file;

	rcu_read_lock();
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	file = rcu_dereference(mm->exe_file);
	if (file && !get_file_rcu(file))
		file = NULL;
#else
	file = get_file_rcu(&mm->exe_file);
#endif
	rcu_read_unlock();
	return file;
}

/* ---------------------------------------------------------------- init */

/* The address of a function that is not exported, from a probe that is never armed. */
static void *kprobe_address(const char *name)
{
	struct kprobe kp = { .symbol_name = name, .flags = KPROBE_FLAG_DISABLED };
	void *addr;

	if (register_kprobe(&kp))
		return NULL;
	addr = kp.addr;
	unregister_kprobe(&kp);
	return addr;
}

/* Debian and Ubuntu export them, for the binder driver. */
static void *zap_address(const char *name)
{
	return __symbol_get(name) ?: kprobe_address(name);
}

/* Without it private pages of text stay: they cost memory, nothing else. */
static void find_zap(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	zap_range_func = zap_address("zap_page_range");
#else
	zap_range_func = zap_address("zap_vma_range");	/* 7.x */
	if (!zap_range_func)
		zap_single_func = zap_address("zap_page_range_single");
#endif
	static_call_update(zap_range, zap_range_func);
	static_call_update(zap_single, zap_single_func);
}

int suture_compat_init(void)
{
	typeof(&task_work_add) add = symbol_get(task_work_add);

	if (!add)
		add = kprobe_address("task_work_add");
	if (!add) {
		pr_err("this kernel neither exports task_work_add nor lets a kprobe find it (CONFIG_KPROBES)\n");
		return -EOPNOTSUPP;
	}
	static_call_update(add_task_work, add);
	/* vmlinux cannot be unloaded: the references need not be kept. */
	find_zap();
	return 0;
}
