// SPDX-License-Identifier: GPL-2.0
/*
 * Loads copies of the signed patch SPM that differ from it in one byte, or that end early:
 * each has to be refused, with words, and leave nothing loaded.
 *   alter SPM TARGET COPY STEP
 * Bytes are altered at every STEP-th offset and everywhere in the last TAIL of the file,
 * where the signature is. COPY is written. Prints "N altered, N cut".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "uapi/suture.h"

#define TAIL	640

static int dev, target;
static const char *copy;
static char *image;
static size_t size;

static void die(const char *what, size_t at)
{
	printf("bad: %s at %zu: %s\n", what, at, strerror(errno));
	exit(1);
}

/* The first @len bytes of the image. */
static void write_copy(size_t len)
{
	int fd = open(copy, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, image, len) != (ssize_t)len || close(fd))
		die("cannot write the copy", len);
}

/* How the kernel answers to the copy: 0, or errno; what it says is in @message. */
static int load(char *message)
{
	struct suture_ioc_file file = { .object = 0, .fd = target };
	struct suture_ioc_load arg = {
		.size = sizeof(arg), .nr_files = 1, .files = (uintptr_t)&file,
	};
	int ret;

	arg.fd = open(copy, O_RDONLY | O_CLOEXEC);
	if (arg.fd < 0)
		die("cannot open the copy", 0);
	ret = ioctl(dev, SUTURE_IOC_LOAD, &arg) ? errno : 0;
	strcpy(message, arg.message);
	close(arg.fd);
	return ret;
}

/* @words: part of what the kernel has to say, or NULL */
static void refused(const char *what, size_t at, const char *words)
{
	struct suture_ioc_patch patch = { .size = sizeof(patch) };
	char message[SUTURE_MESSAGE_MAX];
	int got = load(message);

	if (got != EKEYREJECTED && got != EBADMSG && got != ENOKEY) {
		errno = got;
		printf("%s\n", message);
		die(what, at);
	}
	if (!*message || (words && !strstr(message, words)) ||
	    !ioctl(dev, SUTURE_IOC_PATCH, &patch)) {
		printf("%s\n", message);
		errno = 0;
		die("no or other words, or it is loaded", at);
	}
}

/* The offset to alter after @i: the tail begins at its first byte. */
static size_t next(size_t i, size_t step)
{
	size_t tail = size - TAIL;

	if (i >= tail)
		return i + 1;
	return i + step < tail ? i + step : tail;
}

int main(int argc, char **argv)
{
	unsigned int altered = 0, cut = 0;
	struct stat st;
	size_t i, step;
	int fd;

	if (argc != 5)
		return 2;
	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	target = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (dev < 0 || fd < 0 || target < 0 || fstat(fd, &st))
		die("cannot open", 0);
	copy = argv[3];
	step = atoi(argv[4]);
	size = st.st_size;
	image = malloc(size);
	if (!image || read(fd, image, size) != (ssize_t)size || size < TAIL || !step)
		die("cannot read", 0);

	for (i = 0; i < size; i = next(i, step)) {
		/* another bit for each neighbour, now and then all */
		char was = image[i], bits = i % 9 == 8 ? 0xff : 1 << (i % 9);

		image[i] ^= bits;
		write_copy(size);
		image[i] = was;
		refused("altered", i, i < size - TAIL ? "was altered" : NULL);
		altered++;
	}
	for (i = 1; i < size; i += i < TAIL ? 1 : step) {
		write_copy(size - i);
		refused("cut", size - i, "is not signed");
		cut++;
	}
	/* the middle taken out: the end announces more than there is before it */
	memmove(image + 64, image + size - TAIL / 2, TAIL / 2);
	write_copy(64 + TAIL / 2);
	refused("hollow", 64, "is cut: it is shorter than the signature that it announces");
	printf("%u altered, %u cut\n", altered, cut + 1);
	return 0;
}
