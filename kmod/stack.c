// SPDX-License-Identifier: GPL-2.0
/*
 * Is a thread inside a function? Its program counter, its registers and every
 * word of its used stack are looked at, and any value that lies inside counts.
 * So no frame is ever missed; a stale word only delays, until somebody settles it
 * (settle.c).
 */
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "suture.h"

/* Room for this many; NULL: no memory. Free with kvfree(). */
struct suture_ranges *suture_ranges_new(unsigned int room)
{
	struct suture_ranges *ranges;

	ranges = suture_try(kvzalloc(struct_size(ranges, r, room), GFP_KERNEL));
	if (ranges) {
		ranges->lo = ULONG_MAX;
		ranges->room = room;
	}
	return ranges;
}

void suture_ranges_add(struct suture_ranges *ranges, unsigned long start, unsigned long end,
		       u32 func)
{
	if (WARN_ON_ONCE(ranges->nr == ranges->room))
		return;
	ranges->r[ranges->nr].start = start;
	ranges->r[ranges->nr].end = end;
	ranges->r[ranges->nr].func = func;
	ranges->nr++;
	ranges->lo = min(ranges->lo, start);
	ranges->hi = max(ranges->hi, end);
}

/*
 * A uretprobe replaces return addresses by one in the [uprobes] page, and a probed
 * instruction is stepped over there: whose code that is cannot be told. One range.
 */
void suture_ranges_uprobes(struct suture_ranges *ranges, struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	if (!suture_mmap_read_lock(mm)) {
		/* Not known: then everybody may be there. */
		suture_ranges_add(ranges, 0, ULONG_MAX, SUTURE_RANGE_UPROBE);
		return;
	}
	{
		VMA_ITERATOR(vmi, mm, 0);

		for_each_vma(vmi, vma) {
			if (!vma->vm_file && vma->vm_ops && vma->vm_ops->name &&
			    !strcmp(vma->vm_ops->name(vma) ?: "", "[uprobes]")) {
				suture_ranges_add(ranges, vma->vm_start - 1, vma->vm_end - 1,
					   SUTURE_RANGE_UPROBE);
				break;
			}
		}
	}
	mmap_read_unlock(mm);
}

/* The bytes that are written. A word equal to their end goes on behind them: fine. */
void suture_ranges_edits(struct suture_ranges *ranges, const struct suture_edits *edits)
{
	unsigned int i;

	for (i = 0; i < edits->nr; i++) {
		const struct suture_edit *edit = &edits->edits[i];

		if (!edit->is_data)
			suture_ranges_add(ranges, edit->addr, edit->addr + edit->len - 1,
					  edit->func);
	}
}

/* The old functions with their further parts; at most nr_funcs + nr_ranges. */
void suture_ranges_old(struct suture_ranges *ranges, const struct suture_patch *patch,
		       const struct suture_view *view)
{
	const struct spm_note *note = &patch->note;
	unsigned long base;
	u32 i;

	for (i = 0; i < note->nr_funcs; i++) {
		const struct suture_func *func = &note->funcs[i];

		base = view->bases[func->object];
		if (base != SUTURE_ABSENT)
			suture_ranges_add(ranges, base + func->old_addr,
				   base + func->old_addr + func->old_size, i);
	}
	for (i = 0; i < note->nr_ranges; i++) {
		const struct suture_range *range = &note->ranges[i];

		base = view->bases[note->funcs[range->func].object];
		if (base != SUTURE_ABSENT)
			suture_ranges_add(ranges, base + range->addr - 1,
				   base + range->addr + range->size, range->func);
	}
}

/* The text of the patch, mapped at base, its first byte too. Its other pages do not
 * count: their end may be the start of somebody's stack. One range. */
void suture_ranges_patch(struct suture_ranges *ranges, const struct suture_patch *patch,
			 unsigned long base)
{
	const struct spm_elf *elf = &patch->elf;
	u32 i;

	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *seg = &elf->segments[i];

		if (seg->flags & PF_X)
			suture_ranges_add(ranges, base + seg->vaddr - 1,
					  base + seg->vaddr + seg->filesz,
				   SUTURE_NO_FUNC);
	}
}

/*
 * A return address lies behind the call, so it is never the start of its
 * function and may be its end. A program counter at the start is not inside
 * either: it will meet what is written there.
 */
static bool inside(const struct suture_ranges *ranges, unsigned long word, u32 *ret_func)
{
	unsigned int i;

	if (word <= ranges->lo || word > ranges->hi)
		return false;
	for (i = 0; i < ranges->nr; i++) {
		if (word > ranges->r[i].start && word <= ranges->r[i].end) {
			*ret_func = ranges->r[i].func;
			return true;
		}
	}
	return false;
}

static int blocked(struct suture_block *block, struct task_struct *t, u32 reason, u32 func)
{
	block->reason = reason;
	block->tid = task_pid_nr(t);
	block->func = func;
	get_task_comm(block->comm, t);
	return -EAGAIN;
}

