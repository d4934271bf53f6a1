// SPDX-License-Identifier: GPL-2.0
/* /dev/suture: see uapi/suture.h for what each ioctl does. */
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/file.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "suture.h"

/* A name from user space: NUL-terminated, not empty. */
static bool good_name(const char *name)
{
	return name[0] && strnlen(name, SUTURE_NAME_MAX) < SUTURE_NAME_MAX;
}

static int ioc_version(struct suture_ioc_version *arg)
{
	arg->abi = SUTURE_ABI;
	arg->note_format = SUTURE_NOTE_FORMAT;
	arg->machine = suture_arch_machine;
	strscpy_pad(arg->version, SUTURE_VERSION, sizeof(arg->version));
	return 0;
}

static int ioc_load(struct suture_ioc_load *arg)
{
	struct suture_ioc_rule *rules = NULL;
	struct suture_ioc_file *files;
	struct file *file;
	int ret;

	arg->nr_added = 0;
	memset(arg->name, 0, sizeof(arg->name));
	memset(arg->message, 0, sizeof(arg->message));
	if ((arg->flags & ~SUTURE_LOAD_FLAGS) || arg->nr_left_out)
		return -EINVAL;
	if (!arg->nr_files || arg->nr_files > SUTURE_MAX_FILES) {
		strscpy(arg->message, "no file, or too many, to apply the patch to",
			sizeof(arg->message));
		return -EINVAL;
	}
	if (arg->nr_rules > SUTURE_MAX_RULES) {
		strscpy(arg->message, "too many rules", sizeof(arg->message));
		return -EINVAL;
	}
	files = suture_fails() ? ERR_PTR(-ENOMEM) :
		vmemdup_user(u64_to_user_ptr(arg->files), arg->nr_files * sizeof(*files));
	if (IS_ERR(files))
		return PTR_ERR(files);
	if (arg->nr_rules) {
		rules = suture_fails() ? ERR_PTR(-ENOMEM) :
			vmemdup_user(u64_to_user_ptr(arg->rules),
				     arg->nr_rules * sizeof(*rules));
		ret = PTR_ERR_OR_ZERO(rules);
		if (ret)
			goto out_files;
	}
	ret = -EBADF;
	file = fget(arg->fd);
	if (!file)
		goto out;
	ret = suture_patch_load(file, files, rules, arg);
	fput(file);
out:
	kvfree(rules);
out_files:
	kvfree(files);
	return ret;
}

static int ioc_revert(struct suture_ioc_revert *arg)
{
	memset(arg->message, 0, sizeof(arg->message));
	if ((arg->flags & ~SUTURE_REVERT_FLAGS) || !good_name(arg->name))
		return -EINVAL;
	return suture_patch_revert(arg->name, arg->flags, arg->message);
}

static bool settled(const struct suture_patch *patch)
{
	return READ_ONCE(patch->gone) || READ_ONCE(patch->state) == SUTURE_PATCH_APPLIED;
}

static int ioc_wait(struct suture_ioc_wait *arg)
{
	struct suture_patch *patch;
	long ret;

	if (arg->flags || arg->reserved || !good_name(arg->name))
		return -EINVAL;
	patch = suture_patch_get(arg->name);
	if (!patch) {
		suture_patches_flush();
		return -ENOENT;
	}
	ret = wait_event_interruptible_timeout(patch->wait, settled(patch),
					       msecs_to_jiffies(arg->timeout_ms));
	if (ret < 0)
		ret = -EINTR;
	else if (!settled(patch))
		ret = -ETIMEDOUT;
	else
		ret = READ_ONCE(patch->gone) ? -ENOENT : 0;
	suture_patch_put(patch);
	if (ret == -ENOENT)
		suture_patches_flush();
	return ret;
}

static int list_procs(struct suture_survey *survey, struct suture_ioc_procs *arg)
{
	struct suture_proc __user *out = u64_to_user_ptr(arg->procs);
	struct suture_procs procs;
	struct suture_proc proc;
	u32 nr = 0;
	unsigned int i;
	int ret;

	ret = suture_procs_collect(&procs);
	if (ret)
		return ret;
	for (i = 0; i < procs.nr && !ret; i++) {
		if (!suture_proc_fill(survey, procs.of[i].task, &proc))
			continue;
		if (nr < arg->nr && copy_to_user(out + nr, &proc, sizeof(proc)))
			ret = -EFAULT;
		nr++;
		cond_resched();
	}
	suture_procs_free(&procs);
	arg->nr = nr;
	return ret;
}

static int ioc_procs(struct suture_ioc_procs *arg)
{
	struct suture_survey *survey;
	struct suture_patch *patch;
	int ret;

	if (arg->flags || arg->reserved || !good_name(arg->name))
		return -EINVAL;
	patch = suture_patch_get(arg->name);
	if (!patch)
		return -ENOENT;
	survey = suture_survey_new(patch);
	ret = survey ? list_procs(survey, arg) : -ENOMEM;
	suture_survey_free(survey);
	suture_patch_put(patch);
	return ret;
}

