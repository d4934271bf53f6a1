// SPDX-License-Identifier: GPL-2.0
/*
 * iofuzz SPM TARGET SECONDS SEED TID...: random calls at /dev/suture by three threads at once,
 * while a fourth changes and takes away the memory that they hand over, and signals interrupt
 * them. Most are right but for a word or two, so they get far: the patch SPM goes in and out
 * of the processes that map TARGET, and the threads TID... are asked about and settled. At the
 * same time two processes without the capability do the same with a descriptor that they
 * have inherited, one of them as root of its own user namespace: all must be EPERM.
 * It ends after SECONDS, or up to 8 times as much when each call was good once. Prints "version
 * CALLS/GOOD load CALLS/GOOD ...", and leaves nothing loaded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "uapi/suture.h"

#define WORKERS 3
#define PAGE 4096
#define ROOM (4 * PAGE)	/* of each worker: its argument, and what that points to */
#define SIDE (2 * PAGE)	/* where the latter begins */
#define GRACE 7	/* times SECONDS */
#define WAITS 50

enum { VERSION, LOAD, REVERT, WAIT, PROCS, PATCH, PROMOTE, THREAD, SETTLE, REVOKE, FLOOR, CALLS };

static const struct {
	const char *name;
	unsigned long cmd;
	uint32_t size;
} calls[CALLS] = {
	[VERSION] = { "version", SUTURE_IOC_VERSION, sizeof(struct suture_ioc_version) },
	[LOAD] = { "load", SUTURE_IOC_LOAD, sizeof(struct suture_ioc_load) },
	[REVERT] = { "revert", SUTURE_IOC_REVERT, sizeof(struct suture_ioc_revert) },
	[WAIT] = { "wait", SUTURE_IOC_WAIT, sizeof(struct suture_ioc_wait) },
	[PROCS] = { "procs", SUTURE_IOC_PROCS, sizeof(struct suture_ioc_procs) },
	[PATCH] = { "patch", SUTURE_IOC_PATCH, sizeof(struct suture_ioc_patch) },
	[PROMOTE] = { "promote", SUTURE_IOC_PROMOTE, sizeof(struct suture_ioc_promote) },
	[THREAD] = { "thread", SUTURE_IOC_THREAD, sizeof(struct suture_ioc_thread) },
	[SETTLE] = { "settle", SUTURE_IOC_SETTLE, sizeof(struct suture_ioc_settle) },
	[REVOKE] = { "revoke", SUTURE_IOC_REVOKE, sizeof(struct suture_ioc_revoke) },
	[FLOOR] = { "floor", SUTURE_IOC_FLOOR, sizeof(struct suture_ioc_floor) },
};

union argument {
	uint32_t words[512];
	struct suture_ioc_load load;
	struct suture_ioc_revert revert;
	struct suture_ioc_wait wait;
	struct suture_ioc_procs procs;
	struct suture_ioc_patch patch;
	struct suture_ioc_promote promote;
	struct suture_ioc_thread thread;
	struct suture_ioc_settle settle;
	struct suture_ioc_revoke revoke;
	struct suture_ioc_floor floor;
};

/* what an argument points to */
union pointed {
	uint64_t words[512];
	struct {
		struct suture_ioc_file files[4];
		struct suture_ioc_rule rules[4];
	};
};

struct worker {
	uint64_t random;
	uint8_t *room;
	struct suture_ioc_thread last;	/* a thread that was asked about, */
	uint64_t pc;	/* and where it was */
	int next;	/* what is to follow, or -1 */
	unsigned int waits;	/* times that WAIT was called again */
	bool nobody;
};

static int dev, spm, target;
static uint8_t *rooms;
static char patch_name[SUTURE_NAME_MAX];
static int tids[64], nr_tids;
static unsigned long tried[CALLS], good[CALLS];
static time_t end, latest;
static bool done;
static sigset_t alarms;

