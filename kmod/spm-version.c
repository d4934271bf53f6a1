// SPDX-License-Identifier: GPL-2.0
/* Versions of patches, in order: see spm-version.h. */
#include "spm.h"
#include "spm-version.h"

static bool is_number(char c)
{
	return c >= '0' && c <= '9';
}

/* Of a character that is no digit; what ends a part of such weighs nothing. */
static int weight(char c)
{
	if (c == '~')
		return -1;	/* before the end */
	if (!c || is_number(c))
		return 0;	/* the end */
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return c;
	return (__u8)c + 256;
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
	if (a_len != b_len)
		order = a_len < b_len ? -1 : 1;
	else
		order = strncmp(*a, *b, a_len);
	*a += a_len;
	*b += b_len;
	return order;
}

int spm_version_compare(const char *a, const char *b)
{
	int order;

	while (*a || *b) {
		while ((*a && !is_number(*a)) || (*b && !is_number(*b))) {
			order = weight(*a) - weight(*b);
			/* where both weigh the same they are the same, and not the end */
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
