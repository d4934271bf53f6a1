// SPDX-License-Identifier: GPL-2.0-only
/* When a patch is taken back: crashes in, a verdict out. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "harm.h"

#define EXE	"/usr/bin/one"
#define OTHER	"/usr/bin/two"
#define LOADED	100000		/* seconds since boot */

static struct suture_harm *harm;
static struct suture_harm_rule rule;
static struct suture_harm_verdict verdict;
static uint32_t a, b;

static void set_up(void)
{
	struct suture_conf conf;

	suture_conf_default(&conf);
	rule = conf.harm;
	harm = suture_harm_new();
	a = suture_harm_add(harm, "a", "1.0", LOADED);
	b = suture_harm_add(harm, "b", "1.0", LOADED + 5);
	cr_assert(a && b);
}

static void tear_down(void)
{
	suture_harm_free(harm);
}

TestSuite(harm, .init = set_up, .fini = tear_down);

/* @nr processes of @exe die @after seconds behind LOADED, with up to two patches. */
static void die_all(const char *exe, int64_t after, uint32_t uid, uint64_t nr, uint32_t id,
		    uint32_t flags, uint32_t id2, uint32_t flags2)
{
	struct crash_event event = {
		.time = (LOADED + after) * 1000000000ULL, .tgid = 7, .uid = uid, .sig = 11,
		.code = 1,
		.patches = { { id, flags }, { id2, flags2 } },
		.nr_patches = !!id + !!id2,
	};

	cr_assert(eq(int, suture_harm_crash(harm, &rule, &event, exe, nr, &verdict), 0));
}

static void die_of(const char *exe, int64_t after, uint32_t id, uint32_t flags)
{
	die_all(exe, after, 0, 1, id, flags, 0, 0);
}

static void expect(uint32_t id, enum suture_harm_why why, bool enough)
{
	cr_expect(eq(u32, verdict.id, id));
	cr_expect(eq(int, verdict.why, why));
	if (why)
		cr_expect(eq(int, verdict.enough, enough));
}

Test(harm, in_the_patch_counts_at_once)
{
	die_of(EXE, 10, a, CRASH_APPLIED | CRASH_IP);
	expect(a, SUTURE_HARM_IN_PATCH, true);
	cr_expect(eq(u64, verdict.nr, 1));
}

Test(harm, called_from_the_patch_too)
{
	die_of(EXE, 10, a, CRASH_APPLIED | CRASH_CALLER);
	expect(a, SUTURE_HARM_IN_PATCH, true);
}

/* Also long after it was loaded, and where it is being taken out. */
Test(harm, in_the_patch_counts_always)
{
	die_of(EXE, 90 * 24 * 3600, a, CRASH_IP);
	expect(a, SUTURE_HARM_IN_PATCH, true);
}

Test(harm, in_the_patch_as_often_as_wanted)
{
	rule.in_patch = 3;
	rule.crashes = 0;
	die_of(EXE, 1, a, CRASH_APPLIED | CRASH_IP);
	expect(a, SUTURE_HARM_NONE, false);
	die_of(OTHER, 2, a, CRASH_APPLIED | CRASH_IP);
	expect(a, SUTURE_HARM_NONE, false);
	die_of(EXE, 5000, a, CRASH_APPLIED | CRASH_IP);
	expect(a, SUTURE_HARM_IN_PATCH, true);
	cr_expect(eq(u64, verdict.nr, 3));
}

Test(harm, in_the_patch_not_at_all_if_wanted)
{
	rule.in_patch = rule.crashes = 0;
	die_all(EXE, 1, 0, 1000, a, CRASH_APPLIED | CRASH_IP, 0, 0);
	expect(a, SUTURE_HARM_NONE, false);
}

/* Stale words are on every stack. */
Test(harm, on_the_stack_alone_is_nothing)
{
	die_of(EXE, 1, a, CRASH_APPLIED | CRASH_STACK);
	expect(a, SUTURE_HARM_NONE, false);
}

Test(harm, three_in_a_minute_are_too_many)
{
	die_of(EXE, 10, a, CRASH_APPLIED);
	die_of(EXE, 40, a, CRASH_APPLIED);
	expect(a, SUTURE_HARM_NONE, false);
	die_of(EXE, 69, a, CRASH_APPLIED);
	expect(a, SUTURE_HARM_RATE, true);
	cr_expect(eq(u64, verdict.nr, 3));
	cr_expect(eq(u64, verdict.before, 0));
}

Test(harm, three_in_more_than_a_minute_are_not)
{
	die_of(EXE, 10, a, CRASH_APPLIED);
	die_of(EXE, 40, a, CRASH_APPLIED);
	die_of(EXE, 70, a, CRASH_APPLIED);
	expect(a, SUTURE_HARM_NONE, false);
}

