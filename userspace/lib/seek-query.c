// SPDX-License-Identifier: GPL-2.0-only
/* The text of a query: sections and KEY=VALUE, as in suture.conf. */
#include <stdlib.h>
#include <string.h>

#include "dropin.h"
#include "seek.h"

struct reader {
	struct suture_seek_query *query;
	struct suture_seek_entry *entry;	/* whose section it is, or NULL */
	unsigned int line;
};

/* What a key wants behind its `='. */
enum shape {
	WHAT = 1,	/* SYMBOL or @ENTRY */
	WHAT_TIMES,	/* the same, and perhaps xN */
	ENTRY,		/* @ENTRY */
	STRING,		/* "TEXT" */
	STRING_PLUS,	/* "TEXT" +N */
	RANGE,		/* N or N-M */
	NUMBER_WHAT,	/* N, then SYMBOL or @ENTRY */
};

#define REF(kind)	(1U << (kind))

static const struct key {
	const char *name;
	enum suture_seek_kind kind;	/* of the sections it may be in */
	enum suture_seek_key key;
	enum shape shape;
	unsigned int refs;		/* kinds of entries that it may name */
	bool once;			/* at most once in a section */
} keys[] = {
	{ "Calls", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_CALLS, WHAT_TIMES, REF(SUTURE_SEEK_FUNCTION),
	  false },
	{ "JumpsTo", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_JUMPS_TO, WHAT_TIMES,
	  REF(SUTURE_SEEK_FUNCTION), false },
	{ "CalledBy", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_CALLED_BY, ENTRY,
	  REF(SUTURE_SEEK_FUNCTION), false },
	{ "JumpedToBy", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_JUMPED_BY, ENTRY,
	  REF(SUTURE_SEEK_FUNCTION), false },
	{ "CalleeOf", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_CALLEE_OF, ENTRY, REF(SUTURE_SEEK_CALL),
	  false },
	{ "String", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_STRING, STRING, 0, false },
	{ "Table", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_TABLE, STRING_PLUS, 0, false },
	{ "Size", SUTURE_SEEK_FUNCTION, SUTURE_SEEK_SIZE, RANGE, 0, true },
	{ "In", SUTURE_SEEK_CALL, SUTURE_SEEK_IN, ENTRY, REF(SUTURE_SEEK_FUNCTION), true },
	{ "To", SUTURE_SEEK_CALL, SUTURE_SEEK_TO, WHAT, REF(SUTURE_SEEK_FUNCTION), true },
	{ "Before", SUTURE_SEEK_CALL, SUTURE_SEEK_BEFORE, WHAT, REF(SUTURE_SEEK_FUNCTION), true },
	{ "After", SUTURE_SEEK_CALL, SUTURE_SEEK_AFTER, WHAT, REF(SUTURE_SEEK_FUNCTION), true },
	{ "At", SUTURE_SEEK_REGISTER, SUTURE_SEEK_AT, ENTRY, REF(SUTURE_SEEK_CALL), true },
	{ "Argument", SUTURE_SEEK_REGISTER, SUTURE_SEEK_ARGUMENT, NUMBER_WHAT,
	  REF(SUTURE_SEEK_FUNCTION), false },
};

#define NR_KEYS (sizeof(keys) / sizeof(*keys))

static const char *const kinds[] = {
	[SUTURE_SEEK_FUNCTION] = "function",
	[SUTURE_SEEK_CALL] = "call",
	[SUTURE_SEEK_REGISTER] = "register",
};

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

/* A C identifier: it becomes a part of macros' names. */
static bool is_name(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char all[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	return *name && strchr(first, *name) && strspn(name, all) == strlen(name) &&
	       strlen(name) < SUTURE_SEEK_NAME_MAX;
}

/* A number at *text, decimal or 0x…; moves behind it. */
static bool take_number(char **text, uint64_t *ret)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	*ret = strtoull(*text, &end, 0);
	if (errno || *ret > INT64_MAX)
		return false;
	*text = end;
	return true;
}

