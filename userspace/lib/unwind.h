/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a thread that does not run, by unwind tables alone. Nothing is guessed:
 * no frame pointers, no search for words that look like return addresses. Where that
 * does not lead to the place where the thread began, the result says why.
 *
 * libdw does the work; registers come from the caller, so nobody is stopped or traced.
 */
#ifndef SUTURE_UNWIND_H
#define SUTURE_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"
#include "uapi/suture.h"

#define SUTURE_UNWIND_REGS	40	/* room for the registers of any machine, words */

/* A process: what it maps, and the unwind tables of what its threads were found in. */
struct suture_unwind;

struct suture_frame {
	uint64_t pc;		/* where it goes on */
	uint64_t sp;
	bool exact;		/* pc is the place itself; else it lies behind the call */
};

struct suture_backtrace {
	struct suture_frame *frames;	/* the innermost first */
	size_t nr;
	bool complete;		/* these are all, and each is certain */
	char why[256];		/* else: why not; fit for a terminal */
};

/* Where an address is. Strings belong to the suture_unwind. */
struct suture_place {
	const char *path;	/* of the file that is mapped there, or "[vdso]"; NULL: none */
	uint64_t addr;		/* in the file, link-time */
	const uint8_t *build_id;
	size_t build_id_len;	/* 0: none */
};

/*
 * suture_unwind_open - read what the process of thread @tid maps
 * Returns 0, -ESRCH (it has ended) or a negative errno.
 */
int suture_unwind_open(pid_t tid, struct suture_unwind **ret, struct suture_error *err);

/* suture_unwind_close - NULL is fine */
void suture_unwind_close(struct suture_unwind *unwind);

/*
 * suture_unwind_thread - unwind one thread of the process
 * @regs:  struct user_regs_struct or struct user_pt_regs, as SUTURE_IOC_THREAD gives it
 * @tp:    its thread pointer
 * @ret:   freed with suture_backtrace_free(), also after an error
 * The thread should not run meanwhile; the caller must find out whether it did. A
 * backtrace that is not complete is no error. Returns 0 or a negative errno.
 */
int suture_unwind_thread(struct suture_unwind *unwind, pid_t tid, const uint64_t *regs,
			 uint64_t tp, struct suture_backtrace *ret, struct suture_error *err);

void suture_backtrace_free(struct suture_backtrace *backtrace);

/* suture_unwind_place - where @addr is; false: in no file */
bool suture_unwind_place(struct suture_unwind *unwind, uint64_t addr, struct suture_place *ret);

/* suture_unwind_symbol - the function that @addr is in, NULL if unknown */
const char *suture_unwind_symbol(struct suture_unwind *unwind, uint64_t addr);

/* suture_unwind_text_path - the file whose text is mapped at @addr; NULL: none */
const char *suture_unwind_text_path(const struct suture_unwind *unwind, uint64_t addr);

/* suture_unwind_place_text - "hold (libfuncs.so)", fit for a terminal; returns @buf */
char *suture_unwind_place_text(struct suture_unwind *unwind, uint64_t addr, char *buf,
			       size_t size);

/* suture_unwind_behind_call - is the instruction that ends at @addr a call? */
bool suture_unwind_behind_call(struct suture_unwind *unwind, uint64_t addr);

/* suture_unwind_is_function - does a function of the file there begin at @addr? */
bool suture_unwind_is_function(struct suture_unwind *unwind, uint64_t addr);

/* Called with each word that the thread could still read; a non-zero result ends it. */
typedef int (*suture_word_fn)(uint64_t word, void *arg);

/*
 * suture_unwind_words - every word of the registers and of the stacks in use
 * @backtrace: a complete one
 * Returns 0, what @fn returned, or a negative errno (a stack is not readable).
 */
int suture_unwind_words(struct suture_unwind *unwind, const struct suture_backtrace *backtrace,
			const uint64_t *regs, suture_word_fn fn, void *arg);

#endif /* SUTURE_UNWIND_H */
