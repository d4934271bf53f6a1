// SPDX-License-Identifier: GPL-2.0
/*
 * Revocation: signed lists of patches that are not loaded any more, whatever is required of
 * signatures. There is one list a signer, the one with his highest serial number: nobody's
 * list takes back what another has revoked. What is loaded already stays until the caller
 * reverts it, who is told which patches those are.
 *
 * The digests of a patch are computed when it is loaded, if a list in force has any, else
 * when the first such list comes. A loaded patch of which they cannot be had counts as
 * revoked then.
 */
#define pr_fmt(fmt) "suture: " fmt
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "suture.h"
#include "trust.h"

#define OP	"suture_revoke"

struct list {
	struct list_head node;
	struct suture_signed_text text;
	struct spm_revocations entries;	/* points into text */
};

static LIST_HEAD(lists);	/* suture_lock; at most one for each certificate */
static bool digests_wanted;	/* by one of them; likewise, read anywhere as a hint */

static void free_list(struct list *list)
{
	vfree(list->text.buf);
	kfree(list);
}

/* The list that names the patch, or NULL. Under suture_lock. */
static const struct list *find_revoking(const struct suture_patch *patch)
{
	const struct spm_subject subject = {
		.name = suture_patch_name(patch),
		.version = suture_patch_version(patch),
		.digests = patch->seal.digests,
		.nr_digests = patch->seal.hashed ? ARRAY_SIZE(patch->seal.digests) : 0,
	};
	const struct list *list;

	list_for_each_entry(list, &lists, node) {
		if (spm_is_revoked(&list->entries, &subject) ||
		    (list->entries.nr_digests && !patch->seal.hashed))
			return list;
		cond_resched();
	}
	return NULL;
}

bool suture_digests_wanted(void)
{
	return READ_ONCE(digests_wanted);
}

bool suture_is_revoked(const struct suture_patch *patch)
{
	return find_revoking(patch);
}

/* Of a patch that is to be loaded, under suture_lock. 0, -EKEYREVOKED, or another error, with
 * *message. */
int suture_revoked_check(struct suture_patch *patch, char *message)
{
	const struct list *list;
	int ret;

	/* Only when the first list with a digest has come just now. */
	if (digests_wanted && !patch->seal.hashed) {
		ret = suture_sign_hash(patch->file, &patch->seal);
		if (ret) {
			suture_say(message, "%pD: cannot be read to compare it with revocation lists",
				   patch->file);
			return ret;
		}
	}
	list = find_revoking(patch);
	if (!list)
		return 0;
	suture_say(message, "%s %s: has been revoked by \"%s\", in list no. %llu",
		   suture_patch_name(patch), suture_patch_version(patch), list->text.signer->name,
		   list->entries.serial);
	suture_sign_tell("suture_load", patch->file, patch->seal.signer, "revoked", message,
			 -EKEYREVOKED);
	return -EKEYREVOKED;
}

/* It is @file's fault. */
static int refuse(const struct file *file, const struct list *list, const char *text,
		  char *message, int ret)
{
	suture_sign_tell(OP, file, list->text.signer, "refused", text, ret);
	suture_say(message, "%pD: %s", file, text);
	return ret;
}

/* Verified and parsed, and nobody knows of it yet. Drop it by free_list(). */
static struct list *read_list(struct file *file, char *message)
{
	struct list *list;
	const char *why;
	char text[128];
	u32 line;
	int ret;

	if (!S_ISREG(file_inode(file)->i_mode) || !(file->f_mode & FMODE_READ)) {
		suture_say(message, "%pD: not a regular file opened for reading", file);
		return ERR_PTR(-EINVAL);
	}
	list = suture_try(kzalloc(sizeof(*list), GFP_KERNEL));
	if (!list)
		return ERR_PTR(-ENOMEM);
	ret = suture_sign_text(file, SPM_REVOKE_MAX, OP, &list->text, message);
	if (ret)
		goto err;
	ret = spm_parse_revocations(list->text.buf, list->text.len, &list->entries, &line, &why);
	if (ret) {
		snprintf(text, sizeof(text), "is no revocation list: line %u: %s", line, why);
		refuse(file, list, text, message, ret);
		goto err;
	}
	return list;
err:
	free_list(list);
	return ERR_PTR(ret);
}

/* Under suture_lock: the next patch behind number @seq without digests, or NULL. */
static struct suture_patch *next_unhashed(u64 seq)
{
	struct suture_patch *patch;

	list_for_each_entry(patch, &suture_patches, node) {
		if (patch->seq > seq && !patch->seal.hashed)
			return patch;
	}
	return NULL;
}

