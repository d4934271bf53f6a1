// SPDX-License-Identifier: GPL-2.0-only
/* Strings that come from files and processes, made fit to be shown. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

/* Length of the UTF-8 character at @s (0: there is none), its code point in *@ret. */
static size_t utf8_decode(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t len, i;

	if (s[0] < 0x80) {
		*ret = s[0];
		return 1;
	}
	if ((s[0] & 0xe0) == 0xc0)
		len = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		len = 3;
	else if ((s[0] & 0xf8) == 0xf0)
		len = 4;
	else
		return 0;

	code = s[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)	/* the NUL as well */
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return len;
}

static bool harmless(uint32_t code, unsigned int flags)
{
	if (code == '\n' && (flags & SUTURE_TEXT_KEEP_NEWLINES))
		return true;
	if (flags & SUTURE_TEXT_KEEP_CONTROLS)
		return true;
	if (code < 0x20 || (code >= 0x7f && code < 0xa0))
		return false;
	/* Directional marks, embeddings and isolates; line and paragraph separators. */
	if (code == 0x200e || code == 0x200f || code == 0x61c)
		return false;
	if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069))
		return false;
	return true;
}

/* The next piece of @text, cleaned, in @piece (with its NUL); returns the bytes eaten. */
static size_t clean_piece(const char *text, unsigned int flags, char piece[17], size_t *ret_len)
{
	const unsigned char *s = (const unsigned char *)text;
	uint32_t code = 0;
	size_t len, i;

	len = utf8_decode(s, &code);
	if (len && harmless(code, flags)) {
		memcpy(piece, text, len);
		piece[len] = '\0';
		*ret_len = len;
		return len;
	}
	if (!len)
		len = 1;
	for (i = 0; i < len; i++)
		snprintf(piece + 4 * i, 5, "\\x%02x", s[i]);
	*ret_len = 4 * len;
	return len;
}

char *suture_text_clean_buf(const char *text, unsigned int flags, char *buf, size_t size)
{
	char piece[17];
	size_t at = 0, len;

	while (*text) {
		text += clean_piece(text, flags, piece, &len);
		if (at + len >= size)
			break;
		memcpy(buf + at, piece, len);
		at += len;
	}
	if (size)
		buf[at] = '\0';
	return buf;
}

char *suture_text_clean(const char *text, unsigned int flags)
{
	size_t size = 4 * strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? suture_text_clean_buf(text, flags, copy, size) : NULL;
}

char *suture_text_hex(const uint8_t *bytes, size_t len, char *buf)
{
	size_t i;

	for (i = 0; i < len; i++)
		snprintf(buf + 2 * i, 3, "%02x", bytes[i]);
	buf[2 * len] = '\0';
	return buf;
}