/*
 * suture_user_regs - the registers with which t entered the kernel
 *
 * t must be referenced, and held or off the CPU. Its kernel stack is freed when it
 * dies, RCU-delayed or for reuse; whoever still has its mm afterwards was alive
 * when the registers were copied. False: t does not run in mm any more.
 */
bool suture_user_regs(struct task_struct *t, struct mm_struct *mm, struct pt_regs *copy)
{
	const struct pt_regs *regs;
	bool alive;

	rcu_read_lock();
	regs = task_pt_regs(t);
	alive = (unsigned long)regs > THREAD_SIZE;	/* t->stack was not NULL */
	/* A cached stack is freed at once when its CPU goes away. */
	alive = alive && !copy_from_kernel_nofault(copy, regs, sizeof(*copy));
	rcu_read_unlock();
	smp_rmb();	/* pairs with exit: mm is dropped before the stack is */
	return alive && READ_ONCE(t->mm) == mm;
}

/*
 * -EAGAIN when the word lies inside of something, else 0. Words of the dynamic linker
 * are on every main thread's stack, left over from its start (linker.c).
 */
static int look_at_word(struct task_struct *t, const struct suture_ranges *ranges,
			unsigned long word, bool is_pc, struct suture_block *block)
{
	u32 func;

	if (!inside(ranges, word, &func))
		return 0;
	if (func == SUTURE_RANGE_UPROBE)
		return blocked(block, t, SUTURE_REASON_BUSY, SUTURE_NO_FUNC);
	if (func == SUTURE_RANGE_LINKER)
		return is_pc ? blocked(block, t, SUTURE_REASON_LINKER, SUTURE_NO_FUNC) : 0;
	return blocked(block, t, SUTURE_REASON_INSIDE, func);
}

/*
 * Where there is a second opinion on a thread, its frames are known. They are on
 * whatever stack, and in a register where the unwind tables say so, as vfork's are;
 * other words and registers are left over. -ENOENT: there is none.
 */
static int look_at_frames(struct task_struct *t, const struct suture_ranges *ranges,
			  struct suture_block *block)
{
	const struct suture_opinion *opinion;
	int ret = -ENOENT;
	unsigned int i;

	rcu_read_lock();
	opinion = suture_opinion(t);
	if (opinion)
		ret = 0;
	for (i = 0; opinion && i < opinion->nr && !ret; i++)
		ret = look_at_word(t, ranges, opinion->frames[i], true, block);
	rcu_read_unlock();
	return ret;
}

#define CHUNK	64	/* words */

/* Every word of [start, end) of the mm in use. */
static int scan(struct task_struct *t, const struct suture_ranges *ranges, unsigned long start,
		unsigned long end, struct suture_block *block, struct suture_fault *ret_fault)
{
	unsigned int step = sizeof(long);
	unsigned long words[CHUNK];
	int ret;

	/* A stack pointer that is not aligned has frames that are not, either. */
	if (start % sizeof(long))
		step = 1;
	while (start + sizeof(long) <= end) {
		unsigned long size = min_t(unsigned long, sizeof(words), end - start);
		unsigned long page_end = (start & PAGE_MASK) + PAGE_SIZE;
		unsigned long i;

		if (start + size > page_end && page_end - start >= sizeof(long))
			size = page_end - start;
		if (copy_from_user_nofault(words, (const void __user *)start, size)) {
			ret_fault->start = start;
			ret_fault->end = end;
			return blocked(block, t, SUTURE_REASON_BUSY, SUTURE_NO_FUNC);
		}
		for (i = 0; i + sizeof(long) <= size; i += step) {
			unsigned long word;

			memcpy(&word, (u8 *)words + i, sizeof(word));
			ret = look_at_word(t, ranges, suture_arch_strip(word), false, block);
			if (ret)
				return ret;
		}
		start += i;
	}
	return 0;
}

#define STACK_MAX	(16UL << 20)	/* bytes of one stack that are looked at */

/*
 * Follow the stack from sp to one of its two known ends, through vmas that belong
 * together (mlock or madvise of a part splits it; a guard page does not belong). 0: it
 * leads to neither.
 */
static unsigned long follow(struct mm_struct *mm, unsigned long sp, unsigned long top)
{
	struct vm_area_struct *vma = find_vma(mm, sp);

	if (sp >= top || top - sp > STACK_MAX || !vma || sp < vma->vm_start)
		return 0;
	while ((vma->vm_flags & (VM_READ | VM_WRITE)) == (VM_READ | VM_WRITE)) {
		unsigned long end = vma->vm_end;

		if (top <= end)
			return top;
		vma = find_vma(mm, end);
		if (!vma || vma->vm_start != end)
			break;
	}
	return 0;
}

