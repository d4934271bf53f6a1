// SPDX-License-Identifier: GPL-2.0-only
/* Errors, notes and exit codes of all commands. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "text.h"

static void say(const char *text)
{
	char *clean = suture_text_clean(text, SUTURE_TEXT_KEEP_NEWLINES);

	fprintf(stderr, "suture: %s\n", clean ? clean : "out of memory");
	free(clean);
}

int cli_error(const struct suture_error *err)
{
	say(err->text);
	return SUTURE_EXIT_ERROR;
}

void cli_note(const char *fmt, ...)
{
	char *text;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	say(text);
	free(text);
}

int cli_worse(int a, int b)
{
	static const int order[] = {
		SUTURE_EXIT_ERROR, SUTURE_EXIT_USAGE, SUTURE_EXIT_NOTHING, SUTURE_EXIT_TIMEOUT,
		SUTURE_EXIT_PARTIAL,
	};
	size_t i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return order[i];
	return SUTURE_EXIT_DONE;
}
