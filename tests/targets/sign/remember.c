// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel remembers of versions, and calls that revoke in wrong ways.
 *   remember list                      a line "NAME VERSION" each
 *   remember raise NAME VERSION        prints the version that is remembered then, or an error
 *   remember fill                      as many names as there is room for; prints how many
 *   remember revoke LIST               hands it in and reverts nothing; prints what it should
 *   remember misuse LIST               wrong arguments; LIST is signed, and taken as it is
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "uapi/suture.h"

static int dev;
static unsigned int done;

static int raise_to(const char *name, const char *version, char *ret)
{
	struct suture_ioc_floor floor = { .size = sizeof(floor), .flags = SUTURE_FLOOR_RAISE };
	int error;

	snprintf(floor.name, sizeof(floor.name), "%s", name);
	snprintf(floor.version, sizeof(floor.version), "%s", version);
	error = ioctl(dev, SUTURE_IOC_FLOOR, &floor) ? errno : 0;
	if (!error)
		strcpy(ret, floor.version);
	return error;
}

static int list(void)
{
	struct suture_ioc_floor floor = { .size = sizeof(floor) };

	for (; !ioctl(dev, SUTURE_IOC_FLOOR, &floor); floor.index++)
		printf("%s %s\n", floor.name, floor.version);
	return errno != ENOENT;
}

static int fill(void)
{
	char name[SUTURE_NAME_MAX], version[SUTURE_FLOOR_VERSION_MAX];
	unsigned int nr;
	int error = 0;

	for (nr = 0; !error; nr++) {
		snprintf(name, sizeof(name), "filler-%u", nr);
		error = raise_to(name, "1", version);
	}
	printf("%u, then %s\n", nr - 1, strerrorname_np(error));
	return 0;
}

static void expect(int wanted, unsigned long cmd, void *arg, const char *what)
{
	int got = ioctl(dev, cmd, arg) ? errno : 0;

	if (got != wanted) {
		printf("bad: %s: %s\n", what, strerror(got));
		exit(1);
	}
	done++;
}

static void misuse_floor(void)
{
	const struct suture_ioc_floor fine = {
		.size = sizeof(fine), .flags = SUTURE_FLOOR_RAISE, .name = "misuse", .version = "1",
	};
	struct suture_ioc_floor f;

#define FLOOR(wanted, change, what) \
	do { f = fine; change; expect(wanted, SUTURE_IOC_FLOOR, &f, what); } while (0)
	FLOOR(EINVAL, f.size--, "a short struct");
	FLOOR(EINVAL, f.size += 8, "a long struct");
	FLOOR(EINVAL, f.flags |= 2, "an unknown flag");
	FLOOR(EINVAL, f.reserved = 1, "reserved");
	FLOOR(EINVAL, f.index = 1, "an index to raise");
	FLOOR(EINVAL, f.name[0] = '\0', "no name");
	FLOOR(EINVAL, memset(f.name, 'a', sizeof(f.name)), "a name without end");
	FLOOR(EINVAL, f.name[3] = '/', "no name of a patch");
	FLOOR(EINVAL, f.name[3] = '\n', "a line in a name");
	FLOOR(EINVAL, memset(f.version, '1', sizeof(f.version)), "a version without end");
	FLOOR(EINVAL, f.version[1] = '\n', "a line in a version");
	FLOOR(EINVAL, f.version[1] = '\xff', "a version that is no text");
	FLOOR(ENOENT, (f.flags = 0, f.index = ~0U), "an index far off");
	FLOOR(0, , "as it is");
	expect(EFAULT, SUTURE_IOC_FLOOR, NULL, "no struct");
	expect(EINVAL, _IOWR(SUTURE_IOC_MAGIC, 10, char[8]), &f, "another size in the number");
}

