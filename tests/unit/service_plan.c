// SPDX-License-Identifier: GPL-2.0-only
/* The plan: folders, configuration, marks and the kernel in, actions out. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "plan.h"
#include "spm-version.h"

#define USR	"/usr/lib/suture/patches/"
#define VAR	"/var/lib/suture/patches/"

static struct suture_plan_file files[8];
static struct suture_plan_loaded loaded[8];
static struct suture_conf conf;
static struct suture_marks marks;
static struct suture_plan_input in;
static struct suture_plan plan;

static void set_up(void)
{
	memset(files, 0, sizeof(files));
	memset(loaded, 0, sizeof(loaded));
	suture_conf_default(&conf);
	marks = (struct suture_marks){ .automatic = -1 };
	in = (struct suture_plan_input){
		.files = files, .loaded = loaded, .conf = &conf, .marks = &marks, .boot = "b1",
		.now = 1000,
	};
}

static void tear_down(void)
{
	suture_plan_free(&plan);
	suture_marks_free(&marks);
	suture_conf_free(&conf);
}

TestSuite(plan, .init = set_up, .fini = tear_down);

static struct suture_plan_file *file(const char *path, const char *name, const char *version,
				     enum suture_fit fit)
{
	struct suture_plan_file *f = &files[in.nr_files++];

	f->path = path;
	f->name = name;
	f->version = version;
	f->fit = fit;
	f->folder = !strncmp(path, VAR, strlen(VAR));
	return f;
}

/* Applied, by the service, from a file that is there. */
static struct suture_plan_loaded *applied(const char *path, const char *name,
					  const char *version)
{
	struct suture_plan_loaded *l = &loaded[in.nr_loaded++];

	l->path = path;
	l->name = name;
	l->version = version;
	l->ours = true;
	l->by_service = true;
	l->state = SUTURE_PATCH_APPLIED;
	l->loaded_at = 900;
	return l;
}

static struct suture_mark *mark(const char *name)
{
	return suture_marks_get(&marks, name);
}

static void make(void)
{
	suture_plan_free(&plan);
	cr_assert(eq(int, suture_plan_make(&in, &plan), 0));
}

static const struct suture_plan_item *item(const char *name)
{
	size_t i;

	for (i = 0; i < plan.nr; i++)
		if (plan.items[i].name && !strcmp(plan.items[i].name, name))
			return &plan.items[i];
	cr_assert(0, "no item %s", name);
	return NULL;
}

/* "apply new", and the file that is meant (NULL: none) */
static void expect(const char *name, const char *wanted, const char *path)
{
	const struct suture_plan_item *it = item(name);
	char got[64];

	snprintf(got, sizeof(got), "%s %s", suture_action_name(it->action),
		 suture_why_name(it->why));
	cr_expect(eq(str, got, (char *)wanted), "%s", name);
	cr_expect(eq(str, (char *)(it->file ? it->file->path : "-"),
		     (char *)(path ? path : "-")), "%s", name);
}

/* ------------------------------------------------------------- not loaded */

Test(plan, revoked)
{
	struct suture_plan_file *old = file(USR "a-1.spm", "a", "1", SUTURE_FIT_DISK);
	struct suture_plan_file *new = file(VAR "a-2.spm", "a", "2", SUTURE_FIT_DISK);

	new->revoked = true;
	make();
	expect("a", "apply new", USR "a-1.spm");
	old->revoked = true;
	make();
	expect("a", "leave revoked", VAR "a-2.spm");
	/* whatever is configured; but who has removed it, knows that */
	conf.install = false;
	strcpy(mark("a")->installed, "2");
	make();
	expect("a", "leave revoked", VAR "a-2.spm");
	mark("a")->removed = 5;
	make();
	expect("a", "leave removed", VAR "a-2.spm");
	/* a version that is revoked takes no other's place */
	mark("a")->removed = 0;
	conf.install = true;
	old->revoked = false;
	applied(USR "a-1.spm", "a", "1");
	make();
	expect("a", "leave applied", USR "a-1.spm");
}

