// SPDX-License-Identifier: GPL-2.0-only
/* Errors that carry a message. */
#include <stdio.h>
#include <string.h>

#include "error.h"

int suture_error_vset(struct suture_error *err, int code, const char *fmt, va_list ap)
{
	char text[sizeof(err->text)];

	if (!err)
		return code;
	vsnprintf(text, sizeof(text), fmt, ap);
	memcpy(err->text, text, sizeof(text));
	err->code = code;
	return code;
}

int suture_error_set(struct suture_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	suture_error_vset(err, code, fmt, ap);
	va_end(ap);
	return code;
}

int suture_error_prefix(struct suture_error *err, const char *fmt, ...)
{
	char prefix[sizeof(err->text)];
	size_t len, rest;
	va_list ap;

	if (!err)
		return -EINVAL;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix) - 2, fmt, ap);
	va_end(ap);
	strcat(prefix, ": ");

	len = strlen(prefix);
	rest = sizeof(err->text) - len;
	memmove(err->text + len, err->text, rest);
	memcpy(err->text, prefix, len);
	err->text[sizeof(err->text) - 1] = '\0';
	return err->code;
}

int suture_error_nomem(struct suture_error *err)
{
	return suture_error_set(err, -ENOMEM, "out of memory");
}
