// SPDX-License-Identifier: GPL-2.0-only
/* All processes, and what the kernel says of them. */
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device.h"
#include "loaded.h"
#include "status.h"
#include "verify-int.h"

#define TRIES		6	/* a transition can be under way */
#define PAUSE_MS	100

struct pids {
	pid_t *list;
	size_t nr;
};

static int add_pid(struct pids *pids, pid_t pid)
{
	pid_t *more;

	for (size_t i = pids->nr; i-- > 0;)
		if (pids->list[i] == pid)
			return 0;
	more = reallocarray(pids->list, pids->nr + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	pids->list = more;
	more[pids->nr++] = pid;
	return 0;
}

static int all_pids(struct pids *pids, struct suture_error *err)
{
	struct dirent *entry;
	pid_t *more;
	DIR *dir;

	dir = opendir("/proc");
	if (!dir)
		return suture_error_set(err, -errno, "cannot read /proc: %s", strerror(errno));
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		more = reallocarray(pids->list, pids->nr + 1, sizeof(*more));
		if (!more)
			break;
		pids->list = more;
		more[pids->nr++] = atoi(entry->d_name);
	}
	closedir(dir);
	return entry ? suture_error_nomem(err) : 0;
}

static struct suture_verify_proc *find_proc(struct suture_verify *verify, pid_t pid)
{
	for (size_t i = 0; i < verify->nr_procs; i++)
		if (verify->procs[i].pid == pid)
			return &verify->procs[i];
	return NULL;
}

static void drop_proc(struct suture_verify *verify, pid_t pid)
{
	struct suture_verify_proc *proc = find_proc(verify, pid);

	if (!proc)
		return;
	suture_verify_proc_free(proc);
	*proc = verify->procs[--verify->nr_procs];
}

/* Some process that only reads the files has nothing of ours. */
static bool concerned(const struct suture_verify *verify, const struct suture_verify_proc *proc)
{
	for (size_t i = 0; proc->observed && i < verify->nr_patches; i++)
		if (proc->observed[i] != SUTURE_OBSERVED_NONE)
			return true;
	return proc->nr_diffs != 0;
}

/* Look at one process and keep what is found in place of what was found before. */
static int look_at(struct suture_verifier *v, pid_t pid)
{
	struct suture_verify *verify = v->verify;
	struct suture_verify_proc proc, *more;
	int ret;

	drop_proc(verify, pid);
	ret = suture_verify_process(v, pid, &proc);
	if (!ret && !concerned(verify, &proc))
		suture_verify_proc_free(&proc);
	if (ret == -EACCES || ret == -EPERM)
		verify->nr_denied++;
	if (ret && ret != -ENOMEM && ret != -EMFILE && ret != -ENFILE)
		return 0;	/* it has ended, or is none of ours to see */
	if (ret || !proc.observed)
		return ret;
	more = reallocarray(verify->procs, verify->nr_procs + 1, sizeof(*more));
	if (!more) {
		suture_verify_proc_free(&proc);
		return suture_error_nomem(v->err);
	}
	verify->procs = more;
	more[verify->nr_procs++] = proc;
	return 0;
}

/* May the kernel say @said of a process of which we see @seen? */
static bool agree(const struct suture_ioc_patch *patch, const struct suture_proc *said,
		  enum suture_observed seen)
{
	bool patched = seen == SUTURE_OBSERVED_PATCHED;

	switch (said->state) {
	case SUTURE_PROC_PATCHED:
		return patched;
	case SUTURE_PROC_WAITING:
		if (said->reason == SUTURE_REASON_HOOKS_DUE)
			return patched;
		break;
	case SUTURE_PROC_DRAINING:
		return !patched;
	}
	return patch->state == SUTURE_PATCH_REVERTING || !patched;
}

static int disagree(struct suture_verifier *v, struct suture_verify_proc *proc, unsigned int patch,
		    const struct suture_proc *said)
{
	struct suture_difference *d =
		suture_verify_add(proc, SUTURE_DIFFERENT_STATUS, patch, "");
	const char *seen = suture_observed_name(proc->observed[patch]);
	char detail[256];

	if (!d)
		return suture_error_nomem(v->err);
	if (!said) {
		snprintf(d->text, sizeof(d->text),
			 "it is %s, and the kernel does not know of it (a file that came later? apply the patch again)",
			 seen);
		return 0;
	}
	suture_proc_detail(said, v->verify->spms[patch], detail, sizeof(detail));
	snprintf(d->text, sizeof(d->text), "the kernel says %s%s%s; what its text says is: %s",
		 suture_proc_state_name(said->state), *detail ? ": " : "", detail, seen);
	return 0;
}

