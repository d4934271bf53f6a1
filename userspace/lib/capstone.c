// SPDX-License-Identifier: GPL-2.0-only
/* libcapstone, when it is needed. */
#include "capstone.h"
#include "library-int.h"

#define STRING(x)	#x
#define SONAME(major)	"libcapstone.so." STRING(major)
#define NAME(name)	"cs_" #name,

struct suture_capstone suture_capstone;

static const char *const names[] = {
	SUTURE_CAPSTONE_FUNCTIONS(NAME)
};

static struct suture_library library = {
	.soname = SONAME(CS_API_MAJOR),
	.without = "no disassembler",
	.names = names,
	.nr = sizeof(names) / sizeof(names[0]),
	.table = &suture_capstone,
};

int suture_capstone_load(struct suture_error *err)
{
	return suture_library_load(&library, err);
}
