// SPDX-License-Identifier: GPL-2.0
/*
 * Gives /dev/suture what it should not take. TARGET is a file with the build-id
 * that the patch SPM names.
 *   hostile other SPM TARGET    descriptors of things that are no patch modules
 *   hostile cut SPM TARGET      SPM cut short at every length
 *   hostile note SPM TARGET     each byte of the note damaged, three ways
 *   hostile header SPM TARGET   each byte of the ELF and program headers damaged
 *   hostile ioctl SPM TARGET N  N ioctls of random numbers, sizes, flags and pointers
 *   hostile nobody SPM TARGET   every ioctl without the capability
 *   hostile storm SPM TARGET MS four threads load, revert, list and ask at once
 * Prints "inputs N refused N loaded N"; a patch that is loaded (the damage was in
 * a text, or where no parser can know better) is reverted. Says "bad ..." and exits
 * with 1 on the first thing that is not as it has to be.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "uapi/suture.h"

#define INPUT "hostile.spm"

static int dev, target;
static const char *spm;
static uint8_t *image;
static size_t image_size;
static unsigned long inputs, refused, loaded;

__attribute__((format(printf, 1, 2), noreturn))
static void bad(const char *fmt, ...)
{
	va_list ap;

	printf("bad ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	exit(1);
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* nothing is loaded: what holds after every refusal */
static void nothing_loaded(const char *after)
{
	struct suture_ioc_patch p = { .size = sizeof(p) };
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 5000 };

	if (!ioctl(dev, SUTURE_IOC_PATCH, &p)) {
		/* A file was watched before another one was refused: it is on its way out. */
		memcpy(w.name, p.name, sizeof(w.name));
		if (p.state != SUTURE_PATCH_REVERTING || !ioctl(dev, SUTURE_IOC_WAIT, &w) ||
		    errno != ENOENT)
			bad("%s: %s is loaded", after, p.name);
		return;
	}
	if (errno != ENOENT)
		bad("%s: listing fails: %s", after, strerror(errno));
}

static int load(int fd, struct suture_ioc_load *l)
{
	static struct suture_ioc_file file;

	file = (struct suture_ioc_file){ .object = 0, .fd = target };
	memset(l, 0, sizeof(*l));
	l->size = sizeof(*l);
	l->fd = fd;
	l->nr_files = 1;
	l->files = (uintptr_t)&file;
	return ioctl(dev, SUTURE_IOC_LOAD, l) ? -errno : 0;
}

/* take out what a damaged file put in; a name may hold anything, so only its bytes count */
static void unload(const char *name, const char *after)
{
	struct suture_ioc_revert r = { .size = sizeof(r) };
	struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 5000 };

	memcpy(w.name, name, sizeof(w.name));
	if (ioctl(dev, SUTURE_IOC_WAIT, &w) && errno != ENOENT)
		bad("%s: waiting for %s: %s", after, name, strerror(errno));
	memcpy(r.name, name, sizeof(r.name));
	if (ioctl(dev, SUTURE_IOC_REVERT, &r))
		bad("%s: reverting %s: %s (%s)", after, name, strerror(errno), r.message);
	if (!ioctl(dev, SUTURE_IOC_WAIT, &w) || errno != ENOENT)
		bad("%s: %s does not go", after, name);
}

/* one input; @must_fail: no patch module by any reading. Returns the error. */
static int try_fd(int fd, int must_fail, const char *what)
{
	struct suture_ioc_load l;
	int err = load(fd, &l);

	inputs++;
	if (strnlen(l.message, sizeof(l.message)) == sizeof(l.message))
		bad("%s: the message has no end", what);
	if (!err) {
		loaded++;
		if (must_fail)
			bad("%s: it was loaded as %s", what, l.name);
		unload(l.name, what);
	} else {
		refused++;
		if (err == -EFAULT || err == -ENOSYS || err == -ENOTTY)
			bad("%s: %s", what, strerror(-err));
		nothing_loaded(what);
	}
	return err;
}

