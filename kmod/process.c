// SPDX-License-Identifier: GPL-2.0
/* Finding processes, and reading from an mm what it runs of a patch. */
#include <linux/delay.h>
#include <linux/hash.h>
#include <linux/overflow.h>
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
	procs->tasks = kvmalloc_array(room, sizeof(*procs->tasks), GFP_KERNEL);
	if (!procs->tasks)
		return -ENOMEM;

	rcu_read_lock();
	for_each_process(p) {
		if ((p->flags & PF_KTHREAD) || is_zombie(p))
			continue;
		if (procs->nr == room)
			break;
		get_task_struct(p);
		procs->tasks[procs->nr++] = p;
	}
	rcu_read_unlock();

	if (procs->nr == room) {
		suture_procs_free(procs);
		room *= 2;
		goto again;
	}
	return 0;
}

void suture_procs_free(struct suture_procs *procs)
{
	while (procs->nr)
		put_task_struct(procs->tasks[--procs->nr]);
	kvfree(procs->tasks);
	procs->tasks = NULL;
}

/* The mm of a process, referenced; its leader may have ended before its threads. */
struct mm_struct *suture_task_mm(struct task_struct *leader)
{
	struct mm_struct *mm = get_task_mm(leader);
	struct task_struct *t, *found = NULL;

	if (mm || !READ_ONCE(leader->signal))
		return mm;

	rcu_read_lock();
	for_each_thread(leader, t) {
		if (READ_ONCE(t->mm)) {
			get_task_struct(t);
			found = t;
			break;
		}
	}
	rcu_read_unlock();
	if (found) {
		mm = get_task_mm(found);
		put_task_struct(found);
	}
	return mm;
}

int suture_for_each_thread(struct mm_struct *mm, struct task_struct *leader,
			   int (*fn)(struct task_struct *t, void *data), void *data)
{
	int users = atomic_read(&mm->mm_users), seen = 0, ret;
	struct task_struct *g, *t;

	for_each_thread(leader, t) {
		if (READ_ONCE(t->mm) != mm)
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

	for_each_process(g) {
		if (same_thread_group(g, leader))
			continue;
		for_each_thread(g, t) {
			if (READ_ONCE(t->mm) != mm || suture_is_worker(t))
				continue;
			ret = fn(t, data);
			if (ret)
				return ret;
		}
	}
	return 0;
}

/* ----------------------------------------------------------- mmap_lock */

#define LOCK_TRIES	50
#define LOCK_PAUSE_US	100

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

/* ---------------------------------------------------------------- view */

/*
 * Load bias of the object of which vma maps text; false: it is none of its text.
 * Only text tells: another segment can begin in the same page of the file.
 */
static bool vma_bias(const struct vm_area_struct *vma, const struct spm_elf *elf,
		     unsigned long *ret_bias)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	u64 end = offset + (vma->vm_end - vma->vm_start);
	u32 i;

	if (!(vma->vm_flags & VM_EXEC) || (vma->vm_flags & VM_SHARED))
		return false;
	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *seg = &elf->segments[i];
		u64 start = seg->offset & PAGE_MASK;

		if (!(seg->flags & PF_X))
			continue;
		if (end > start && offset < seg->offset + seg->filesz) {
			*ret_bias = vma->vm_start - (seg->vaddr - seg->offset) - offset;
			return true;
		}
	}
	return false;
}

/* The target whose file this is; targets_sem is held. */
struct suture_target *suture_find_target(struct suture_patch *patch, const struct inode *inode)
{
	struct suture_target *target;

	list_for_each_entry(target, &patch->targets, node) {
		if (target->inode == inode)
			return target;
	}
	return NULL;
}

#define MAX_COPIES	4	/* of an object in an mm: dlmopen, or one build in two files */
#define MAX_MAPPINGS	32	/* of the patch: one a copy, and what dlclose left over */

struct copy {
	unsigned long base, text;
};

struct scan {
	u32 mapped;			/* bit per object: some part of the file */
	bool too_many;
	struct copy copies[SUTURE_MAX_OBJECTS][MAX_COPIES];
	unsigned int nr_copies[SUTURE_MAX_OBJECTS];
	unsigned long patch_bases[MAX_MAPPINGS];
	unsigned int nr_patch_bases;
};

static void scan_patch_vma(struct suture_patch *patch, struct vm_area_struct *vma,
			   struct scan *scan)
{
	unsigned long bias;
	unsigned int i;

	if (!vma_bias(vma, &patch->elf, &bias))
		return;
	for (i = 0; i < scan->nr_patch_bases; i++) {
		if (scan->patch_bases[i] == bias)
			return;
	}
	if (i < MAX_MAPPINGS)
		scan->patch_bases[scan->nr_patch_bases++] = bias;
	else
		scan->too_many = true;
}

static void scan_target_vma(struct suture_target *target, struct vm_area_struct *vma,
			    struct scan *scan)
{
	unsigned int *nr = &scan->nr_copies[target->object], i;
	struct copy *copies = scan->copies[target->object];
	unsigned long bias;

