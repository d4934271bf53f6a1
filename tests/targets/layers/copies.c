// SPDX-License-Identifier: GPL-2.0
/*
 * A user who maps copies of a library: copies N FILE FOLDER. Root becomes user 1000.
 *   change    from now on the build-id of each is right and wrong by turns
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "../common/proto.h"

static char bytes[1 << 20];
static off_t id_at;
static int *fds, nr;

static void *change(void *arg)
{
	char wrong = bytes[id_at] ^ 1;

	for (;;) {
		for (int i = 0; i < nr; i++) {
			if (pwrite(fds[i], &wrong, 1, id_at) != 1)
				_exit(4);
			usleep(200);
			if (pwrite(fds[i], &bytes[id_at], 1, id_at) != 1)
				_exit(4);
		}
		usleep(1000);
	}
	return arg;
}

static void handle(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	if (!strcmp(argv[0], "change") && !pthread_create(&thread, NULL, change, NULL))
		proto_say("ok");
	else
		proto_say("bad word %s", argv[0]);
}

/* The headers are enough: the rest of the file is a hole. And none of it is text, of which a
 * process has one or two at the most. */
static int copy(const char *name, ssize_t len, off_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);
	char *at;

	if (fd < 0 || write(fd, bytes, len) != len || ftruncate(fd, size))
		return -1;
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	return at == MAP_FAILED ? -1 : fd;
}

int main(int argc, char **argv)
{
	char name[300], *note;
	struct stat st;
	ssize_t len;
	int fd;

	proto_unused();
	nr = argc == 4 ? atoi(argv[1]) : 0;
	fds = calloc(nr + 1, sizeof(*fds));
	fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (!nr || !fds || fd < 0 || fstat(fd, &st) || (!getuid() && setuid(1000)))
		return 1;
	len = read(fd, bytes, nr > 100 ? 4096 : sizeof(bytes));
	note = len > 0 ? memmem(bytes, len, "\3\0\0\0GNU", 8) : NULL;
	if (!note)
		return 2;
	id_at = note - bytes + 8;
	for (int i = 0; i < nr; i++) {
		snprintf(name, sizeof(name), "%s/%d.so", argv[3], i);
		fds[i] = copy(name, len, st.st_size);
		if (fds[i] < 0)
			return 3;
		if (nr > 100)
			close(fds[i]);
	}
	return proto_serve(handle);
}
