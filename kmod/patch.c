// SPDX-License-Identifier: GPL-2.0
/* The life of a loaded patch. */
#include <linux/delay.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include "suture.h"

#define FLUSH_TRIES	200
#define FLUSH_PAUSE_US	1000

DEFINE_MUTEX(suture_lock);
LIST_HEAD(suture_patches);

static atomic_t unloaded = ATOMIC_INIT(0);	/* and still referenced */

/* What is wrong, for the caller of an ioctl: SUTURE_MESSAGE_MAX bytes. */
void suture_say(char *message, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, SUTURE_MESSAGE_MAX, fmt, args);
	va_end(args);
}

/* Under suture_lock; no reference is taken. */
static struct suture_patch *find(const char *name)
{
	struct suture_patch *patch;

	list_for_each_entry(patch, &suture_patches, node) {
		if (!strcmp(suture_patch_name(patch), name))
			return patch;
	}
	return NULL;
}

/* The loaded patch of that name, referenced, or NULL. */
struct suture_patch *suture_patch_get(const char *name)
{
	struct suture_patch *patch;

	mutex_lock(&suture_lock);
	patch = find(name);
	if (patch)
		kref_get(&patch->ref);
	mutex_unlock(&suture_lock);
	return patch;
}

static void close_file(struct suture_patch *patch)
{
	if (patch->door) {
		fput(patch->door);
		patch->door = NULL;
		/* Each mapping of it that is just going holds a reference to the module. */
		flush_delayed_fput();
	}
	if (!patch->file)
		return;
	allow_write_access(patch->file);
	fput(patch->file);
	patch->file = NULL;
}

static void release(struct kref *ref)
{
	struct suture_patch *patch = container_of(ref, struct suture_patch, ref);
	bool gone = patch->gone;

	suture_records_prune(patch, true);
	suture_leftovers_prune(patch, true);
	put_pid(patch->nudged);
	suture_scope_free(patch);
	close_file(patch);
	kvfree(patch->places);
	kvfree(patch->desc);
	kfree(patch->floor);
	kfree(patch);
	/* Whoever puts a patch is waited for by rmmod, or holds the device open. */
	module_put(THIS_MODULE);
	/* Last: pairs with suture_patches_flush(), whose caller may unload the module. */
	if (gone)
		atomic_dec(&unloaded);
}

/*
 * Whoever is told that a patch is gone may unload the module at once: wait (some 0.2 s at
 * the most) until nobody has a reference to an unloaded one. The caller has none.
 */
void suture_patches_flush(void)
{
	int i;

	for (i = 0; i < FLUSH_TRIES && atomic_read(&unloaded); i++)
		usleep_range(FLUSH_PAUSE_US, 2 * FLUSH_PAUSE_US);
}

void suture_patch_put(struct suture_patch *patch)
{
	kref_put(&patch->ref, release);
}

/* --------------------------------------------------------------- reading */

/* Find our note in the file and check it completely. */
static int read_note(struct suture_patch *patch, char *message)
{
	const char *why = "has no suture note";
	const void *found = NULL;
	size_t len = 0;
	u32 i;
	int ret;

	for (i = 0; i < patch->elf.nr_notes && !found; i++) {
		loff_t pos = patch->elf.notes[i].offset;
		size_t size = patch->elf.notes[i].size;
		void *buf;
		ssize_t got;

		if (size > SUTURE_NOTE_MAX + 64)
			continue;
		buf = suture_try(kvmalloc(size, GFP_KERNEL));
		if (!buf)
			return -ENOMEM;
		got = kernel_read(patch->file, buf, size, &pos);
		if (got == (ssize_t)size)
			found = spm_find_note(buf, size, SUTURE_NOTE_NAME, SUTURE_NOTE_TYPE, &len);
		if (found) {
			/* The parser wants it aligned, the file need not have it so. */
			patch->desc = suture_try(kvmalloc(len, GFP_KERNEL));
			if (patch->desc)
				memcpy(patch->desc, found, len);
		}
		kvfree(buf);
		if (found && !patch->desc)
			return -ENOMEM;
	}
	ret = found ? spm_parse_note(patch->desc, len, &patch->elf, &patch->note, &why) : -ENOEXEC;
	if (ret)
		suture_say(message, "%pD: %s", patch->file, why);
	return ret;
}

