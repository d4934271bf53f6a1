// SPDX-License-Identifier: GPL-2.0
/*
 * Rollback: the newest version seen of each patch that somebody whom this machine trusts has
 * signed. An older one has a good signature as well, and whatever the newer one mended. So
 * where signatures are required it is refused. Where none are, the signature could be taken
 * off the file, so refusing would protect nobody, and a developer can go back; but what was
 * seen is remembered there, too, for when they are required.
 *
 * The list is kept until the module is unloaded. Over a boot user space keeps it: it can
 * raise what is remembered, and never lower it.
 */
#define pr_fmt(fmt) "suture: " fmt
#include <linux/slab.h>

#include "spm-int.h"
#include "spm-version.h"
#include "suture.h"

struct suture_floor {
	struct list_head node;
	char name[SUTURE_NAME_MAX];
	char version[SUTURE_FLOOR_VERSION_MAX];
};

/* suture_lock; entries are only added, at the end */
static LIST_HEAD(floors);
static unsigned int nr_floors;

static struct suture_floor *find_floor(const char *name)
{
	struct suture_floor *floor;

	list_for_each_entry(floor, &floors, node) {
		if (!strcmp(floor->name, name))
			return floor;
	}
	return NULL;
}

/* Not on the list yet. -ENOSPC: there is no room on it. */
static struct suture_floor *new_floor(const char *name, const char *version)
{
	struct suture_floor *floor;

	if (nr_floors == SUTURE_MAX_FLOORS)
		return ERR_PTR(-ENOSPC);
	floor = suture_try(kzalloc(sizeof(*floor), GFP_KERNEL));
	if (!floor)
		return ERR_PTR(-ENOMEM);
	strscpy(floor->name, name, sizeof(floor->name));
	strscpy(floor->version, version, sizeof(floor->version));
	return floor;
}

static void add_floor(struct suture_floor *floor)
{
	list_add_tail(&floor->node, &floors);
	nr_floors++;
}

static void raise_floor(struct suture_floor *floor, const char *version)
{
	if (spm_version_compare(version, floor->version) > 0)
		strscpy_pad(floor->version, version, sizeof(floor->version));
}

/*
 * suture_rollback_check - has a newer version of the patch been seen?
 *
 * Under suture_lock. Whatever is needed to remember it is there when this returns 0; else
 * an error with *message.
 */
int suture_rollback_check(struct suture_patch *patch, char *message)
{
	const char *name = suture_patch_name(patch), *version = suture_patch_version(patch);
	const struct suture_floor *floor = find_floor(name);
	int ret = 0;

	if (!patch->seal.signer)
		return 0;
	if (strlen(version) >= SUTURE_FLOOR_VERSION_MAX) {
		ret = -E2BIG;
		suture_say(message, "%s: its version is too long to be remembered", name);
	} else if (!floor) {
		struct suture_floor *room = new_floor(name, version);

		if (!IS_ERR(room)) {
			patch->floor = room;
			return 0;
		}
		ret = PTR_ERR(room);
		if (ret == -ENOMEM)
			return ret;
		suture_say(message, "%s %s: there is no room to remember its version", name,
			   version);
	} else if (spm_version_compare(version, floor->version) < 0) {
		ret = -EKEYREJECTED;
		suture_say(message, "%s %s: a newer version, %s, has been seen", name, version,
			   floor->version);
	}
	if (!ret)
		return 0;
	suture_sign_tell("suture_load", patch->file, patch->seal.signer, "rollback", message, ret);
	if (suture_sign_required())
		return ret;
	message[0] = '\0';
	return 0;
}

/* Under suture_lock: the patch is loaded, so its version has been seen. */
void suture_rollback_loaded(struct suture_patch *patch)
{
	struct suture_floor *floor = find_floor(suture_patch_name(patch));
	const char *version = suture_patch_version(patch);

	if (patch->floor) {
		add_floor(patch->floor);
		patch->floor = NULL;
	} else if (floor && patch->seal.signer && strlen(version) < SUTURE_FLOOR_VERSION_MAX) {
		raise_floor(floor, version);
	}
}

/* SUTURE_IOC_FLOOR with RAISE; the strings have an end. */
static int raise_by_user(struct suture_ioc_floor *arg)
{
	struct suture_floor *floor;
	int ret = 0;

	if (!spm_is_patch_name(arg->name) || !spm_is_printable(arg->version))
		return -EINVAL;
	mutex_lock(&suture_lock);
	floor = find_floor(arg->name);
	if (floor) {
		raise_floor(floor, arg->version);
	} else {
		floor = new_floor(arg->name, arg->version);
		if (IS_ERR(floor))
			ret = PTR_ERR(floor);
		else
			add_floor(floor);
	}
	if (!ret)
		strscpy_pad(arg->version, floor->version, sizeof(arg->version));
	mutex_unlock(&suture_lock);
	return ret;
}

int suture_floor(struct suture_ioc_floor *arg)
{
	const struct suture_floor *floor;
	u32 index = 0;
	int ret = -ENOENT;

	if (arg->flags & SUTURE_FLOOR_RAISE)
		return raise_by_user(arg);
	mutex_lock(&suture_lock);
	list_for_each_entry(floor, &floors, node) {
		if (index++ != arg->index)
			continue;
		strscpy_pad(arg->name, floor->name, sizeof(arg->name));
		strscpy_pad(arg->version, floor->version, sizeof(arg->version));
		ret = 0;
		break;
	}
	mutex_unlock(&suture_lock);
	return ret;
}

void suture_rollback_exit(void)
{
	struct suture_floor *floor, *next;

	list_for_each_entry_safe(floor, next, &floors, node) {
		list_del(&floor->node);
		kfree(floor);
	}
}
