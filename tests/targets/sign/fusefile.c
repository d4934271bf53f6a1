// SPDX-License-Identifier: GPL-2.0
/*
 * A FUSE filesystem with one file, by any name, that holds FILE: fusefile FILE FOLDER [UID]
 * Serves until it is unmounted. With UID: for that user alone, and whoever reads the file
 * from other than its first page waits for ever.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE	4096
#define ROOM	(256 * 1024)

static int dev;
static char *image;
static size_t size;
static bool stingy;

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + len, .error = -error, .unique = in->unique,
	};
	struct iovec iov[2] = {
		{ .iov_base = &out, .iov_len = sizeof(out) },
		{ .iov_base = (void *)data, .iov_len = len },
	};

	/* ENOENT: the caller has been interrupted */
	if (writev(dev, iov, len ? 2 : 1) < 0 && errno != ENOENT)
		perror("fusefile: answer");
}

static struct fuse_attr attr(unsigned long node)
{
	return (struct fuse_attr){
		.ino = node, .nlink = 1, .blksize = 4096,
		.size = node == FUSE_ROOT_ID ? 0 : size,
		.mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644,
	};
}

static void serve(const struct fuse_in_header *in, const void *arg)
{
	struct fuse_attr_out attr_out = { .attr = attr(in->nodeid) };
	struct fuse_entry_out entry = { .nodeid = 2, .attr = attr(2) };
	struct fuse_open_out open_out = { .open_flags = FOPEN_KEEP_CACHE };
	struct fuse_init_out init = {
		.major = FUSE_KERNEL_VERSION, .minor = 31, .max_readahead = 65536,
		.max_write = 65536,
	};
	const struct fuse_read_in *rd = arg;
	size_t left;

	switch (in->opcode) {
	case FUSE_INIT:
		return answer(in, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return answer(in, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
		return answer(in, 0, &attr_out, sizeof(attr_out));
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		return answer(in, 0, &open_out, sizeof(open_out));
	case FUSE_READ:
		if (stingy && rd->offset >= PAGE)
			return;
		left = rd->offset < size ? size - rd->offset : 0;
		return answer(in, 0, image + (left ? rd->offset : 0),
			      left < rd->size ? left : rd->size);
	case FUSE_READDIR:
	case FUSE_RELEASE:
	case FUSE_RELEASEDIR:
	case FUSE_FLUSH:
		return answer(in, 0, NULL, 0);
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	}
	answer(in, ENOSYS, NULL, 0);
}

int main(int argc, char **argv)
{
	static char request[ROOM] __attribute__((aligned(8)));
	char options[128], *uid;
	struct stat st;
	ssize_t got;
	int fd;

	fd = argc == 3 || argc == 4 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	dev = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0 || dev < 0 || fstat(fd, &st)) {
		perror("fusefile");
		return 1;
	}
	size = st.st_size;
	image = malloc(size);
	if (!image || read(fd, image, size) != st.st_size)
		return 1;
	stingy = argc == 4;
	uid = stingy ? argv[3] : "0";
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%s,group_id=%s", dev,
		 uid, uid);
	if (mount("fusefile", argv[2], "fuse.fusefile", MS_NODEV | MS_NOSUID, options)) {
		perror("fusefile: mount");
		return 1;
	}
	for (;;) {
		got = read(dev, request, sizeof(request));
		if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == ENOENT))
			continue;
		if (got < (ssize_t)sizeof(struct fuse_in_header))
			return got < 0 && errno != ENODEV;
		serve((void *)request, request + sizeof(struct fuse_in_header));
	}
}
