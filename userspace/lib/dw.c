// SPDX-License-Identifier: GPL-2.0-only
/* libdw, when it is needed. */
#include "dw-int.h"

struct suture_dw suture_dw;

static const char *const names[] = {
	SUTURE_DW_FUNCTIONS(SUTURE_LIBRARY_NAME)
};

static struct suture_library library = {
	.soname = "libdw.so.1",
	.without = "unwind tables cannot be read",
	.names = names,
	.nr = sizeof(names) / sizeof(names[0]),
	.table = &suture_dw,
};

int suture_dw_load(struct suture_error *err)
{
	return suture_library_load(&library, err);
}
