// SPDX-License-Identifier: GPL-2.0-only
/* Second opinions for processes that wait. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "device.h"
#include "settle.h"
#include "status.h"
#include "text.h"
#include "unwind.h"

#define DELETED		" (deleted)"
#define MAX_THREADS	4096	/* of one process: the kernel keeps no more opinions */
#define KNOWN_SLOTS	4096U

/* A thread that was judged. */
struct known {
	pid_t tid;
	bool settled;
	uint64_t switches, start_time;
};

struct suture_settler {
	int dev;
	char name[SUTURE_NAME_MAX];
	bool applying;		/* what is known is known of that way */
	pid_t left_pid, left_off;	/* the thread that a pass without time for more came to */
	struct known known[KNOWN_SLOTS];	/* by tid; who comes last has the slot */
};

/* One pass: what a frame must not be in. */
struct pass {
	struct suture_settler *settler;
	const struct suture_spm *spm;
	bool applying;
	char (*texts)[256];	/* paths of patch modules that are, or may be, unmapped */
	size_t nr_texts;
	uint64_t end_us;
	suture_opinion_fn fn;
	void *arg;
	int settled;
};

const char *suture_opinion_name(enum suture_opinion_kind kind)
{
	static const char *const names[] = {
		[SUTURE_OPINION_SETTLED] = "settled",
		[SUTURE_OPINION_INSIDE] = "inside",
		[SUTURE_OPINION_UNCERTAIN] = "uncertain",
		[SUTURE_OPINION_RAN] = "ran",
		[SUTURE_OPINION_ENDED] = "ended",
	};

	return names[kind];
}

int suture_settler_new(int dev, const char *name, struct suture_settler **ret,
		       struct suture_error *err)
{
	struct suture_settler *settler = calloc(1, sizeof(*settler));

	if (!settler)
		return suture_error_nomem(err);
	settler->dev = dev;
	snprintf(settler->name, sizeof(settler->name), "%s", name);
	*ret = settler;
	return 0;
}

