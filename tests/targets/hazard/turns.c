// SPDX-License-Identifier: GPL-2.0
/*
 * turns [-d MS] [-t SECONDS] [-n] SPM TIMES FILE...: applies a patch and reverts it,
 * TIMES times or for so many seconds, and does nothing else. The files are those of the
 * patch's first object. Says in the file "phase" (phase.h) what calls must give.
 *   -d MS   how long a patch stays in, and out (0)
 *   -n      processes that are refused, or failed, are no error
 * Prints, in microseconds with p50, p99 and the longest:
 *   turns N, apply, revert (until WAIT returns), pause (of one process), and
 *   processes: how many were patched in the last turn
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "phase.h"
#include "uapi/suture.h"

#define FILES_MAX 16
#define PROCS_MAX 4096
#define WAIT_MS 60000

struct figures {
	unsigned int *us;
	size_t nr, room;
};

static int dev, spm;
static struct suture_ioc_file files[FILES_MAX];
static unsigned int nr_files;
static char name[SUTURE_NAME_MAX];
static struct suture_proc procs[PROCS_MAX];

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

static void add(struct figures *f, unsigned int us)
{
	if (f->nr == f->room) {
		f->room = f->room ? 2 * f->room : 1024;
		f->us = realloc(f->us, f->room * sizeof(*f->us));
		if (!f->us)
			die("no memory");
	}
	f->us[f->nr++] = us;
}

static int compare(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return x < y ? -1 : x > y;
}

static void show(const char *what, struct figures *f)
{
	if (!f->nr)
		die("no figures of %s", what);
	qsort(f->us, f->nr, sizeof(*f->us), compare);
	printf("%s %u %u %u\n", what, f->us[f->nr / 2], f->us[(f->nr - 1) * 99 / 100],
	       f->us[f->nr - 1]);
}

static int wait_end(void)
{
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = WAIT_MS };

	strcpy(w.name, name);
	return ioctl(dev, SUTURE_IOC_WAIT, &w) ? errno : 0;
}

static void apply(void)
{
	struct suture_ioc_load l = { .size = sizeof(l), .fd = spm, .nr_files = nr_files,
				     .files = (uintptr_t)files };
	int err;

	if (ioctl(dev, SUTURE_IOC_LOAD, &l))
		die("load: %s (%s)", strerror(errno), l.message);
	memcpy(name, l.name, sizeof(name));
	err = wait_end();
	if (err)
		die("%s does not go in: %s", name, strerror(err));
}

static void revert(void)
{
	struct suture_ioc_revert r = { .size = sizeof(r) };
	int err;

	strcpy(r.name, name);
	if (ioctl(dev, SUTURE_IOC_REVERT, &r))
		die("revert: %s (%s)", strerror(errno), r.message);
	err = wait_end();
	if (err != ENOENT)
		die("%s does not go out: %s", name, strerror(err));
}

/* How many processes are patched; those that are neither patched nor on their way. */
static unsigned int look(struct figures *pauses, int lenient)
{
	struct suture_ioc_procs q = { .size = sizeof(q), .procs = (uintptr_t)procs,
				      .nr = PROCS_MAX };
	unsigned int patched = 0;

	strcpy(q.name, name);
	if (ioctl(dev, SUTURE_IOC_PROCS, &q))
		die("processes: %s", strerror(errno));
	if (q.nr > PROCS_MAX)
		die("%u processes are too many", q.nr);
	for (unsigned int i = 0; i < q.nr; i++) {
		const struct suture_proc *p = &procs[i];

		if (p->state == SUTURE_PROC_PATCHED) {
			patched++;
			if (p->pause_us)
				add(pauses, p->pause_us);
		} else if (!lenient && (p->state == SUTURE_PROC_REFUSED ||
					p->state == SUTURE_PROC_FAILED)) {
			die("process %d (%s): state %u, reason %u, error %d", p->pid, p->comm,
			    p->state, p->reason, p->error);
		}
	}
	return patched;
}

int main(int argc, char **argv)
{
	struct figures in = {}, out = {}, pauses = {};
	unsigned int dwell = 0, seconds = 0, patched = 0, lenient = 0, turns, times;
	struct phase *phase = phase_map();
	uint64_t end;
	int opt;

	while ((opt = getopt(argc, argv, "d:t:n")) != -1) {
		if (opt == 'd')
			dwell = atoi(optarg) * 1000;
		else if (opt == 't')
			seconds = atoi(optarg);
		else if (opt == 'n')
			lenient = 1;
		else
			return 2;
	}
	if (argc - optind < 3 || argc - optind > 2 + FILES_MAX)
		return 2;
	times = atoi(argv[optind + 1]);
	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	spm = open(argv[optind], O_RDONLY | O_CLOEXEC);
	if (!phase || dev < 0 || spm < 0)
		die("%s, %s, %s: %s", PHASE_FILE, SUTURE_DEVICE, argv[optind], strerror(errno));
	for (int i = optind + 2; i < argc; i++) {
		files[nr_files].fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (files[nr_files++].fd < 0)
			die("%s: %s", argv[i], strerror(errno));
	}
	end = now_us() + seconds * 1000000ULL;
	for (turns = 0; turns < times && (!seconds || now_us() < end); turns++) {
		uint64_t start;

		phase_set(phase, PHASE_ANY);
		start = now_us();
		apply();
		add(&in, now_us() - start);
		phase_set(phase, PHASE_NEW);
		patched = look(&pauses, lenient);
		if (dwell)
			usleep(dwell);
		phase_set(phase, PHASE_ANY);
		start = now_us();
		revert();
		add(&out, now_us() - start);
		phase_set(phase, PHASE_OLD);
		if (dwell)
			usleep(dwell);
	}
	phase_set(phase, PHASE_ANY);
	printf("turns %u\n", turns);
	show("apply", &in);
	show("revert", &out);
	if (pauses.nr)
		show("pause", &pauses);
	printf("processes %u\n", patched);
	return 0;
}
