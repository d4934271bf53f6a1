// SPDX-License-Identifier: GPL-2.0-only
/* The folders in which libraries and programs usually are. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "libdirs.h"

#define LD_SO_CONF	"/etc/ld.so.conf"
#define INCLUDE_DEPTH	8	/* ends files that include each other */

static const char *const patterns[] = {
	"/lib", "/lib64", "/lib32", "/usr/lib", "/usr/lib64", "/usr/lib32", "/usr/local/lib",
	"/usr/local/lib64", "/lib/*-linux-*", "/usr/lib/*-linux-*", "/usr/local/lib/*-linux-*",
	"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin",
	"/usr/libexec",
};

int suture_strv_add(char ***list, size_t *nr, const char *text)
{
	char **grown = reallocarray(*list, *nr + 2, sizeof(**list));

	if (!grown)
		return -ENOMEM;
	*list = grown;
	grown[*nr] = strdup(text);
	if (!grown[*nr])
		return -ENOMEM;
	grown[++*nr] = NULL;
	return 0;
}

void suture_strv_free(char **list)
{
	size_t i;

	for (i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

/* /lib is often a link to /usr/lib: each folder once. */
static int add_folder(char ***list, size_t *nr, const char *path)
{
	struct stat st, other;
	size_t i;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return 0;
	for (i = 0; i < *nr; i++)
		if (!stat((*list)[i], &other) && other.st_dev == st.st_dev &&
		    other.st_ino == st.st_ino)
			return 0;
	return suture_strv_add(list, nr, path);
}

static int read_conf(char ***list, size_t *nr, const char *path, int depth)
{
	char *line = NULL, *word, *save, *end;
	size_t size = 0, i;
	glob_t found;
	FILE *file;
	int ret = 0;

	file = fopen(path, "re");
	if (!file)
		return 0;	/* no such configuration is nothing wrong */
	while (!ret && getline(&line, &size, file) >= 0) {
		end = strchr(line, '#');
		if (end)
			*end = '\0';
		word = strtok_r(line, " \t\n,:", &save);
		if (!word)
			continue;
		if (strcmp(word, "include")) {
			for (; !ret && word; word = strtok_r(NULL, " \t\n,:", &save))
				if (*word == '/')
					ret = add_folder(list, nr, word);
			continue;
		}
		while (!ret && depth && (word = strtok_r(NULL, " \t\n", &save))) {
			char full[4096];

			/* A relative pattern is relative to the file's folder. */
			snprintf(full, sizeof(full), "%s%s", *word == '/' ? "" : "/etc/", word);
			if (glob(full, 0, NULL, &found))
				continue;
			for (i = 0; !ret && i < found.gl_pathc; i++)
				ret = read_conf(list, nr, found.gl_pathv[i], depth - 1);
			globfree(&found);
		}
	}
	free(line);
	fclose(file);
	return ret;
}

char **suture_libdirs(void)
{
	char **list = NULL;
	size_t nr = 0, i, j;
	glob_t found;
	int ret = 0;

	for (i = 0; !ret && i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (j = 0; !ret && j < found.gl_pathc; j++)
			ret = add_folder(&list, &nr, found.gl_pathv[j]);
		globfree(&found);
	}
	if (!ret)
		ret = read_conf(&list, &nr, LD_SO_CONF, INCLUDE_DEPTH);
	if (!ret && !list) {
		list = calloc(1, sizeof(*list));
		return list;
	}
	if (ret) {
		suture_strv_free(list);
		return NULL;
	}
	return list;
}
