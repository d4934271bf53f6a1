// SPDX-License-Identifier: GPL-2.0-only
/* The text of a query for `suture find': what is taken, and what is refused with which words. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "seek.h"

static int parse(const char *text, struct suture_seek_query *query, struct suture_error *err)
{
	memset(query, 0xa5, sizeof(*query));
	memset(err, 0, sizeof(*err));
	return suture_seek_parse(text, strlen(text), "q.find", query, err);
}

/* Refused, at that line, with these words. */
static void bad(const char *text, unsigned int line, const char *words)
{
	struct suture_seek_query query;
	struct suture_error err;
	char where[32];

	cr_assert_eq(parse(text, &query, &err), -EINVAL, "taken: %s", text);
	snprintf(where, sizeof(where), "q.find:%u: ", line);
	cr_expect_eq(strncmp(err.text, where, strlen(where)), 0, "%s: %s", where, err.text);
	cr_expect_not_null(strstr(err.text, words), "`%s' is not in: %s", words, err.text);
}

Test(seek_query, all_keys)
{
	static const char text[] =
		"# a comment\n"
		"[function outer]\n"
		"  Calls = free x2  \r\n"
		"Calls=_ZN3fooEv\n"
		"JumpsTo=bar\n"
		"String=\"a \\\"b\\\" \\\\ # c\"\n"
		"Table=\"name\" +0x10\n"
		"Size=0x10-4096\n"
		"\n"
		"[call site]\n"
		"In=@outer\n"
		"To=free\n"
		"Before=@outer\n"
		"After=malloc\n"
		"; another\n"
		"[function inner]\n"
		"CalleeOf=@site\n"
		"CalledBy=@outer\n"
		"JumpedToBy=@outer\n"
		"Size=7\n"
		"[register value]\n"
		"At=@site\n"
		"Argument=2 @inner\n"
		"Argument=1 free";
	struct suture_seek_query query;
	struct suture_error err;
	const struct suture_seek_cond *c;

	cr_assert_eq(parse(text, &query, &err), 0, "%s", err.text);
	cr_assert_eq(query.nr, 4);
	cr_expect_str_eq(query.entries[0].name, "outer");
	cr_expect_eq(query.entries[0].line, 2);
	cr_assert_eq(query.entries[0].nr_conds, 6);
	c = query.entries[0].conds;
	cr_expect(c[0].key == SUTURE_SEEK_CALLS && c[0].count == 2 && c[0].ref == -1);
	cr_expect_str_eq(c[0].what, "free");
	cr_expect_str_eq(c[0].text, "Calls = free x2");
	cr_expect_eq(c[0].line, 3);
	cr_expect(c[1].count == 0 && !strcmp(c[1].what, "_ZN3fooEv"));
	cr_expect_eq(c[2].key, SUTURE_SEEK_JUMPS_TO);
	cr_expect_str_eq(c[3].what, "a \"b\" \\ # c");
	cr_expect(!strcmp(c[4].what, "name") && c[4].count == 16);
	cr_expect(c[5].count == 16 && c[5].most == 4096);
	c = query.entries[1].conds;
	cr_expect_eq(query.entries[1].kind, SUTURE_SEEK_CALL);
	cr_expect(c[0].ref == 0 && !c[0].what && c[2].ref == 0 && c[3].ref == -1);
	c = query.entries[2].conds;
	cr_expect(c[0].key == SUTURE_SEEK_CALLEE_OF && c[0].ref == 1);
	cr_expect(c[3].count == 7 && c[3].most == 7);
	c = query.entries[3].conds;
	cr_expect(c[1].count == 2 && c[1].ref == 2 && c[2].count == 1);
	suture_seek_free(&query);
	suture_seek_free(&query);	/* of zeros */
}

