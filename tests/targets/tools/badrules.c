// SPDX-License-Identifier: GPL-2.0
/*
 * Loads the patch SPM for TARGET with rules and shares that make no sense: each has to
 * be refused with the right error and leave nothing loaded. Prints "N refused".
 *   badrules SPM TARGET
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "uapi/suture.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static int dev, spm, target;
static unsigned int refused;

static void expect(int wanted, const struct suture_ioc_rule *rules, uint32_t nr, uint32_t canary,
		   const char *what)
{
	struct suture_ioc_file file = { .object = 0, .fd = target };
	struct suture_ioc_patch patch = { .size = sizeof(patch) };
	struct suture_ioc_load load = {
		.size = sizeof(load), .fd = spm, .nr_files = 1, .files = (uintptr_t)&file,
		.nr_rules = nr, .rules = (uintptr_t)rules, .canary = canary,
	};
	int got = ioctl(dev, SUTURE_IOC_LOAD, &load) ? errno : 0;

	if (got != wanted) {
		printf("bad: %s: %s (%s), not %s\n", what, strerror(got), load.message,
		       strerror(wanted));
		exit(1);
	}
	if (strnlen(load.message, sizeof(load.message)) == sizeof(load.message) ||
	    (wanted != EFAULT && !*load.message)) {
		printf("bad: %s: no good message\n", what);
		exit(1);
	}
	if (!ioctl(dev, SUTURE_IOC_PATCH, &patch)) {
		printf("bad: %s: %s is loaded\n", what, patch.name);
		exit(1);
	}
	refused++;
}

static void one(int wanted, uint32_t kind, uint32_t flags, uint64_t value, const char *text,
		const char *what)
{
	/* the bad one behind a good one, which has to be dropped with it */
	struct suture_ioc_rule rules[2] = {
		{ .kind = SUTURE_RULE_EXE, .text = "/good" },
		{ .kind = kind, .flags = flags, .value = value },
	};

	/* also one that has no room for its NUL */
	memcpy(rules[1].text, text, strnlen(text, sizeof(rules[1].text)));
	expect(wanted, rules, 2, 0, what);
	rules[0].kind = SUTURE_RULE_PID;
	rules[0].value = getpid();
	memset(rules[0].text, 0, sizeof(rules[0].text));
	expect(wanted, rules, 2, 50, what);
}

int main(int argc, char **argv)
{
	static struct suture_ioc_rule many[SUTURE_MAX_RULES + 1];
	char longest[257];
	size_t i;

	if (argc != 3)
		return 2;
	dev = open(SUTURE_DEVICE, O_RDWR | O_CLOEXEC);
	spm = open(argv[1], O_RDONLY | O_CLOEXEC);
	target = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (dev < 0 || spm < 0 || target < 0) {
		printf("bad: set-up: %s\n", strerror(errno));
		return 1;
	}
	memset(longest, 'x', 256);
	longest[0] = '/';
	longest[256] = '\0';
	one(EINVAL, 0, 0, 0, "", "no kind");
	one(EINVAL, 5, 0, 0, "", "an unknown kind");
	one(EINVAL, 0xffffffff, 0, 0, "", "the last kind");
	one(EINVAL, SUTURE_RULE_UID, 2, 0, "", "an unknown flag");
	one(EINVAL, SUTURE_RULE_UID, 0x80000001, 0, "", "an unknown flag beside a known one");
	one(EINVAL, SUTURE_RULE_UID, 0, 0, "root", "a user with a text");
	one(EINVAL, SUTURE_RULE_PID, 0, 1, "1", "a process with a text");
	one(EINVAL, SUTURE_RULE_CGROUP, 0, 1, "/", "a cgroup with a text");
	one(EINVAL, SUTURE_RULE_EXE, 0, 1, "/a", "a path with a value");
	one(EINVAL, SUTURE_RULE_EXE, 0, 0, "", "no path");
	one(EINVAL, SUTURE_RULE_EXE, 0, 0, longest, "a path without an end");
	one(EINVAL, SUTURE_RULE_EXE, 0, 0, "/a\nb", "a path of two lines");
	one(EINVAL, SUTURE_RULE_EXE, 0, 0, "/a\033[2J", "a path that changes the terminal");
	one(EINVAL, SUTURE_RULE_UID, 0, 0xffffffff, "", "no user");
	one(EINVAL, SUTURE_RULE_UID, 0, 0x100000000, "", "a user beyond 32 bits");
	one(EINVAL, SUTURE_RULE_UID, 0, UINT64_MAX, "", "the last number as user");
	one(ESRCH, SUTURE_RULE_PID, 0, 0, "", "process 0");
	one(ESRCH, SUTURE_RULE_PID, 0, 0x100000001, "", "process 1 beyond 32 bits");
	one(ESRCH, SUTURE_RULE_PID, SUTURE_RULE_EXCEPT, UINT64_MAX, "", "process -1");
	one(ESRCH, SUTURE_RULE_PID, 0, 4194304, "", "a process that cannot be");
	expect(EFAULT, (void *)8, 1, 0, "rules that are not there");
	expect(EFAULT, (void *)0xffffffff81000000, 256, 0, "rules in the kernel");
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct suture_ioc_rule){ .kind = SUTURE_RULE_UID, .value = i };
	expect(EINVAL, many, ARRAY_SIZE(many), 0, "one rule too many");
	expect(EINVAL, many, UINT32_MAX, 0, "far too many rules");
	expect(EINVAL, NULL, 0, 100, "all of them as canaries");
	expect(EINVAL, many, 1, UINT32_MAX, "more than all of them");
	printf("%u refused\n", refused);
	return 0;
}
