/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of suture.ko share. One file an idea:
 *
 *   main.c        module parameters, start and end
 *   device.c      /dev/suture: the ioctls
 *   sysfs.c       /sys/kernel/suture
 *   patch.c       the life of a loaded patch
 *   sign.c        is a patch module what somebody trusted has signed?
 *   trust.c       whose signatures are good: the keyring
 *   rollback.c    the newest version seen of each patch
 *   revoke.c      the lists of patches that are revoked
 *   order.c       one patch among others: stack, taking another's place, states
 *   place.c       the places in a target's text that a patch changes
 *   target.c      a file that carries an object: its build-id, its text
 *   watch.c       new mappings of such a file, patched before mmap returns
 *   birth.c       new processes that wait for their visit
 *   process.c     finding processes, their threads and locks
 *   survey.c      what an mm has of a patch, read from the mm itself
 *   map.c         the patch in an address space: find room, map, relocate, unmap
 *   text.c        reading text; giving its pages back
 *   edit.c        what is to be written: plan, pin, compare, write
 *   gate.c        holding the threads of an mm still
 *   hook.c        hooks, run while the gate is closed: the holder's part
 *   runner.c      the same, the part of the thread that runs them
 *   linker.c      is a thread in the dynamic linker?
 *   stack.c       is a thread inside a function?
 *   settle.c      second opinions on that
 *   change.c      the steps in one process
 *   hold.c        those of them while its threads are held
 *   leftover.c    what could not be unmapped at once
 *   ready.c       what a process that waits keeps for the next try
 *   states.c      what replaced patches have built up
 *   current.c     the same by the process itself, in text that is new
 *   transition.c  one process after the other towards the goal
 *   visit.c       the part of it in one process
 *   share.c       how long the hooks of each user have taken in this step
 *   nudge.c       a thread that comes back tells the transition
 *   scope.c       which processes a patch is for: rules, canary
 *   fail.c        failures for tests
 *   record.c      what the last try said; the state of a process for people
 *
 * Locks, outermost first: suture_lock (the list of patches, their goals), the
 * lock of an mm (suture_mm_lock()), patch->targets_sem (its files; never of two
 * patches at once), mmap_lock of the mm; patch->records_lock and the spinlock of
 * suture_patches are innermost. Nothing is taken while threads are held, but an
 * mmap_lock by trylock, and where hooks run the spinlocks of births (birth.c) and of
 * runners (runner.c).
 */
#ifndef _SUTURE_H
#define _SUTURE_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/ptrace.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/wait.h>

#include "arch/arch.h"
#include "compat.h"
#include "spm.h"
#include "spm-revoke.h"

#define SUTURE_VERSION		"0.1"

extern unsigned int suture_budget_us;
extern struct mutex suture_lock;
extern struct list_head suture_patches;

struct suture_cert;
struct suture_floor;
struct suture_patch;
struct suture_scope;

/* What the signature of a patch module has said. */
struct suture_seal {
	const struct suture_cert *signer;	/* NULL: nobody whom this machine trusts */
	bool hashed;				/* suture_lock, once the patch is loaded */
	u8 digests[2][SPM_DIGEST_LEN];		/* SHA-256 of the file, and of what is signed */
};

#define SUTURE_PLACE_MAX	8	/* bytes that are written at one place, at the most */

/* A place in a target's text that a patch changes: an entry, or a call. */
struct suture_place {
	u32 object;
	u32 number;		/* of the function; of a site + nr_funcs */
	u64 addr;		/* of what is written, in the object */
	u64 new_addr;		/* what it leads to, in the patch */
	u8 len;			/* bytes that are written */
	bool is_site;
	const u8 *old;		/* len bytes */
	u64 check_addr;		/* of all the bytes that the patch names, in the object */
	const u8 *check;
	u8 check_len;
};

