// SPDX-License-Identifier: GPL-2.0
/*
 * Which processes a patch is for: the rules that it was loaded with, and the share
 * of the processes that get it first (canary).
 */
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/ctype.h>
#include <linux/dcache.h>
#include <linux/file.h>
#include <linux/glob.h>
#include <linux/math.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

#include "suture.h"

struct rule {
	u32 kind;			/* enum suture_rule_kind */
	bool except;
	union {
		struct pid *tgid;	/* referenced: a number that is used again is not it */
		kuid_t uid;
		u64 cgroup;
		char *exe;
	};
};

struct suture_scope {
	u32 nr;
	bool named;			/* there are rules without except */
	bool by_exe;
	struct rule rules[];
};

/* --------------------------------------------------------------- loading */

static int bad(char *message, u32 i, const char *why, int ret)
{
	snprintf(message, SUTURE_MESSAGE_MAX, "rule %u: %s", i, why);
	return ret;
}

/* A process by its number as the caller sees it; a thread's number is none. */
static struct pid *get_tgid(u64 value)
{
	struct pid *pid;
	bool leads;

	if (!value || value > INT_MAX)
		return NULL;
	pid = find_get_pid(value);
	rcu_read_lock();
	leads = pid && pid_task(pid, PIDTYPE_TGID);
	rcu_read_unlock();
	if (leads)
		return pid;
	put_pid(pid);
	return NULL;
}

/* Shown as it is in sysfs, one line a rule. */
static bool good_pattern(const char *text)
{
	size_t len = strnlen(text, sizeof_field(struct suture_ioc_rule, text)), i;

	if (!len || len == sizeof_field(struct suture_ioc_rule, text))
		return false;
	for (i = 0; i < len; i++) {
		if (iscntrl(text[i]))
			return false;
	}
	return true;
}

static int copy_rule(struct rule *rule, const struct suture_ioc_rule *from, u32 i, char *message)
{
	if (from->flags & ~SUTURE_RULE_FLAGS)
		return bad(message, i, "unknown flags", -EINVAL);
	if (from->kind == SUTURE_RULE_EXE ? from->value != 0 : from->text[0] != '\0')
		return bad(message, i, "a value and a text", -EINVAL);
	rule->except = from->flags & SUTURE_RULE_EXCEPT;
	switch (from->kind) {
	case SUTURE_RULE_PID:
		rule->tgid = get_tgid(from->value);
		if (!rule->tgid)
			return bad(message, i, "there is no such process", -ESRCH);
		break;
	case SUTURE_RULE_UID:
		rule->uid = make_kuid(&init_user_ns, from->value);
		if (from->value > U32_MAX || !uid_valid(rule->uid))
			return bad(message, i, "no user id", -EINVAL);
		break;
	case SUTURE_RULE_CGROUP:
		if (!IS_ENABLED(CONFIG_CGROUPS))
			return bad(message, i, "this kernel has no cgroups", -EOPNOTSUPP);
		rule->cgroup = from->value;
		break;
	case SUTURE_RULE_EXE:
		if (!good_pattern(from->text))
			return bad(message, i, "not a pattern of 1 to 255 printable characters",
				   -EINVAL);
		rule->exe = kstrdup(from->text, GFP_KERNEL);
		if (!rule->exe)
			return -ENOMEM;
		break;
	default:
		return bad(message, i, "of an unknown kind", -EINVAL);
	}
	rule->kind = from->kind;	/* last: what kind of thing there is to be freed */
	return 0;
}

void suture_scope_free(struct suture_patch *patch)
{
	struct suture_scope *scope = patch->scope;
	u32 i;

	for (i = 0; scope && i < scope->nr; i++) {
		if (scope->rules[i].kind == SUTURE_RULE_PID)
			put_pid(scope->rules[i].tgid);
		else if (scope->rules[i].kind == SUTURE_RULE_EXE)
			kfree(scope->rules[i].exe);
	}
	kvfree(scope);
	patch->scope = NULL;
}

/*
 * suture_scope_set - check the rules of a new patch and keep a copy with it
 * @canary:  percent, or 0
 * @message: out, SUTURE_MESSAGE_MAX bytes: what is wrong
 *
 * By the process that loads: pids are those of its namespace. Returns 0, -EINVAL,
 * -ESRCH (no such process), -EOPNOTSUPP or -ENOMEM. Freed by suture_scope_free().
 */
