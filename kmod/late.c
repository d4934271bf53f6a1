// SPDX-License-Identifier: GPL-2.0
/*
 * A hook that is late keeps the transitions of all others waiting for its time, up to a
 * minute; and anybody can have hooks that are late, in as many processes as he may start.
 * So in one step of a transition a user has one such process; his others wait for the
 * next.
 */
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "suture.h"

/* Whose process is it? The ids that a user has in namespaces of his own are all his. */
static kuid_t owner(struct task_struct *leader)
{
	const struct user_namespace *ns;
	const struct cred *cred;
	kuid_t uid;

	rcu_read_lock();
	cred = __task_cred(leader);
	uid = cred->uid;
	for (ns = cred->user_ns; ns->parent; ns = ns->parent)
		uid = ns->owner;
	rcu_read_unlock();
	return uid;
}

/* Has a hook been late in this step, in another process of the same user? */
bool suture_was_late(const struct suture_lates *lates, struct task_struct *leader)
{
	unsigned int i, nr = min_t(unsigned int, lates->nr, SUTURE_MAX_LATES);
	kuid_t uid;

	if (!nr)
		return false;
	uid = owner(leader);
	for (i = 0; i < nr; i++) {
		if (uid_eq(lates->owners[i], uid))
			return true;
	}
	return false;
}

/* Of many users the last ones count. */
void suture_late(struct suture_lates *lates, struct task_struct *leader)
{
	lates->owners[lates->nr++ % SUTURE_MAX_LATES] = owner(leader);
}