Test(harm, of_different_executables_they_are_not)
{
	die_of(EXE, 10, a, CRASH_APPLIED);
	die_of(OTHER, 11, a, CRASH_APPLIED);
	die_of(EXE, 12, a, CRASH_APPLIED);
	die_of(OTHER, 13, a, CRASH_APPLIED);
	expect(a, SUTURE_HARM_NONE, false);
}

Test(harm, without_the_patch_nothing_counts)
{
	die_all(EXE, 10, 0, 1000, 0, 0, 0, 0);
	expect(0, SUTURE_HARM_NONE, false);
	/* mapped, and not in force: it waits there */
	die_all(EXE, 11, 0, 1000, a, 0, 0, 0);
	expect(0, SUTURE_HARM_NONE, false);
	/* of a patch that nobody knows of any more */
	die_all(EXE, 12, 0, 1000, 77, CRASH_APPLIED | CRASH_IP, 0, 0);
	expect(0, SUTURE_HARM_NONE, false);
}

/* Twice as many as in the worst minute without it may be. */
Test(harm, a_program_that_always_died)
{
	/* four in the worst minute, over the edge of two */
	die_of(EXE, -1000, 0, 0);
	die_of(EXE, -500, 0, 0);
	die_of(EXE, -490, 0, 0);
	die_of(EXE, -470, 0, 0);
	die_of(EXE, -441, 0, 0);
	die_of(EXE, -440, 0, 0);
	die_of(EXE, -400, 0, 0);
	die_all(EXE, 10, 0, 8, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_NONE, false);
	die_of(EXE, 11, a, CRASH_APPLIED);
	expect(a, SUTURE_HARM_RATE, true);
	cr_expect(eq(u64, verdict.before, 4));
	/* but in the patch is in the patch */
	die_of(EXE, 12, a, CRASH_APPLIED | CRASH_IP);
	expect(a, SUTURE_HARM_IN_PATCH, true);
}

