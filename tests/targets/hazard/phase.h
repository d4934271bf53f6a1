/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What everybody of a storm knows and counts, in a file that all of them map. The one
 * that applies and reverts says in it what a call must give now; whoever calls answer()
 * reads it before and after the call, and has something to say when both agree.
 */
#ifndef _SUTURE_TEST_PHASE_H
#define _SUTURE_TEST_PHASE_H

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum phase_kind {
	PHASE_ANY = 0,		/* a transition is under way: old or new */
	PHASE_OLD = 1,
	PHASE_NEW = 2,
};

struct phase {
	unsigned long now;	/* enum phase_kind + 4 * how often it has changed */
	unsigned long old, new;	/* calls */
	unsigned long late;	/* not what the phase asks for */
	unsigned long bad;	/* neither old nor new, or something else went wrong */
	unsigned long births;	/* processes, threads, or dlopens, as the storm has it */
	unsigned long judged;	/* calls that began and ended in one phase that asks */
};

#define PHASE_FILE "phase"

/* phase_map - map the file in the current folder, made by whoever comes first */
static inline struct phase *phase_map(void)
{
	int fd = open(PHASE_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *at;

	if (fd < 0 || ftruncate(fd, sizeof(struct phase)))
		return NULL;
	at = mmap(NULL, sizeof(struct phase), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return at == MAP_FAILED ? NULL : at;
}

static inline void phase_set(struct phase *phase, enum phase_kind kind)
{
	unsigned long now = __atomic_load_n(&phase->now, __ATOMIC_RELAXED);

	__atomic_store_n(&phase->now, (now & ~3UL) + 4 + kind, __ATOMIC_SEQ_CST);
}

static inline unsigned long phase_read(struct phase *phase)
{
	return __atomic_load_n(&phase->now, __ATOMIC_SEQ_CST);
}

static inline void phase_count(unsigned long *what)
{
	__atomic_add_fetch(what, 1, __ATOMIC_RELAXED);
}

/* phase_judge - a call gave @gain more than its argument, and began when it was @before */
static inline void phase_judge(struct phase *phase, unsigned long before, int gain)
{
	unsigned long kind = before & 3;

	if (gain != 1 && gain != 1001) {
		phase_count(&phase->bad);
		return;
	}
	phase_count(gain == 1 ? &phase->old : &phase->new);
	if (kind == PHASE_ANY || phase_read(phase) != before)
		return;
	phase_count(&phase->judged);
	if ((gain == 1) != (kind == PHASE_OLD))
		phase_count(&phase->late);
}

#endif /* _SUTURE_TEST_PHASE_H */
