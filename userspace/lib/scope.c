// SPDX-License-Identifier: GPL-2.0-only
/* Which processes a patch is for: rules by process, user, cgroup and executable. */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cgroup.h"
#include "scope.h"
#include "text.h"

#define SCOPE_FILE_MAX	4096	/* sysfs shows one page; more on some machines */

static const char *const kind_names[] = {
	[SUTURE_RULE_PID] = "pid",
	[SUTURE_RULE_UID] = "uid",
	[SUTURE_RULE_CGROUP] = "cgroup",
	[SUTURE_RULE_EXE] = "exe",
};

#define NR_KINDS	(sizeof(kind_names) / sizeof(kind_names[0]))

const char *suture_rule_kind_name(uint32_t kind)
{
	return kind < NR_KINDS && kind_names[kind] ? kind_names[kind] : "unknown";
}

/* 0: there is none of that name. */
static uint32_t kind_of(const char *name, size_t len)
{
	uint32_t kind;

	for (kind = 1; kind < NR_KINDS; kind++)
		if (strlen(kind_names[kind]) == len && !strncmp(kind_names[kind], name, len))
			return kind;
	return 0;
}

/* Digits only: no sign, no space, no 0x. */
static bool number(const char *text, uint64_t max, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno && *ret <= max;
}

static int set_uid(const char *text, uint64_t *ret, struct suture_error *err)
{
	struct passwd entry, *found = NULL;
	char room[16384], clean[256];
	int ret_nr;

	if (number(text, UINT32_MAX - 1, ret))
		return 0;
	ret_nr = getpwnam_r(text, &entry, room, sizeof(room), &found);
	if (found) {
		*ret = found->pw_uid;
		return 0;
	}
	suture_text_clean_buf(text, 0, clean, sizeof(clean));
	return suture_error_set(err, ret_nr ? -ret_nr : -EINVAL,
				"there is no user of the name or number %s", clean);
}

