// SPDX-License-Identifier: GPL-2.0-only
/* What can be learnt of the running kernel without asking suture.ko. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <zlib.h>

#include "host.h"

static int config_in_file(const char *path, const char *option)
{
	size_t len = strlen(option);
	bool is_config = false;
	char line[512];
	int value = 'n';
	gzFile file;

	file = gzopen(path, "re");	/* plain files are read as they are */
	if (!file)
		return 0;
	while (gzgets(file, line, sizeof(line))) {
		if (strncmp(line, "CONFIG_", 7))
			continue;
		is_config = true;
		if (!strncmp(line, option, len) && line[len] == '=') {
			value = line[len + 1];
			break;
		}
	}
	gzclose(file);
	return is_config ? value : 0;
}

int suture_host_config(const char *option)
{
	static const char *const patterns[] = {
		"/boot/config-%s", "/usr/lib/modules/%s/config", "/lib/modules/%s/config",
		"/lib/modules/%s/build/.config",
	};
	struct utsname uts;
	char path[256];
	int value;
	size_t i;

	value = config_in_file("/proc/config.gz", option);
	if (value || uname(&uts))
		return value;
	for (i = 0; !value && i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		snprintf(path, sizeof(path), patterns[i], uts.release);
		value = config_in_file(path, option);
	}
	return value;
}

int suture_host_symbol(const char *name)
{
	char *line = NULL, *at, *end;
	size_t size = 0;
	int found = -1;
	FILE *file;

	file = fopen("/proc/kallsyms", "re");
	if (!file)
		return -1;
	/* "ADDRESS TYPE NAME [MODULE]" */
	while (found != 1 && getline(&line, &size, file) >= 0) {
		found = 0;
		at = strchr(line, ' ');
		at = at ? strchr(at + 1, ' ') : NULL;
		if (!at)
			continue;
		end = at + 1 + strcspn(at + 1, " \t\n");
		*end = '\0';
		if (!strcmp(at + 1, name))
			found = 1;
	}
	free(line);
	fclose(file);
	return found;
}

bool suture_host_capable(int cap)
{
	unsigned long long mask = 0;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	file = fopen("/proc/self/status", "re");
	if (!file)
		return false;
	while (getline(&line, &size, file) >= 0)
		if (!strncmp(line, "CapEff:", 7))
			mask = strtoull(line + 7, NULL, 16);
	free(line);
	fclose(file);
	return mask >> cap & 1;
}

int suture_host_read(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	int ret = 0;

	if (!file)
		return -errno;
	if (!fgets(buf, size, file))
		ret = ferror(file) ? -errno : -ENODATA;
	else
		buf[strcspn(buf, "\n")] = '\0';
	fclose(file);
	return ret;
}
