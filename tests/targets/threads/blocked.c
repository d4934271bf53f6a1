// SPDX-License-Identifier: GPL-2.0
/* See blocked.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/times.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "blocked.h"

static long long now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* The time that socket time-outs are counted in. A processor that is emulated loses ticks
 * and gets them back at once; by another clock such a call comes back early then. */
static long long now_ticks(void)
{
	struct tms unused;

	return times(&unused) * (1000000000LL / sysconf(_SC_CLK_TCK));
}

static struct timespec span(int ms)
{
	return (struct timespec){ ms / 1000, ms % 1000 * 1000000L };
}

/* what a call that ought to have timed out came back with */
static int timed_out(long ret, int want_errno)
{
	if (ret >= 0)
		return want_errno ? 1 : ret != 0;
	return errno == want_errno ? 0 : -errno;
}

static int do_epoll(int ms)
{
	static int fd = -1;

	if (fd < 0)
		fd = epoll_create1(EPOLL_CLOEXEC);
	return timed_out(epoll_wait(fd, &(struct epoll_event){ 0 }, 1, ms), 0);
}

static int do_poll(int ms)
{
	return timed_out(poll(NULL, 0, ms), 0);
}

static int do_ppoll(int ms)
{
	struct timespec ts = span(ms);
	sigset_t none;

	sigfillset(&none);
	return timed_out(ppoll(NULL, 0, &ts, &none), 0);
}

static int do_select(int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	return timed_out(select(0, NULL, NULL, NULL, &tv), 0);
}

static int do_nanosleep(int ms)
{
	struct timespec ts = span(ms);

	return timed_out(nanosleep(&ts, NULL), 0);
}

static int do_clock_nanosleep(int ms)
{
	struct timespec ts;
	long long end = now() + ms * 1000000LL;
	int err;

	ts = (struct timespec){ end / 1000000000, end % 1000000000 };
	err = clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	return -err;
}

static int do_futex(int ms)
{
	static int word;
	struct timespec ts = span(ms);

	return timed_out(syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ts, NULL, 0),
			 ETIMEDOUT);
}

/* a read that has no time limit of its own: a timer ends it */
static int do_read(int ms)
{
	struct itimerspec its = { .it_value = span(ms) };
	static int fd = -1;
	uint64_t ticks;

	if (fd < 0)
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	if (timerfd_settime(fd, 0, &its, NULL))
		return -errno;
	return read(fd, &ticks, sizeof(ticks)) == sizeof(ticks) ? ticks != 1 : -errno;
}

static int timed_socket(int type, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	/* a bare family: the kernel chooses an abstract name */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) ||
	    bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t)))
		return -1;
	return fd;
}

static int do_recv(int ms)
{
	static int fd = -1;
	char byte;

	if (fd < 0)
		fd = timed_socket(SOCK_DGRAM, ms);
	return timed_out(recv(fd, &byte, 1, 0), EAGAIN);
}

static int do_accept(int ms)
{
	static int fd = -1;

	if (fd < 0) {
		fd = timed_socket(SOCK_STREAM, ms);
		if (listen(fd, 1))
			return -errno;
	}
	return timed_out(accept(fd, NULL, NULL), EAGAIN);
}

static int do_sigtimedwait(int ms)
{
	struct timespec ts = span(ms);
	sigset_t usr;

	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR2);
	return timed_out(sigtimedwait(&usr, NULL, &ts), EAGAIN);
}

static int do_semop(int ms)
{
	static int id = -1;
	struct timespec ts = span(ms);
	struct sembuf down = { .sem_op = -1 };

	if (id < 0)
		id = semget(IPC_PRIVATE, 1, 0600);
	return timed_out(semtimedop(id, &down, 1, &ts), EAGAIN);
}

/* msgrcv has no time limit: the queue's own timer thread sends the message */
static int msg_id = -1;

