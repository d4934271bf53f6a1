/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of seek share among themselves. */
#ifndef SUTURE_SEEK_INT_H
#define SUTURE_SEEK_INT_H

#include "seek.h"
#include "insn-int.h"
#include "target.h"

/* What one place of a function does. */
enum suture_seek_act {
	SUTURE_SEEK_ACT_CALL = 1,	/* also through a word */
	SUTURE_SEEK_ACT_JUMP,		/* out of the function */
	SUTURE_SEEK_ACT_INSIDE,		/* a branch to another place of it */
	SUTURE_SEEK_ACT_REF,		/* takes an address relative to itself */
};

struct suture_seek_event {
	uint64_t at;		/* of the instruction */
	uint8_t len;
	uint8_t act;		/* enum suture_seek_act */
	bool slot;		/* to is that of a word which has the address */
	uint64_t to;
};

/* A function, decoded: what it does, in the order of addresses. */
struct suture_seek_body {
	struct suture_seek_event *events;
	size_t nr;
	bool broken;		/* something in it does not decode */
};

/* Addresses that mean the same: a function, PLT entries that lead to it, GOT slots. */
struct suture_seek_what {
	struct suture_places to, slots;		/* sorted */
};

struct suture_seeker {
	struct suture_target *target;
	struct suture_code *code;
	const struct suture_seek_query *query;
	struct suture_seek_result *results;
	struct suture_seek_body **bodies;	/* by extent, decoded when asked for */
	uint64_t budget;			/* bytes that may still be decoded */
};

/* ---- seek-code.c */

/* The function's body, or NULL with err set; it belongs to the finder. */
const struct suture_seek_body *suture_seek_body(struct suture_seeker *f, size_t ext,
						struct suture_error *err);
void suture_seek_bodies_free(struct suture_seeker *f);

/* Marks the extents in which some place could refer to one of @to, by its bytes alone;
 * @marks: a byte for each. @to: sorted. */
void suture_seek_scan(const struct suture_seeker *f, const uint64_t *to, size_t nr,
		      uint8_t *marks);

/* Is it a call of (or a jump to, a reference to) one of these? */
bool suture_seek_is(const struct suture_seek_event *event, enum suture_seek_act act,
		    const struct suture_seek_what *what);

/* ---- seek-what.c */

/* Where the symbol or the entry that a line names is. -ESRCH: there is no such symbol. */
int suture_seek_what(const struct suture_seeker *f, const struct suture_seek_cond *cond,
		     struct suture_seek_what *ret, struct suture_error *err);
void suture_seek_what_free(struct suture_seek_what *what);

/* Addresses of the string, with its end, in the object's data. */
int suture_seek_string(const struct suture_seeker *f, const char *text, struct suture_places *ret,
		       struct suture_error *err);

/* Functions that tables name: @offset bytes behind a pointer to the string @text. */
int suture_seek_table(const struct suture_seeker *f, const char *text, uint64_t offset,
		      struct suture_places *ret, struct suture_error *err);

/* Sorts, and leaves out what is there twice. -ENOMEM if something is missing. */
int suture_seek_places_sort(struct suture_places *places, struct suture_error *err);
bool suture_seek_places_has(const struct suture_places *places, uint64_t addr);

/* ---- seek-reg.c */

/* The register that holds argument number @arg of the next call of @what already when the
 * call at @at is made, and that a called function keeps. */
int suture_seek_register(struct suture_seeker *f, uint64_t at, const struct suture_seek_cond *cond,
			 const char **ret_reg, struct suture_error *err);

#endif /* SUTURE_SEEK_INT_H */