	scan->mapped |= 1U << target->object;
	if (!vma_bias(vma, &target->elf, &bias))
		return;
	for (i = 0; i < *nr; i++) {
		if (copies[i].base == bias)
			return;
	}
	if (*nr == MAX_COPIES) {
		scan->too_many = true;
		return;
	}
	copies[*nr].base = bias;
	copies[*nr].text = vma->vm_start;
	(*nr)++;
}

static bool is_patch_base(const struct scan *scan, unsigned long base)
{
	unsigned int i;

	for (i = 0; i < scan->nr_patch_bases; i++) {
		if (scan->patch_bases[i] == base)
			return true;
	}
	return false;
}

/* Read each entry of the copy in view: old bytes, our branch, or something else. */
static int read_entries(struct suture_patch *patch, struct mm_struct *mm, const struct scan *scan,
			struct suture_view *view)
{
	u32 nr_old = 0, nr_ours = 0, i;
	u8 bytes[SUTURE_BRANCH_LEN];

	for (i = 0; i < patch->note.nr_funcs; i++) {
		const struct suture_func *func = &patch->note.funcs[i];
		unsigned long site = suture_site(func, view->bases);
		unsigned long to;
		int ret;

		ret = suture_read_text(patch, mm, site, bytes, sizeof(bytes));
		if (ret)
			return ret;
		if (!memcmp(bytes, func->old_bytes + func->branch_at, sizeof(bytes))) {
			nr_old++;
		} else if (!suture_arch_branch_target(bytes, site, &to) &&
			   is_patch_base(scan, to - func->new_addr) &&
			   (!nr_ours || to - func->new_addr == view->patch_base)) {
			view->patch_base = to - func->new_addr;
			nr_ours++;
		} else {
			break;
		}
		if (nr_old && nr_ours)
			break;
	}
	view->kind = SUTURE_VIEW_PATCHED;
	if (i < patch->note.nr_funcs) {
		view->kind = SUTURE_VIEW_FOREIGN;
		view->func = i;
	} else if (nr_old) {
		view->kind = SUTURE_VIEW_UNPATCHED;
	}
	return 0;
}

/*
 * Look at every copy of the objects (the k-th copies belong together) and return
 * one that is not patched, if there is one.
 */
static int read_copies(struct suture_patch *patch, struct mm_struct *mm, const struct scan *scan,
		       struct suture_view *view)
{
	unsigned int copies = 1, k, i;
	int ret;

	for (i = 0; i < patch->note.nr_objects; i++)
		copies = max(copies, scan->nr_copies[i]);
	for (k = 0; k < copies; k++) {
		struct suture_view one = { .func = SUTURE_NO_FUNC };

		for (i = 0; i < patch->note.nr_objects; i++) {
			const struct copy *copy =
				&scan->copies[i][min(k, scan->nr_copies[i] - 1)];

			one.bases[i] = copy->base;
			one.texts[i] = copy->text;
		}
		ret = read_entries(patch, mm, scan, &one);
		if (ret)
			return ret;
		if (!k || view->kind == SUTURE_VIEW_PATCHED || one.kind == SUTURE_VIEW_UNPATCHED)
			*view = one;
	}
	return 0;
}

enum site {
	SITE_OURS,	/* the branch into this mapping */
	SITE_FOREIGN,	/* text with something else: a breakpoint over the branch, say */
	SITE_GONE,	/* the old bytes, or no text at all */
};

static enum site look_at_site(struct suture_patch *patch, struct mm_struct *mm,
			      const struct suture_func *func, unsigned long site,
			      unsigned long to_expected)
{
	struct vm_area_struct *vma = find_vma(mm, site);
	u8 bytes[SUTURE_BRANCH_LEN];
	unsigned long to;

	if (!vma || vma->vm_start > site)
		return SITE_GONE;
	if (suture_read_text(patch, mm, site, bytes, sizeof(bytes)))
		return vma->vm_flags & VM_EXEC ? SITE_FOREIGN : SITE_GONE;
	if (!suture_arch_branch_target(bytes, site, &to) && to == to_expected)
		return SITE_OURS;
	if (!memcmp(bytes, func->old_bytes + func->branch_at, sizeof(bytes)))
		return SITE_GONE;
	/* Where the library was, may be a heap now. */
	return vma->vm_file || (vma->vm_flags & VM_EXEC) ? SITE_FOREIGN : SITE_GONE;
}

/*
 * Is a mapping of the patch in use, by the places that its ledger names? Returns
 * how many branches lead to it, or stand under something foreign. *ret_func: one that
 * is not ours, or SUTURE_NO_FUNC.
 */
static u32 branches_to(struct suture_patch *patch, struct mm_struct *mm, unsigned long base,
		       struct suture_ledger *ledger, u32 *ret_func)
{
	u32 nr = 0, i;

