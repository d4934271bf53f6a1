// SPDX-License-Identifier: GPL-2.0
/* Pages of text: read, pin, compare, write, give back. */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "suture.h"

/* Copy from or to mapped text through its pinned page(s). */
static void copy_pages(struct page *const pages[2], unsigned long addr, void *buf,
		       unsigned int len, bool write)
{
	unsigned int offset = offset_in_page(addr);
	unsigned int first = min_t(unsigned int, len, PAGE_SIZE - offset);
	void *p;

	p = kmap_local_page(pages[0]);
	if (write)
		memcpy(p + offset, buf, first);
	else
		memcpy(buf, p + offset, first);
	kunmap_local(p);
	if (first == len)
		return;

	p = kmap_local_page(pages[1]);
	if (write)
		memcpy(p, buf + first, len - first);
	else
		memcpy(buf + first, p, len - first);
	kunmap_local(p);
}

static void unpin_two(struct page *pages[2], bool dirty)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (pages[i])
			unpin_user_pages_dirty_lock(&pages[i], 1, dirty);
		pages[i] = NULL;
	}
}

/* Pin the page(s) of [addr, addr + len); the caller holds mmap_lock for reading. */
static int pin_two(struct mm_struct *mm, unsigned long addr, unsigned int len, unsigned int flags,
		   struct page *pages[2])
{
	unsigned long page = addr & PAGE_MASK;
	long got;
	int i;

	for (i = 0; i < 2 && page < addr + len; i++, page += PAGE_SIZE) {
		got = suture_pin_page(mm, page, flags, &pages[i]);
		if (got != 1) {
			pages[i] = NULL;
			unpin_two(pages, false);
			return got < 0 ? (int)got : -EFAULT;
		}
	}
	return 0;
}

/*
 * May the kernel wait for a page of this mapping? Not where the process itself
 * decides when it comes (userfaultfd).
 */
bool suture_may_fault_in(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_IO | VM_PFNMAP | __VM_UFFD_FLAGS));
}

/* Memory in which text of ours can stand: of the files concerned, or anonymous. */
static bool is_readable(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
			unsigned int len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	const struct inode *inode;

	if (!vma || vma->vm_start > addr || vma->vm_end - addr < len || !suture_may_fault_in(vma))
		return false;
	if (!vma->vm_file)
		return vma_is_anonymous(vma);
	inode = file_inode(vma->vm_file);
	return inode == patch->inode || suture_find_target(patch, inode);
}

/*
 * Read up to a page's worth; the caller holds targets_sem, and mmap_lock for reading.
 * Nothing is pinned, so that pages shared with a forked child stay shared.
 */
int suture_read_text(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		     void *buf, unsigned int len)
{
	struct page *pages[2] = {};
	int i, n = 1 + (offset_in_page(addr) + len > PAGE_SIZE);
	long got = 0;

	if (!is_readable(patch, mm, addr, len))
		return -EFAULT;
	for (i = 0; i < n; i++) {
		got = suture_get_page(mm, (addr & PAGE_MASK) + i * PAGE_SIZE, FOLL_FORCE,
				      &pages[i]);
		if (got != 1) {
			pages[i] = NULL;
			break;
		}
	}
	if (i == n)
		copy_pages(pages, addr, buf, len, false);
	for (i = 0; i < 2; i++) {
		if (pages[i])
			put_page(pages[i]);
	}
	return got == 1 ? 0 : got < 0 ? (int)got : -EFAULT;
}

/*
 * Are @got, read from mm's text, the bytes @want? Where uprobes are, one's breakpoint
 * may stand for an instruction from @behind on: nothing is written there, and who
 * traps on it goes on with the instruction of the file. Before that it must not be:
 * the instruction would not be the file's any more.
 */
static bool same_text(const struct mm_struct *mm, const u8 *got, const u8 *want,
		      unsigned int len, unsigned int behind)
{
	static const uprobe_opcode_t breakpoint = UPROBE_SWBP_INSN;
	unsigned int i, n;

	for (i = 0; i < len; i += n) {
		n = min_t(unsigned int, sizeof(breakpoint), len - i);
		if (!memcmp(got + i, want + i, n))
			continue;
		if (i < behind || !suture_has_uprobes(mm) || memcmp(got + i, &breakpoint, n))
			return false;
	}
	return true;
}

