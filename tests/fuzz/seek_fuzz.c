// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: `suture find' on a file that nobody has looked at. The input is the text
 * of a query, a NUL byte, and the file. What is found must lie in the file's text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seek.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct suture_target *target, const struct suture_seek_query *query,
		  const struct suture_seek_result *results)
{
	for (size_t i = 0; i < query->nr; i++) {
		const struct suture_seek_result *r = &results[i];

		if (query->entries[i].kind == SUTURE_SEEK_REGISTER) {
			if (!r->reg)
				abort();
			continue;
		}
		if (!r->size || r->nr_bytes > sizeof(r->bytes) ||
		    !suture_elf_bytes(target->elf, r->addr, r->nr_bytes, 0))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len = strnlen((const char *)data, size);
	struct suture_seek_result *results = NULL;
	struct suture_seek_query query = { 0 };
	struct suture_target *target = NULL;
	struct suture_error err = { 0 };
	char path[64];
	int fd;

	if (len == size || suture_seek_parse((const char *)data, len, "q", &query, &err))
		return 0;
	fd = memfd_create("file", 0);
	if (fd < 0 || write(fd, data + len + 1, size - len - 1) != (ssize_t)(size - len - 1))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!suture_target_open(path, NULL, &target, &err) &&
	    !suture_seek(target, &query, &results, &err))
		judge(target, &query, results);
	else if (!err.code || !*err.text)
		abort();
	free(results);
	suture_target_close(target);
	suture_seek_free(&query);
	close(fd);
	return 0;
}
