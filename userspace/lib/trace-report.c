// SPDX-License-Identifier: GPL-2.0-only
/* What a trace says: is the old code dead, or who still runs it? */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace-report.h"

#define NS	1000000000ULL

struct sums {
	uint64_t old, new, behind;
	uint64_t last_old, last_new;	/* nanoseconds since boot */
};

static struct sums sum_up(const struct suture_trace_func *funcs,
			  const struct suture_trace_proc *proc)
{
	struct sums s = { 0 };

	for (size_t i = 0; i < proc->nr; i++) {
		const struct suture_trace_count *c = &proc->counts[i];
		const struct suture_trace_func *f = &funcs[c->func];

		if (!f->old) {
			s.new += c->calls;
			s.last_new = c->last > s.last_new ? c->last : s.last_new;
			continue;
		}
		s.old += c->calls;
		s.last_old = c->last > s.last_old ? c->last : s.last_old;
		if (!f->original)
			s.behind += c->behind;
	}
	return s;
}

/* When the patch was loaded, by the clock of the counts; the second as a whole. */
static uint64_t loaded_since_boot(const struct suture_ioc_patch *patch)
{
	struct timespec real, boot;
	uint64_t age;

	clock_gettime(CLOCK_REALTIME, &real);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	age = (uint64_t)real.tv_sec > patch->loaded_at ? real.tv_sec - patch->loaded_at : 0;
	return boot.tv_sec > (time_t)age ? (boot.tv_sec - age) * NS : 0;
}

/* The kernel says that the branches stand in it. */
static bool is_patched(const struct suture_proc *status)
{
	return status->state == SUTURE_PROC_PATCHED ||
	       (status->state == SUTURE_PROC_WAITING && status->reason == SUTURE_REASON_HOOKS_DUE);
}

static enum suture_standing judge_one(const struct suture_trace_func *funcs,
				      const struct suture_ioc_patch *patch,
				      const struct suture_trace_proc *proc)
{
	const struct suture_proc *status = proc->status;
	struct sums s = sum_up(funcs, proc);

	if (s.behind)
		return SUTURE_STANDING_BEHIND;
	if (!status && s.old && patch &&
	    (s.last_new > s.last_old || s.last_old < loaded_since_boot(patch)))
		return SUTURE_STANDING_BEFORE;
	if (!status)
		return s.old ? SUTURE_STANDING_ENDED : SUTURE_STANDING_NEW;
	if (is_patched(status))
		return proc->inside_tid ? SUTURE_STANDING_INSIDE :
		       s.old ? SUTURE_STANDING_BEFORE : SUTURE_STANDING_NEW;
	if (s.old)
		return SUTURE_STANDING_RUNS;
	return status->reason == SUTURE_REASON_NOT_EXEC ? SUTURE_STANDING_NEW
							 : SUTURE_STANDING_COULD;
}

static const struct suture_proc *find_status(const struct suture_trace_count *count,
					     const struct suture_proc *status, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (status[i].pid == count->pid && status[i].start_time == count->start_time)
			return &status[i];
	return NULL;
}

/* One record for each process that called something. */
static size_t take_counts(struct suture_trace_proc *procs, const struct suture_trace_count *counts,
			  size_t nr_counts, const struct suture_proc *status, size_t nr_status,
			  bool *seen)
{
	size_t nr = 0, i;

	for (i = 0; i < nr_counts; i++) {
		struct suture_trace_proc *last = nr ? &procs[nr - 1] : NULL;

		if (last && last->counts->tgid == counts[i].tgid &&
		    last->counts->start_time == counts[i].start_time) {
			last->nr++;
			continue;
		}
		procs[nr] = (struct suture_trace_proc) {
			.pid = counts[i].pid,
			.counts = &counts[i],
			.nr = 1,
			.status = find_status(&counts[i], status, nr_status),
		};
		memcpy(procs[nr].comm, counts[i].comm, sizeof(procs[nr].comm));
		if (procs[nr].status) {
			/* it may have another name by now */
			memcpy(procs[nr].comm, procs[nr].status->comm, sizeof(procs[nr].comm));
			seen[procs[nr].status - status] = true;
		}
		nr++;
	}
	return nr;
}

static enum suture_verdict worst(const struct suture_trace_report *report)
{
	enum suture_verdict verdict = SUTURE_VERDICT_DEAD;

	for (size_t i = 0; i < report->nr_procs; i++) {
		enum suture_standing s = report->procs[i].standing;

		if (s >= SUTURE_STANDING_ENDED)
			return SUTURE_VERDICT_ALIVE;
		if (s >= SUTURE_STANDING_INSIDE)
			verdict = SUTURE_VERDICT_IDLE;
	}
	return verdict;
}

int suture_trace_judge(const struct suture_trace_func *funcs,
		       const struct suture_trace_count *counts, size_t nr_counts,
		       const struct suture_ioc_patch *patch,
		       const struct suture_proc *status, size_t nr_status,
		       const struct suture_trace_inside *inside, size_t nr_inside, pid_t pid,
		       struct suture_trace_report *ret, struct suture_error *err)
{
	struct suture_trace_proc *procs = calloc(nr_counts + nr_status + 1, sizeof(*procs));
	bool *seen = calloc(nr_status + 1, sizeof(*seen));
	size_t nr, i, k;

	if (!procs || !seen) {
		free(procs);
		free(seen);
		return suture_error_nomem(err);
	}
	nr = take_counts(procs, counts, nr_counts, status, nr_status, seen);
	for (i = 0; i < nr_status; i++) {
		if (seen[i] || (pid && status[i].pid != pid))
			continue;
		procs[nr] = (struct suture_trace_proc) {
			.pid = status[i].pid, .status = &status[i],
		};
		memcpy(procs[nr++].comm, status[i].comm, sizeof(procs->comm));
	}
	for (i = 0; i < nr; i++) {
		for (k = 0; k < nr_inside; k++) {
			if (inside[k].pid != procs[i].pid || !procs[i].status)
				continue;
			procs[i].inside_tid = inside[k].tid;
			procs[i].inside_func = inside[k].func;
		}
		procs[i].standing = judge_one(funcs, patch, &procs[i]);
	}
	free(seen);
	ret->procs = procs;
	ret->nr_procs = nr;
	ret->verdict = worst(ret);
	/* Those to come will run it. */
	if (ret->verdict == SUTURE_VERDICT_DEAD && (!patch || patch->state == SUTURE_PATCH_REVERTING))
		ret->verdict = SUTURE_VERDICT_IDLE;
	return 0;
}

const char *suture_verdict_name(enum suture_verdict verdict)
{
	static const char *const names[] = { "dead", "idle", "alive" };

	return names[verdict];
}

const char *suture_standing_name(enum suture_standing standing)
{
	static const char *const names[] = {
		[SUTURE_STANDING_NEW] = "new",
		[SUTURE_STANDING_BEFORE] = "old-before",
		[SUTURE_STANDING_INSIDE] = "inside-old",
		[SUTURE_STANDING_COULD] = "old-idle",
		[SUTURE_STANDING_ENDED] = "old-ended",
		[SUTURE_STANDING_BEHIND] = "behind-branch",
		[SUTURE_STANDING_RUNS] = "old",
	};

	return names[standing];
}
