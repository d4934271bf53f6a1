// SPDX-License-Identifier: GPL-2.0
/*
 * The patch in an address space. Everything here works on current->mm: a kernel
 * thread that uses the mm, or the process itself.
 */
#include <linux/mman.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>

#include "suture.h"

#define PLACE_TRIES	8
#define STACK_GUARD	SZ_1M		/* what the kernel keeps free below a stack */
#define LOWEST		0x10000UL	/* the largest default of vm.mmap_min_addr */

/* Where the patch may stand so that every place reaches it: [*lo, *hi]. */
static void reach(struct suture_patch *patch, const struct suture_view *view, unsigned long *lo,
		  unsigned long *hi)
{
	u32 i;

	*lo = LOWEST;
	*hi = TASK_SIZE_MAX - patch->span;
	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *place = &patch->places[i];
		unsigned long from, to;

		if (view->bases[place->object] == SUTURE_ABSENT)
			continue;
		suture_arch_reach(view->bases[place->object] + place->addr, &from, &to);
		from = from > place->new_addr ? from - place->new_addr : 0;
		to = to > place->new_addr ? to - place->new_addr : 0;
		*lo = max(*lo, from);
		*hi = min(*hi, to);
	}
	*lo = PAGE_ALIGN(*lo);
	*hi &= PAGE_MASK;
}

/* As far down as this stack can grow, whose limit is @limit bytes. */
static unsigned long stack_end(const struct vm_area_struct *vma, unsigned long limit)
{
	unsigned long start = vma->vm_start;

	if (limit > vma->vm_end)
		return 0;
	start = min(start, vma->vm_end - limit);
	return start > STACK_GUARD ? start - STACK_GUARD : 0;
}

/*
 * The free place of span bytes in [lo, hi] nearest to want. Not where the heap
 * or a stack would grow into it. Between the libraries and the stack only where there
 * is no other: a process may raise the limit of its stack. 0: there is none.
 */
static unsigned long find_place(struct mm_struct *mm, unsigned long stack_limit,
				unsigned long span, unsigned long lo, unsigned long hi,
				unsigned long want)
{
	unsigned long best = 0, best_distance = ULONG_MAX, below_stack = 0;
	unsigned long gap = lo;			/* start of the gap before vma */
	bool heap_below = false;
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, lo);

	for (;;) {
		unsigned long end, place, distance;

		vma = vma_next(&vmi);
		end = vma ? vma->vm_start : hi + span;
		if (vma && (vma->vm_flags & VM_GROWSDOWN))
			end = stack_end(vma, stack_limit);
		end = min(end, hi + span);
		if (end <= gap || end - gap < span || heap_below) {
			/* no room */
		} else if (vma && (vma->vm_flags & VM_GROWSDOWN)) {
			below_stack = below_stack ?: gap;
		} else {
			place = clamp(want, gap, end - span);
			distance = max(place, want) - min(place, want);
			if (distance < best_distance) {
				best = place;
				best_distance = distance;
			}
		}
		if (!vma || vma->vm_start > hi)
			return best ?: below_stack;
		gap = max(gap, vma->vm_end);
		heap_below = vma->vm_start < mm->brk && vma->vm_end > mm->start_brk;
	}
}

static unsigned long segment_prot(const struct spm_segment *seg)
{
	return (seg->flags & PF_R ? PROT_READ : 0) | (seg->flags & PF_W ? PROT_WRITE : 0) |
	       (seg->flags & PF_X ? PROT_EXEC : 0);
}

static int map_at(struct file *file, unsigned long addr, unsigned long len, unsigned long prot,
		  unsigned long flags, unsigned long offset)
{
	unsigned long got;

	if (suture_fails())
		return -ENOMEM;
	if (!suture_mmap_lock_free(current->mm))
		return -EBUSY;
	got = vm_mmap(file, addr, len, prot, MAP_PRIVATE | flags, offset);
	if (IS_ERR_VALUE(got))
		return (int)got;
	return got == addr ? 0 : -EEXIST;
}

static int map_segment(struct suture_patch *patch, const struct spm_segment *seg,
		       unsigned long base)
{
	unsigned long start = base + (seg->vaddr & PAGE_MASK);
	unsigned long file_end = base + seg->vaddr + seg->filesz;
	unsigned long end = PAGE_ALIGN(base + seg->vaddr + seg->memsz);
	unsigned long split = seg->filesz ? PAGE_ALIGN(file_end) : start;
	int ret;

	/* MAP_FIXED: the span is ours, see suture_map(). */
	if (split > start) {
		ret = map_at(patch->file, start, split - start, segment_prot(seg), MAP_FIXED,
			     seg->offset & PAGE_MASK);
		if (ret)
			return ret;
	}
	if (end > split) {
		ret = map_at(NULL, split, end - split, segment_prot(seg), MAP_FIXED | MAP_ANONYMOUS,
			     0);
		if (ret)
			return ret;
	}
	if (seg->memsz > seg->filesz && split > file_end) {
		struct suture_window window = {};

		ret = suture_poke(patch, current->mm, &window, file_end,
				  page_address(ZERO_PAGE(0)), split - file_end);
		suture_poke_end(&window);
		return ret;
	}
	return 0;
}

/* Text comes behind the ledger: a child that is forked now shows both, or nothing that
 * keeps anybody. */
static int map_segments(struct suture_patch *patch, unsigned long base, bool text)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < patch->elf.nr_segments && !ret; i++) {
		const struct spm_segment *seg = &patch->elf.segments[i];

		if (!!(seg->flags & PF_X) == text)
			ret = map_segment(patch, seg, base);
	}
	return ret;
}

