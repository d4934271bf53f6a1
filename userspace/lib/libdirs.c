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

/* The list while it is made. */
struct folders {
	char **list;
	size_t nr;
	struct { dev_t dev; ino_t ino; } *ids;	/* of list */
};

/* /lib is often a link to /usr/lib: each folder once. */
static int add_folder(struct folders *f, const char *path)
{
	struct stat st;
	void *grown;
	size_t i;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return 0;
	for (i = 0; i < f->nr; i++)
		if (f->ids[i].dev == st.st_dev && f->ids[i].ino == st.st_ino)
			return 0;
	grown = reallocarray(f->ids, f->nr + 1, sizeof(*f->ids));
	if (!grown)
		return -ENOMEM;
	f->ids = grown;
	f->ids[f->nr].dev = st.st_dev;
	f->ids[f->nr].ino = st.st_ino;
	return suture_strv_add(&f->list, &f->nr, path);
}

static int read_conf(struct folders *f, const char *path, int depth)
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
					ret = add_folder(f, word);
			continue;
		}
		while (!ret && depth && (word = strtok_r(NULL, " \t\n", &save))) {
			char full[4096];

			/* A relative pattern is relative to the file's folder. */
			snprintf(full, sizeof(full), "%s%s", *word == '/' ? "" : "/etc/", word);
			if (glob(full, 0, NULL, &found))
				continue;
			for (i = 0; !ret && i < found.gl_pathc; i++)
				ret = read_conf(f, found.gl_pathv[i], depth - 1);
			globfree(&found);
		}
	}
	free(line);
	fclose(file);
	return ret;
}

char **suture_libdirs(void)
{
	struct folders f = { 0 };
	size_t i, j;
	glob_t found;
	int ret = 0;

	for (i = 0; !ret && i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (glob(patterns[i], 0, NULL, &found))
			continue;
		for (j = 0; !ret && j < found.gl_pathc; j++)
			ret = add_folder(&f, found.gl_pathv[j]);
		globfree(&found);
	}
	if (!ret)
		ret = read_conf(&f, LD_SO_CONF, INCLUDE_DEPTH);
	free(f.ids);
	if (!ret && !f.list)
		return calloc(1, sizeof(*f.list));
	if (ret) {
		suture_strv_free(f.list);
		return NULL;
	}
	return f.list;
}
