// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <suture/patch.h>

SUTURE_PATCH("1.0", "test: parse() parses");
SUTURE_LICENSE("GPL-2.0");

extern __thread int parse_calls;
SUTURE_IMPORT(FILE *, stderr);

static long new_parse(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	parse_calls += 100;
	if (*end) {
		fputs("not a number\n", *SUTURE_IMPORTED(stderr));
		return -1;
	}
	close(-1);
	return errno == EBADF ? n : -2;
}

SUTURE_REPLACE(parse, new_parse);
