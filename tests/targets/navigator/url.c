// SPDX-License-Identifier: GPL-2.0
/*
 * A URL parser after the WHATWG standard, for the schemes that pages navigate
 * to: the http family and file with authority and path, all others (data,
 * about, …) with an opaque path. Hosts are not decoded: a '%' in one is an error.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "url.h"

static const struct scheme {
	const char *name;
	int port;
} special_schemes[] = {
	{ "http", 80 },
	{ "https", 443 },
	{ "ws", 80 },
	{ "wss", 443 },
	{ "ftp", 21 },
	{ "file", -1 },
};

/* Appends to url->text and remembers when there was no room. */
struct writer {
	struct url *url;
	size_t len;
	bool full;
};

static void put(struct writer *w, char c)
{
	if (w->len + 1 >= URL_MAX) {
		w->full = true;
		return;
	}
	w->url->text[w->len++] = c;
	w->url->text[w->len] = '\0';
}

static void put_string(struct writer *w, const char *s)
{
	while (*s)
		put(w, *s++);
}

/* Percent-encode what may not stand in a URL as it is. */
static void put_encoded(struct writer *w, char c, const char *also)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned char u = c;

	if (u <= ' ' || u >= 0x7f || strchr(also, c)) {
		put(w, '%');
		put(w, hex[u >> 4]);
		put(w, hex[u & 15]);
	} else {
		put(w, c);
	}
}

static struct span span_from(const struct writer *w, size_t start)
{
	return (struct span){ .at = start, .len = w->len - start };
}

static const struct scheme *find_scheme(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof(special_schemes) / sizeof(special_schemes[0]); i++)
		if (strlen(special_schemes[i].name) == len &&
		    !memcmp(special_schemes[i].name, name, len))
			return &special_schemes[i];
	return NULL;
}

