/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a scenario talks to a test program: one line in, one line out. Nothing
 * here allocates, so that the program's own memory map stays as it is.
 */
#ifndef _SUTURE_TEST_PROTO_H
#define _SUTURE_TEST_PROTO_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PROTO_WORDS 16

/* proto_say - write one line, whole, without stdio's buffers */
__attribute__((format(printf, 1, 2)))
static inline void proto_say(const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDOUT_FILENO, line, n) != n)
		_exit(3);
}

/* proto_line - read one line from standard input; returns false at its end */
static inline int proto_line(char *line, size_t size)
{
	size_t n = 0;
	ssize_t r;

	for (;;) {
		r = read(STDIN_FILENO, &line[n], 1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			return 0;
		if (line[n] == '\n' || n == size - 1) {
			line[n] = 0;
			return 1;
		}
		n++;
	}
}

/*
 * proto_serve - say "ready", then hand every line, cut into words, to @handle,
 * which answers with one proto_say(). "quit" or the end of input ends it.
 */
static inline int proto_serve(void (*handle)(int argc, char **argv))
{
	char line[256], *argv[PROTO_WORDS + 1], *save;
	int argc;

	proto_say("ready %d", getpid());
	while (proto_line(line, sizeof(line))) {
		argc = 0;
		for (char *w = strtok_r(line, " ", &save); w && argc < PROTO_WORDS;
		     w = strtok_r(NULL, " ", &save))
			argv[argc++] = w;
		argv[argc] = NULL;
		if (!argc)
			continue;
		if (!strcmp(argv[0], "quit")) {
			proto_say("bye");
			return 0;
		}
		handle(argc, argv);
	}
	return 0;
}

/* proto_now - CLOCK_MONOTONIC in nanoseconds */
static inline long long proto_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

/* proto_scrub - clear the stack below the caller, where words of frames that
 * were left long ago lie: they would count as frames of a sleeping thread.
 */
__attribute__((noinline)) static void proto_scrub(void)
{
	volatile char below[8192];

	for (size_t i = 0; i < sizeof(below); i++)
		below[i] = 0;
}

/* proto_yield - let the calling thread spin without keeping the CPUs from those
 * who measure: it runs whenever nobody else wants to
 */
static inline void proto_yield(void)
{
	if (setpriority(PRIO_PROCESS, syscall(SYS_gettid), 15))
		_exit(3);
}

static inline void proto_unused(void)
{
	(void)proto_scrub;
}

#endif /* _SUTURE_TEST_PROTO_H */
