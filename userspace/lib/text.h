/* SPDX-License-Identifier: GPL-2.0-only */
/* Strings that come from files and processes, made fit to be shown. */
#ifndef SUTURE_TEXT_H
#define SUTURE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#define SUTURE_TEXT_KEEP_NEWLINES	(1U << 0)
#define SUTURE_TEXT_KEEP_CONTROLS	(1U << 1)	/* mend UTF-8 only (for JSON) */

/*
 * suture_text_clean - copy @text so that a terminal can only show it
 * Control characters (C0, DEL, C1), characters that turn the direction of
 * writing round, and bytes that are not UTF-8 become \xNN.
 * Returns a string to be freed, or NULL without memory.
 */
char *suture_text_clean(const char *text, unsigned int flags);

/*
 * suture_text_clean_buf - the same into @buf, cut at @size (not inside an
 * escape or a character); always NUL-terminated. Returns @buf.
 */
char *suture_text_clean_buf(const char *text, unsigned int flags, char *buf, size_t size);

/* suture_text_hex - @len bytes as lower-case hex digits; @buf holds 2 * @len + 1 */
char *suture_text_hex(const uint8_t *bytes, size_t len, char *buf);

#endif /* SUTURE_TEXT_H */
