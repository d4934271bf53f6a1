// SPDX-License-Identifier: GPL-2.0
/*
 * nomem SPM FILE [self|TID]: lets each allocation of the module fail once (its parameter
 * fail_alloc), while a patch of answer() goes in, while it goes out, and while a process begins
 * that is patched from its start. This process is one of those that are patched. Prints how many
 * failures there were and how many of the loads were refused; 1 when something was half
 * done, or did not go on.
 *
 * With a third word it is the kernel's own fault injection (/proc/TID/fail-nth) that lets each
 * allocation fail, of whatever part of the kernel: those that the thread TID asks for, which is
 * the module's, or this process and the new ones.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "../funcs/funcs.h"
#include "device.h"

/* How a new process ends, when it ends badly. */
enum { LEAF_OLD = 1, LEAF_WRONG, LEAF_UNTOUCHED, LEAF_DIED, LD_SO_DIED = 127 };

#define NEVER 1000000	/* so many allocations there are not */
#define FAIL_ALLOC "/sys/module/suture/parameters/fail_alloc"

static struct device dev;
static struct suture_ioc_file file;
static int spm;
static char *self;
static int nth = -1;		/* fail-nth; -1: the module's parameter */
static bool own;		/* fail-nth is that of this process */
static bool reached;		/* there were as many allocations as that */

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* How many allocations are left until that one, and from now on. */
static int nth_swap(int fd, int n)
{
	char text[16] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) <= 0 || dprintf(fd, "%d", n) < 0)
		die("fail-nth: %s", strerror(errno));
	return atoi(text);
}

static void fail_at(int n)
{
	FILE *f;

	if (nth >= 0) {
		reached = !nth_swap(nth, n);
		return;
	}
	f = fopen(FAIL_ALLOC, "we");
	if (!f || fprintf(f, "%d\n", n) < 0 || fclose(f))
		die(FAIL_ALLOC ": %s", strerror(errno));
}

static void count_from_here(void)
{
	fail_at(nth < 0 ? 0 : NEVER);
}

/* How many allocations there were since. */
static int asked(void)
{
	FILE *f;
	int n;

	if (nth >= 0)
		return NEVER - nth_swap(nth, 0);
	f = fopen(FAIL_ALLOC, "re");
	if (!f || fscanf(f, "%d", &n) != 1)
		die(FAIL_ALLOC " cannot be read");
	fclose(f);
	return n;
}

static void expect(const char *when, int n, int gain)
{
	int got = answer(4) - 4;

	if (got != gain)
		die("%s, failure %d: answer() adds %d, not %d", when, n, got, gain);
}

static void apply(void)
{
	int err = device_load(&dev, spm, &file, 1);

	if (!err)
		err = device_wait(&dev);
	if (err)
		die("apply: %s (%s)", strerror(err), dev.message);
}

static void revert(void)
{
	int err = device_revert(&dev);

	if (!err || err == ENOENT)
		err = device_wait(&dev);
	if (err != ENOENT)
		die("revert: %s (%s)", strerror(err), dev.message);
}

/*
 * A new process calls at once, and again until it is new: the transition comes to it. If it is
 * its own allocations that fail, it need not come to life.
 */
static void new_process(int n)
{
	char *args[] = { self, "leaf", NULL };
	bool fails = own && n;
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (fails)
			nth_swap(open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC), n);
		execv(self, args);
		_exit(LEAF_DIED);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		die("new process, failure %d: %s", n, strerror(errno));
	if (fails) {
		reached = !WIFEXITED(status) || WEXITSTATUS(status) != LEAF_UNTOUCHED;
		if (!reached || WIFSIGNALED(status) || WEXITSTATUS(status) == LEAF_DIED ||
		    WEXITSTATUS(status) == LD_SO_DIED)
			return;
	}
	if (status)
		die("new process, failure %d: status %x", n, status);
}

