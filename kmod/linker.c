// SPDX-License-Identifier: GPL-2.0
/*
 * Is the dynamic linker at work? No hook is run where an object of the patch is not
 * relocated yet, nor while a thread runs the linker's own code. What the linker calls
 * (constructors, malloc) does not count: the hook may come there as a signal may, and
 * the stack cannot tell, for it is full of what the linker has left on it at the start.
 */
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "suture.h"

#define MAX_PHDRS	32

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

static void add_interpreter(struct suture_ranges *ranges, struct mm_struct *mm,
			    unsigned long base)
{
	struct vm_area_struct *vma = find_vma(mm, base);
	unsigned int texts = 0;
	struct inode *inode;
	VMA_ITERATOR(vmi, mm, base);

	if (!vma || vma->vm_start > base || !vma->vm_file)
		return;
	inode = file_inode(vma->vm_file);
	for_each_vma(vmi, vma) {
		if (!vma->vm_file || file_inode(vma->vm_file) != inode)
			break;
		if (!(vma->vm_flags & VM_EXEC))
			continue;
		if (++texts == SUTURE_LINKER_RANGES)
			break;
		suture_ranges_add(ranges, vma->vm_start - 1, vma->vm_end, SUTURE_RANGE_LINKER);
	}
}

/* Where the object whose text is at @text has its ELF header; 0: not mapped. */
static unsigned long header_of(struct mm_struct *mm, unsigned long text)
{
	struct vm_area_struct *vma = find_vma(mm, text);
	unsigned long start;

	if (!vma || vma->vm_start > text || !vma->vm_file)
		return 0;
	start = vma->vm_start - (vma->vm_pgoff << PAGE_SHIFT);
	vma = find_vma(mm, start);
	return vma && vma->vm_start == start && !vma->vm_pgoff ? start : 0;
}

/*
 * The linker takes the write permission from the part that says PT_GNU_RELRO once the
 * object is relocated. An object that has none, or cannot be read: nothing is known.
 */
static bool is_relocated(struct mm_struct *mm, unsigned long bias, unsigned long text)
{
	unsigned long header = header_of(mm, text);
	struct vm_area_struct *vma;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr;
	unsigned int i;

	if (!header ||
	    copy_from_user_nofault(&ehdr, (const void __user *)header, sizeof(ehdr)) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) || ehdr.e_phentsize != sizeof(phdr))
		return true;
	for (i = 0; i < min_t(unsigned int, ehdr.e_phnum, MAX_PHDRS); i++) {
		unsigned long start, end;

		if (copy_from_user_nofault(&phdr, (const void __user *)(header + ehdr.e_phoff +
									i * sizeof(phdr)),
					   sizeof(phdr)))
			return true;
		if (phdr.p_type != PT_GNU_RELRO)
			continue;
		start = bias + phdr.p_vaddr;
		end = (start + phdr.p_memsz) & PAGE_MASK;
		start &= PAGE_MASK;
		vma = find_vma(mm, start);
		return start >= end || !vma || vma->vm_start > start ||
		       !(vma->vm_flags & VM_WRITE);
	}
	return true;
}

static bool all_relocated(struct suture_patch *patch, struct mm_struct *mm,
			  const struct suture_view *view)
{
	u32 i;

	for (i = 0; i < patch->note.nr_objects; i++) {
		if (view->texts[i] && !is_relocated(mm, view->bases[i], view->texts[i]))
			return false;
	}
	return true;
}

/*
 * suture_ranges_linker - where no thread may be while hooks run
 *
 * current uses the mm. Everywhere while an object of the patch is not relocated; else
 * in the dynamic linker, and nowhere in a static program. Only program counters count,
 * and frames that somebody has found for certain. Adds up to SUTURE_LINKER_RANGES.
 * Returns 0, or -EBUSY: the mmap_lock was not to be had.
 */
int suture_ranges_linker(struct suture_ranges *ranges, struct suture_patch *patch,
			 struct mm_struct *mm, const struct suture_view *view)
{
	unsigned long base = interpreter_base(mm);

	if (!suture_mmap_read_lock(mm))
		return -EBUSY;
	if (base)
		add_interpreter(ranges, mm, base);
	if (base && !all_relocated(patch, mm, view))
		suture_ranges_add(ranges, 0, ULONG_MAX, SUTURE_RANGE_LINKER);
	mmap_read_unlock(mm);
	return 0;
}
