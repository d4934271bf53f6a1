// SPDX-License-Identifier: GPL-2.0
/*
 * A thread, named "holder", that stays inside a function for as long as it is told.
 *   enter hold|cold|pair   go in; what is on its stack then is the function
 *                          (cold: only its cold part)
 *   leave                  come out: the value that the call gave, and for pair the
 *                          shift that inner used
 *   tid                    of that thread
 *   lie HOW FILE           says in the ledger of a patch that waits that the library is
 *                          where FILE is mapped. HOW: see lies
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
#define SIZE		(64 * PAGE)
#define LEDGER_MAGIC	0x3272656764656c73UL
#define PAGE		4096UL

/* With a page of its own that is as in the file: 0 all over. */
static char *map_huge(int fd, int prot)
{
	char *shared, *mine;

	if (ftruncate(fd, HUGE_SIZE))
		return NULL;
	shared = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	mine = mmap(NULL, HUGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (shared == MAP_FAILED || mine == MAP_FAILED)
		return NULL;
	*(volatile char *)shared = 0;
	*(volatile char *)mine = 0;
	return mprotect(mine, HUGE_SIZE, prot) ? NULL : mine;
}

/* No page of it is in memory. */
static char *map_untouched(int fd, int prot)
{
	char *mine = mmap(NULL, SIZE, prot, MAP_PRIVATE, fd, 0);

	return mine == MAP_FAILED ? NULL : mine;
}

/* Its first page is the process's own, and no other is in memory. */
static char *map_own(int fd, int prot)
{
	char *mine = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	if (mine == MAP_FAILED || madvise(mine, SIZE, MADV_RANDOM))
		return NULL;
	*(volatile char *)mine = 0;
	return mprotect(mine, SIZE, prot) ? NULL : mine;
}

/* Its beginning is in memory, and the kernel reads on when the second page is mapped. */
static char *map_ahead(int fd, int prot)
{
	char c;

	return pread(fd, &c, 1, 0) == 1 ? map_untouched(fd, prot) : NULL;
}

/* What is mapped where the library is said to be, private. */
static const struct lie {
	const char *how;
	char *(*map)(int fd, int prot);
	int prot;
	unsigned int page;	/* of the mapping: where the function would be */
} lies[] = {
	{ "huge", map_huge, PROT_READ, 3 },
	{ "read", map_untouched, PROT_READ, 40 },
	{ "exec", map_untouched, PROT_READ | PROT_EXEC, 40 },
	{ "own", map_own, PROT_READ, 40 },
	{ "own-exec", map_own, PROT_READ | PROT_EXEC, 40 },
	{ "ahead", map_ahead, PROT_READ, 1 },
};

#define NR_LIES	(sizeof(lies) / sizeof(lies[0]))

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

static void lie(const char *how, const char *file)
{
	unsigned long *ledger = find_ledger();
	void *at = dlsym(RTLD_DEFAULT, "hold");
	const struct lie *lie = lies;
	char *mine;
	Dl_info info;
	int fd;

	while (lie < lies + NR_LIES && strcmp(lie->how, how))
		lie++;
	if (lie == lies + NR_LIES) {
		proto_say("bad lie %s", how);
		return;
	}
	fd = open(file, O_RDWR | O_CREAT, 0600);
	mine = fd < 0 ? NULL : lie->map(fd, lie->prot);
	if (!ledger || !mine || !at || !dladdr(at, &info)) {
		proto_say("bad lie: %s", !ledger ? "no ledger" : strerror(errno));
		return;
	}
	close(fd);
	ledger[2] = (unsigned long)mine + lie->page * PAGE + (unsigned long)info.dli_fbase -
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
	} else if (!strcmp(argv[0], "lie") && argc == 3) {
		lie(argv[1], argv[2]);
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
