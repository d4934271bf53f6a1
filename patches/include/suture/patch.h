/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the author of a patch writes. C and C++; docs/patch-authors.md is the
 * guide. Compile with patches/patch.mk, which also calls `suture pack`.
 *
 *	#include <suture/patch.h>
 *
 *	SUTURE_PATCH("1.0", "what it fixes in one line");
 *
 *	extern int helper(int x);	// a function of the target: just declare it
 *
 *	static int fixed(int x)
 *	{
 *		return helper(x) + 1;
 *	}
 *	SUTURE_REPLACE(broken, fixed);
 *
 * All macros stand at file scope and end with a semicolon. What they say goes
 * into the section .suture.meta of the object file, which `suture pack` reads
 * and does not put into the patch.
 */
#ifndef SUTURE_PATCH_H
#define SUTURE_PATCH_H

/* Version and one line of description, once a patch. */
#define SUTURE_PATCH(version, description) \
	SUTURE_META_TEXT_(SUTURE_META_VERSION_, version); \
	SUTURE_META_TEXT_(SUTURE_META_DESCRIPTION_, description)

/* What else is known of it, each at most once. */
#define SUTURE_CVE(id)		SUTURE_META_TEXT_(SUTURE_META_CVE_, id)
#define SUTURE_AUTHOR(who)	SUTURE_META_TEXT_(SUTURE_META_AUTHOR_, who)
#define SUTURE_LICENSE(license)	SUTURE_META_TEXT_(SUTURE_META_LICENSE_, license)

/* What the target is with this patch: its version, and a letter that goes on from patch to
 * patch, "2.50.6 (a)". It is shown by `suture list`, and nowhere else. */
#define SUTURE_LEVEL(level)	SUTURE_META_TEXT_(SUTURE_META_LEVEL_, level)

/*
 * When a process changes over. Quiescent: all functions at once, when no thread
 * is inside an old one. Immediate: at once, a thread inside an old function
 * finishes there. Without either: immediate for one function, else quiescent.
 */
#define SUTURE_QUIESCENT	SUTURE_META_TEXT_(SUTURE_META_QUIESCENT_, "")
#define SUTURE_IMMEDIATE	SUTURE_META_TEXT_(SUTURE_META_IMMEDIATE_, "")

/*
 * Replace the function that the target calls @old, static or not, by @fn. For
 * names that are no C identifier ("f.constprop.0") there is the form _NAMED.
 * @fn must have the very type of the old function.
 *
 * A patch with several targets says which of them is meant, where two have a
 * function of that name, by the forms _IN: @object is the target's soname or its
 * file name.
 */
#define SUTURE_REPLACE(old, fn)			SUTURE_REPLACE_NAMED(#old, fn)
#define SUTURE_REPLACE_IN(object, old, fn)	SUTURE_REPLACE_NAMED_IN(object, #old, fn)
#define SUTURE_REPLACE_NAMED(old, fn)		SUTURE_REPLACE_NAMED_IN("", old, fn)
#define SUTURE_REPLACE_NAMED_IN(object, old, fn) \
	SUTURE_META_(SUTURE_META_REPLACE_, object, old, 0, 0, fn, )

/*
 * Replace the function at @addr, an address in the target file's own address
 * space (as objdump shows it), whose bytes there are those that follow; @size
 * in bytes, 0: as the unwind table has it. @label is its name in reports.
 */
#define SUTURE_REPLACE_AT(label, addr, size, fn, ...) \
	SUTURE_REPLACE_AT_IN("", label, addr, size, fn, __VA_ARGS__)
#define SUTURE_REPLACE_AT_IN(object, label, addr, size, fn, ...) \
	SUTURE_META_(SUTURE_META_REPLACE_AT_, object, label, addr, size, fn, __VA_ARGS__)

/*
 * Lead one call elsewhere: the instruction @offset bytes into the target's function
 * @f calls @g from then on. It must be a direct call, a jump in the place of one (at
 * the end of a function), or on x86-64 a call through a word (ff 15). @g must have
 * the very type of what was called there.
 */