/* One file that carries an object of a patch, and the uprobe that never fires. */
struct suture_target {
	struct list_head node;		/* patch->targets */
	struct suture_patch *patch;
	u32 object;
	struct file *file;
	struct inode *inode;		/* the real one, as a vma's vm_file shows it */
	struct spm_elf elf;
	loff_t offset;			/* where the uprobe sits, in the file */
	struct suture_uprobe uprobe;
};

/*
 * The life of a patch:
 *
 *   state      goal       meaning                              next
 *   APPLYING   PATCHED    some processes run the new code      APPLIED, REVERTING
 *   APPLIED    PATCHED    all do that can                      APPLYING, REVERTING
 *   REVERTING  UNPATCHED  some processes still run the new     (gone), APPLYING
 */
enum suture_goal { SUTURE_GOAL_PATCHED, SUTURE_GOAL_UNPATCHED };

struct suture_patch {
	struct list_head node;		/* suture_patches; suture_lock and suture_list_lock */
	struct kref ref;
	u64 seq;			/* the higher is on top */
	struct suture_patch *replaced_by;	/* suture_lock; referenced. See order.c */
	struct kobject *kobj;
	struct file *file;		/* the .spm; nobody can write it meanwhile */
	struct inode *inode;
	struct suture_seal seal;
	struct suture_floor *floor;	/* room to remember its version, until it is loaded */
	void *desc;			/* the note's descriptor */
	struct spm_note note;		/* points into desc */
	struct spm_elf elf;
	struct suture_place *places;
	u32 nr_places;
	unsigned long span;		/* bytes of address space, page-aligned */
	unsigned long hooks_at;		/* what its hooks need, see suture_hooks_map() */
	struct file *door;		/* NULL without hooks */
	unsigned long ledger;		/* of struct suture_ledger, from the patch's base */
	u64 loaded_at;			/* CLOCK_REALTIME, seconds */

	enum suture_goal goal;		/* suture_lock; read anywhere */
	u32 turns;			/* of the goal, likewise */
	u32 state;			/* enum suture_patch_state; suture_lock */
	bool unwanted;			/* the user himself has reverted it */
	bool superseded;		/* also who took its place is gone; suture_lock */
	bool force;			/* immediate, whatever the note says */
	unsigned long next_try;		/* jiffies */
	unsigned int delay_ms;		/* of the last wait; grows */
	bool dirty;			/* a new mapping wants a look */
	unsigned long look_until;	/* jiffies: a fork may bring somebody; 0: none */
	bool left_over;			/* a mapping that nothing leads to; the transition's */
	u64 hooks_ns;			/* its hooks took, in the process just visited; likewise */
	u64 first;			/* start time of who comes first in a step; likewise */
	u64 round;			/* start time of the youngest of this round; likewise */
	unsigned long last_look;	/* jiffies */
	struct pid *nudged;		/* nudge.c: a process that may not wait any more */
	unsigned long last_nudge;	/* jiffies */
	unsigned int nudge_pause_ms;	/* grows while they are in vain */
	u32 rounds;			/* of looks since the goal was set */
	unsigned int clean_looks;	/* that found nothing left, towards unpatched */
	bool gone;			/* unloaded */
	bool watched;			/* a new mapping may have been patched */
	struct suture_scope *scope;	/* NULL: all processes */
	u32 canary;			/* percent, 0: all; suture_lock; read anywhere */
	u32 canary_left;		/* how many more in this look; the transition's */
	wait_queue_head_t wait;		/* state changed */

	struct rw_semaphore targets_sem;
	struct list_head targets;

	atomic_t applying;		/* processes that patch themselves (watch.c) */
	struct list_head coming;	/* those that will, or are about it */

	struct list_head birth_node;	/* birth.c: new processes wait for their visit */
	struct list_head births;	/* those that do */
	unsigned int unvisited;		/* so many of them; read anywhere */
	unsigned int begin_ms;		/* for so long they wait for it to begin */
	unsigned long hold_until;	/* jiffies; 0: none was held yet */
	u32 hold_turns;			/* turns of the goal then */

	struct mutex records_lock;
	struct list_head records;	/* struct suture_record: what the last try said */
	unsigned int nr_records, prune_at;

