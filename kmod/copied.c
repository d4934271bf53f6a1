// SPDX-License-Identifier: GPL-2.0
/*
 * Some programs copy their text to anonymous memory at the same address, for huge
 * pages, with our branches in it. Then no file tells any more that the patch is in
 * use, so before a mapping of it is taken away such memory is searched.
 */
#include <linux/slab.h>

#include "suture.h"

#define MAX_PAGES	16384	/* searched; a process that has more is believed to use it */

/* Does [bytes, bytes + len), which stands at addr, have a branch into the patch? */
static bool has_branch(const struct suture_patch *patch, unsigned long base, const u8 *bytes,
		       unsigned int len, unsigned long addr)
{
	unsigned int i;
	unsigned long to;
	u32 f;

	for (i = 0; i + SUTURE_BRANCH_LEN <= len; i++) {
		if (suture_arch_branch_target(bytes + i, addr + i, &to) ||
		    to - base >= patch->span)
			continue;
		for (f = 0; f < patch->note.nr_funcs; f++) {
			if (to - base == patch->note.funcs[f].new_addr)
				return true;
		}
	}
	return false;
}

/* mmap_lock is held for reading. */
static bool search_vma(const struct suture_patch *patch, struct vm_area_struct *vma,
		       unsigned long base, u8 *buf, unsigned int *pages)
{
	unsigned long addr;

	for (addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE) {
		unsigned int len = PAGE_SIZE;

		if (++*pages > MAX_PAGES)
			return true;
		if (addr + PAGE_SIZE < vma->vm_end)
			len += SUTURE_BRANCH_LEN - 1;
		if (suture_read_text(vma->vm_mm, addr, buf, len))
			continue;
		if (has_branch(patch, base, buf, len, addr))
			return true;
	}
	return false;
}

/*
 * suture_text_was_copied - is the mapping at base used by text that is no file's?
 *
 * Returns 0: no, -EXDEV: yes (or too much to search), -EBUSY, -ENOMEM.
 */
int suture_text_was_copied(const struct suture_patch *patch, struct mm_struct *mm,
			   unsigned long base)
{
	struct vm_area_struct *vma;
	unsigned int pages = 0;
	int ret = 0;
	u8 *buf;

	buf = kmalloc(PAGE_SIZE + SUTURE_BRANCH_LEN, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	if (!suture_mmap_read_lock(mm)) {
		kfree(buf);
		return -EBUSY;
	}
	{
		VMA_ITERATOR(vmi, mm, 0);

		for_each_vma(vmi, vma) {
			if (vma->vm_file || !(vma->vm_flags & VM_EXEC) ||
			    (vma->vm_flags & (VM_IO | VM_PFNMAP | VM_MIXEDMAP)))
				continue;
			if (search_vma(patch, vma, base, buf, &pages)) {
				ret = -EXDEV;
				break;
			}
		}
	}
	mmap_read_unlock(mm);
	kfree(buf);
	return ret;
}
