// SPDX-License-Identifier: GPL-2.0-only
/* Libraries that are loaded when they are needed. */
#include <dlfcn.h>
#include <string.h>

#include "library-int.h"

int suture_library_load(struct suture_library *library, struct suture_error *err)
{
	void *handle, *symbol;
	size_t i;

	if (library->loaded)
		return 0;
	handle = dlopen(library->soname, RTLD_LAZY | RTLD_LOCAL);
	if (!handle)
		return suture_error_set(err, -ELIBACC, "%s: %s", library->without, dlerror());
	for (i = 0; i < library->nr; i++) {
		symbol = dlsym(handle, library->names[i]);
		if (!symbol) {
			suture_error_set(err, -ELIBACC, "%s: %s", library->without, dlerror());
			dlclose(handle);
			return -ELIBACC;
		}
		/* a pointer to a function is no void *, in C */
		memcpy((char *)library->table + i * sizeof(symbol), &symbol, sizeof(symbol));
	}
	library->loaded = true;
	return 0;
}