	struct list_head leftovers;	/* leftover.c: what could not be unmapped yet */
};

/* What the last try in a process said; only for people and for counting. */
struct suture_record {
	struct list_head node;
	struct pid *tgid;
	void *mm;			/* never followed: tells an exec */
	u64 exec_id;			/* self_exec_id of the leader then */
	u32 state;			/* enum suture_proc_state */
	u32 reason;			/* enum suture_proc_reason */
	int error;
	int tid;			/* in the initial pid namespace */
	u32 func;
	u32 attempts;
	u32 in_a_row;			/* of this state */
	u32 silent;			/* tries since then without a record that could have one */
	unsigned long silent_at;	/* jiffies: of the last that was counted */
	u32 held_us;
	u32 turns;			/* of the patch's goal, then */
	char thread_comm[TASK_COMM_LEN];
};

static inline const char *suture_patch_name(const struct suture_patch *patch)
{
	return spm_string(&patch->note, patch->note.head->name);
}

static inline const char *suture_patch_version(const struct suture_patch *patch)
{
	return spm_string(&patch->note, patch->note.head->version);
}

static inline bool suture_patch_any_target(const struct suture_patch *patch)
{
	return patch->note.head->flags & SUTURE_NOTE_ANY_TARGET;
}

static inline bool suture_patch_quiescent(const struct suture_patch *patch)
{
	return (patch->note.head->flags & SUTURE_NOTE_QUIESCENT) && !READ_ONCE(patch->force);
}

/* ---- patch.c */
int suture_patch_load(struct file *file, const struct suture_ioc_file *files,
		      const struct suture_ioc_rule *rules, struct suture_ioc_load *arg);
int suture_patch_revert(const char *name, u32 flags, char *message);
void suture_patch_turn(struct suture_patch *patch, enum suture_goal goal);
void suture_patch_set_goal(struct suture_patch *patch, enum suture_goal goal);
struct suture_patch *suture_patch_get(const char *name);
void suture_patch_put(struct suture_patch *patch);
void suture_patch_unload(struct suture_patch *patch);
void suture_patches_flush(void);
void suture_say(char *message, const char *fmt, ...) __printf(2, 3);

/* ---- sign.c, trust.c */
int suture_sign_check(struct file *file, struct suture_seal *seal, char *message);
int suture_sign_hash(struct file *file, struct suture_seal *seal);
void suture_sign_tell(const char *op, const struct file *file, const struct suture_cert *signer,
		      const char *cause, const char *text, int ret);
bool suture_sign_required(void);
int suture_trust_init(void);
void suture_trust_exit(void);

/* ---- rollback.c, revoke.c */
int suture_rollback_check(struct suture_patch *patch, char *message);
void suture_rollback_loaded(struct suture_patch *patch);
int suture_floor(struct suture_ioc_floor *arg);
void suture_rollback_exit(void);
bool suture_digests_wanted(void);
bool suture_is_revoked(const struct suture_patch *patch);
int suture_revoked_check(struct suture_patch *patch, char *message);
int suture_revoke(struct file *file, char (*names)[SUTURE_NAME_MAX],
		  struct suture_ioc_revoke *arg);
void suture_revoke_exit(void);

/* ---- order.c: one patch among others */

/* Some patches, each referenced. */
struct suture_crew {
	unsigned int nr;
	struct suture_patch *patches[];
};

extern spinlock_t suture_list_lock;
struct suture_crew *suture_crew_neighbours(struct suture_patch *patch);
struct suture_crew *suture_crew_replaced(struct suture_patch *patch);
void suture_crew_put(struct suture_crew *crew);
bool suture_same_object(const struct suture_patch *a, u32 object_a,
			const struct suture_patch *b, u32 object_b);