/* "TEXT" at *text: with \" and \\, and nothing else behind a backslash. */
static bool take_string(char **text, char *ret)
{
	char *p = *text;

	if (*p++ != '"')
		return false;
	for (; *p && *p != '"'; p++) {
		if (*p == '\\' && *++p != '"' && *p != '\\')
			return false;
		*ret++ = *p;
	}
	*ret = '\0';
	if (!*p)
		return false;
	*text = p + 1 + strspn(p + 1, " \t");
	return true;
}

/* ------------------------------------------------------------- conditions */

static int take_entry(const struct reader *r, const struct key *key, const char *name, int *ret,
		      struct suture_error *err)
{
	const struct suture_seek_query *query = r->query;

	/* the last entry is the one that is being read */
	for (size_t i = 0; i + 1 < query->nr; i++) {
		if (strcmp(query->entries[i].name, name))
			continue;
		if (!(key->refs & REF(query->entries[i].kind)))
			return suture_error_set(err, -EINVAL, "%s=: @%s is a %s", key->name, name,
						kinds[query->entries[i].kind]);
		*ret = i;
		return 0;
	}
	return suture_error_set(err, -EINVAL, "%s=: there is no section for @%s before this one",
				key->name, name);
}

/* SYMBOL or @ENTRY, the rest of the line. */
static int take_what(const struct reader *r, const struct key *key, char *text,
		     struct suture_seek_cond *cond, struct suture_error *err)
{
	if (!*text || strpbrk(text, " \t\""))
		return -EINVAL;
	if (*text == '@')
		return take_entry(r, key, text + 1, &cond->ref, err);
	cond->what = strdup(text);
	return cond->what ? 0 : -ENOMEM;
}

/* Cuts " xN" off the end. */
static bool take_times(char *text, uint64_t *ret)
{
	char *times = strrchr(text, ' '), *p;

	if (!times || times[1] != 'x')
		return true;
	p = times + 2;
	if (!take_number(&p, ret) || *p || !*ret)
		return false;
	*times = '\0';
	return true;
}

static int parse_value(const struct reader *r, const struct key *key, char *value,
		       struct suture_seek_cond *cond, struct suture_error *err)
{
	switch (key->shape) {
	case ENTRY:
		if (*value != '@')
			return -EINVAL;
		return take_entry(r, key, value + 1, &cond->ref, err);
	case WHAT_TIMES:
		if (!take_times(value, &cond->count))
			return -EINVAL;
		return take_what(r, key, trim(value), cond, err);
	case WHAT:
		return take_what(r, key, value, cond, err);
	case NUMBER_WHAT:
		if (!take_number(&value, &cond->count) || !cond->count || cond->count > 6)
			return -EINVAL;
		return take_what(r, key, trim(value), cond, err);
	case STRING:
	case STRING_PLUS:
		cond->what = malloc(strlen(value) + 1);
		if (!cond->what)
			return -ENOMEM;
		if (!take_string(&value, cond->what) || !*cond->what)
			return -EINVAL;
		if (key->shape == STRING_PLUS &&
		    (*value++ != '+' || !take_number(&value, &cond->count) ||
		     cond->count % 8 || cond->count > 4096))
			return -EINVAL;
		return *value ? -EINVAL : 0;
	case RANGE:
		if (!take_number(&value, &cond->count))
			return -EINVAL;
		cond->most = cond->count;
		if (*value == '-' && (value++, !take_number(&value, &cond->most)))
			return -EINVAL;
		return *value || cond->most < cond->count ? -EINVAL : 0;
	}
	return -EINVAL;
}

