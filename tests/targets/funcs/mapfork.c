// SPDX-License-Identifier: GPL-2.0
/*
 * A process one of whose threads maps the library while another forks, again and
 * again, about the moment of it. userfaultfd's fork event holds the fork for a while, when the
 * memory is copied and before there is a child. A child does nothing but look at what is mapped.
 *   rounds FILE N MS HOLD   N times, a fork is held for HOLD ms; a child waits for MS at the most
 *                           until it runs the new code: "none N patched N missed N", of children
 *                           by what they have at last
 */
#define _GNU_SOURCE
#include <elf.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "../common/proto.h"

enum { HAS_NONE, HAS_PATCH, HAS_OLD, NR_OUTCOMES };

#define AHEAD_NS 20000000	/* a fork takes its time until it copies */
#define STEP_NS 100000

static int uffd;
static volatile long hold_ms;
static int file = -1;
static Elf64_Phdr text;
static size_t size;	/* of the file */
static pthread_barrier_t barrier;
static long delay_ns = AHEAD_NS / 2, step_ns = AHEAD_NS / 4;

static long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Its text says it; a mapping of the patch may be left over from the round before. Only what
 * may be called when another thread has locks. */
static int look(void)
{
	static char maps[1 << 16], before[1 << 13];
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t used = 0;
	char *line, *end;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, maps + used, sizeof(maps) - 1 - used)) > 0)
		used += n;
	if (fd < 0 || close(fd) || text.p_filesz > sizeof(before) ||
	    pread(file, before, text.p_filesz, text.p_offset) != (ssize_t)text.p_filesz)
		return NR_OUTCOMES;
	maps[used] = 0;
	for (line = maps; (end = strchr(line, '\n')); line = end + 1) {
		*end = 0;
		if (strstr(line, " r-xp ") && strstr(line, "/libfuncs.so"))
			return memcmp((void *)strtoul(line, NULL, 16), before, text.p_filesz) ?
				       HAS_PATCH : HAS_OLD;
	}
	return HAS_NONE;
}

static void be_child(long ms)
{
	long until = now_ns() + ms * 1000000;
	int has;

	do {
		has = look();
		if (has != HAS_OLD)
			break;
		usleep(2000);
	} while (now_ns() < until);
	_exit(has);
}

/* The two must not wait for each other; with one processor they do. */
static void go_to_cpu(int nr)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(nr, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

/* As the dynamic linker begins: all of the file, and over it its text; but with all that is
 * behind it, and at once. That takes a while in which another fork waits for its turn, which
 * comes just when the text is mapped and the system call is not over. */
static void *map_thread(void *arg)
{
	char *base;
	long begun;

	(void)arg;
	go_to_cpu(1);
	pthread_barrier_wait(&barrier);
	begun = now_ns();
	while (now_ns() < begun + AHEAD_NS)
		;
	base = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
	if (base != MAP_FAILED &&
	    mmap(base + text.p_vaddr, size - text.p_vaddr, PROT_READ | PROT_EXEC,
		 MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, file, text.p_offset) == MAP_FAILED)
		base = MAP_FAILED;
	return base;
}

static void *let_go(void *arg)
{
	struct pollfd event = { .fd = uffd, .events = POLLIN };
	struct uffd_msg msg;

	(void)arg;
	while (poll(&event, 1, -1) == 1) {
		usleep(hold_ms * 1000);
		if (read(uffd, &msg, sizeof(msg)) == sizeof(msg) && msg.event == UFFD_EVENT_FORK)
			close(msg.arg.fork.ufd);
	}
	return NULL;
}

static int one_round(long ms)
{
	long until;
	pthread_t mapper;
	void *base = MAP_FAILED;
	int status, has;
	pid_t pid;

	if (pthread_create(&mapper, NULL, map_thread, NULL))
		return NR_OUTCOMES;
	pthread_barrier_wait(&barrier);
	until = now_ns() + delay_ns + random() % step_ns;
	while (now_ns() < until)
		;
	pid = fork();
	if (!pid)
		be_child(ms);
	pthread_join(mapper, &base);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    base == MAP_FAILED || munmap(base, size))
		return NR_OUTCOMES;
	has = WEXITSTATUS(status);
	/* Towards the moment between too early and too late. */
	delay_ns += has == HAS_NONE ? step_ns : -step_ns;
	if (delay_ns < 0)
		delay_ns = 0;
	if (step_ns > STEP_NS)
		step_ns /= 2;
	return has;
}

static int open_file(const char *path)
{
	Elf64_Ehdr header;
	unsigned int i;

	close(file);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (pread(file, &header, sizeof(header), 0) != sizeof(header))
		return -1;
	size = lseek(file, 0, SEEK_END);
	for (i = 0; i < header.e_phnum; i++) {
		if (pread(file, &text, sizeof(text), header.e_phoff + i * sizeof(text)) !=
		    sizeof(text))
			return -1;
		if (text.p_type == PT_LOAD && text.p_flags & PF_X)
			return 0;
	}
	return -1;
}

static void handle(int argc, char **argv)
{
	unsigned int seen[NR_OUTCOMES] = {};
	long i, has;

	if (argc != 5 || strcmp(argv[0], "rounds") || open_file(argv[1])) {
		proto_say("bad word or file");
		return;
	}
	hold_ms = atol(argv[4]);
	for (i = 0; i < atol(argv[2]); i++) {
		has = one_round(atol(argv[3]));
		if (has >= NR_OUTCOMES) {
			proto_say("bad round %ld", i);
			return;
		}
		seen[has]++;
	}
	proto_say("none %u patched %u missed %u", seen[HAS_NONE], seen[HAS_PATCH], seen[HAS_OLD]);
}

static int watch_forks(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK };
	struct uffdio_register reg = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	uffd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);	/* else there is no poll */
	if (uffd < 0 || page == MAP_FAILED || ioctl(uffd, UFFDIO_API, &api))
		return -1;
	reg.range.start = (unsigned long)page;
	reg.range.len = 4096;
	return ioctl(uffd, UFFDIO_REGISTER, &reg);
}

int main(void)
{
	pthread_t helper;

	if (pthread_barrier_init(&barrier, NULL, 2) || watch_forks() ||
	    pthread_create(&helper, NULL, let_go, NULL)) {
		proto_say("bad set-up");
		return 1;
	}
	go_to_cpu(0);
	return proto_serve(handle);
}