__attribute__((format(printf, 1, 2), noreturn)) static void bad(const char *fmt, ...)
{
	va_list ap;

	fputs("bad: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

/* Each call has got through; but a list of revoked patches, of which there is none. */
static bool all_good(void)
{
	for (int i = 0; i < CALLS; i++)
		if (i != REVOKE && !__atomic_load_n(&good[i], __ATOMIC_RELAXED))
			return false;
	return true;
}

/* On a machine that is busy it may take longer until all have got through. */
static bool over(const struct worker *w)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end && (w->nobody || all_good() || now.tv_sec > latest);
}

static uint64_t number(struct worker *w)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return w->random * 0x2545f4914f6cdd1dULL >> 8;
}

/* one of n */
static uint32_t one_of(struct worker *w, uint32_t n)
{
	return number(w) % n;
}

static uint32_t odd_number(struct worker *w)
{
	static const uint32_t odd[] = { 0, 1, 2, 7, 8, 0xff, 0x100, 0xfff, 0x1000, 0x1001, 0xffff,
					0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };

	return one_of(w, 3) ? odd[one_of(w, sizeof(odd) / sizeof(odd[0]))] : number(w);
}

static uint64_t odd_pointer(struct worker *w)
{
	switch (one_of(w, 6)) {
	case 0:
		return 0;
	case 1:
		return -(uint64_t)one_of(w, 2 * PAGE);
	case 2:
		return 0xffffffff81000000UL + one_of(w, 1 << 24);
	case 3:	/* where x86-64 has user memory no more */
		return (1UL << 47) - one_of(w, PAGE);
	case 4:	/* another's, and behind the last */
		return (uintptr_t)rooms + one_of(w, WORKERS * ROOM + PAGE);
	}
	return number(w);
}

/* Of the registers that SUTURE_IOC_THREAD gives, the program counter. */
#ifdef __x86_64__
#define PC_WORD	16
#else
#define PC_WORD	32
#endif

/* ------------------------------------------------ right arguments */

static void name_it(struct worker *w, char *name)
{
	if (one_of(w, 8))
		memcpy(name, patch_name, SUTURE_NAME_MAX);
	else
		memset(name, one_of(w, 256), one_of(w, SUTURE_NAME_MAX + 1));
}

static void make_rules(struct worker *w, struct suture_ioc_load *load,
		       struct suture_ioc_rule *rules)
{
	load->nr_rules = one_of(w, 4);
	for (unsigned int i = 0; i < load->nr_rules; i++) {
		rules[i].kind = 1 + one_of(w, 4);
		rules[i].flags = one_of(w, 2);
		if (rules[i].kind == SUTURE_RULE_PID)
			rules[i].value = getpid();
		else if (rules[i].kind == SUTURE_RULE_EXE)
			for (unsigned int k = one_of(w, 40); k; k--)
				rules[i].text[k - 1] = "/*?[]-!\\funcs"[one_of(w, 13)];
		else if (one_of(w, 2))
			rules[i].value = number(w);
	}
}

