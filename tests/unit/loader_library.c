// SPDX-License-Identifier: GPL-2.0-only
/* Libraries that are loaded when they are needed, and those that cannot be. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "bpf-int.h"
#include "capstone.h"
#include "crypto-int.h"
#include "dw-int.h"
#include "kmod-int.h"

static void *table[2];

static struct suture_library library(const char *soname, const char *const *names)
{
	return (struct suture_library) {
		.soname = soname, .without = "not this", .names = names, .nr = 2, .table = table,
	};
}

Test(loader_library, there_is_none)
{
	static const char *const names[] = { "malloc", "free" };
	struct suture_library none = library("libof-no-kind.so.0", names);
	struct suture_error err = { 0 };

	cr_assert(eq(int, suture_library_load(&none, &err), -ELIBACC));
	cr_assert(eq(int, err.code, -ELIBACC));
	cr_assert(strstr(err.text, "not this: libof-no-kind.so.0: ") != NULL, "%s", err.text);
	cr_assert(not(none.loaded));
	cr_assert(eq(int, suture_library_load(&none, NULL), -ELIBACC));
}

Test(loader_library, another_build)
{
	static const char *const names[] = { "malloc", "no_function_of_this_name" };
	struct suture_library other = library("libc.so.6", names);
	struct suture_error err = { 0 };

	cr_assert(eq(int, suture_library_load(&other, &err), -ELIBACC));
	cr_assert(strstr(err.text, "no_function_of_this_name") != NULL, "%s", err.text);
	cr_assert(not(other.loaded));
}

Test(loader_library, the_functions_are_at_their_places)
{
	static const char *const names[] = { "strlen", "abs" };
	struct suture_library c = library("libc.so.6", names);
	struct suture_error err = { 0 };
	typeof(strlen) *length;
	typeof(abs) *absolute;

	cr_assert(eq(int, suture_library_load(&c, &err), 0), "%s", err.text);
	cr_assert(c.loaded);
	memcpy(&length, &table[0], sizeof(length));
	memcpy(&absolute, &table[1], sizeof(absolute));
	cr_assert(eq(sz, length("four"), 4));
	cr_assert(eq(int, absolute(-5), 5));
	cr_assert(eq(int, suture_library_load(&c, NULL), 0));
}

/* What those that we use are called, and each of their functions. */
Test(loader_library, ours)
{
	static int (*const loads[])(struct suture_error *err) = {
		suture_bpf_load, suture_capstone_load, suture_crypto_load, suture_dw_load,
		suture_kmod_load,
	};
	struct suture_error err = { 0 };

	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		cr_assert(eq(int, loads[i](&err), 0), "%s", err.text);
	cr_assert(dwfl_errmsg(0) == NULL);
	cr_assert(EVP_sha256() != NULL);
}
