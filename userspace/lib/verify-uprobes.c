// SPDX-License-Identifier: GPL-2.0-only
/* The uprobes of the system, as far as they can be found. */
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bpf-int.h"
#include "verify-int.h"

struct list {
	struct suture_uprobe_at *at;
	size_t nr;
};

/* Files that are gone have no probes that matter. */
static int add(struct list *list, const char *path, uint64_t offset)
{
	struct suture_uprobe_at *more;
	struct stat st;

	if (stat(path, &st))
		return 0;
	more = reallocarray(list->at, list->nr + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->at = more;
	more[list->nr++] = (struct suture_uprobe_at) { st.st_dev, st.st_ino, offset };
	return 0;
}

/* "p:group/name /path/of/file:0x0000000000001234 arguments" */
static int add_tracefs(struct list *list)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/uprobe_events", "/sys/kernel/debug/tracing/uprobe_events",
	};
	char *line = NULL, *path, *colon;
	size_t size = 0;
	FILE *file = NULL;
	int ret = 0;

	for (size_t i = 0; i < 2 && !file; i++)
		file = fopen(paths[i], "re");
	while (file && !ret && getline(&line, &size, file) > 0) {
		path = strchr(line, ' ');
		colon = path ? strstr(path, ":0x") : NULL;
		if (!colon)
			continue;
		*colon = '\0';
		ret = add(list, path + 1, strtoull(colon + 1, NULL, 16));
	}
	free(line);
	if (file)
		fclose(file);
	return ret;
}

static int add_perf_events(struct list *list, pid_t pid)
{
	char folder[64], link[PATH_MAX], path[PATH_MAX];
	struct dirent *entry;
	int ret = 0;
	DIR *dir;

	snprintf(folder, sizeof(folder), "/proc/%d/fd", pid);
	dir = opendir(folder);
	while (dir && !ret && (entry = readdir(dir))) {
		uint32_t len = sizeof(path), program, kind;
		__u64 offset, addr;
		ssize_t got = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (got < 0)
			continue;
		link[got] = '\0';
		if (strcmp(link, "anon_inode:[perf_event]"))
			continue;
		if (bpf_task_fd_query(pid, atoi(entry->d_name), 0, path, &len, &program, &kind,
				      &offset, &addr))
			continue;
		if (kind == BPF_FD_TYPE_UPROBE || kind == BPF_FD_TYPE_URETPROBE)
			ret = add(list, path, offset);
	}
	if (dir)
		closedir(dir);
	return ret;
}

int suture_uprobes_read(struct suture_uprobe_at **ret, size_t *ret_nr, struct suture_error *err)
{
	struct list list = { 0 };
	struct dirent *entry;
	DIR *dir;
	int r;

	r = suture_bpf_load(err);
	if (r)
		return r;
	r = add_tracefs(&list);
	dir = opendir("/proc");
	while (dir && !r && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			r = add_perf_events(&list, atoi(entry->d_name));
	if (dir)
		closedir(dir);
	if (r) {
		free(list.at);
		return suture_error_nomem(err);
	}
	*ret = list.at;
	*ret_nr = list.nr;
	return 0;
}