/* Under suture_lock. */
static void describe(const struct suture_patch *patch, struct suture_ioc_patch *arg)
{
	const struct spm_note *note = &patch->note;
	const struct suture_target *target;
	char *path;

	arg->state = patch->state;
	arg->nr_funcs = note->nr_funcs;
	arg->nr_sites = note->nr_sites;
	arg->nr_hooks = note->nr_hooks;
	arg->nr_rules = suture_scope_nr_rules(patch);
	arg->canary = patch->canary;
	arg->nr_files = 0;
	list_for_each_entry(target, &patch->targets, node)
		arg->nr_files++;
	arg->loaded_at = patch->loaded_at;
	strscpy_pad(arg->name, suture_patch_name(patch), sizeof(arg->name));
	strscpy_pad(arg->version, spm_string(note, note->head->version), sizeof(arg->version));
	strscpy_pad(arg->replaced_by,
		    patch->replaced_by ? suture_patch_name(patch->replaced_by) : "",
		    sizeof(arg->replaced_by));
	path = file_path(patch->file, arg->path, sizeof(arg->path));
	if (IS_ERR(path))
		path = "";
	memmove(arg->path, path, strlen(path) + 1);
	memset(arg->path + strlen(arg->path), 0, sizeof(arg->path) - strlen(arg->path));
}

static int ioc_patch(struct suture_ioc_patch *arg)
{
	bool by_name = arg->flags & SUTURE_PATCH_BY_NAME;
	const struct suture_patch *patch;
	u32 index = 0;
	int ret = -ENOENT;

	if ((arg->flags & ~SUTURE_PATCH_BY_NAME) || (by_name && !good_name(arg->name)))
		return -EINVAL;
	mutex_lock(&suture_lock);
	list_for_each_entry(patch, &suture_patches, node) {
		if (by_name ? !strcmp(suture_patch_name(patch), arg->name) :
			      index++ == arg->index) {
			describe(patch, arg);
			ret = 0;
			break;
		}
	}
	mutex_unlock(&suture_lock);
	return ret;
}

static int ioc_promote(struct suture_ioc_promote *arg)
{
	memset(arg->message, 0, sizeof(arg->message));
	if (arg->flags || !good_name(arg->name))
		return -EINVAL;
	return suture_scope_promote(arg->name, arg->message);
}

static int ioc_settle(struct suture_ioc_settle *arg)
{
	return good_name(arg->name) ? suture_settle(arg) : -EINVAL;
}

static int ioc_revoke(struct suture_ioc_revoke *arg)
{
	u32 room = arg->nr_names;
	char (*names)[SUTURE_NAME_MAX];
	struct file *file;
	int ret;

	memset(arg->message, 0, sizeof(arg->message));
	if (arg->flags || arg->reserved || room > SUTURE_MAX_REVOKED)
		return -EINVAL;
	names = suture_try(kvcalloc(room + 1, sizeof(*names), GFP_KERNEL));
	if (!names)
		return -ENOMEM;
	ret = -EBADF;
	file = fget(arg->fd);
	if (!file)
		goto out;
	ret = suture_revoke(file, names, arg);
	fput(file);
	if (!ret && copy_to_user(u64_to_user_ptr(arg->names), names,
				 min(room, arg->nr_names) * sizeof(*names)))
		ret = -EFAULT;
out:
	kvfree(names);
	return ret;
}

static int ioc_floor(struct suture_ioc_floor *arg)
{
	bool raise = arg->flags & SUTURE_FLOOR_RAISE;

	if ((arg->flags & ~SUTURE_FLOOR_FLAGS) || arg->reserved)
		return -EINVAL;
	if (raise && (arg->index || !good_name(arg->name) ||
		      strnlen(arg->version, sizeof(arg->version)) == sizeof(arg->version)))
		return -EINVAL;
	return suture_floor(arg);
}

union any_arg {
	u32 size;
	struct suture_ioc_version version;
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

static int dispatch(unsigned int cmd, union any_arg *arg)
{
	switch (cmd) {
	case SUTURE_IOC_VERSION:
		return ioc_version(&arg->version);
	case SUTURE_IOC_LOAD:
		return ioc_load(&arg->load);
	case SUTURE_IOC_REVERT:
		return ioc_revert(&arg->revert);
	case SUTURE_IOC_WAIT:
		return ioc_wait(&arg->wait);
	case SUTURE_IOC_PROCS:
		return ioc_procs(&arg->procs);
	case SUTURE_IOC_PATCH:
		return ioc_patch(&arg->patch);
	case SUTURE_IOC_PROMOTE:
		return ioc_promote(&arg->promote);
	case SUTURE_IOC_THREAD:
		return suture_thread(&arg->thread);
	case SUTURE_IOC_SETTLE:
		return ioc_settle(&arg->settle);
	case SUTURE_IOC_REVOKE:
		return ioc_revoke(&arg->revoke);
	case SUTURE_IOC_FLOOR:
		return ioc_floor(&arg->floor);
	}
	return -ENOTTY;
}

static long device_ioctl(struct file *file, unsigned int cmd, unsigned long user_arg)
{
	void __user *user = (void __user *)user_arg;
	unsigned int size = _IOC_SIZE(cmd);
	union any_arg *arg;
	long ret;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (_IOC_TYPE(cmd) != SUTURE_IOC_MAGIC || size < sizeof(u32) || size > sizeof(*arg))
		return -ENOTTY;
	arg = suture_try(kzalloc(sizeof(*arg), GFP_KERNEL));
	if (!arg)
		return -ENOMEM;
	ret = -EFAULT;
	if (copy_from_user(arg, user, size))
		goto out;
	ret = -EINVAL;
	if (arg->size != size)
		goto out;
	ret = dispatch(cmd, arg);
	/* Also on error: the message is in there. */
	if (ret != -ENOTTY && copy_to_user(user, arg, size))
		ret = -EFAULT;
out:
	kfree(arg);
	return ret;
}

static int device_open(struct inode *inode, struct file *file)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static const struct file_operations device_fops = {
	.owner = THIS_MODULE,
	.open = device_open,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "suture",
	.fops = &device_fops,
	.mode = 0600,
};

int suture_device_init(void)
{
	return misc_register(&device);
}

void suture_device_exit(void)
{
	misc_deregister(&device);
}