int suture_scope_set(struct suture_patch *patch, const struct suture_ioc_rule *rules, u32 nr,
		     u32 canary, char *message)
{
	struct suture_scope *scope;
	int ret;

	if (nr > SUTURE_MAX_RULES || canary > 99) {
		snprintf(message, SUTURE_MESSAGE_MAX, nr > SUTURE_MAX_RULES ?
			 "more than %d rules" : "not a percentage of 1 to 99",
			 SUTURE_MAX_RULES);
		return -EINVAL;
	}
	patch->canary = canary;
	if (!nr)
		return 0;
	scope = suture_try(kvzalloc(struct_size(scope, rules, nr), GFP_KERNEL));
	if (!scope)
		return -ENOMEM;
	patch->scope = scope;
	for (; scope->nr < nr; scope->nr++) {
		struct rule *rule = &scope->rules[scope->nr];

		ret = copy_rule(rule, &rules[scope->nr], scope->nr, message);
		if (ret)
			goto err;
		scope->named |= !rule->except;
		scope->by_exe |= rule->kind == SUTURE_RULE_EXE;
	}
	return 0;
err:
	suture_scope_free(patch);
	return ret;
}

static bool same_rule(const struct rule *a, const struct rule *b)
{
	if (a->kind != b->kind || a->except != b->except)
		return false;
	switch (a->kind) {
	case SUTURE_RULE_PID:
		return a->tgid == b->tgid;
	case SUTURE_RULE_UID:
		return uid_eq(a->uid, b->uid);
	case SUTURE_RULE_CGROUP:
		return a->cgroup == b->cgroup;
	}
	return !strcmp(a->exe, b->exe);
}

/* Is it perhaps not for every process? */
bool suture_scope_partial(const struct suture_patch *patch)
{
	return patch->scope || READ_ONCE(patch->canary);
}

/* May @patch be loaded once more as @again says: with the same rules, or with none? */
bool suture_scope_same(const struct suture_patch *patch, const struct suture_patch *again)
{
	const struct suture_scope *a = patch->scope, *b = again->scope;
	u32 i;

	if (again->canary && again->canary != patch->canary)
		return false;
	if (!b)
		return true;
	if (!a || a->nr != b->nr)
		return false;
	for (i = 0; i < a->nr; i++) {
		if (!same_rule(&a->rules[i], &b->rules[i]))
			return false;
	}
	return true;
}

u32 suture_scope_nr_rules(const struct suture_patch *patch)
{
	return patch->scope ? patch->scope->nr : 0;
}

/* --------------------------------------------------------------- judging */

struct naming {
	struct work_struct work;
	struct file *file;
	char *buf;			/* PATH_MAX bytes */
	const char *path;		/* out, in buf */
};

static void name_file(struct naming *naming)
{
	static const char deleted[] = " (deleted)";
	const struct path *path = &naming->file->f_path;
	char *text = d_path(path, naming->buf, PATH_MAX);
	size_t len;

	if (IS_ERR(text)) {
		naming->path = "";
		return;
	}
	/* An executable that was upgraded is the same program still. */
	len = strlen(text);
	if (d_unlinked(path->dentry) && len >= sizeof(deleted) &&
	    !strcmp(text + len - strlen(deleted), deleted))
		text[len - strlen(deleted)] = '\0';
	naming->path = text;
}

static void name_work(struct work_struct *work)
{
	name_file(container_of(work, struct naming, work));
}

/*
 * The path of the executable, in buf; "" if there is none. d_path() starts at the
 * root of current: so that a process in a chroot has one name, whoever asks, it is
 * always a kernel thread that asks.
 */
static const char *exe_path(struct mm_struct *mm, char *buf)
{
	struct naming naming = { .buf = buf, .file = suture_exe_file(mm) };

	if (!naming.file)
		return "";
	if (current->flags & PF_KTHREAD) {
		name_file(&naming);
	} else {
		INIT_WORK_ONSTACK(&naming.work, name_work);
		schedule_work(&naming.work);
		flush_work(&naming.work);
		destroy_work_on_stack(&naming.work);
	}
	fput(naming.file);
	return naming.path;
}

