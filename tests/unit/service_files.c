// SPDX-License-Identifier: GPL-2.0-only
/* Files of the service: its configuration, what the machine remembers, the folders. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "conf.h"
#include "marks.h"
#include "store.h"

static struct suture_error err;
static struct suture_conf conf;
static struct suture_marks marks;
static char base[] = "/tmp/suture-service-XXXXXX";
static char paths[5][80];
static const char *conf_dirs[2];
static struct suture_dirs dirs;

static void set_up(void)
{
	static const char *const names[] = { "usr", "var", "conf", "conf.d", "state" };
	unsigned int i;

	cr_assert(mkdtemp(base) != NULL);
	for (i = 0; i < 5; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%s", base, names[i]);
	conf_dirs[0] = paths[3];
	dirs = (struct suture_dirs){
		.patches = { paths[0], paths[1], NULL }, .conf = paths[2], .conf_dirs = conf_dirs,
		.state = paths[4], .run = base,
	};
	suture_conf_default(&conf);
	marks.automatic = -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void tear_down(void)
{
	suture_conf_free(&conf);
	suture_marks_free(&marks);
	nftw(base, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

TestSuite(conf, .init = set_up, .fini = tear_down);
TestSuite(marks, .init = set_up, .fini = tear_down);
TestSuite(store, .init = set_up, .fini = tear_down);

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert(file != NULL, "%s", path);
	fputs(text, file);
	fclose(file);
}

/* ----------------------------------------------------------- configuration */

static int parse(const char *text)
{
	return suture_conf_parse(text, strlen(text), "c", &conf, &err);
}

static void expect_bad(const char *text, const char *said)
{
	cr_expect(eq(int, parse(text), -EINVAL), "%s", text);
	cr_expect(strstr(err.text, said) != NULL, "wanted: %s, got: %s", said, err.text);
}

Test(conf, settings)
{
	cr_expect(conf.install);
	cr_assert(eq(int, parse("# text\n; text\n\n[Automatic]\nInstall = no\r\nExclude=web*\n"
				"Exclude=db\n [Service]\nSettleMSec=5\nRescanSec=0\n[Rollout]\n"
				"Canary=5%\nQuietSec=7"), 0), "%s", err.text);
	cr_expect(0 == conf.install);
	cr_expect(eq(u32, conf.settle_ms, 5));
	cr_expect(eq(u32, conf.rescan_s, 0));
	cr_expect(eq(u32, conf.canary, 5));
	cr_expect(eq(u32, conf.quiet_s, 7));
	cr_expect(suture_conf_excludes(&conf, "webkit"));
	cr_expect(suture_conf_excludes(&conf, "db"));
	cr_expect(0 == suture_conf_excludes(&conf, "db2"));
	cr_assert(eq(int, parse("[Automatic]\nExclude=\nInstall=TRUE\n"), 0));
	cr_expect(0 == suture_conf_excludes(&conf, "db"));
	cr_expect(conf.install);
}

Test(conf, when_a_patch_is_taken_back)
{
	cr_expect(conf.take_back);
	cr_expect(eq(u32, conf.harm.in_patch, 1));
	cr_expect(eq(u32, conf.harm.crashes, 3));
	cr_expect(eq(u32, conf.harm.window_s, 60));
	cr_expect(eq(u32, conf.harm.factor, 2));
	cr_expect(eq(u32, conf.harm.watch_s, 86400));
	cr_expect(eq(u32, conf.harm.users, 2));
	cr_expect(eq(u32, conf.hang_s, 0));
	cr_assert(eq(int, parse("[Watch]\nTakeBack=no\nInPatch=0\nCrashes=4\nWindowSec=5\n"
				"Factor=6\nWatchSec=7\nUsers=8\nHangSec=9\n"), 0), "%s", err.text);
	cr_expect(not(conf.take_back));
	cr_expect(eq(u32, conf.harm.in_patch, 0));
	cr_expect(eq(u32, conf.harm.crashes, 4));
	cr_expect(eq(u32, conf.harm.window_s, 5));
	cr_expect(eq(u32, conf.harm.factor, 6));
	cr_expect(eq(u32, conf.harm.watch_s, 7));
	cr_expect(eq(u32, conf.harm.users, 8));
	cr_expect(eq(u32, conf.hang_s, 9));
}

