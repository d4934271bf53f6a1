// SPDX-License-Identifier: GPL-2.0
/*
 * A thread, named "holder", that stays inside a function for as long as it is told.
 *   enter hold|cold|pair   go in; what is on its stack then is the function
 *                          (cold: only its cold part)
 *   leave                  come out: the value that the call gave, and for pair the
 *                          shift that inner used
 *   tid                    of that thread
 *   huge FILE              says in the ledger of a patch that waits that the library is
 *                          where FILE, of huge pages, is mapped
 *   old|new NAME...        as funcs, on the main thread
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "../common/proto.h"
#include "../funcs/checks.h"
#include "../funcs/funcs.h"

static int go[2], out[2], done[2];	/* pipes: go in, come out, has come out */
static int tid, result, seen;

/* asleep in read, with the function that called us on the stack */
static int stay(void *arg)
{
	char c;

	if (write(done[1], "i", 1) != 1)
		_exit(3);
	while (read(out[0], &c, 1) != 1)
		;
	return *(int *)arg;
}

static void *holder(void *arg)
{
	int five = 5, zero = 0;
	char c;

	(void)arg;
	prctl(PR_SET_NAME, "holder");
	tid = gettid();
	if (write(done[1], "t", 1) != 1)
		_exit(3);
	for (;;) {
		while (read(go[0], &c, 1) != 1)
			;
		if (c == 'h')
			result = hold(stay, &five);
		else if (c == 'c')
			result = coldly(-1, stay, &zero);
		else
			result = pair_outer(40, 0, &seen, stay, &zero);
		proto_scrub();
		if (write(done[1], "o", 1) != 1)
			_exit(3);
	}
	return NULL;
}

static void wait_done(void)
{
	char c;

	while (read(done[0], &c, 1) != 1)
		;
}

#define HUGE_SIZE	(2UL << 20)
#define LEDGER_MAGIC	0x3272656764656c73UL
#define PAGE		4096UL

/* Private, read-only, with a page of its own that is as in the file: 0 all over. */
static char *map_huge(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT, 0600);
	char *shared, *mine;

	if (fd < 0 || ftruncate(fd, HUGE_SIZE))
		return NULL;
	shared = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	mine = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (shared == MAP_FAILED || mine == MAP_FAILED)
		return NULL;
	*(volatile char *)shared = 0;
	*(volatile char *)mine = 0;
	close(fd);
	return mprotect(mine, HUGE_SIZE, PROT_READ) ? NULL : mine;
}

/* The ledger in the data of a patch: magic, state, where its objects are. */
static unsigned long *find_ledger(void)
{
	unsigned long from, to, *word, *found = NULL;
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, " rw-p ") || !strstr(line, ".spm") ||
		    sscanf(line, "%lx-%lx", &from, &to) != 2)
			continue;
		for (word = (void *)from; word < (unsigned long *)to; word++) {
			if (*word == LEDGER_MAGIC)
				found = word;
		}
	}
	if (maps)
		fclose(maps);
	return found;
}

static void lie(const char *file)
{
	unsigned long *ledger = find_ledger();
	void *at = dlsym(RTLD_DEFAULT, "hold");
	char *huge = map_huge(file);
	Dl_info info;

	if (!ledger || !huge || !at || !dladdr(at, &info)) {
		proto_say("bad huge: %s", !ledger ? "no ledger" : strerror(errno));
		return;
	}
	/* the function's page would be the fourth in there */
	ledger[2] = (unsigned long)huge + 3 * PAGE + (unsigned long)info.dli_fbase -
		    ((unsigned long)at & -PAGE);
	proto_say("ok");
}

static void handle(int argc, char **argv)
{
	char why[256];

	if (!strcmp(argv[0], "enter") && argc == 2) {
		if (write(go[1], argv[1], 1) != 1)
			_exit(3);
		wait_done();
		proto_say("ok");
	} else if (!strcmp(argv[0], "leave")) {
		if (write(out[1], "l", 1) != 1)
			_exit(3);
		wait_done();
		proto_say("%d %d", result, seen);
	} else if (!strcmp(argv[0], "huge") && argc == 2) {
		lie(argv[1]);
	} else if (!strcmp(argv[0], "tid")) {
		proto_say("%d", tid);
	} else if (!strcmp(argv[0], "old") || !strcmp(argv[0], "new")) {
		for (int i = 1; i < argc; i++) {
			if (checks_run(argv[i], argv[0][0] == 'n', why, sizeof(why))) {
				proto_say("bad %s: %s", argv[i], why);
				return;
			}
		}
		proto_scrub();
		proto_say("ok");
	} else {
		proto_say("bad word %s", argv[0]);
	}
}

int main(void)
{
	pthread_t t;

	if (pipe(go) || pipe(out) || pipe(done) || pthread_create(&t, NULL, holder, NULL))
		return 1;
	wait_done();
	return proto_serve(handle);
}
