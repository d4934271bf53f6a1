// SPDX-License-Identifier: GPL-2.0-only
/* Which files the processes of the system map, from /proc. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "procmaps.h"

#define DELETED " (deleted)"
#define READ_MIN 16384	/* bytes; the kernel gives a page at once */

/* "START-END PERMS OFFSET MAJOR:MINOR INODE      PATH"; false: no file, or not understood. */
static bool parse_line(char *line, struct suture_mapping *m)
{
	unsigned long major, minor;
	size_t len, tail = strlen(DELETED);
	char *at = line;

	m->start = strtoull(at, &at, 16);
	if (*at++ != '-')
		return false;
	m->end = strtoull(at, &at, 16);
	if (*at++ != ' ' || strlen(at) < 5)
		return false;
	m->exec = at[2] == 'x';
	at += 5;
	m->offset = strtoull(at, &at, 16);
	if (*at++ != ' ')
		return false;
	major = strtoul(at, &at, 16);
	if (*at++ != ':')
		return false;
	minor = strtoul(at, &at, 16);
	m->dev = makedev(major, minor);
	m->inode = strtoull(at, &at, 10);
	if (!m->inode)
		return false;
	while (*at == ' ')
		at++;

	len = strlen(at);
	m->deleted = len > tail && !strcmp(at + len - tail, DELETED);
	if (m->deleted)
		at[len - tail] = '\0';
	m->path = at;
	return true;
}

/* Returns the number of lines (0: a zombie or a kernel thread), or a negative errno. */
static int scan_dir(pid_t pid, pid_t tid, suture_mapping_fn fn, void *arg)
{
	struct suture_mapping m = { .pid = pid, .tid = tid };
	char path[64], *buf = NULL, *grown, *at, *end;
	size_t room = 0, len = 0;
	int fd, ret = 0, lines = 0;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/maps", tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Not by stdio: most are empty, and there are many. */
	for (;;) {
		if (room - len < READ_MIN) {
			room = room ? 2 * room : 2 * READ_MIN;
			grown = realloc(buf, room);
			if (!grown) {
				ret = -ENOMEM;
				goto out;
			}
			buf = grown;
		}
		got = read(fd, buf + len, room - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			ret = got ? -errno : 0;
			goto out;
		}
		len += got;
		for (at = buf; (end = memchr(at, '\n', buf + len - at)); at = end + 1) {
			*end = '\0';
			lines++;
			if (!parse_line(at, &m))
				continue;
			ret = fn(&m, arg);
			if (ret < 0)
				goto out;
		}
		len = buf + len - at;
		memmove(buf, at, len);
	}
out:
	free(buf);
	close(fd);
	return ret < 0 ? ret : lines;
}

/* A process whose first thread has ended lives on in the others. */
static int scan_other_threads(pid_t pid, suture_mapping_fn fn, void *arg)
{
	struct dirent *entry;
	struct stat st;
	char path[64];
	int ret = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	/* The links of a folder are those of its own two and one for each in it. */
	if (!stat(path, &st) && st.st_nlink == 3)
		return 0;
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (!ret && (entry = readdir(dir))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0 && tid != pid)
			ret = scan_dir(pid, tid, fn, arg);
		if (ret == -ENOENT || ret == -ESRCH)
			ret = 0;
	}
	closedir(dir);
	return ret;
}

int suture_maps_scan_pid(pid_t pid, suture_mapping_fn fn, void *arg)
{
	int ret = scan_dir(pid, pid, fn, arg);

	if (ret == 0)
		ret = scan_other_threads(pid, fn, arg);
	return ret < 0 ? ret : 0;
}

int suture_maps_scan(suture_mapping_fn fn, void *arg, size_t *ret_denied,
		     struct suture_error *err)
{
	struct dirent *entry;
	size_t denied = 0;
	int ret = 0;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return suture_error_set(err, -errno, "cannot read /proc: %s", strerror(errno));
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		ret = suture_maps_scan_pid(atoi(entry->d_name), fn, arg);
		if (ret == -EACCES || ret == -EPERM)
			denied++;
		else if (ret < 0 && ret != -ENOENT && ret != -ESRCH)
			break;
		ret = 0;
	}
	closedir(dir);
	if (ret_denied)
		*ret_denied = denied;
	if (ret)
		return suture_error_set(err, ret, "cannot search the processes: %s", strerror(-ret));
	return 0;
}

/* Regular files only, and looked at before they are opened: opening a device can do things. */
static int open_regular(const char *path, struct stat *st)
{
	char self[64];
	int handle, fd;

	handle = open(path, O_PATH | O_CLOEXEC);
	if (handle < 0)
		return -errno;
	if (fstat(handle, st) < 0)
		fd = -errno;
	else if (!S_ISREG(st->st_mode))
		fd = -EINVAL;
	else {
		snprintf(self, sizeof(self), "/proc/self/fd/%d", handle);
		fd = open(self, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd < 0)
			fd = -errno;
	}
	close(handle);
	return fd;
}

static int same_mapping(const struct suture_mapping *m, void *arg)
{
	const struct suture_mapping *wanted = arg;

	if (m->start == wanted->start && m->end == wanted->end && m->dev == wanted->dev &&
	    m->inode == wanted->inode)
		return -EEXIST;
	return 0;
}

/* Stacked file systems: maps and stat() may name different devices and inodes. */
static bool stat_differs_from_maps(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == BTRFS_SUPER_MAGIC || fs.f_type == OVERLAYFS_SUPER_MAGIC);
}

int suture_mapping_open(const struct suture_mapping *m)
{
	struct stat st;
	char path[64];
	char *in_root;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%llx-%llx", m->tid,
		 (unsigned long long)m->start, (unsigned long long)m->end);
	fd = open_regular(path, &st);
	if (fd >= 0) {
		if (st.st_dev == m->dev && st.st_ino == m->inode)
			return fd;
		/* Either a stacked file system, or the process has mapped something else
		 * there since: if the mapping is still as it was, it is the former. */
		if (scan_dir(m->pid, m->tid, same_mapping, (void *)m) == -EEXIST)
			return fd;
		close(fd);
		return -ESTALE;
	}
	if (fd != -EPERM && fd != -EACCES)
		return fd;

	if (asprintf(&in_root, "/proc/%d/root%s", m->tid, m->path) < 0)
		return -ENOMEM;
	fd = open_regular(in_root, &st);
	free(in_root);
	if (fd < 0)
		return fd;
	if (st.st_ino == m->inode && (st.st_dev == m->dev || stat_differs_from_maps(fd)))
		return fd;
	close(fd);
	return -ESTALE;
}
