// SPDX-License-Identifier: GPL-2.0
/*
 * sutured: processes that die by a signal that means a mistake, and what of patches was
 * in them. It runs in the dying thread, when the signal is delivered: registers, stack
 * and mappings are still what they were.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "crash-event.h"

#define SIGILL		4
#define SIGTRAP		5
#define SIGABRT		6
#define SIGBUS		7
#define SIGFPE		8
#define SIGSEGV		11
#define MISTAKES	(1U << SIGILL | 1U << SIGTRAP | 1U << SIGABRT | 1U << SIGBUS | \
			 1U << SIGFPE | 1U << SIGSEGV)

#define VM_EXEC		4UL
#define LEDGER_MAGIC	0x3272656764656c73ULL	/* kmod/suture.h */
#define LEDGER_APPLIED	1U
#define FAULT_FRESH_NS	60000000000ULL		/* a handler may write a report for so long */
#define MAX_VMAS	70000			/* vm.max_map_count is 65530 */

char LICENSE[] SEC("license") = "GPL";

struct qstr {
	const unsigned char *name;
} __attribute__((preserve_access_index));

struct super_block {
	unsigned int s_dev;
} __attribute__((preserve_access_index));

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
} __attribute__((preserve_access_index));

struct dentry {
	struct dentry *d_parent;
	struct qstr d_name;
} __attribute__((preserve_access_index));

struct vfsmount {
	struct dentry *mnt_root;
} __attribute__((preserve_access_index));

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
} __attribute__((preserve_access_index));

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
} __attribute__((preserve_access_index));

struct file {
	struct path f_path;
	struct inode *f_inode;
} __attribute__((preserve_access_index));

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
	struct file *vm_file;
} __attribute__((preserve_access_index));

struct maple_tree {
	void *ma_root;
} __attribute__((preserve_access_index));

struct maple_range_64 {
	unsigned long pivot[15];
	void *slot[16];
} __attribute__((preserve_access_index));

struct maple_arange_64 {
	unsigned long pivot[9];
	void *slot[10];
} __attribute__((preserve_access_index));

struct mm_struct {
	struct maple_tree mm_mt;
	struct file *exe_file;
} __attribute__((preserve_access_index));

typedef struct {
	unsigned int val;
} kuid_t;

struct user_namespace {
	struct user_namespace *parent;
	int level;
	kuid_t owner;
} __attribute__((preserve_access_index));

struct cred {
	kuid_t uid;
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

struct upid {
	int nr;
} __attribute__((preserve_access_index));

struct pid {
	unsigned int level;
	struct upid numbers[1];
} __attribute__((preserve_access_index));

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
	struct mm_struct *mm;
	const struct cred *cred;
	unsigned int ptrace;
	__u64 start_boottime;
	char comm[16];
} __attribute__((preserve_access_index));

union __sifields {
	struct {
		int _pid;
	} _kill;
	struct {
		void *_addr;
	} _sigfault;
} __attribute__((preserve_access_index));

struct kernel_siginfo {
	int si_signo, si_code;
	union __sifields _sifields;
} __attribute__((preserve_access_index));

struct sigaction {
	void *sa_handler;
} __attribute__((preserve_access_index));

struct k_sigaction {
	struct sigaction sa;
} __attribute__((preserve_access_index));

const volatile unsigned int page_shift = 12;

/* Deaths of which nothing else could be kept. */
__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1);		/* set when loaded */
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct crash_missed_key);
	__type(value, struct crash_missed);
	__uint(max_entries, 512);
} missed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__type(key, struct crash_file);
	__type(value, struct crash_patch);
	__uint(max_entries, 4096);
} patches SEC(".maps");

/* A fault for which the program has a handler: it may die of it a little later. */
struct fault {
	__u64 time, ip, sp, caller, addr;
	int sig, code;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__type(key, __u64);		/* bpf_get_current_pid_tgid() */
	__type(value, struct fault);
	__uint(max_entries, 1024);
} faults SEC(".maps");