Test(seek_query, sections)
{
	bad("", 1, "there is no section in it");
	bad("# only\n\n", 3, "there is no section in it");
	bad("Calls=free\n", 1, "it stands before any section");
	bad("[function f]\nCalls\n", 2, "neither [KIND NAME] nor KEY=VALUE");
	bad("[function f\nCalls=free\n", 1, "a section is [function NAME]");
	bad("[function]\n", 1, "a section is [function NAME]");
	bad("[variable f]\n", 1, "unknown section [variable …]");
	bad("[function 1f]\n", 1, "is no name");
	bad("[function f-g]\n", 1, "is no name");
	bad("[function ]\n", 1, "is no name");
	bad("[function f]\nCalls=a\n[call F]\n", 3, "there is a section of the name f already (line 1)");
	bad("[function f]\n[function g]\nCalls=a\n", 2, "does not say what the function does");
	bad("[function f]\nSize=1-2\n", 3, "does not say what the function does");
	bad("[function f]\nCalls=a\n[call c]\nTo=a\n", 5, "[call c] has no In=");
	bad("[function f]\nCalls=a\n[call c]\nIn=@f\n[register r]\nAt=@c\n", 7,
	    "[register r] has no Argument=");
	bad("[function f]\nCalls=a\n[call c]\nIn=@f\n[register r]\nArgument=1 a\n", 7,
	    "[register r] has no At=");
}

Test(seek_query, values)
{
	bad("[function f]\nCall=a\n", 2, "a [function] has no key Call=");
	bad("[function f]\nIn=@f\n", 2, "a [function] has no key In=");
	bad("[function f]\nCalls=\n", 2, "Calls=: wanted is a symbol");
	bad("[function f]\nCalls=a b\n", 2, "wanted is a symbol");
	bad("[function f]\nCalls=a x0\n", 2, "wanted is a symbol");
	bad("[function f]\nCalls=a x-1\n", 2, "wanted is a symbol");
	bad("[function f]\nCalls=a x99999999999999999999\n", 2, "wanted is a symbol");
	bad("[function f]\nCalls=\"a\"\n", 2, "wanted is a symbol");
	bad("[function f]\nCalls=@f\n", 2, "no section for @f before this one");
	bad("[function f]\nCalls=@\n", 2, "no section for @ before");
	bad("[function f]\nCalls=a\n[call c]\nIn=@f\n[function g]\nCalls=@c\n", 6, "@c is a call");
	bad("[function f]\nCalls=a\n[function g]\nCalleeOf=@f\n", 4, "@f is a function");
	bad("[function f]\nCalls=a\n[function g]\nCalledBy=f\n", 4, "wanted is @NAME");
	bad("[function f]\nString=a\n", 2, "wanted is \"TEXT\"");
	bad("[function f]\nString=\"a\n", 2, "wanted is \"TEXT\"");
	bad("[function f]\nString=\"\"\n", 2, "wanted is \"TEXT\"");
	bad("[function f]\nString=\"a\\n\"\n", 2, "wanted is \"TEXT\"");
	bad("[function f]\nString=\"a\\", 2, "wanted is \"TEXT\"");
	bad("[function f]\nString=\"a\" b\n", 2, "wanted is \"TEXT\"");
	bad("[function f]\nTable=\"a\"\n", 2, "wanted is \"TEXT\" +N");
	bad("[function f]\nTable=\"a\" +7\n", 2, "wanted is \"TEXT\" +N");
	bad("[function f]\nTable=\"a\" +8192\n", 2, "wanted is \"TEXT\" +N");
	bad("[function f]\nCalls=a\nSize=8-\n", 3, "wanted is N or N-M");
	bad("[function f]\nCalls=a\nSize=9-8\n", 3, "wanted is N or N-M");
	bad("[function f]\nCalls=a\nSize=0x8000000000000000\n", 3, "wanted is N or N-M");
	bad("[function f]\nCalls=a\nSize=1\nSize=1\n", 4, "Size= stands there already");
	bad("[function f]\nCalls=a\n[call c]\nIn=@f\n[register r]\nAt=@c\nArgument=0 a\n", 7,
	    "wanted is 1 to 6");
	bad("[function f]\nCalls=a\n[call c]\nIn=@f\n[register r]\nAt=@c\nArgument=7 a\n", 7,
	    "wanted is 1 to 6");
	bad("[function f]\nCalls=a\n[call c]\nIn=@f\n[register r]\nAt=@c\nArgument=1\n", 7,
	    "wanted is 1 to 6");
}

