// SPDX-License-Identifier: GPL-2.0-only
/* Policy files: what they may say, which of several counts, what they exclude. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy.h"

static struct suture_policy policy;
static struct suture_error err;

static int parse(const char *text)
{
	return suture_policy_parse(text, strlen(text), "a.conf", &policy, &err);
}

static void expect_bad(const char *text, const char *said)
{
	memset(&err, 0, sizeof(err));
	cr_expect(parse(text) == -EINVAL, "%s", text);
	cr_expect(strstr(err.text, said) != NULL, "wanted: %s, got: %s", said, err.text);
	suture_policy_free(&policy);
}

static void expect_entry(const struct suture_policy_list *list, size_t i, const char *pattern,
			 const char *where)
{
	cr_assert(i < list->nr);
	cr_expect(eq(str, list->entries[i].pattern, (char *)pattern));
	cr_expect(strstr(list->entries[i].where, where) != NULL, "%s", list->entries[i].where);
}

Test(policy, lines)
{
	cr_assert(eq(int, parse("# comment\n\n  ; another\nexclude-exe=/usr/bin/g*\r\n"
				" exclude-target = /usr/lib/*/libfoo.so* \t\n"
				"exclude-exe=*/a=b#c"), 0));
	cr_expect(eq(sz, policy.exes.nr, 2));
	cr_expect(eq(sz, policy.targets.nr, 1));
	expect_entry(&policy.exes, 0, "/usr/bin/g*", "a.conf:4");
	expect_entry(&policy.targets, 0, "/usr/lib/*/libfoo.so*", "a.conf:5");
	expect_entry(&policy.exes, 1, "*/a=b#c", "a.conf:6");
	suture_policy_free(&policy);
	cr_assert(eq(int, parse(""), 0));
	cr_expect(eq(sz, policy.exes.nr + policy.targets.nr, 0));
}

Test(policy, broken_lines_are_named)
{
	static const char nul[] = "exclude-exe=/a\0b\n";
	char longer[400];

	expect_bad("exclude-exe\n", "a.conf:1: not KEY=PATTERN");
	expect_bad("\n\nexclude_exe=/a\n", "a.conf:3: unknown key `exclude_exe'");
	expect_bad("exclude-exe=/a\nEXCLUDE-EXE=/a\n", "a.conf:2: unknown key");
	expect_bad("[policy]\n", "a.conf:1: not KEY=PATTERN");
	expect_bad("=x\n", "a.conf:1: unknown key");
	expect_bad("exclude-exe=\n", "a.conf:1: the pattern `' does not begin with / or *");
	expect_bad("exclude-exe=gdb\n", "does not begin with / or *");
	expect_bad("exclude-target=\"/usr/lib/x\"\n", "does not begin with / or *");
	expect_bad("exclude-exe=/a\001b\n", "control characters");
	memset(longer, 'x', sizeof(longer));
	memcpy(longer, "exclude-exe=/", 13);
	longer[sizeof(longer) - 1] = '\0';
	expect_bad(longer, "a.conf:1: the pattern");
	cr_expect(suture_policy_parse(nul, sizeof(nul) - 1, "a.conf", &policy, &err) == -EINVAL);
	cr_expect(strstr(err.text, "a.conf:1: a NUL byte") != NULL, "%s", err.text);
}

/* ---------------------------------------------------------------- folders */

static char base[] = "/tmp/suture-policy-XXXXXX";
static char dir_paths[3][64];
static const char *dirs[4];

static void put(unsigned int dir, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir_paths[dir], name);
	file = fopen(path, "w");
	cr_assert(file != NULL);
	fputs(text, file);
	fclose(file);
}