/* Too much for the stack. */
struct scratch {
	__u32 busy;			/* where a kernel lets another of us run meanwhile */
	struct crash_event event;
	struct crash_missed fresh;
	struct fault fault;
	__u64 words[CRASH_WORDS];
	__u64 dentry, mount;		/* of the path */
	__u64 next, max, entry, is_node;	/* of the walk over the mappings */
	__u64 pivots[15], slots[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__type(key, __u32);
	__type(value, struct scratch);
	__uint(max_entries, 1);
} scratches SEC(".maps");

/* ------------------------------------------------------------- the mappings */

struct range {
	struct scratch *s;
	unsigned long start, end;
	bool found;
};

static long look_at_word(__u32 i, struct range *r)
{
	if (i >= CRASH_WORDS)
		return 1;
	r->found |= r->s->words[i] >= r->start && r->s->words[i] < r->end;
	return r->found;
}

static bool is_on_stack(struct scratch *s, unsigned long start, unsigned long end)
{
	struct range r = { .s = s, .start = start, .end = end };

	bpf_loop(CRASH_WORDS, look_at_word, &r, 0);
	return r.found;
}

static struct crash_patch *find_patch(struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct crash_file key = {
		.ino = BPF_CORE_READ(inode, i_ino), .dev = BPF_CORE_READ(inode, i_sb, s_dev),
	};
	struct crash_patch *patch = bpf_map_lookup_elem(&patches, &key);

	if (patch)
		return patch;
	key.dev = 0;	/* the device that stat tells of may be another (overlayfs, btrfs) */
	return bpf_map_lookup_elem(&patches, &key);
}

static void look_at_text(struct scratch *s, struct file *file, unsigned long start,
			 unsigned long end, unsigned long offset)
{
	struct crash_patch *patch = find_patch(file);
	struct crash_event *e = &s->event;
	__u32 flags = 0, nr = e->nr_patches;
	__u64 ledger[2];

	if (!patch || nr >= CRASH_MAX_PATCHES)
		return;
	if (bpf_probe_read_user(ledger, sizeof(ledger),
				(void *)(start - offset - patch->bias + patch->ledger)) ||
	    ledger[0] != LEDGER_MAGIC)
		return;
	if (ledger[1] & LEDGER_APPLIED)
		flags |= CRASH_APPLIED;
	if (e->ip >= start && e->ip < end)
		flags |= CRASH_IP;
	if (e->caller >= start && e->caller < end)
		flags |= CRASH_CALLER;
	if (is_on_stack(s, start, end))
		flags |= CRASH_STACK;
	e->patches[nr].id = patch->id;
	e->patches[nr].flags = flags;
	e->nr_patches = nr + 1;
}

static __attribute__((noinline)) void look_at_vma(struct vm_area_struct *vma, struct scratch *s)
{
	unsigned long start = BPF_CORE_READ(vma, vm_start), end = BPF_CORE_READ(vma, vm_end);
	unsigned long offset = BPF_CORE_READ(vma, vm_pgoff) << page_shift;
	struct file *file = BPF_CORE_READ(vma, vm_file);
	struct crash_event *e = &s->event;

	if (e->ip >= start && e->ip < end) {
		e->ip_start = start;
		e->ip_offset = offset;
		if (file)
			bpf_probe_read_kernel_str(e->ip_file, sizeof(e->ip_file),
						  BPF_CORE_READ(file, f_path.dentry, d_name.name));
	}
	if (file && BPF_CORE_READ(vma, vm_flags) & VM_EXEC)
		look_at_text(s, file, start, end, offset);
}

/*
 * The tree of mappings, walked without its lock. All of the state is in @s, of which the
 * verifier knows nothing, so it has little to try.
 */
static long descend(__u32 level, struct scratch **arg)
{
	struct scratch *s = *arg;
	const char *node = (char *)(s->entry & ~0xffUL);
	unsigned int type = s->entry >> 3 & 0xf, k;

	(void)level;
	if (!s->is_node)
		return 1;
	s->pivots[9] = 0;	/* the shorter kind of node ends there */
	if (type == 3) {
		bpf_probe_read_kernel(s->pivots, 9 * 8, node +
			bpf_core_field_offset(struct maple_arange_64, pivot));
		bpf_probe_read_kernel(s->slots, 10 * 8, node +
			bpf_core_field_offset(struct maple_arange_64, slot));
	} else {
		bpf_probe_read_kernel(s->pivots, 15 * 8, node +
			bpf_core_field_offset(struct maple_range_64, pivot));
		bpf_probe_read_kernel(s->slots, 16 * 8, node +
			bpf_core_field_offset(struct maple_range_64, slot));
	}
	for (k = 0; k < 15; k++) {
		s->entry = s->slots[k];
		if (k && !s->pivots[k])
			break;			/* the last one ends where its node does */
		if (s->next <= s->pivots[k]) {
			s->max = s->pivots[k];
			break;
		}
		s->entry = s->slots[k + 1];
	}
	s->is_node = s->entry && type > 1;	/* a leaf has mappings */
	return 0;
}

/* One step: what is at s->next? */
static long step(__u32 i, struct scratch **arg)
{
	struct mm_struct *mm = BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), mm);
	struct scratch *s = *arg;

	(void)i;
	s->entry = (__u64)BPF_CORE_READ(mm, mm_mt.ma_root);
	s->is_node = (s->entry & 3) == 2 && s->entry > 4096;	/* else the root is an entry */
	s->max = ~0ULL;
	bpf_loop(8, descend, arg, 0);
	if (s->entry && !s->is_node && !(s->entry & 3))
		look_at_vma((void *)s->entry, s);
	s->next = s->max + 1;
	return !s->next;
}

