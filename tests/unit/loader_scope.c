// SPDX-License-Identifier: GPL-2.0-only
/* Rules from the command line, and back from what the kernel shows. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scope.h"

static struct suture_scope scope;
static struct suture_error err;

static void expect_rule(size_t i, uint32_t kind, uint32_t flags, uint64_t value, const char *text)
{
	cr_assert(i < scope.nr);
	cr_expect(eq(u32, scope.rules[i].kind, kind));
	cr_expect(eq(u32, scope.rules[i].flags, flags));
	cr_expect(eq(u64, scope.rules[i].value, value));
	cr_expect(eq(str, scope.rules[i].text, (char *)text));
}

static void expect_bad(int ret, const char *said)
{
	cr_expect(ret == -EINVAL, "%d", ret);
	cr_expect(strstr(err.text, said) != NULL, "%s", err.text);
	cr_expect(eq(sz, scope.nr, 0));
}

Test(scope, each_kind)
{
	cr_assert(eq(int, suture_scope_add(&scope, SUTURE_RULE_PID, "12", false, &err), 0));
	cr_assert(eq(int, suture_scope_add(&scope, SUTURE_RULE_UID, "4294967294", true, &err), 0));
	cr_assert(eq(int, suture_scope_add(&scope, SUTURE_RULE_UID, "root", false, &err), 0));
	cr_assert(eq(int, suture_scope_add(&scope, SUTURE_RULE_EXE, "/usr/bin/x*", false, &err), 0));
	cr_assert(eq(int, suture_scope_add_except(&scope, "exe:*:a", &err), 0));
	cr_assert(eq(int, suture_scope_add_except(&scope, "pid:7", &err), 0));
	expect_rule(0, SUTURE_RULE_PID, 0, 12, "");
	expect_rule(1, SUTURE_RULE_UID, SUTURE_RULE_EXCEPT, 4294967294, "");
	expect_rule(2, SUTURE_RULE_UID, 0, 0, "");
	expect_rule(3, SUTURE_RULE_EXE, 0, 0, "/usr/bin/x*");
	expect_rule(4, SUTURE_RULE_EXE, SUTURE_RULE_EXCEPT, 0, "*:a");
	expect_rule(5, SUTURE_RULE_PID, SUTURE_RULE_EXCEPT, 7, "");
	suture_scope_free(&scope);
	cr_expect(eq(sz, scope.nr, 0));
}

Test(scope, what_is_no_rule)
{
	static const char *const pids[] = { "", "0", "-1", "+1", " 1", "1 ", "0x1", "1a",
					    "2147483648", "99999999999999999999999" };
	static const char *const excepts[] = { "", "pid", ":1", "tid:1", "pids:1", "PID:1" };
	char longer[300];
	size_t i;

	for (i = 0; i < sizeof(pids) / sizeof(pids[0]); i++)
		expect_bad(suture_scope_add(&scope, SUTURE_RULE_PID, pids[i], false, &err),
			   "is no process id");
	expect_bad(suture_scope_add(&scope, SUTURE_RULE_UID, "4294967295", false, &err), "no user");
	expect_bad(suture_scope_add(&scope, SUTURE_RULE_UID, "no such user", false, &err),
		   "no user of the name or number no such user");
	expect_bad(suture_scope_add(&scope, SUTURE_RULE_EXE, "", false, &err), "does not begin");
	expect_bad(suture_scope_add(&scope, SUTURE_RULE_EXE, "nginx", false, &err),
		   "does not begin with / or *");
	expect_bad(suture_scope_add(&scope, SUTURE_RULE_EXE, "/a\nb", false, &err), "control");
	for (i = 0; i < sizeof(excepts) / sizeof(excepts[0]); i++)
		expect_bad(suture_scope_add_except(&scope, excepts[i], &err), "KIND:VALUE");

	memset(longer, 'a', sizeof(longer));
	longer[0] = '/';
	longer[256] = '\0';
	expect_bad(suture_scope_add(&scope, SUTURE_RULE_EXE, longer, false, &err),
		   "longer than 255 bytes");
	longer[255] = '\0';
	cr_expect(eq(int, suture_scope_add(&scope, SUTURE_RULE_EXE, longer, false, &err), 0));
	suture_scope_free(&scope);
}

Test(scope, a_cgroup_is_a_folder_of_the_hierarchy)
{
	int ret;

	ret = suture_scope_add(&scope, SUTURE_RULE_CGROUP, "/proc/self/no-such-folder", false, &err);
	cr_expect(ret < 0 && strstr(err.text, "cgroup"), "%d: %s", ret, err.text);
	ret = suture_scope_add(&scope, SUTURE_RULE_CGROUP, "/etc", false, &err);
	cr_expect(ret < 0 && strstr(err.text, "cgroup"), "%d: %s", ret, err.text);
	cr_expect(eq(sz, scope.nr, 0));
	free(scope.rules);
}

Test(scope, a_link_to_an_executable_becomes_its_path)
{
	char dir[] = "/tmp/suture-scope-XXXXXX", program[64], link[64], wild[64], *real;
	FILE *file;

	cr_assert(mkdtemp(dir) != NULL);
	snprintf(program, sizeof(program), "%s/program", dir);
	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(wild, sizeof(wild), "%s/lin?", dir);
	file = fopen(program, "w");
	cr_assert(file != NULL);
	fclose(file);
	cr_assert(eq(int, symlink("program", link), 0));
	cr_assert(eq(int, suture_scope_add(&scope, SUTURE_RULE_EXE, link, false, &err), 0));
	cr_assert(eq(int, suture_scope_add(&scope, SUTURE_RULE_EXE, wild, false, &err), 0));
	real = realpath(program, NULL);
	expect_rule(0, SUTURE_RULE_EXE, 0, 0, real);
	expect_rule(1, SUTURE_RULE_EXE, 0, 0, wild);
	free(real);
	unlink(link);
	unlink(program);
	rmdir(dir);
	suture_scope_free(&scope);
}

Test(scope, canary)
{
	static const char *const bad[] = { "", "%", "0", "0%", "100", "100%", "-5%", "5%%", "5 %",
					   "2.5%", "999999999%", "x" };
	size_t i;

	cr_expect(eq(int, suture_scope_set_canary(&scope, "1%", &err), 0));
	cr_expect(eq(u32, scope.canary, 1));
	cr_expect(eq(int, suture_scope_set_canary(&scope, "99", &err), 0));
	cr_expect(eq(u32, scope.canary, 99));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_bad(suture_scope_set_canary(&scope, bad[i], &err), "1% to 99%");
	cr_expect(eq(u32, scope.canary, 99));
}

Test(scope, one_order_without_doubles)
{
	static const char *const orders[] = { "312", "123", "231", "2311" };
	struct suture_scope first = { 0 };
	size_t i;
	const char *c;

	for (i = 0; i < 4; i++) {
		for (c = orders[i]; *c; c++) {
			char pid[2] = { *c };

			suture_scope_add(&scope, SUTURE_RULE_PID, pid, *c == '2', &err);
		}
		suture_scope_add(&scope, SUTURE_RULE_EXE, "/b", false, &err);
		suture_scope_add(&scope, SUTURE_RULE_EXE, "/a", false, &err);
		suture_scope_sort(&scope);
		cr_assert(eq(sz, scope.nr, 5));
		expect_rule(0, SUTURE_RULE_PID, 0, 1, "");
		expect_rule(2, SUTURE_RULE_EXE, 0, 0, "/a");
		expect_rule(4, SUTURE_RULE_PID, SUTURE_RULE_EXCEPT, 2, "");
		if (!i)
			first = scope;
		else
			cr_expect(0 == (memcmp(first.rules, scope.rules, 5 * sizeof(*scope.rules))));
		if (i)
			suture_scope_free(&scope);
		memset(&scope, 0, sizeof(scope));
	}
	suture_scope_free(&first);
	suture_scope_sort(&scope);
	cr_expect(eq(sz, scope.nr, 0));
}

Test(scope, as_the_kernel_shows_it)
{
	char text[] = "pid 12\nexcept uid 33\ncgroup 4294967298\nexcept exe /opt/a b/*\npid 0\nexe /cut";
	char line[512];

	cr_assert(eq(int, suture_scope_parse(text, &scope, &err), 0));
	cr_assert(eq(sz, scope.nr, 5));
	expect_rule(0, SUTURE_RULE_PID, 0, 12, "");
	expect_rule(1, SUTURE_RULE_UID, SUTURE_RULE_EXCEPT, 33, "");
	expect_rule(2, SUTURE_RULE_CGROUP, 0, 4294967298, "");
	expect_rule(3, SUTURE_RULE_EXE, SUTURE_RULE_EXCEPT, 0, "/opt/a b/*");
	cr_expect(eq(str, suture_rule_text(&scope.rules[0], line, sizeof(line)), (char *)"pid 12"));
	cr_expect(eq(str, suture_rule_text(&scope.rules[1], line, sizeof(line)),
		     (char *)"uid 33 (www-data)"));
	cr_expect(eq(str, suture_rule_text(&scope.rules[3], line, sizeof(line)),
		     (char *)"exe /opt/a b/*"));
	cr_expect(eq(str, suture_rule_text(&scope.rules[4], line, sizeof(line)),
		     (char *)"pid of a process that has ended"));
	suture_scope_free(&scope);
}

Test(scope, what_the_kernel_never_shows)
{
	static const char *const lines[] = { "\n", "pid\n", "pid x\n", "tid 1\n", "except\n",
					     "except except pid 1\n", "pid 1 2\n" };
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		strcpy(text, lines[i]);
		cr_expect(suture_scope_parse(text, &scope, &err) == -EPROTO, "%s", lines[i]);
		cr_expect(eq(sz, scope.nr, 0));
	}
}
