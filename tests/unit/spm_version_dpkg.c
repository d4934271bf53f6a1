// SPDX-License-Identifier: GPL-2.0
/* The order of versions, as dpkg has it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "spm-version.h"

/* dpkg has the last word; its versions begin with a digit here, and have no - and : */
Test(spm_version, as_dpkg)
{
	static const char signs[] = "01290ab.~+";
	char a[8], b[8], command[96];
	int tried = 0;

	if (system("command -v dpkg >/dev/null"))
		cr_skip_test("dpkg is not here");
	srand(1);
	while (tried < 300) {
		int a_len = rand() % 6, b_len = rand() % 6, order;
		const char *word;

		a[0] = b[0] = '1';
		for (int i = 1; i <= 6; i++) {
			a[i] = i <= a_len ? signs[rand() % (sizeof(signs) - 1)] : '\0';
			b[i] = i <= b_len ? signs[rand() % (sizeof(signs) - 1)] : '\0';
		}
		order = spm_version_compare(a, b);
		word = order < 0 ? "lt" : order > 0 ? "gt" : "eq";
		snprintf(command, sizeof(command), "dpkg --compare-versions '%s' %s '%s'", a, word, b);
		cr_assert_eq(system(command), 0, "%s", command);
		tried++;
	}
}