int suture_order_check(const struct suture_patch *patch, char *message);
void suture_order_add(struct suture_patch *patch);
void suture_order_replace(struct suture_patch *patch);
void suture_order_follow(struct suture_patch *patch);
int suture_replaced_here(struct suture_patch *patch, struct mm_struct *mm);
bool suture_replaces(const struct suture_patch *patch, const struct suture_patch *other);
void suture_order_remove(struct suture_patch *patch);
struct suture_patch *suture_replacer_get(struct suture_patch *patch);
u32 suture_find_state(const struct suture_patch *patch, u32 id);

/* ---- place.c */
int suture_places_make(struct suture_patch *patch);
int suture_place_bytes(const struct suture_place *place, unsigned long at, unsigned long base,
		       u8 *buf);
const char *suture_place_name(const struct suture_patch *patch, u32 number);

/* ---- target.c */
int suture_target_add(struct suture_patch *patch, u32 object, struct file *file, char *message);
bool suture_targets_free(struct suture_patch *patch);
void suture_target_free(struct suture_target *target);
int suture_read_elf(struct file *file, struct spm_elf *elf, bool strict, const char **why);

/* ---- watch.c */
void suture_watch_init(struct suture_target *target);
bool suture_watch_comes(struct suture_patch *patch, const struct mm_struct *mm);
void suture_watch_flush(void);

/* ---- birth.c */
void suture_births_hold(struct suture_patch *patch, u32 turns, bool on);
bool suture_births_visit(void);
void suture_births_pause(bool on);
void suture_births_flush(void);

/* ---- process.c */
struct suture_procs {
	struct {
		struct task_struct *task;	/* a thread of the process, referenced */
		bool settled;			/* by the caller: nothing is left to do in it */
	} *of;
	unsigned int nr, room;
};

int suture_procs_collect(struct suture_procs *procs);
unsigned int suture_procs_find(const struct suture_procs *procs, u64 started);
bool suture_procs_settled(const struct suture_procs *procs, const struct task_struct *t,
			  unsigned int *from);
void suture_procs_free(struct suture_procs *procs);
struct mm_struct *suture_task_mm(struct task_struct *leader);
void suture_task_mm_put(struct mm_struct *mm);
bool suture_mmap_read_lock(struct mm_struct *mm);
bool suture_mmap_lock_free(struct mm_struct *mm);
int suture_watchable(const struct inode *inode, unsigned int patience_ms, char *message);

/* One at a time changes an mm: a transition, or the process itself (watch.c). */
void suture_process_init(void);
bool __must_check suture_mm_lock(struct mm_struct *mm);
bool __must_check suture_mm_lock_long(struct mm_struct *mm);
void suture_mm_unlock(struct mm_struct *mm);

/* A walk over the user threads of an mm; fn returns 0 to go on. In an RCU section. */
int suture_for_each_thread(struct mm_struct *mm, struct task_struct *leader,
			   int (*fn)(struct task_struct *t, void *data), void *data);
int suture_for_each_other(int (*fn)(struct task_struct *t, void *data), void *data);
bool suture_is_cloning(struct task_struct *t, struct mm_struct *mm);
bool suture_in_fork(struct task_struct *t, struct mm_struct *mm, struct task_struct *leader);

/* ---- survey.c */

/*
 * In each mapping of the patch: where its branches are. So a mapping can be judged
 * and reverted without the file of the target, which may be gone, or be copied to
 * anonymous memory. The process can write it, and then hurts only itself: it is
 * believed for nothing but where to look.
 */
struct suture_ledger {
	u64 magic;
	u64 state;			/* SUTURE_LEDGER_* */
	u64 bases[SUTURE_MAX_OBJECTS];	/* load bias, or SUTURE_ABSENT */
};

#define SUTURE_LEDGER_MAGIC	0x3272656764656c73ULL	/* "sledger2" */
#define SUTURE_LEDGER_APPLIED	(1U << 0)	/* written together with the branches */
#define SUTURE_LEDGER_HOOKS_DUE	(1U << 1)	/* pre_patch and post_patch have not run */
#define SUTURE_LEDGER_READY	(1U << 2)	/* alone: mapped in vain so far, see ready.c */
#define SUTURE_ABSENT		(~0UL)	/* the object is not mapped (ANY_TARGET) */

