// SPDX-License-Identifier: GPL-2.0-only
/* Messages: to the journal with fields, or as lines on stderr. */
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>

#include "sutured.h"

/* $JOURNAL_STREAM is the device and inode of what the service manager gave us as stderr. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, inode;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &inode) == 2 && !fstat(2, &st) &&
	       st.st_dev == dev && st.st_ino == inode;
}

/* Where there is none of @value, no field. */
static void add_field(struct iovec *fields, int *nr, const char *name, const char *value)
{
	char *text;

	if (!value)
		return;
	if (asprintf(&text, "%s=%s", name, value) < 0)
		return;
	fields[(*nr)++] = (struct iovec){ text, strlen(text) };
}

void service_log(int priority, const char *what, const char *name, const char *version,
		 const char *why, const char *fmt, ...)
{
	struct iovec fields[8];
	char *text, *clean, number[4];
	int nr = 0, i;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	clean = suture_text_clean(text ? text : fmt, SUTURE_TEXT_KEEP_NEWLINES);
	free(text);
	if (!clean)
		return;
	if (!stderr_is_journal()) {
		fprintf(stderr, "sutured: %s\n", clean);
		free(clean);
		return;
	}
	snprintf(number, sizeof(number), "%d", priority);
	add_field(fields, &nr, "MESSAGE", clean);
	add_field(fields, &nr, "PRIORITY", number);
	add_field(fields, &nr, "SUTURE_EVENT", what);
	add_field(fields, &nr, "SUTURE_PATCH", name);
	add_field(fields, &nr, "SUTURE_VERSION", version);
	add_field(fields, &nr, "SUTURE_REASON", why);
	sd_journal_sendv(fields, nr);
	for (i = 0; i < nr; i++)
		free(fields[i].iov_base);
	free(clean);
}
