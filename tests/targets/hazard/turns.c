// SPDX-License-Identifier: GPL-2.0
/*
 * turns [-d MS] [-j] [-t SECONDS] [-e N] [-n] [-i] SPM[,SPM]... TIMES FILE...: applies a patch
 * and reverts it, TIMES times or for so many seconds, and does nothing else; several take
 * turns. The files are those of the patches' first object. Says in the file "phase"
 * (phase.h) what calls must give.
 *   -d MS   how long a patch stays in, and out (0)
 *   -j      and no shorter than until a call was judged: on a slow machine all who call
 *           may be off the CPU for as long as that. A hundred times as long at the most
 *   -e N    so only in every N-th turn, in the others not at all
 *   -n      processes that are refused, or failed, are no error
 *   -i      talks: "turn N" is answered with "turns N", how many there were so far, and
 *           "figures" with all figures in one line
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
#include <time.h>
#include "../common/proto.h"
#include "device.h"
#include "phase.h"

#define FILES_MAX 16
#define SPMS_MAX 8
#define PROCS_MAX 4096

struct figures {
	unsigned int *us;
	size_t nr, room;
};

static struct device dev;
static int spms[SPMS_MAX];
static unsigned int nr_spms;
static struct suture_ioc_file files[FILES_MAX];
static unsigned int nr_files;
static struct suture_proc procs[PROCS_MAX];
static struct figures in, out, pauses;
static struct phase *phase;
static unsigned int dwell_us, every = 1, lenient, until_judged, turns, patched;

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

static void show(const char *what, struct figures *f, char *line, size_t size)
{
	if (!f->nr)
		return;
	qsort(f->us, f->nr, sizeof(*f->us), compare);
	snprintf(line + strlen(line), size - strlen(line), "%s %u %u %u\n", what,
		 f->us[f->nr / 2], f->us[(f->nr - 1) * 99 / 100], f->us[f->nr - 1]);
}

static void apply(int spm)
{
	int err = device_load(&dev, spm, files, nr_files);

	if (err)
		die("load: %s (%s)", strerror(err), dev.message);
	err = device_wait(&dev);
	if (err)
		die("%s does not go in: %s", dev.name, strerror(err));
}

static void revert(void)
{
	int err = device_revert(&dev);

	if (err)
		die("revert: %s (%s)", strerror(err), dev.message);
	err = device_wait(&dev);
	if (err != ENOENT)
		die("%s does not go out: %s", dev.name, strerror(err));
}

/* How many processes are patched; it must not be that one could not be. */
static unsigned int look(void)
{
	unsigned int nr = PROCS_MAX, done = 0;
	int err = device_procs(&dev, procs, &nr);

	if (err)
		die("processes: %s", strerror(err));
	if (nr > PROCS_MAX)
		die("%u processes are too many", nr);
	for (unsigned int i = 0; i < nr; i++) {
		const struct suture_proc *p = &procs[i];

		if (p->state == SUTURE_PROC_PATCHED) {
			done++;
			if (p->pause_us)
				add(&pauses, p->pause_us);
		} else if (!lenient && (p->state == SUTURE_PROC_REFUSED ||
					p->state == SUTURE_PROC_FAILED)) {
			die("process %d (%s): state %u, reason %u, error %d", p->pid, p->comm,
			    p->state, p->reason, p->error);
		}
	}
	return done;
}

static void stay(unsigned int us)
{
	unsigned long judged = __atomic_load_n(&phase->judged, __ATOMIC_RELAXED);
	int i = 0;

	if (!us)
		return;
	do
		usleep(us);
	while (until_judged && ++i < 100 &&
	       __atomic_load_n(&phase->judged, __ATOMIC_RELAXED) == judged);
}

static void turn(void)
{
	unsigned int dwell = turns % every ? 0 : dwell_us;
	uint64_t start;

	phase_set(phase, PHASE_ANY);
	start = now_us();
	apply(spms[turns % nr_spms]);
	add(&in, now_us() - start);
	phase_set(phase, PHASE_NEW);
	patched = look();
	stay(dwell);
	phase_set(phase, PHASE_ANY);
	start = now_us();
	revert();
	add(&out, now_us() - start);
	phase_set(phase, PHASE_OLD);
	stay(dwell);
	phase_set(phase, PHASE_ANY);
	turns++;
}

static void all_figures(char *line, size_t size)
{
	snprintf(line, size, "turns %u\n", turns);
	show("apply", &in, line, size);
	show("revert", &out, line, size);
	show("pause", &pauses, line, size);
	snprintf(line + strlen(line), size - strlen(line), "processes %u", patched);
}

static void handle(int argc, char **argv)
{
	char line[512];

	if (!strcmp(argv[0], "turn") && argc == 2) {
		for (int i = atoi(argv[1]); i > 0; i--)
			turn();
		proto_say("turns %u", turns);
	} else if (!strcmp(argv[0], "figures")) {
		all_figures(line, sizeof(line));
		for (char *c = line; *c; c++)
			if (*c == '\n')
				*c = ' ';
		proto_say("%s", line);
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

static void open_spms(char *list)
{
	char *save;

	for (char *w = strtok_r(list, ",", &save); w && nr_spms < SPMS_MAX;
	     w = strtok_r(NULL, ",", &save)) {
		spms[nr_spms] = open(w, O_RDONLY | O_CLOEXEC);
		if (spms[nr_spms++] < 0)
			die("%s: %s", w, strerror(errno));
	}
}

int main(int argc, char **argv)
{
	unsigned int seconds = 0, talks = 0, times;
	char line[512];
	uint64_t end;
	int opt;

	proto_unused();
	while ((opt = getopt(argc, argv, "d:jt:e:ni")) != -1) {
		if (opt == 'd')
			dwell_us = atoi(optarg) * 1000;
		else if (opt == 'j')
			until_judged = 1;
		else if (opt == 't')
			seconds = atoi(optarg);
		else if (opt == 'e' && atoi(optarg) > 0)
			every = atoi(optarg);
		else if (opt == 'n')
			lenient = 1;
		else if (opt == 'i')
			talks = 1;
		else
			return 2;
	}
	if (argc - optind < 3 || argc - optind > 2 + FILES_MAX)
		return 2;
	open_spms(argv[optind]);
	times = atoi(argv[optind + 1]);
	phase = phase_map();
	if (!phase || device_open(&dev))
		die("%s, %s: %s", PHASE_FILE, SUTURE_DEVICE, strerror(errno));
	for (int i = optind + 2; i < argc; i++) {
		files[nr_files].fd = open(argv[i], O_RDONLY | O_CLOEXEC);
		if (files[nr_files++].fd < 0)
			die("%s: %s", argv[i], strerror(errno));
	}
	if (talks)
		return proto_serve(handle);
	end = now_us() + seconds * 1000000ULL;
	while (turns < times && (!seconds || now_us() < end))
		turn();
	all_figures(line, sizeof(line));
	puts(line);
	return 0;
}