/*
 * Compare all the bytes that the patch names, not only those to be overwritten.
 * Returns 0, -ESTALE with the function, or an error of reading.
 */
int suture_old_bytes(struct suture_patch *patch, struct mm_struct *mm,
		     const struct suture_view *view, u32 *ret_func)
{
	u8 bytes[SUTURE_OLD_BYTES_MAX];
	int ret = 0;
	u32 i;

	down_read(&patch->targets_sem);
	if (!suture_mmap_read_lock(mm)) {
		up_read(&patch->targets_sem);
		return -EBUSY;
	}
	for (i = 0; i < patch->note.nr_funcs && !ret; i++) {
		const struct suture_func *func = &patch->note.funcs[i];

		*ret_func = i;
		ret = suture_read_text(patch, mm, view->bases[func->object] + func->old_addr, bytes,
				       func->old_len);
		if (!ret && !same_text(mm, bytes, func->old_bytes, func->old_len,
				       func->branch_at + SUTURE_BRANCH_LEN))
			ret = -ESTALE;
	}
	mmap_read_unlock(mm);
	up_read(&patch->targets_sem);
	return ret;
}

/*
 * suture_edits_make - what is to be written into mm
 * @base: of the patch in mm
 * @revert: old bytes over branches, instead of branches over old bytes
 *
 * Returns the list (free with suture_edits_free()), or NULL with *ret_error:
 * -ENOMEM, or -ERANGE when the patch is out of reach of a function.
 */
struct suture_edits *suture_edits_make(struct suture_patch *patch, struct mm_struct *mm,
				       const struct suture_view *view, unsigned long base,
				       bool revert, int *ret_error)
{
	u32 nr = patch->note.nr_funcs, i;
	struct suture_edits *edits;

	*ret_error = -ENOMEM;
	edits = kvzalloc(struct_size(edits, edits, nr), GFP_KERNEL);
	if (!edits)
		return NULL;
	edits->patch = patch;
	edits->mm = mm;
	edits->nr = nr;
	for (i = 0; i < nr; i++) {
		const struct suture_func *func = &patch->note.funcs[i];
		struct suture_edit *edit = &edits->edits[i];
		const u8 *old = func->old_bytes + func->branch_at;
		u8 branch[SUTURE_BRANCH_LEN];

		edit->func = i;
		edit->addr = suture_site(func, view->bases);
		*ret_error = suture_arch_branch(branch, edit->addr, base + func->new_addr);
		if (*ret_error) {
			kvfree(edits);
			return NULL;
		}
		memcpy(edit->old, revert ? branch : old, SUTURE_BRANCH_LEN);
		memcpy(edit->new, revert ? old : branch, SUTURE_BRANCH_LEN);
	}
	return edits;
}

/*
 * Break the copy-on-write of every page concerned and pin it, so that writing
 * later needs neither a lock nor memory. To apply, only private, executable mappings
 * of a file are touched; to revert, also memory to which the text was copied.
 * Returns 0, -EBUSY, -EFAULT (not such text) or an error of gup.
 */
int suture_edits_pin(struct suture_edits *edits, bool revert)
{
	struct mm_struct *mm = edits->mm;
	unsigned int i;
	int ret = 0;

	down_read(&edits->patch->targets_sem);
	if (!suture_mmap_read_lock(mm)) {
		ret = -EBUSY;
		goto out;
	}
	for (i = 0; i < edits->nr && !ret; i++) {
		struct suture_edit *edit = &edits->edits[i];
		struct vm_area_struct *vma = find_vma(mm, edit->addr);

		if (!is_readable(edits->patch, mm, edit->addr, SUTURE_BRANCH_LEN) ||
		    (vma->vm_flags & VM_SHARED) ||
		    (!revert && (!vma->vm_file || !(vma->vm_flags & VM_EXEC))))
			ret = -EFAULT;
		else
			ret = pin_two(mm, edit->addr, SUTURE_BRANCH_LEN, FOLL_WRITE | FOLL_FORCE,
				      edit->pages);
	}
	mmap_read_unlock(mm);
out:
	up_read(&edits->patch->targets_sem);
	return ret;
}

