// SPDX-License-Identifier: GPL-2.0-only
/* Folders of the cgroup v2 hierarchy, and the ids that the kernel knows them by. */
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "cgroup.h"
#include "text.h"

/* Of the handle of a file in a hierarchy: its id. */
#define FILEID_KERNFS	0xfe

/* Where the hierarchy is mounted. */
static int find_root(char *buf, size_t size)
{
	struct mntent *entry, room;
	char line[4096];
	FILE *mounts;
	int ret = -ENOENT;

	mounts = setmntent("/proc/self/mounts", "re");
	if (!mounts)
		return -errno;
	while (ret && (entry = getmntent_r(mounts, &room, line, sizeof(line))))
		if (!strcmp(entry->mnt_type, "cgroup2") && strlen(entry->mnt_dir) < size) {
			strcpy(buf, entry->mnt_dir);
			ret = 0;
		}
	endmntent(mounts);
	return ret;
}

/* -ENODEV: it is a folder, but no cgroup. */
static int id_of(const char *path, uint64_t *ret_id)
{
	struct statfs fs;
	struct stat st;

	if (statfs(path, &fs) || stat(path, &st))
		return -errno;
	if (fs.f_type != CGROUP2_SUPER_MAGIC)
		return -ENODEV;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	*ret_id = st.st_ino;
	return 0;
}

int suture_cgroup_id(const char *path, uint64_t *ret_id, struct suture_error *err)
{
	char below[2 * PATH_MAX], root[PATH_MAX], clean[1024];
	int ret = id_of(path, ret_id);

	if (!ret)
		return 0;
	suture_text_clean_buf(path, 0, clean, sizeof(clean));
	if (find_root(root, sizeof(root)))
		return suture_error_set(err, -ENOENT,
					"cgroup %s: no cgroup v2 hierarchy is mounted", clean);
	snprintf(below, sizeof(below), "%s/%s", root, path);
	if (id_of(below, ret_id))
		return suture_error_set(err, ret == -ENODEV ? -EINVAL : ret,
					"%s is no cgroup of the v2 hierarchy (at %s)", clean, root);
	return 0;
}

int suture_cgroup_path(uint64_t id, char *buf, size_t size)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} at = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	char root[PATH_MAX], link[64];
	int mount, fd, ret;
	ssize_t len;

	memcpy(at.handle.f_handle, &id, sizeof(id));
	ret = find_root(root, sizeof(root));
	if (ret)
		return ret;
	mount = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount < 0)
		return -errno;
	fd = open_by_handle_at(mount, &at.handle, O_PATH | O_CLOEXEC);
	ret = fd < 0 ? -errno : 0;
	close(mount);
	if (ret)
		return ret;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, buf, size - 1);
	ret = len < 0 ? -errno : 0;
	if (len >= 0)
		buf[len] = '\0';
	close(fd);
	return ret;
}
