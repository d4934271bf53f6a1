// SPDX-License-Identifier: GPL-2.0
/* Pages of text: read, pin, give back. */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "suture.h"

/* Copy from or to mapped text through its pinned page(s). */
void suture_copy_pages(struct page *const pages[2], unsigned long addr, void *buf,
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

void suture_unpin_two(struct page *pages[2], bool dirty)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (pages[i])
			unpin_user_pages_dirty_lock(&pages[i], 1, dirty);
		pages[i] = NULL;
	}
}

/* Pin the page(s) of [addr, addr + len); the caller holds mmap_lock for reading. */
int suture_pin_two(struct mm_struct *mm, unsigned long addr, unsigned int len, unsigned int flags,
		   struct page *pages[2])
{
	unsigned long page = addr & PAGE_MASK;
	long got;
	int i;

	for (i = 0; i < 2 && page < addr + len; i++, page += PAGE_SIZE) {
		got = suture_fails() ? -ENOMEM : suture_pin_page(mm, page, flags, &pages[i]);
		if (got != 1) {
			pages[i] = NULL;
			suture_unpin_two(pages, false);
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

static bool is_readable(const struct vm_area_struct *vma, unsigned long addr, unsigned int len)
{
	return vma && vma->vm_start <= addr && vma->vm_end - addr >= len &&
	       suture_may_fault_in(vma);
}

/*
 * Memory in which text of the patch's targets can stand: of their files, or anonymous.
 * The caller holds targets_sem, and mmap_lock for reading.
 */
bool suture_is_text(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		    unsigned int len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!is_readable(vma, addr, len))
		return false;
	return vma->vm_file ? !!suture_find_target(patch, file_inode(vma->vm_file)) :
			      vma_is_anonymous(vma);
}

/* Likewise, of the patch itself. */
static bool is_data(const struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		    unsigned int len)
{
	struct vm_area_struct *vma = find_vma(mm, addr);

	if (!is_readable(vma, addr, len))
		return false;
	return vma->vm_file ? file_inode(vma->vm_file) == patch->inode : vma_is_anonymous(vma);
}

/* Nothing is pinned, so that pages shared with a forked child stay shared. */
static int read_mm(struct mm_struct *mm, unsigned long addr, void *buf, unsigned int len,
		   unsigned int flags)
{
	struct page *pages[2] = {};
	int i, n = 1 + (offset_in_page(addr) + len > PAGE_SIZE);
	long got = 0;

	for (i = 0; i < n; i++) {
		got = suture_fails() ? -ENOMEM :
		      suture_get_page(mm, (addr & PAGE_MASK) + i * PAGE_SIZE, flags, &pages[i]);
		if (got != 1) {
			pages[i] = NULL;
			break;
		}
	}
	if (i == n)
		suture_copy_pages(pages, addr, buf, len, false);
	for (i = 0; i < 2; i++) {
		if (pages[i])
			put_page(pages[i]);
	}
	return got == 1 ? 0 : got < 0 ? (int)got : -EFAULT;
}

/* Read text of a target, up to a page's worth; locks as for suture_is_text(). */
int suture_read_text(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		     void *buf, unsigned int len)
{
	return suture_is_text(patch, mm, addr, len) ?
		       read_mm(mm, addr, buf, len, FOLL_FORCE) : -EFAULT;
}

/* Read data of a mapping of the patch; the caller holds mmap_lock for reading. */
int suture_read_data(const struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		     void *buf, unsigned int len)
{
	return is_data(patch, mm, addr, len) ? read_mm(mm, addr, buf, len, FOLL_FORCE) : -EFAULT;
}

/* Done with writing. Twice does no harm. */
void suture_poke_end(struct suture_window *window)
{
	suture_unpin_two(window->pages, true);
	window->mm = NULL;
}

static int open_window(const struct suture_patch *patch, struct mm_struct *mm, unsigned long page,
		       struct suture_window *window)
{
	int ret = -EFAULT;

	suture_poke_end(window);
	if (!suture_mmap_read_lock(mm))
		return -EBUSY;
	if (is_data(patch, mm, page, PAGE_SIZE))
		ret = suture_pin_two(mm, page, 1, FOLL_WRITE | FOLL_FORCE, window->pages);
	mmap_read_unlock(mm);
	if (!ret) {
		window->mm = mm;
		window->page = page;
	}
	return ret;
}

/*
 * suture_poke - write data of a mapping of the patch, within one page
 * @window: keeps the page for what follows; all 0 at first, then suture_poke_end()
 *
 * Not by put_user(): the process may have put memory there that never comes.
 * Returns 0, -EBUSY, -EFAULT (not the patch's memory) or an error of gup.
 */
int suture_poke(const struct suture_patch *patch, struct mm_struct *mm,
		struct suture_window *window, unsigned long addr, const void *buf,
		unsigned int len)
{
	unsigned long page = addr & PAGE_MASK;
	int ret;

	if (window->mm != mm || window->page != page) {
		ret = open_window(patch, mm, page, window);
		if (ret)
			return ret;
	}
	suture_copy_pages(window->pages, addr, (void *)buf, len, true);
	return 0;
}

/* Can any of its pages differ from the file's? The caller holds mmap_lock. */
bool suture_has_own_pages(const struct vm_area_struct *vma)
{
	return !vma->vm_file || (vma->vm_flags & VM_SHARED) || READ_ONCE(vma->anon_vma);
}

/* Read what is mapped, of whatever file: a fault may wait, for a disk or for a file system of
 * the process's own, and FOLL_NOWAIT does not keep it from that. */
int suture_peek(struct mm_struct *mm, unsigned long addr, void *buf, unsigned int len)
{
	return is_readable(find_vma(mm, addr), addr, len) ?
		       read_mm(mm, addr, buf, len, FOLL_FORCE | FOLL_NOFAULT) : -EFAULT;
}

/* The byte at this address is one that a neighbour writes. */
static bool is_neighbours(const struct suture_survey *survey, unsigned long addr)
{
	unsigned int i;
	u32 k;

	for (i = 0; i < survey->nr_mappings; i++) {
		const struct suture_mapping *m = &survey->mappings[i];

		for (k = 0; m->ledger.magic && k < m->patch->nr_places; k++) {
			const struct suture_place *place = &m->patch->places[k];

			if (addr - (m->ledger.bases[place->object] + place->addr) < place->len)
				return true;
		}
	}
	return false;
}

/* Behind what is written may stand the breakpoint of a uprobe: whoever traps on it goes
 * on with the instruction of the file, which is the one that is expected. */
static bool is_uprobe(const struct mm_struct *mm, const u8 *bytes, unsigned int i)
{
	static const uprobe_opcode_t breakpoint = UPROBE_SWBP_INSN;

	return suture_has_uprobes(mm) &&
	       !memcmp(bytes + round_down(i, sizeof(breakpoint)), &breakpoint,
		       sizeof(breakpoint));
}

/* All the bytes that the patch names at a place, but those that are written (whose
 * they are is known by now) and those of neighbours. */
static int check_place(const struct suture_survey *survey, const struct suture_place *place)
{
	unsigned long at = survey->view.bases[place->object] + place->check_addr;
	unsigned int skip = place->addr - place->check_addr, i;
	u8 bytes[SUTURE_OLD_BYTES_MAX];
	int ret;

	ret = suture_read_text(survey->patch, survey->mm, at, bytes, place->check_len);
	if (ret)
		return ret;
	for (i = 0; i < place->check_len; i++) {
		if (bytes[i] == place->check[i] || i - skip < place->len)
			continue;
		if (!is_neighbours(survey, at + i) &&
		    !(i > skip && is_uprobe(survey->mm, bytes, i)))
			return -ESTALE;
	}
	return 0;
}

/*
 * Compare all the bytes that the patch names in these objects (a bit each), not only
 * those to be overwritten. Returns 0, -ESTALE with the number of the place, -EBUSY, or
 * an error of reading.
 */
int suture_old_bytes(const struct suture_survey *survey, u32 objects, u32 *ret_func)
{
	struct suture_patch *patch = survey->patch;
	int ret = 0;
	u32 i;

	down_read(&patch->targets_sem);
	if (!suture_mmap_read_lock(survey->mm)) {
		up_read(&patch->targets_sem);
		return -EBUSY;
	}
	for (i = 0; i < patch->nr_places && !ret; i++) {
		const struct suture_place *place = &patch->places[i];

		*ret_func = i;
		if ((objects >> place->object & 1) &&
		    survey->view.bases[place->object] != SUTURE_ABSENT)
			ret = check_place(survey, place);
	}
	mmap_read_unlock(survey->mm);
	up_read(&patch->targets_sem);
	return ret;
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

	if (suture_pin_two(mm, addr, 1, FOLL_WRITE | FOLL_FORCE, pages))
		return;
	p = kmap_local_page(dropped);
	suture_copy_pages(pages, addr, p, PAGE_SIZE, true);
	suture_arch_flush(pages, addr, PAGE_SIZE);
	kunmap_local(p);
	suture_unpin_two(pages, true);
}

static void give_back_page(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr)
{
	struct vm_area_struct *vma = find_vma(mm, addr);
	struct page *mine, *files;

	/* The process can have mapped anything there meanwhile, and say anything in a ledger. */
	if (!vma || vma->vm_start > addr || !vma->vm_file ||
	    !suture_find_target(patch, file_inode(vma->vm_file)))
		return;
	if (vma->vm_flags & (VM_WRITE | VM_SHARED | VM_LOCKED | VM_HUGETLB | VM_PFNMAP |
			     __VM_UFFD_FLAGS))
		return;
	files = find_get_page(vma->vm_file->f_mapping, linear_page_index(vma, addr));
	if (!files)
		return;
	if (!PageUptodate(files) ||
	    suture_get_page(mm, addr, FOLL_FORCE | FOLL_NOFAULT, &mine) != 1)
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
 * Give back the private copies of these pages of the patch's targets if they equal the file
 * again. What cannot be given back stays: it costs memory, nothing else. The caller holds
 * targets_sem, and the mmap_lock, only for reading: threads run in that very page, and their
 * faults must not wait.
 */
void suture_give_back(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		      unsigned int len)
{
	unsigned long first = addr & PAGE_MASK, last = (addr + len - 1) & PAGE_MASK;

	give_back_page(patch, mm, first);
	if (last != first)
		give_back_page(patch, mm, last);
}
