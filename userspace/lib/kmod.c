// SPDX-License-Identifier: GPL-2.0-only
/* libkmod, when it is needed. */
#include "kmod-int.h"

struct suture_kmod suture_kmod;

static const char *const names[] = {
	SUTURE_KMOD_FUNCTIONS(SUTURE_LIBRARY_NAME)
};

static struct suture_library library = {
	.soname = "libkmod.so.2",
	.without = "kernel modules cannot be loaded",
	.names = names,
	.nr = sizeof(names) / sizeof(names[0]),
	.table = &suture_kmod,
};

int suture_kmod_load(struct suture_error *err)
{
	return suture_library_load(&library, err);
}
