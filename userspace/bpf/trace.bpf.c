// SPDX-License-Identifier: GPL-2.0
/*
 * suture trace: one program on all probes, which counts per process and probe. The
 * few fields of the kernel's structures that are read are found by CO-RE.
 *
 * No function of it may use 64 bytes of stack. Since 6.13 the kernel puts more than that of a
 * kprobe's program into memory of the processor (BPF_PRIV_STACK_MIN_SIZE in kernel/bpf/verifier.c),
 * also where a uprobe runs it, which can be preempted: the next thread writes over it.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#include "trace-shared.h"

#define MAX_PID_NS_LEVEL	32	/* the kernel's own limit */

char LICENSE[] SEC("license") = "GPL";

struct ns_common {
	unsigned int inum;
} __attribute__((preserve_access_index));

struct pid_namespace {
	struct ns_common ns;
} __attribute__((preserve_access_index));

struct upid {
	int nr;
	struct pid_namespace *ns;
} __attribute__((preserve_access_index));

struct pid {
	unsigned int level;
	struct upid numbers[1];
} __attribute__((preserve_access_index));

struct task_struct {
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	char comm[16];
} __attribute__((preserve_access_index));

/* Inode number of the tracer's pid namespace. */
const volatile unsigned int pid_ns;

static const struct trace_count fresh;

/* Calls of processes for which there was no room. */
__u64 lost;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, __u32);
	__type(value, struct trace_probe);
	__uint(max_entries, 1);		/* set when loaded */
} probes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct trace_key);
	__type(value, struct trace_count);
	__uint(max_entries, 1);		/* set when loaded */
} counts SEC(".maps");

/* The process as the tracer calls it; 0: it is in another pid namespace. */
static __noinline int pid_for_tracer(struct task_struct *leader)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	unsigned int i, level = BPF_CORE_READ(pid, level);
	const struct upid *number = __builtin_preserve_access_index(&pid->numbers[0]);

	for (i = 0; i <= MAX_PID_NS_LEVEL; i++) {
		const struct upid *at =
			(void *)((char *)number + i * bpf_core_type_size(struct upid));

		if (i > level)
			break;
		if (BPF_CORE_READ(at, ns, ns.inum) == pid_ns)
			return BPF_CORE_READ(at, nr);
	}
	return 0;
}

static struct trace_count *find_count(struct trace_key *key, struct task_struct *leader)
{
	struct trace_count *count = bpf_map_lookup_elem(&counts, key);

	if (count)
		return count;
	/* Another thread may be first: then its record is there. */
	bpf_map_update_elem(&counts, key, &fresh, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&counts, key);
	if (count && !count->comm[0]) {
		count->pid = pid_for_tracer(leader);
		bpf_core_read_str(count->comm, sizeof(count->comm), &leader->comm);
	}
	return count;
}

/* Does a branch stand at the old function's entry, in this process, now? */
static __noinline bool has_branch(__u32 number, unsigned long ip)
{
	const struct trace_probe *probe = bpf_map_lookup_elem(&probes, &number);
	const char *at;
	__u32 word;
	__u8 byte;

	if (!probe || !probe->len)
		return false;
	at = (char *)(ip + probe->branch);
	if (bpf_probe_read_user(&word, sizeof(word), at))
		return false;
	if (probe->len == 4)
		return word >> 26 == 5 && word != probe->old_word;	/* arm64: b */
	if ((word & 0xff) != 0xe9)					/* x86-64: jmp */
		return false;
	return word != probe->old_word ||
	       (!bpf_probe_read_user(&byte, sizeof(byte), at + 4) && byte != probe->old_byte);
}

SEC("uprobe")
int count_call(struct pt_regs *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct trace_key key = {
		.start = BPF_CORE_READ(leader, start_boottime),
		.tgid = bpf_get_current_pid_tgid() >> 32,
		.probe = bpf_get_attach_cookie(ctx),
	};
	struct trace_count *count = find_count(&key, leader);

	if (!count) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	if (has_branch(key.probe, PT_REGS_IP(ctx))) {
		__sync_fetch_and_add(&count->behind, 1);
		return 0;
	}
	count->last = bpf_ktime_get_boot_ns();
	__sync_fetch_and_add(&count->calls, 1);
	return 0;
}
