/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Libraries that are loaded when they are needed: to find them, map them and relocate them
 * takes longer than all else that most commands do, and most commands need none of them.
 *
 * Each has a header of its own (crypto-int.h ...), which lists the functions that are used, and
 * gives their names to pointers in a table. So callers look as if they were linked to the
 * library; a function that is missing in the list is an error of the linker.
 */
#ifndef SUTURE_LIBRARY_INT_H
#define SUTURE_LIBRARY_INT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

/* For the lists: F(name) F(name) ... */
#define SUTURE_LIBRARY_POINTER(name)	typeof(name) *name;
#define SUTURE_LIBRARY_NAME(name)	#name,

struct suture_library {
	const char *soname;
	const char *without;		/* of the error: "no disassembler" */
	const char *const *names;	/* of the functions, in the order of the table */
	size_t nr;
	void *table;			/* pointers to functions, and nothing else */
	bool loaded;
};

/* suture_library_load - 0, also when it is loaded already, or -ELIBACC. It stays. */
int suture_library_load(struct suture_library *library, struct suture_error *err);

#endif /* SUTURE_LIBRARY_INT_H */
