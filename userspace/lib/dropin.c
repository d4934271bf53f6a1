// SPDX-License-Identifier: GPL-2.0-only
/* Configuration in folders of NAME.conf, as systemd has it. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dropin.h"
#include "text.h"

#define CONF_FILE_MAX	(1 << 20)

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

int suture_conf_file(const char *path, const char *what, suture_conf_fn fn, void *arg,
		     struct suture_error *err)
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
	if (st.st_size > CONF_FILE_MAX)
		goto out;
	ret = -ENOMEM;
	text = malloc(CONF_FILE_MAX + 1);
	if (!text)
		goto out;
	while (got > 0 && len <= CONF_FILE_MAX) {
		got = read(fd, text + len, CONF_FILE_MAX + 1 - len);
		len += got > 0 ? got : 0;
	}
	ret = got < 0 ? -errno : 0;
	if (!ret) {
		ret = fn(text, len, clean, arg, err);
		goto out_said;
	}
out:
	if (ret)
		suture_error_set(err, ret, "%s: cannot be read as %s: %s", clean, what,
				 strerror(-ret));
out_said:
	free(text);
	if (fd >= 0)
		close(fd);
	return ret;
}

int suture_dropin_read(const char *const *dirs, const char *what, suture_conf_fn fn, void *arg,
		       struct suture_error *err)
{
	struct drop_in *list = NULL;
	size_t nr = 0, i;
	unsigned int rank;
	int ret = 0;

	for (rank = 0; !ret && dirs[rank]; rank++) {
		ret = list_dir(dirs[rank], rank, &list, &nr);
		if (ret)
			suture_error_set(err, ret, "cannot read %s in %s: %s", what, dirs[rank],
					 strerror(-ret));
	}
	if (nr)
		qsort(list, nr, sizeof(*list), compare);
	for (i = 0; !ret && i < nr; i++)
		if (!i || strcmp(list[i - 1].name, list[i].name))
			ret = suture_conf_file(list[i].path, what, fn, arg, err);
	for (i = 0; i < nr; i++)
		free(list[i].path);
	free(list);
	return ret;
}
