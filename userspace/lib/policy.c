// SPDX-License-Identifier: GPL-2.0-only
/* What this machine's policy keeps from being patched. */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dropin.h"
#include "policy.h"

const char *const suture_policy_dirs[] = {
	"/etc/suture/policy.d", "/run/suture/policy.d", "/usr/lib/suture/policy.d", NULL
};

/* ---------------------------------------------------------------- lines */

static int add(struct suture_policy_list *list, const char *pattern, const char *where,
	       struct suture_error *err)
{
	struct suture_policy_entry *grown, *entry;
	int ret;

	grown = reallocarray(list->entries, list->nr + 1, sizeof(*grown));
	if (!grown)
		return suture_error_nomem(err);
	list->entries = grown;
	entry = &grown[list->nr];
	ret = suture_pattern_set(pattern, entry->pattern, sizeof(entry->pattern), err);
	if (ret)
		return ret;
	entry->where = strdup(where);
	if (!entry->where)
		return suture_error_nomem(err);
	list->nr++;
	return 0;
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t");
	len = strlen(text);
	while (len && strchr(" \t\r", text[len - 1]))
		text[--len] = '\0';
	return text;
}

static int parse_line(char *line, const char *where, struct suture_policy *policy,
		      struct suture_error *err)
{
	struct suture_policy_list *list;
	char *key, *value;

	key = trim(line);
	if (!*key || *key == '#' || *key == ';')
		return 0;
	value = strchr(key, '=');
	if (!value)
		return suture_error_set(err, -EINVAL, "not KEY=PATTERN");
	*value++ = '\0';
	key = trim(key);
	value = trim(value);
	if (!strcmp(key, "exclude-exe"))
		list = &policy->exes;
	else if (!strcmp(key, "exclude-target"))
		list = &policy->targets;
	else
		return suture_error_set(err, -EINVAL,
					"unknown key `%s' (there are exclude-exe and exclude-target)",
					key);
	return add(list, value, where, err);
}

int suture_policy_parse(const char *text, size_t len, const char *name,
			struct suture_policy *policy, struct suture_error *err)
{
	const char *end = text + len, *next;
	struct suture_error why = { 0 };
	unsigned int nr = 1;
	char *line, *where;
	int ret = 0;

	for (; !ret && text < end; text = next + 1, nr++) {
		next = memchr(text, '\n', end - text);
		if (!next)
			next = end;
		line = strndup(text, next - text);
		if (asprintf(&where, "%s:%u", name, nr) < 0)
			where = NULL;
		if (!line || !where)
			ret = suture_error_nomem(&why);
		else if (memchr(text, '\0', next - text))
			ret = suture_error_set(&why, -EINVAL, "a NUL byte: no text");
		else
			ret = parse_line(line, where, policy, &why);
		if (ret)
			suture_error_set(err, ret, "%s: %s", where ? where : name, why.text);
		free(line);
		free(where);
	}
	return ret;
}

/* ---------------------------------------------------------------- files */

static int parse_file(const char *text, size_t len, const char *name, void *arg,
		      struct suture_error *err)
{
	return suture_policy_parse(text, len, name, arg, err);
}

int suture_policy_read(const char *const *dirs, struct suture_policy *ret_policy,
		       struct suture_error *err)
{
	struct suture_policy policy = { 0 };
	int ret;

	ret = suture_dropin_read(dirs, "a policy", parse_file, &policy, err);
	if (ret)
		suture_policy_free(&policy);
	else
		*ret_policy = policy;
	return ret;
}

/* ---------------------------------------------------------------- effect */

void suture_policy_mark(const struct suture_policy *policy, struct suture_found *found)
{
	size_t i, j;

	for (i = 0; i < found->nr_files; i++)
		for (j = 0; j < policy->targets.nr; j++)
			/* As the kernel does it for executables: * is also for /. */
			if (!fnmatch(policy->targets.entries[j].pattern, found->files[i].path, 0))
				found->files[i].excluded = policy->targets.entries[j].where;
}

int suture_policy_scope(const struct suture_policy *policy, struct suture_scope *scope,
			struct suture_error *err)
{
	size_t i;
	int ret;

	for (i = 0; i < policy->exes.nr; i++) {
		const struct suture_policy_entry *entry = &policy->exes.entries[i];

		ret = suture_scope_add(scope, SUTURE_RULE_EXE, entry->pattern, true, err);
		if (ret)
			return suture_error_prefix(err, "%s", entry->where);
	}
	return 0;
}

static void free_list(struct suture_policy_list *list)
{
	size_t i;

	for (i = 0; i < list->nr; i++)
		free(list->entries[i].where);
	free(list->entries);
}

void suture_policy_free(struct suture_policy *policy)
{
	free_list(&policy->exes);
	free_list(&policy->targets);
	memset(policy, 0, sizeof(*policy));
}
