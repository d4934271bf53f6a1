// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/suture/NAME/, in the words of kernel livepatch. A file here must
 * not wait for suture_lock: the folder is removed under it.
 */
#include <linux/kobject.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "suture.h"

static struct kobject *root;

struct entry {
	struct kobject kobj;
	struct suture_patch *patch;	/* outlives the folder */
};

static struct suture_patch *to_patch(struct kobject *kobj)
{
	return container_of(kobj, struct entry, kobj)->patch;
}

static ssize_t enabled_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_patch(kobj)->goal) == SUTURE_GOAL_PATCHED);
}

/* 0 reverts; 1 turns a revert that is under way round. */
static ssize_t enabled_store(struct kobject *kobj, struct kobj_attribute *attr, const char *buf,
			     size_t count)
{
	struct suture_patch *patch = to_patch(kobj);
	enum suture_goal goal;
	bool on;
	int ret;

	ret = kstrtobool(buf, &on);
	if (ret)
		return ret;
	if (!mutex_trylock(&suture_lock))
		return restart_syscall();
	goal = on ? SUTURE_GOAL_PATCHED : SUTURE_GOAL_UNPATCHED;
	if (patch->gone || list_empty(&patch->node))
		ret = -ENODEV;
	else if (patch->goal == goal)
		ret = -EINVAL;	/* as livepatch does */
	else if (on && suture_is_revoked(patch))
		ret = -EKEYREVOKED;
	else
		suture_patch_turn(patch, goal);
	mutex_unlock(&suture_lock);
	return ret ?: count;
}

static ssize_t transition_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_patch(kobj)->state) != SUTURE_PATCH_APPLIED);
}

static ssize_t force_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(to_patch(kobj)->force));
}

static ssize_t version_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	const struct spm_note *note = &to_patch(kobj)->note;

	return sysfs_emit(buf, "%s\n", spm_string(note, note->head->version));
}

/* One line for each rule of the patch's scope. */
static ssize_t scope_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return suture_scope_show(to_patch(kobj), buf);
}

/* Percent; 0: it is for all processes in scope. */
static ssize_t canary_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_patch(kobj)->canary));
}

static const char *const state_names[] = {
	[SUTURE_PROC_UNPATCHED] = "unpatched",
	[SUTURE_PROC_PATCHED] = "patched",
	[SUTURE_PROC_WAITING] = "waiting",
	[SUTURE_PROC_DRAINING] = "draining",
	[SUTURE_PROC_NOT_APPLICABLE] = "not_applicable",
	[SUTURE_PROC_REFUSED] = "refused",
	[SUTURE_PROC_FAILED] = "failed",
};

/* All counts from one look, so that they add up. */
static ssize_t processes_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	unsigned int counts[ARRAY_SIZE(state_names)] = {};
	struct suture_survey *survey = suture_survey_new(to_patch(kobj));
	struct suture_procs procs;
	struct suture_proc proc;
	unsigned int i;
	int len = 0, ret;

	ret = survey ? suture_procs_collect(&procs) : -ENOMEM;
	if (ret) {
		suture_survey_free(survey);
		return ret;
	}
	for (i = 0; i < procs.nr; i++) {
		if (suture_proc_fill(survey, procs.of[i].task, &proc))
			counts[proc.state]++;
		cond_resched();
	}
	suture_procs_free(&procs);
	suture_survey_free(survey);
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		len += sysfs_emit_at(buf, len, "%s %u\n", state_names[i], counts[i]);
	return len;
}

static struct kobj_attribute enabled_attr = __ATTR_RW(enabled);
static struct kobj_attribute transition_attr = __ATTR_RO(transition);
static struct kobj_attribute force_attr = __ATTR_RO(force);
static struct kobj_attribute version_attr = __ATTR_RO(version);
static struct kobj_attribute scope_attr = __ATTR_RO_MODE(scope, 0400);
static struct kobj_attribute canary_attr = __ATTR_RO(canary);
static struct kobj_attribute processes_attr = __ATTR_RO_MODE(processes, 0400);

static struct attribute *entry_attrs[] = {
	&enabled_attr.attr,
	&transition_attr.attr,
	&force_attr.attr,
	&version_attr.attr,
	&scope_attr.attr,
	&canary_attr.attr,
	&processes_attr.attr,
	NULL,
};
ATTRIBUTE_GROUPS(entry);

static void entry_release(struct kobject *kobj)
{
	kfree(container_of(kobj, struct entry, kobj));
}

static const struct kobj_type entry_type = {
	.release = entry_release,
	.sysfs_ops = &kobj_sysfs_ops,
	.default_groups = entry_groups,
};

int suture_sysfs_add(struct suture_patch *patch)
{
	struct entry *entry = suture_try(kzalloc(sizeof(*entry), GFP_KERNEL));
	int ret;

	if (!entry)
		return -ENOMEM;
	entry->patch = patch;
	ret = kobject_init_and_add(&entry->kobj, &entry_type, root, "%s", suture_patch_name(patch));
	if (ret) {
		kobject_put(&entry->kobj);
		return ret;
	}
	patch->kobj = &entry->kobj;
	return 0;
}

/* When this returns, no reader is left in one of the files. */
void suture_sysfs_remove(struct suture_patch *patch)
{
	kobject_del(patch->kobj);
	kobject_put(patch->kobj);
	patch->kobj = NULL;
}

int suture_sysfs_init(void)
{
	root = kobject_create_and_add("suture", kernel_kobj);
	return root ? 0 : -ENOMEM;
}

void suture_sysfs_exit(void)
{
	kobject_put(root);
}