Test(plan, new_file)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	make();
	cr_assert(eq(sz, plan.nr, 1));
	expect("a", "apply new", VAR "a.spm");
	cr_expect(eq(u32, plan.items[0].canary, 0));
	files[0].fit = SUTURE_FIT_MAPPED;
	conf.canary = 20;
	make();
	expect("a", "apply new", VAR "a.spm");
	cr_expect(eq(u32, plan.items[0].canary, 20));
}

Test(plan, nothing)
{
	make();
	cr_expect(eq(sz, plan.nr, 0));
}

Test(plan, what_does_not_fit)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_NONE);
	file(VAR "b.spm", "b", "1", SUTURE_FIT_OTHER);
	file(VAR "c.spm", "c", "1", SUTURE_FIT_EXCLUDED);
	file(VAR "d.spm", "d", "1", SUTURE_FIT_OTHER)->newer = true;
	make();
	expect("a", "leave no-target", VAR "a.spm");
	expect("b", "leave other-build", VAR "b.spm");
	expect("c", "leave excluded", VAR "c.spm");
	expect("d", "leave retired", VAR "d.spm");
}

Test(plan, automatic_off_lists)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	conf.install = false;
	make();
	expect("a", "leave available", VAR "a.spm");
	marks.automatic = 1;
	make();
	expect("a", "apply new", VAR "a.spm");
	conf.install = true;
	marks.automatic = 0;
	make();
	expect("a", "leave available", VAR "a.spm");
}

/* What root has installed by hand comes back after a boot; a newer version is another thing. */
Test(plan, automatic_off_keeps_what_was_installed)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	marks.automatic = 0;
	strcpy(mark("a")->installed, "1");
	make();
	expect("a", "apply installed", VAR "a.spm");
	strcpy(mark("a")->installed, "0.9");
	make();
	expect("a", "leave available", VAR "a.spm");
	strcpy(mark("a")->installed, "1");
	mark("a")->removed = 1;
	make();
	expect("a", "leave removed", VAR "a.spm");
}

Test(plan, marks_keep_out)
{
	file(VAR "a.spm", "a", "1.9", SUTURE_FIT_DISK);
	mark("a")->removed = 1;
	make();
	expect("a", "leave removed", VAR "a.spm");
	mark("a")->removed = 0;
	mark("a")->held = 1;
	strcpy(mark("a")->held_boot, "b1");
	make();
	expect("a", "leave held", VAR "a.spm");
	/* until the next boot */
	in.boot = "b2";
	make();
	expect("a", "apply new", VAR "a.spm");
	strcpy(mark("a")->seen, "1.10");
	make();
	expect("a", "leave older", VAR "a.spm");
	strcpy(mark("a")->seen, "1.9");
	make();
	expect("a", "apply new", VAR "a.spm");
	mark("a")->bad = 1;
	strcpy(mark("a")->bad_version, "1.9");
	make();
	expect("a", "leave bad", VAR "a.spm");
	/* not tried again until a newer version comes */
	file(USR "a.spm", "a", "1.10", SUTURE_FIT_DISK);
	make();
	expect("a", "apply new", USR "a.spm");
}

Test(plan, removed_with_its_variants)
{
	file(VAR "a1.spm", "a+deb12u1", "1", SUTURE_FIT_DISK);
	file(VAR "a2.spm", "ab", "1", SUTURE_FIT_DISK);
	mark("a")->removed = 1;
	make();
	expect("a+deb12u1", "leave removed", VAR "a1.spm");
	expect("ab", "apply new", VAR "a2.spm");
}

Test(plan, configured_exclusion)
{
	file(VAR "web-1.spm", "web-1", "1", SUTURE_FIT_DISK);
	file(VAR "x.spm", "x", "1", SUTURE_FIT_DISK);
	cr_assert(eq(int, suture_conf_parse("[Automatic]\nExclude=web-*\n", 25, "c", &conf, NULL), 0));
	make();
	expect("web-1", "leave excluded", VAR "web-1.spm");
	expect("x", "apply new", VAR "x.spm");
}

