// SPDX-License-Identifier: GPL-2.0-only
/* The BPF program that sees crashes: started, asked. */
#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "bpf-error.h"
#include "bpf-int.h"
#include "crash.h"
#include "crash.skel.h"

/* A storm fills it, and then is counted; so it need not be large. */
#define RING_SIZE	(128U << 10)

struct suture_crash_watch {
	struct suture_crash_bpf *skel;
	struct ring_buffer *ring;
	suture_crash_event_fn fn;
	void *arg;
};

static int on_event(void *ctx, void *data, size_t size)
{
	struct suture_crash_watch *watch = ctx;

	if (size >= sizeof(struct crash_event))
		watch->fn(data, 1, watch->arg);
	return 0;
}

static int load(struct suture_crash_watch *watch, struct suture_error *err)
{
	long page = sysconf(_SC_PAGESIZE);
	int ret;

	watch->skel = suture_crash_bpf__open();
	if (!watch->skel)
		return suture_bpf_error(err, -errno, "cannot read the BPF program");
	watch->skel->rodata->page_shift = __builtin_ctzl(page);
	bpf_map__set_max_entries(watch->skel->maps.ring,
				 page > (long)RING_SIZE ? (uint32_t)page : RING_SIZE);
	ret = suture_crash_bpf__load(watch->skel);
	if (ret)
		return suture_bpf_error(err, ret, "the kernel does not load the BPF program");
	ret = suture_crash_bpf__attach(watch->skel);
	if (ret)
		return suture_bpf_error(err, ret, "the kernel does not start the BPF program");
	watch->ring = ring_buffer__new(bpf_map__fd(watch->skel->maps.ring), on_event, watch, NULL);
	return watch->ring ? 0 : suture_bpf_error(err, -errno, "no ring buffer");
}

int suture_crash_start(struct suture_crash_watch **ret_watch, struct suture_error *err)
{
	struct suture_crash_watch *watch;
	libbpf_print_fn_t printed;
	int ret;

	ret = suture_bpf_check("crashes cannot be watched", err);
	if (!ret)
		ret = suture_bpf_load(err);
	if (ret)
		return ret;
	watch = calloc(1, sizeof(*watch));
	if (!watch)
		return suture_error_nomem(err);
	printed = libbpf_set_print(suture_bpf_listen);
	*suture_bpf_said = '\0';
	ret = load(watch, err);
	libbpf_set_print(printed);
	if (ret)
		suture_crash_stop(watch);
	else
		*ret_watch = watch;
	return ret;
}

void suture_crash_stop(struct suture_crash_watch *watch)
{
	if (!watch)
		return;
	ring_buffer__free(watch->ring);
	suture_crash_bpf__destroy(watch->skel);
	free(watch);
}

int suture_crash_fd(const struct suture_crash_watch *watch)
{
	return ring_buffer__epoll_fd(watch->ring);
}

/* What had no room in the ring. Whoever is counted in between comes the next time. */
static uint64_t read_missed(struct suture_crash_watch *watch)
{
	struct bpf_map *map = watch->skel->maps.missed;
	struct crash_missed_key key;
	struct crash_missed value;
	uint64_t sum = 0;
	int left = bpf_map__max_entries(map);

	while (left-- && !bpf_map__get_next_key(map, NULL, &key, sizeof(key)) &&
	       !bpf_map__lookup_and_delete_elem(map, &key, sizeof(key), &value, sizeof(value), 0)) {
		watch->fn(&value.event, value.nr, watch->arg);
		sum += value.nr;
	}
	return sum;
}

int suture_crash_read(struct suture_crash_watch *watch, suture_crash_event_fn fn, void *arg,
		      uint64_t *ret_missed, uint64_t *ret_lost)
{
	int ret;

	watch->fn = fn;
	watch->arg = arg;
	ret = ring_buffer__consume(watch->ring);
	*ret_missed = read_missed(watch);
	*ret_lost = watch->skel->bss->lost;
	return ret < 0 ? ret : 0;
}

/* As the kernel module does it (check_segments() in kmod/patch.c). */
static uint64_t find_ledger(const struct suture_spm *spm)
{
	const struct spm_segment *last = &spm->elf.segments[spm->elf.nr_segments - 1];
	uint64_t page = sysconf(_SC_PAGESIZE), end = last->vaddr + last->memsz;
	uint64_t span = (end + page - 1) & -page, ledger = (end + 7) & ~7ULL;

	if (!(last->flags & PF_W) || ledger + 16 + 8 * (uint64_t)spm->note.nr_objects > span)
		return span;
	return ledger;
}

int suture_crash_know(struct suture_crash_watch *watch, const struct suture_spm *spm, uint32_t id,
		      struct suture_error *err)
{
	struct crash_patch patch = { .id = id, .ledger = find_ledger(spm) };
	struct crash_file key = { 0 };
	struct stat st;
	uint32_t i;
	int ret;

	if (fstat(spm->fd, &st))
		return suture_error_set(err, -errno, "%s: %s", spm->path, strerror(errno));
	for (i = 0; i < spm->elf.nr_segments; i++)
		if (spm->elf.segments[i].flags & PF_X)
			patch.bias = spm->elf.segments[i].vaddr - spm->elf.segments[i].offset;
	key.ino = st.st_ino;
	key.dev = major(st.st_dev) << 20 | minor(st.st_dev);
	ret = bpf_map__update_elem(watch->skel->maps.patches, &key, sizeof(key), &patch,
				   sizeof(patch), BPF_ANY);
	key.dev = 0;
	if (!ret)
		ret = bpf_map__update_elem(watch->skel->maps.patches, &key, sizeof(key), &patch,
					   sizeof(patch), BPF_ANY);
	return ret ? suture_bpf_error(err, ret, "cannot fill a BPF map") : 0;
}

void suture_crash_keep(struct suture_crash_watch *watch, const uint32_t *ids, size_t nr)
{
	struct bpf_map *map = watch->skel->maps.patches;
	struct crash_file key, next;
	struct crash_patch patch;
	bool more;
	size_t i;

	more = !bpf_map__get_next_key(map, NULL, &next, sizeof(next));
	while (more) {
		key = next;
		more = !bpf_map__get_next_key(map, &key, &next, sizeof(next));
		if (bpf_map__lookup_elem(map, &key, sizeof(key), &patch, sizeof(patch), 0))
			continue;
		for (i = 0; i < nr && ids[i] != patch.id; i++)
			;
		if (i == nr)
			bpf_map__delete_elem(map, &key, sizeof(key), 0);
	}
}

void suture_crash_path(const struct crash_event *event, char *buf, size_t size)
{
	uint32_t i = event->depth < CRASH_DEPTH ? event->depth : CRASH_DEPTH;
	size_t len = 0;

	if (!size)
		return;
	snprintf(buf, size, "%s", i == CRASH_DEPTH ? "..." : i ? "" : event->comm);
	len = strlen(buf);
	while (i-- && len < size) {
		snprintf(buf + len, size - len, "/%.*s", CRASH_NAME - 1, event->exe[i]);
		len += strlen(buf + len);
	}
}
