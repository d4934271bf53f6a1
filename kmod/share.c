// SPDX-License-Identifier: GPL-2.0
/*
 * While a hook runs, the transitions of all others wait: up to a minute for one, and anybody
 * can have hooks that take their time, in as many processes as he may start. So in one step
 * of a transition the hooks in all processes of a user have one share of time. Who is put
 * off when it is spent comes first in the next step, before those that have begun since the
 * round did: else one whose hook is slow each time, or ever new ones, would keep the user's
 * others waiting for ever.
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

/* Is this process to wait for the next step? */
bool suture_share_spent(const struct suture_shares *shares, struct task_struct *leader)
{
	kuid_t uid;
	unsigned int i;

	if (!shares->nr)
		return false;
	uid = owner(leader);
	for (i = 0; i < shares->nr; i++) {
		if (uid_eq(shares->of[i].owner, uid))
			return shares->of[i].ns >= SHARE_NS;
	}
	return false;
}

/*
 * Hooks in this process have taken so long. Of many users those count that spend most: the
 * others share a place and its sum (Metwally et al., "Space-Saving", 2005).
 */
void suture_share_spend(struct suture_shares *shares, struct task_struct *leader, u64 ns)
{
	unsigned int i, least = 0;
	kuid_t uid;

	if (!ns)
		return;
	uid = owner(leader);
	for (i = 0; i < shares->nr; i++) {
		if (uid_eq(shares->of[i].owner, uid)) {
			shares->of[i].ns += ns;
			return;
		}
		if (shares->of[i].ns < shares->of[least].ns)
			least = i;
	}
	if (shares->nr < SUTURE_MAX_SHARES)
		least = shares->nr++;
	shares->of[least].owner = uid;
	shares->of[least].ns += ns;
}

/*
 * suture_share_put_off - who is first in the next step?
 * @first: start time of the first that was put off in this one, or 0
 *
 * One that has begun since the round did: all older ones behind the place have been visited,
 * and a new round begins at the top.
 */
void suture_share_put_off(struct suture_patch *patch, u64 first)
{
	patch->first = first;
	if (first <= patch->round)
		return;
	patch->first = 0;
	patch->round = ktime_get_boottime_ns();
}
