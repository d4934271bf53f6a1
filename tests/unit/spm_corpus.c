// SPDX-License-Identifier: GPL-2.0
/* The fuzzer's files once more, without clang: no crash, no doubt. */
#include "spm_file.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>

#define FOLDER	SUTURE_TOP "/tests/fuzz/corpus"

static size_t read_file(const char *name, char *buf, size_t room)
{
	char path[4096];
	size_t size;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", FOLDER, name);
	f = fopen(path, "rb");
	cr_assert(f, "%s", path);
	size = fread(buf, 1, room, f);
	cr_assert(size < room, "%s is too large", path);
	fclose(f);
	return size;
}

Test(spm_corpus, files)
{
	static char buf[1 << 16];
	const char *reasons[256], *doubt;
	unsigned int accepted = 0, nr_reasons = 0, i;
	struct dirent *entry;
	struct parsed p;
	size_t size;
	DIR *dir = opendir(FOLDER);

	cr_assert(dir, "no " FOLDER);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		size = read_file(entry->d_name, buf, sizeof(buf));
		parse_file(buf, size, &p);
		doubt = doubt_parsed(&p, size);
		cr_expect_null(doubt, "%s: accepted with %s", entry->d_name, doubt);
		accepted += p.ret == 0;
		for (i = 0; i < nr_reasons && p.why != reasons[i]; i++)
			;
		if (p.ret && i == nr_reasons && nr_reasons < 256)
			reasons[nr_reasons++] = p.why;
		parsed_free(&p);
	}
	closedir(dir);
	cr_log_info("%u accepted, %u reasons to refuse", accepted, nr_reasons);
	/* The files are meant to reach nearly every rule and what lies behind. */
	cr_expect_geq(accepted, 3);
	cr_expect_geq(nr_reasons, 80);
}
