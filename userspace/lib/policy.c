// SPDX-License-Identifier: GPL-2.0-only
/* What this machine's policy keeps from being patched. */
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "policy.h"
#include "text.h"

#define POLICY_FILE_MAX	(1 << 20)

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

/* One file of a folder; where there are several of a name, the first counts. */
struct drop_in {
	char *path;
	const char *name;	/* in path */
	unsigned int rank;	/* of its folder */
};

static int add_drop_in(struct drop_in **list, size_t *nr, const char *dir, const char *name,
		       unsigned int rank)
{
	struct drop_in *grown = reallocarray(*list, *nr + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	if (asprintf(&grown[*nr].path, "%s/%s", dir, name) < 0)
		return -ENOMEM;
	grown[*nr].name = strrchr(grown[*nr].path, '/') + 1;
	grown[*nr].rank = rank;
	++*nr;
	return 0;
}

static bool is_conf(const char *name)
{
	size_t len = strlen(name);

	return *name != '.' && len > 5 && !strcmp(name + len - 5, ".conf");
}

static int list_dir(const char *dir, unsigned int rank, struct drop_in **list, size_t *nr)
{
	struct dirent *entry;
	DIR *stream;
	int ret = 0;

	stream = opendir(dir);
	if (!stream)
		return errno == ENOENT ? 0 : -errno;
	errno = 0;
	while (!ret && (entry = readdir(stream))) {
		if (is_conf(entry->d_name))
			ret = add_drop_in(list, nr, dir, entry->d_name, rank);
		errno = 0;
	}
	if (!ret)
		ret = -errno;
	closedir(stream);
	return ret;
}

static int compare(const void *a, const void *b)
{
	const struct drop_in *x = a, *y = b;
	int order = strcmp(x->name, y->name);

	return order ? order : (int)x->rank - (int)y->rank;
}

static int read_file(const char *path, struct suture_policy *policy, struct suture_error *err)
{
	char *text = NULL, clean[1024];
	struct stat st;
	size_t len = 0;
	ssize_t got = 1;
	int fd, ret = 0;

	suture_text_clean_buf(path, 0, clean, sizeof(clean));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st)) {
		ret = -errno;
		goto out;
	}
	/* A link to /dev/null is the way to hide a file of the distribution. */
	if (!S_ISREG(st.st_mode)) {
		ret = S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) ? 0 : -EINVAL;
		goto out;
	}
	ret = -EFBIG;
	if (st.st_size > POLICY_FILE_MAX)
		goto out;
	ret = -ENOMEM;
	text = malloc(POLICY_FILE_MAX + 1);
	if (!text)
		goto out;
	while (got > 0 && len <= POLICY_FILE_MAX) {
		got = read(fd, text + len, POLICY_FILE_MAX + 1 - len);
		len += got > 0 ? got : 0;
	}
	ret = got < 0 ? -errno : 0;
	if (!ret) {
		ret = suture_policy_parse(text, len, clean, policy, err);
		goto out_said;
	}
out:
	if (ret)
		suture_error_set(err, ret, "%s: cannot be read as a policy: %s", clean,
				 strerror(-ret));
out_said:
	free(text);
	if (fd >= 0)
		close(fd);
	return ret;
}

int suture_policy_read(const char *const *dirs, struct suture_policy *ret_policy,
		       struct suture_error *err)
{
	struct suture_policy policy = { 0 };
	struct drop_in *list = NULL;
	size_t nr = 0, i;
	unsigned int rank;
	int ret = 0;

	for (rank = 0; !ret && dirs[rank]; rank++) {
		ret = list_dir(dirs[rank], rank, &list, &nr);
		if (ret)
			suture_error_set(err, ret, "cannot read the policy in %s: %s", dirs[rank],
					 strerror(-ret));
	}
	if (nr)
		qsort(list, nr, sizeof(*list), compare);
	for (i = 0; !ret && i < nr; i++)
		if (!i || strcmp(list[i - 1].name, list[i].name))
			ret = read_file(list[i].path, &policy, err);
	for (i = 0; i < nr; i++)
		free(list[i].path);
	free(list);
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
		ret = suture_scope_add(scope, SUTURE_RULE_EXE, policy->exes.entries[i].pattern, true,
				       err);
		if (ret)
			return suture_error_prefix(err, "%s", policy->exes.entries[i].where);
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