Test(conf, broken_lines_are_named)
{
	expect_bad("Install=no\n", "c:1: Install= stands before any [SECTION]");
	expect_bad("[Automatic]\n\nInstall=maybe\n", "c:3: Install=maybe: wanted is yes or no");
	expect_bad("[Automatic]\ninstall=no\n", "c:2: unknown key install= in [Automatic]");
	expect_bad("[Automatic]\nCanary=1\n", "unknown key Canary= in [Automatic]");
	expect_bad("[Auto]\n", "c:1: unknown section [Auto]");
	expect_bad("[Automatic\n", "a section is [Name]");
	expect_bad("[Automatic]\nInstall\n", "neither [SECTION] nor KEY=VALUE");
	expect_bad("[Rollout]\nCanary=100\n", "a percentage of at most 99%");
	expect_bad("[Rollout]\nCanary=-1\n", "a percentage");
	expect_bad("[Rollout]\nQuietSec=1h\n", "seconds");
	expect_bad("[Service]\nSettleMSec=\n", "milliseconds");
	expect_bad("[Watch]\nWindowSec=0\n", "seconds, 1 to a day");
	expect_bad("[Watch]\nUsers=0\n", "a number of users, 1 to 8");
	expect_bad("[Watch]\nUsers=9\n", "a number of users, 1 to 8");
	expect_bad("[Watch]\nCrashes=-1\n", "a number of crashes");
	expect_bad("[Watch]\nTakeBack=maybe\n", "yes or no");
	expect_bad("[Service]\nRescanSec=99999999999999999999999\n", "seconds");
	cr_expect(eq(int, suture_conf_parse("[Service]\n\0", 11, "c", &conf, &err), -EINVAL));
}

Test(conf, files)
{
	char path[128];

	cr_assert(eq(int, suture_conf_read(&dirs, &conf, &err), 0), "%s", err.text);
	cr_expect(conf.install);
	put(paths[2], "[Automatic]\nInstall=no\n[Service]\nSettleMSec=1\n");
	mkdir(paths[3], 0755);
	snprintf(path, sizeof(path), "%s/a.conf", paths[3]);
	put(path, "[Service]\nSettleMSec=2\n");
	cr_assert(eq(int, suture_conf_read(&dirs, &conf, &err), 0), "%s", err.text);
	cr_expect(0 == conf.install);
	cr_expect(eq(u32, conf.settle_ms, 2));
	put(path, "[Service]\nSettleMSec=x\n");
	cr_expect(eq(int, suture_conf_read(&dirs, &conf, &err), -EINVAL));
	cr_expect(strstr(err.text, "/conf.d/a.conf:2: SettleMSec=x") != NULL, "%s", err.text);
	/* nothing of it counts */
	cr_expect(eq(u32, conf.settle_ms, 2));
}

/* ------------------------------------------------------------------- marks */

static int mark_some(struct suture_marks *m, void *arg, struct suture_error *e)
{
	struct suture_mark *mark = suture_marks_get(m, "b");

	(void)arg, (void)e;
	mark->removed = 5;
	strcpy(mark->seen, "1.2\"\\/\xc3\xa4");
	mark = suture_marks_get(m, "a");
	mark->bad = 6;
	strcpy(mark->bad_version, "1");
	strcpy(mark->bad_evidence, "SIGSEGV in funcs, inside the patch");
	strcpy(mark->bad_exe, "/usr/bin/\"x\"");
	strcpy(mark->bad_signal, "SIGSEGV");
	mark->bad_address = 0xffff80001234abcdULL;
	mark->bad_in_patch = true;
	mark->held = 7;
	strcpy(mark->held_boot, "boot");
	strcpy(mark->installed, "1.1");
	mark->installed_at = 10;
	strcpy(mark->loaded_boot, "boot2");
	mark->target_mtime = 8;
	m->automatic = 0;
	m->automatic_since = 9;
	return 1;
}