/* ---------------------------------------------------------------- variants */

Test(plan, the_variant_that_fits)
{
	file(VAR "a-1.spm", "a", "3", SUTURE_FIT_OTHER);
	file(VAR "a-2.spm", "a", "2", SUTURE_FIT_MAPPED);
	file(VAR "a-3.spm", "a", "1", SUTURE_FIT_DISK);
	make();
	cr_assert(eq(sz, plan.nr, 1));
	expect("a", "apply new", VAR "a-3.spm");
	files[2].fit = SUTURE_FIT_NONE;
	make();
	expect("a", "apply new", VAR "a-2.spm");
	/* of those that fit equally: the newest version, then the folder of this machine */
	files[0].fit = SUTURE_FIT_MAPPED;
	make();
	expect("a", "apply new", VAR "a-1.spm");
	file(USR "a-1.spm", "a", "3", SUTURE_FIT_MAPPED);
	make();
	expect("a", "apply new", VAR "a-1.spm");
}

Test(plan, both_builds_by_names_with_a_plus)
{
	file(VAR "a-1.spm", "a+1", "1", SUTURE_FIT_MAPPED);
	file(VAR "a-2.spm", "a+2", "1", SUTURE_FIT_DISK);
	make();
	expect("a+1", "apply new", VAR "a-1.spm");
	expect("a+2", "apply new", VAR "a-2.spm");
}

Test(plan, a_refused_file_gives_way)
{
	file(VAR "a.spm", "a", "2", SUTURE_FIT_DISK)->refused = true;
	make();
	expect("a", "leave refused", VAR "a.spm");
	file(USR "a.spm", "a", "1", SUTURE_FIT_DISK);
	make();
	expect("a", "apply new", USR "a.spm");
	/* and does not take the place of what is in */
	applied(USR "a.spm", "a", "1");
	make();
	expect("a", "leave applied", USR "a.spm");
	files[1].name = NULL;
	loaded[0].deleted = true;
	make();
	expect("a", "leave refused", VAR "a.spm");
}

/* ------------------------------------------------------------------ loaded */

Test(plan, loaded_as_it_should_be)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	applied(VAR "a.spm", "a", "1");
	make();
	cr_assert(eq(sz, plan.nr, 1));
	expect("a", "leave applied", VAR "a.spm");
	loaded[0].state = SUTURE_PATCH_APPLYING;
	make();
	expect("a", "leave applying", VAR "a.spm");
	loaded[0].state = SUTURE_PATCH_REVERTING;
	make();
	expect("a", "leave reverting", VAR "a.spm");
	/* off: what is in stays */
	loaded[0].state = SUTURE_PATCH_APPLIED;
	marks.automatic = 0;
	make();
	expect("a", "leave applied", VAR "a.spm");
	cr_assert(eq(int, suture_conf_parse("[Automatic]\nExclude=a\n", 22, "c", &conf, NULL), 0));
	make();
	expect("a", "leave excluded", VAR "a.spm");
}

Test(plan, file_gone)
{
	applied(VAR "a.spm", "a", "1")->deleted = true;
	make();
	expect("a", "revert gone", NULL);
	marks.automatic = 0;
	make();
	expect("a", "revert gone", NULL);
	/* what was loaded from elsewhere is its owner's */
	loaded[0].path = "/root/a.spm";
	loaded[0].ours = false;
	make();
	expect("a", "leave by-hand", NULL);
}

Test(plan, marks_take_out)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	applied(VAR "a.spm", "a", "1");
	mark("a")->removed = 1;
	make();
	expect("a", "revert removed", VAR "a.spm");
	mark("a")->removed = 0;
	mark("a")->bad = 1;
	strcpy(mark("a")->bad_version, "1");
	make();
	expect("a", "revert bad", VAR "a.spm");
	/* a newer one is not touched by what the older one did */
	loaded[0].version = files[0].version = "1.1";
	make();
	expect("a", "leave applied", VAR "a.spm");
	/* one that is loaded by hand is not ours to take out */
	mark("a")->removed = 1;
	loaded[0].ours = false;
	make();
	expect("a", "leave by-hand", VAR "a.spm");
}

