// SPDX-License-Identifier: GPL-2.0-only
/* The records that the macros of patch.h leave in an object file. */
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "object.h"

/* The compiler turns the order round; people read from above. */
static int compare(const void *va, const void *vb)
{
	const struct suture_meta *a = va, *b = vb;

	return (a->order > b->order) - (a->order < b->order);
}

int suture_meta_read(struct suture_objects *objs, const struct suture_elf *elf, Elf_Scn *scn,
		     struct suture_error *err)
{
	Elf_Data *data = elf_rawdata(scn, NULL);
	size_t nr = data ? data->d_size / sizeof(struct suture_meta_) : 0;
	size_t first = objs->nr_metas;
	struct suture_meta *more;

	if (!data || data->d_size % sizeof(struct suture_meta_))
		goto damaged;
	more = realloc(objs->metas, (objs->nr_metas + nr + 1) * sizeof(*more));
	if (!more)
		return suture_error_nomem(err);
	objs->metas = more;

	for (size_t i = 0; i < nr; i++) {
		const struct suture_meta_ *rec = (struct suture_meta_ *)data->d_buf + i;

		if (rec->size != sizeof(*rec) || rec->format != SUTURE_META_FORMAT_ ||
		    rec->nr_bytes >= sizeof(rec->bytes) ||
		    !memchr(rec->file, '\0', sizeof(rec->file)) ||
		    !memchr(rec->object, '\0', sizeof(rec->object)) ||
		    !memchr(rec->name, '\0', sizeof(rec->name)))
			goto damaged;
		objs->metas[objs->nr_metas] = (struct suture_meta) {
			.kind = rec->kind,
			.name = rec->name,
			.file = rec->file,
			.object = rec->object,
			.line = rec->line,
			.addr = rec->addr,
			.old_size = rec->old_size,
			.bytes = rec->bytes + 1,
			.nr_bytes = rec->nr_bytes,
			.order = rec->order,
			.record = objs->nr_metas,
		};
		objs->nr_metas++;
	}
	qsort(objs->metas + first, nr, sizeof(*objs->metas), compare);
	return 0;
damaged:
	return suture_error_set(err, -ENOEXEC,
		"%s: the section " SUTURE_META_SECTION " is damaged, or was made with the patch.h of another version of Suture",
		elf->path);
}
