// SPDX-License-Identifier: GPL-2.0
/* A file that carries an object: is it that build, and where is its text. */
#define pr_fmt(fmt) "suture: " fmt
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "suture.h"

#define NOTE_MAX	(64 * 1024)	/* of a target's PT_NOTE that is read */
#define WATCH_PATIENCE_MS 2000	/* see suture_watchable() */
#define BUILD_ID_TYPE	3		/* NT_GNU_BUILD_ID of the ELF specification */

static int read_at(struct file *file, void *buf, size_t len, loff_t pos)
{
	ssize_t got = kernel_read(file, buf, len, &pos);

	/* What the file's own server answers is no want of the machine's. */
	if (got < 0)
		return got == -EINTR ? -EINTR : -EIO;
	return (size_t)got == len ? 0 : -ENOEXEC;
}

/* The headers of an ELF file. *why: what is wrong, for -ENOEXEC. */
int suture_read_elf(struct file *file, struct spm_elf *elf, bool strict, const char **why)
{
	loff_t size = i_size_read(file_inode(file));
	size_t len = min_t(loff_t, size, SPM_HEADER_MAX);
	void *buf;
	int ret;

	*why = "cannot be read";
	buf = suture_try(kvzalloc(SPM_HEADER_MAX, GFP_KERNEL));
	if (!buf)
		return -ENOMEM;
	ret = read_at(file, buf, len, 0);
	if (!ret)
		ret = spm_parse_elf(buf, len, size, strict, elf, why);
	kvfree(buf);
	return ret;
}

/* 0 when one of the file's notes is the build-id of obj. */
static int check_build_id(struct file *file, const struct spm_elf *elf,
			  const struct suture_object *obj)
{
	int ret = -ENOEXEC;
	u32 i;

	for (i = 0; i < elf->nr_notes && ret == -ENOEXEC; i++) {
		size_t size = elf->notes[i].size, len;
		const void *id;
		void *buf;

		if (size > NOTE_MAX)
			continue;
		buf = suture_try(kvmalloc(size, GFP_KERNEL));
		if (!buf)
			return -ENOMEM;
		ret = read_at(file, buf, size, elf->notes[i].offset);
		if (!ret) {
			id = spm_find_note(buf, size, "GNU", BUILD_ID_TYPE, &len);
			if (!id || len != obj->build_id_len || memcmp(id, obj->build_id, len))
				ret = -ENOEXEC;
		}
		kvfree(buf);
	}
	return ret;
}

/* Some place in the text that a mapping of it must cover. */
static int watch_offset(const struct suture_patch *patch, u32 object, const struct spm_elf *elf,
			loff_t *ret_offset)
{
	u64 offset;
	u32 i;

	for (i = 0; i < patch->nr_places; i++) {
		const struct suture_place *place = &patch->places[i];

		if (place->object != object)
			continue;
		if (spm_vaddr_to_offset(elf, place->check_addr, place->check_len, PF_X, &offset))
			return -ERANGE;
		*ret_offset = offset;
	}
	if (patch->note.objects[object].role == SUTURE_ROLE_TARGET)
		return 0;
	for (i = 0; i < elf->nr_segments; i++) {
		if ((elf->segments[i].flags & PF_X) && elf->segments[i].filesz) {
			*ret_offset = elf->segments[i].offset;
			return 0;
		}
	}
	return -ERANGE;
}

/* Under suture_lock. */
static bool known(struct suture_patch *patch, struct inode *inode)
{
	struct suture_target *target;

	list_for_each_entry(target, &patch->targets, node) {
		if (target->inode == inode)
			return true;
	}
	return false;
}

/* ------------------------------------------------------------- watching */

#define STUCK_MS	2000	/* until it is told, and told again */
#define STUCK_PATIENCE_MS 200
#define STUCK_LOOKS	10	/* in a row: the kernel takes its time, too, and who is busy
				 * meanwhile is not in its way for that */

static void tell_stuck(struct work_struct *unused);
static DECLARE_DELAYED_WORK(stuck_work, tell_stuck);
static const struct inode *stuck_inode;		/* suture_lock; constant while the work is queued */
static bool stuck_over;

