// SPDX-License-Identifier: GPL-2.0-only
/* What a process maps, and its memory, for the unwinder. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "unwind-int.h"

#define DELETED		" (deleted)"

static int parse(char *line, struct unwind_map *map)
{
	size_t len = strlen(line), tail = strlen(DELETED);
	unsigned int major, minor;
	char perms[5];
	int at = 0;

	if (len && line[len - 1] == '\n')
		line[--len] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n", &map->start,
		   &map->end, perms, &map->offset, &major, &minor, &map->inode, &at) < 7 || !at)
		return -EINVAL;
	map->read = perms[0] == 'r';
	map->write = perms[1] == 'w';
	map->exec = perms[2] == 'x';
	map->dev = makedev(major, minor);
	map->module = UNWIND_NO_MODULE;
	map->deleted = len >= at + tail && map->inode && !strcmp(line + len - tail, DELETED);
	if (map->deleted)
		line[len - tail] = '\0';
	map->path = strdup(line + at);
	return map->path ? 0 : -ENOMEM;
}

static int add_map(struct suture_unwind *unwind, char *line)
{
	struct unwind_map *grown;
	int ret;

	if (!(unwind->nr_maps & (unwind->nr_maps - 1))) {
		grown = reallocarray(unwind->maps, unwind->nr_maps ? 2 * unwind->nr_maps : 1,
				     sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		unwind->maps = grown;
	}
	memset(&unwind->maps[unwind->nr_maps], 0, sizeof(*grown));
	ret = parse(line, &unwind->maps[unwind->nr_maps]);
	if (!ret)
		unwind->nr_maps++;
	return ret;
}

/* Lines in a row of one file, from its beginning on; the vdso. */
static int make_modules(struct suture_unwind *unwind)
{
	struct unwind_module *module = NULL;
	const struct unwind_map *first = NULL;

	unwind->modules = calloc(unwind->nr_maps + 1, sizeof(*unwind->modules));
	if (!unwind->modules)
		return -ENOMEM;
	for (size_t i = 0; i < unwind->nr_maps; i++) {
		struct unwind_map *map = &unwind->maps[i];
		bool vdso = !strcmp(map->path, "[vdso]");

		if (!map->inode && !vdso)
			continue;
		if (!module || vdso || !map->offset || map->dev != first->dev ||
		    map->inode != first->inode) {
			module = &unwind->modules[unwind->nr_modules++];
			module->unwind = unwind;
			module->first = i;
			module->start = map->start;
			first = map;
		}
		module->end = map->end;
		map->module = module - unwind->modules;
	}
	return 0;
}

static int parse_stat(struct suture_unwind *unwind)
{
	char path[64], line[1024], *at;
	uint64_t start_stack;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", unwind->tid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	at = fgets(line, sizeof(line), file);
	fclose(file);
	at = at ? strrchr(line, ')') : NULL;
	if (!at)
		return -ESRCH;
	/* Fields 3 to 27, then startstack. */
	for (int i = 0; at && i < 26; i++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %" SCNu64, &start_stack) != 1)
		return -EPROTO;
	unwind->start_stack = start_stack;
	return 0;
}

/*
 * Which of the files lie on filesystems that we see too, and that no process serves. Others
 * (of a user's own FUSE, also below an overlay in his own namespaces) may never come.
 */
static int mark_served(struct suture_unwind *unwind)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	unsigned int major, minor;
	char *line = NULL, *type;
	size_t size = 0, i;

	if (!file)
		return -errno;
	/* proc(5): id, parent, major:minor ... - type ... */
	while (getline(&line, &size, file) >= 0) {
		type = strstr(line, " - ");
		if (!type || !strncmp(type, " - fuse", 7) ||
		    sscanf(line, "%*d %*d %u:%u", &major, &minor) != 2)
			continue;
		for (i = 0; i < unwind->nr_maps; i++)
			unwind->maps[i].served |= unwind->maps[i].dev == makedev(major, minor);
	}
	free(line);
	fclose(file);
	return 0;
}

int unwind_maps_read(struct suture_unwind *unwind, struct suture_error *err)
{
	char path[64], *line = NULL;
	size_t size = 0;
	FILE *file;
	int ret;

	snprintf(path, sizeof(path), "/proc/%d/maps", unwind->tid);
	file = fopen(path, "re");
	ret = file ? 0 : -errno;
	while (!ret && getline(&line, &size, file) >= 0)
		ret = add_map(unwind, line);
	if (!ret && (ferror(file) || !unwind->nr_maps))
		ret = -ESRCH;
	if (file)
		fclose(file);
	free(line);
	if (!ret)
		ret = parse_stat(unwind);
	if (!ret)
		ret = make_modules(unwind);
	if (!ret)
		ret = mark_served(unwind);
	if (ret == -ENOENT)
		ret = -ESRCH;
	if (ret)
		return suture_error_set(err, ret, "cannot read what thread %d maps: %s", unwind->tid,
					strerror(-ret));
	return 0;
}