/* The words that refer to these objects (a bit each); to the patch itself with @own. A
 * missing object is at 0. */
static int relocate(struct suture_patch *patch, const struct suture_view *view,
		    unsigned long base, u32 objects, bool own)
{
	struct suture_window window = {};
	int ret = 0;
	u32 i;

	/* In the order of their addresses: one page after the other. */
	for (i = 0; i < patch->note.nr_relocs && !ret; i++) {
		const struct suture_reloc *reloc = &patch->note.relocs[i];
		u64 word = 0;

		if (reloc->object == SUTURE_SELF) {
			if (!own)
				continue;
			word = base + reloc->addend;
		} else if (!(objects >> reloc->object & 1)) {
			continue;
		} else if (view->bases[reloc->object] != SUTURE_ABSENT) {
			word = view->bases[reloc->object] + reloc->addend;
		}
		ret = suture_poke(patch, current->mm, &window, base + reloc->offset, &word,
				  sizeof(word));
	}
	suture_poke_end(&window);
	return ret;
}

/* Where the branches will be; see struct suture_ledger. The patch is not in force yet. */
static int write_ledger(struct suture_patch *patch, const struct suture_view *view,
			unsigned long base)
{
	struct suture_ledger ledger = { .magic = SUTURE_LEDGER_MAGIC };
	struct suture_window window = {};
	u32 i;
	int ret;

	for (i = 0; i < patch->note.nr_objects; i++)
		ledger.bases[i] = view->bases[i];
	ret = suture_poke(patch, current->mm, &window, base + patch->ledger, &ledger,
			  offsetof(struct suture_ledger, bases[patch->note.nr_objects]));
	suture_poke_end(&window);
	return ret;
}

/* The ledger has a page of its own where the last data page has no room for it. */
static int map_ledger(struct suture_patch *patch, unsigned long base)
{
	if (offset_in_page(patch->ledger))
		return 0;
	return map_at(NULL, base + patch->ledger, PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_FIXED | MAP_ANONYMOUS, 0);
}

/* Of current->mm. -EBUSY, -EINTR: it is still there; survey->view.stale_base finds it. */
int suture_unmap(struct suture_patch *patch, unsigned long base)
{
	int ret;

	if (!suture_mmap_lock_free(current->mm))
		return -EBUSY;
	ret = vm_munmap(base, patch->span);
	if (!ret)
		suture_leftover_gone(patch, base);
	return ret;
}

static unsigned long first_text(const struct suture_patch *patch, const struct suture_view *view)
{
	u32 i;

	for (i = 0; i < patch->nr_places; i++) {
		if (view->bases[patch->places[i].object] != SUTURE_ABSENT)
			return view->texts[patch->places[i].object];
	}
	return 0;
}

/* Reserve the span: nothing of the process can come between the segments. */
static int reserve(struct suture_patch *patch, const struct suture_view *view,
		   unsigned long stack_limit, unsigned long *ret_base)
{
	struct mm_struct *mm = current->mm;
	unsigned long lo, hi, want, base;
	int ret, i;

	reach(patch, view, &lo, &hi);
	/* Just below the text of the first target: usually the next free room. */
	want = first_text(patch, view) & PAGE_MASK;
	want = want > patch->span ? want - patch->span : 0;
	for (i = 0; i < PLACE_TRIES; i++) {
		if (!suture_mmap_read_lock(mm))
			return -EBUSY;
		base = lo <= hi ? find_place(mm, stack_limit, patch->span, lo, hi, want) : 0;
		mmap_read_unlock(mm);
		if (!base)
			return -ERANGE;
		ret = map_at(NULL, base, patch->span, PROT_NONE,
			     MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, 0);
		if (ret != -EEXIST)	/* else somebody was faster: look again */
			break;
	}
	*ret_base = base;
	return ret;
}

/*
 * suture_map - map and relocate the patch
 * @view: of current->mm; says where the objects are
 * @t: a thread of it, for its limits
 *
 * No branch leads to it yet. Returns 0 and *@ret_base, -ERANGE (no room in reach),
 * -EBUSY, or what mmap says.
 */
int suture_map(struct suture_patch *patch, const struct suture_view *view,
	       struct task_struct *t, unsigned long *ret_base)
{
	unsigned long base;
	int ret;

	ret = suture_leftovers_unmap(patch) ?:
	      reserve(patch, view, task_rlimit(t, RLIMIT_STACK), &base);
	if (ret)
		return ret;
	ret = map_segments(patch, base, false) ?: map_ledger(patch, base) ?:
	      relocate(patch, view, base, ~0U, true) ?: write_ledger(patch, view, base) ?:
	      map_segments(patch, base, true) ?: suture_hooks_map(patch, base);
	if (ret)
		goto err;
	*ret_base = base;
	return 0;
err:
	if (suture_unmap(patch, base))
		suture_leftover(patch, base);
	return ret;
}

/*
 * suture_remap - tell the mapping at view->patch_base where these objects are now
 *
 * Each word is written at once; the ledger last. Returns 0 or what suture_poke() says.
 */
int suture_remap(struct suture_patch *patch, const struct suture_view *view, u32 objects)
{
	unsigned long bases = view->patch_base + patch->ledger +
			      offsetof(struct suture_ledger, bases);
	struct suture_window window = {};
	int ret;
	u32 i;

	ret = relocate(patch, view, view->patch_base, objects, false);
	for (i = 0; i < patch->note.nr_objects && !ret; i++) {
		u64 base = view->bases[i];

		if (objects >> i & 1)
			ret = suture_poke(patch, current->mm, &window, bases + i * sizeof(base),
					  &base, sizeof(base));
	}
	suture_poke_end(&window);
	return ret;
}
