/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Errors that carry a message: libsuture prints nothing and never exits, it
 * returns a negative errno and tells in @text what is wrong, where, and what
 * to do about it.
 */
#ifndef SUTURE_ERROR_H
#define SUTURE_ERROR_H

#include <errno.h>
#include <stdarg.h>

struct suture_error {
	int code;		/* negative errno, 0: no error */
	char text[8192];	/* one or more lines, no newline at the end */
};

/*
 * suture_error_set - fill @err (which may be NULL) and return @code
 * @code: negative errno
 * The text is cut where it does not fit; an error that is already there is
 * replaced, and may be among the arguments.
 */
int suture_error_set(struct suture_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* suture_error_vset - the same with a va_list */
int suture_error_vset(struct suture_error *err, int code, const char *fmt, va_list ap)
	__attribute__((format(printf, 3, 0)));

/* suture_error_prefix - put "…: " before a text that is there; returns its code */
int suture_error_prefix(struct suture_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* suture_error_nomem - "out of memory", returns -ENOMEM */
int suture_error_nomem(struct suture_error *err);

#endif /* SUTURE_ERROR_H */