static bool in_cgroup(struct task_struct *leader, u64 id)
{
	bool found = false;
#ifdef CONFIG_CGROUPS
	struct cgroup *cgroup;

	rcu_read_lock();
	for (cgroup = task_dfl_cgroup(leader); cgroup && !found; cgroup = cgroup_parent(cgroup))
		found = cgroup_id(cgroup) == id;
	rcu_read_unlock();
#endif
	return found;
}

static bool is_process(struct task_struct *leader, const struct pid *tgid)
{
	struct pid *pid = get_task_pid(leader, PIDTYPE_TGID);
	bool same = pid == tgid;

	put_pid(pid);
	return same;
}

static bool matches(const struct rule *rule, struct task_struct *leader, const char *exe)
{
	switch (rule->kind) {
	case SUTURE_RULE_PID:
		return is_process(leader, rule->tgid);
	case SUTURE_RULE_UID:
		return uid_eq(task_uid(leader), rule->uid);
	case SUTURE_RULE_CGROUP:
		return in_cgroup(leader, rule->cgroup);
	case SUTURE_RULE_EXE:
		return glob_match(rule->exe, exe);
	}
	return false;
}

/*
 * suture_scope_allows - do the rules say that the patch is for this process?
 * @leader: referenced, or current's
 * @mm:     its mm, referenced
 *
 * May sleep, but waits for no lock of the process. What a process has inherited it
 * keeps: ask only before it is patched.
 */
bool suture_scope_allows(struct suture_patch *patch, struct task_struct *leader,
			 struct mm_struct *mm)
{
	const struct suture_scope *scope = patch->scope;
	const char *exe = "";
	char *buf = NULL;
	bool allowed;
	u32 i;

	if (!scope)
		return true;
	if (scope->by_exe) {
		/* One page; "no memory" would have to be either yes or no. */
		buf = kmalloc(PATH_MAX, GFP_KERNEL | __GFP_NOFAIL);
		exe = exe_path(mm, buf);
	}
	allowed = !scope->named;
	for (i = 0; i < scope->nr; i++) {
		const struct rule *rule = &scope->rules[i];

		if ((!rule->except && allowed) || !matches(rule, leader, exe))
			continue;
		allowed = !rule->except;
		if (!allowed)
			break;
	}
	kfree(buf);
	return allowed;
}

/*
 * suture_scope_judge - what the rules make of a process that is not patched
 * @proc: as it is without them; changed to not applicable where they exclude it
 *
 * For people. @leader and @mm as above.
 */
void suture_scope_judge(struct suture_patch *patch, struct task_struct *leader,
			struct mm_struct *mm, const struct suture_view *view,
			struct suture_proc *proc)
{
	u32 reason;

	if (view->kind != SUTURE_VIEW_UNPATCHED && view->kind != SUTURE_VIEW_FOREIGN &&
	    view->kind != SUTURE_VIEW_AMBIGUOUS)
		return;
	if (!suture_scope_allows(patch, leader, mm))
		reason = SUTURE_REASON_SCOPE;
	else if (view->kind == SUTURE_VIEW_UNPATCHED && suture_replaced_here(patch, mm) > 0)
		reason = SUTURE_REASON_REPLACED;
	else if ((proc->state == SUTURE_PROC_UNPATCHED || proc->state == SUTURE_PROC_WAITING) &&
		 READ_ONCE(patch->canary) && !READ_ONCE(patch->canary_left))
		reason = SUTURE_REASON_CANARY;
	else
		return;
	proc->state = SUTURE_PROC_NOT_APPLICABLE;
	proc->reason = reason;
	proc->error = 0;
	proc->tid = 0;
	proc->func = SUTURE_NO_FUNC;
	memset(proc->thread_comm, 0, sizeof(proc->thread_comm));
}

/* As the reader sees it; 0: it has ended, or is not visible there. */
static int visible_tgid(struct pid *tgid)
{
	int nr;

	rcu_read_lock();
	nr = pid_task(tgid, PIDTYPE_TGID) ? pid_vnr(tgid) : 0;
	rcu_read_unlock();
	return nr;
}

