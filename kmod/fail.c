// SPDX-License-Identifier: GPL-2.0
/*
 * For tests: what can fail for want of memory fails once, at a place of one's choice.
 * Distribution kernels have no fault injection.
 */
#include <linux/module.h>

#include "suture.h"

static atomic_t asked = ATOMIC_INIT(0);
static unsigned int fail_at;

/* Is it this one's turn? Asked at each allocation, mapping and pinning. */
bool suture_fails(void)
{
	return unlikely((unsigned int)atomic_inc_return(&asked) == READ_ONCE(fail_at));
}

static int set_fail(const char *val, const struct kernel_param *kp)
{
	unsigned int nr;
	int ret = kstrtouint(val, 0, &nr);

	if (ret)
		return ret;
	WRITE_ONCE(fail_at, 0);
	atomic_set(&asked, 0);
	WRITE_ONCE(fail_at, nr);
	return 0;
}

static int get_fail(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n", (unsigned int)atomic_read(&asked));
}

static const struct kernel_param_ops fail_ops = {
	.set = set_fail,
	.get = get_fail,
};
module_param_cb(fail_alloc, &fail_ops, NULL, 0600);
MODULE_PARM_DESC(fail_alloc,
		 "for tests: write N, and the N-th allocation from now fails; read how many there were since");