#define SUTURE_MAX_COPIES	4	/* of an object in an mm: dlmopen, or in two files */
#define SUTURE_MAX_MAPPINGS	64	/* of patches: one a copy, and left over ones */

/* A mapping of the patch, or of one of its neighbours. */
struct suture_mapping {
	struct suture_patch *patch;
	unsigned long base;
	struct suture_ledger ledger;	/* magic 0: it has none yet */
};

struct suture_copy {
	unsigned long base, text;
};

/* What an mm has of a patch. */
enum suture_view_kind {
	SUTURE_VIEW_NONE,		/* maps none of the targets */
	SUTURE_VIEW_NOT_EXEC,
	SUTURE_VIEW_INCOMPLETE,		/* with patch_base: it has to be taken back */
	SUTURE_VIEW_AMBIGUOUS,
	SUTURE_VIEW_UNPATCHED,
	SUTURE_VIEW_PATCHED,
	SUTURE_VIEW_FOREIGN,		/* at func stands something else */
};

struct suture_view {
	enum suture_view_kind kind;
	unsigned long bases[SUTURE_MAX_OBJECTS];	/* load bias, or SUTURE_ABSENT */
	unsigned long texts[SUTURE_MAX_OBJECTS];	/* start of an executable vma of it */
	unsigned long patch_base;	/* the mapping that the branches lead to, if in use */
	unsigned long stale_base;	/* a mapping of the patch that no branch leads to, or 0 */
	u32 fix;			/* objects that the mapping at patch_base knows elsewhere */
	bool partly;			/* some target is not mapped */
	bool hooks_due;
	u32 func;			/* number of a place */
};

struct suture_survey {
	struct suture_patch *patch;
	struct mm_struct *mm;
	const struct suture_crew *crew;	/* neighbours, the patch itself first */
	struct suture_view view;	/* the answer */
	bool leaving;			/* by the caller: a thread is just coming out */
	bool newborn;			/* likewise: it waits for this visit (birth.c) */
	bool hooks_first;		/* likewise: a copy whose hooks are due, before others */
	bool in_force;			/* a mapping of the patch is in use, whatever the view */
	u32 mapped;			/* bit per object: some part of the file */
	bool too_many;
	unsigned int nr_copies[SUTURE_MAX_OBJECTS];
	struct suture_copy copies[SUTURE_MAX_OBJECTS][SUTURE_MAX_COPIES];
	unsigned int nr_mappings;
	struct suture_mapping mappings[SUTURE_MAX_MAPPINGS];
};

struct suture_survey *suture_survey_new(struct suture_patch *patch);
void suture_survey_free(struct suture_survey *survey);
void suture_survey_forget(struct suture_survey *survey);
int suture_survey_mm(struct suture_survey *survey, struct mm_struct *mm);
int suture_find_holder(const struct suture_survey *survey, const struct suture_place *place,
		       unsigned long at, const u8 *bytes);
struct suture_target *suture_find_target(struct suture_patch *patch, const struct inode *inode);

#define SUTURE_HOLDER_OLD	(-1)	/* the old bytes */
#define SUTURE_HOLDER_FOREIGN	(-2)	/* something else */

/* ---- map.c (current->mm is the mm concerned) */
int suture_map(struct suture_patch *patch, const struct suture_view *view,
	       struct task_struct *t, unsigned long *ret_base);
int suture_unmap(struct suture_patch *patch, unsigned long base);
int suture_remap(struct suture_patch *patch, const struct suture_view *view, u32 objects);

/* ---- leftover.c */
void suture_leftover(struct suture_patch *patch, unsigned long base);
void suture_leftover_gone(struct suture_patch *patch, unsigned long base);
bool suture_has_leftovers(struct suture_patch *patch, const struct mm_struct *mm);
int suture_leftovers_unmap(struct suture_patch *patch);
void suture_leftovers_prune(struct suture_patch *patch, bool all);

