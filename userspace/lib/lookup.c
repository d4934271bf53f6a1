// SPDX-License-Identifier: GPL-2.0-only
/* Names in an object. */
#include <inttypes.h>
#include <string.h>

#include "resolve.h"

size_t suture_lookup(const struct suture_target *target, const char *name,
		     const struct suture_symbol **ret, size_t room)
{
	size_t nr, found = 0;
	const struct suture_symbol *s = suture_symbols_find(&target->symbols, name, &nr);
	bool newer = false;

	for (size_t i = 0; i < nr; i++)
		newer |= s[i].defined && !s[i].old_version;
	for (size_t i = 0; i < nr; i++) {
		bool again = false;

		if (!s[i].defined || (newer && s[i].old_version))
			continue;
		for (size_t j = 0; j < found && j < room; j++) {
			if (ret[j]->value != s[i].value)
				continue;
			again = true;
			/* prefer the one that tells its size */
			if (!ret[j]->size && s[i].size)
				ret[j] = &s[i];
		}
		if (again)
			continue;
		if (found < room)
			ret[found] = &s[i];
		found++;
	}
	return found;
}

void suture_describe(const struct suture_symbol *const *syms, size_t nr, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < nr && len + 128 < size; i++)
		len += snprintf(buf + len, size - len, "%s  0x%" PRIx64 ", %" PRIu64 " bytes%s%s%s",
				i ? "\n" : "", syms[i]->value, syms[i]->size,
				syms[i]->file ? " (" : "", syms[i]->file ?: "",
				syms[i]->file ? ")" : "");
}

size_t suture_clones(const struct suture_target *target, const char *name, char *buf,
		     size_t size)
{
	size_t nr, found = 0, len = 0;
	const struct suture_symbol *s = suture_symbols_prefix(&target->symbols, name, &nr);
	const struct suture_symbol *base;

	buf[0] = '\0';
	for (size_t i = 0; i < nr; i++) {
		if (!s[i].defined || !suture_symbol_is_clone(s[i].name, name) ||
		    strstr(s[i].name, ".cold") ||
		    /* another name of the very function (.localalias) */
		    (suture_lookup(target, name, &base, 1) && base->value == s[i].value) ||
		    (i && !strcmp(s[i].name, s[i - 1].name) && s[i].value == s[i - 1].value))
			continue;
		found++;
		if (len + 128 < size)
			len += snprintf(buf + len, size - len, "%s  %s at 0x%" PRIx64,
					len ? "\n" : "", s[i].name, s[i].value);
	}
	return found;
}
