// SPDX-License-Identifier: GPL-2.0-only
/* Debian packages of patches: made by libsuture, read by dpkg-deb. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"

#define REPLACE	SUTURE_TOP "/tests/targets/funcs/patches/replace/replace.spm"
#define VARIANT	SUTURE_TOP "/tests/targets/service/patches/replace-variant/replace-variant.spm"

static char dir[] = "/tmp/suture-bundle-test-XXXXXX";
static struct suture_bundle bundle;
static struct suture_error err;

static void set_up(void)
{
	cr_assert(mkdtemp(dir) != NULL);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void tear_down(void)
{
	free(bundle.path);
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(bundle, .init = set_up, .fini = tear_down);

static int make(const struct suture_bundle_options *options, const char *a, const char *b)
{
	char *const files[] = { (char *)a, (char *)b, NULL };

	return suture_bundle_make(files, options, &bundle, &err);
}

/* What a command says. */
static const char *said(const char *format, const char *path)
{
	static char text[16384];
	char command[1024];
	size_t len;
	FILE *pipe;

	snprintf(command, sizeof(command), format, path);
	pipe = popen(command, "r");
	cr_assert(pipe != NULL);
	len = fread(text, 1, sizeof(text) - 1, pipe);
	text[len] = '\0';
	cr_assert(eq(int, pclose(pipe), 0), "%s: %s", command, text);
	return text;
}

static void expect_said(const char *text, const char *line)
{
	cr_expect(strstr(text, line) != NULL, "no `%s' in: %s", line, text);
}

Test(bundle, a_patch_with_its_variant)
{
	const struct suture_bundle_options options = {
		.maintainer = "A B <a@b.example>", .output = dir,
	};
	const char *text;
	struct stat st, in;
	char path[256];

	cr_assert(eq(int, make(&options, REPLACE, VARIANT), 0), "%s", err.text);
	cr_expect(eq(str, bundle.package, "suture-patch-replace"));
	cr_expect(eq(str, bundle.version, "1.0"));
	snprintf(path, sizeof(path), "%s/suture-patch-replace_1.0_%s.deb", dir, bundle.arch);
	cr_expect(eq(str, bundle.path, path));
	text = said("dpkg-deb --info %s 2>&1", bundle.path);
	expect_said(text, "Package: suture-patch-replace\n");
	expect_said(text, "Maintainer: A B <a@b.example>\n");
	expect_said(text, "Description: live patch: test: answer() adds 1001\n");
	expect_said(text, "Fixes: CVE-2026-00001\n");
	expect_said(text, "Level: 1.0 (a)\n");
	expect_said(text, " KiB\n");
	text = said("dpkg-deb --contents %s 2>&1", bundle.path);
	expect_said(text, "-rw-r--r-- root/root");
	expect_said(text, "./usr/lib/suture/patches/replace.spm\n");
	expect_said(text, "./usr/lib/suture/patches/replace-variant.spm\n");
	text = said("dpkg-deb --ctrl-tarfile %s | tar -xO ./triggers", bundle.path);
	cr_expect(eq(str, (char *)text, "activate-noawait suture-patches\n"));
	/* unpacked, they are what they were, with their time */
	snprintf(path, sizeof(path), "cd %s && dpkg-deb -x %%s . && cmp " REPLACE
		 " usr/lib/suture/patches/replace.spm && dpkg-deb -e suture*.deb ctl && md5sum --quiet -c ctl/md5sums",
		 dir);
	said(path, bundle.path);
	snprintf(path, sizeof(path), "%s/usr/lib/suture/patches/replace.spm", dir);
	cr_assert(stat(path, &st) == 0 && stat(REPLACE, &in) == 0);
	cr_expect(eq(i64, st.st_mtime, in.st_mtime));
}

Test(bundle, names_and_versions)
{
	struct suture_bundle_options options = { .maintainer = "m", .output = dir };

	options.package = "Upper";
	cr_expect(eq(int, make(&options, REPLACE, NULL), -EINVAL));
	expect_said(err.text, "`Upper' cannot be the name of a Debian package");
	options.package = "good+name";
	options.version = "1:2_3";
	cr_expect(eq(int, make(&options, REPLACE, NULL), -EINVAL));
	expect_said(err.text, "cannot be the version");
	options.version = "2~rc1-1";
	cr_assert(eq(int, make(&options, REPLACE, NULL), 0), "%s", err.text);
	expect_said(said("dpkg-deb --field %s Version", bundle.path), "2~rc1-1\n");
}

Test(bundle, what_cannot_be)
{
	const struct suture_bundle_options options = { .maintainer = "m", .output = dir };
	const struct suture_bundle_options nowhere = {
		.maintainer = "m", .output = "/nonexistent/a.deb",
	};

	cr_expect(eq(int, make(&options, "/nonexistent.spm", NULL), -ENOENT));
	cr_expect(eq(int, make(&options, "/etc/passwd", NULL), -ENOEXEC));
	cr_expect(eq(int, make(&options, REPLACE, REPLACE), -EEXIST));
	expect_said(err.text, "two files have the name replace.spm");
	cr_expect(eq(int, make(&nowhere, REPLACE, NULL), -EIO));
	expect_said(err.text, "dpkg-deb did not make /nonexistent/a.deb");
	cr_expect(bundle.path == NULL);
}