/* The difference of status that an earlier comparison left. */
static bool has_status(const struct suture_verify_proc *proc, unsigned int patch)
{
	for (size_t i = 0; i < proc->nr_diffs; i++)
		if (proc->diffs[i].kind == SUTURE_DIFFERENT_STATUS && proc->diffs[i].patch == patch)
			return true;
	return false;
}

static bool has_pid(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->nr; i++)
		if (pids->list[i] == pid)
			return true;
	return false;
}

/* The kernel says patched, and we have found nothing to compare: it may have copied all of a
 * target to anonymous memory. */
static int add_unseen(struct suture_verifier *v, pid_t pid, unsigned int patch)
{
	struct suture_verify *verify = v->verify;
	struct suture_verify_proc proc, *more;
	struct suture_difference *d;
	int ret;

	ret = suture_verify_process(v, pid, &proc);
	if (ret)
		return ret == -ENOMEM ? ret : 0;
	if (!proc.observed)
		proc.observed = calloc(verify->nr_patches + 1, sizeof(*proc.observed));
	more = reallocarray(verify->procs, verify->nr_procs + 1, sizeof(*more));
	if (more)
		verify->procs = more;
	d = more && proc.observed ? suture_verify_add(&proc, SUTURE_DIFFERENT_UNREAD, patch, "") :
				    NULL;
	if (!d) {
		suture_verify_proc_free(&proc);
		return suture_error_nomem(v->err);
	}
	snprintf(d->text, sizeof(d->text),
		 "the kernel says patched, and no file of a target is mapped that it could be compared with");
	more[verify->nr_procs++] = proc;
	return 0;
}

/* @pids were just looked at. */
static int compare_status(struct suture_verifier *v, unsigned int patch,
			  const struct suture_proc *said, size_t nr, const struct pids *pids,
			  struct pids *again)
{
	struct suture_verify *verify = v->verify;
	size_t i, k;
	int ret = 0;

	for (i = 0; i < verify->nr_procs && !ret; i++) {
		struct suture_verify_proc *proc = &verify->procs[i];

		for (k = 0; k < nr && said[k].pid != proc->pid; k++)
			;
		if (k < nr ? agree(&verify->patches[patch], &said[k], proc->observed[patch])
			   : proc->observed[patch] == SUTURE_OBSERVED_NONE)
			continue;
		if (!has_status(proc, patch))
			ret = disagree(v, proc, patch, k < nr ? &said[k] : NULL);
	}
	for (k = 0; k < nr && !ret; k++) {
		if (!said[k].pid || said[k].state != SUTURE_PROC_PATCHED ||
		    find_proc(verify, said[k].pid))
			continue;
		/* else it began after our look */
		if (has_pid(pids, said[k].pid))
			ret = add_unseen(v, said[k].pid, patch);
		if (!ret)
			ret = add_pid(again, said[k].pid);
	}
	return ret;
}

/* Ask the kernel, and note with whom it disagrees, or who should be looked at again. */
static int compare_all(struct suture_verifier *v, int dev, const struct pids *pids,
		       struct pids *again)
{
	struct suture_verify *verify = v->verify;
	struct suture_proc *said;
	size_t nr, i;
	int ret = 0;

	for (unsigned int p = 0; p < verify->nr_patches && !ret; p++) {
		const char *name = suture_spm_name(verify->spms[p]);

		if (!verify->chosen[p])
			continue;
		ret = suture_device_patch(dev, name, &verify->patches[p], v->err);
		if (!ret)
			ret = suture_device_procs(dev, name, &said, &nr, v->err);
		if (ret)
			return suture_error_prefix(v->err, "%s", name);
		ret = compare_status(v, p, said, nr, pids, again);
		free(said);
	}
	for (i = 0; i < verify->nr_procs && !ret; i++)
		if (verify->procs[i].nr_diffs)
			ret = add_pid(again, verify->procs[i].pid);
	return ret == -ENOMEM ? suture_error_nomem(v->err) : ret;
}

static void pause_a_moment(void)
{
	struct timespec ts = { .tv_nsec = PAUSE_MS * 1000000L };

	nanosleep(&ts, NULL);
}