Test(seek_query, nul)
{
	struct suture_seek_query query;
	struct suture_error err;

	cr_assert_eq(suture_seek_parse("[function f]\nCalls=a\0b\n", 23, "q.find", &query, &err),
		     -EINVAL);
	cr_expect_str_eq(err.text, "q.find:2: a NUL byte: no text");
}

/* One section, or one line in a section, more than there may be. */
Test(seek_query, too_much)
{
	char text[16384];
	size_t len = 0;

	for (int i = 0; i <= SUTURE_SEEK_ENTRIES_MAX; i++)
		len += snprintf(text + len, sizeof(text) - len, "[function f%d]\nCalls=a\n", i);
	bad(text, 2 * SUTURE_SEEK_ENTRIES_MAX + 1, "more than 64 sections");
	len = snprintf(text, sizeof(text), "[function f]\n");
	for (int i = 0; i <= SUTURE_SEEK_CONDS_MAX; i++)
		len += snprintf(text + len, sizeof(text) - len, "Calls=a\n");
	bad(text, SUTURE_SEEK_CONDS_MAX + 2, "more than 16 lines in a section");
	len = snprintf(text, sizeof(text), "[function ");
	memset(text + len, 'x', SUTURE_SEEK_NAME_MAX);
	strcpy(text + len + SUTURE_SEEK_NAME_MAX, "]\n");
	bad(text, 1, "is no name");
}

/* Each beginning of a good text, and each with one byte changed, is taken or refused. */
Test(seek_query, damaged)
{
	static const char text[] =
		"[function f]\nCalls=a x2\nString=\"a\\\\b\"\nTable=\"t\" +8\nSize=1-9\n"
		"[call c]\nIn=@f\nBefore=a\n[register r]\nAt=@c\nArgument=1 @f\n";
	struct suture_seek_query query;
	struct suture_error err;
	char copy[sizeof(text)];
	size_t taken = 0;

	for (size_t len = 0; len < sizeof(text); len++) {
		char *exact = malloc(len + 1);	/* for valgrind and the sanitizers */

		memcpy(exact, text, len);
		if (!suture_seek_parse(exact, len, "q", &query, &err)) {
			suture_seek_free(&query);
			taken++;
		}
		free(exact);
	}
	cr_expect_gt(taken, 5);
	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		for (int byte = 1; byte < 256; byte += 3) {
			memcpy(copy, text, sizeof(text));
			copy[i] = byte;
			if (!suture_seek_parse(copy, sizeof(text) - 1, "q", &query, &err))
				suture_seek_free(&query);
			else
				cr_assert_eq(strncmp(err.text, "q:", 2), 0, "%s", err.text);
		}
	}
}

Test(seek_query, files)
{
	char path[] = "/tmp/suture-seek-XXXXXX";
	struct suture_seek_query query;
	struct suture_error err;
	int fd = mkstemp(path);

	cr_assert_eq(write(fd, "[function f]\nCalls=a\n", 21), 21);
	cr_assert_eq(suture_seek_read(path, &query, &err), 0, "%s", err.text);
	cr_expect_eq(query.nr, 1);
	suture_seek_free(&query);
	cr_assert_eq(ftruncate(fd, 2 << 20), 0);
	cr_expect_lt(suture_seek_read(path, &query, &err), 0);
	close(fd);
	unlink(path);
	cr_expect_eq(suture_seek_read(path, &query, &err), -ENOENT);
	cr_expect_not_null(strstr(err.text, path));
	/* the one of the tree */
	cr_assert_eq(suture_seek_read(SUTURE_TOP "/patches/webkit-navigation-origin/webkit-navigation-origin.find",
				      &query, &err), 0, "%s", err.text);
	cr_expect_eq(query.nr, 6);
	suture_seek_free(&query);
}