static int mark_nothing(struct suture_marks *m, void *arg, struct suture_error *e)
{
	(void)m, (void)arg, (void)e;
	return 0;
}

static int fail(struct suture_marks *m, void *arg, struct suture_error *e)
{
	(void)arg;
	m->automatic = 1;
	return suture_error_set(e, -EPERM, "no");
}

Test(marks, are_what_was_written)
{
	const struct suture_mark *mark;
	char path[128];

	cr_assert(eq(int, suture_marks_read(paths[4], &marks, &err), 0), "%s", err.text);
	cr_expect(eq(int, marks.automatic, -1));
	cr_assert(eq(int, suture_marks_update(paths[4], mark_nothing, NULL, &err), 0));
	snprintf(path, sizeof(path), "%s/state.json", paths[4]);
	cr_expect(access(path, F_OK) != 0);
	cr_assert(eq(int, suture_marks_update(paths[4], mark_some, NULL, &err), 0), "%s", err.text);
	cr_expect(eq(int, suture_marks_update(paths[4], fail, NULL, &err), -EPERM));
	cr_assert(eq(int, suture_marks_read(paths[4], &marks, &err), 0), "%s", err.text);
	cr_assert(eq(sz, marks.nr, 2));
	cr_expect(eq(int, marks.automatic, 0));
	cr_expect(eq(i64, marks.automatic_since, 9));
	mark = suture_marks_find(&marks, "a");
	cr_assert(mark != NULL);
	cr_expect(eq(i64, mark->bad, 6));
	cr_expect(eq(str, (char *)mark->bad_version, "1"));
	cr_expect(eq(str, (char *)mark->bad_evidence, "SIGSEGV in funcs, inside the patch"));
	cr_expect(eq(str, (char *)mark->bad_exe, "/usr/bin/\"x\""));
	cr_expect(eq(str, (char *)mark->bad_signal, "SIGSEGV"));
	cr_expect(eq(u64, mark->bad_address, 0xffff80001234abcdULL));
	cr_expect(mark->bad_in_patch);
	cr_expect(eq(i64, mark->held, 7));
	cr_expect(eq(str, (char *)mark->held_boot, "boot"));
	cr_expect(eq(str, (char *)mark->loaded_boot, "boot2"));
	cr_expect(eq(str, (char *)mark->installed, "1.1"));
	cr_expect(eq(i64, mark->installed_at, 10));
	cr_expect(eq(i64, mark->target_mtime, 8));
	mark = suture_marks_find(&marks, "b");
	cr_assert(mark != NULL);
	cr_expect(eq(i64, mark->removed, 5));
	cr_expect(eq(str, (char *)mark->seen, "1.2\"\\/\xc3\xa4"));
	cr_expect(suture_marks_find(&marks, "c") == NULL);
}

Test(marks, names_in_order)
{
	const char *const names[] = { "m", "b", "z", "a", "b", "y", "c" };
	char longer[SUTURE_NAME_MAX + 1];
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		cr_expect(suture_marks_get(&marks, names[i]) != NULL);
	cr_assert(eq(sz, marks.nr, 6));
	for (i = 1; i < marks.nr; i++)
		cr_expect(strcmp(marks.list[i - 1].name, marks.list[i].name) < 0);
	memset(longer, 'x', SUTURE_NAME_MAX);
	longer[SUTURE_NAME_MAX] = '\0';
	cr_expect(suture_marks_get(&marks, longer) == NULL);
	cr_expect(suture_marks_get(&marks, "") == NULL);
}

