/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shadow variables: data that a patch attaches to an object which exists already and
 * has no room for it. A variable is known by the address of its object and an id that
 * the author chooses. The functions are those of kernel livepatch.
 *
 *	int *uses = suture_shadow_get_or_alloc(session, SV_USES, sizeof(*uses), NULL, NULL);
 *
 *	if (uses)
 *		(*uses)++;
 *
 * The variables live in the patch itself, in an arena of its .bss, so they need no
 * allocator of the target, no library and no system call. They go with the patch: what
 * they own besides must be given back by then, by a hook. They are part of the process:
 * a forked child has its own copies.
 *
 * No function waits for another thread for good, whatever that thread was stopped in:
 * all of them may be called in hooks, in signal handlers and in a child of fork. What is
 * done with the data of one variable by several threads, and that nobody uses it any
 * more when it is freed, is the author's matter, as with livepatch.
 *
 * patches/lib/shadow.c has the code; patch.mk puts it into each patch that uses it.
 */
#ifndef SUTURE_SHADOW_H
#define SUTURE_SHADOW_H

#include <stddef.h>

#include <suture/patch.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(hidden)

/*
 * Fills in the data (zero so far) of a new variable of @obj before anybody sees it. What
 * it returns cancels the variable unless it is 0. A thread that does not return from it
 * for some milliseconds, or never (a child of fork has one thread only), loses its turn:
 * then somebody else's runs for the same variable, and what the first did is dropped.
 * So it must do nothing but fill in @data.
 */
typedef int (*suture_shadow_ctor)(void *obj, void *data, void *ctor_data);

/* Gives back what the variable owns. It has left the store already. */
typedef void (*suture_shadow_dtor)(void *obj, void *data);

/* The data of the variable, or NULL: there is none. */
void *suture_shadow_get(void *obj, unsigned long id);

/*
 * A new variable of @size bytes, zero, aligned to 16; then @ctor, which may be NULL, is
 * called with @ctor_data. NULL: there is one already, the arena is full, or @ctor has
 * said no.
 */
void *suture_shadow_alloc(void *obj, unsigned long id, size_t size, suture_shadow_ctor ctor,
			  void *ctor_data);

/* The same, but one that is there already is the result, whatever its size. */
void *suture_shadow_get_or_alloc(void *obj, unsigned long id, size_t size,
				 suture_shadow_ctor ctor, void *ctor_data);

/* Take the variable away, if there is one; @dtor may be NULL. */
void suture_shadow_free(void *obj, unsigned long id, suture_shadow_dtor dtor);

/* Take away all variables with that id. */
void suture_shadow_free_all(unsigned long id, suture_shadow_dtor dtor);

/*
 * For the pre_patch or post_patch hook of a patch that replaces another: fetch copies of
 * that one's variables, all of them or those with the ids named. What this patch had of
 * them before is dropped, so that a hook may run again. Addresses in the data that lead
 * into the replaced patch are not adapted. 0, also when nothing was there; -ENOMEM: the
 * arena is too small; -EINVAL: the other store is newer than this code.
 */
int suture_shadow_take(void);
int suture_shadow_take_ids(const unsigned long *ids, size_t nr);

/*
 * How many bytes the arena has (1 KiB to 256 MiB), else 256 KiB; once, in one file of the
 * patch, at file scope. Each variable takes 32 bytes more than its data, at least 48. A
 * page of it that was never used costs nothing.
 */
#define SUTURE_SHADOW_ARENA(bytes) \
	char suture_shadow_arena[(bytes) >= 1024 && (bytes) <= 256 << 20 ? (bytes) : -1] \
	__attribute__((aligned(64))); \
	const unsigned long suture_shadow_arena_size = sizeof(suture_shadow_arena)

/* The id and the version of the store as a state of the patch (SUTURE_STATE): a patch
 * that replaces one with shadow variables must use shadow variables, too. */
#define SUTURE_SHADOW_STATE		0x73686477	/* "shdw" */
#define SUTURE_SHADOW_STATE_VERSION	1

extern char suture_shadow_arena[];
extern const unsigned long suture_shadow_arena_size;

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif /* SUTURE_SHADOW_H */
