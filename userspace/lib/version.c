// SPDX-License-Identifier: GPL-2.0-only
/* Versions of patches, in order. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "version.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int weight(char c)
{
	if (c == '~')
		return -1;
	if (!c || is_digit(c))
		return 0;
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return c;
	return (unsigned char)c + 256;
}

/* Runs of digits, of any length; they are skipped. */
static int compare_numbers(const char **a, const char **b)
{
	size_t a_len, b_len;
	int order;

	*a += strspn(*a, "0");
	*b += strspn(*b, "0");
	a_len = strspn(*a, "0123456789");
	b_len = strspn(*b, "0123456789");
	order = a_len != b_len ? (a_len < b_len ? -1 : 1) : strncmp(*a, *b, a_len);
	*a += a_len;
	*b += b_len;
	return order;
}

int suture_version_compare(const char *a, const char *b)
{
	int order;

	while (*a || *b) {
		while ((*a && !is_digit(*a)) || (*b && !is_digit(*b))) {
			order = weight(*a) - weight(*b);
			if (order)
				return order;
			a++;
			b++;
		}
		order = compare_numbers(&a, &b);
		if (order)
			return order;
	}
	return 0;
}
