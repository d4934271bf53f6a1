// SPDX-License-Identifier: GPL-2.0
/*
 * A user who holds his own mmap_lock for as long as he likes: a file system of his own
 * (FUSE in a user namespace) does not answer when a thread of his reads a page of it by
 * /proc/self/mem. locked FOLDER [FILE]: mounts it there, and maps FILE executable. Root
 * becomes user 1000.
 *   hold      from now on
 *   let-go    the server ends, and with it the read
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "../common/proto.h"

#define FILE_INODE 2

static char *page;
static pid_t server;
static int told[2];	/* by the server: a read has come */

static int fail(const char *what)
{
	proto_say("bad %s: %s", what, strerror(errno));
	return 1;
}

static int put(const char *file, const char *text)
{
	int fd = open(file, O_WRONLY | O_CLOEXEC);
	int bad = fd < 0 || write(fd, text, strlen(text)) < 0;

	if (fd >= 0)
		close(fd);
	return bad;
}

static size_t answer(const struct fuse_in_header *in, void *body, int *error)
{
	struct fuse_attr attr = {
		.ino = in->nodeid, .mode = S_IFDIR | 0755, .size = 4096, .nlink = 1,
	};
	struct fuse_entry_out *entry = body;
	struct fuse_attr_out *attr_out = body;
	struct fuse_init_out *init = body;

	if (in->nodeid == FILE_INODE)
		attr.mode = S_IFREG | 0644;
	switch (in->opcode) {
	case FUSE_INIT:
		init->major = 7;
		init->minor = 31;
		init->max_write = 4096;
		return sizeof(*init);
	case FUSE_LOOKUP:
		attr.ino = FILE_INODE;
		attr.mode = S_IFREG | 0644;
		entry->nodeid = FILE_INODE;
		entry->attr = attr;
		entry->attr_valid = 9999;
		entry->entry_valid = 9999;
		return sizeof(*entry);
	case FUSE_GETATTR:
		attr_out->attr = attr;
		attr_out->attr_valid = 9999;
		return sizeof(*attr_out);
	case FUSE_OPEN:
		return sizeof(struct fuse_open_out);
	}
	*error = -ENOSYS;
	return 0;
}

static void serve(int fd)
{
	static char request[1 << 18], reply[4096];
	const struct fuse_in_header *in = (void *)request;
	struct fuse_out_header *out = (void *)reply;

	for (;;) {
		if (read(fd, request, sizeof(request)) < 0) {
			if (errno == EINTR)
				continue;
			_exit(1);
		}
		if (in->opcode == FUSE_READ && write(told[1], "r", 1) == 1)
			continue;	/* for ever */
		if (in->opcode == FUSE_FORGET || in->opcode == FUSE_BATCH_FORGET ||
		    in->opcode == FUSE_INTERRUPT)
			continue;
		memset(reply, 0, sizeof(reply));
		out->unique = in->unique;
		out->len = sizeof(*out) + answer(in, out + 1, &out->error);
		if (write(fd, reply, out->len) < 0)
			_exit(2);
	}
}

static void *hold(void *arg)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char c;

	/* It fails when the server ends. */
	if (pread(fd, &c, 1, (off_t)(uintptr_t)page) >= 0)
		_exit(3);
	return arg;
}

static void handle(int argc, char **argv)
{
	static pthread_t thread;
	char c;

	(void)argc;
	if (!strcmp(argv[0], "hold")) {
		if (pthread_create(&thread, NULL, hold, NULL) || read(told[0], &c, 1) != 1)
			fail("hold");
		else
			proto_say("ok");
	} else if (!strcmp(argv[0], "let-go")) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
		pthread_join(thread, NULL);
		proto_say("ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(int argc, char **argv)
{
	char options[100];
	int fd, file;

	proto_unused();
	if (!getuid() && (setgid(1000) || setuid(1000)))
		return fail("setuid");
	prctl(PR_SET_DUMPABLE, 1);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || put("/proc/self/setgroups", "deny") ||
	    put("/proc/self/uid_map", "0 1000 1") || put("/proc/self/gid_map", "0 1000 1"))
		return fail("user namespace");
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (fd < 0 || argc < 2 || mount("test", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) || pipe(told))
		return fail("fuse");
	server = fork();
	if (!server)
		serve(fd);
	close(fd);
	file = chdir(argv[1]) ? -1 : open("file", O_RDONLY | O_CLOEXEC);
	page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, file, 0);
	if (page == MAP_FAILED)
		return fail("mmap");
	file = argc > 2 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;
	if (argc > 2 && mmap(NULL, 1 << 20, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0) ==
			MAP_FAILED)
		return fail(argv[2]);
	return proto_serve(handle);
}