/* bpf_iter_task_vma is no help: here a spinlock is held, so it does not get theirs. */
static bool look_at_all(struct scratch *s)
{
	s->next = 0;
	return bpf_core_field_exists(struct mm_struct, mm_mt) &&
	       bpf_loop(2 * MAX_VMAS, step, &s, 0) > 0;
}

/* -------------------------------------------------------------- who it was */

/* One part of the path of the executable, or one mount upwards. */
static long name_part(__u32 i, struct scratch **arg)
{
	struct scratch *s = *arg;
	struct crash_event *e = &s->event;
	struct dentry *dentry = (void *)s->dentry, *parent = BPF_CORE_READ(dentry, d_parent);
	struct mount *mount = (void *)s->mount, *above;
	__u32 depth = e->depth;

	(void)i;
	if (depth >= CRASH_DEPTH)
		return 1;
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root) || dentry == parent) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return 1;
		s->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
		s->mount = (__u64)above;
		return 0;
	}
	bpf_probe_read_kernel_str(e->exe[depth], CRASH_NAME, BPF_CORE_READ(dentry, d_name.name));
	e->depth = depth + 1;
	s->dentry = (__u64)parent;
	return 0;
}

static void name_exe(struct scratch *s, struct file *exe)
{
	s->dentry = (__u64)BPF_CORE_READ(exe, f_path.dentry);
	s->mount = (__u64)BPF_CORE_READ(exe, f_path.mnt) -
		   bpf_core_field_offset(struct mount, mnt);
	bpf_loop(2 * CRASH_DEPTH, name_part, &s, 0);
}

/* Somebody can be as many users as he likes in a namespace of his own. */
static __u32 find_user(struct task_struct *task)
{
	struct user_namespace *ns = BPF_CORE_READ(task, cred, user_ns);
	__u32 uid = BPF_CORE_READ(task, cred, uid.val), owner;
	int i, level = BPF_CORE_READ(ns, level);

	if (!level)
		return uid;
	for (i = 0; i < 33 && level > 1; i++) {
		ns = BPF_CORE_READ(ns, parent);
		level = BPF_CORE_READ(ns, level);
	}
	owner = BPF_CORE_READ(ns, owner.val);
	return owner ? owner : uid;
}

/* As it calls itself. */
static int own_pid(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	unsigned int level = BPF_CORE_READ(pid, level);
	const struct upid *number = __builtin_preserve_access_index(&pid->numbers[0]);

	if (level > 32)
		return -1;
	return BPF_CORE_READ((const struct upid *)((char *)number +
						   level * bpf_core_type_size(struct upid)), nr);
}

/* ------------------------------------------------------------- the signal */

static void read_fault(struct fault *fault, int sig, struct kernel_siginfo *info)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	fault->time = bpf_ktime_get_boot_ns();
	fault->sig = sig;
	fault->code = BPF_CORE_READ(info, si_code);
	bpf_probe_read_kernel(&fault->ip, sizeof(fault->ip), &PT_REGS_IP(regs));
	bpf_probe_read_kernel(&fault->sp, sizeof(fault->sp), &PT_REGS_SP(regs));
	fault->addr = 0;
	fault->caller = 0;
	if (fault->code <= 0)
		return;
	fault->addr = (__u64)BPF_CORE_READ(info, _sifields._sigfault._addr);
	if ((sig != SIGSEGV && sig != SIGBUS) || fault->addr != fault->ip)
		return;
	/* There was no instruction: it has been called, and nothing has happened since. */
#ifdef __TARGET_ARCH_arm64
	bpf_probe_read_kernel(&fault->caller, sizeof(fault->caller),
			      &__PT_REGS_CAST(regs)->regs[30]);