static void *msg_sender(void *arg)
{
	struct { long type; char text[1]; } m = { .type = 1 };
	int fd = (int)(long)arg;
	uint64_t ticks;

	while (read(fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		msgsnd(msg_id, &m, 0, 0);
	return NULL;
}

static int do_msgrcv(int ms)
{
	struct itimerspec its = { .it_value = span(ms) };
	struct { long type; char text[1]; } m;
	static int fd = -1;
	pthread_t t;

	if (fd < 0) {
		msg_id = msgget(IPC_PRIVATE, 0600);
		fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
		if (msg_id < 0 || fd < 0 || pthread_create(&t, NULL, msg_sender, (void *)(long)fd))
			return -EIO;
	}
	if (timerfd_settime(fd, 0, &its, NULL))
		return -errno;
	return msgrcv(msg_id, &m, 0, 0, 0) < 0 ? -errno : 0;
}

static int do_mq(int ms)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	static mqd_t q = -1;
	struct timespec ts;
	char buf[8], name[32];

	if (q < 0) {
		snprintf(name, sizeof(name), "/blocked-%d", getpid());
		q = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600, &attr);
		if (q < 0)
			return -errno;
		mq_unlink(name);
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += (ts.tv_nsec + ms * 1000000LL) / 1000000000;
	ts.tv_nsec = (ts.tv_nsec + ms * 1000000LL) % 1000000000;
	return timed_out(mq_timedreceive(q, buf, sizeof(buf), NULL, &ts), ETIMEDOUT);
}

static int do_aio(int ms)
{
	static aio_context_t ctx;
	struct timespec ts = span(ms);
	struct io_event ev;

	if (!ctx && syscall(SYS_io_setup, 1, &ctx))
		return -errno;
	return timed_out(syscall(SYS_io_getevents, ctx, 1, 1, &ev, &ts), 0);
}

static int do_epoll_pwait(int ms)
{
	static int fd = -1;
	sigset_t none;

	if (fd < 0)
		fd = epoll_create1(EPOLL_CLOEXEC);
	sigfillset(&none);
	return timed_out(epoll_pwait(fd, &(struct epoll_event){ 0 }, 1, ms, &none), 0);
}

struct blocked blocked_kinds[] = {
	{ .name = "epoll_wait", .once = do_epoll },
	{ .name = "nanosleep", .once = do_nanosleep },
	{ .name = "read", .once = do_read },
	{ .name = "futex", .once = do_futex },
	{ .name = "poll", .once = do_poll },
	{ .name = "recv", .once = do_recv, .by_ticks = 1 },
	{ .name = "accept", .once = do_accept, .by_ticks = 1 },
	{ .name = "sigtimedwait", .once = do_sigtimedwait },
	{ .name = "semtimedop", .once = do_semop },
	{ .name = "msgrcv", .once = do_msgrcv },
	{ .name = "mq_timedreceive", .once = do_mq },
	{ .name = "io_getevents", .once = do_aio },
	{ .name = "clock_nanosleep", .once = do_clock_nanosleep },
	{ .name = "select", .once = do_select },
	{ .name = "ppoll", .once = do_ppoll },
	{ .name = "epoll_pwait", .once = do_epoll_pwait },
	{ .name = NULL },
};

static int inside, block_ms;

static void *run(void *arg)
{
	struct blocked *b = arg;
	long long begin, took;
	int ret;

	prctl(PR_SET_NAME, b->name);
	prctl(PR_SET_TIMERSLACK, 1);
	for (;;) {
		begin = b->by_ticks ? now_ticks() : now();
		__atomic_add_fetch(&inside, 1, __ATOMIC_RELAXED);
		ret = b->once(block_ms);
		__atomic_sub_fetch(&inside, 1, __ATOMIC_RELAXED);
		took = (b->by_ticks ? now_ticks() : now()) - begin;
		/* ticks are shown in units of 10 ms */
		if (ret == -EINTR)
			__atomic_add_fetch(&b->eintr, 1, __ATOMIC_RELAXED);
		else if (ret < 0)
			__atomic_add_fetch(&b->failed, 1, __ATOMIC_RELAXED);
		else if (ret > 0 || took < (block_ms - 10) * 1000000LL)
			__atomic_add_fetch(&b->early, 1, __ATOMIC_RELAXED);
		if (ret < 0)
			b->last_error = ret;
		__atomic_add_fetch(&b->rounds, 1, __ATOMIC_RELAXED);
		if (ret < 0 && ret != -EINTR)
			return NULL;
	}
}

static int wanted(char *const *names, const char *name)
{
	if (!names || !*names)
		return 1;
	for (; *names; names++)
		if (!strcmp(*names, name))
			return 1;
	return 0;
}

int blocked_start(char *const *names, int ms)
{
	pthread_t thread;
	sigset_t usr;
	int n = 0, err;

	sigemptyset(&usr);
	sigaddset(&usr, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &usr, NULL);
	block_ms = ms;
	for (struct blocked *b = blocked_kinds; b->name; b++) {
		if (!wanted(names, b->name))
			continue;
		err = pthread_create(&thread, NULL, run, b);
		if (err)
			return -err;
		n++;
	}
	return n;
}

int blocked_inside(void)
{
	return __atomic_load_n(&inside, __ATOMIC_RELAXED);
}