Test(harm, what_was_before_yesterday)
{
	die_all(EXE, 10 - 24 * 3600 - 1, 0, 50, 0, 0, 0, 0);
	die_all(EXE, 10, 0, 3, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
	cr_expect(eq(u64, verdict.before, 0));
}

/* What an earlier version did is no excuse for the next. */
Test(harm, deaths_with_another_patch_are_no_baseline)
{
	uint32_t next;

	die_all(EXE, 10, 0, 50, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
	next = suture_harm_add(harm, "a", "1.1", LOADED + 20);
	cr_assert(eq(u32, suture_harm_find(harm, "a"), next));
	die_all(EXE, 30, 0, 2, next, CRASH_APPLIED, 0, 0);
	expect(next, SUTURE_HARM_NONE, false);
	die_of(EXE, 31, next, CRASH_APPLIED);
	expect(next, SUTURE_HARM_RATE, true);
}

Test(harm, a_patch_that_is_old_is_not_blamed_for_a_rate)
{
	die_all(EXE, 24 * 3600 + 1, 0, 50, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_NONE, false);
}

Test(harm, the_last_one_is_blamed)
{
	die_all(EXE, 10, 0, 3, b, CRASH_APPLIED, a, CRASH_APPLIED);
	expect(b, SUTURE_HARM_RATE, true);
	die_all(OTHER, 10, 0, 3, a, CRASH_APPLIED, b, CRASH_APPLIED);
	expect(b, SUTURE_HARM_RATE, true);
	/* unless it is not in force there, or the crash was in the other */
	die_all("x", 10, 0, 3, a, CRASH_APPLIED, b, 0);
	expect(a, SUTURE_HARM_RATE, true);
	die_all("y", 10, 0, 1, a, CRASH_APPLIED | CRASH_IP, b, CRASH_APPLIED);
	expect(a, SUTURE_HARM_IN_PATCH, true);
}

Test(harm, what_is_decided_is_decided)
{
	die_of(EXE, 10, a, CRASH_IP);
	expect(a, SUTURE_HARM_IN_PATCH, true);
	suture_harm_patch(harm, a)->done = true;
	die_of(EXE, 10, a, CRASH_IP);
	expect(a, SUTURE_HARM_NONE, false);
	cr_expect(eq(u64, suture_harm_patch(harm, a)->in_patch, 2));
}

Test(harm, one_ordinary_user_is_not_enough)
{
	die_all(EXE, 10, 1000, 500, a, CRASH_APPLIED | CRASH_IP, 0, 0);
	expect(a, SUTURE_HARM_IN_PATCH, false);
	cr_expect(eq(sz, verdict.nr_users, 1));
	cr_expect(eq(u32, verdict.users[0], 1000));
	die_all(EXE, 11, 1000, 1, a, CRASH_APPLIED | CRASH_IP, 0, 0);
	expect(a, SUTURE_HARM_IN_PATCH, false);
	die_all(EXE, 12, 1001, 1, a, CRASH_APPLIED | CRASH_IP, 0, 0);
	expect(a, SUTURE_HARM_IN_PATCH, true);
}

Test(harm, nor_for_a_rate)
{
	die_all(EXE, 10, 1000, 500, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, false);
	die_all(EXE, 11, 33, 1, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
}

/* In the text by one user only, but the rate by others as well. */
Test(harm, the_rule_that_has_enough_users)
{
	die_all(EXE, 10, 1001, 2, a, CRASH_APPLIED, 0, 0);
	die_all(EXE, 11, 1000, 1, a, CRASH_APPLIED | CRASH_IP, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
}

Test(harm, users_of_the_system)
{
	cr_expect(suture_harm_is_system(0));
	cr_expect(suture_harm_is_system(999));
	cr_expect(not(suture_harm_is_system(1000)));
	cr_expect(not(suture_harm_is_system(65534)));
	cr_expect(suture_harm_is_system(61184));
	cr_expect(suture_harm_is_system(65519));
	cr_expect(not(suture_harm_is_system(100000)));
}

/* A storm forgets the oldest, and not what it says itself. */
Test(harm, a_storm)
{
	char exe[32];
	int i;

	for (i = 0; i < 100000; i++)
		die_of(EXE, i / 50, 0, 0);
	for (i = 0; i < 3000; i++) {
		snprintf(exe, sizeof(exe), "/tmp/%d", i);
		die_all(exe, i, i, 7, 0, 0, 0, 0);
	}
	die_all(OTHER, 3000, 0, 3, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
	die_of(OTHER, 3001, b, CRASH_IP);
	expect(b, SUTURE_HARM_IN_PATCH, true);
}

/* What was only counted is told late, with the time of the first. */
Test(harm, late_ones_count_when_they_come)
{
	die_all(EXE, 100, 0, 1, a, CRASH_APPLIED, 0, 0);
	die_all(EXE, 10, 0, 1, a, CRASH_APPLIED, 0, 0);
	die_all(EXE, 100, 0, 1, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
}

/* Threads that die together are one process. */
Test(harm, a_process_dies_once)
{
	struct crash_event event = {
		.time = (LOADED + 1) * 1000000000ULL, .tgid = 7, .start = 9, .sig = 11, .code = 1,
		.patches = { { a, CRASH_APPLIED } }, .nr_patches = 1,
	};
	int i;

	for (i = 0; i < 3; i++)
		suture_harm_crash(harm, &rule, &event, EXE, 1, &verdict);
	expect(0, SUTURE_HARM_NONE, false);
	for (i = 0; i < 2; i++) {
		event.tgid++;
		suture_harm_crash(harm, &rule, &event, EXE, 1, &verdict);
	}
	expect(a, SUTURE_HARM_RATE, true);
	cr_expect(eq(u64, verdict.nr, 3));
}

/* What is kept together in one second is alike. */
Test(harm, in_one_second)
{
	die_all(EXE, 10, 1000, 1, 0, 0, 0, 0);
	die_all(EXE, 10, 1000, 1, a, CRASH_APPLIED, 0, 0);
	die_all(EXE, 10, 1001, 2, a, CRASH_APPLIED, 0, 0);
	expect(a, SUTURE_HARM_RATE, true);
	cr_expect(eq(u64, verdict.nr, 3));
	cr_expect(eq(u64, verdict.before, 1));
	cr_expect(eq(sz, verdict.nr_users, 2));
}

Test(harm, evidence)
{
	struct crash_event event = {
		.ip = 0x7f0000001040, .ip_start = 0x7f0000001000, .ip_offset = 0x2000, .addr = 0x10,
		.tgid = 42, .uid = 33, .sig = 11, .code = 1, .ip_file = "a.spm",
		.patches = { { a, CRASH_APPLIED | CRASH_IP } }, .nr_patches = 1,
	};
	char text[512];

	verdict = (struct suture_harm_verdict){ .id = a, .why = SUTURE_HARM_IN_PATCH, .nr = 1 };
	suture_harm_evidence(&verdict, &rule, &event, EXE, text, sizeof(text));
	cr_expect(eq(str, text, "/usr/bin/one: SIGSEGV at 0x7f0000001040 (a.spm+0x2040), in the patch, touching 0x10; process 42, user 33"));
	verdict = (struct suture_harm_verdict){
		.id = a, .why = SUTURE_HARM_RATE, .nr = 5, .before = 2,
	};
	event.patches[0].flags = CRASH_APPLIED | CRASH_STACK;
	event.sig = 6;
	event.code = -6;
	suture_harm_evidence(&verdict, &rule, &event, EXE, text, sizeof(text));
	cr_expect(eq(str, text, "/usr/bin/one: 5 died within 60 s with it, 2 in the worst 60 s without; the last: SIGABRT at 0x7f0000001040 (a.spm+0x2040), not in the patch, which may have called it; process 42, user 33"));
}