#define SUTURE_REPLACE_CALL(f, offset, g)	SUTURE_REPLACE_CALL_NAMED(#f, offset, g)
#define SUTURE_REPLACE_CALL_IN(object, f, offset, g) \
	SUTURE_REPLACE_CALL_NAMED_IN(object, #f, offset, g)
#define SUTURE_REPLACE_CALL_NAMED(f, offset, g)	SUTURE_REPLACE_CALL_NAMED_IN("", f, offset, g)
#define SUTURE_REPLACE_CALL_NAMED_IN(object, f, offset, g) \
	SUTURE_META_(SUTURE_META_REPLACE_CALL_, object, f, offset, 0, g, )

/*
 * The old implementation of @f, which the patch replaces and declares extern with
 * its type: SUTURE_ORIGINAL(f)(x, y). It is always the target's own old code. Only
 * inside functions.
 */
#define SUTURE_ORIGINAL(f) \
	(__extension__ ({ \
		extern __typeof__(f) suture_original_##f __asm__("suture.original." #f); \
		&suture_original_##f; \
	}))

/*
 * Say that @name, which the patch declares extern, is at @addr in the target,
 * where the bytes are those that follow (may be left out, for data).
 */
#define SUTURE_SYMBOL_AT(name, ...)	SUTURE_SYMBOL_AT_("", #name, __VA_ARGS__, )
#define SUTURE_SYMBOL_AT_IN(object, name, ...)	SUTURE_SYMBOL_AT_(object, #name, __VA_ARGS__, )
#define SUTURE_SYMBOL_AT_(object, name, addr, ...) \
	SUTURE_META_(SUTURE_META_SYMBOL_AT_, object, name, addr, 0, 0, __VA_ARGS__)

/* Say that @name, which the patch declares extern, is the one of that target. */
#define SUTURE_SYMBOL_IN(object, name) \
	SUTURE_META_(SUTURE_META_SYMBOL_IN_, object, #name, 0, 0, 0, )

/*
 * A variable that the target imports, or exports so that others may take its
 * place. SUTURE_IMPORTED(name) is a pointer to it, read from the target's own
 * GOT when used:
 *
 *	SUTURE_IMPORT(FILE *, stderr);
 *	fprintf(*SUTURE_IMPORTED(stderr), "…");
 */
#define SUTURE_IMPORT(type, name) \
	SUTURE_C_ __typeof__(type) *suture_slot_##name __asm__("suture.slot." #name)
#define SUTURE_IMPORTED(name)	(suture_slot_##name)

/*
 * Code of the patch that runs in each process, while all its other threads are held:
 * before and after the patch is written, before and after it is taken out. Hooks of
 * one kind run in the order in which they stand. `static int fn(void)`; what a pre_*
 * hook returns refuses the process unless it is 0; post_* hooks may be void. Only what
 * is async-signal-safe may be called.
 */
#define SUTURE_PRE_PATCH(fn)	SUTURE_HOOK_(SUTURE_META_PRE_PATCH_, SUTURE_HOOK_FN_(fn))
#define SUTURE_POST_PATCH(fn)	SUTURE_HOOK_(SUTURE_META_POST_PATCH_, fn)
#define SUTURE_PRE_UNPATCH(fn)	SUTURE_HOOK_(SUTURE_META_PRE_UNPATCH_, SUTURE_HOOK_FN_(fn))
#define SUTURE_POST_UNPATCH(fn)	SUTURE_HOOK_(SUTURE_META_POST_UNPATCH_, fn)

/* How long one hook may take, milliseconds (else 1000), and its stack, bytes (else
 * 65536). */
#define SUTURE_HOOK_LIMIT(ms)	SUTURE_META_(SUTURE_META_HOOK_LIMIT_, "", "", ms, 0, 0, )
#define SUTURE_HOOK_STACK(bytes) \
	SUTURE_META_(SUTURE_META_HOOK_STACK_, "", "", bytes, 0, 0, )

/* The patch takes the place of all patches loaded before it, or of the one named, in
 * one step in each process. */
#define SUTURE_REPLACES_ALL	SUTURE_META_TEXT_(SUTURE_META_REPLACES_ALL_, "")
#define SUTURE_REPLACES(patch)	SUTURE_META_TEXT_(SUTURE_META_REPLACES_, patch)

/*
 * A patch with several targets: for processes that map one of them, too. What is in
 * an object that is not mapped must not be used then: SUTURE_MAPPED("libb.so") says
 * whether that one is.
 */
#define SUTURE_ANY_TARGET	SUTURE_META_TEXT_(SUTURE_META_ANY_TARGET_, "")
#define SUTURE_MAPPED(object) \
	SUTURE_MAPPED_(SUTURE_CAT_(suture_object_, __COUNTER__), object)

/*
 * @object, a variable of the patch, is a state that a later patch may take over: one
 * that replaces this patch must have a state of the same @id (a number, or a name for
 * one) and the same or a higher @version. In its pre_patch and post_patch hooks
 * SUTURE_STATE_PREVIOUS(id) is the address of the replaced patch's object, NULL where
 * there is none; its version, 0 where there is none.
 */
#define SUTURE_STATE(id, version, object) \
	SUTURE_STATE_(SUTURE_CAT_(suture_state_, __COUNTER__), SUTURE_TEXT_(id), id, version, \
		      object)
#define SUTURE_STATE_PREVIOUS(id)		(SUTURE_STATE_SLOT_(id)->previous)
#define SUTURE_STATE_PREVIOUS_VERSION(id) \
	(SUTURE_STATE_SLOT_(id)->previous_version)

/* ------------------------------------------- what the macros are made of */

/* One record, read by userspace/lib/meta.c. Its size is a multiple of every
 * alignment that a compiler may give it, so records follow without gaps. */
#define SUTURE_META_FORMAT_	2
#define SUTURE_META_NAME_MAX_	1024
#define SUTURE_META_FILE_MAX_	648
#define SUTURE_META_OBJECT_MAX_	256
#define SUTURE_META_BYTES_MAX_	64

enum suture_meta_kind_ {
	SUTURE_META_VERSION_ = 1,
	SUTURE_META_DESCRIPTION_ = 2,
	SUTURE_META_CVE_ = 3,
	SUTURE_META_AUTHOR_ = 4,
	SUTURE_META_LICENSE_ = 5,
	SUTURE_META_QUIESCENT_ = 6,
	SUTURE_META_IMMEDIATE_ = 7,
	SUTURE_META_REPLACE_ = 8,
	SUTURE_META_REPLACE_AT_ = 9,
	SUTURE_META_SYMBOL_AT_ = 10,
	SUTURE_META_SYMBOL_IN_ = 11,
	SUTURE_META_REPLACE_CALL_ = 12,	/* addr: offset in the function */
	SUTURE_META_PRE_PATCH_ = 13,
	SUTURE_META_POST_PATCH_ = 14,
	SUTURE_META_PRE_UNPATCH_ = 15,
	SUTURE_META_POST_UNPATCH_ = 16,
	SUTURE_META_HOOK_LIMIT_ = 17,	/* addr: milliseconds */
	SUTURE_META_HOOK_STACK_ = 18,	/* addr: bytes */
	SUTURE_META_REPLACES_ALL_ = 19,
	SUTURE_META_REPLACES_ = 20,
	SUTURE_META_ANY_TARGET_ = 21,
	SUTURE_META_STATE_ = 22,	/* addr: id; old_size: version; fn: the slot */
	SUTURE_META_LEVEL_ = 23,
};

struct suture_meta_ {
	unsigned int size;		/* sizeof(struct suture_meta_) */
	unsigned short format;		/* SUTURE_META_FORMAT_ */
	unsigned short kind;		/* enum suture_meta_kind_ */
	unsigned int line;		/* of the macro */
	unsigned int nr_bytes;		/* of bytes, without the first */
	void (*fn)(void);		/* the new function, or NULL */
	unsigned long long addr;	/* in the target */
	unsigned long long old_size;	/* bytes, 0: not told */
	unsigned char bytes[SUTURE_META_BYTES_MAX_];	/* a 0, then what is expected at addr */
	char file[SUTURE_META_FILE_MAX_];
	char object[SUTURE_META_OBJECT_MAX_];	/* the target meant, or empty */
	char name[SUTURE_META_NAME_MAX_];
	unsigned int order;		/* of the macros in a file: compilers turn it round */
	unsigned char zero[12];
};

/* struct suture_state_slot of uapi/suture.h */
struct suture_state_slot_ {
	void *data;
	void *volatile previous;
	volatile unsigned int previous_version;
	unsigned int id;
};

#ifdef __cplusplus
#define SUTURE_C_		extern "C"
static_assert(sizeof(struct suture_meta_) == 2048, "records must follow without gaps");
#else
#define SUTURE_C_		extern
_Static_assert(sizeof(struct suture_meta_) == 2048, "records must follow without gaps");
#endif

#define SUTURE_CAT2_(a, b)	a##b
#define SUTURE_CAT_(a, b)	SUTURE_CAT2_(a, b)

#define SUTURE_TEXT2_(a)	#a
#define SUTURE_TEXT_(a)		SUTURE_TEXT2_(a)

#define SUTURE_META_(...)	SUTURE_META2_(__COUNTER__, __VA_ARGS__)
#define SUTURE_META2_(...)	SUTURE_META3_(__VA_ARGS__)
#define SUTURE_META3_(order, kind, object, name, addr, size, fn, ...) \
	static struct suture_meta_ suture_meta_##order \
	__attribute__((section(".suture.meta"), used, aligned(64))) = { \
		sizeof(struct suture_meta_), SUTURE_META_FORMAT_, kind, __LINE__, \
		sizeof(__extension__ (const unsigned char[]){ 0, __VA_ARGS__ }) - 1, \
		__extension__ (void (*)(void))(fn), addr, size, { 0, __VA_ARGS__ }, __FILE__, \
		object, name, order, { 0 } \
	}

#define SUTURE_META_TEXT_(kind, text)	SUTURE_META_(kind, "", text, 0, 0, 0, )

/* #fn is its name for reports; the conversion sees to its type. */
#define SUTURE_HOOK_(kind, fn)		SUTURE_META_(kind, "", #fn, 0, 0, fn, )
#ifdef __cplusplus
#define SUTURE_HOOK_FN_(fn)		static_cast<int (*)()>(fn)
#else
#define SUTURE_HOOK_FN_(fn) \
	__builtin_choose_expr(__builtin_types_compatible_p(__typeof__(fn), int(void)), (fn), \
			      (void)0)
#endif

#define SUTURE_STATE_(slot, text, id, version, object) \
	SUTURE_C_ struct suture_state_slot_ slot __asm__("suture.state." text); \
	__attribute__((used, visibility("hidden"), aligned(8))) \
	struct suture_state_slot_ slot = { (void *)&(object), 0, 0, id }; \
	SUTURE_META_(SUTURE_META_STATE_, "", text, id, version, &slot, )

#define SUTURE_MAPPED_(var, object) \
	(__extension__ ({ \
		extern const char var[] __asm__("suture.object." object) __attribute__((weak)); \
		&var[0] != 0; \
	}))

/* Every use has a name of its own: gcc takes two declarations of one name for one. */
#define SUTURE_STATE_SLOT_(id) \
	SUTURE_STATE_SLOT2_(SUTURE_CAT_(suture_state_, __COUNTER__), SUTURE_TEXT_(id))
#define SUTURE_STATE_SLOT2_(slot, text) \
	(__extension__ ({ \
		extern struct suture_state_slot_ slot __asm__("suture.state." text) \
		__attribute__((visibility("hidden"))); \
		&slot; \
	}))

#endif /* SUTURE_PATCH_H */
