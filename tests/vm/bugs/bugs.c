// SPDX-License-Identifier: GPL-2.0
/*
 * Does the kernel of check-debug notice? A module with one bug of each kind: insmod bugs.ko
 * kind=NAME commits it. A module that loaded could not be unloaded safely after some of them,
 * so none does: insmod says EAGAIN.
 */
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/vmalloc.h>

static char *kind = "";
module_param(kind, charp, 0);

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);
static int __rcu *shared;
/* What the compiler must not know, lest it sees the bugs itself. */
static volatile int zero, hundred = 100;
static volatile long sink;

static void use_after_free(void)
{
	long *p = kmalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	kfree(p);
	OPTIMIZER_HIDE_VAR(p);
	sink = READ_ONCE(*p);
}

static void double_free(void)
{
	long *p = kmalloc(sizeof(*p), GFP_KERNEL), *same = p;

	OPTIMIZER_HIDE_VAR(same);
	kfree(p);
	kfree(same);
}

static void out_of_bounds(void)
{
	char *p = kmalloc(40, GFP_KERNEL);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	p[40 + zero] = 1;
	kfree(p);
}

static void vmalloc_out_of_bounds(void)
{
	char *p = vmalloc(PAGE_SIZE - 8);

	if (!p)
		return;
	OPTIMIZER_HIDE_VAR(p);
	sink = READ_ONCE(p[PAGE_SIZE - 8 + zero]);
	vfree(p);
}

static noinline void stack_out_of_bounds(void)
{
	char here[16];
	char *p = here;

	memset(here, 0, sizeof(here));
	OPTIMIZER_HIDE_VAR(p);
	sink = READ_ONCE(p[sizeof(here) + zero]);
}

static void shift(void)
{
	sink = 1 << hundred;
}

static void list_corruption(void)
{
	static struct list_head entry, other;
	LIST_HEAD(head);

	INIT_LIST_HEAD(&other);
	list_add(&entry, &head);
	entry.next = &other;
	list_del(&entry);
}

static void tick(struct timer_list *timer)
{
}

static void free_timer(void)
{
	struct timer_list *timer = kzalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, tick, 0);
	mod_timer(timer, jiffies + 3600 * HZ);
	kfree(timer);
}

static void sleep_in_atomic(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static void rcu_unlocked(void)
{
	sink = (long)rcu_dereference(shared);
}

static void lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void leak(void)
{
	void *p;

	for (int i = 0; i < 10; i++) {
		p = kmalloc(200, GFP_KERNEL);
		OPTIMIZER_HIDE_VAR(p);
	}
}

static const struct {
	const char *name;
	void (*commit)(void);
} bugs[] = {
	{ "use-after-free", use_after_free },
	{ "double-free", double_free },
	{ "out-of-bounds", out_of_bounds },
	{ "vmalloc-out-of-bounds", vmalloc_out_of_bounds },
	{ "stack-out-of-bounds", stack_out_of_bounds },
	{ "shift", shift },
	{ "list-corruption", list_corruption },
	{ "free-timer", free_timer },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "rcu-unlocked", rcu_unlocked },
	{ "lock-order", lock_order },
	{ "leak", leak },
};

static int __init bugs_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(bugs); i++) {
		if (!strcmp(kind, bugs[i].name)) {
			bugs[i].commit();
			return -EAGAIN;
		}
	}
	return -EINVAL;
}
module_init(bugs_init);

MODULE_DESCRIPTION("Bugs, for tests of the kernel that finds them");
MODULE_LICENSE("GPL");