static const char *const wanted[] = {
	[WHAT] = "a symbol or @NAME of an earlier section",
	[WHAT_TIMES] = "a symbol or @NAME of an earlier section, and perhaps xN",
	[ENTRY] = "@NAME of an earlier section",
	[STRING] = "\"TEXT\"",
	[STRING_PLUS] = "\"TEXT\" +N, N a multiple of 8 of at most 4096",
	[RANGE] = "N or N-M",
	[NUMBER_WHAT] = "1 to 6, then a symbol or @NAME of an earlier section",
};

static int parse_cond(struct reader *r, const char *line, char *name, char *value,
		      struct suture_error *err)
{
	struct suture_seek_entry *entry = r->entry;
	struct suture_seek_cond *cond;
	const struct key *key = NULL;
	int ret;

	for (size_t i = 0; i < NR_KEYS; i++)
		if (keys[i].kind == entry->kind && !strcmp(keys[i].name, name))
			key = &keys[i];
	if (!key)
		return suture_error_set(err, -EINVAL, "a [%s] has no key %s=", kinds[entry->kind],
					name);
	for (size_t i = 0; key->once && i < entry->nr_conds; i++)
		if (entry->conds[i].key == key->key)
			return suture_error_set(err, -EINVAL, "%s= stands there already", name);
	if (entry->nr_conds == SUTURE_SEEK_CONDS_MAX)
		return suture_error_set(err, -EINVAL, "more than %d lines in a section",
					SUTURE_SEEK_CONDS_MAX);
	cond = &entry->conds[entry->nr_conds++];
	cond->key = key->key;
	cond->line = r->line;
	cond->ref = -1;
	cond->text = strdup(line);
	if (!cond->text)
		return suture_error_nomem(err);
	err->code = 0;
	ret = parse_value(r, key, value, cond, err);
	if (ret == -ENOMEM)
		return suture_error_nomem(err);
	if (ret && !err->code)
		suture_error_set(err, ret, "%s: wanted is %s", cond->text, wanted[key->shape]);
	return ret;
}

/* --------------------------------------------------------------- sections */

/* What a section must have. */
static int check_entry(const struct suture_seek_entry *entry, struct suture_error *err)
{
	static const struct {
		enum suture_seek_kind kind;
		enum suture_seek_key key;
		const char *name;
	} must[] = {
		{ SUTURE_SEEK_CALL, SUTURE_SEEK_IN, "In" },
		{ SUTURE_SEEK_REGISTER, SUTURE_SEEK_AT, "At" },
		{ SUTURE_SEEK_REGISTER, SUTURE_SEEK_ARGUMENT, "Argument" },
	};
	bool beyond_size = false;

	for (size_t m = 0; m < sizeof(must) / sizeof(*must); m++) {
		bool there = must[m].kind != entry->kind;

		for (size_t i = 0; i < entry->nr_conds; i++)
			there |= entry->conds[i].key == must[m].key;
		if (!there)
			return suture_error_set(err, -EINVAL, "[%s %s] has no %s=",
						kinds[entry->kind], entry->name, must[m].name);
	}
	for (size_t i = 0; i < entry->nr_conds; i++)
		beyond_size |= entry->conds[i].key != SUTURE_SEEK_SIZE;
	if (!beyond_size)
		return suture_error_set(err, -EINVAL,
			"[%s %s] does not say what the function does (Calls=, String=, …)",
			kinds[entry->kind], entry->name);
	return 0;
}