void suture_settler_free(struct suture_settler *settler)
{
	free(settler);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

/* ------------------------------------------------------------ the kernel */

static int read_thread(int dev, pid_t tid, struct suture_ioc_thread *ret,
		       uint64_t regs[SUTURE_UNWIND_REGS])
{
	memset(ret, 0, sizeof(*ret));
	memset(regs, 0, SUTURE_UNWIND_REGS * sizeof(*regs));
	ret->size = sizeof(*ret);
	ret->tid = tid;
	ret->regs = (uintptr_t)regs;
	ret->nr_regs = SUTURE_UNWIND_REGS;
	return ioctl(dev, SUTURE_IOC_THREAD, ret) ? -errno : 0;
}

/* @more: others follow, so the transition need not be tried yet. */
static int tell(const struct suture_settler *settler, const struct suture_ioc_thread *thread,
		const struct suture_backtrace *backtrace, bool more)
{
	struct suture_ioc_settle settle = {
		.size = sizeof(settle),
		.flags = more ? SUTURE_SETTLE_MORE : 0,
		.tid = thread->tid,
		.switches = thread->switches,
		.start_time = thread->start_time,
		.nr_frames = backtrace->nr,
	};
	uint64_t frames[SUTURE_MAX_FRAMES];

	for (size_t i = 0; i < backtrace->nr; i++)
		frames[i] = backtrace->frames[i].pc;
	settle.frames = (uintptr_t)frames;
	strcpy(settle.name, settler->name);
	return ioctl(settler->dev, SUTURE_IOC_SETTLE, &settle) ? -errno : 0;
}

/* ------------------------------------------------- threads that are known */

static struct known *slot_of(struct suture_settler *settler, pid_t tid)
{
	return &settler->known[(unsigned int)tid % KNOWN_SLOTS];
}

/* It has not run since it was judged. */
static bool is_known(struct suture_settler *settler, const struct suture_ioc_thread *thread,
		     bool *ret_settled)
{
	const struct known *known = slot_of(settler, thread->tid);

	*ret_settled = known->settled;
	return known->tid == thread->tid && known->switches == thread->switches &&
	       known->start_time == thread->start_time;
}

static void remember(struct suture_settler *settler, const struct suture_ioc_thread *thread,
		     bool settled)
{
	*slot_of(settler, thread->tid) = (struct known){
		thread->tid, settled, thread->switches, thread->start_time,
	};
}

/* ---------------------------------------------------------------- judging */

static bool is_going(const struct pass *pass, const char *path)
{
	for (size_t i = 0; path && i < pass->nr_texts; i++)
		if (!strcmp(path, pass->texts[i]))
			return true;
	return false;
}

/* Is a link-time address of this object inside a function that is replaced? */
static bool in_old(const struct pass *pass, const struct suture_place *place, bool exact)
{
	const struct spm_note *note = &pass->spm->note;
	uint64_t addr = place->addr;
	uint32_t i;

	for (i = 0; i < note->nr_funcs + note->nr_ranges; i++) {
		const struct suture_range *range = i < note->nr_funcs ? NULL :
						   &note->ranges[i - note->nr_funcs];
		const struct suture_func *func = &note->funcs[range ? range->func : i];
		const struct suture_object *object = &note->objects[func->object];
		uint64_t start = range ? range->addr : func->old_addr;
		uint64_t size = range ? range->size : func->old_size;

		if (object->build_id_len != place->build_id_len ||
		    memcmp(object->build_id, place->build_id, place->build_id_len))
			continue;
		/* Who is to go on at its beginning will meet the branch there. */
		if (addr - start < size && !(exact && !range && addr == start))
			return true;
	}
	return false;
}

static bool frame_inside(const struct pass *pass, struct suture_unwind *unwind,
			 const struct suture_frame *frame)
{
	uint64_t at = frame->exact ? frame->pc : frame->pc - 1;
	struct suture_place place;

	if (is_going(pass, suture_unwind_text_path(unwind, at)))
		return true;
	/* An immediate patch waits for nobody there but in the bytes of a branch. */
	return pass->applying && (pass->spm->note.head->flags & SUTURE_NOTE_QUIESCENT) &&
	       suture_unwind_place(unwind, at, &place) && in_old(pass, &place, frame->exact);
}

struct pointer {
	const struct pass *pass;
	struct suture_unwind *unwind;
	uint64_t found;
};

/*
 * A return address that is no frame's is left over. Any other address of text that goes
 * may be one that is still to be called: of a function that was handed over as an
 * argument, for instance.
 */
static int look_for_pointer(uint64_t word, void *arg)
{
	struct pointer *pointer = arg;

	if (!is_going(pointer->pass, suture_unwind_text_path(pointer->unwind, word)))
		return 0;
	if (suture_unwind_behind_call(pointer->unwind, word) &&
	    !suture_unwind_is_function(pointer->unwind, word))
		return 0;
	pointer->found = word;
	return 1;
}

static void judge(const struct pass *pass, struct suture_unwind *unwind,
		  const struct suture_ioc_thread *thread, const uint64_t *regs,
		  const struct suture_backtrace *backtrace, struct suture_opinion *opinion)
{
	struct pointer pointer = { .pass = pass, .unwind = unwind };
	char place[160];
	size_t i;
	int ret;

	/* What is known of an incomplete one is known, too. */
	for (i = 0; i < backtrace->nr; i++) {
		const struct suture_frame *frame = &backtrace->frames[i];
		uint64_t at = frame->exact ? frame->pc : frame->pc - 1;

		if (!frame_inside(pass, unwind, frame))
			continue;
		opinion->kind = SUTURE_OPINION_INSIDE;
		snprintf(opinion->text, sizeof(opinion->text), "frame %zu is in %s", i,
			 suture_unwind_place_text(unwind, at, place, sizeof(place)));
		return;
	}
	opinion->kind = SUTURE_OPINION_UNCERTAIN;
	if (!backtrace->complete) {
		snprintf(opinion->text, sizeof(opinion->text), "%s", backtrace->why);
		return;
	}
	ret = suture_unwind_words(unwind, backtrace, regs, look_for_pointer, &pointer);
	if (ret > 0) {
		snprintf(opinion->text, sizeof(opinion->text),
			 "its stack or a register has a pointer to %s",
			 suture_unwind_place_text(unwind, pointer.found, place, sizeof(place)));
		return;
	} else if (ret) {
		snprintf(opinion->text, sizeof(opinion->text), "its stack is not readable");
		return;
	}
	ret = tell(pass->settler, thread, backtrace, true);
	switch (ret) {
	case 0:
		opinion->kind = SUTURE_OPINION_SETTLED;
		snprintf(opinion->text, sizeof(opinion->text), "none of its %zu frames is inside",
			 backtrace->nr);
		return;
	case -ESRCH:
		opinion->kind = SUTURE_OPINION_ENDED;
		return;
	case -ENOENT:	/* the transition has just ended */
	case -EAGAIN:
		opinion->kind = SUTURE_OPINION_RAN;
		return;
	default:
		snprintf(opinion->text, sizeof(opinion->text), "the kernel does not take it: %s",
			 strerror(-ret));
	}
}

/* One thread that is looked at. */
struct look {
	pid_t pid, tid;
	struct suture_ioc_thread thread;
	uint64_t regs[SUTURE_UNWIND_REGS];
	struct suture_backtrace backtrace;
};

/* False: there is nothing new to say of it. *@unwind: of its process, opened if NULL. */
static bool unwind_and_judge(const struct pass *pass, struct look *look, bool again,
			     struct suture_unwind **unwind, struct suture_opinion *opinion)
{
	struct suture_settler *settler = pass->settler;
	struct suture_error err = { 0 };
	bool settled;
	int ret;

	opinion->kind = SUTURE_OPINION_UNCERTAIN;
	ret = read_thread(settler->dev, look->tid, &look->thread, look->regs);
	if (!ret && is_known(settler, &look->thread, &settled) && !(settled && again))
		return false;
	if (!ret && !*unwind)
		ret = suture_unwind_open(look->tid, unwind, &err);
	if (!ret)
		ret = suture_unwind_thread(*unwind, look->tid, look->regs, look->thread.tp,
					   &look->backtrace, &err);
	opinion->nr_frames = look->backtrace.nr;
	if (!ret) {
		judge(pass, *unwind, &look->thread, look->regs, &look->backtrace, opinion);
		if (opinion->kind != SUTURE_OPINION_RAN && opinion->kind != SUTURE_OPINION_ENDED)
			remember(settler, &look->thread, opinion->kind == SUTURE_OPINION_SETTLED);
	} else if (ret == -ESRCH) {
		opinion->kind = SUTURE_OPINION_ENDED;
	} else if (ret == -EAGAIN) {
		opinion->kind = SUTURE_OPINION_RAN;
	} else {
		snprintf(opinion->text, sizeof(opinion->text), "%.*s",
			 (int)sizeof(opinion->text) - 1,
			 ret == -EOPNOTSUPP ? "a 32-bit program" :
			 *err.text ? err.text : strerror(-ret));
	}
	if (opinion->kind == SUTURE_OPINION_RAN)
		snprintf(opinion->text, sizeof(opinion->text), "it runs, or ran meanwhile");
	else if (opinion->kind == SUTURE_OPINION_ENDED)
		snprintf(opinion->text, sizeof(opinion->text), "it has ended");
	return true;
}

/*
 * Returns true when it was settled. @again: the kernel names it, so if it was settled
 * before, that is forgotten or was not enough.
 */
static bool one_thread(struct pass *pass, struct look *look, bool again,
		       struct suture_unwind **unwind)
{
	struct suture_opinion opinion = { .pid = look->pid, .tid = look->tid };
	uint64_t begin = now_us();

	if (!unwind_and_judge(pass, look, again, unwind, &opinion))
		return false;
	opinion.took_us = now_us() - begin;
	if (pass->fn)
		pass->fn(&opinion, pass->arg);
	pass->settled += opinion.kind == SUTURE_OPINION_SETTLED;
	return opinion.kind == SUTURE_OPINION_SETTLED;
}

/*
 * Where there are many, a pass goes on where the last one left off: only to ask whether those
 * that are known have run would take its time.
 */
static void other_threads(struct pass *pass, pid_t pid, pid_t done, struct suture_unwind **unwind)
{
	struct suture_settler *settler = pass->settler;
	pid_t from = settler->left_pid == pid ? settler->left_off : 0, last = from;
	struct dirent *entry;
	unsigned int nr = 0;
	struct look look;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	settler->left_pid = pid;
	settler->left_off = from;
	dir = opendir(path);
	while (dir && (entry = readdir(dir)) && nr < MAX_THREADS) {
		pid_t tid = atoi(entry->d_name);

		if (last) {
			/* if it has ended, this pass finds none, and the next begins anew */
			last = tid == last ? 0 : last;
			continue;
		}
		if (tid <= 0 || tid == done)
			continue;
		if (now_us() >= pass->end_us)
			break;
		settler->left_off = tid;
		nr++;
		look = (struct look){ .pid = pid, .tid = tid };
		one_thread(pass, &look, false, unwind);
		suture_backtrace_free(&look.backtrace);
	}
	if (!dir || !entry)
		settler->left_off = 0;	/* that was all */
	if (dir)
		closedir(dir);
}

static void one_process(struct pass *pass, const struct suture_proc *proc)
{
	struct look look = { .pid = proc->pid, .tid = proc->tid };
	struct suture_unwind *unwind = NULL;

	if (one_thread(pass, &look, true, &unwind)) {
		other_threads(pass, look.pid, look.tid, &unwind);
		/* Now it can be tried. (If it has run meanwhile: it will be, sometime.) */
		tell(pass->settler, &look.thread, &look.backtrace, false);
	}
	suture_backtrace_free(&look.backtrace);
	suture_unwind_close(unwind);
}

static bool waits_for_stack(const struct suture_proc *proc)
{
	return (proc->state == SUTURE_PROC_WAITING || proc->state == SUTURE_PROC_DRAINING) &&
	       (proc->reason == SUTURE_REASON_INSIDE || proc->reason == SUTURE_REASON_ALTSTACK) &&
	       proc->pid > 0 && proc->tid > 0;
}

static void add_text(struct pass *pass, const char *path)
{
	size_t len = strlen(path), tail = strlen(DELETED);
	char *text = pass->texts[pass->nr_texts++];

	snprintf(text, sizeof(pass->texts[0]), "%s", path);
	if (len > tail && !strcmp(path + len - tail, DELETED))
		text[len - tail] = '\0';
}

/* The patch, and those whose place it takes. */
static int read_patches(struct pass *pass, struct suture_spm **ret_spm, struct suture_error *err)
{
	const char *name = pass->settler->name;
	struct suture_ioc_patch *patches;
	size_t nr, i;
	int ret;

	*ret_spm = NULL;
	ret = suture_device_patches(pass->settler->dev, &patches, &nr, err);
	if (ret)
		return ret;
	pass->texts = calloc(nr + 1, sizeof(*pass->texts));
	if (!pass->texts) {
		free(patches);
		return suture_error_nomem(err);
	}
	for (i = 0; i < nr; i++) {
		if (!strcmp(patches[i].replaced_by, name))
			add_text(pass, patches[i].path);
		if (strcmp(patches[i].name, name))
			continue;
		add_text(pass, patches[i].path);
		pass->applying = patches[i].state != SUTURE_PATCH_REVERTING;
		*ret_spm = suture_status_spm(&patches[i]);
		if (!*ret_spm)
			ret = suture_error_set(err, -ENODATA,
					       "%s: the file of the patch is not there any more",
					       name);
	}
	free(patches);
	if (!ret && !*ret_spm)
		ret = suture_error_set(err, -ENOENT, "%s is not loaded", name);
	if (ret)
		free(pass->texts);
	return ret;
}

int suture_settler_pass(struct suture_settler *settler, const struct suture_proc *procs,
			size_t nr, unsigned int budget_ms, suture_opinion_fn fn, void *arg,
			struct suture_error *err)
{
	struct pass pass = { .settler = settler, .fn = fn, .arg = arg };
	struct suture_spm *spm;
	size_t i;
	int ret;

	ret = read_patches(&pass, &spm, err);
	if (ret)
		return ret;
	pass.spm = spm;
	if (settler->applying != pass.applying)
		memset(settler->known, 0, sizeof(settler->known));
	settler->applying = pass.applying;
	pass.end_us = now_us() + budget_ms * 1000ULL;
	for (i = 0; i < nr && now_us() < pass.end_us; i++) {
		if (waits_for_stack(&procs[i]))
			one_process(&pass, &procs[i]);
	}
	suture_spm_close(spm);
	free(pass.texts);
	return pass.settled;
}