int suture_pattern_set(const char *text, char *buf, size_t size, struct suture_error *err)
{
	char clean[1024], *real = NULL;
	const char *c;

	suture_text_clean_buf(text, 0, clean, sizeof(clean));
	if (*text != '/' && *text != '*')
		return suture_error_set(err, -EINVAL,
					"the pattern `%s' does not begin with / or *: it is for whole paths",
					clean);
	for (c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return suture_error_set(err, -EINVAL,
						"the pattern `%s' has control characters", clean);
	if (!strpbrk(text, "*?[\\"))
		real = realpath(text, NULL);
	if (real && !strpbrk(real, "*?[\\\n"))
		text = real;
	if (strlen(text) >= size) {
		free(real);
		return suture_error_set(err, -EINVAL,
					"the pattern `%s' is longer than %zu bytes", clean,
					size - 1);
	}
	strcpy(buf, text);
	free(real);
	return 0;
}

static int set_rule(struct suture_ioc_rule *rule, const char *text, struct suture_error *err)
{
	char clean[256];
	uint64_t value = 0;
	int ret = 0;

	switch (rule->kind) {
	case SUTURE_RULE_PID:
		if (!number(text, INT_MAX, &value) || !value) {
			suture_text_clean_buf(text, 0, clean, sizeof(clean));
			ret = suture_error_set(err, -EINVAL, "`%s' is no process id", clean);
		}
		break;
	case SUTURE_RULE_UID:
		ret = set_uid(text, &value, err);
		break;
	case SUTURE_RULE_CGROUP:
		ret = suture_cgroup_id(text, &value, err);
		break;
	default:
		ret = suture_pattern_set(text, rule->text, sizeof(rule->text), err);
	}
	rule->value = value;
	return ret;
}

static struct suture_ioc_rule *grow(struct suture_scope *scope)
{
	struct suture_ioc_rule *grown;

	grown = reallocarray(scope->rules, scope->nr + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	scope->rules = grown;
	memset(&grown[scope->nr], 0, sizeof(*grown));
	return &grown[scope->nr];
}

int suture_scope_add(struct suture_scope *scope, uint32_t kind, const char *text, bool except,
		     struct suture_error *err)
{
	struct suture_ioc_rule *rule = grow(scope);
	int ret;

	if (!rule)
		return suture_error_nomem(err);
	rule->kind = kind;
	rule->flags = except ? SUTURE_RULE_EXCEPT : 0;
	ret = set_rule(rule, text, err);
	if (ret)
		return ret;
	scope->nr++;
	return 0;
}

int suture_scope_add_except(struct suture_scope *scope, const char *text,
			    struct suture_error *err)
{
	const char *colon = strchr(text, ':');
	uint32_t kind = colon ? kind_of(text, colon - text) : 0;
	char clean[256];

	if (kind)
		return suture_scope_add(scope, kind, colon + 1, true, err);
	suture_text_clean_buf(text, 0, clean, sizeof(clean));
	return suture_error_set(err, -EINVAL,
				"`%s' is not KIND:VALUE with the kind pid, uid, cgroup or exe",
				clean);
}

int suture_scope_set_canary(struct suture_scope *scope, const char *text,
			    struct suture_error *err)
{
	char digits[8], clean[64];
	size_t len = strlen(text);
	uint64_t value;

	if (len && text[len - 1] == '%')
		len--;
	if (len < sizeof(digits)) {
		memcpy(digits, text, len);
		digits[len] = '\0';
		if (number(digits, 99, &value) && value) {
			scope->canary = value;
			return 0;
		}
	}
	suture_text_clean_buf(text, 0, clean, sizeof(clean));
	return suture_error_set(err, -EINVAL, "`%s' is no share of 1%% to 99%%", clean);
}

static int compare(const void *a, const void *b)
{
	const struct suture_ioc_rule *x = a, *y = b;

	if (x->flags != y->flags)
		return x->flags < y->flags ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return strcmp(x->text, y->text);
}

void suture_scope_sort(struct suture_scope *scope)
{
	size_t kept = 0, i;

	if (scope->nr)
		qsort(scope->rules, scope->nr, sizeof(*scope->rules), compare);
	for (i = 0; i < scope->nr; i++)
		if (!kept || compare(&scope->rules[kept - 1], &scope->rules[i]))
			scope->rules[kept++] = scope->rules[i];
	scope->nr = kept;
}

void suture_scope_free(struct suture_scope *scope)
{
	free(scope->rules);
	memset(scope, 0, sizeof(*scope));
}

/* "[except ]KIND VALUE" as the kernel shows it; here a number is not looked up. */
static int parse_line(const char *line, struct suture_ioc_rule *rule)
{
	static const char except[] = "except ";
	const char *space;
	uint64_t value;

	if (!strncmp(line, except, strlen(except))) {
		rule->flags = SUTURE_RULE_EXCEPT;
		line += strlen(except);
	}
	space = strchr(line, ' ');
	rule->kind = space ? kind_of(line, space - line) : 0;
	if (!rule->kind)
		return -EPROTO;
	if (rule->kind == SUTURE_RULE_EXE) {
		if (strlen(space + 1) >= sizeof(rule->text))
			return -EPROTO;
		strcpy(rule->text, space + 1);
		return 0;
	}
	if (!number(space + 1, UINT64_MAX, &value))
		return -EPROTO;
	rule->value = value;
	return 0;
}

int suture_scope_parse(char *text, struct suture_scope *ret_scope, struct suture_error *err)
{
	struct suture_scope scope = { 0 };
	struct suture_ioc_rule *rule;
	char *end;
	int ret;

	/* A last line that is cut is one that the kernel had no more room for. */
	for (; (end = strchr(text, '\n')); text = end + 1) {
		*end = '\0';
		rule = grow(&scope);
		ret = rule ? parse_line(text, rule) : -ENOMEM;
		if (ret) {
			suture_scope_free(&scope);
			return suture_error_set(err, ret, "the kernel shows a rule that this suture does not know: %s",
						text);
		}
		scope.nr++;
	}
	*ret_scope = scope;
	return 0;
}

int suture_scope_read(const char *name, struct suture_scope *ret_scope, struct suture_error *err)
{
	char path[sizeof(SUTURE_SYSFS) + SUTURE_NAME_MAX + 16], text[16 * SCOPE_FILE_MAX + 1];
	ssize_t len;
	int fd, ret;

	snprintf(path, sizeof(path), SUTURE_SYSFS "/%s/scope", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	ret = -errno;
	if (fd >= 0)
		close(fd);
	if (len < 0)
		return suture_error_set(err, ret, "cannot read %s: %s", path, strerror(-ret));
	text[len] = '\0';
	return suture_scope_parse(text, ret_scope, err);
}

char *suture_rule_text(const struct suture_ioc_rule *rule, char *buf, size_t size)
{
	const char *kind = suture_rule_kind_name(rule->kind);
	struct passwd entry, *found = NULL;
	char path[PATH_MAX], room[16384];

	switch (rule->kind) {
	case SUTURE_RULE_PID:
		if (rule->value)
			snprintf(buf, size, "%s %" PRIu64, kind, (uint64_t)rule->value);
		else
			snprintf(buf, size, "%s of a process that has ended", kind);
		break;
	case SUTURE_RULE_UID:
		getpwuid_r(rule->value, &entry, room, sizeof(room), &found);
		if (found)
			snprintf(buf, size, "%s %" PRIu64 " (%s)", kind, (uint64_t)rule->value,
				 found->pw_name);
		else
			snprintf(buf, size, "%s %" PRIu64, kind, (uint64_t)rule->value);
		break;
	case SUTURE_RULE_CGROUP:
		if (suture_cgroup_path(rule->value, path, sizeof(path)))
			snprintf(buf, size, "%s %" PRIu64, kind, (uint64_t)rule->value);
		else
			snprintf(buf, size, "%s %s", kind, path);
		break;
	default:
		snprintf(buf, size, "%s %s", kind, rule->text);
	}
	return buf;
}