/*
 * Digests of the patches that were loaded without. By suture_lock, but not while their files
 * are read: that takes as long as those let it. Returns 0, -ENOMEM or -EINTR.
 */
static int hash_loaded(void)
{
	struct suture_patch *patch;
	struct suture_seal seal;
	struct file *file;
	u64 seq = 0;
	int ret = 0;

	while (ret != -ENOMEM && ret != -EINTR && (patch = next_unhashed(seq))) {
		seq = patch->seq;
		kref_get(&patch->ref);
		file = get_file(patch->file);
		mutex_unlock(&suture_lock);
		ret = suture_sign_hash(file, &seal);
		if (ret)
			pr_warn("%s: cannot be read to compare it with revocation lists (%d)\n",
				suture_patch_name(patch), ret);
		fput(file);
		mutex_lock(&suture_lock);
		if (!ret) {
			memcpy(patch->seal.digests, seal.digests, sizeof(seal.digests));
			patch->seal.hashed = true;
		}
		suture_patch_put(patch);
	}
	return ret == -ENOMEM || ret == -EINTR ? ret : 0;
}

static void count_digests(void)
{
	const struct list *list;
	bool wanted = false;

	list_for_each_entry(list, &lists, node)
		wanted |= list->entries.nr_digests != 0;
	WRITE_ONCE(digests_wanted, wanted);
}

/*
 * Under suture_lock: puts @list into the place of that signer's earlier one, which it leaves
 * in *@ret_old: NULL, or what the caller frees.
 */
static int take_list(struct list *list, const struct file *file, struct list **ret_old,
		     char *message)
{
	struct list *old;
	char text[128];

	*ret_old = NULL;
	list_for_each_entry(old, &lists, node) {
		if (old->text.signer != list->text.signer)
			continue;
		if (list->entries.serial < old->entries.serial) {
			snprintf(text, sizeof(text),
				 "is an older revocation list, no. %llu: no. %llu has been seen",
				 list->entries.serial, old->entries.serial);
			return refuse(file, list, text, message, -EKEYREJECTED);
		}
		if (list->entries.serial == old->entries.serial &&
		    (list->text.len != old->text.len ||
		     memcmp(list->text.buf, old->text.buf, old->text.len))) {
			snprintf(text, sizeof(text),
				 "is another revocation list than the one seen with its number, %llu",
				 old->entries.serial);
			return refuse(file, list, text, message, -EKEYREJECTED);
		}
		list_replace(&old->node, &list->node);
		*ret_old = old;
		return 0;
	}
	list_add_tail(&list->node, &lists);
	return 0;
}

/*
 * suture_revoke - SUTURE_IOC_REVOKE, but for the user's memory
 * @names: room for arg->nr_names
 */
int suture_revoke(struct file *file, char (*names)[SUTURE_NAME_MAX],
		  struct suture_ioc_revoke *arg)
{
	const struct suture_cert *signer;
	const struct suture_patch *patch;
	u32 room = arg->nr_names, nr = 0;
	struct list *list, *old;
	char text[80];
	int ret;

	list = read_list(file, arg->message);
	if (IS_ERR(list))
		return PTR_ERR(list);
	mutex_lock(&suture_lock);
	ret = take_list(list, file, &old, arg->message);
	if (ret) {
		mutex_unlock(&suture_lock);
		free_list(list);
		return ret;
	}
	arg->serial = list->entries.serial;
	arg->nr_entries = list->entries.nr;
	signer = list->text.signer;
	if (old)
		free_list(old);
	/* It is in force: who is loaded from here on has them. It may go with the next one as
	 * soon as the lock is let go of. */
	count_digests();
	ret = digests_wanted ? hash_loaded() : 0;
	if (ret) {
		mutex_unlock(&suture_lock);
		return ret;
	}
	list_for_each_entry(patch, &suture_patches, node) {
		if (!find_revoking(patch))
			continue;
		if (nr < room)
			strscpy(names[nr], suture_patch_name(patch), SUTURE_NAME_MAX);
		nr++;
	}
	arg->nr_names = nr;
	snprintf(text, sizeof(text), "revocation list no. %llu, %u entries, %u of them loaded",
		 arg->serial, arg->nr_entries, nr);
	mutex_unlock(&suture_lock);
	suture_sign_tell(OP, file, signer, "verified", text, 0);
	return 0;
}

void suture_revoke_exit(void)
{
	struct list *list, *next;

	list_for_each_entry_safe(list, next, &lists, node) {
		list_del(&list->node);
		free_list(list);
	}
}
