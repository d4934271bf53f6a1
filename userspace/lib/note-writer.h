/* SPDX-License-Identifier: GPL-2.0-only */
/* The note of a patch module, laid out as uapi/suture.h says. */
#ifndef SUTURE_NOTE_WRITER_H
#define SUTURE_NOTE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "uapi/suture.h"

/* Strings are interned; the tables hold offsets that suture_note_string() gave. */
struct suture_note_writer {
	struct suture_note head;	/* machine, flags and texts are the caller's */
	struct suture_object *objects;
	struct suture_func *funcs;
	struct suture_range *ranges;
	struct suture_site *sites;
	struct suture_hook *hooks;
	struct suture_state *states;
	uint32_t *replaces;
	struct suture_reloc *relocs;
	size_t nr_objects, nr_funcs, nr_ranges, nr_sites, nr_hooks, nr_states, nr_replaces;
	size_t nr_relocs;
	char *strings;
	size_t strings_size;
	int failed;			/* -ENOMEM, -E2BIG: a string could not be taken */
};

/* suture_note_string - offset of @text in the blob; NULL is the empty string */
uint32_t suture_note_string(struct suture_note_writer *w, const char *text);

/*
 * suture_note_write - lay everything out
 * @ret_desc: out, to be freed; a descriptor whose size is a multiple of 8
 */
int suture_note_write(struct suture_note_writer *w, uint8_t **ret_desc, size_t *ret_len,
		      struct suture_error *err);

/* suture_note_free - tables and strings */
void suture_note_free(struct suture_note_writer *w);

#endif /* SUTURE_NOTE_WRITER_H */
