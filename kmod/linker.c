// SPDX-License-Identifier: GPL-2.0
/*
 * Is a thread in the dynamic linker? It may hold its locks there, and objects are not
 * yet what they will be: no hook is run meanwhile.
 */
#include <linux/auxvec.h>
#include <linux/slab.h>

#include "suture.h"

#define MAX_TEXTS	8	/* executable vmas of the interpreter */

/* Where the program's interpreter was loaded; 0: it has none. */
static unsigned long interpreter_base(const struct mm_struct *mm)
{
	unsigned int i;

	for (i = 0; i + 1 < AT_VECTOR_SIZE; i += 2) {
		if (READ_ONCE(mm->saved_auxv[i]) == AT_BASE)
			return READ_ONCE(mm->saved_auxv[i + 1]);
		if (READ_ONCE(mm->saved_auxv[i]) == AT_NULL)
			break;
	}
	return 0;
}

/*
 * suture_ranges_linker - the text of the dynamic linker that mm uses
 *
 * Empty in a static program. NULL: no memory, or the mmap_lock was not to be had.
 */
struct suture_ranges *suture_ranges_linker(struct mm_struct *mm)
{
	struct suture_ranges *ranges = suture_ranges_alloc(MAX_TEXTS);
	unsigned long base = interpreter_base(mm);
	struct vm_area_struct *vma;
	struct file *file;

	if (!ranges || !base)
		return ranges;
	if (!suture_mmap_read_lock(mm)) {
		kvfree(ranges);
		return NULL;
	}
	vma = find_vma(mm, base);
	file = vma && vma->vm_start <= base ? vma->vm_file : NULL;
	if (file) {
		VMA_ITERATOR(vmi, mm, base);

		for_each_vma(vmi, vma) {
			if (!vma->vm_file || file_inode(vma->vm_file) != file_inode(file) ||
			    ranges->nr == ranges->room)
				break;
			if (vma->vm_flags & VM_EXEC)
				suture_ranges_add(ranges, vma->vm_start - 1, vma->vm_end,
						  SUTURE_RANGE_LINKER);
		}
	}
	mmap_read_unlock(mm);
	return ranges;
}