static int leaf(void)
{
	int fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC), left = 0, got;

	if (fd >= 0)
		left = nth_swap(fd, 0);
	for (int i = 0; i < 5000; i++) {
		got = answer(4) - 4;
		if (got == 1001)
			return left ? LEAF_UNTOUCHED : 0;
		if (got != 1)
			return LEAF_WRONG;
		usleep(1000);
	}
	return LEAF_OLD;
}

/* The wait itself can be what fails. */
static int wait_end(void)
{
	int err = device_wait(&dev);

	return err == ENOMEM ? device_wait(&dev) : err;
}

/* 1: it was refused */
static int fail_apply(int n)
{
	int err;

	fail_at(n);
	err = device_load(&dev, spm, &file, 1);
	if (!err) {
		err = wait_end();
		fail_at(0);
		if (err)
			die("apply, failure %d: %s", n, strerror(err));
		expect("apply", n, 1001);
		return 0;
	}
	fail_at(0);
	if (err != ENOMEM)
		die("load, failure %d: %s (%s)", n, strerror(err), dev.message);
	/* processes that were patched on the way are taken back */
	err = wait_end();
	if (err != ENOENT)
		die("refused load, failure %d: %s", n, strerror(err));
	expect("refused load", n, 1);
	return 1;
}

static void fail_revert(int n)
{
	int err;

	fail_at(n);
	err = device_revert(&dev);
	if (!err)
		err = wait_end();
	fail_at(0);
	if (err == ENOMEM)
		revert();
	else if (err != ENOENT)
		die("revert, failure %d: %s (%s)", n, strerror(err), dev.message);
	expect("revert", n, 1);
}

/* Is there an n-th allocation to fail? */
static bool more(int n, int nr)
{
	return nth < 0 ? n <= nr : reached || n == 1;
}

static void open_nth(const char *whose)
{
	char path[64];

	own = !strcmp(whose, "self");
	snprintf(path, sizeof(path), "/proc/%s/fail-nth", whose);
	nth = open(path, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		die("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	int nr_apply, nr_start, nr_revert, refused = 0, n;

	self = argv[0];
	if (argc == 2)
		return leaf();
	if (argc != 3 && argc != 4)
		return 2;
	spm = open(argv[1], O_RDONLY | O_CLOEXEC);
	file.fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (device_open(&dev) || spm < 0 || file.fd < 0)
		die("%s, %s, %s: %s", SUTURE_DEVICE, argv[1], argv[2], strerror(errno));
	if (argc == 4)
		open_nth(argv[3]);
	expect("begin", 0, 1);

	count_from_here();
	apply();
	nr_apply = asked();
	expect("apply", 0, 1001);
	count_from_here();
	new_process(0);
	nr_start = asked();
	count_from_here();
	revert();
	nr_revert = asked();
	expect("revert", 0, 1);
	/* the module's thread has no part in a new process */
	if (!nr_apply || (!nr_start && nth < 0) || !nr_revert)
		die("%d, %d, %d allocations?", nr_apply, nr_start, nr_revert);
	fprintf(stderr, "allocations: apply %d start %d revert %d\n", nr_apply, nr_start, nr_revert);

	for (n = 1; more(n, nr_apply); n++) {
		if (fail_apply(n))
			refused++;
		else
			revert();
		/* and the next one goes */
		apply();
		expect("next apply", n, 1001);
		revert();
		expect("next revert", n, 1);
	}
	nr_apply = n - 1;
	for (n = 1; more(n, nr_revert); n++) {
		apply();
		fail_revert(n);
	}
	nr_revert = n - 1;
	for (n = 1; more(n, nr_start); n++) {
		apply();
		if (!own)
			fail_at(n);
		new_process(n);
		if (!own)
			fail_at(0);
		revert();
		expect("revert after a new process", n, 1);
	}
	nr_start = n - 1;
	printf("apply %d refused %d revert %d start %d\n", nr_apply, refused, nr_revert, nr_start);
	return 0;
}