static void misuse_revoke(const char *path)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char names[2][SUTURE_NAME_MAX];
	const struct suture_ioc_revoke fine = {
		.size = sizeof(fine), .fd = open(path, O_RDONLY | O_CLOEXEC),
		.nr_names = 2, .names = (uintptr_t)names,
	};
	struct suture_ioc_revoke r;

	if (page == MAP_FAILED || munmap(page + 4096, 4096) || fine.fd < 0) {
		printf("bad: %s: %s\n", path, strerror(errno));
		exit(1);
	}
#define REVOKE(wanted, change, what) \
	do { r = fine; change; expect(wanted, SUTURE_IOC_REVOKE, &r, what); } while (0)
	REVOKE(EINVAL, r.size--, "a short struct");
	REVOKE(EINVAL, r.flags = 1, "a flag");
	REVOKE(EINVAL, r.reserved = 1, "reserved");
	REVOKE(EINVAL, r.nr_names = SUTURE_MAX_REVOKED + 1, "too many names");
	REVOKE(EINVAL, r.nr_names = ~0U, "far too many names");
	REVOKE(EBADF, r.fd = -1, "no file");
	REVOKE(EBADF, r.fd = open(path, O_PATH), "O_PATH");
	REVOKE(EINVAL, r.fd = open(path, O_WRONLY), "a file for writing");
	REVOKE(EINVAL, r.fd = open("/dev/zero", O_RDONLY), "a device");
	REVOKE(EINVAL, r.fd = open(".", O_RDONLY), "a folder");
	REVOKE(EINVAL, r.fd = dev, "the device itself");
	REVOKE(EKEYREJECTED, r.fd = open("/proc/self/maps", O_RDONLY), "a file of /proc");
	REVOKE(EKEYREJECTED, r.fd = open("/proc/self/exe", O_RDONLY), "this program");
	/* with one patch loaded that it revokes */
	REVOKE(EFAULT, r.names = 0, "no memory for the names");
	REVOKE(EFAULT, r.names = 0xffffffff81000000UL, "the kernel's memory");
	REVOKE(EFAULT, r.names = (uintptr_t)page + 4096 - 8, "memory that ends");
	REVOKE(0, (r.nr_names = 0, r.names = 0), "no room");
	memset(names, 'x', sizeof(names));
	REVOKE(0, , "as it is");
	if (r.nr_names != 1 || !memchr(names[0], '\0', sizeof(names[0])) || names[1][0] != 'x') {
		printf("bad: %u names\n", r.nr_names);
		exit(1);
	}
	expect(EFAULT, SUTURE_IOC_REVOKE, NULL, "no struct");
	expect(EINVAL, _IOWR(SUTURE_IOC_MAGIC, 9, char[8]), &r, "another size in the number");
	printf("ok %u, %s\n", done, names[0]);
}

static int hand_in(const char *path)
{
	char names[8][SUTURE_NAME_MAX];
	struct suture_ioc_revoke r = {
		.size = sizeof(r), .fd = open(path, O_RDONLY | O_CLOEXEC), .nr_names = 8,
		.names = (uintptr_t)names,
	};

	if (ioctl(dev, SUTURE_IOC_REVOKE, &r)) {
		printf("%s: %s\n", strerrorname_np(errno), r.message);
		return 1;
	}
	for (unsigned int i = 0; i < r.nr_names && i < 8; i++)
		printf("%s\n", names[i]);
	return 0;
}

int main(int argc, char **argv)
{
	char version[SUTURE_FLOOR_VERSION_MAX];
	int error;

	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || argc < 2)
		return 2;
	if (!strcmp(argv[1], "list"))
		return list();
	if (!strcmp(argv[1], "fill"))
		return fill();
	if (!strcmp(argv[1], "raise") && argc == 4) {
		error = raise_to(argv[2], argv[3], version);
		printf("%s\n", error ? strerrorname_np(error) : version);
		return error != 0;
	}
	if (!strcmp(argv[1], "revoke") && argc == 3)
		return hand_in(argv[2]);
	if (!strcmp(argv[1], "misuse") && argc == 3) {
		misuse_floor();
		misuse_revoke(argv[2]);
		return 0;
	}
	return 2;
}
