// SPDX-License-Identifier: GPL-2.0
/*
 * reload KO SPM FILE TIMES EVERY: so often, a patch of answer() goes in and out, and with each
 * EVERY-th the module, which is not there at the end. This process is one of those that are
 * patched. Each third patch is in force when the device is closed, and each fifth round a process
 * begins under it. Prints "rounds N"; 1 when something did not work.
 */
#define _GNU_SOURCE
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "../funcs/funcs.h"
#include "device.h"

static struct device dev;
static struct suture_ioc_file file;
static int ko, spm, nr;
static char *self;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "round %d: ", nr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static void expect(const char *when, int gain)
{
	int got = answer(4) - 4;

	if (got != gain)
		die("%s: answer() adds %d, not %d", when, got, gain);
}

static void new_process(void)
{
	char *args[] = { self, NULL };
	int status;
	pid_t pid = fork();

	if (!pid) {
		execv(self, args);
		_exit(9);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("a new process is not patched: status %x", status);
}

static void open_device(void)
{
	int err = device_open(&dev);

	if (err)
		die("%s: %s", SUTURE_DEVICE, strerror(err));
}

static void one_round(bool in, bool out)
{
	char name[sizeof(dev.name)];
	int err;

	if (in && syscall(SYS_finit_module, ko, "", 0))
		die("the module does not go in: %s", strerror(errno));
	open_device();
	err = device_load(&dev, spm, &file, 1);
	if (!err)
		err = device_wait(&dev);
	if (err)
		die("the patch does not go in: %s (%s)", strerror(err), dev.message);
	expect("applied", 1001);
	if (nr % 3 == 0) {
		memcpy(name, dev.name, sizeof(name));
		close(dev.fd);
		open_device();
		memcpy(dev.name, name, sizeof(name));
	}
	if (nr % 5 == 0)
		new_process();
	err = device_revert(&dev);
	if (!err)
		err = device_wait(&dev);
	if (err != ENOENT)
		die("the patch does not go out: %s (%s)", strerror(err), dev.message);
	expect("reverted", 1);
	close(dev.fd);
	/* At once: whoever is told that the last patch is gone can unload the module. */
	if (out && syscall(SYS_delete_module, "suture", 0))
		die("the module does not go out: %s", strerror(errno));
	expect("at the end", 1);
}

int main(int argc, char **argv)
{
	int times, every;

	self = argv[0];
	if (argc == 1)
		return answer(4) != 1005;
	if (argc != 6)
		return 2;
	ko = open(argv[1], O_RDONLY | O_CLOEXEC);
	spm = open(argv[2], O_RDONLY | O_CLOEXEC);
	file.fd = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (ko < 0 || spm < 0 || file.fd < 0)
		die("%s, %s, %s: %s", argv[1], argv[2], argv[3], strerror(errno));
	times = atoi(argv[4]);
	every = atoi(argv[5]);
	if (every < 1)
		return 2;
	expect("begin", 1);
	for (nr = 1; nr <= times; nr++)
		one_round((nr - 1) % every == 0, nr % every == 0 || nr == times);
	printf("rounds %d\n", times);
	return 0;
}