Test(marks, a_damaged_file_is_not_lost)
{
	static const char *const damaged[] = {
		"", "{", "[]", "null", "{}", "{\"format\": 2}", "{\"format\":1,\"patches\":[]}",
		"{\"format\":1,\"patches\":{\"a\":1}}", "{\"format\":1,\"patches\":{\"\":{}}}",
	};
	char path[128], text[64] = "";
	size_t i;
	int fd;

	cr_assert(eq(int, suture_make_dirs(paths[4], 0755), 0));
	snprintf(path, sizeof(path), "%s/state.json", paths[4]);
	for (i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		put(path, damaged[i]);
		cr_expect(eq(int, suture_marks_read(paths[4], &marks, &err), -EBADMSG), "%s",
			  damaged[i]);
		cr_expect(strstr(err.text, "is damaged") != NULL, "%s", err.text);
		cr_expect(eq(int, suture_marks_update(paths[4], mark_some, NULL, &err), -EBADMSG));
	}
	fd = open(path, O_RDONLY);
	cr_assert(read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	cr_expect(eq(str, text, (char *)damaged[i - 1]));
}

static int count(struct suture_marks *m, void *arg, struct suture_error *e)
{
	(void)arg, (void)e;
	suture_marks_get(m, "n")->removed++;
	return 1;
}

/* Many at a time: none is lost, and who reads sees a whole file. */
Test(marks, one_program_at_a_time)
{
	int i, j, status;

	for (i = 0; i < 4; i++) {
		if (fork())
			continue;
		for (j = 0; j < 25; j++)
			if (suture_marks_update(paths[4], count, NULL, NULL))
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < 4;) {
		struct suture_marks seen = { 0 };

		cr_assert(eq(int, suture_marks_read(paths[4], &seen, &err), 0), "%s", err.text);
		suture_marks_free(&seen);
		if (waitpid(-1, &status, WNOHANG) > 0) {
			cr_expect(eq(int, status, 0));
			i++;
		}
	}
	cr_assert(eq(int, suture_marks_read(paths[4], &marks, &err), 0));
	cr_expect(eq(i64, marks.list[0].removed, 100));
}

/* ------------------------------------------------------------------- store */

#define REPLACE_SPM	SUTURE_TOP "/tests/targets/funcs/patches/replace/replace.spm"

static void copy_spm(const char *dir, const char *name, size_t most)
{
	char path[160], buf[65536];
	FILE *in = fopen(REPLACE_SPM, "r"), *out;
	size_t len;

	cr_assert(in != NULL, "make test-patches");
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	len = fread(buf, 1, sizeof(buf), in);
	fwrite(buf, 1, len < most ? len : most, out);
	fclose(in);
	fclose(out);
	chmod(path, 0644);
}

static void expect_file(const struct suture_store *store, const char *name, const char *why)
{
	size_t i, len;

	for (i = 0; i < store->nr; i++) {
		const struct suture_store_file *file = &store->files[i];

		len = strlen(file->path);
		if (len < strlen(name) || strcmp(file->path + len - strlen(name), name))
			continue;
		if (!why)
			cr_expect(file->spm != NULL, "%s: %s", name, file->why);
		else
			cr_expect(file->spm == NULL && strstr(file->why, why), "%s: wanted %s, got %s",
				  name, why, file->why);
		return;
	}
	cr_expect(0, "no %s", name);
}

Test(store, reads_what_root_has_put_there)
{
	struct suture_store store;
	char path[160], to[160];

	cr_assert(eq(int, suture_store_read(&dirs, "", &store, &err), 0));
	cr_expect(eq(sz, store.nr, 0));
	if (getuid())
		cr_skip("only root can have files of root");
	mkdir(paths[0], 0755);
	mkdir(paths[1], 0755);
	copy_spm(paths[0], "good.spm", -1);
	copy_spm(paths[1], "cut.spm", 1000);
	copy_spm(paths[1], "open.spm", -1);
	copy_spm(paths[1], "foreign.spm", -1);
	copy_spm(paths[1], ".hidden.spm", -1);
	copy_spm(paths[1], "new.spm.dpkg-new", -1);
	copy_spm(paths[1], ".spm", -1);
	snprintf(path, sizeof(path), "%s/open.spm", paths[1]);
	chmod(path, 0664);
	snprintf(path, sizeof(path), "%s/foreign.spm", paths[1]);
	cr_assert(eq(int, chown(path, 65534, 0), 0));
	snprintf(path, sizeof(path), "%s/link.spm", paths[1]);
	snprintf(to, sizeof(to), "%s/good.spm", paths[0]);
	cr_assert(eq(int, symlink(to, path), 0));
	snprintf(path, sizeof(path), "%s/folder.spm", paths[1]);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/pipe.spm", paths[1]);
	mkfifo(path, 0600);
	cr_assert(eq(int, suture_store_read(&dirs, "", &store, &err), 0), "%s", err.text);
	cr_expect(eq(sz, store.nr, 7));
	expect_file(&store, "/usr/good.spm", NULL);
	expect_file(&store, "/var/cut.spm", "not a patch module");
	expect_file(&store, "/var/open.spm", "can be written by others than root");
	expect_file(&store, "/var/foreign.spm", "does not belong to root");
	expect_file(&store, "/var/link.spm", "symbolic link");
	expect_file(&store, "/var/folder.spm", "not a regular file");
	expect_file(&store, "/var/pipe.spm", "not a regular file");
	suture_store_free(&store);
}

Test(store, lists_of_revocations)
{
	struct suture_store_file *lists;
	char path[160];
	size_t nr;

	cr_assert(eq(int, suture_store_lists(&dirs, "", &lists, &nr, &err), 0));
	cr_expect(eq(sz, nr, 0));
	if (getuid())
		cr_skip("only root can have files of root");
	mkdir(paths[0], 0755);
	mkdir(paths[1], 0755);
	snprintf(path, sizeof(path), "%s/b.revocations", paths[0]);
	put(path, "x");
	snprintf(path, sizeof(path), "%s/a.revocations", paths[1]);
	put(path, "x");
	chmod(path, 0666);
	snprintf(path, sizeof(path), "%s/.c.revocations", paths[1]);
	put(path, "x");
	copy_spm(paths[1], "d.spm", -1);
	cr_assert(eq(int, suture_store_lists(&dirs, "", &lists, &nr, &err), 0), "%s", err.text);
	cr_assert(eq(sz, nr, 2));
	cr_expect(strstr(lists[0].path, "/usr/b.revocations") && !lists[0].why);
	cr_expect(strstr(lists[1].path, "/var/a.revocations") && lists[1].why);
	cr_expect(strstr(lists[1].why, "can be written by others") != NULL, "%s", lists[1].why);
	suture_store_files_free(lists, nr);
}

Test(store, how_a_patch_fits)
{
	struct suture_found_file file = { .fd = -1 };
	struct suture_found_other other = { .mtime = 100 };
	struct suture_found found = { .files = &file, .others = &other };
	struct suture_store_file f = { 0 };

	cr_assert(eq(int, suture_spm_open(REPLACE_SPM, &f.spm, &err), 0), "%s", err.text);
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_NONE));
	/* another build that a process maps is nothing that is here */
	found.nr_others = 1;
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_NONE));
	cr_expect(eq(i64, f.other_mtime, 0));
	other.on_disk = true;
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_OTHER));
	cr_expect(eq(i64, f.other_mtime, 100));
	found.nr_files = 1;
	file.fd = open(REPLACE_SPM, O_RDONLY);
	file.excluded = "policy";
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_EXCLUDED));
	file.excluded = NULL;
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_MAPPED));
	cr_expect(eq(i64, f.other_mtime, 100));
	cr_expect(eq(i64, f.target_mtime, 0));
	file.on_disk = true;
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_DISK));
	cr_expect(f.target_mtime > 0);
	/* another object of it is wanted, and not here */
	file.want = 1;
	suture_store_fit(&f, &found);
	cr_expect(eq(int, f.fit, SUTURE_FIT_OTHER));
	close(file.fd);
	suture_spm_close(f.spm);
}