static void write_input(const void *data, size_t size)
{
	int fd = open(INPUT, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	/* ETXTBSY: a patch that went out still holds its file */
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		bad("writing %s: %s", INPUT, strerror(errno));
}

static int try_input(int must_fail, const char *what)
{
	int fd = open(INPUT, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		bad("opening %s: %s", INPUT, strerror(errno));
	err = try_fd(fd, must_fail, what);
	close(fd);
	return err;
}

static void read_spm(void)
{
	int fd = open(spm, O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	if (size <= 0)
		bad("%s: %s", spm, strerror(errno));
	image_size = size;
	image = malloc(size);
	if (!image || pread(fd, image, size, 0) != size)
		bad("reading %s", spm);
	close(fd);
	write_input(image, image_size);
	if (try_input(0, "the file as it is"))
		bad("the file as it is does not load");
	inputs = refused = loaded = 0;
}

static const Elf64_Phdr *phdrs(int *nr)
{
	const Elf64_Ehdr *eh = (const void *)image;

	*nr = eh->e_phnum;
	return (const void *)(image + eh->e_phoff);
}

/* a target that the kernel may not read: it must not even try */
static void write_only_target(void)
{
	int from = target, fd = open(spm, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n;

	target = open("target.so", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || target < 0)
		bad("set-up");
	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(target, buf, n) != n)
			bad("set-up");
	try_fd(fd, 1, "a target opened for writing only");
	close(target);
	/* the same file is taken when it can be read */
	target = open("target.so", O_RDONLY | O_CLOEXEC);
	if (try_fd(fd, 0, "a copy of the target"))
		bad("a copy of the target is not taken");
	close(target);
	close(fd);
	target = from;
}

/* Files that are not the build which the patch is for, down to one bit of its id. */
static void wrong_targets(void)
{
	static const uint8_t note[] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };
	int from = target, fd = open(spm, O_RDONLY | O_CLOEXEC), out;
	static uint8_t buf[1 << 20];
	ssize_t n = pread(from, buf, sizeof(buf), 0);
	uint8_t *id = n > 0 ? memmem(buf, n, note, sizeof(note)) : NULL;

	if (fd < 0 || !id)
		bad("set-up");
	target = fd;
	try_fd(fd, 1, "the patch itself as its target");
	target = open("/bin/sh", O_RDONLY | O_CLOEXEC);
	try_fd(fd, 1, "a program as target");
	close(target);
	target = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	try_fd(fd, 1, "a device as target");
	close(target);
	id[sizeof(note) + 19] ^= 1;
	out = open("other.so", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (out < 0 || write(out, buf, n) != n || close(out))
		bad("set-up");
	target = open("other.so", O_RDONLY | O_CLOEXEC);
	try_fd(fd, 1, "a target whose build-id differs in one bit");
	close(target);
	close(fd);
	target = from;
}

static void run_other(void)
{
	int fds[2], pair[2], fd;
	uint8_t *junk = calloc(1, 1 << 20);
	char what[64];

	if (!junk || pipe(fds) || socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		bad("set-up");
	try_fd(-1, 1, "fd -1");
	try_fd(1000, 1, "a closed fd");
	try_fd(fds[0], 1, "a pipe");
	try_fd(fds[1], 1, "a pipe's writing end");
	try_fd(pair[0], 1, "a socket");
	try_fd(eventfd(0, 0), 1, "an eventfd");
	try_fd(epoll_create1(0), 1, "an epoll");
	try_fd(dev, 1, "the device itself");
	try_fd(open("/dev/null", O_RDONLY), 1, "/dev/null");
	try_fd(open("/dev/zero", O_RDONLY), 1, "/dev/zero");
	try_fd(open("/proc/self/maps", O_RDONLY), 1, "a file of /proc");
	try_fd(open(".", O_RDONLY | O_DIRECTORY), 1, "a folder");
	try_fd(open(spm, O_PATH), 1, "the patch as O_PATH");
	try_fd(open("/bin/sh", O_RDONLY), 1, "a program");
	try_fd(target, 1, "the target itself");
	write_input(image, image_size);
	try_fd(open(INPUT, O_WRONLY), 1, "the patch opened for writing only");
	fd = open(INPUT, O_RDWR);
	try_fd(fd, 1, "the patch that somebody can write");
	close(fd);
	write_only_target();
	wrong_targets();
	/* random bytes; the same behind a correct ELF header */
	srandom(1);
	for (int i = 0; i < 500; i++) {
		size_t size = i < 100 ? (size_t)i : (size_t)random() % (1 << (10 + i % 11));

		for (size_t k = 0; k < size; k++)
			junk[k] = random() >> 8;
		if (i % 2)
			memcpy(junk, image, size < 64 ? size : 64);
		write_input(junk, size);
		snprintf(what, sizeof(what), "random file %d of %zu bytes", i, size);
		try_input(1, what);
	}
}

/* bytes that the kernel cannot do without: all segments and notes */
static size_t needed(void)
{
	size_t end = 0;
	int nr;
	const Elf64_Phdr *ph = phdrs(&nr);

	for (int i = 0; i < nr; i++)
		if ((ph[i].p_type == PT_LOAD || ph[i].p_type == PT_NOTE) &&
		    ph[i].p_offset + ph[i].p_filesz > end)
			end = ph[i].p_offset + ph[i].p_filesz;
	return end;
}

/* Is there, in the file, a segment, a note or a header that ends at @size or reaches over it? */
static int cuts_something(size_t size)
{
	int nr;
	const Elf64_Phdr *ph = phdrs(&nr);

	if (size <= (size_t)((const uint8_t *)(ph + nr) - image))
		return 1;
	for (int i = 0; i < nr; i++)
		if (ph[i].p_type != PT_GNU_STACK && size + 1 >= ph[i].p_offset &&
		    size <= ph[i].p_offset + ph[i].p_filesz + 1)
			return 1;
	return 0;
}

static void run_cut(void)
{
	size_t least = needed();
	char what[64];
	int err;

	for (size_t size = image_size; size-- > 0;) {
		/* Between its segments, where arm64 has 60 KiB, and behind them a file has
		 * nothing that the kernel reads. */
		if (!cuts_something(size) && size % 512)
			continue;
		if (truncate(INPUT, size))
			bad("truncate: %s", strerror(errno));
		snprintf(what, sizeof(what), "cut at %zu of %zu (%zu needed)", size, image_size,
			 least);
		err = try_input(size < least, what);
		if (err && err != -ENOEXEC)
			bad("%s: %s", what, strerror(-err));
	}
}

static void damage(size_t from, size_t to, const char *where)
{
	static const uint8_t ways[] = { 0xff, 0x01, 0x80 };
	char what[64];

	for (size_t at = from; at < to; at++) {
		for (unsigned int w = 0; w < sizeof(ways); w++) {
			image[at] ^= ways[w];
			write_input(image, image_size);
			snprintf(what, sizeof(what), "%s + %zu ^ %02x", where, at - from, ways[w]);
			try_input(0, what);
			image[at] ^= ways[w];
		}
	}
}

static void run_note(void)
{
	int nr, found = 0;
	const Elf64_Phdr *ph = phdrs(&nr);

	for (int i = 0; i < nr; i++) {
		size_t at = ph[i].p_offset, end = at + ph[i].p_filesz;

		while (ph[i].p_type == PT_NOTE && at + sizeof(Elf64_Nhdr) <= end) {
			const Elf64_Nhdr *nh = (const void *)(image + at);
			size_t next = at + sizeof(*nh) + ((nh->n_namesz + 3) & ~3U) +
				      ((nh->n_descsz + 3) & ~3U);

			if (nh->n_type == SUTURE_NOTE_TYPE) {
				damage(at, next, "note");
				found = 1;
			}
			at = next;
		}
	}
	if (!found)
		bad("%s has no note", spm);
}

static void run_header(void)
{
	int nr;
	const Elf64_Phdr *ph = phdrs(&nr);

	damage(0, (const uint8_t *)(ph + nr) - image, "header");
}

/* ------------------------------------------------ random ioctls */

static uint64_t pick_pointer(void *valid)
{
	switch (random() % 8) {
	case 0:
		return 0;
	case 1:
		return ~0UL;
	case 2:
		return 0xffffffff81000000UL;
	case 3:
		return 0x8000000000000000UL | random();
	case 4:
		return random();
	case 5:
		return (uintptr_t)valid + random() % 16;
	default:
		return (uintptr_t)valid;
	}
}

/* fill a struct: random, or right with one or two words changed */
static void fill(uint8_t *arg, unsigned int nr, int fd, struct suture_ioc_file *files,
		 struct suture_proc *procs)
{
	static const uint32_t sizes[] = {
		sizeof(struct suture_ioc_version), sizeof(struct suture_ioc_load),
		sizeof(struct suture_ioc_revert), sizeof(struct suture_ioc_wait),
		sizeof(struct suture_ioc_procs), sizeof(struct suture_ioc_patch),
		sizeof(struct suture_ioc_promote), sizeof(struct suture_ioc_thread),
		sizeof(struct suture_ioc_settle), sizeof(struct suture_ioc_revoke),
		sizeof(struct suture_ioc_floor),
	};
	struct suture_ioc_load *l = (void *)arg;
	struct suture_ioc_procs *p = (void *)arg;
	struct suture_ioc_thread *t = (void *)arg;
	struct suture_ioc_settle *s = (void *)arg;
	struct suture_ioc_revoke *r = (void *)arg;
	struct suture_ioc_floor *f = (void *)arg;
	static uint64_t words[64];

	memset(arg, 0, 4096);
	if (random() % 4 == 0 || nr >= 11) {
		for (int i = 0; i < 512; i++)
			arg[i] = random() >> 8;
		return;
	}
	*(uint32_t *)arg = sizes[nr];
	if (nr == 1) {
		l->fd = random() % 2 ? fd : (int)(random() % 64) - 8;
		l->nr_files = random() % 4 ? 1 : random();
		l->files = pick_pointer(files);
		files->object = random() % 4 ? 0 : random();
		files->fd = random() % 4 ? target : (int)(random() % 64) - 8;
	} else if (nr == 4) {
		strcpy(p->name, "nosuch");
		p->procs = pick_pointer(procs);
		p->nr = random() % 2 ? 16 : random();
	} else if (nr == 7) {
		t->tid = random() % 2 ? random() % 300 : random();
		t->nr_regs = random() % 2 ? 64 : random() % 100;
		t->regs = pick_pointer(words);
	} else if (nr == 8) {
		strcpy(s->name, "nosuch");
		s->tid = random() % 2 ? random() % 300 : random();
		s->nr_frames = random() % 2 ? 64 : random() % 2048;
		s->frames = pick_pointer(words);
	} else if (nr == 9) {
		r->fd = random() % 2 ? fd : (int)(random() % 64) - 8;
		r->nr_names = random() % 2 ? 4 : random();
		r->names = pick_pointer(words);
	} else if (nr == 10) {
		f->flags = random() % 4;
		f->index = random() % 2 ? 0 : random();
		memset(f->name, 'a' + random() % 4, random() % sizeof(f->name));
		memset(f->version, '0' + random() % 10, random() % (sizeof(f->version) + 1));
	}
	for (int n = random() % 3; n > 0; n--)
		((uint32_t *)arg)[random() % (sizes[nr] / 4)] =
			random() % 2 ? random() : random() % 8;
}

static void run_ioctl(unsigned long count)
{
	uint8_t *arg = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static struct suture_ioc_file files[16];
	static struct suture_proc procs[16];
	int fd = open(spm, O_RDONLY | O_CLOEXEC);

	/* the page behind is not there */
	if (arg == MAP_FAILED || munmap(arg + 4096, 4096) || fd < 0)
		bad("set-up");
	srandom(2);
	for (inputs = 0; inputs < count; inputs++) {
		unsigned int nr = random() % 13, size = random() % 8 ? 0 : random() % 16384;
		unsigned long cmd;
		uint64_t at;

		switch (nr) {
		case 0: cmd = SUTURE_IOC_VERSION; break;
		case 1: cmd = SUTURE_IOC_LOAD; break;
		case 2: cmd = SUTURE_IOC_REVERT; break;
		case 3: cmd = SUTURE_IOC_WAIT; break;
		case 4: cmd = SUTURE_IOC_PROCS; break;
		case 5: cmd = SUTURE_IOC_PATCH; break;
		case 6: cmd = SUTURE_IOC_PROMOTE; break;
		case 7: cmd = SUTURE_IOC_THREAD; break;
		case 8: cmd = SUTURE_IOC_SETTLE; break;
		case 9: cmd = SUTURE_IOC_REVOKE; break;
		case 10: cmd = SUTURE_IOC_FLOOR; break;
		default: cmd = _IOC(random() % 4, SUTURE_IOC_MAGIC, nr, random() % 16384); break;
		}
		if (size)	/* right number, wrong size or direction */
			cmd = _IOC(random() % 4, SUTURE_IOC_MAGIC, nr, size);
		if (random() % 64 == 0)
			cmd = random();
		fill(arg, nr, fd, files, procs);
		at = pick_pointer(arg);
		if (random() % 16 == 0)	/* the struct reaches into nothing */
			at = (uintptr_t)arg + 4096 - random() % 256;
		if (ioctl(dev, cmd, at)) {
			refused++;
		} else {
			loaded++;
			if (cmd == SUTURE_IOC_LOAD)
				unload(((struct suture_ioc_load *)at)->name, "random load");
			else if (cmd != SUTURE_IOC_VERSION && cmd != SUTURE_IOC_THREAD &&
				 cmd != SUTURE_IOC_FLOOR)
				bad("ioctl %lx is content", cmd);
		}
		nothing_loaded("random ioctl");
	}
}

static void run_nobody(void)
{
	static const unsigned long cmds[] = {
		SUTURE_IOC_VERSION, SUTURE_IOC_LOAD, SUTURE_IOC_REVERT, SUTURE_IOC_WAIT,
		SUTURE_IOC_PROCS, SUTURE_IOC_PATCH, SUTURE_IOC_PROMOTE, SUTURE_IOC_THREAD,
		SUTURE_IOC_SETTLE, SUTURE_IOC_REVOKE, SUTURE_IOC_FLOOR,
	};
	static const uint32_t sizes[] = {
		sizeof(struct suture_ioc_version), sizeof(struct suture_ioc_load),
		sizeof(struct suture_ioc_revert), sizeof(struct suture_ioc_wait),
		sizeof(struct suture_ioc_procs), sizeof(struct suture_ioc_patch),
		sizeof(struct suture_ioc_promote), sizeof(struct suture_ioc_thread),
		sizeof(struct suture_ioc_settle), sizeof(struct suture_ioc_revoke),
		sizeof(struct suture_ioc_floor),
	};
	static uint8_t arg[4096];

	if (setgid(65534) || setuid(65534))
		bad("set-up");
	for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(arg, 0, sizeof(arg));
		*(uint32_t *)arg = sizes[i];
		inputs++;
		if (!ioctl(dev, cmds[i], arg) || errno != EPERM)
			bad("ioctl %u without the capability: %s", i, strerror(errno));
		refused++;
	}
	if (open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC) >= 0 || errno != EACCES)
		bad("nobody opens %s", SUTURE_DEVICE);
}

/* ------------------------------------------------ many at once */

static long long storm_end;

static void *storm(void *arg)
{
	int fd = open(spm, O_RDONLY | O_CLOEXEC), who = (long)arg;
	struct suture_ioc_file file = { .object = 0, .fd = target };
	struct suture_proc procs[8];
	char name[SUTURE_NAME_MAX] = "";

	for (unsigned int n = 0; now_ms() < storm_end; n++) {
		struct suture_ioc_load l = { .size = sizeof(l), .fd = fd, .nr_files = 1,
					     .files = (uintptr_t)&file };
		struct suture_ioc_revert r = { .size = sizeof(r) };
		struct suture_ioc_patch p = { .size = sizeof(p) };
		struct suture_ioc_procs q = { .size = sizeof(q), .procs = (uintptr_t)procs,
					      .nr = 8 };
		struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 20 };

		switch ((n + who) % 4) {
		case 0:
			if (!ioctl(dev, SUTURE_IOC_LOAD, &l)) {
				__atomic_add_fetch(&loaded, 1, __ATOMIC_RELAXED);
				memcpy(name, l.name, sizeof(name));
			} else if (errno != EEXIST && errno != EBUSY) {
				bad("load in a storm: %s (%s)", strerror(errno), l.message);
			}
			memcpy(name, l.name, sizeof(name));
			break;
		case 1:
			memcpy(w.name, name, sizeof(name));
			ioctl(dev, SUTURE_IOC_WAIT, &w);
			break;
		case 2:
			memcpy(r.name, name, sizeof(name));
			if (ioctl(dev, SUTURE_IOC_REVERT, &r) && errno != ENOENT &&
			    errno != EBUSY && errno != EALREADY && errno != EINVAL)
				bad("revert in a storm: %s (%s)", strerror(errno), r.message);
			break;
		default:
			ioctl(dev, SUTURE_IOC_PATCH, &p);
			memcpy(q.name, name, sizeof(name));
			ioctl(dev, SUTURE_IOC_PROCS, &q);
		}
		__atomic_add_fetch(&inputs, 1, __ATOMIC_RELAXED);
	}
	close(fd);
	return NULL;
}

static void run_storm(int ms)
{
	struct suture_ioc_patch p = { .size = sizeof(p) };
	pthread_t t[4];

	storm_end = now_ms() + ms;
	for (long i = 0; i < 4; i++)
		if (pthread_create(&t[i], NULL, storm, (void *)i))
			bad("set-up");
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	if (ioctl(dev, SUTURE_IOC_PATCH, &p))
		return;
	/* it may be on its way out already: then revert says ENOENT or EALREADY */
	if (p.state == SUTURE_PATCH_REVERTING) {
		struct suture_ioc_wait w = { .size = sizeof(w), .timeout_ms = 5000 };

		memcpy(w.name, p.name, sizeof(w.name));
		if (!ioctl(dev, SUTURE_IOC_WAIT, &w) || errno != ENOENT)
			bad("%s does not go after the storm", p.name);
	} else {
		unload(p.name, "after the storm");
	}
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	spm = argv[2];
	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	target = open(argv[3], O_RDONLY | O_CLOEXEC);
	if (dev < 0 || target < 0)
		bad("set-up: %s", strerror(errno));
	read_spm();
	if (!strcmp(argv[1], "other"))
		run_other();
	else if (!strcmp(argv[1], "cut"))
		run_cut();
	else if (!strcmp(argv[1], "note"))
		run_note();
	else if (!strcmp(argv[1], "header"))
		run_header();
	else if (!strcmp(argv[1], "ioctl") && argc == 5)
		run_ioctl(strtoul(argv[4], NULL, 0));
	else if (!strcmp(argv[1], "nobody"))
		run_nobody();
	else if (!strcmp(argv[1], "storm") && argc == 5)
		run_storm(atoi(argv[4]));
	else
		return 2;
	printf("inputs %lu refused %lu loaded %lu\n", inputs, refused, loaded);
	return 0;
}
