// SPDX-License-Identifier: GPL-2.0
/* Finding processes and their threads; the locks of an mm. */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#include "suture.h"

/* ------------------------------------------------------------ processes */

/* All of its threads have ended; it is only not waited for yet. */
static bool is_zombie(struct task_struct *leader)
{
	return !READ_ONCE(leader->mm) && thread_group_empty(leader);
}

/*
 * Take a reference to every process. A process that is forked meanwhile may be
 * missed: whoever needs all repeats until nothing new comes.
 */
int suture_procs_collect(struct suture_procs *procs)
{
	struct task_struct *p;
	unsigned int room = 256;

again:
	procs->nr = 0;
	procs->room = room;
	procs->of = suture_try(kvmalloc_array(room, sizeof(*procs->of), GFP_KERNEL));
	if (!procs->of)
		return -ENOMEM;

	rcu_read_lock();
	for_each_process(p) {
		if ((p->flags & PF_KTHREAD) || is_zombie(p))
			continue;
		if (procs->nr == room)
			break;
		get_task_struct(p);
		procs->of[procs->nr].task = p;
		procs->of[procs->nr++].settled = false;
	}
	rcu_read_unlock();

	if (procs->nr == room) {
		suture_procs_free(procs);
		room *= 2;
		goto again;
	}
	return 0;
}

/* The process with this start time, or else the first that is younger, or 0. */
unsigned int suture_procs_find(const struct suture_procs *procs, u64 started)
{
	unsigned int i, found = procs->nr;

	for (i = 0; started && i < procs->nr; i++) {
		u64 its = procs->of[i].task->start_boottime;

		if (its == started)
			return i;
		if (its > started)
			found = min(found, i);
	}
	return found < procs->nr ? found : 0;
}

/*
 * suture_procs_settled - is nothing left to do in this process, by an earlier collection?
 * @from: where to look on, 0 at first
 *
 * For the processes of a later one, in their order, with @from 0 again where that begins at
 * the top: new ones are further down the list of processes, so each is compared with few. As
 * both hold references, no task_struct has been used again.
 */
bool suture_procs_settled(const struct suture_procs *procs, const struct task_struct *t,
			  unsigned int *from)
{
	unsigned int i;

	for (i = *from; i < procs->nr; i++) {
		if (procs->of[i].task == t) {
			*from = i + 1;
			return procs->of[i].settled;
		}
	}
	return false;
}

void suture_procs_free(struct suture_procs *procs)
{
	while (procs->nr)
		put_task_struct(procs->of[--procs->nr].task);
	kvfree(procs->of);
	procs->of = NULL;
}

/* What was seen to have left comes before what it has forked, which is further on in the list:
 * pairs with the locks between fork and exit. */
static bool runs_in(const struct task_struct *t, const struct mm_struct *mm)
{
	bool in = READ_ONCE(t->mm) == mm;

	smp_rmb();
	return in;
}

#define RELAY_TRIES	100

/* A thread of the process that runs in an mm, referenced. */
static struct task_struct *any_thread(struct task_struct *leader)
{
	struct task_struct *t, *found = NULL;

