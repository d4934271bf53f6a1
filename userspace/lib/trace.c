// SPDX-License-Identifier: GPL-2.0-only
/* The probes of a trace: set, read, taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf-error.h"
#include "bpf-int.h"
#include "trace-int.h"
#include "trace.skel.h"

#define COUNTS_MAX	(256U << 10)	/* processes times functions */

struct suture_trace {
	struct suture_trace_plan plan;
	struct suture_trace_bpf *skel;
	struct bpf_link **links;	/* one for each place of the plan, NULL: none */
	struct bpf_map *counts;
};

static int load(struct suture_trace *trace, struct suture_error *err)
{
	struct suture_trace_bpf *skel;
	struct stat st;
	int ret;

	ret = suture_bpf_check("cannot trace", err);
	if (ret)
		return ret;
	skel = suture_trace_bpf__open();
	if (!skel)
		return suture_bpf_error(err, -errno, "cannot read the BPF program");
	trace->skel = skel;
	if (!stat("/proc/self/ns/pid", &st))
		skel->rodata->pid_ns = st.st_ino;
	bpf_map__set_max_entries(skel->maps.probes, trace->plan.nr_at);
	bpf_map__set_max_entries(skel->maps.counts, COUNTS_MAX);
	ret = suture_trace_bpf__load(skel);
	if (ret)
		return suture_bpf_error(err, ret, "the kernel does not load the BPF program");
	trace->counts = skel->maps.counts;
	for (size_t i = 0; i < trace->plan.nr_at; i++) {
		uint32_t key = i;

		ret = bpf_map__update_elem(skel->maps.probes, &key, sizeof(key),
					   &trace->plan.at[i].probe, sizeof(struct trace_probe),
					   BPF_ANY);
		if (ret)
			return suture_bpf_error(err, ret, "cannot fill a BPF map");
	}
	return 0;
}

/* One place; a kernel that takes no probe there makes its function untraced. */
static int attach(struct suture_trace *trace, size_t i, pid_t pid, struct suture_error *err)
{
	const struct suture_trace_at *at = &trace->plan.at[i];
	struct suture_trace_func *func = &trace->plan.funcs[at->func];
	LIBBPF_OPTS(bpf_uprobe_opts, opts, .bpf_cookie = i);
	char path[64], *said;

	/* Not "self": whoever finds the probe can find its file. */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), at->fd);
	*suture_bpf_said = '\0';
	trace->links[i] = bpf_program__attach_uprobe_opts(trace->skel->progs.count_call,
							  pid ? pid : -1, path, at->offset,
							  &opts);
	if (trace->links[i])
		return 0;
	said = strstr(suture_bpf_said, ": ") ?: suture_bpf_said;
	if (errno != EINVAL && errno != ENOTSUP && errno != EIO && errno != 524 /* ENOTSUPP */)
		return suture_bpf_error(err, -errno, "the kernel does not set a probe");
	func->traced = false;
	snprintf(func->why, sizeof(func->why), "the kernel takes no probe at offset 0x%llx: %.300s",
		 (unsigned long long)at->offset, said);
	return 0;
}

/* A function of which one place is missing would be counted too low. */
static void drop_untraced(struct suture_trace *trace)
{
	const struct suture_trace_plan *plan = &trace->plan;

	for (size_t i = 0; i < plan->nr_at; i++) {
		if (plan->funcs[plan->at[i].func].traced || !trace->links[i])
			continue;
		bpf_link__destroy(trace->links[i]);
		trace->links[i] = NULL;
	}
}

static int start(struct suture_trace *trace, pid_t pid, struct suture_error *err)
{
	const struct suture_trace_plan *plan = &trace->plan;
	size_t i;
	int ret;

	if (!plan->nr_at)
		return suture_error_set(err, -EOPNOTSUPP, "none of its functions can be traced: %s",
					plan->nr_funcs ? plan->funcs[0].why : "it has none");
	ret = load(trace, err);
	if (ret)
		return ret;
	trace->links = calloc(plan->nr_at, sizeof(*trace->links));
	if (!trace->links)
		return suture_error_nomem(err);
	for (i = 0; i < plan->nr_at && !ret; i++)
		if (plan->funcs[plan->at[i].func].traced)
			ret = attach(trace, i, pid, err);
	if (!ret)
		drop_untraced(trace);
	return ret;
}

