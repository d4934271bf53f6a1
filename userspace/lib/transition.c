// SPDX-License-Identifier: GPL-2.0-only
/* Start a patch's transition, and wait for its end. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "device.h"
#include "text.h"
#include "transition.h"

#define PROGRESS_MS	250

/* -EEXIST came back: is what is loaded this very file? */
static int check_same(int dev, const struct suture_spm *spm, struct suture_error *err)
{
	const char *version = spm_string(&spm->note, spm->note.head->version);
	char old_version[4 * 64], path[4 * 256];
	struct suture_ioc_patch patch;
	struct stat ours, theirs;
	bool same;
	int ret;

	ret = suture_device_patch(dev, suture_spm_name(spm), &patch, err);
	if (ret)
		return ret;
	if (!fstat(spm->fd, &ours) && !stat(patch.path, &theirs))
		same = ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino;
	else
		same = !strncmp(patch.version, version, sizeof(patch.version) - 1);
	if (same)
		return 0;
	suture_text_clean_buf(patch.version, 0, old_version, sizeof(old_version));
	suture_text_clean_buf(patch.path, 0, path, sizeof(path));
	return suture_error_set(err, -EEXIST,
				"another patch of the name %s is loaded (version %s, from %s): revert that one first",
				patch.name, old_version, path);
}

/* Somebody may want a patch back whose revert has not ended. */
static void advise_busy(int dev, const struct suture_spm *spm, struct suture_error *err)
{
	struct suture_ioc_patch patch;

	if (!err || suture_device_patch(dev, suture_spm_name(spm), &patch, NULL) ||
	    patch.state != SUTURE_PATCH_REVERTING)
		return;
	suture_error_set(err, err->code,
			 "%s; wait for the end of the revert, or turn it round: echo 1 >" SUTURE_SYSFS "/%s/enabled",
			 err->text, patch.name);
}

int suture_load(int dev, const struct suture_spm *spm, const unsigned int *want_of,
		const struct suture_found *found, uint32_t flags,
		const struct suture_scope *scope, struct suture_loaded *ret_loaded,
		struct suture_error *err)
{
	const struct spm_note *note = &spm->note;
	struct suture_ioc_file *files;
	struct suture_ioc_load load;
	size_t nr = 0, before, i;
	uint32_t object;
	int ret;

	memset(ret_loaded, 0, sizeof(*ret_loaded));
	/* Two objects may share a build-id only in a broken patch; still, no overflow. */
	files = calloc(found->nr_files + 1, note->nr_objects * sizeof(*files));
	if (!files)
		return suture_error_nomem(err);
	for (object = 0; object < note->nr_objects; object++) {
		before = nr;
		for (i = 0; i < found->nr_files; i++) {
			if (!suture_found_use(&found->files[i], want_of[object],
					      note->objects[object].role))
				continue;
			files[nr].object = object;
			files[nr++].fd = found->files[i].fd;
		}
		if (nr == before) {
			ret = suture_error_set(err, -ENODATA, "no file carries the object %s",
					       spm_string(note, note->objects[object].name));
			goto out_free;
		}
	}
	ret_loaded->nr_files = nr;
	ret = suture_device_load(dev, spm->fd, files, nr, flags, scope, &load, err);
	memcpy(ret_loaded->name, load.name, sizeof(ret_loaded->name));
	ret_loaded->nr_added = load.nr_added;
	ret_loaded->nr_left_out = load.nr_left_out;
	if (load.nr_left_out)
		suture_text_clean_buf(load.message, 0, ret_loaded->left_out,
				      sizeof(ret_loaded->left_out));
	if (ret == -EEXIST) {
		ret = check_same(dev, spm, err);
		ret_loaded->already = !ret;
	}
	if (ret == -EBUSY)
		advise_busy(dev, spm, err);
	if (!ret && !*ret_loaded->name)
		strcpy(ret_loaded->name, suture_spm_name(spm));
out_free:
	free(files);
	return ret;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int suture_transition_wait(int dev, const char *name, int64_t timeout_ms,
			   suture_progress_fn progress, void *arg, struct suture_error *err)
{
	int64_t deadline = now_ms() + timeout_ms, left;
	struct suture_proc *procs;
	uint32_t slice;
	size_t nr;
	int ret;

	for (;;) {
		slice = PROGRESS_MS;
		if (timeout_ms >= 0) {
			left = deadline - now_ms();
			if (left < 0)
				left = 0;
			if (left < slice)
				slice = left;
		}
		ret = suture_device_wait(dev, name, slice, err);
		if (ret != -ETIMEDOUT)
			return ret;
		if (timeout_ms >= 0 && now_ms() >= deadline)
			return -ETIMEDOUT;
		if (!progress)
			continue;
		ret = suture_device_procs(dev, name, &procs, &nr, err);
		if (ret == -ENOENT)
			continue;	/* it ended just now: the next wait says how */
		if (ret)
			return ret;
		if (!progress(procs, nr, arg))
			ret = -EINTR;
		free(procs);
		if (ret)
			return ret;
	}
}