/* ---- text.c */
int suture_read_text(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		     void *buf, unsigned int len);
bool suture_has_own_pages(const struct vm_area_struct *vma);
int suture_peek(struct mm_struct *mm, unsigned long addr, void *buf, unsigned int len);
/* A page of a mapping's data that is being written. */
struct suture_window {
	struct mm_struct *mm;
	unsigned long page;
	struct page *pages[2];
};

int suture_poke(const struct suture_patch *patch, struct mm_struct *mm,
		struct suture_window *window, unsigned long addr, const void *buf,
		unsigned int len);
void suture_poke_end(struct suture_window *window);
int suture_read_data(const struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		     void *buf, unsigned int len);
bool suture_is_text(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		    unsigned int len);
bool suture_may_fault_in(const struct vm_area_struct *vma);
int suture_pin_two(struct mm_struct *mm, unsigned long addr, unsigned int len,
		   unsigned int flags, struct page *pages[2]);
void suture_unpin_two(struct page *pages[2], bool dirty);
void suture_copy_pages(struct page *const pages[2], unsigned long addr, void *buf,
		       unsigned int len, bool write);
int suture_old_bytes(const struct suture_survey *survey, u32 objects, u32 *ret_func);
void suture_give_back(struct suture_patch *patch, struct mm_struct *mm, unsigned long addr,
		      unsigned int len);

/* ---- edit.c */

/* One patch in a change of an mm. */
enum suture_part_op {
	SUTURE_PART_ADD,		/* a new mapping gets its branches */
	SUTURE_PART_FIX,		/* one in use gets those of some objects */
	SUTURE_PART_REMOVE,		/* one in use loses all */
};

struct suture_part {
	enum suture_part_op op;
	struct suture_patch *patch;
	struct suture_survey *survey;	/* of the patch in this mm */
	unsigned long base;		/* of the mapping */
	u32 objects;			/* that are concerned, a bit each */
	u64 state;			/* of the ledger afterwards */
	u64 was;			/* likewise so far, of one that is added */
	bool mapped;			/* the mapping was made for this change */
};

/* Some bytes of an mm to be changed, their page pinned. */
struct suture_edit {
	struct suture_patch *patch;	/* whose place it is */
	unsigned long addr;
	u32 func;			/* number of the place */
	u8 len;
	bool is_data;			/* of a ledger */
	bool is_branch;			/* not only old bytes put back */
	u8 old[SUTURE_PLACE_MAX];	/* now there */
	u8 new[SUTURE_PLACE_MAX];
	struct page *pages[2];		/* two where the bytes cross a page */
};

struct suture_edits {
	struct mm_struct *mm;
	unsigned int nr, room;
	struct suture_edit edits[];
};

int suture_edits_make(struct mm_struct *mm, const struct suture_part *parts, unsigned int nr,
		      struct suture_edits **ret_edits, u32 *ret_func);
int suture_edits_pin(struct suture_edits *edits);
bool suture_edits_mapped(const struct suture_edits *edits);
bool suture_edits_match(const struct suture_edits *edits, u32 *ret_func);
void suture_edits_write(const struct suture_edits *edits);
void suture_edits_free(struct suture_edits *edits);
void suture_edits_give_back(struct suture_edits *edits);

/* ---- stack.c */
struct suture_ranges {
	unsigned long lo, hi;		/* around all */
	unsigned int nr, room;
	struct { unsigned long start, end; u32 func; } r[];	/* inside: start < word <= end */
};

/* In place of a function: */
#define SUTURE_RANGE_UPROBE	(SUTURE_NO_FUNC - 1)
#define SUTURE_RANGE_LINKER	(SUTURE_NO_FUNC - 2)

/* A part of a stack that is not in memory: from the first missing page to the end. */
struct suture_fault {
	unsigned long start, end;
};

/* Why an mm could not be changed now. */
struct suture_block {
	u32 reason;			/* enum suture_proc_reason */
	int tid;
	u32 func;
	char comm[TASK_COMM_LEN];
	int value;			/* what a hook has returned */
};