/*
 * End of the used part of a thread's own stack, which begins at sp. The main thread
 * started at start_stack; of any other, glibc and musl put the control block on top
 * of the stack. 0: sp is on another stack, as in a coroutine; the thread's own one
 * holds frames, too, and nobody knows how deep.
 */
static unsigned long stack_end(struct task_struct *t, struct mm_struct *mm, unsigned long sp)
{
	return follow(mm, sp, mm->start_stack) ?: follow(mm, sp, suture_arch_tp(t));
}

/*
 * The leader's control block is not on top of its stack: what leads there may be a
 * coroutine's, with frames on the main stack. (Or a thread has forked: then what is
 * found there is stale, and only delays.) All of the main stack, in *start.
 */
static unsigned long main_stack_too(struct task_struct *t, struct mm_struct *mm,
				    unsigned long end, unsigned long *start)
{
	struct vm_area_struct *vma;

	if (!thread_group_leader(t) || end == mm->start_stack)
		return 0;
	vma = find_vma(mm, mm->start_stack - 1);
	if (!vma || vma->vm_start >= mm->start_stack)
		return 0;
	*start = max(vma->vm_start, mm->start_stack - STACK_MAX);
	return mm->start_stack;
}

static bool on_altstack(struct task_struct *t, unsigned long sp)
{
	return t->sas_ss_size && sp > t->sas_ss_sp && sp - t->sas_ss_sp <= t->sas_ss_size;
}

/*
 * What to scan of a stack that is not the thread's own, for a patch that is
 * immediate: all of it that can be seen. Its only question is whether a program
 * counter lies in the few bytes of a branch.
 */
static unsigned long visible_end(struct task_struct *t, struct mm_struct *mm, unsigned long sp)
{
	struct vm_area_struct *vma = find_vma(mm, sp);

	if (!vma || sp < vma->vm_start)
		return sp;
	if (on_altstack(t, sp))
		return min_t(unsigned long, t->sas_ss_sp + t->sas_ss_size, vma->vm_end);
	return min(vma->vm_end, sp + STACK_MAX);
}

/*
 * suture_stack_check - is thread t inside one of the ranges?
 *
 * t must be held or off the CPU, mm in use by current (kthread_use_mm), its mmap_lock
 * held for reading. Neither sleeps nor faults. Returns 0 (outside), or -EAGAIN
 * with the reason in *@block; where a part of the stack is not in memory, it is
 * in *@ret_fault, for suture_stack_fetch().
 */
int suture_stack_check(struct task_struct *t, struct mm_struct *mm,
		       const struct suture_ranges *ranges, bool quiescent,
		       struct suture_block *block, struct suture_fault *ret_fault)
{
	unsigned long sp, pcs[2], word, end;
	struct pt_regs regs;
	unsigned int i, n;
	int ret;

	if (!suture_user_regs(t, mm, &regs))
		return 0;	/* it has left the mm meanwhile */
	sp = suture_arch_sp(&regs);
	n = suture_arch_pcs(&regs, pcs);
	for (i = 0; i < n; i++) {
		ret = look_at_word(t, ranges, pcs[i], true, block);
		if (ret)
			return ret;
	}
	ret = look_at_frames(t, ranges, block);
	if (ret != -ENOENT)
		return ret;
	/* vfork() keeps its return address in a register; so may other assembly. */
	for (i = 0; suture_arch_reg(&regs, i, &word); i++) {
		ret = look_at_word(t, ranges, suture_arch_strip(word), false, block);
		if (ret)
			return ret;
	}
	end = on_altstack(t, sp) ? 0 : stack_end(t, mm, sp);
	if (!end && quiescent)
		return blocked(block, t, SUTURE_REASON_ALTSTACK, SUTURE_NO_FUNC);
	ret = scan(t, ranges, sp, end ?: visible_end(t, mm, sp), block, ret_fault);
	if (ret || !end)
		return ret;
	end = main_stack_too(t, mm, end, &sp);
	return end ? scan(t, ranges, sp, end, block, ret_fault) : 0;
}

/*
 * suture_stack_fetch - bring a part of a stack into memory
 *
 * Nobody is held. Only anonymous memory, which nobody but the machine can delay.
 */
void suture_stack_fetch(struct mm_struct *mm, const struct suture_fault *fault)
{
	unsigned long addr;

	for (addr = fault->start & PAGE_MASK; addr < fault->end; addr += PAGE_SIZE) {
		struct vm_area_struct *vma;
		struct page *page;
		bool ok;

		if (!suture_mmap_read_lock(mm))
			return;
		vma = find_vma(mm, addr);
		ok = vma && vma->vm_start <= addr && vma_is_anonymous(vma) &&
		     suture_may_fault_in(vma) &&
		     suture_get_page(mm, addr, SUTURE_FOLL_UNHIDE, &page) == 1;
		mmap_read_unlock(mm);
		if (!ok)
			return;
		put_page(page);
		cond_resched();
	}
}