	rcu_read_lock();
	for_each_thread(leader, t) {
		if (!runs_in(t, NULL)) {
			get_task_struct(t);
			found = t;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/* The mm of a process, referenced; its leader may have ended before its threads, and each of
 * them may just be about to. */
struct mm_struct *suture_task_mm(struct task_struct *leader)
{
	struct mm_struct *mm = get_task_mm(leader);
	struct task_struct *t;
	unsigned int i;

	for (i = 0; !mm && i < RELAY_TRIES && READ_ONCE(leader->signal); i++) {
		t = any_thread(leader);
		if (!t)
			break;
		mm = get_task_mm(t);
		put_task_struct(t);
	}
	return mm;
}

/* If it was the last reference, what is left of the process ends elsewhere: that can take as long
 * as the process likes (a read of a file of its own FUSE, by aio). */
void suture_task_mm_put(struct mm_struct *mm)
{
	mmput_async(mm);
}

/* Other processes on the same mm. */
static int for_each_sharer(struct mm_struct *mm, struct task_struct *leader,
			   int (*fn)(struct task_struct *t, void *data), void *data)
{
	struct task_struct *g, *t;
	int ret;

	for_each_process(g) {
		if (same_thread_group(g, leader))
			continue;
		for_each_thread(g, t) {
			if (!runs_in(t, mm) || suture_is_worker(t))
				continue;
			ret = fn(t, data);
			if (ret)
				return ret;
		}
	}
	return 0;
}

int suture_for_each_thread(struct mm_struct *mm, struct task_struct *leader,
			   int (*fn)(struct task_struct *t, void *data), void *data)
{
	int users = atomic_read(&mm->mm_users), seen = 0, ret;
	struct task_struct *t;

	for_each_thread(leader, t) {
		if (!runs_in(t, mm))
			continue;
		seen++;
		if (suture_is_worker(t))
			continue;
		ret = fn(t, data);
		if (ret)
			return ret;
	}

	/* More users than these and the caller: perhaps a vfork child, another
	 * process on the same mm. (Or somebody who reads /proc: then for nothing.)
	 * Read twice, since a thread that was seen may have gone meanwhile. */
	if (max(users, atomic_read(&mm->mm_users)) <= seen + 1)
		return 0;
	return for_each_sharer(mm, leader, fn, data);
}

/*
 * suture_for_each_other - all that run in the caller's mm, but itself
 *
 * In task context; @fn is called under RCU. Ends at the first for which it is not 0, and returns
 * that. Without the short cut of suture_for_each_thread(), which can miss a process while
 * threads come and go; there the gate sees to them.
 */
int suture_for_each_other(int (*fn)(struct task_struct *t, void *data), void *data)
{
	struct mm_struct *mm = current->mm;
	struct task_struct *t;
	int ret = 0;

	rcu_read_lock();
	for_each_thread(current, t) {
		if (t == current || !runs_in(t, mm) || suture_is_worker(t))
			continue;
		ret = fn(t, data);
		if (ret)
			break;
	}
	if (!ret)
		ret = for_each_sharer(mm, current, fn, data);
	rcu_read_unlock();
	/* What fn has seen comes before what the caller does next: pairs with the tasklist_lock
	 * under which fork lists its child. */
	smp_mb();
	return ret;
}

/* A child of t that shares the mm: t is in vfork() and waits for it. */
static int is_vfork_child(struct task_struct *c, void *data)
{
	return READ_ONCE(c->vfork_done) && rcu_access_pointer(c->real_parent) == data;
}

/* t as for suture_user_regs(), or what it says can be of the last time that t was in the kernel. */
bool suture_is_cloning(struct task_struct *t, struct mm_struct *mm)
{
	struct pt_regs regs;

	return suture_user_regs(t, mm, &regs) && suture_arch_in_fork(&regs);
}

/* t may have a child that is in no list yet. Under RCU. */
bool suture_in_fork(struct task_struct *t, struct mm_struct *mm, struct task_struct *leader)
{
	return suture_is_cloning(t, mm) && !suture_for_each_thread(mm, leader, is_vfork_child, t);
}

/* ----------------------------------------------------------- mmap_lock */

#define LOCK_TRIES	50
#define LOCK_PAUSE_US	100
#define LONG_TRIES	20	/* of that many each */
#define WRITE_TRIES	250	/* likewise; whoever holds it may have lost its CPU */
#define WRITE_LOOKS	20	/* in each: threads that fault hold it by turns */

/*
 * A process can hold its mmap_lock for as long as a disk takes. Others must not
 * wait for it, so it is asked for, for a while.
 */
bool suture_mmap_read_lock(struct mm_struct *mm)
{
	int i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (mmap_read_trylock(mm))
			return true;
		usleep_range(LOCK_PAUSE_US, 2 * LOCK_PAUSE_US);
	}
	return false;
}

/*
 * Can mm's mmap_lock be had for writing? What comes next waits for it, and a process can
 * have its lock held for as long as it likes (a fault in a file of its own FUSE, by
 * /proc/PID/mem). It may begin to just now, but that would be an odd coincidence.
 */
bool suture_mmap_lock_free(struct mm_struct *mm)
{
	int i;

	for (i = 1; i <= WRITE_TRIES * WRITE_LOOKS; i++) {
		/* Not mmap_write_trylock(), which newer kernels have not: nothing is changed. */
		if (down_write_trylock(&mm->mmap_lock)) {
			up_write(&mm->mmap_lock);
			return true;
		}
		if (i % WRITE_LOOKS)
			cpu_relax();
		else
			usleep_range(LOCK_PAUSE_US, 2 * LOCK_PAUSE_US);
	}
	return false;
}

static bool maps(struct mm_struct *mm, const struct inode *inode)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	for_each_vma(vmi, vma) {
		if (vma->vm_file && file_inode(vma->vm_file) == inode)
			return true;
	}
	return false;
}

/* A uprobe of the file would wait for this mm. */
static bool is_stuck(struct mm_struct *mm, const struct inode *inode)
{
	bool concerned;

	if (!suture_mmap_read_lock(mm))
		return true;
	concerned = maps(mm, inode);
	mmap_read_unlock(mm);
	return concerned && !suture_mmap_lock_free(mm);
}

#define LOOK_MS		40U	/* a call of is_stuck(), at the most, where there are CPUs enough */
#define LOADED		5U	/* times the patience, where there are not */

/*
 * suture_watchable - can a uprobe of the file come or go just now?
 * @patience_ms: for all processes together. A busy one is done with its lock some time, one
 *               that wants to be in the way is not, and can have many children. Where the
 *               looks of that time take longer, who is waited for is slow as well
 *
 * That takes the mmap_lock of each process that maps it, for writing, while no process of
 * the system can fork. Returns 0, -ENOMEM, or -EBUSY; @message (may be NULL) names a process
 * whose lock is held all the time.
 */
int suture_watchable(const struct inode *inode, unsigned int patience_ms, char *message)
{
	unsigned long until = jiffies + msecs_to_jiffies(patience_ms);
	unsigned long latest = jiffies + msecs_to_jiffies(LOADED * patience_ms);
	unsigned int looks = patience_ms / LOOK_MS, i;
	struct suture_procs procs;
	int ret;

	ret = suture_procs_collect(&procs);
	for (i = 0; !ret && i < procs.nr; i++) {
		struct mm_struct *mm = suture_task_mm(procs.of[i].task);
		bool stuck;

		if (!mm)
			continue;
		while ((stuck = is_stuck(mm, inode)) && !fatal_signal_pending(current)) {
			if (!time_before(jiffies, looks ? latest : until))
				break;
			looks -= !!looks;
		}
		if (stuck) {
			ret = -EBUSY;
			if (message)
				suture_say(message,
					   "process %d (%s) keeps its mappings locked, so nothing can be watched",
					   task_pid_vnr(procs.of[i].task), procs.of[i].task->comm);
		}
		suture_task_mm_put(mm);
		cond_resched();
	}
	suture_procs_free(&procs);
	return ret;
}

/* ------------------------------------------------------------- mm locks */

#define MM_LOCK_BITS	10

static struct mutex mm_locks[1 << MM_LOCK_BITS];

/* False: another process has it, and takes its time; try again later. */
bool suture_mm_lock(struct mm_struct *mm)
{
	int i;

	for (i = 0; i < LOCK_TRIES; i++) {
		if (mutex_trylock(&mm_locks[hash_ptr(mm, MM_LOCK_BITS)]))
			return true;
		usleep_range(LOCK_PAUSE_US, 2 * LOCK_PAUSE_US);
	}
	return false;
}

/* By a thread that has new text, which is better patched late than not yet. Whoever waits for
 * just this thread gives up soon, and lets go of the lock. */
bool suture_mm_lock_long(struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i < LONG_TRIES && !fatal_signal_pending(current); i++) {
		if (suture_mm_lock(mm))
			return true;
	}
	return false;
}

void suture_mm_unlock(struct mm_struct *mm)
{
	mutex_unlock(&mm_locks[hash_ptr(mm, MM_LOCK_BITS)]);
}

void suture_process_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(mm_locks); i++)
		mutex_init(&mm_locks[i]);
}
