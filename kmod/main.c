// SPDX-License-Identifier: GPL-2.0
/* Start and end of the module, and its parameters. */
#define pr_fmt(fmt) "suture: " fmt
#include <linux/module.h>

#include "suture.h"

#define BUDGET_MAX_US	1000000

unsigned int suture_budget_us = 10000;

static int set_budget(const char *val, const struct kernel_param *kp)
{
	return param_set_uint_minmax(val, kp, 1, BUDGET_MAX_US);
}

static const struct kernel_param_ops budget_ops = {
	.set = set_budget,
	.get = param_get_uint,
};
module_param_cb(budget_us, &budget_ops, &suture_budget_us, 0644);
MODULE_PARM_DESC(budget_us,
		 "how long the threads of a process are held at the most, microseconds (10000)");

static int __init suture_init(void)
{
	int ret;

	ret = suture_compat_init();
	if (ret)
		return ret;
	suture_process_init();
	ret = suture_trust_init();
	if (ret)
		return ret;
	ret = suture_sysfs_init();
	if (ret)
		goto err_trust;
	ret = suture_transition_init();
	if (ret)
		goto err_sysfs;
	ret = suture_device_init();
	if (ret)
		goto err_transition;
	pr_info("live patching of user processes, version " SUTURE_VERSION "\n");
	return 0;

err_transition:
	suture_transition_exit();
err_sysfs:
	suture_sysfs_exit();
err_trust:
	suture_trust_exit();
	return ret;
}

/* No patch is loaded: each holds a reference to the module. */
static void __exit suture_exit(void)
{
	suture_device_exit();
	suture_transition_exit();
	suture_births_flush();
	suture_watch_flush();
	suture_nudges_flush();
	suture_runners_exit();
	suture_gate_flush();	/* and the last instructions of watch_work(), birth_work() */
	suture_sysfs_exit();
	suture_revoke_exit();
	suture_rollback_exit();
	suture_trust_exit();
	pr_info("unloaded\n");
}

module_init(suture_init);
module_exit(suture_exit);

MODULE_DESCRIPTION("Live patching of user processes");
MODULE_VERSION(SUTURE_VERSION);
MODULE_AUTHOR("The Suture authors");
MODULE_LICENSE("GPL");
