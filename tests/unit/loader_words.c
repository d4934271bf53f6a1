// SPDX-License-Identifier: GPL-2.0-only
/* What people read: clean text, states in words, totals that add up. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"
#include "text.h"

static void check_clean(const char *text, unsigned int flags, const char *wanted)
{
	char *clean = suture_text_clean(text, flags);

	cr_assert(clean != NULL);
	cr_expect(eq(str, clean, (char *)wanted));
	free(clean);
}

Test(text, stays_as_it_is)
{
	check_clean("", 0, "");
	check_clean("/usr/lib/libevent-2.1.so.7 (deleted)", 0, "/usr/lib/libevent-2.1.so.7 (deleted)");
	check_clean("a\\x1bb", 0, "a\\x1bb");
	check_clean("ü ß € 語 😀", 0, "ü ß € 語 😀");
}

Test(text, controls_become_visible)
{
	check_clean("\033[2J\033]0;title\007", 0, "\\x1b[2J\\x1b]0;title\\x07");
	check_clean("a\nb\tc\rd\x7f", 0, "a\\x0ab\\x09c\\x0dd\\x7f");
	check_clean("a\nb", SUTURE_TEXT_KEEP_NEWLINES, "a\nb");
	/* C1: CSI as one character */
	check_clean("\xc2\x9b""31m", 0, "\\xc2\\x9b31m");
	/* right-to-left override, isolate, line separator */
	check_clean("a\u202egpj.exe", 0, "a\\xe2\\x80\\xaegpj.exe");
	check_clean("\u2066x\u2028", 0, "\\xe2\\x81\\xa6x\\xe2\\x80\\xa8");
}

Test(text, broken_utf8)
{
	check_clean("\xff\xfe", 0, "\\xff\\xfe");
	check_clean("\x9b""31m", 0, "\\x9b31m");
	check_clean("\xc0\xaf", 0, "\\xc0\\xaf");		/* overlong */
	check_clean("\xe0\x80\x80", 0, "\\xe0\\x80\\x80");
	check_clean("\xed\xa0\x80", 0, "\\xed\\xa0\\x80");	/* surrogate */
	check_clean("\xf4\x90\x80\x80", 0, "\\xf4\\x90\\x80\\x80");
	check_clean("ab\xe2\x82", 0, "ab\\xe2\\x82");		/* ends too early */
	check_clean("\xff\n\033", SUTURE_TEXT_KEEP_CONTROLS, "\\xff\n\033");
}

Test(text, cut_between_pieces)
{
	char buf[8];
	size_t size;

	for (size = 1; size <= sizeof(buf); size++) {
		memset(buf, 'X', sizeof(buf));
		suture_text_clean_buf("a\033b", 0, buf, size);
		cr_expect(eq(str, buf, (char *)(size < 2 ? "" : size < 6 ? "a" : size < 7 ?
						"a\\x1b" : "a\\x1bb")));
	}
	suture_text_clean_buf("€€€", 0, buf, 6);
	cr_expect(eq(str, buf, (char *)"€"));
}

Test(text, hex)
{
	const uint8_t bytes[] = { 0, 0x1f, 0xff };
	char buf[7];

	cr_expect(eq(str, suture_text_hex(bytes, 3, buf), (char *)"001fff"));
	cr_expect(eq(str, suture_text_hex(bytes, 0, buf), (char *)""));
}

Test(totals, add_up)
{
	struct suture_proc procs[64];
	struct suture_totals t;
	char text[256];
	size_t i;

	memset(procs, 0, sizeof(procs));
	for (i = 0; i < 64; i++)
		procs[i].state = i % 9;		/* 7 and 8 are of a newer module */
	suture_totals_count(procs, 64, &t);
	cr_expect(eq(u32, t.total, 64));
	cr_expect(eq(u32, t.unpatched + t.patched + t.waiting + t.draining + t.not_applicable +
		     t.refused + t.failed + t.unknown, 64));
	cr_expect(eq(u32, t.unpatched, 8));
	cr_expect(eq(u32, t.unknown, 14));

	memset(procs, 0, sizeof(procs));
	procs[0].state = SUTURE_PROC_PATCHED;
	procs[1].state = SUTURE_PROC_REFUSED;
	procs[2].state = SUTURE_PROC_PATCHED;
	suture_totals_count(procs, 3, &t);
	cr_expect(eq(str, suture_totals_text(&t, text, sizeof(text)),
		     (char *)"3 processes: 2 patched, 1 refused"));
	suture_totals_count(procs, 1, &t);
	cr_expect(eq(str, suture_totals_text(&t, text, sizeof(text)),
		     (char *)"1 process: 1 patched"));
	suture_totals_count(procs, 0, &t);
	cr_expect(eq(str, suture_totals_text(&t, text, sizeof(text)), (char *)"0 processes"));
}

