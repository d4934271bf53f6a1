// SPDX-License-Identifier: GPL-2.0
/*
 * Is a thread inside a function? Its program counter, its registers and every
 * word of its used stack are looked at, and any value that lies inside counts.
 * So no frame is ever missed; a stale word only delays.
 */
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/uaccess.h>

#include "suture.h"

static struct suture_ranges *ranges_alloc(unsigned int room)
{
	struct suture_ranges *ranges;

	ranges = kvzalloc(struct_size(ranges, r, room), GFP_KERNEL);
	if (ranges) {
		ranges->lo = ULONG_MAX;
		ranges->room = room;
	}
	return ranges;
}

static void ranges_add(struct suture_ranges *ranges, unsigned long start, unsigned long end,
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
 * What a thread must not be inside of when branches are written: the bytes
 * themselves, and (quiescent) the old functions with their further parts.
 */
struct suture_ranges *suture_ranges_old(struct suture_patch *patch, const struct suture_view *view,
					bool quiescent)
{
	const struct spm_note *note = &patch->note;
	struct suture_ranges *ranges;
	unsigned long start;
	u32 i;

	ranges = ranges_alloc(2 * note->nr_funcs + note->nr_ranges);
	if (!ranges)
		return NULL;
	for (i = 0; i < note->nr_funcs; i++) {
		const struct suture_func *func = &note->funcs[i];

		start = view->bases[func->object] + func->old_addr;
		/* A word equal to the end of the bytes goes on behind the branch: fine. */
		ranges_add(ranges, start + func->branch_at,
			   start + func->branch_at + SUTURE_BRANCH_LEN - 1, i);
		if (quiescent)
			ranges_add(ranges, start, start + func->old_size, i);
	}
	for (i = 0; quiescent && i < note->nr_ranges; i++) {
		const struct suture_range *range = &note->ranges[i];

		start = view->bases[note->funcs[range->func].object] + range->addr;
		ranges_add(ranges, start, start + range->size, range->func);
	}
	return ranges;
}

/* The text of the patch, mapped at base. Its other pages do not count: their end may
 * be the start of somebody's stack. */
struct suture_ranges *suture_ranges_patch(struct suture_patch *patch, unsigned long base)
{
	const struct spm_elf *elf = &patch->elf;
	struct suture_ranges *ranges = ranges_alloc(elf->nr_segments);
	u32 i;

	for (i = 0; ranges && i < elf->nr_segments; i++) {
		const struct spm_segment *seg = &elf->segments[i];

		if (seg->flags & PF_X)
			ranges_add(ranges, base + seg->vaddr, base + seg->vaddr + seg->filesz,
				   SUTURE_NO_FUNC);
	}
	return ranges;
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
	if (alive)
		*copy = *regs;
	rcu_read_unlock();
	smp_rmb();	/* pairs with exit: mm is dropped before the stack is */
	return alive && READ_ONCE(t->mm) == mm;
}

#define CHUNK	64	/* words */

/* Every word of [start, end) of the mm in use. */
static int scan(struct task_struct *t, const struct suture_ranges *ranges, unsigned long start,
		unsigned long end, struct suture_block *block, unsigned long *ret_fault)
{
	unsigned int step = sizeof(long);
	unsigned long words[CHUNK];
	u32 func;

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
			*ret_fault = start;
			return blocked(block, t, SUTURE_REASON_BUSY, SUTURE_NO_FUNC);
		}
		for (i = 0; i + sizeof(long) <= size; i += step) {
			unsigned long word;

			memcpy(&word, (u8 *)words + i, sizeof(word));
			if (inside(ranges, suture_arch_strip(word), &func))
				return blocked(block, t, SUTURE_REASON_INSIDE, func);
		}
		start += i;
	}
	return 0;
}

/* End of the used stack that begins at sp. 0: sp is in no stack. */
static unsigned long stack_end(struct task_struct *t, struct mm_struct *mm, unsigned long sp)
{
	struct vm_area_struct *vma = find_vma(mm, sp);
	unsigned long tp = suture_arch_tp(t);

	if (!vma || sp < vma->vm_start)
		return 0;
	/* The main thread started at start_stack; above it are only arguments. */
	if (sp < mm->start_stack && mm->start_stack <= vma->vm_end)
		return mm->start_stack;
	/* Both glibc and musl put a thread's control block on top of its stack, and
	 * an mmap behind the stack may have become one vma with it. */
	if (sp < tp && tp <= vma->vm_end)
		return tp;
	return vma->vm_end;
}

static bool on_altstack(struct task_struct *t, unsigned long sp)
{
	return t->sas_ss_size && sp > t->sas_ss_sp && sp - t->sas_ss_sp <= t->sas_ss_size;
}

/* A thread that steps over a probed instruction elsewhere. */
static bool in_uprobe_step(struct task_struct *t)
{
#ifdef CONFIG_UPROBES
	struct uprobe_task *utask = READ_ONCE(t->utask);

	return utask && READ_ONCE(utask->active_uprobe);
#else
	return false;
#endif
}

/*
 * suture_stack_check - is thread t inside one of the ranges?
 *
 * t must be held or asleep, mm in use by current (kthread_use_mm), its mmap_lock
 * held for reading. Neither sleeps nor faults. Returns 0 (outside), or -EAGAIN
 * with the reason in *@block; where a page of the stack is not in memory, its
 * address is in *@ret_fault.
 */
int suture_stack_check(struct task_struct *t, struct mm_struct *mm,
		       const struct suture_ranges *ranges, bool quiescent,
		       struct suture_block *block, unsigned long *ret_fault)
{
	unsigned long sp, pcs[2], word, end;
	struct pt_regs regs;
	unsigned int i, n;
	u32 func;

	if (!suture_user_regs(t, mm, &regs))
		return 0;	/* it has left the mm meanwhile */
	sp = suture_arch_sp(&regs);
	if (in_uprobe_step(t))
		return blocked(block, t, SUTURE_REASON_BUSY, SUTURE_NO_FUNC);
	n = suture_arch_pcs(&regs, pcs);
	for (i = 0; i < n; i++) {
		if (inside(ranges, pcs[i], &func))
			return blocked(block, t, SUTURE_REASON_INSIDE, func);
	}
	/* vfork() keeps its return address in a register; so may other assembly. */
	for (i = 0; suture_arch_reg(&regs, i, &word); i++) {
		if (inside(ranges, suture_arch_strip(word), &func))
			return blocked(block, t, SUTURE_REASON_INSIDE, func);
	}
	if (on_altstack(t, sp)) {
		/* The interrupted stack is somewhere else: nobody knows how deep. */
		if (quiescent)
			return blocked(block, t, SUTURE_REASON_ALTSTACK, SUTURE_NO_FUNC);
		end = min_t(unsigned long, t->sas_ss_sp + t->sas_ss_size,
			    stack_end(t, mm, sp) ?: sp);
	} else {
		end = stack_end(t, mm, sp);
		if (!end)
			return blocked(block, t, SUTURE_REASON_BUSY, SUTURE_NO_FUNC);
	}
	return scan(t, ranges, sp, end, block, ret_fault);
}