int suture_trace_start(const struct suture_spm *spm, int spm_fd,
		       struct suture_spm *const *others, size_t nr_others,
		       char *const *files, pid_t pid, struct suture_trace **ret_trace,
		       struct suture_error *err)
{
	struct suture_trace *trace = calloc(1, sizeof(*trace));
	libbpf_print_fn_t printed;
	int ret;

	if (!trace)
		return suture_error_nomem(err);
	ret = suture_trace_plan(spm, spm_fd < 0 ? spm->fd : spm_fd, others, nr_others, files,
				&trace->plan, err);
	if (!ret)
		ret = suture_bpf_load(err);
	if (!ret) {
		printed = libbpf_set_print(suture_bpf_listen);
		*suture_bpf_said = '\0';
		ret = start(trace, pid, err);
		libbpf_set_print(printed);
	}
	if (ret) {
		suture_trace_free(trace);
		return ret;
	}
	*ret_trace = trace;
	return 0;
}

void suture_trace_stop(struct suture_trace *trace)
{
	for (size_t i = 0; trace->links && i < trace->plan.nr_at; i++)
		bpf_link__destroy(trace->links[i]);
	free(trace->links);
	trace->links = NULL;
}

void suture_trace_free(struct suture_trace *trace)
{
	if (!trace)
		return;
	suture_trace_stop(trace);
	suture_trace_bpf__destroy(trace->skel);
	suture_trace_plan_free(&trace->plan);
	free(trace);
}

const struct suture_trace_func *suture_trace_funcs(const struct suture_trace *trace,
						   size_t *ret_nr)
{
	*ret_nr = trace->plan.nr_funcs;
	return trace->plan.funcs;
}

size_t suture_trace_files(const struct suture_trace *trace)
{
	return trace->plan.found->nr_files;
}

static int compare_counts(const void *va, const void *vb)
{
	const struct suture_trace_count *a = va, *b = vb;

	if (a->tgid != b->tgid)
		return a->tgid < b->tgid ? -1 : 1;
	if (a->start_time != b->start_time)
		return a->start_time < b->start_time ? -1 : 1;
	return (a->func > b->func) - (a->func < b->func);
}

/* Several places of one function are one record. */
static size_t merge(struct suture_trace_count *list, size_t nr)
{
	size_t i, n = 0;

	if (nr)
		qsort(list, nr, sizeof(*list), compare_counts);
	for (i = 0; i < nr; i++) {
		if (!n || compare_counts(&list[n - 1], &list[i])) {
			list[n++] = list[i];
			continue;
		}
		list[n - 1].calls += list[i].calls;
		list[n - 1].behind += list[i].behind;
		if (list[i].last > list[n - 1].last)
			list[n - 1].last = list[i].last;
	}
	return n;
}

int suture_trace_read(const struct suture_trace *trace, struct suture_trace_count **ret,
		      size_t *ret_nr, uint64_t *ret_lost, struct suture_error *err)
{
	struct suture_trace_count *list = NULL, *more;
	struct trace_key key, *last = NULL;
	struct trace_count count;
	size_t nr = 0, room = 0;

	while (!bpf_map__get_next_key(trace->counts, last, &key, sizeof(key))) {
		last = &key;
		if (bpf_map__lookup_elem(trace->counts, &key, sizeof(key), &count, sizeof(count),
					 0))
			continue;
		if (nr == room) {
			room = room ? 2 * room : 64;
			more = reallocarray(list, room, sizeof(*list));
			if (!more) {
				free(list);
				return suture_error_nomem(err);
			}
			list = more;
		}
		list[nr] = (struct suture_trace_count) {
			.pid = count.pid,
			.tgid = key.tgid,
			.start_time = key.start,
			.func = trace->plan.at[key.probe].func,
			.calls = count.calls,
			.behind = count.behind,
			.last = count.last,
		};
		memcpy(list[nr].comm, count.comm, sizeof(count.comm));
		list[nr++].comm[sizeof(count.comm) - 1] = '\0';
	}
	*ret = list;
	*ret_nr = merge(list, nr);
	*ret_lost = trace->skel->bss->lost;
	return 0;
}
