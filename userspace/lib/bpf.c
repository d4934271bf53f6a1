// SPDX-License-Identifier: GPL-2.0-only
/* libbpf, when it is needed. */
#include "bpf-int.h"

#define STRING(x)	#x
#define SONAME(major)	"libbpf.so." STRING(major)

struct suture_bpf suture_bpf;

static const char *const names[] = {
	SUTURE_BPF_FUNCTIONS(SUTURE_LIBRARY_NAME)
};

static struct suture_library library = {
	.soname = SONAME(LIBBPF_MAJOR_VERSION),
	.without = "no BPF programs",
	.names = names,
	.nr = sizeof(names) / sizeof(names[0]),
	.table = &suture_bpf,
};

int suture_bpf_load(struct suture_error *err)
{
	return suture_library_load(&library, err);
}