static void make(struct worker *w, unsigned int nr, union argument *arg, union pointed *to)
{
	uint64_t side = (uintptr_t)w->room + SIDE;

	memset(arg, 0, sizeof(*arg));
	memset(to, 0, sizeof(*to));
	arg->words[0] = calls[nr].size;
	switch (nr) {
	case LOAD:
		arg->load.flags = one_of(w, 2);
		arg->load.fd = spm;
		arg->load.nr_files = 1;
		arg->load.files = side;
		arg->load.rules = side + offsetof(union pointed, rules);
		to->files[0].fd = target;
		if (!one_of(w, 4))
			make_rules(w, &arg->load, to->rules);
		if (!one_of(w, 4))
			arg->load.canary = one_of(w, 102);
		break;
	case REVERT:
		arg->revert.flags = one_of(w, 2);
		name_it(w, arg->revert.name);
		break;
	case WAIT:
		arg->wait.timeout_ms = one_of(w, 8) ? one_of(w, 20) : number(w);
		name_it(w, arg->wait.name);
		break;
	case PROCS:
		name_it(w, arg->procs.name);
		arg->procs.procs = side;
		arg->procs.nr = one_of(w, 64);
		break;
	case PATCH:
		arg->patch.flags = one_of(w, 2);
		arg->patch.index = one_of(w, 3);
		name_it(w, arg->patch.name);
		break;
	case PROMOTE:
		name_it(w, arg->promote.name);
		break;
	case THREAD:
		arg->thread.tid = one_of(w, 8) ? tids[one_of(w, nr_tids)] : (int)one_of(w, 400);
		arg->thread.nr_regs = 64;
		arg->thread.regs = side;
		break;
	case SETTLE:
		name_it(w, arg->settle.name);
		arg->settle.flags = one_of(w, 2);
		arg->settle.tid = w->last.tid;
		arg->settle.switches = w->last.switches;
		arg->settle.start_time = w->last.start_time;
		arg->settle.frames = side;
		arg->settle.nr_frames = 1 + one_of(w, 512);
		for (unsigned int i = 0; i < arg->settle.nr_frames; i++)
			to->words[i] = one_of(w, 2) ? number(w) :
						      w->pc + one_of(w, PAGE) - PAGE / 2;
		to->words[0] = w->pc;
		break;
	case REVOKE:
		arg->revoke.fd = one_of(w, 2) ? spm : target;
		arg->revoke.names = side;
		arg->revoke.nr_names = one_of(w, SUTURE_MAX_REVOKED);
		break;
	case FLOOR:
		arg->floor.flags = one_of(w, 2);
		if (!arg->floor.flags) {
			arg->floor.index = one_of(w, 64);
			break;
		}
		/* few names: they stay for as long as the module */
		memset(arg->floor.name, 'a', 1 + one_of(w, 40));
		memset(arg->floor.version, '0' + one_of(w, 10),
		       one_of(w, SUTURE_FLOOR_VERSION_MAX + 1));
		break;
	}
}

static void spoil(struct worker *w, uint32_t *words, uint32_t nr)
{
	for (int n = 1 + one_of(w, 3); n; n--) {
		uint32_t at = one_of(w, nr);
		uint64_t pointer;

		if (one_of(w, 2) || at + 1 == nr) {
			words[at] = odd_number(w);
			continue;
		}
		pointer = odd_pointer(w);
		memcpy(words + (at & ~1U), &pointer, sizeof(pointer));
	}
}

/* ------------------------------------------------ calls */

/* Both without a fault where the other thread has just taken the memory away. */
static void get(void *to, void *from, size_t size)
{
	struct iovec local = { to, size }, remote = { from, size };

	if (process_vm_readv(getpid(), &local, 1, &remote, 1, 0) < 0 && errno != EFAULT)
		bad("process_vm_readv: %s", strerror(errno));
}

static void put(void *to, void *from, size_t size)
{
	struct iovec local = { from, size }, remote = { to, size };

	if (process_vm_writev(getpid(), &local, 1, &remote, 1, 0) < 0 && errno != EFAULT)
		bad("process_vm_writev: %s", strerror(errno));
}