struct suture_ranges *suture_ranges_new(unsigned int room);
void suture_ranges_add(struct suture_ranges *ranges, unsigned long start, unsigned long end,
		       u32 func);
void suture_ranges_old(struct suture_ranges *ranges, const struct suture_patch *patch,
		       const struct suture_view *view);
void suture_ranges_patch(struct suture_ranges *ranges, const struct suture_patch *patch,
			 unsigned long base);
void suture_ranges_edits(struct suture_ranges *ranges, const struct suture_edits *edits);
void suture_ranges_uprobes(struct suture_ranges *ranges, struct mm_struct *mm);
bool suture_user_regs(struct task_struct *t, struct mm_struct *mm, struct pt_regs *copy);
int suture_stack_check(struct task_struct *t, struct mm_struct *mm,
		       const struct suture_ranges *ranges, bool quiescent,
		       struct suture_block *block, struct suture_fault *ret_fault);
void suture_stack_fetch(struct mm_struct *mm, const struct suture_fault *fault);

/* ---- settle.c */
struct suture_opinion {
	struct hlist_node node;
	struct list_head age;
	struct rcu_head rcu;
	const struct task_struct *task;		/* never followed */
	u64 start_time;				/* tells it from another at this address */
	unsigned long switches;
	const struct suture_patch *patch;	/* never followed: it ends with it */
	unsigned int nr;
	unsigned long frames[];			/* where they go on, the innermost first */
};

const struct suture_opinion *suture_opinion(const struct task_struct *t);
void suture_settle_forget(const struct suture_patch *patch);
int suture_thread(struct suture_ioc_thread *arg);
int suture_settle(const struct suture_ioc_settle *arg);

/* ---- gate.c (current uses the mm by kthread_use_mm) */
struct suture_gate;
struct suture_gate *suture_gate_new(struct mm_struct *mm, struct task_struct *leader);
int suture_gate_close(struct suture_gate *gate, const struct suture_ranges *ranges, bool quiescent,
		      struct suture_block *block);
int suture_gate_check_again(struct suture_gate *gate, struct suture_block *block);
u32 suture_gate_open(struct suture_gate *gate);
void suture_gate_flush(void);

/* ---- visit.c */
enum suture_outcome {
	SUTURE_OUTCOME_DONE,		/* nothing to do here */
	SUTURE_OUTCOME_CHANGED,		/* this process is at the goal now */
	SUTURE_OUTCOME_WAITING,		/* try again later */
	SUTURE_OUTCOME_PASSING,		/* likewise, for a reason that does not last */
	SUTURE_OUTCOME_STUCK,		/* refused or failed: trying again would not help */
	SUTURE_OUTCOME_LOST,		/* the process has ended */
};

enum suture_outcome suture_visit(struct suture_survey *survey, struct task_struct *leader,
				 enum suture_goal goal);

/* ---- transition.c */
int suture_transition_init(void);
void suture_transition_exit(void);
bool suture_turned(const struct suture_patch *patch, u32 turns);
void suture_transition_kick(void);
void suture_transition_kick_now(void);

/* ---- hook.c: code of the patch, run by a thread of the process */
unsigned long suture_hooks_room(const struct suture_patch *patch);
int suture_hooks_prepare(struct suture_patch *patch);
int suture_hooks_map(struct suture_patch *patch, unsigned long base);
bool suture_has_hooks(const struct suture_patch *patch, u32 kind);
int suture_hooks_ready(struct suture_gate *gate, struct suture_block *block);
int suture_hooks_run(struct suture_gate *gate, struct suture_patch *patch, unsigned long base,
		     u32 kind, struct suture_block *block);

/* ---- runner.c */
bool suture_hooks_unfinished(struct mm_struct *mm);
bool suture_in_hook(void);
void suture_runners_exit(void);

/* ---- linker.c */
#define SUTURE_LINKER_RANGES	8U
int suture_ranges_linker(struct suture_ranges *ranges, struct suture_patch *patch,
			 struct mm_struct *mm, const struct suture_view *view);