void unwind_maps_free(struct suture_unwind *unwind)
{
	for (size_t i = 0; i < unwind->nr_maps; i++)
		free(unwind->maps[i].path);
	for (size_t i = 0; i < unwind->nr_modules; i++)
		free(unwind->modules[i].image);
	free(unwind->maps);
	free(unwind->modules);
}

const struct unwind_map *unwind_find_map(const struct suture_unwind *unwind, uint64_t addr)
{
	size_t lo = 0, hi = unwind->nr_maps;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (addr >= unwind->maps[mid].end)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < unwind->nr_maps && addr >= unwind->maps[lo].start ? &unwind->maps[lo] : NULL;
}

#define PAGEMAP_PRESENT	(1ULL << 63)	/* Documentation/admin-guide/mm/pagemap.rst */

/*
 * Will it be there soon? A page of a file that may never come has to be in memory: nothing
 * ends the waiting. (Who takes it out of memory just now can still have us wait.)
 */
static bool is_there(const struct suture_unwind *unwind, uint64_t addr, size_t size)
{
	uint64_t page = addr / UNWIND_PAGE, last = (addr + size - 1) / UNWIND_PAGE, entry;
	const struct unwind_map *map;
	int pagemap = -1;
	char path[64];
	bool ok = true;

	for (; ok && page <= last; page++) {
		map = unwind_find_map(unwind, page * UNWIND_PAGE);
		if (map && (!map->inode || map->served))
			continue;
		if (pagemap < 0) {
			snprintf(path, sizeof(path), "/proc/%d/pagemap", unwind->tid);
			pagemap = open(path, O_RDONLY | O_CLOEXEC);
		}
		ok = pread(pagemap, &entry, sizeof(entry), page * sizeof(entry)) == sizeof(entry) &&
		     (entry & PAGEMAP_PRESENT);
	}
	if (pagemap >= 0)
		close(pagemap);
	return ok;
}

bool unwind_read(const struct suture_unwind *unwind, uint64_t addr, void *buf, size_t size)
{
	struct iovec local = { .iov_base = buf, .iov_len = size };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)addr, .iov_len = size };

	return is_there(unwind, addr, size) &&
	       process_vm_readv(unwind->tid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

bool unwind_peek(struct suture_unwind *unwind, uint64_t addr, void *buf, size_t size)
{
	uint64_t offset = addr % UNWIND_PAGE, base = addr - offset;
	struct unwind_page *page = &unwind->pages[base / UNWIND_PAGE % UNWIND_PAGES];

	if (offset + size > UNWIND_PAGE)
		return unwind_read(unwind, addr, buf, size);
	if (page->addr != base) {
		page->addr = 0;
		if (!base || !unwind_read(unwind, base, page->bytes, UNWIND_PAGE))
			return false;
		page->addr = base;
	}
	memcpy(buf, page->bytes + offset, size);
	return true;
}

void unwind_forget(struct suture_unwind *unwind)
{
	for (size_t i = 0; i < UNWIND_PAGES; i++)
		unwind->pages[i].addr = 0;
}

/*
 * Is the file mapped as its program headers say, at the address that libdwfl assumes?
 * Else the tables would be looked up at the wrong place.
 */
static bool check_bias(struct unwind_module *module, const struct unwind_map *map)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(module->mod, &bias);
	size_t nr, i;

	if (!elf || elf_getphdrnum(elf, &nr))
		return false;
	for (i = 0; i < nr; i++) {
		GElf_Phdr mem, *ph = gelf_getphdr(elf, i, &mem);

		if (!ph || ph->p_type != PT_LOAD || !(ph->p_flags & PF_X) ||
		    map->offset + (map->end - map->start) <= ph->p_offset ||
		    map->offset >= ph->p_offset + ph->p_filesz)
			continue;
		module->bias = bias;
		return map->start - map->offset + ph->p_offset - ph->p_vaddr == bias;
	}
	return false;
}

struct unwind_module *unwind_module_at(struct suture_unwind *unwind, uint64_t addr)
{
	const struct unwind_map *map = unwind_find_map(unwind, addr);
	struct unwind_module *module;

	if (!map || !map->exec || map->module == UNWIND_NO_MODULE)
		return NULL;
	module = &unwind->modules[map->module];
	if (module->state == MODULE_NEW)
		module->state = check_bias(module, map) ? MODULE_GOOD : MODULE_BAD;
	return module->state == MODULE_GOOD ? module : NULL;
}
