// SPDX-License-Identifier: GPL-2.0
/*
 * A mapping that was not finished, and then the lock was not free for unmapping. Text
 * comes last, so no survey would find it: it would stay for good, and one more with the
 * next try. So the patch notes it, and the next try in that process begins with it.
 */
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "suture.h"

struct leftover {
	struct list_head node;		/* patch->leftovers */
	struct mm_struct *mm;		/* grabbed */
	unsigned long base;
};

static DEFINE_SPINLOCK(leftovers_lock);

/* Of current->mm. */
void suture_leftover(struct suture_patch *patch, unsigned long base)
{
	struct leftover *leftover = suture_try(kmalloc(sizeof(*leftover), GFP_KERNEL));

	if (!leftover)
		return;			/* it costs room, nothing else */
	leftover->mm = current->mm;
	leftover->base = base;
	mmgrab(leftover->mm);
	spin_lock(&leftovers_lock);
	list_add(&leftover->node, &patch->leftovers);
	spin_unlock(&leftovers_lock);
}

/* Off the list: one in this mm, or (NULL) any, or with @ended one whose mm nobody uses. */
static struct leftover *take(struct suture_patch *patch, const struct mm_struct *mm, bool ended)
{
	struct leftover *leftover, *found = NULL;

	spin_lock(&leftovers_lock);
	list_for_each_entry(leftover, &patch->leftovers, node) {
		if ((mm && leftover->mm != mm) || (ended && atomic_read(&leftover->mm->mm_users)))
			continue;
		list_del(&leftover->node);
		found = leftover;
		break;
	}
	spin_unlock(&leftovers_lock);
	return found;
}

static void forget(struct leftover *leftover)
{
	mmdrop(leftover->mm);
	kfree(leftover);
}

/* Of mms that nobody uses any more, or @all. */
void suture_leftovers_prune(struct suture_patch *patch, bool all)
{
	struct leftover *leftover;

	while ((leftover = take(patch, NULL, !all)))
		forget(leftover);
}

bool suture_has_leftovers(struct suture_patch *patch, const struct mm_struct *mm)
{
	struct leftover *leftover;
	bool found = false;

	spin_lock(&leftovers_lock);
	list_for_each_entry(leftover, &patch->leftovers, node)
		found |= leftover->mm == mm;
	spin_unlock(&leftovers_lock);
	return found;
}

/* It was unmapped, of current->mm: what the process maps there next is its own. */
void suture_leftover_gone(struct suture_patch *patch, unsigned long base)
{
	struct leftover *leftover, *found = NULL;

	spin_lock(&leftovers_lock);
	list_for_each_entry(leftover, &patch->leftovers, node) {
		if (leftover->mm == current->mm && leftover->base == base) {
			list_del(&leftover->node);
			found = leftover;
			break;
		}
	}
	spin_unlock(&leftovers_lock);
	if (found)
		forget(found);
}

/* Is what begins there still ours? The process may have unmapped it. */
static int is_ours(struct suture_patch *patch, struct mm_struct *mm, unsigned long base)
{
	const struct vm_area_struct *vma;
	int ret = 0;

	if (!suture_mmap_read_lock(mm))
		return -EBUSY;
	vma = find_vma(mm, base);
	if (vma && vma->vm_start <= base)
		ret = vma->vm_file ? file_inode(vma->vm_file) == patch->inode :
				     !(vma->vm_flags & VM_ACCESS_FLAGS);
	mmap_read_unlock(mm);
	return ret;
}

/* Unmap what was left over in current->mm. 0, or -EBUSY: it is still there. */
int suture_leftovers_unmap(struct suture_patch *patch)
{
	struct leftover *leftover;
	int ret;

	while ((leftover = take(patch, current->mm, false))) {
		ret = is_ours(patch, current->mm, leftover->base);
		if (ret > 0)
			ret = suture_unmap(patch, leftover->base);
		if (ret == -EBUSY || ret == -EINTR || ret == -ENOMEM) {
			spin_lock(&leftovers_lock);
			list_add(&leftover->node, &patch->leftovers);
			spin_unlock(&leftovers_lock);
			return -EBUSY;
		}
		forget(leftover);	/* also where the process does not let us (mseal) */
	}
	return 0;
}
