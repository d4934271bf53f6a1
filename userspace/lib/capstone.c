// SPDX-License-Identifier: GPL-2.0-only
/* libcapstone, when it is needed. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#include "capstone.h"

#define STRING(x)	#x
#define SONAME(major)	"libcapstone.so." STRING(major)

static const struct {
	const char *name;
	size_t at;
} functions[] = {
	{ "cs_open", offsetof(struct suture_capstone, open) },
	{ "cs_close", offsetof(struct suture_capstone, close) },
	{ "cs_option", offsetof(struct suture_capstone, option) },
	{ "cs_malloc", offsetof(struct suture_capstone, malloc) },
	{ "cs_free", offsetof(struct suture_capstone, free) },
	{ "cs_disasm_iter", offsetof(struct suture_capstone, disasm_iter) },
	{ "cs_reg_name", offsetof(struct suture_capstone, reg_name) },
	{ "cs_regs_access", offsetof(struct suture_capstone, regs_access) },
};

struct suture_capstone suture_capstone;

int suture_capstone_load(struct suture_error *err)
{
	struct suture_capstone found;
	void *lib, *symbol;
	size_t i;

	if (suture_capstone.open)
		return 0;
	/* it stays: the next one to ask is likely to come soon */
	lib = dlopen(SONAME(CS_API_MAJOR), RTLD_NOW | RTLD_LOCAL);
	if (!lib)
		return suture_error_set(err, -ENOENT, "no disassembler: %s", dlerror());
	for (i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		symbol = dlsym(lib, functions[i].name);
		if (!symbol) {
			suture_error_set(err, -ENOENT, "no disassembler: %s", dlerror());
			dlclose(lib);
			return -ENOENT;
		}
		memcpy((char *)&found + functions[i].at, &symbol, sizeof(symbol));
	}
	suture_capstone = found;
	return 0;
}