static void check_detail(const struct suture_proc *proc, const char *wanted)
{
	char detail[512];

	cr_expect(eq(str, suture_proc_detail(proc, NULL, detail, sizeof(detail)),
		     (char *)wanted));
}

Test(detail, says_why)
{
	struct suture_proc proc = {
		.state = SUTURE_PROC_WAITING, .reason = SUTURE_REASON_INSIDE, .tid = 1234,
		.func = 2, .thread_comm = "worker",
	};

	check_detail(&proc, "thread 1234 (worker) is inside function number 2");
	proc.attempts = 7;
	proc.func = SUTURE_NO_FUNC;
	strcpy(proc.thread_comm, "a\033[2J");
	check_detail(&proc, "thread 1234 (a\\x1b[2J) is inside a function of the patch; 7 attempts");
	proc.reason = SUTURE_REASON_BUSY;
	check_detail(&proc, "a lock or a page of the process was not free; 7 attempts");

	proc = (struct suture_proc){ .state = SUTURE_PROC_FAILED, .error = -ENOMEM };
	check_detail(&proc, "Cannot allocate memory (error 12)");
	proc = (struct suture_proc){ .state = SUTURE_PROC_PATCHED };
	check_detail(&proc, "");
	proc = (struct suture_proc){ .state = SUTURE_PROC_UNPATCHED };
	check_detail(&proc, "not reached yet");
	proc = (struct suture_proc){ .state = SUTURE_PROC_REFUSED, .reason = 99 };
	check_detail(&proc, "reason 99");
}

Test(detail, hooks_and_rules)
{
	struct suture_proc proc = {
		.state = SUTURE_PROC_REFUSED, .reason = SUTURE_REASON_HOOK, .error = 7, .func = 2,
	};

	check_detail(&proc, "the hook number 2 refused with 7");
	proc.error = -3;
	check_detail(&proc, "the hook number 2 refused with -3");
	proc = (struct suture_proc){
		.state = SUTURE_PROC_FAILED, .reason = SUTURE_REASON_HOOK_LATE,
		.error = -ETIMEDOUT, .tid = 5, .func = SUTURE_NO_FUNC,
	};
	check_detail(&proc, "the hook did not return in time in thread 5");
	proc = (struct suture_proc){
		.state = SUTURE_PROC_WAITING, .reason = SUTURE_REASON_ALTSTACK, .tid = 5,
	};
	check_detail(&proc, "thread 5 runs on another stack");
	proc = (struct suture_proc){
		.state = SUTURE_PROC_NOT_APPLICABLE, .reason = SUTURE_REASON_CANARY,
	};
	check_detail(&proc, "not one of the canaries; `suture promote' goes on to it");
}

static uint32_t state_with(uint32_t reason)
{
	switch (reason) {
	case SUTURE_REASON_INSIDE:
	case SUTURE_REASON_RUNNING:
	case SUTURE_REASON_FORKING:
	case SUTURE_REASON_ALTSTACK:
	case SUTURE_REASON_BUSY:
	case SUTURE_REASON_HOOK_NOBODY:
	case SUTURE_REASON_LINKER:
	case SUTURE_REASON_HOOKS_DUE:
		return SUTURE_PROC_WAITING;
	case SUTURE_REASON_NOT_EXEC:
	case SUTURE_REASON_INCOMPLETE:
	case SUTURE_REASON_SCOPE:
	case SUTURE_REASON_CANARY:
		return SUTURE_PROC_NOT_APPLICABLE;
	case SUTURE_REASON_PARTLY:
	case SUTURE_REASON_REPLACED:
		return SUTURE_PROC_PATCHED;
	case SUTURE_REASON_HOOK_LATE:
		return SUTURE_PROC_FAILED;
	}
	return SUTURE_PROC_REFUSED;
}

Test(detail, every_reason_has_words)
{
	uint32_t reason, other;

	for (reason = SUTURE_REASON_INSIDE; reason <= SUTURE_REASON_HOOKS_DUE; reason++) {
		struct suture_proc proc = { .state = state_with(reason), .reason = reason };
		char detail[512];

		suture_proc_detail(&proc, NULL, detail, sizeof(detail));
		cr_expect(strlen(detail) > 10 && strncmp(detail, "reason", 6), "%u: %s", reason,
			  detail);
		for (other = 0; other < reason; other++)
			cr_expect(ne(str, (char *)suture_proc_reason_name(reason),
				     (char *)suture_proc_reason_name(other)));
	}
	cr_expect(eq(str, (char *)suture_proc_reason_name(99), (char *)"unknown"));
	cr_expect(eq(str, (char *)suture_proc_state_name(99), (char *)"unknown"));
	cr_expect(eq(str, (char *)suture_patch_state_name(0), (char *)"unknown"));
	cr_expect(eq(str, (char *)suture_patch_state_name(SUTURE_PATCH_REVERTING),
		     (char *)"reverting"));
}
