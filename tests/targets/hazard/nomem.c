// SPDX-License-Identifier: GPL-2.0
/*
 * nomem SPM FILE: lets each allocation of the module fail once (its parameter fail_alloc),
 * while a patch of answer() goes in, while it goes out, and while a process begins that is
 * patched from its start. This process is one of those that are patched. Prints how many
 * failures there were and how many of the loads were refused; 1 when something was half
 * done, or did not go on.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include "../funcs/funcs.h"
#include "device.h"

#define FAIL_ALLOC "/sys/module/suture/parameters/fail_alloc"

static struct device dev;
static struct suture_ioc_file file;
static int spm;
static char *self;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void fail_at(int n)
{
	FILE *f = fopen(FAIL_ALLOC, "we");

	if (!f || fprintf(f, "%d\n", n) < 0 || fclose(f))
		die(FAIL_ALLOC ": %s", strerror(errno));
}

static int asked(void)
{
	FILE *f = fopen(FAIL_ALLOC, "re");
	int n;

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

/* A new process calls at once, and again until it is new: the transition comes to it. */
static void new_process(int n)
{
	char *args[] = { self, "leaf", NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(self, args);
		_exit(9);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("new process, failure %d: status %x", n, status);
}

static int leaf(void)
{
	int got;

	for (int i = 0; i < 5000; i++) {
		got = answer(4) - 4;
		if (got == 1001)
			return 0;
		if (got != 1)
			return 2;
		usleep(1000);
	}
	return 1;
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

int main(int argc, char **argv)
{
	int nr_apply, nr_start, nr_revert, refused = 0;

	self = argv[0];
	if (argc == 2)
		return leaf();
	if (argc != 3)
		return 2;
	spm = open(argv[1], O_RDONLY | O_CLOEXEC);
	file.fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (device_open(&dev) || spm < 0 || file.fd < 0)
		die("%s, %s, %s: %s", SUTURE_DEVICE, argv[1], argv[2], strerror(errno));
	expect("begin", 0, 1);

	fail_at(0);
	apply();
	nr_apply = asked();
	expect("apply", 0, 1001);
	fail_at(0);
	new_process(0);
	nr_start = asked();
	fail_at(0);
	revert();
	nr_revert = asked();
	expect("revert", 0, 1);
	if (!nr_apply || !nr_start || !nr_revert)
		die("%d, %d, %d allocations?", nr_apply, nr_start, nr_revert);

	for (int n = 1; n <= nr_apply; n++) {
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
	for (int n = 1; n <= nr_revert; n++) {
		apply();
		fail_revert(n);
	}
	for (int n = 1; n <= nr_start; n++) {
		apply();
		fail_at(n);
		new_process(n);
		fail_at(0);
		revert();
		expect("revert after a new process", n, 1);
	}
	printf("apply %d refused %d revert %d start %d\n", nr_apply, refused, nr_revert, nr_start);
	return 0;
}