static void tell_stuck(struct work_struct *unused)
{
	char message[SUTURE_MESSAGE_MAX];
	int i;

	for (i = 0; i < STUCK_LOOKS; i++) {
		if (suture_watchable(stuck_inode, STUCK_PATIENCE_MS, message) != -EBUSY)
			break;
		if (READ_ONCE(stuck_over))
			return;
	}
	if (i == STUCK_LOOKS)
		pr_warn("%s; until it lets go, no process can be forked\n", message);
	schedule_delayed_work(&stuck_work, msecs_to_jiffies(STUCK_MS));
}

/*
 * Who comes behind suture_watchable(), and locks his mappings only when the kernel is about
 * to, keeps every fork of the system waiting for as long as he likes: so he is named.
 */
static void stuck_begin(const struct inode *inode)
{
	stuck_inode = inode;
	WRITE_ONCE(stuck_over, false);
	schedule_delayed_work(&stuck_work, msecs_to_jiffies(STUCK_MS));
}

static void stuck_end(void)
{
	WRITE_ONCE(stuck_over, true);
	cancel_delayed_work_sync(&stuck_work);
}

/*
 * suture_target_add - watch a file that carries an object
 *
 * Under suture_lock. Returns 1, 0 (was known), or an error with *message: -ENOMEM, -EBUSY
 * (the machine's), others are the file's.
 */
int suture_target_add(struct suture_patch *patch, u32 object, struct file *file, char *message)
{
	struct inode *inode = d_real_inode(file_dentry(file));
	struct suture_target *target;
	const char *why = NULL;
	int ret;

	if (!S_ISREG(inode->i_mode) || !(file->f_mode & FMODE_READ)) {
		snprintf(message, SUTURE_MESSAGE_MAX,
			 "%pD: not a regular file opened for reading", file);
		return -ENOEXEC;
	}
	if (known(patch, inode))
		return 0;

	target = suture_try(kzalloc(sizeof(*target), GFP_KERNEL));
	if (!target)
		return -ENOMEM;
	target->patch = patch;
	target->object = object;
	target->file = get_file(file);
	target->inode = inode;
	ihold(inode);	/* an overlay could let go of it */
	ret = suture_read_elf(file, &target->elf, false, &why);
	if (ret)
		goto err;
	ret = check_build_id(file, &target->elf, &patch->note.objects[object]);
	if (ret) {
		why = "has another build-id than the patch is made for";
		goto err;
	}
	if (target->elf.machine != patch->note.head->machine) {
		why = "is of another architecture";
		ret = -ENOEXEC;
		goto err;
	}
	ret = watch_offset(patch, object, &target->elf, &target->offset);
	if (ret) {
		why = "a function of the patch lies outside its text";
		goto err;
	}

	ret = suture_watchable(inode, WATCH_PATIENCE_MS, message);
	if (ret)
		goto err_said;

	/* On the list before it is watched: who comes by a new mapping looks there. */
	down_write(&patch->targets_sem);
	list_add_tail(&target->node, &patch->targets);
	up_write(&patch->targets_sem);
	suture_watch_init(target);
	patch->watched = true;
	stuck_begin(inode);
	ret = suture_fails() ? -ENOMEM :
	      suture_uprobe_register(&target->uprobe, inode, target->offset);
	stuck_end();
	if (ret) {
		why = "the kernel cannot watch its mappings (uprobe_register)";
		down_write(&patch->targets_sem);
		list_del(&target->node);
		up_write(&patch->targets_sem);
		goto err;
	}
	return 1;
err:
	snprintf(message, SUTURE_MESSAGE_MAX, "%pD: %s", file, why ?: "cannot be read");
err_said:
	iput(target->inode);
	fput(target->file);
	kfree(target);
	return ret;
}

/* Can its files be let go of just now? Under suture_lock. */
bool suture_targets_free(struct suture_patch *patch)
{
	struct suture_target *target;

	list_for_each_entry(target, &patch->targets, node) {
		if (suture_watchable(target->inode, 0, NULL))
			return false;
	}
	return true;
}

/* Stop watching; nobody comes by a new mapping any more. Under suture_lock. */
void suture_target_free(struct suture_target *target)
{
	struct suture_patch *patch = target->patch;

	stuck_begin(target->inode);
	suture_uprobe_unregister(&target->uprobe, target->inode, target->offset);
	stuck_end();
	down_write(&patch->targets_sem);
	list_del(&target->node);
	up_write(&patch->targets_sem);
	iput(target->inode);
	fput(target->file);
	kfree(target);
}