/* One line a rule, at most a page. */
ssize_t suture_scope_show(const struct suture_patch *patch, char *buf)
{
	const struct suture_scope *scope = patch->scope;
	ssize_t len = 0;
	u32 i;

	for (i = 0; scope && i < scope->nr; i++) {
		const struct rule *rule = &scope->rules[i];

		if (rule->except)
			len += sysfs_emit_at(buf, len, "except ");
		switch (rule->kind) {
		case SUTURE_RULE_PID:
			len += sysfs_emit_at(buf, len, "pid %d\n", visible_tgid(rule->tgid));
			break;
		case SUTURE_RULE_UID:
			len += sysfs_emit_at(buf, len, "uid %u\n",
					     from_kuid(&init_user_ns, rule->uid));
			break;
		case SUTURE_RULE_CGROUP:
			len += sysfs_emit_at(buf, len, "cgroup %llu\n", rule->cgroup);
			break;
		case SUTURE_RULE_EXE:
			len += sysfs_emit_at(buf, len, "exe %s\n", rule->exe);
			break;
		}
	}
	return len;
}

/* ---------------------------------------------------------------- canary */

/*
 * suture_canary_begin - count how many more processes are to be canaries
 *
 * By the transition, before each look towards patched. Returns how many processes
 * could not be looked at now (for their sake the look is to be repeated), or an
 * error. Without canary it does nothing.
 */
int suture_canary_begin(struct suture_survey *survey, const struct suture_procs *procs)
{
	struct suture_patch *patch = survey->patch;
	u32 percent = READ_ONCE(patch->canary);
	u32 total = 0, patched = 0, busy = 0, want;
	unsigned int i;

	for (i = 0; percent && i < procs->nr; i++) {
		struct mm_struct *mm = suture_task_mm(procs->of[i].task);
		int ret;

		if (!mm)
			continue;
		ret = suture_survey_mm(survey, mm);
		if (!ret && survey->view.kind == SUTURE_VIEW_PATCHED)
			patched++;
		else if (!ret && survey->view.kind == SUTURE_VIEW_UNPATCHED)
			total += suture_scope_allows(patch, procs->of[i].task, mm);
		suture_task_mm_put(mm);
		if (ret == -ENOMEM)
			return ret;
		busy += ret == -EBUSY;
		cond_resched();
	}
	total += patched;
	/* One that is not known may be patched: rather too few than too many. */
	want = DIV_ROUND_UP(total * percent, 100);
	WRITE_ONCE(patch->canary_left, want > patched + busy ? want - patched - busy : 0);
	return busy;
}

/* Only a share of the processes is to be patched so far. */
bool suture_canary_staged(const struct suture_patch *patch)
{
	return READ_ONCE(patch->canary);
}

/* Is one more process to be patched in this look? */
bool suture_canary_wants(const struct suture_patch *patch)
{
	return !READ_ONCE(patch->canary) || patch->canary_left;
}

/* One more was. */
void suture_canary_took(struct suture_patch *patch)
{
	if (patch->canary_left)
		WRITE_ONCE(patch->canary_left, patch->canary_left - 1);
}

/*
 * suture_scope_promote - a patch that was loaded with canary goes to all processes
 *
 * Returns 0 or what SUTURE_IOC_PROMOTE says, with @message.
 */
int suture_scope_promote(const char *name, char *message)
{
	struct suture_patch *patch = suture_patch_get(name);
	const char *why = NULL;
	int ret = -EINVAL;

	if (!patch) {
		snprintf(message, SUTURE_MESSAGE_MAX, "no patch of the name %s is loaded", name);
		return -ENOENT;
	}
	mutex_lock(&suture_lock);
	if (patch->gone || patch->goal != SUTURE_GOAL_PATCHED) {
		why = "is being reverted";
		ret = -EBUSY;
	} else if (!patch->canary) {
		why = "is not in a canary stage: it goes to all processes already";
	} else {
		WRITE_ONCE(patch->canary, 0);
		suture_patch_turn(patch, SUTURE_GOAL_PATCHED);
		ret = 0;
	}
	mutex_unlock(&suture_lock);
	if (why)
		snprintf(message, SUTURE_MESSAGE_MAX, "%s %s", name, why);
	suture_patch_put(patch);
	return ret;
}
