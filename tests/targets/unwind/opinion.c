// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of second opinions, one at a time. Each prints 0 or the name of the error.
 *   opinion thread TID                  and "switches N start N pc N regs N"
 *   opinion settle NAME TID SWITCHES START PC
 *   opinion misuse NAME TID             everything that must be refused; "ok N"
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/user.h>
#include <unistd.h>
#include "uapi/suture.h"

static int dev, tried;
static uint64_t regs[64];

static const char *result(int failed)
{
	return failed ? strerrorname_np(errno) : "0";
}

static struct suture_ioc_thread thread_of(int tid)
{
	return (struct suture_ioc_thread){ .size = sizeof(struct suture_ioc_thread), .tid = tid,
					   .regs = (uintptr_t)regs, .nr_regs = 64 };
}

static uint64_t pc(void)
{
#ifdef __x86_64__
	return regs[offsetof(struct user_regs_struct, rip) / 8];
#else
	return regs[32];
#endif
}

static uint64_t frame;

static struct suture_ioc_settle settle_of(const char *name, int tid, uint64_t switches,
					  uint64_t start, uint64_t at)
{
	struct suture_ioc_settle s = { .size = sizeof(s), .tid = tid, .switches = switches,
				       .start_time = start, .frames = (uintptr_t)&frame,
				       .nr_frames = 1 };

	frame = at;
	snprintf(s.name, sizeof(s.name), "%s", name);
	return s;
}

static void expect(int wanted, unsigned long cmd, const void *arg, size_t size, const char *what)
{
	char copy[512];
	int got;

	memcpy(copy, arg, size);
	got = ioctl(dev, cmd, copy) ? errno : 0;
	if (got != wanted) {
		printf("bad %s: %s, not %s\n", what, got ? strerrorname_np(got) : "0",
		       wanted ? strerrorname_np(wanted) : "0");
		exit(1);
	}
	tried++;
}

static int misuse(const char *name, int tid)
{
	struct suture_ioc_thread good = thread_of(tid), t;
	struct suture_ioc_settle fine, s;
	static uint64_t many[SUTURE_MAX_FRAMES + 1];
	uint64_t at, switches, start;

	t = good;
	if (ioctl(dev, SUTURE_IOC_THREAD, &t)) {
		printf("bad set-up: %s\n", strerror(errno));
		return 1;
	}
	at = pc();
	switches = t.switches;
	start = t.start_time;
	fine = settle_of(name, tid, switches, start, at);

#define THREAD(wanted, what, ...) do { t = good; __VA_ARGS__; \
	expect(wanted, SUTURE_IOC_THREAD, &t, sizeof(t), "thread: " what); } while (0)
	THREAD(EINVAL, "a larger size", t.size++);
	THREAD(EINVAL, "size 0", t.size = 0);
	THREAD(EINVAL, "a flag", t.flags = 1);
	THREAD(EINVAL, "tid 0", t.tid = 0);
	THREAD(EINVAL, "a negative tid", t.tid = -tid);
	THREAD(ESRCH, "a tid that nobody has", t.tid = 0x3fffff);
	THREAD(ESRCH, "a kernel thread", t.tid = 2);
	THREAD(EAGAIN, "who runs, ourselves", t.tid = getpid());
	THREAD(EFAULT, "registers to nowhere", t.regs = 8);
	THREAD(EFAULT, "registers into the kernel", t.regs = 0xffffffff81000000);
	THREAD(0, "no room, no pointer", t.regs = 0, t.nr_regs = 0);
	THREAD(0, "more room than there are registers", t.nr_regs = 0xffffffff);

#define SETTLE(wanted, what, ...) do { s = fine; __VA_ARGS__; \
	expect(wanted, SUTURE_IOC_SETTLE, &s, sizeof(s), "settle: " what); } while (0)
	SETTLE(EINVAL, "a smaller size", s.size--);
	SETTLE(EINVAL, "a flag that there is not", s.flags = 2);
	SETTLE(EINVAL, "reserved", s.reserved = 1);
	SETTLE(EINVAL, "reserved2", s.reserved2 = 1);
	SETTLE(EINVAL, "no name", s.name[0] = 0);
	SETTLE(EINVAL, "a name without end", memset(s.name, 'a', sizeof(s.name)));
	SETTLE(ENOENT, "a patch that is not loaded", strcpy(s.name, "nosuch"));
	SETTLE(EINVAL, "no frames", s.nr_frames = 0);
	SETTLE(EINVAL, "too many frames", s.nr_frames = SUTURE_MAX_FRAMES + 1,
	       s.frames = (uintptr_t)many);
	SETTLE(EINVAL, "four thousand million frames", s.nr_frames = 0xffffffff);
	SETTLE(EFAULT, "frames nowhere", s.frames = 8);
	SETTLE(EFAULT, "frames in the kernel", s.frames = 0xffffffff81000000);
	SETTLE(EFAULT, "frames that reach into nothing", s.nr_frames = 1024,
	       s.frames = (uintptr_t)sbrk(0) - 64);
	SETTLE(EINVAL, "tid 0", s.tid = 0);
	SETTLE(ESRCH, "a tid that nobody has", s.tid = 0x3fffff);
	SETTLE(ESRCH, "a kernel thread", s.tid = 2);
	SETTLE(EAGAIN, "a count of the past", s.switches--);
	SETTLE(EAGAIN, "a count of the future", s.switches++);
	SETTLE(EAGAIN, "another thread of that tid", s.start_time++);
	SETTLE(EAGAIN, "another place", frame = at + 1);
	frame = at;
	SETTLE(EAGAIN, "ourselves", s.tid = getpid());
	printf("ok %d\n", tried);
	return 0;
}

int main(int argc, char **argv)
{
	struct suture_ioc_thread t;
	struct suture_ioc_settle s;

	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return 1;
	if (argc == 3 && !strcmp(argv[1], "thread")) {
		t = thread_of(atoi(argv[2]));
		printf("%s", result(ioctl(dev, SUTURE_IOC_THREAD, &t)));
		printf(" switches %llu start %llu pc %llu regs %u\n",
		       (unsigned long long)t.switches, (unsigned long long)t.start_time,
		       (unsigned long long)pc(), t.nr_regs);
		return 0;
	}
	if (argc == 7 && !strcmp(argv[1], "settle")) {
		s = settle_of(argv[2], atoi(argv[3]), strtoull(argv[4], NULL, 0),
			      strtoull(argv[5], NULL, 0), strtoull(argv[6], NULL, 0));
		printf("%s\n", result(ioctl(dev, SUTURE_IOC_SETTLE, &s)));
		return 0;
	}
	if (argc == 4 && !strcmp(argv[1], "misuse"))
		return misuse(argv[2], atoi(argv[3]));
	return 2;
}