	*ret_func = SUTURE_NO_FUNC;
	if (suture_read_text(patch, mm, base + patch->ledger, ledger,
			     struct_size(ledger, bases, patch->note.nr_objects)) ||
	    ledger->magic != SUTURE_LEDGER_MAGIC)
		return 0;	/* forked before the first branch was written */
	for (i = 0; i < patch->note.nr_funcs; i++) {
		const struct suture_func *func = &patch->note.funcs[i];
		unsigned long site;
		enum site what;

		site = ledger->bases[func->object] + func->old_addr + func->branch_at;
		what = look_at_site(patch, mm, func, site, base + func->new_addr);
		nr += what != SITE_GONE;
		if (what != SITE_OURS)
			*ret_func = i;
	}
	return nr;
}

/*
 * Look at every mapping of the patch: is it in use? With *live, view becomes that
 * of one that is, as its ledger has it.
 */
static void read_mappings(struct suture_patch *patch, struct mm_struct *mm,
			  const struct scan *scan, struct suture_view *view, bool *live)
{
	struct suture_ledger *ledger;
	unsigned int k, i;
	u32 func = 0;

	*live = false;
	ledger = kmalloc(sizeof(*ledger), GFP_KERNEL);
	for (k = 0; k < scan->nr_patch_bases; k++) {
		unsigned long base = scan->patch_bases[k];

		/* Without memory: believe that it is in use, as something else stands there. */
		if (ledger && !branches_to(patch, mm, base, ledger, &func)) {
			view->stale_base = base;
			continue;
		}
		if (*live && view->kind == SUTURE_VIEW_PATCHED)
			continue;
		*live = true;
		view->patch_base = base;
		view->func = func;
		view->kind = func == SUTURE_NO_FUNC ? SUTURE_VIEW_PATCHED : SUTURE_VIEW_FOREIGN;
		for (i = 0; ledger && i < patch->note.nr_objects; i++)
			view->bases[i] = ledger->bases[i];
	}
	kfree(ledger);
}

static void scan_mm(struct suture_patch *patch, struct mm_struct *mm, struct scan *scan)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	for_each_vma(vmi, vma) {
		struct suture_target *target;
		struct inode *inode;

		if (!vma->vm_file)
			continue;
		inode = file_inode(vma->vm_file);
		if (inode == patch->inode) {
			scan_patch_vma(patch, vma, scan);
			continue;
		}
		target = suture_find_target(patch, inode);
		if (target)
			scan_target_vma(target, vma, scan);
	}
}

/* What is mapped of the targets, apart from any bytes. */
static enum suture_view_kind kind_of_scan(const struct suture_patch *patch,
					  const struct scan *scan)
{
	bool mapped = false, complete = true, any = false;
	u32 i;

	if (scan->too_many)
		return SUTURE_VIEW_AMBIGUOUS;
	for (i = 0; i < patch->note.nr_objects; i++) {
		if (patch->note.objects[i].role == SUTURE_ROLE_TARGET) {
			mapped |= scan->mapped >> i & 1;
			any |= scan->nr_copies[i];
		}
		complete &= !!scan->nr_copies[i];
	}
	if (complete)
		return SUTURE_VIEW_UNPATCHED;
	if (any)
		return SUTURE_VIEW_INCOMPLETE;
	return mapped ? SUTURE_VIEW_NOT_EXEC : SUTURE_VIEW_NONE;
}

/*
 * suture_view_read - what mm has of a patch
 *
 * Towards patched, view is that of a copy of the targets that is not patched, if
 * there is one; towards unpatched, that of a mapping of the patch in use. Takes
 * patch->targets_sem and mm's mmap_lock for reading. Pages of text may be read
 * from disk. Returns 0, -EBUSY when the mmap_lock was not to be had, or an error of
 * reading the text.
 */
int suture_view_read(struct suture_patch *patch, struct mm_struct *mm, struct suture_view *view)
{
	bool reverting = READ_ONCE(patch->goal) == SUTURE_GOAL_UNPATCHED;
	struct scan *scan;
	bool live;
	int ret = 0;

	memset(view, 0, sizeof(*view));
	view->func = SUTURE_NO_FUNC;
	scan = kzalloc(sizeof(*scan), GFP_KERNEL);
	if (!scan)
		return -ENOMEM;

	down_read(&patch->targets_sem);
	if (!suture_mmap_read_lock(mm)) {
		ret = -EBUSY;
		goto out;
	}
	scan_mm(patch, mm, scan);
	view->kind = kind_of_scan(patch, scan);
	read_mappings(patch, mm, scan, view, &live);
	if (!reverting && kind_of_scan(patch, scan) == SUTURE_VIEW_UNPATCHED) {
		unsigned long stale_base = view->stale_base;

		ret = read_copies(patch, mm, scan, view);
		view->stale_base = stale_base;
	}
	mmap_read_unlock(mm);
out:
	up_read(&patch->targets_sem);
	kfree(scan);
	return ret;
}

/* ------------------------------------------------------------- mm locks */

#define MM_LOCK_BITS	10

static struct mutex mm_locks[1 << MM_LOCK_BITS];

void suture_mm_lock(struct mm_struct *mm)
{
	mutex_lock(&mm_locks[hash_ptr(mm, MM_LOCK_BITS)]);
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
