// SPDX-License-Identifier: GPL-2.0-only
/* Which of a patch's objects is meant. */
#include <inttypes.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "resolve.h"

int suture_scope_object(const struct suture_scope *scope, const struct suture_meta *m, int *ret,
			struct suture_error *err)
{
	char list[2048];
	size_t len = 0;

	*ret = scope->nr_targets == 1 ? 0 : -1;
	if (!*m->object)
		return 0;
	list[0] = '\0';
	for (size_t i = 0; i < scope->nr_objects; i++) {
		const struct suture_target *o = scope->objects[i];
		const char *file = suture_target_file_name(o);

		if (!strcmp(m->object, file) || (o->soname && !strcmp(m->object, o->soname))) {
			*ret = i;
			return 0;
		}
		if (len < sizeof(list))
			len += snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "",
					o->soname ?: file);
	}
	return suture_error_set(err, -ENOENT, "%s:%u: the patch has no object `%s', only %s", m->file,
				m->line, m->object, list);
}

int suture_scope_told(const struct suture_scope *scope, const char *name, bool tls,
		      uint32_t *ret_object, uint64_t *ret_addr, struct suture_error *err)
{
	const struct suture_meta *found = NULL;
	int object, ret;

	for (size_t i = 0; i < scope->objs->nr_metas; i++) {
		const struct suture_meta *m = &scope->objs->metas[i];
		const struct suture_elf *elf;
		const uint8_t *bytes;

		if (m->kind != SUTURE_META_SYMBOL_AT_ || strcmp(m->name, name))
			continue;
		ret = suture_scope_object(scope, m, &object, err);
		if (ret)
			return ret;
		if (object < 0)
			return suture_error_set(err, -EINVAL,
				"%s:%u: `%s': in which of the targets? Say so with SUTURE_SYMBOL_AT_IN(\"FILE\", %s, …)",
				m->file, m->line, m->name, m->name);
		if (found && (found->addr != m->addr || *ret_object != (uint32_t)object))
			return suture_error_set(err, -EINVAL,
				"%s:%u: `%s' is told to be at 0x%" PRIx64 ", and at 0x%" PRIx64 " by %s:%u",
				m->file, m->line, m->name, m->addr, found->addr, found->file,
				found->line);
		found = m;
		*ret_object = object;
		*ret_addr = m->addr;
		if (tls)
			continue;
		elf = scope->objects[object]->elf;
		bytes = suture_elf_bytes(elf, m->addr, m->nr_bytes, 0);
		if (m->nr_bytes && (!bytes || memcmp(bytes, m->bytes, m->nr_bytes)))
			return suture_error_set(err, -EINVAL,
				"%s:%u: `%s': %s does not have the expected bytes at 0x%" PRIx64 "; is it the build that the patch is for?",
				m->file, m->line, m->name, elf->path, m->addr);
	}
	return found ? 1 : 0;
}

const char *suture_scope_targets(const struct suture_scope *scope, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < scope->nr_targets && len < size; i++)
		len += snprintf(buf + len, size - len, "%s%s",
				!i ? "" : i + 1 < scope->nr_targets ? ", " : " and ",
				scope->objects[i]->elf->path);
	return buf;
}