/* ---- share.c */
#define SUTURE_MAX_SHARES	16

struct suture_shares {
	unsigned int nr;
	struct {
		kuid_t owner;
		u64 ns;
	} of[SUTURE_MAX_SHARES];
	u64 first;			/* start time of the first that was put off, or 0 */
};

bool suture_share_spent(const struct suture_shares *shares, struct task_struct *leader);
void suture_share_spend(struct suture_shares *shares, struct task_struct *leader, u64 ns);
void suture_share_put_off(struct suture_patch *patch, u64 first);

/* ---- fail.c */
bool suture_fails(void);

/* An allocation that a test can make fail. */
#define suture_try(call)	(suture_fails() ? NULL : (call))

/* ---- nudge.c */
void suture_nudge_ask(struct suture_patch *patch, int tid);
bool suture_nudge_moves(int tid);
void suture_nudges_cancel(struct suture_patch *patch);
void suture_nudges_cancel_mm(const struct mm_struct *mm);
void suture_nudges_flush(void);

/* ---- change.c, current.c: one process */
int suture_apply_mm(struct suture_survey *survey, struct task_struct *leader,
		    struct suture_block *block, u32 *ret_held);
int suture_fix_mm(struct suture_survey *survey, struct task_struct *leader,
		  struct suture_block *block, u32 *ret_held);
int suture_revert_mm(struct suture_survey *survey, struct task_struct *leader, bool hooks,
		     struct suture_block *block, u32 *ret_held);
int suture_drain_mm(struct suture_survey *survey, struct task_struct *leader, unsigned long base,
		    struct suture_block *block, u32 *ret_held);
int suture_tidy_mm(struct suture_patch *patch, struct mm_struct *mm);
int suture_apply_current(struct suture_patch *patch, bool *forkable);

/* ---- scope.c */
int suture_scope_set(struct suture_patch *patch, const struct suture_ioc_rule *rules, u32 nr,
		     u32 canary, char *message);
void suture_scope_free(struct suture_patch *patch);
bool suture_scope_partial(const struct suture_patch *patch);
bool suture_scope_same(const struct suture_patch *patch, const struct suture_patch *again);
u32 suture_scope_nr_rules(const struct suture_patch *patch);
bool suture_scope_allows(struct suture_patch *patch, struct task_struct *leader,
			 struct mm_struct *mm);
void suture_scope_judge(struct suture_patch *patch, struct task_struct *leader,
			struct mm_struct *mm, const struct suture_view *view,
			struct suture_proc *proc);
ssize_t suture_scope_show(const struct suture_patch *patch, char *buf);
int suture_canary_begin(struct suture_survey *survey, const struct suture_procs *procs);
bool suture_canary_staged(const struct suture_patch *patch);
bool suture_canary_wants(const struct suture_patch *patch);
void suture_canary_took(struct suture_patch *patch);
int suture_scope_promote(const char *name, char *message);

/* ---- record.c */
u32 suture_record(struct suture_patch *patch, struct task_struct *leader, struct mm_struct *mm,
		  u32 state, int error, const struct suture_block *block, u32 held_us);
u32 suture_record_try(struct suture_patch *patch, struct task_struct *leader,
		      struct mm_struct *mm);
bool suture_hook_not_again(struct suture_patch *patch, struct task_struct *leader,
			   struct mm_struct *mm, bool refused);
bool suture_hook_told(struct suture_patch *patch, struct task_struct *leader,
		      struct mm_struct *mm);
void suture_records_prune(struct suture_patch *patch, bool all);
bool suture_proc_fill(struct suture_survey *survey, struct task_struct *leader,
		      struct suture_proc *proc);

/* ---- device.c, sysfs.c */
int suture_device_init(void);
void suture_device_exit(void);
int suture_sysfs_init(void);
void suture_sysfs_exit(void);
int suture_sysfs_add(struct suture_patch *patch);
void suture_sysfs_remove(struct suture_patch *patch);

#endif /* _SUTURE_H */
