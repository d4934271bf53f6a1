// SPDX-License-Identifier: GPL-2.0
/*
 * While a hook runs, the transitions of all others wait: up to a minute for one, and anybody
 * can have hooks that take their time, in as many processes as he may start. So in one step
 * of a transition the hooks in all processes of a user have one share of time. Who is put
 * off when it is spent comes first in the next step: else one whose hook is slow each time
 * would keep the user's others waiting for ever.
 */
#include <linux/cred.h>
#include <linux/user_namespace.h>

#include "suture.h"

#define SHARE_NS	(SUTURE_HOOK_LIMIT_MS * (u64)NSEC_PER_MSEC)

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

/* What the owner of this process has spent, or NULL. */
static u64 *spent(struct suture_shares *shares, kuid_t uid)
{
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, shares->nr, SUTURE_MAX_SHARES); i++) {
		if (uid_eq(shares->of[i].owner, uid))
			return &shares->of[i].ns;
	}
	return NULL;
}

/* Is this process to wait for the next step? */
bool suture_share_spent(struct suture_shares *shares, struct task_struct *leader)
{
	const u64 *ns = shares->nr ? spent(shares, owner(leader)) : NULL;

	if (!ns || *ns < SHARE_NS)
		return false;
	if (!shares->first)
		shares->first = leader->start_boottime;
	return true;
}

/* Hooks in this process have taken so long. Of many users the last ones count. */
void suture_share_spend(struct suture_shares *shares, struct task_struct *leader, u64 ns)
{
	kuid_t uid;
	u64 *sum;

	if (!ns)
		return;
	uid = owner(leader);
	sum = spent(shares, uid);
	if (sum) {
		*sum += ns;
		return;
	}
	shares->of[shares->nr % SUTURE_MAX_SHARES].owner = uid;
	shares->of[shares->nr++ % SUTURE_MAX_SHARES].ns = ns;
}