static void call(struct worker *w)
{
	union argument arg;
	union pointed to;
	unsigned int nr = w->next >= 0 ? w->next : (int)one_of(w, CALLS), way = one_of(w, 16);
	unsigned long cmd = calls[nr].cmd;
	uint32_t room = calls[nr].size;
	uint8_t *at;
	int ret;

	w->next = -1;
	make(w, nr, &arg, &to);
	if (way < 6)
		spoil(w, arg.words, calls[nr].size / 4);
	if (way < 3)
		spoil(w, (uint32_t *)&to, sizeof(to) / 4);
	if (way == 6) {	/* another size or direction, or number */
		cmd = _IOC(one_of(w, 4), SUTURE_IOC_MAGIC, one_of(w, 2) ? nr : one_of(w, 256),
			   one_of(w, 2) ? one_of(w, 1 << 14) : calls[nr].size);
		arg.words[0] = _IOC_SIZE(cmd);
	}
	/* somewhere in two pages, often across their border */
	at = w->room + (one_of(w, 2) ? one_of(w, PAGE / 8) * 8 : PAGE - one_of(w, room / 4) * 4);
	put(at, &arg, room);
	put(w->room + SIDE, &to, sizeof(to));
	if (way == 7)
		at = (uint8_t *)odd_pointer(w);
	ret = ioctl(dev, cmd, at);
	if (w->nobody) {
		if (!ret || errno != EPERM)
			bad("ioctl %lx without the capability: %s", cmd, ret ? strerror(errno) : "good");
		return;
	}
	__atomic_add_fetch(&tried[nr], 1, __ATOMIC_RELAXED);
	if (nr == WAIT && ret && (errno == EINTR || errno == ETIMEDOUT) && ++w->waits < WAITS)
		w->next = WAIT;
	if (ret || cmd != calls[nr].cmd)
		return;
	__atomic_add_fetch(&good[nr], 1, __ATOMIC_RELAXED);
	if (nr == THREAD && way > 7) {
		get(&w->last, at, sizeof(w->last));
		get(&w->pc, w->room + SIDE + PC_WORD * sizeof(w->pc), sizeof(w->pc));
		w->next = one_of(w, 2) ? SETTLE : -1;
	} else if (nr == LOAD) {
		/* so that also on a slow machine some get as far */
		w->next = arg.load.canary ? PROMOTE : one_of(w, 2) ? WAIT : -1;
		w->waits = 0;
	}
}

/* All but ioctls: none of it is there. */
static void other_call(struct worker *w)
{
	struct pollfd fd = { .fd = dev, .events = POLLIN };
	void *map = mmap(NULL, PAGE, PROT_READ, one_of(w, 2) ? MAP_SHARED : MAP_PRIVATE, dev,
			 (uint64_t)one_of(w, 16) * PAGE);
	char byte = 0;

	if (map != MAP_FAILED || read(dev, &byte, 1) >= 0 || write(dev, &byte, 1) >= 0 ||
	    pread(dev, &byte, 1, number(w) >> 8) >= 0)
		bad("the device can be read, written or mapped");
	lseek(dev, number(w) >> 8, one_of(w, 3));
	poll(&fd, 1, 0);
	fsync(dev);
}

static void *work(void *arg)
{
	struct worker *w = arg;

	while (!over(w)) {
		if (one_of(w, 64))
			call(w);
		else
			other_call(w);
	}
	return NULL;
}

/* Changes what the others have handed over, while the kernel looks at it. */
static void *mangle(void *arg)
{
	struct worker *w = arg;

	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		uint8_t *page = rooms + (size_t)one_of(w, WORKERS * ROOM / PAGE) * PAGE;
		uint32_t word = odd_number(w);

		switch (one_of(w, 32)) {
		case 0:
			madvise(page, PAGE, MADV_DONTNEED);
			break;
		case 1:
			mprotect(page, PAGE, one_of(w, 2) ? PROT_NONE : PROT_READ);
			sched_yield();
			mprotect(page, PAGE, PROT_READ | PROT_WRITE);
			break;
		default:
			put(page + one_of(w, PAGE / 4) * 4, &word, sizeof(word));
		}
	}
	return NULL;
}

static void interrupt(int sig)
{
	(void)sig;
}

static void no_open(const char *path)
{
	if (open(path, O_RDWR | O_CLOEXEC) >= 0 || (errno != EACCES && errno != EPERM))
		bad("nobody opens %s: %s", path, strerror(errno));
}

/* Without the capability; returns its process. */
static pid_t nobody(struct worker *w, bool namespace)
{
	pid_t pid = fork();
	char path[64];

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (setgid(65534) || setuid(65534) || (namespace && unshare(CLONE_NEWUSER)))
		bad("to be nobody: %s", strerror(errno));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", dev);
	no_open(path);
	no_open(SUTURE_DEVICE);
	no_open("/sys/module/suture/parameters/require_signature");
	w->nobody = true;
	work(w);
	_exit(0);
}