/* Can this kernel map the segments? And where is room for the ledger. */
static int check_segments(struct suture_patch *patch, char *message)
{
	const struct spm_elf *elf = &patch->elf;
	const struct spm_segment *last = &elf->segments[elf->nr_segments - 1];
	size_t ledger_size = offsetof(struct suture_ledger, bases[patch->note.nr_objects]);
	u32 texts = 0, i;

	for (i = 0; i < elf->nr_segments; i++) {
		texts += !!(elf->segments[i].flags & PF_X);
		if ((elf->segments[i].vaddr - elf->segments[i].offset) & ~PAGE_MASK) {
			suture_say(message, "segment %u is not aligned to pages of %lu bytes", i,
			    PAGE_SIZE);
			return -ENOEXEC;
		}
	}
	/* By its text a mapping of the patch is recognised (process.c). */
	if (texts != 1) {
		suture_say(message, "has %u executable segments instead of one", texts);
		return -ENOEXEC;
	}
	if (elf->segments[0].vaddr & PAGE_MASK) {
		suture_say(message, "its first segment does not begin at address 0");
		return -ENOEXEC;
	}
	patch->span = PAGE_ALIGN(last->vaddr + last->memsz);
	patch->ledger = ALIGN(last->vaddr + last->memsz, sizeof(u64));
	if (!(last->flags & PF_W) || patch->ledger + ledger_size > patch->span) {
		patch->ledger = patch->span;
		patch->span += PAGE_SIZE;
	}
	patch->hooks_at = patch->span;
	patch->span += suture_hooks_room(patch);
	return 0;
}

static int check_features(const struct suture_patch *patch, char *message)
{
	if (patch->note.head->machine != suture_arch_machine) {
		suture_say(message, "is for another architecture (machine %u)",
		    patch->note.head->machine);
		return -ENOEXEC;
	}
	return 0;
}

static bool noexec(const struct file *file)
{
	return (file->f_path.mnt->mnt_flags & MNT_NOEXEC) ||
	       (file->f_path.mnt->mnt_sb->s_iflags & SB_I_NOEXEC);
}

/* A patch from a file, not known to anybody yet. Drop it by suture_patch_put(). */
static struct suture_patch *read_patch(struct file *file, char *message)
{
	struct suture_patch *patch;
	const char *why;
	int ret;

	if (!S_ISREG(file_inode(file)->i_mode) || !(file->f_mode & FMODE_READ)) {
		suture_say(message, "%pD: not a regular file opened for reading", file);
		return ERR_PTR(-EINVAL);
	}
	if (noexec(file)) {
		suture_say(message, "%pD: lies on a filesystem mounted noexec", file);
		return ERR_PTR(-EACCES);
	}
	patch = suture_try(kzalloc(sizeof(*patch), GFP_KERNEL));
	if (!patch)
		return ERR_PTR(-ENOMEM);
	__module_get(THIS_MODULE);	/* the caller holds /dev/suture open */
	kref_init(&patch->ref);
	INIT_LIST_HEAD(&patch->node);
	INIT_LIST_HEAD(&patch->targets);
	INIT_LIST_HEAD(&patch->records);
	INIT_LIST_HEAD(&patch->leftovers);
	INIT_LIST_HEAD(&patch->coming);
	INIT_LIST_HEAD(&patch->birth_node);
	INIT_LIST_HEAD(&patch->births);
	init_rwsem(&patch->targets_sem);
	mutex_init(&patch->records_lock);
	init_waitqueue_head(&patch->wait);
	patch->inode = d_real_inode(file_dentry(file));
	patch->loaded_at = ktime_get_real_seconds();