Test(plan, new_versions)
{
	file(VAR "a.spm", "a", "1.10", SUTURE_FIT_DISK);
	applied(VAR "a.spm", "a", "1.9")->deleted = true;
	make();
	expect("a", "replace new-version", VAR "a.spm");
	/* the same version, packed anew */
	files[0].version = "1.9";
	make();
	expect("a", "replace changed", VAR "a.spm");
	/* an older one instead */
	files[0].version = "1.8";
	make();
	expect("a", "leave older", VAR "a.spm");
	/* off: it is said that there is one */
	files[0].version = "1.10";
	marks.automatic = 0;
	make();
	expect("a", "leave available", VAR "a.spm");
	cr_expect(item("a")->update);
}

Test(plan, a_long_version_is_told_in_part)
{
	char version[200], told[64];

	memset(version, '1', sizeof(version) - 1);
	version[sizeof(version) - 1] = '\0';
	memcpy(told, version, 63);
	told[63] = '\0';
	file(VAR "b.spm", "a", version, SUTURE_FIT_DISK);
	file(USR "a.spm", "a", version, SUTURE_FIT_DISK);
	applied(USR "a.spm", "a", told);
	make();
	expect("a", "leave applied", USR "a.spm");
}

Test(plan, new_version_in_another_folder)
{
	file(USR "a.spm", "a", "1", SUTURE_FIT_DISK);
	file(VAR "a.spm", "a", "2", SUTURE_FIT_DISK);
	applied(USR "a.spm", "a", "1");
	make();
	expect("a", "replace new-version", VAR "a.spm");
	/* two equal ones are no reason for a change */
	files[1].version = "1";
	make();
	expect("a", "leave applied", USR "a.spm");
	/* the newer one is in, and its file goes: what is left was refused before */
	in.nr_files = 1;
	loaded[0].path = VAR "a.spm";
	loaded[0].version = "2";
	loaded[0].deleted = true;
	strcpy(mark("a")->seen, "2");
	make();
	expect("a", "leave older", USR "a.spm");
}

Test(plan, an_unusable_file_in_its_place)
{
	file(VAR "a.spm", NULL, NULL, SUTURE_FIT_NONE);
	applied(VAR "a.spm", "a", "1")->deleted = true;
	make();
	cr_assert(eq(sz, plan.nr, 2));
	expect("a", "leave unusable", VAR "a.spm");
	cr_expect(plan.items[1].name == NULL);
	cr_expect(eq(int, plan.items[1].why, SUTURE_WHY_UNUSABLE));
}

Test(plan, upgrade_of_the_target)
{
	struct suture_plan_file *f = file(VAR "a.spm", "a", "1", SUTURE_FIT_MAPPED);

	applied(VAR "a.spm", "a", "1");
	f->newer = true;
	make();
	expect("a", "leave retiring", VAR "a.spm");
	f->fit = SUTURE_FIT_OTHER;
	make();
	expect("a", "revert retired", VAR "a.spm");
	f->newer = false;
	make();
	expect("a", "revert other-build", VAR "a.spm");
	f->fit = SUTURE_FIT_NONE;
	make();
	expect("a", "revert no-target", VAR "a.spm");
	/* a variant for the new build takes over */
	file(VAR "b.spm", "a", "1", SUTURE_FIT_DISK);
	make();
	expect("a", "replace variant", VAR "b.spm");
	/* the policy came later: what is in stays */
	in.nr_files = 1;
	f->fit = SUTURE_FIT_EXCLUDED;
	make();
	expect("a", "leave excluded", VAR "a.spm");
	/* it comes after the upgrade: those that still run the old build get it */
	f->fit = SUTURE_FIT_MAPPED;
	f->newer = true;
	in.nr_loaded = 0;
	make();
	expect("a", "apply new", VAR "a.spm");
}