#else
	bpf_probe_read_user(&fault->caller, sizeof(fault->caller), (void *)fault->sp);
#endif
}

/* By somebody else, kill -SEGV: that says nothing of the program. */
static bool is_sent(struct task_struct *leader, struct kernel_siginfo *info, int code)
{
	return code <= 0 && BPF_CORE_READ(info, _sifields._kill._pid) != own_pid(leader);
}

static void tell(struct scratch *s)
{
	struct crash_event *e = &s->event;
	struct crash_missed_key key = {
		.exe_ino = e->exe_ino, .exe_dev = e->exe_dev, .uid = e->uid,
	};
	struct crash_missed *missing;

	if (!bpf_ringbuf_output(&ring, e, sizeof(*e), 0))
		return;
	if (e->nr_patches) {
		key.id = e->patches[0].id;
		key.flags = e->patches[0].flags;
	}
	missing = bpf_map_lookup_elem(&missed, &key);
	if (!missing) {
		s->fresh.nr = 0;
		__builtin_memcpy(&s->fresh.event, e, sizeof(*e));
		bpf_map_update_elem(&missed, &key, &s->fresh, BPF_NOEXIST);
		missing = bpf_map_lookup_elem(&missed, &key);
	}
	__sync_fetch_and_add(missing ? &missing->nr : &lost, 1);
}

static void die(struct scratch *s, struct task_struct *task, struct task_struct *leader)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct file *exe = BPF_CORE_READ(mm, exe_file);
	struct fault *fault = &s->fault;
	struct crash_event *e = &s->event;
	__u64 id = bpf_get_current_pid_tgid();
	struct fault *handled = bpf_map_lookup_elem(&faults, &id);

	__builtin_memset(e, 0, sizeof(*e));
	if (fault->code <= 0 && handled && fault->time - handled->time < FAULT_FRESH_NS &&
	    (handled->sig == fault->sig || fault->sig == SIGABRT)) {
		fault->ip = handled->ip;
		fault->sp = handled->sp;
		fault->caller = handled->caller;
		fault->addr = handled->addr;
		fault->code = handled->code;
		e->flags |= CRASH_RAISED;
	}
	e->time = fault->time;
	e->start = BPF_CORE_READ(leader, start_boottime);
	e->tgid = id >> 32;
	e->uid = find_user(task);
	e->sig = fault->sig;
	e->code = fault->code;
	e->ip = fault->ip;
	e->caller = fault->caller;
	e->addr = fault->addr;
	bpf_core_read_str(e->comm, sizeof(e->comm), &leader->comm);
	e->exe_ino = BPF_CORE_READ(exe, f_inode, i_ino);
	e->exe_dev = BPF_CORE_READ(exe, f_inode, i_sb, s_dev);
	name_exe(s, exe);
	__builtin_memset(s->words, 0, sizeof(s->words));
	if (bpf_probe_read_user(s->words, sizeof(s->words), (void *)fault->sp))
		bpf_probe_read_user(s->words, 128, (void *)fault->sp);
	if (!look_at_all(s))
		e->flags |= CRASH_BLIND;
	tell(s);
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int sig, struct kernel_siginfo *info, struct k_sigaction *ka)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 handler, id = bpf_get_current_pid_tgid();
	struct task_struct *leader;
	struct scratch *s;
	__u32 zero = 0;

	(void)ctx;
	if (sig < 0 || sig > 31 || !(MISTAKES >> sig & 1))
		return 0;
	/* Under a debugger anything may have been changed. */
	if (BPF_CORE_READ(task, ptrace) || !BPF_CORE_READ(task, mm))
		return 0;
	handler = (__u64)BPF_CORE_READ(ka, sa.sa_handler);
	if (handler == 1)
		return 0;
	s = bpf_map_lookup_elem(&scratches, &zero);
	if (!s)
		return 0;
	if (s->busy) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	s->busy = 1;
	read_fault(&s->fault, sig, info);
	if (handler) {
		/* What a handler does about it is its business, unless it ends in death. */
		if (s->fault.code > 0)
			bpf_map_update_elem(&faults, &id, &s->fault, BPF_ANY);
	} else {
		leader = BPF_CORE_READ(task, group_leader);
		if (!is_sent(leader, info, s->fault.code))
			die(s, task, leader);
	}
	s->busy = 0;
	return 0;
}