/* ------------------------------------------------ before and after */

static void take_out(const char *name)
{
	struct suture_ioc_revert r = { .size = sizeof(r) };
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 60000 };

	memcpy(r.name, name, sizeof(r.name));
	memcpy(w.name, name, sizeof(w.name));
	/* it may be on its way out already */
	ioctl(dev, SUTURE_IOC_REVERT, &r);
	if (!ioctl(dev, SUTURE_IOC_WAIT, &w) || errno != ENOENT)
		bad("%s does not go: %s (%s)", name, strerror(errno), r.message);
}

static void learn_name(void)
{
	struct suture_ioc_file file = { .object = 0, .fd = target };
	struct suture_ioc_load l = { .size = sizeof(l), .fd = spm, .nr_files = 1,
				     .files = (uintptr_t)&file };

	if (ioctl(dev, SUTURE_IOC_LOAD, &l))
		bad("the patch does not load: %s (%s)", strerror(errno), l.message);
	memcpy(patch_name, l.name, sizeof(patch_name));
	take_out(patch_name);
}

static void all_out(void)
{
	for (;;) {
		struct suture_ioc_patch p = { .size = sizeof(p) };

		if (ioctl(dev, SUTURE_IOC_PATCH, &p)) {
			if (errno != ENOENT)
				bad("listing: %s", strerror(errno));
			return;
		}
		take_out(p.name);
	}
}

int main(int argc, char **argv)
{
	static struct itimerval often = { { 0, 3000 }, { 0, 3000 } }, never;
	struct sigaction sa = { .sa_handler = interrupt };	/* no SA_RESTART */
	struct worker workers[WORKERS + 3];
	pthread_t threads[WORKERS + 1];
	pid_t others[2];
	struct timespec now;
	int status;

	if (argc < 6)
		return 2;
	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	spm = open(argv[1], O_RDONLY | O_CLOEXEC);
	target = open(argv[2], O_RDONLY | O_CLOEXEC);
	/* behind the last room one cannot read */
	rooms = mmap(NULL, WORKERS * ROOM + PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	if (dev < 0 || spm < 0 || target < 0 || rooms == MAP_FAILED ||
	    mprotect(rooms + WORKERS * ROOM, PAGE, PROT_NONE) || sigaction(SIGALRM, &sa, NULL))
		bad("set-up: %s", strerror(errno));
	for (int i = 5; i < argc && nr_tids < (int)(sizeof(tids) / sizeof(tids[0])); i++)
		tids[nr_tids++] = atoi(argv[i]);
	for (int i = 0; i < WORKERS + 3; i++)
		workers[i] = (struct worker){ .next = -1,
					      .random = strtoul(argv[4], NULL, 0) * 64 + i + 1,
					      .room = rooms + (i < WORKERS ? i * ROOM : 0) };
	learn_name();
	clock_gettime(CLOCK_MONOTONIC, &now);
	end = now.tv_sec + atoi(argv[3]);
	latest = end + GRACE * atoi(argv[3]);
	for (int i = 0; i < 2; i++)
		others[i] = nobody(&workers[WORKERS + 1 + i], i);
	for (int i = 0; i <= WORKERS; i++)
		if (pthread_create(&threads[i], NULL, i < WORKERS ? work : mangle, &workers[i]))
			bad("set-up");
	/* else it would get all of them */
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	setitimer(ITIMER_REAL, &never, NULL);
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	pthread_join(threads[WORKERS], NULL);
	for (int i = 0; i < 2; i++)
		if (waitpid(others[i], &status, 0) != others[i] || status)
			bad("nobody %d has ended with %x", i, status);
	all_out();
	for (int i = 0; i < CALLS; i++)
		printf("%s %lu/%lu%s", calls[i].name, tried[i], good[i], i + 1 < CALLS ? " " : "\n");
	return 0;
}
