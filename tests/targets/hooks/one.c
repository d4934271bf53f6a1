// SPDX-License-Identifier: GPL-2.0
/*
 * one KIND MS: a process of a single thread that is blocked in system calls of one
 * kind, MS milliseconds each, until SIGTERM. Then it says how they came back:
 *   rounds N eintr N early N late N failed N (errno) most MS ms
 * Kinds: those of threads/blocked.c, and some that end by a signal or by nothing.
 * late: by a fifth of MS or more.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/wait.h>
#include "../common/proto.h"
#include "../funcs/funcs.h"
#include "../threads/blocked.h"

static volatile sig_atomic_t end, alarms;
static int ms;
static struct timespec left_over;

static void on_term(int sig)
{
	(void)sig;
	end = 1;
}

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

static void set_alarm(void)
{
	struct itimerspec its = { .it_value = { ms / 1000, ms % 1000 * 1000000L } };
	struct sigevent sev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	static timer_t timer;
	static int have;

	if (!have && timer_create(CLOCK_MONOTONIC, &sev, &timer))
		_exit(4);
	have = 1;
	timer_settime(timer, 0, &its, NULL);
}

/* these end by a signal, which is what they ought to tell */
static int ended_by_alarm(long ret, int before)
{
	if (ret != -1 || errno != EINTR)
		return ret == -1 ? -errno : 1;
	return alarms == before + 1 || end ? 0 : -EINTR;
}

static int do_pause(int unused)
{
	int before = alarms;

	(void)unused;
	set_alarm();
	return ended_by_alarm(pause(), before);
}

static int do_sigsuspend(int unused)
{
	sigset_t alarm, none, now;
	int before = alarms, ret;

	(void)unused;
	sigemptyset(&none);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	set_alarm();
	ret = ended_by_alarm(sigsuspend(&none), before);
	/* the mask is to be the one from before */
	sigprocmask(SIG_UNBLOCK, &alarm, &now);
	return sigismember(&now, SIGALRM) ? ret : -EBADMSG;
}

/* epoll_pwait with another mask, until the signal that only it lets through */
static int do_epoll_signal(int unused)
{
	static int fd = -1;
	sigset_t alarm, none, now;
	int before = alarms, ret;

	(void)unused;
	if (fd < 0)
		fd = epoll_create1(EPOLL_CLOEXEC);
	sigemptyset(&none);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	set_alarm();
	ret = ended_by_alarm(epoll_pwait(fd, &(struct epoll_event){ 0 }, 1, -1, &none), before);
	sigprocmask(SIG_UNBLOCK, &alarm, &now);
	return sigismember(&now, SIGALRM) ? ret : -EBADMSG;
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (!pid) {
		struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

		while (nanosleep(&ts, &ts))
			;
		_exit(7);
	}
	return pid;
}

static int do_wait4(int unused)
{
	pid_t pid = child();
	int status;

	(void)unused;
	if (wait4(pid, &status, 0, NULL) != pid)
		return -errno;
	return WEXITSTATUS(status) != 7;
}

static int do_waitid(int unused)
{
	pid_t pid = child();
	siginfo_t info;

	(void)unused;
	if (waitid(P_PID, pid, &info, WEXITED))
		return -errno;
	return info.si_status != 7;
}

/* a lock that a child holds meanwhile */
static int do_lock(int posix)
{
	struct flock lock = { .l_type = F_WRLCK };
	char name[] = "lockXXXXXX";
	int fd = mkstemp(name), own, ret, status, ready[2];
	pid_t pid;
	char c;

	if (fd < 0 || pipe(ready))
		return -errno;
	pid = fork();
	if (!pid) {
		struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

		own = open(name, O_RDWR);
		if (posix ? fcntl(own, F_SETLK, &lock) : flock(own, LOCK_EX))
			_exit(1);
		write(ready[1], "", 1);
		while (nanosleep(&ts, &ts))
			;
		_exit(0);
	}
	while (read(ready[0], &c, 1) < 0)
		;
	ret = posix ? fcntl(fd, F_SETLKW, &lock) : flock(fd, LOCK_EX);
	ret = ret ? -errno : 0;
	while (waitpid(pid, &status, 0) < 0)
		;
	close(ready[0]);
	close(ready[1]);
	close(fd);
	unlink(name);
	return ret ?: status;
}

static int do_flock(int unused)
{
	(void)unused;
	return do_lock(0);
}

static int do_fcntl(int unused)
{
	(void)unused;
	return do_lock(1);
}

/* nanosleep that tells what is left must not tell anything */
static int do_rest(int unused)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };

	(void)unused;
	return nanosleep(&ts, &left_over) ? -errno : 0;
}

static int do_epoll_pwait2(int unused)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000L };
	static int fd = -1;

	(void)unused;
	if (fd < 0)
		fd = epoll_create1(EPOLL_CLOEXEC);
	return syscall(SYS_epoll_pwait2, fd, &(struct epoll_event){ 0 }, 1, &ts, NULL, 0) < 0 ?
	       -errno : 0;
}

static struct blocked more[] = {
	{ .name = "pause", .once = do_pause },
	{ .name = "sigsuspend", .once = do_sigsuspend },
	{ .name = "epoll_signal", .once = do_epoll_signal },
	{ .name = "wait4", .once = do_wait4 },
	{ .name = "waitid", .once = do_waitid },
	{ .name = "flock", .once = do_flock },
	{ .name = "fcntl", .once = do_fcntl },
	{ .name = "rest", .once = do_rest },
	{ .name = "epoll_pwait2", .once = do_epoll_pwait2 },
	{ .name = NULL },
};

static int (*find(const struct blocked *b, const char *name))(int ms)
{
	for (; b->name; b++)
		if (!strcmp(b->name, name))
			return b->once;
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction term = { .sa_handler = on_term }, alarm = { .sa_handler = on_alarm };
	unsigned long rounds = 0, eintr = 0, early = 0, late = 0, failed = 0;
	int (*once)(int ms), ret, last = 0;
	sigset_t usr2;
	long long took, most = 0;

	if (argc != 3)
		return 2;
	ms = atoi(argv[2]);
	once = find(blocked_kinds, argv[1]) ?: find(more, argv[1]);
	if (!once || answer(1) < 2)
		return 2;
	sigaction(SIGTERM, &term, NULL);
	sigaction(SIGALRM, &alarm, NULL);
	/* what do_sigtimedwait() waits for */
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	sigprocmask(SIG_BLOCK, &usr2, NULL);
	proto_say("ready");
	while (!end) {
		took = proto_now();
		ret = once(ms);
		took = proto_now() - took;
		if (end)
			break;
		rounds++;
		if (ret == -EINTR)
			eintr++;
		if (took > most)
			most = took;
		if (ret == -EINTR)
			;
		else if (ret)
			failed++, last = ret;
		else if (took < (ms - 10) * 1000000LL)
			early++;
		else if (took > (ms + ms / 5) * 1000000LL)
			late++;
	}
	proto_say("rounds %lu eintr %lu early %lu late %lu failed %lu (%d) most %lld ms", rounds,
		  eintr, early, late, failed, last, most / 1000000);
	return 0;
}