/* Length of the scheme that input begins with, 0 if it is relative. */
static size_t scheme_length(const char *input)
{
	size_t n = 0;

	if (!isalpha((unsigned char)input[0]))
		return 0;
	while (isalnum((unsigned char)input[n]) || (input[n] && strchr("+-.", input[n])))
		n++;
	return input[n] == ':' ? n : 0;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

static int parse_port(const char *s, const char *end, const struct scheme *scheme, struct writer *w)
{
	long port = 0;
	char digits[8];
	int n = 0;

	w->url->port = scheme->port;
	if (s == end)
		return 0;
	for (; s < end; s++) {
		if (!isdigit((unsigned char)*s))
			return -EINVAL;
		port = port * 10 + (*s - '0');
		if (port > 65535)
			return -EINVAL;
	}
	if (port == scheme->port)
		return 0;

	w->url->port = port;
	do {
		digits[n++] = '0' + port % 10;
		port /= 10;
	} while (port);
	put(w, ':');
	while (n)
		put(w, digits[--n]);
	return 0;
}

static int parse_host(const char *s, const char *end, struct writer *w)
{
	size_t start = w->len;
	bool ipv6 = s < end && *s == '[';

	if (ipv6 && end[-1] != ']')
		return -EINVAL;
	for (; s < end; s++) {
		unsigned char c = *s;

		if (c <= ' ' || c >= 0x7f || strchr("%#/<>?@\\^`{|}", c) ||
		    (!ipv6 && strchr(":[]", c)))
			return -EINVAL;
		put(w, tolower(c));
	}
	w->url->host = span_from(w, start);
	return 0;
}

/* user:password@host:port, s to end. */
static int parse_authority(const char *s, const char *end, const struct scheme *scheme,
			   struct writer *w)
{
	static const char encode[] = "/:;=@[\\]^|\"#<>?`{}";
	const char *at = memrchr(s, '@', end - s);
	const char *port = NULL;
	int err;

	if (at) {
		const char *colon = memchr(s, ':', at - s);
		const char *user_end = colon ? colon : at;
		size_t start = w->len;

		for (; s < user_end; s++)
			put_encoded(w, *s, encode);
		w->url->user = span_from(w, start);
		if (colon && colon + 1 < at) {
			put(w, ':');
			start = w->len;
			for (s = colon + 1; s < at; s++)
				put_encoded(w, *s, encode);
			w->url->password = span_from(w, start);
		}
		if (w->url->user.len || w->url->password.len)
			put(w, '@');
		s = at + 1;
	}

	for (const char *p = end; p > s && p[-1] != ']'; p--) {
		if (p[-1] == ':') {
			port = p;
			break;
		}
	}
	err = parse_host(s, port ? port - 1 : end, w);
	if (err)
		return err;
	if (!w->url->host.len)
		return -EINVAL;
	return parse_port(port ? port : end, end, scheme, w);
}

/* Forget the last segment of the path that has been written. */
static void pop_segment(struct writer *w, size_t start)
{
	while (w->len > start && w->url->text[w->len - 1] != '/')
		w->len--;
	if (w->len > start)
		w->len--;
	w->url->text[w->len] = '\0';
}

static bool is_dot(const char *s, size_t len)
{
	return (len == 1 && *s == '.') || (len == 3 && !strncasecmp(s, "%2e", 3));
}

static bool is_dot_dot(const char *s, size_t len)
{
	for (size_t first = 1; first <= 3 && first < len; first += 2)
		if (is_dot(s, first) && is_dot(s + first, len - first))
			return true;
	return false;
}

/* Write the path from s to end without its dot segments. */
static void parse_path(const char *s, const char *end, struct writer *w)
{
	size_t start = w->len;

	do {
		const char *segment = s + (s < end && is_slash(*s));
		const char *stop = segment;

		while (stop < end && !is_slash(*stop))
			stop++;
		if (is_dot_dot(segment, stop - segment)) {
			pop_segment(w, start);
			if (stop == end)
				put(w, '/');
		} else if (is_dot(segment, stop - segment)) {
			if (stop == end)
				put(w, '/');
		} else {
			put(w, '/');
			while (segment < stop)
				put_encoded(w, *segment++, "\"#<>?`{}");
		}
		s = stop;
	} while (s < end);
	w->url->path = span_from(w, start);
}

/* From the path on: ?query#fragment. */
static void parse_tail(const char *s, struct writer *w)
{
	size_t start;

	if (*s == '?') {
		put(w, *s++);
		start = w->len;
		while (*s && *s != '#')
			put_encoded(w, *s++, "\"<>'");
		w->url->query = span_from(w, start);
	}
	if (*s == '#') {
		put(w, *s++);
		start = w->len;
		while (*s)
			put_encoded(w, *s++, "\"<>`");
		w->url->fragment = span_from(w, start);
	}
}

static int parse_absolute(const char *input, size_t scheme_len, struct url *ret)
{
	struct writer w = { .url = ret };
	const char *s = input + scheme_len + 1;
	const struct scheme *scheme;

	*ret = (struct url){ .port = -1 };
	for (size_t i = 0; i < scheme_len; i++)
		put(&w, tolower((unsigned char)input[i]));
	ret->scheme = span_from(&w, 0);
	put(&w, ':');

	scheme = find_scheme(ret->text, scheme_len);
	if (scheme) {
		bool file = url_scheme_is(ret, "file");
		int slashes = 0, err;
		const char *end;

		while (is_slash(*s) && (!file || slashes < 2)) {
			slashes++;
			s++;
		}
		put_string(&w, "//");
		/* file:/path has no authority, file:///path an empty one. */
		end = file && slashes < 2 ? s -= slashes : s + strcspn(s, "/\\?#");
		if (!file) {
			err = parse_authority(s, end, scheme, &w);
			if (err)
				return err;
		} else if (!(end - s == 9 && !strncasecmp(s, "localhost", 9))) {
			err = parse_host(s, end, &w);
			if (err)
				return err;
		}
		s = end;
		end = s + strcspn(s, "?#");
		parse_path(s, end, &w);
		s = end;
	} else {
		size_t start = w.len;

		while (*s && *s != '?' && *s != '#')
			put(&w, *s++);
		ret->path = span_from(&w, start);
	}
	parse_tail(s, &w);
	return w.full ? -EINVAL : 0;
}

/* Write what base and the relative input make together into buffer. */
static int resolve(const char *input, const struct url *base, char *buffer, size_t size)
{
	size_t keep, input_len = strlen(input);

	if (!base || (!base->host.at && !url_scheme_is(base, "file") && *input != '#'))
		return -EINVAL;
	if (is_slash(input[0]) && is_slash(input[1])) {
		keep = base->scheme.len + 1;
	} else if (is_slash(input[0])) {
		keep = base->path.at;
	} else if (*input == '?') {
		keep = base->path.at + base->path.len;
	} else if (*input == '#' || !*input) {
		keep = base->fragment.at ? base->fragment.at - 1u : strlen(base->text);
	} else {
		keep = base->path.at + base->path.len;
		while (base->text[keep - 1] != '/')
			keep--;
	}
	if (keep + input_len >= size)
		return -EINVAL;
	memcpy(buffer, base->text, keep);
	memcpy(buffer + keep, input, input_len + 1);
	return 0;
}

int url_parse(const char *input, const struct url *base, struct url *ret)
{
	char trimmed[URL_MAX], absolute[2 * URL_MAX];
	struct url parsed;
	size_t n;
	int err;

	while (*input && (unsigned char)*input <= ' ')
		input++;
	n = strlen(input);
	while (n && (unsigned char)input[n - 1] <= ' ')
		n--;
	if (n >= sizeof(trimmed))
		return -EINVAL;
	memcpy(trimmed, input, n);
	trimmed[n] = '\0';
	input = trimmed;

	n = scheme_length(input);
	if (!n) {
		err = resolve(input, base, absolute, sizeof(absolute));
		if (err)
			return err;
		input = absolute;
		n = scheme_length(input);
	}
	err = parse_absolute(input, n, &parsed);
	if (err)
		return err;
	*ret = parsed;
	return 0;
}

bool url_scheme_is(const struct url *url, const char *scheme)
{
	return strlen(scheme) == url->scheme.len && !memcmp(url->text, scheme, url->scheme.len);
}

bool url_is_http_family(const struct url *url)
{
	return url_scheme_is(url, "http") || url_scheme_is(url, "https");
}

bool url_span_equal(const struct url *a, struct span in_a, const struct url *b, struct span in_b)
{
	return in_a.len == in_b.len && !memcmp(a->text + in_a.at, b->text + in_b.at, in_a.len);
}

static bool equal_up_to(const struct url *a, size_t len_a, const struct url *b, size_t len_b)
{
	return len_a == len_b && !memcmp(a->text, b->text, len_a);
}

static size_t length_without_fragment(const struct url *url)
{
	return url->fragment.at ? url->fragment.at - 1u : strlen(url->text);
}

bool url_equal_ignoring_fragment(const struct url *a, const struct url *b)
{
	return equal_up_to(a, length_without_fragment(a), b, length_without_fragment(b));
}

bool url_equal_ignoring_query_and_fragment(const struct url *a, const struct url *b)
{
	return equal_up_to(a, a->path.at + a->path.len, b, b->path.at + b->path.len);
}

void url_span_copy(const struct url *url, struct span span, char *buffer, size_t size)
{
	size_t n = span.len < size ? span.len : size - 1;

	memcpy(buffer, url->text + span.at, n);
	buffer[n] = '\0';
}
