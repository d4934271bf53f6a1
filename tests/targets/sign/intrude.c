// SPDX-License-Identifier: GPL-2.0
/*
 * Root tries to get a certificate into the module's keyring, and to take keys out of it.
 *   intrude CERT.der
 * Prints "N refused"; each of it has to be.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned int refused;

static void expect_failure(long ret, const char *what)
{
	if (ret >= 0) {
		printf("bad: %s works\n", what);
		exit(1);
	}
	printf("%s: %s\n", what, strerror(errno));
	refused++;
}

static long keyctl(int op, unsigned long a, unsigned long b, unsigned long c, unsigned long d)
{
	return syscall(SYS_keyctl, op, a, b, c, d);
}

/* Its number, as /proc/keys has it; the first key of @type whose text has @text. */
static long find(const char *type, const char *text)
{
	unsigned long number, found = 0;
	FILE *keys = fopen("/proc/keys", "re");
	char line[512];

	while (keys && !found && fgets(line, sizeof(line), keys))
		if (strstr(line, type) && strstr(line, text) && sscanf(line, "%lx", &number) == 1)
			found = number;
	if (keys)
		fclose(keys);
	if (!found) {
		printf("bad: /proc/keys has no %s %s\n", type, text);
		exit(1);
	}
	return found;
}

static long add(const char *type, const char *name, const void *data, size_t len, long ring)
{
	return syscall(SYS_add_key, type, name, data, len, ring);
}

int main(int argc, char **argv)
{
	long ring, key, mine, session;
	static char der[65536];
	FILE *file;
	size_t len;

	file = argc == 2 ? fopen(argv[1], "re") : NULL;
	len = file ? fread(der, 1, sizeof(der), file) : 0;
	if (!len)
		return 2;
	ring = find("keyring", ".suture");
	key = find("asymmetri", "Suture test, good");
	session = keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
	mine = add("asymmetric", "mine", der, len, session);
	if (session < 0 || mine < 0) {
		printf("bad: the kernel takes no certificate at all: %s\n", strerror(errno));
		return 1;
	}
	expect_failure(add("asymmetric", "mine", der, len, ring), "add a certificate");
	expect_failure(keyctl(KEYCTL_LINK, mine, ring, 0, 0), "link a certificate");
	expect_failure(keyctl(KEYCTL_LINK, ring, session, 0, 0), "possess the keyring");
	expect_failure(add("asymmetric", "mine", der, len, ring), "add a certificate again");
	expect_failure(keyctl(KEYCTL_MOVE, mine, session, ring, 0), "move a certificate");
	expect_failure(keyctl(KEYCTL_UNLINK, key, ring, 0, 0), "unlink a key");
	expect_failure(keyctl(KEYCTL_CLEAR, ring, 0, 0, 0), "clear the keyring");
	expect_failure(keyctl(KEYCTL_REVOKE, ring, 0, 0, 0), "revoke the keyring");
	expect_failure(keyctl(KEYCTL_REVOKE, key, 0, 0, 0), "revoke a key");
	expect_failure(keyctl(KEYCTL_INVALIDATE, ring, 0, 0, 0), "invalidate the keyring");
	expect_failure(keyctl(KEYCTL_INVALIDATE, key, 0, 0, 0), "invalidate a key");
	expect_failure(keyctl(KEYCTL_UPDATE, key, (unsigned long)der, len, 0), "update a key");
	expect_failure(keyctl(KEYCTL_SET_TIMEOUT, key, 1, 0, 0), "let a key time out");
	expect_failure(keyctl(KEYCTL_SET_TIMEOUT, ring, 1, 0, 0), "let the keyring time out");
	expect_failure(keyctl(KEYCTL_SETPERM, ring, 0x3f3f3f3f, 0, 0), "allow writing");
	expect_failure(keyctl(KEYCTL_CHOWN, ring, 1, 1, 0), "give the keyring away");
	expect_failure(keyctl(KEYCTL_RESTRICT_KEYRING, ring, 0, 0, 0), "replace the restriction");
	printf("%u refused\n", refused);
	return 0;
}
