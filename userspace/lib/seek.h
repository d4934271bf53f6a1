/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Functions, calls and registers of a stripped object, by what they do: a query says how
 * to recognise each, and exactly one must fit. suture-find(5) is its format.
 */
#ifndef SUTURE_SEEK_H
#define SUTURE_SEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct suture_target;

#define SUTURE_SEEK_ENTRIES_MAX	64
#define SUTURE_SEEK_CONDS_MAX	16
#define SUTURE_SEEK_NAME_MAX	64
#define SUTURE_SEEK_BYTES_MAX	16	/* of a function that are reported */

enum suture_seek_kind {
	SUTURE_SEEK_FUNCTION = 1,
	SUTURE_SEEK_CALL,
	SUTURE_SEEK_REGISTER,
};

enum suture_seek_key {
	/* of a function */
	SUTURE_SEEK_CALLS = 1,	/* it calls `what', `count' times (0: at least once) */
	SUTURE_SEEK_JUMPS_TO,	/* it leaves by a jump to `what', likewise */
	SUTURE_SEEK_CALLED_BY,	/* the function `ref' calls it */
	SUTURE_SEEK_JUMPED_BY,	/* the function `ref' leaves by a jump to it */
	SUTURE_SEEK_CALLEE_OF,	/* the call `ref' calls it */
	SUTURE_SEEK_STRING,	/* it refers to the string `what' */
	SUTURE_SEEK_TABLE,	/* a word `count' bytes behind a pointer to `what' leads to it */
	SUTURE_SEEK_SIZE,	/* count .. most bytes */
	/* of a call */
	SUTURE_SEEK_IN,		/* in the function `ref' */
	SUTURE_SEEK_TO,		/* of `what' */
	SUTURE_SEEK_BEFORE,	/* the next one behind it is of `what' */
	SUTURE_SEEK_AFTER,	/* the one in front of it is of `what' */
	/* of a register */
	SUTURE_SEEK_AT,		/* when the call `ref' is made */
	SUTURE_SEEK_ARGUMENT,	/* it holds argument `count' of the next call of `what' */
};

/* One line: KEY=…. */
struct suture_seek_cond {
	enum suture_seek_key key;
	unsigned int line;
	char *text;		/* "Calls=free x2", as it stands there */
	char *what;		/* a symbol or a string; NULL: ref is meant */
	int ref;		/* index of an earlier entry, or -1 */
	uint64_t count, most;
};

/* One section: [function NAME]. */
struct suture_seek_entry {
	enum suture_seek_kind kind;
	char name[SUTURE_SEEK_NAME_MAX];
	unsigned int line;
	struct suture_seek_cond conds[SUTURE_SEEK_CONDS_MAX];
	size_t nr_conds;
};

struct suture_seek_query {
	struct suture_seek_entry *entries;
	size_t nr;
};

/* What was found for the entry of the same index. */
struct suture_seek_result {
	uint64_t addr;		/* of the function, of the call's instruction */
	uint64_t size;		/* of the function; of the call's instruction */
	uint64_t offset;	/* of the call in its function; else 0 */
	uint64_t callee;	/* of a direct call: the address, else 0 */
	const char *callee_name;	/* or NULL; belongs to the target */
	uint8_t bytes[SUTURE_SEEK_BYTES_MAX];	/* the first of them */
	size_t nr_bytes;
	const char *reg;	/* "rbx"; NULL: no register */
};

/*
 * suture_seek_parse - read a query's text
 * @name: of its file, for messages
 * @ret:  out, freed with suture_seek_free()
 * -EINVAL: a line is not understood; nothing of the text counts then.
 */
int suture_seek_parse(const char *text, size_t len, const char *name,
		      struct suture_seek_query *ret, struct suture_error *err);

/* suture_seek_read - the same from a file of at most 1 MiB */
int suture_seek_read(const char *path, struct suture_seek_query *ret, struct suture_error *err);

/* suture_seek_free - what is in it; of zeros is fine */
void suture_seek_free(struct suture_seek_query *query);

/*
 * suture_seek - look for all entries of @query in @target
 * @ret: out, query->nr results, to be freed
 * -ESRCH: for an entry there is none, or more than one. err names it, and how many each of
 * its conditions has left; -EOPNOTSUPP: the machine, or a value that is in no register.
 */
int suture_seek(struct suture_target *target, const struct suture_seek_query *query,
		struct suture_seek_result **ret, struct suture_error *err);

#endif /* SUTURE_SEEK_H */