	/* What is checked now must be what is mapped later. */
	ret = deny_write_access(file);
	if (ret) {
		suture_say(message, "%pD: is open for writing", file);
		goto err;
	}
	patch->file = get_file(file);
	/* Before anything of it is parsed; it holds for what is read from here on. */
	ret = suture_sign_check(file, &patch->seal, message);
	if (ret)
		goto err;
	ret = suture_read_elf(file, &patch->elf, true, &why);
	if (ret) {
		suture_say(message, "%pD: %s", file, why);
		goto err;
	}
	ret = read_note(patch, message) ?: check_segments(patch, message) ?:
	      check_features(patch, message) ?:
	      suture_places_make(patch) ?: suture_hooks_prepare(patch);
	if (ret)
		goto err;
	return patch;
err:
	suture_patch_put(patch);
	return ERR_PTR(ret);
}

/* --------------------------------------------------------------- loading */

/* A file that is of no use is left out; @arg's nr_left_out and message say so. */
static int add_files(struct suture_patch *patch, const struct suture_ioc_file *files,
		     struct suture_ioc_load *arg)
{
	char *message = arg->message;
	int useless = 0, ret;
	u32 i;

	for (i = 0; i < arg->nr_files; i++) {
		struct file *file = fget(files[i].fd);

		if (files[i].object >= patch->note.nr_objects) {
			suture_say(message, "the patch has no object %u", files[i].object);
			if (file)
				fput(file);
			return -EINVAL;
		}
		if (!file) {
			suture_say(message, "file %u: bad descriptor %d", i, files[i].fd);
			return -EBADF;
		}
		ret = suture_target_add(patch, files[i].object, file, message);
		fput(file);
		/* Anybody can make a file that was right a moment ago and is of no use. */
		if (ret == -ENOMEM || ret == -EBUSY)
			return ret;
		if (ret < 0) {
			useless = ret;
			arg->nr_left_out++;
		} else {
			arg->nr_added += ret;
		}
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return list_empty(&patch->targets) ? useless : 0;
}

static void free_targets(struct suture_patch *patch)
{
	struct suture_target *target, *next;

	list_for_each_entry_safe(target, next, &patch->targets, node)
		suture_target_free(target);
}

/* Under suture_lock: the patch is loaded already. Always an error code. */
static int load_again(struct suture_patch *patch, struct suture_patch *again,
		      const struct suture_ioc_file *files, struct suture_ioc_load *arg)
{
	char *message = arg->message;
	int ret;

	if (again->inode != patch->inode) {
		suture_say(message, "another patch of the name %s is loaded",
			   suture_patch_name(patch));
		return -EEXIST;
	}
	if (patch->goal != SUTURE_GOAL_PATCHED) {
		suture_say(message, "%s is being reverted", suture_patch_name(patch));
		return -EBUSY;
	}
	if (!suture_scope_same(patch, again)) {
		suture_say(message,
			   "%s is loaded for other processes (rules, canary): revert it first",
		    suture_patch_name(patch));
		return -EINVAL;
	}
	ret = add_files(patch, files, arg);
	if (arg->flags & SUTURE_LOAD_FORCE)
		WRITE_ONCE(patch->force, true);
	/* Also without a new file: text that mprotect made executable tells nobody. */
	suture_patch_set_goal(patch, SUTURE_GOAL_PATCHED);
	if (ret)
		return ret;
	if (!arg->nr_left_out)
		suture_say(message, "%s is loaded already", suture_patch_name(patch));
	return -EEXIST;
}

/*
 * suture_patch_load - load a patch and start its transition
 * @files, @rules: copies of what @arg points to in user space
 * @arg:           nr_added, name and message are filled in
 *
 * Returns 0 or what SUTURE_IOC_LOAD says; on error (but EEXIST) nothing has changed.
 */
int suture_patch_load(struct file *file, const struct suture_ioc_file *files,
		      const struct suture_ioc_rule *rules, struct suture_ioc_load *arg)
{
	char *name = arg->name, *message = arg->message;
	struct suture_patch *patch, *other;
	int ret;

	patch = read_patch(file, message);
	if (IS_ERR(patch))
		return PTR_ERR(patch);
	strscpy(name, suture_patch_name(patch), SUTURE_NAME_MAX);
	patch->force = arg->flags & SUTURE_LOAD_FORCE;
	ret = suture_scope_set(patch, rules, arg->nr_rules, arg->canary, message);
	if (ret)
		goto err_put;

	mutex_lock(&suture_lock);
	/* Here, not earlier: a list that comes meanwhile would miss the patch. */
	ret = suture_revoked_check(patch, message) ?: suture_rollback_check(patch, message);
	if (ret)
		goto err;
	other = find(name);
	if (other) {
		ret = load_again(other, patch, files, arg);
		goto err;
	}
	ret = suture_order_check(patch, message);
	if (ret)
		goto err;
	ret = suture_sysfs_add(patch);
	if (ret) {
		suture_say(message, "cannot add %s to sysfs", name);
		goto err;
	}
	/* Before the files are watched: what they map meanwhile is ours to patch, and the
	 * neighbours have to know whose bytes those are. */
	patch->goal = SUTURE_GOAL_PATCHED;
	suture_order_add(patch);
	suture_order_replace(patch);
	ret = add_files(patch, files, arg);
	if (ret)
		goto err_files;
	suture_patch_set_goal(patch, SUTURE_GOAL_PATCHED);
	suture_order_follow(patch);
	suture_rollback_loaded(patch);
	mutex_unlock(&suture_lock);
	return 0;

err_files:
	/* A process may have been patched on its way; take it back as a revert would. */
	if (patch->watched) {
		suture_patch_set_goal(patch, SUTURE_GOAL_UNPATCHED);
		mutex_unlock(&suture_lock);
		return ret;
	}
	suture_order_remove(patch);
	suture_sysfs_remove(patch);
err:
	mutex_unlock(&suture_lock);
err_put:
	suture_patch_put(patch);
	return ret;
}

/* Under suture_lock. */
void suture_patch_set_goal(struct suture_patch *patch, enum suture_goal goal)
{
	WRITE_ONCE(patch->goal, goal);
	if (goal == SUTURE_GOAL_PATCHED)
		WRITE_ONCE(patch->unwanted, false);
	smp_store_release(&patch->turns, patch->turns + 1);	/* visit_some() of birth.c */
	patch->clean_looks = 0;
	patch->state = goal == SUTURE_GOAL_PATCHED ? SUTURE_PATCH_APPLYING : SUTURE_PATCH_REVERTING;
	patch->delay_ms = 0;
	patch->rounds = 0;
	WRITE_ONCE(patch->nudge_pause_ms, 0);
	patch->next_try = jiffies;
	suture_transition_kick();
}

/*
 * Under suture_lock: the user wants it so. Those whose place the patch takes go the
 * other way, as far as they are still there.
 */
void suture_patch_turn(struct suture_patch *patch, enum suture_goal goal)
{
	suture_patch_set_goal(patch, goal);
	suture_order_follow(patch);
}

int suture_patch_revert(const char *name, u32 flags, char *message)
{
	struct suture_patch *patch;
	int ret = 0;

	mutex_lock(&suture_lock);
	patch = find(name);
	if (patch) {
		if (flags & SUTURE_REVERT_FORCE)
			WRITE_ONCE(patch->force, true);
		WRITE_ONCE(patch->unwanted, true);
		suture_patch_turn(patch, SUTURE_GOAL_UNPATCHED);
	} else {
		suture_say(message, "no patch of the name %s is loaded", name);
		ret = -ENOENT;
	}
	mutex_unlock(&suture_lock);
	return ret;
}

/*
 * No process runs any of it, and none will: forget it. By the transition, under
 * suture_lock; so no file in sysfs may wait for that lock (see sysfs.c).
 */
void suture_patch_unload(struct suture_patch *patch)
{
	free_targets(patch);
	suture_order_remove(patch);
	suture_sysfs_remove(patch);
	/* Not only with the last reference: whoever waited may write the file now. */
	close_file(patch);
	atomic_inc(&unloaded);
	WRITE_ONCE(patch->gone, true);
	suture_settle_forget(patch);
	suture_nudges_cancel(patch);
	wake_up_all(&patch->wait);
	suture_patch_put(patch);
}
