// SPDX-License-Identifier: GPL-2.0
/*
 * Keeps a page of FILE, its second, to write to it when FILE cannot be written any more:
 * hold FILE. The page is a buffer that io_uring knows; descriptor and mapping are gone.
 * Says "ready"; writes one byte for a line from stdin, and says "written".
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE	4096

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static char *map(int fd, size_t len, off_t offset)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* Reads from @from into the buffer that is registered, which is gone from our memory. */
static void read_fixed(int ring, const struct io_uring_params *params, int from, void *buffer)
{
	size_t sq_len = params->sq_off.array + params->sq_entries * sizeof(unsigned int);
	size_t cq_len = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
	struct io_uring_sqe *sqe = (void *)map(ring, params->sq_entries * sizeof(*sqe),
					       IORING_OFF_SQES);
	char *sq = map(ring, sq_len, IORING_OFF_SQ_RING);
	char *cq = map(ring, cq_len, IORING_OFF_CQ_RING);
	const struct io_uring_cqe *cqe = (void *)(cq + params->cq_off.cqes);

	*sqe = (struct io_uring_sqe){
		.opcode = IORING_OP_READ_FIXED, .fd = from, .addr = (unsigned long)buffer, .len = 1,
		.off = -1,
	};
	*(unsigned int *)(sq + params->sq_off.array) = 0;
	__atomic_store_n((unsigned int *)(sq + params->sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		die("io_uring_enter");
	if (cqe->res != 1) {
		fprintf(stderr, "reading ended with %d\n", cqe->res);
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct io_uring_params params = { 0 };
	struct iovec buffer = { .iov_len = PAGE };
	int fd = open(argc == 2 ? argv[1] : "", O_RDWR), ring, ends[2];
	char line[16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (fd < 0)
		die("open");
	buffer.iov_base = map(fd, PAGE, PAGE);
	ring = syscall(SYS_io_uring_setup, 1, &params);
	if (ring < 0 || pipe(ends))
		die("io_uring_setup");
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1))
		die("io_uring_register");
	munmap(buffer.iov_base, PAGE);
	close(fd);
	puts("ready");
	if (!fgets(line, sizeof(line), stdin))
		return 0;
	if (write(ends[1], "\xcc", 1) != 1)
		die("write");
	read_fixed(ring, &params, ends[0], buffer.iov_base);
	puts("written");
	return 0;
}