Test(plan, canaries)
{
	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	applied(VAR "a.spm", "a", "1")->canary = 25;
	conf.canary = 25;
	conf.quiet_s = 101;
	make();
	expect("a", "leave canary", VAR "a.spm");
	in.now = 1001;
	make();
	expect("a", "promote quiet", VAR "a.spm");
	in.now = 1000;
	conf.canary = 0;
	make();
	expect("a", "promote quiet", VAR "a.spm");
	loaded[0].by_service = false;
	make();
	expect("a", "leave applied", VAR "a.spm");
}

Test(plan, canaries_that_die_are_waited_for_longer)
{
	struct suture_plan_loaded *l;

	file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	l = applied(VAR "a.spm", "a", "1");
	l->canary = 25;
	conf.canary = 25;
	conf.quiet_s = 100;
	make();
	expect("a", "promote quiet", VAR "a.spm");
	l->disturbed_at = in.now - 99;
	make();
	expect("a", "leave canary", VAR "a.spm");
	l->disturbed_at = in.now - 100;
	make();
	expect("a", "promote quiet", VAR "a.spm");
}

/* --------------------------------------------------- one among others */

Test(plan, one_that_takes_the_place_of_another)
{
	struct suture_plan_file *all;

	file(VAR "1.spm", "z", "1", SUTURE_FIT_DISK);
	all = file(VAR "2.spm", "a", "1", SUTURE_FIT_DISK);
	all->replaces[all->nr_replaces++] = "z";
	make();
	/* by name: the kernel wants it there first */
	cr_expect(eq(str, (char *)plan.items[0].name, (char *)"z"));
	expect("z", "apply new", VAR "1.spm");
	expect("a", "apply new", VAR "2.spm");
	/* once it is in, the other one stays out */
	applied(VAR "2.spm", "a", "1");
	make();
	expect("z", "leave superseded", VAR "1.spm");
	expect("a", "leave applied", VAR "2.spm");
	/* it goes: the other one comes back */
	mark("a")->removed = 1;
	make();
	expect("a", "revert removed", VAR "2.spm");
	expect("z", "apply new", VAR "1.spm");
	/* one that is refused stands in nobody's way */
	mark("a")->removed = 0;
	in.nr_loaded = 0;
	all->nr_replaces = 0;
	all->replaces_all = true;
	make();
	expect("z", "leave superseded", VAR "1.spm");
	all->refused = true;
	make();
	expect("z", "apply new", VAR "1.spm");
	/* what came after it is beside it */
	all->refused = false;
	files[0].mtime = 1;
	make();
	expect("z", "apply new", VAR "1.spm");
}

Test(plan, two_that_replace_each_other)
{
	struct suture_plan_file *a = file(VAR "a.spm", "a", "1", SUTURE_FIT_DISK);
	struct suture_plan_file *b = file(VAR "b.spm", "b", "1", SUTURE_FIT_DISK);

	a->replaces_all = b->replaces_all = true;
	make();
	expect("a", "apply new", VAR "a.spm");
	expect("b", "leave superseded", VAR "b.spm");
	applied(VAR "b.spm", "b", "1");
	make();
	expect("a", "leave superseded", VAR "a.spm");
	expect("b", "leave applied", VAR "b.spm");
}

/* ---------------------------------------------------------------- versions */

Test(version, order)
{
	static const char *const ordered[] = {
		"", "0.9~rc1", "0.9", "1", "1.0", "1.0a", "1.0b", "1.0+1", "1.1~~", "1.1~", "1.1",
		"1.2", "1.10", "1.10.1", "2", "20261105", "100000000000000000000000",
	};
	size_t i, j;

	for (i = 0; i < sizeof(ordered) / sizeof(*ordered); i++)
		for (j = 0; j < sizeof(ordered) / sizeof(*ordered); j++) {
			int order = spm_version_compare(ordered[i], ordered[j]);

			cr_expect(0 == ((order > 0) - (order < 0) != (i > j) - (i < j)), "%s %s",
				  ordered[i], ordered[j]);
		}
	cr_expect(eq(int, spm_version_compare("1.01", "1.1"), 0));
	cr_expect(eq(int, spm_version_compare("1.00", "1.0"), 0));
}
