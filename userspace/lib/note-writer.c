// SPDX-License-Identifier: GPL-2.0-only
/* The note of a patch module. */
#include <stdlib.h>
#include <string.h>

#include "note-writer.h"

uint32_t suture_note_string(struct suture_note_writer *w, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0, at;
	char *more;

	if (len <= 1 && w->strings)
		return 0;
	if (len > SUTURE_TEXT_MAX) {
		w->failed = -E2BIG;
		return 0;
	}
	for (at = 0; at < w->strings_size; at += strlen(w->strings + at) + 1) {
		if (!strcmp(w->strings + at, text))
			return at;
	}
	if (!w->strings_size)
		at = 1;		/* the blob begins with the empty string */
	more = realloc(w->strings, at + len);
	if (!more) {
		w->failed = -ENOMEM;
		return 0;
	}
	w->strings = more;
	w->strings[0] = '\0';
	if (len)
		memcpy(w->strings + at, text, len);
	w->strings_size = at + len;
	return len > 1 ? at : 0;
}

static struct suture_table place(size_t *pos, size_t count, size_t size)
{
	struct suture_table t = { .offset = *pos, .count = count };

	*pos = (*pos + count * size + 7) & ~(size_t)7;
	return t;
}

int suture_note_write(struct suture_note_writer *w, uint8_t **ret_desc, size_t *ret_len,
		      struct suture_error *err)
{
	struct suture_note *head = &w->head;
	size_t len = (sizeof(*head) + 7) & ~(size_t)7;
	uint8_t *desc;

	suture_note_string(w, "");
	if (w->failed == -E2BIG)
		return suture_error_set(err, -E2BIG, "a text is longer than %d bytes",
					SUTURE_TEXT_MAX - 1);
	if (w->failed)
		return suture_error_nomem(err);
	head->size = sizeof(*head);
	head->format = SUTURE_NOTE_FORMAT;
	head->objects = place(&len, w->nr_objects, sizeof(*w->objects));
	head->funcs = place(&len, w->nr_funcs, sizeof(*w->funcs));
	head->ranges = place(&len, w->nr_ranges, sizeof(*w->ranges));
	head->sites = place(&len, w->nr_sites, sizeof(*w->sites));
	head->hooks = place(&len, w->nr_hooks, sizeof(*w->hooks));
	head->states = place(&len, w->nr_states, sizeof(*w->states));
	head->replaces = place(&len, w->nr_replaces, sizeof(*w->replaces));
	head->relocs = place(&len, w->nr_relocs, sizeof(*w->relocs));
	head->strings = place(&len, w->strings_size, 1);
	if (len > SUTURE_NOTE_MAX)
		return suture_error_set(err, -E2BIG, "the note has %zu bytes; %d are possible", len,
					SUTURE_NOTE_MAX);
	desc = calloc(1, len);
	if (!desc)
		return suture_error_nomem(err);
	memcpy(desc, head, sizeof(*head));
#define COPY(table) do { \
	if (w->nr_##table) \
		memcpy(desc + head->table.offset, w->table, w->nr_##table * sizeof(*w->table)); \
} while (0)
	COPY(objects);
	COPY(funcs);
	COPY(ranges);
	COPY(sites);
	COPY(hooks);
	COPY(states);
	COPY(replaces);
	COPY(relocs);
#undef COPY
	memcpy(desc + head->strings.offset, w->strings, w->strings_size);
	*ret_desc = desc;
	*ret_len = len;
	return 0;
}

void suture_note_free(struct suture_note_writer *w)
{
	free(w->objects);
	free(w->funcs);
	free(w->ranges);
	free(w->sites);
	free(w->hooks);
	free(w->states);
	free(w->replaces);
	free(w->relocs);
	free(w->strings);
	memset(w, 0, sizeof(*w));
}
