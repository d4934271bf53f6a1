// SPDX-License-Identifier: GPL-2.0
/*
 * pick WORD...: one thing out of the JSON on standard input, for what scenarios ask
 * again and again: jq takes a quarter of a second to begin on an emulated processor.
 *
 *	NAME		that member of an object
 *	NUMBER		that element of an array
 *	NAME=VALUE	the elements of an array of which the member NAME is VALUE
 *	length		of an array
 *
 * Prints strings as they are, "-" for null, false and members that are not there,
 * nothing for elements that are not there. Exit status 1: that is no JSON.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text;

static void fail(const char *at, const char *why)
{
	fprintf(stderr, "pick: %s at byte %zu\n", why, (size_t)(at - text));
	exit(1);
}

static char *blank(char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
		p++;
	return p;
}

/* behind the string that begins at p */
static char *skip_string(char *p)
{
	for (p++; *p != '"'; p++) {
		if (!*p || (*p == '\\' && !*++p))
			fail(p, "a string has no end");
	}
	return p + 1;
}

static char *skip_list(char *p, char end, bool members);

/* behind the value that begins at p */
static char *skip(char *p)
{
	char *from = p;

	if (*p == '"')
		return skip_string(p);
	if (*p == '{')
		return skip_list(p, '}', true);
	if (*p == '[')
		return skip_list(p, ']', false);
	while (isalnum((unsigned char)*p) || *p == '-' || *p == '+' || *p == '.')
		p++;
	if (p == from)
		fail(p, "no value");
	return p;
}

/* Goes to the first (p is the bracket) or to the next thing of a list; NULL: no more.
 * *end is behind the list then. */
static char *next(char *p, char close, bool first, char **end)
{
	p = blank(first ? p + 1 : p);
	if (*p == close) {
		*end = p + 1;
		return NULL;
	}
	if (!first) {
		if (*p != ',')
			fail(p, "no comma");
		p = blank(p + 1);
	}
	return p;
}

/* from the name of a member to its value */
static char *value_of(char *p)
{
	if (*p != '"')
		fail(p, "no name");
	p = blank(skip_string(p));
	if (*p != ':')
		fail(p, "no colon");
	return blank(p + 1);
}

static char *skip_list(char *p, char close, bool members)
{
	bool first = true;
	char *end = NULL;

	while ((p = next(p, close, first, &end))) {
		p = skip(members ? value_of(p) : p);
		first = false;
	}
	return end;
}

static bool is_string(char *p, const char *wanted)
{
	size_t len = strlen(wanted);

	return *p == '"' && (size_t)(skip_string(p) - p) == len + 2 && !memcmp(p + 1, wanted, len);
}

static char *member(char *p, const char *name)
{
	bool first = true;
	char *end;

	if (*p != '{')
		return NULL;
	while ((p = next(p, '}', first, &end))) {
		char *value = value_of(p);

		if (is_string(p, name))
			return value;
		p = skip(value);
		first = false;
	}
	return NULL;
}

static bool is_value(char *p, const char *wanted)
{
	size_t len = strlen(wanted);

	if (!p)
		return false;
	return is_string(p, wanted) || ((size_t)(skip(p) - p) == len && !memcmp(p, wanted, len));
}

static void print(char *p)
{
	char *end = skip(p);

	if (is_value(p, "null") || is_value(p, "false")) {
		puts("-");
		return;
	}
	if (*p != '"') {
		printf("%.*s\n", (int)(end - p), p);
		return;
	}
	for (p++, end--; p < end; p++) {
		if (*p == '\\') {
			p++;
			if (!strchr("\"\\/", *p))
				fail(p, "an escape that is not known here");
		}
		putchar(*p);
	}
	putchar('\n');
}

static void pick(char *p, char **words);

static void pick_elements(char *p, char **words)
{
	char *equals = strchr(words[0], '=');
	bool first = true;
	long i = 0, index;
	char *end;

	if (equals)
		*equals = '\0';
	index = isdigit((unsigned char)words[0][0]) ? strtol(words[0], NULL, 10) : -1;
	for (; (p = next(p, ']', first, &end)); i++) {
		if (equals ? is_value(member(p, words[0]), equals + 1) : i == index)
			pick(p, words + 1);
		p = skip(p);
		first = false;
	}
	if (equals)
		*equals = '=';
	else if (!strcmp(words[0], "length"))
		printf("%ld\n", i);
	else if (index < 0)
		fail(text, "an array has no members");
}

static void pick(char *p, char **words)
{
	if (!words[0])
		print(p);
	else if (*p == '[')
		pick_elements(p, words);
	else if ((p = member(p, words[0])))
		pick(p, words + 1);
	else
		puts("-");
}

int main(int argc, char **argv)
{
	size_t size = 0, room = 0, got;
	char *p;

	(void)argc;
	do {
		room += 65536;
		text = realloc(text, room + 1);
		if (!text)
			return 1;
		got = fread(text + size, 1, room - size, stdin);
		size += got;
	} while (size == room);
	text[size] = '\0';
	p = blank(text);
	if (*blank(skip(p)))
		fail(text + size, "more than one value");
	pick(p, argv + 1);
	return 0;
}