/* Are the old bytes there, now? Neither sleeps nor faults. */
bool suture_edits_match(const struct suture_edits *edits, u32 *ret_func)
{
	u8 bytes[SUTURE_BRANCH_LEN];
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];

		copy_pages(edit->pages, edit->addr, bytes, SUTURE_BRANCH_LEN, false);
		if (memcmp(bytes, edit->old, SUTURE_BRANCH_LEN)) {
			*ret_func = edit->func;
			return false;
		}
	}
	return true;
}

/* Write the new bytes. Neither sleeps nor faults. */
void suture_edits_write(const struct suture_edits *edits)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];
		u8 bytes[SUTURE_BRANCH_LEN];

		memcpy(bytes, edit->new, SUTURE_BRANCH_LEN);
		copy_pages(edit->pages, edit->addr, bytes, SUTURE_BRANCH_LEN, true);
		suture_arch_flush(edit->pages, edit->addr, SUTURE_BRANCH_LEN);
	}
}

/* Twice does no harm. */
void suture_edits_unpin(struct suture_edits *edits)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++)
		unpin_two(edits->edits[i].pages, true);
}

void suture_edits_free(struct suture_edits *edits)
{
	if (!edits)
		return;
	suture_edits_unpin(edits);
	kvfree(edits);
}

static bool same_content(struct page *a, struct page *b)
{
	void *p = kmap_local_page(a), *q = kmap_local_page(b);
	bool same = !memcmp(p, q, PAGE_SIZE);

	kunmap_local(q);
	kunmap_local(p);
	return same;
}

/* Somebody (a debugger) wrote into the page that was just dropped: put that back. */
static void put_back(struct mm_struct *mm, unsigned long addr, struct page *dropped)
{
	struct page *pages[2] = {};
	void *p;

	if (pin_two(mm, addr, 1, FOLL_WRITE | FOLL_FORCE, pages))
		return;
	p = kmap_local_page(dropped);
	copy_pages(pages, addr, p, PAGE_SIZE, true);
	suture_arch_flush(pages, addr, PAGE_SIZE);
	kunmap_local(p);
	unpin_two(pages, true);
}

static void give_back_page(struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct page *mine, *files;

	if (!vma || vma->vm_start > addr || !vma->vm_file)
		return;
	if (vma->vm_flags & (VM_WRITE | VM_SHARED | VM_LOCKED | __VM_UFFD_FLAGS))
		return;
	files = find_get_page(vma->vm_file->f_mapping, linear_page_index(vma, addr));
	if (!files)
		return;
	if (!PageUptodate(files) || suture_get_page(mm, addr, FOLL_FORCE, &mine) != 1)
		goto out;
	if (mine != files && same_content(mine, files) && suture_zap(vma, addr, PAGE_SIZE)) {
		if (!same_content(mine, files))
			put_back(mm, addr, mine);
	}
	put_page(mine);
	/* Threads will want it at once: spare them the fault. */
	if (suture_get_page(mm, addr, FOLL_FORCE, &mine) == 1)
		put_page(mine);
out:
	put_page(files);
}

/*
 * Give back the private copies of pages that equal the file again; unpins them
 * first. What cannot be given back stays: it costs memory, nothing else. The
 * mmap_lock is only held for reading: threads run in that very page, and their
 * faults must not wait.
 */
void suture_edits_give_back(struct suture_edits *edits)
{
	unsigned int i;

	suture_edits_unpin(edits);
	if (!suture_mmap_read_lock(edits->mm))
		return;
	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];
		unsigned long first = edit->addr & PAGE_MASK;
		unsigned long last = (edit->addr + SUTURE_BRANCH_LEN - 1) & PAGE_MASK;

		give_back_page(edits->mm, first);
		if (last != first)
			give_back_page(edits->mm, last);
	}
	mmap_read_unlock(edits->mm);
}