static void set_up(void)
{
	unsigned int i;

	cr_assert(mkdtemp(base) != NULL);
	for (i = 0; i < 3; i++) {
		snprintf(dir_paths[i], sizeof(dir_paths[i]), "%s/%u", base, i);
		cr_assert(eq(int, mkdir(dir_paths[i], 0755), 0));
		dirs[i] = dir_paths[i];
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void tear_down(void)
{
	suture_policy_free(&policy);
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(policy_dirs, .init = set_up, .fini = tear_down);

Test(policy_dirs, order_of_names_and_masks)
{
	char link[128];

	put(2, "10-vendor.conf", "exclude-exe=/vendor/10\n");
	put(2, "20-hidden.conf", "exclude-exe=/vendor/20\n");
	put(2, "30-null.conf", "exclude-exe=/vendor/30\n");
	put(2, "40-empty.conf", "this is hidden, so it is no error\n");
	put(1, "20-hidden.conf", "exclude-exe=/run/20\n");
	put(1, "05-run.conf", "exclude-exe=/run/05\n");
	put(0, "20-hidden.conf", "exclude-exe=/etc/20\n");
	put(0, "40-empty.conf", "");
	put(0, "50-backup.conf~", "not a policy\n");
	put(0, ".conf", "not a policy\n");
	put(0, ".hidden.conf", "not a policy\n");
	put(0, "README", "not a policy\n");
	snprintf(link, sizeof(link), "%s/30-null.conf", dir_paths[0]);
	cr_assert(eq(int, symlink("/dev/null", link), 0));

	cr_assert(suture_policy_read(dirs, &policy, &err) == 0, "%s", err.text);
	cr_assert(eq(sz, policy.exes.nr, 3));
	expect_entry(&policy.exes, 0, "/run/05", "/1/05-run.conf:1");
	expect_entry(&policy.exes, 1, "/vendor/10", "/2/10-vendor.conf:1");
	expect_entry(&policy.exes, 2, "/etc/20", "/0/20-hidden.conf:1");
}

Test(policy_dirs, none_is_no_error)
{
	static const char *const nowhere[] = { "/nonexistent/a", "/nonexistent/b", NULL };

	cr_expect(eq(int, suture_policy_read(dirs, &policy, &err), 0));
	cr_expect(eq(int, suture_policy_read(nowhere, &policy, &err), 0));
	cr_expect(eq(sz, policy.exes.nr + policy.targets.nr, 0));
}

Test(policy_dirs, what_cannot_be_read_is_an_error)
{
	char path[128];

	put(1, "good.conf", "exclude-exe=/a\n");
	put(1, "x.conf", "exclude-exe=/a\nexclude-exe\n");
	cr_expect(eq(int, suture_policy_read(dirs, &policy, &err), -EINVAL));
	cr_expect(strstr(err.text, "/1/x.conf:2: not KEY=PATTERN") != NULL, "%s", err.text);
	cr_expect(eq(sz, policy.exes.nr, 0));

	put(1, "x.conf", "");
	snprintf(path, sizeof(path), "%s/folder.conf", dir_paths[0]);
	cr_assert(eq(int, mkdir(path, 0755), 0));
	cr_expect(suture_policy_read(dirs, &policy, &err) < 0);
	cr_expect(strstr(err.text, "/0/folder.conf") != NULL, "%s", err.text);
	rmdir(path);

	snprintf(path, sizeof(path), "%s/dangling.conf", dir_paths[0]);
	cr_assert(eq(int, symlink("/nonexistent/file", path), 0));
	cr_expect(eq(int, suture_policy_read(dirs, &policy, &err), -ENOENT));
	cr_expect(strstr(err.text, "/0/dangling.conf") != NULL, "%s", err.text);
	unlink(path);
	cr_expect(eq(int, suture_policy_read(dirs, &policy, &err), 0));
}

/* ----------------------------------------------------------------- effect */

Test(policy, excludes_files_and_executables)
{
	struct suture_found_file files[] = {
		{ .path = "/usr/lib/x86_64-linux-gnu/libfoo.so.1" },
		{ .path = "/usr/lib/x86_64-linux-gnu/libbar.so.1" },
		{ .path = "/srv/root/usr/lib/x/libfoo.so" },
	};
	struct suture_found found = { .files = files, .nr_files = 3 };
	struct suture_scope scope = { 0 };

	cr_assert(eq(int, parse("exclude-target=/usr/lib/*/libfoo.so*\nexclude-exe=/opt/*\n"), 0));
	suture_policy_mark(&policy, &found);
	cr_expect(eq(str, (char *)files[0].excluded, (char *)"a.conf:1"));
	cr_expect(files[1].excluded == NULL);
	cr_expect(files[2].excluded == NULL);
	cr_expect(0 == (suture_found_use(&files[0], 0, SUTURE_ROLE_TARGET)));
	cr_expect(suture_found_use(&files[0], 0, SUTURE_ROLE_NEEDED));
	cr_expect(suture_found_use(&files[1], 0, SUTURE_ROLE_TARGET));
	cr_expect(0 == (suture_found_use(&files[1], 1, SUTURE_ROLE_TARGET)));

	cr_assert(eq(int, suture_policy_scope(&policy, &scope, &err), 0));
	cr_assert(eq(sz, scope.nr, 1));
	cr_expect(eq(u32, scope.rules[0].flags, SUTURE_RULE_EXCEPT));
	cr_expect(eq(u32, scope.rules[0].kind, SUTURE_RULE_EXE));
	cr_expect(eq(str, scope.rules[0].text, (char *)"/opt/*"));
	suture_scope_free(&scope);
	suture_policy_free(&policy);
}