static int begin_section(struct reader *r, char *line, struct suture_error *err)
{
	struct suture_seek_query *query = r->query;
	size_t len = strlen(line), kind;
	char *name = strchr(line, ' ');
	int ret = r->entry ? check_entry(r->entry, err) : 0;

	if (ret)
		return ret;
	if (line[len - 1] != ']' || !name)
		return suture_error_set(err, -EINVAL, "a section is [function NAME], [call NAME] or [register NAME]");
	line[len - 1] = '\0';
	*name++ = '\0';
	name = trim(name);
	for (kind = SUTURE_SEEK_FUNCTION; kind <= SUTURE_SEEK_REGISTER; kind++)
		if (!strcmp(kinds[kind], line + 1))
			break;
	if (kind > SUTURE_SEEK_REGISTER)
		return suture_error_set(err, -EINVAL, "unknown section [%s …] (there are function, call and register)",
					line + 1);
	if (!is_name(name))
		return suture_error_set(err, -EINVAL, "`%s' is no name: letters, digits and _, at most %d",
					name, SUTURE_SEEK_NAME_MAX - 1);
	for (size_t i = 0; i < query->nr; i++)
		if (!strcasecmp(query->entries[i].name, name))
			return suture_error_set(err, -EINVAL, "there is a section of the name %s already (line %u)",
						query->entries[i].name, query->entries[i].line);
	if (query->nr == SUTURE_SEEK_ENTRIES_MAX)
		return suture_error_set(err, -EINVAL, "more than %d sections",
					SUTURE_SEEK_ENTRIES_MAX);
	r->entry = &query->entries[query->nr++];
	r->entry->kind = kind;
	r->entry->line = r->line;
	strcpy(r->entry->name, name);
	return 0;
}

static int parse_line(struct reader *r, char *text, struct suture_error *err)
{
	char *key = trim(text), *value, *line;
	int ret;

	if (!*key || *key == '#' || *key == ';')
		return 0;
	if (*key == '[')
		return begin_section(r, key, err);
	line = strdup(key);
	if (!line)
		return suture_error_nomem(err);
	value = strchr(key, '=');
	if (!value) {
		ret = suture_error_set(err, -EINVAL, "neither [KIND NAME] nor KEY=VALUE");
	} else if (!r->entry) {
		ret = suture_error_set(err, -EINVAL, "it stands before any section");
	} else {
		*value++ = '\0';
		ret = parse_cond(r, line, trim(key), trim(value), err);
	}
	free(line);
	return ret;
}

int suture_seek_parse(const char *text, size_t len, const char *name,
		      struct suture_seek_query *ret_query, struct suture_error *err)
{
	struct suture_seek_query query = { 0 };
	struct reader r = { .query = &query, .line = 1 };
	const char *end = text + len, *next;
	struct suture_error why = { 0 };
	char *line;
	int ret = 0;

	query.entries = calloc(SUTURE_SEEK_ENTRIES_MAX, sizeof(*query.entries));
	if (!query.entries)
		return suture_error_nomem(err);
	for (; !ret && text < end; text = next + 1, r.line += !ret) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		line = strndup(text, next - text);
		if (!line)
			ret = suture_error_nomem(&why);
		else if (memchr(text, '\0', next - text))
			ret = suture_error_set(&why, -EINVAL, "a NUL byte: no text");
		else
			ret = parse_line(&r, line, &why);
		free(line);
	}
	if (!ret && r.entry)
		ret = check_entry(r.entry, &why);
	if (!ret && !query.nr)
		ret = suture_error_set(&why, -EINVAL, "there is no section in it");
	if (ret) {
		suture_error_set(err, ret, "%s:%u: %s", name, r.line, why.text);
		suture_seek_free(&query);
		return ret;
	}
	*ret_query = query;
	return 0;
}

static int parse_file(const char *text, size_t len, const char *name, void *arg,
		      struct suture_error *err)
{
	return suture_seek_parse(text, len, name, arg, err);
}

int suture_seek_read(const char *path, struct suture_seek_query *ret, struct suture_error *err)
{
	return suture_conf_file(path, "a query", parse_file, ret, err);
}

void suture_seek_free(struct suture_seek_query *query)
{
	for (size_t i = 0; i < query->nr; i++) {
		for (size_t k = 0; k < query->entries[i].nr_conds; k++) {
			free(query->entries[i].conds[k].text);
			free(query->entries[i].conds[k].what);
		}
	}
	free(query->entries);
	memset(query, 0, sizeof(*query));
}