/* A transition changes processes while we look: what differs is looked at again. */
static int look_at_all(struct suture_verifier *v, int dev)
{
	struct pids pids = { 0 }, again = { 0 };
	struct suture_verify *verify = v->verify;
	uint64_t places = 0, bytes = 0;
	int ret, tries;
	size_t i;

	ret = all_pids(&pids, v->err);
	for (tries = 1; !ret; tries++) {
		free(v->uprobes);
		v->uprobes = NULL;
		ret = suture_uprobes_read(&v->uprobes, &v->nr_uprobes, v->err);
		for (i = 0; i < pids.nr && !ret; i++)
			ret = look_at(v, pids.list[i]);
		/* what is looked at again counts once */
		places = places ?: verify->nr_places;
		bytes = bytes ?: verify->nr_bytes;
		if (!ret)
			ret = compare_all(v, dev, &pids, &again);
		if (ret || !again.nr || tries == TRIES)
			break;
		free(pids.list);
		pids = again;
		memset(&again, 0, sizeof(again));
		pause_a_moment();
	}
	verify->nr_places = places;
	verify->nr_bytes = bytes;
	free(pids.list);
	free(again.list);
	return ret;
}

/* Which patches are meant; all must be known, as their branches are. */
static int choose(struct suture_verify *verify, char *const *names, struct suture_error *err)
{
	unsigned int p;
	int ret;

	for (; names && *names; names++) {
		for (p = 0; p < verify->nr_patches; p++)
			if (!strcmp(verify->patches[p].name, *names))
				break;
		if (p == verify->nr_patches)
			return suture_error_set(err, -ENOENT,
						"%s: no such patch is loaded (`suture list` names those that are)",
						*names);
		verify->chosen[p] = true;
	}
	for (p = 0; p < verify->nr_patches; p++) {
		if (verify->spms[p])
			continue;
		ret = suture_loaded_spm(&verify->patches[p], &verify->spms[p], err);
		if (ret)
			return suture_error_prefix(err, "cannot verify");
	}
	return 0;
}

static int compare_procs(const void *va, const void *vb)
{
	const struct suture_verify_proc *a = va, *b = vb;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

int suture_verify(int dev, char *const *names, struct suture_verify **ret_verify,
		  struct suture_error *err)
{
	struct suture_verify *verify = calloc(1, sizeof(*verify));
	struct suture_verifier v = { .verify = verify, .err = err };
	int ret;

	if (!verify)
		return suture_error_nomem(err);
	ret = suture_device_patches(dev, &verify->patches, &verify->nr_patches, err);
	if (!ret)
		ret = suture_loaded_spms(verify->patches, verify->nr_patches, &verify->spms, err);
	if (ret)
		goto err;
	verify->chosen = calloc(verify->nr_patches + 1, sizeof(*verify->chosen));
	if (!verify->chosen) {
		ret = suture_error_nomem(err);
		goto err;
	}
	memset(verify->chosen, !names, verify->nr_patches * sizeof(*verify->chosen));
	ret = choose(verify, names, err);
	if (!ret)
		ret = suture_files_new(verify->spms, verify->nr_patches, &v.files, err);
	if (!ret)
		ret = look_at_all(&v, dev);
	suture_files_free(v.files);
	free(v.uprobes);
	if (ret)
		goto err;
	if (verify->nr_procs)
		qsort(verify->procs, verify->nr_procs, sizeof(*verify->procs), compare_procs);
	for (size_t i = 0; i < verify->nr_procs; i++)
		verify->nr_diffs += verify->procs[i].nr_diffs;
	*ret_verify = verify;
	return 0;
err:
	suture_verify_free(verify);
	return ret;
}

void suture_verify_free(struct suture_verify *verify)
{
	if (!verify)
		return;
	for (size_t i = 0; i < verify->nr_procs; i++)
		suture_verify_proc_free(&verify->procs[i]);
	suture_loaded_free(verify->spms, verify->nr_patches);
	free(verify->procs);
	free(verify->chosen);
	free(verify->patches);
	free(verify);
}

const char *suture_difference_name(enum suture_difference_kind kind)
{
	static const char *const names[] = {
		[SUTURE_DIFFERENT_PLACE] = "place",
		[SUTURE_DIFFERENT_CODE] = "code",
		[SUTURE_DIFFERENT_PATCH] = "patch",
		[SUTURE_DIFFERENT_HALF] = "half",
		[SUTURE_DIFFERENT_STATUS] = "status",
		[SUTURE_DIFFERENT_UNREAD] = "unread",
	};

	return names[kind];
}

const char *suture_observed_name(enum suture_observed observed)
{
	static const char *const names[] = { "not mapped", "unpatched", "patched", "half patched" };

	return names[observed];
}
