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

/*
 * When a process changes over. Quiescent: all functions at once, when no thread
 * is inside an old one. Immediate: at once, a thread inside an old function
 * finishes there. Without either: immediate for one function, else quiescent.
 */
#define SUTURE_QUIESCENT	SUTURE_META_TEXT_(SUTURE_META_QUIESCENT_, "")
#define SUTURE_IMMEDIATE	SUTURE_META_TEXT_(SUTURE_META_IMMEDIATE_, "")

/*
 * Replace the function that the target calls @old, static or not, by @fn. For
 * names that are no C identifier ("f.constprop.0") there is the second form.
 * @fn must have the very type of the old function.
 */
#define SUTURE_REPLACE(old, fn)		SUTURE_REPLACE_NAMED(#old, fn)
#define SUTURE_REPLACE_NAMED(old, fn) \
	SUTURE_META_(SUTURE_META_REPLACE_, old, 0, 0, fn, )

/*
 * Replace the function at @addr, an address in the target file's own address
 * space (as objdump shows it), whose bytes there are those that follow; @size
 * in bytes, 0: as the unwind table has it. @label is its name in reports.
 */
#define SUTURE_REPLACE_AT(label, addr, size, fn, ...) \
	SUTURE_META_(SUTURE_META_REPLACE_AT_, label, addr, size, fn, __VA_ARGS__)

/*
 * Say that @name, which the patch declares extern, is at @addr in the target,
 * where the bytes are those that follow (may be left out, for data).
 */
#define SUTURE_SYMBOL_AT(name, ...)	SUTURE_SYMBOL_AT_(#name, __VA_ARGS__, )
#define SUTURE_SYMBOL_AT_(name, addr, ...) \
	SUTURE_META_(SUTURE_META_SYMBOL_AT_, name, addr, 0, 0, __VA_ARGS__)

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

/* ------------------------------------------- what the macros are made of */

/* One record, read by userspace/lib/meta.c. Its size is a multiple of every
 * alignment that a compiler may give it, so records follow without gaps. */
#define SUTURE_META_FORMAT_	1
#define SUTURE_META_NAME_MAX_	1024
#define SUTURE_META_FILE_MAX_	904
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
	char name[SUTURE_META_NAME_MAX_];
	unsigned char zero[16];
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

#define SUTURE_META_(kind, name, addr, size, fn, ...) \
	static struct suture_meta_ SUTURE_CAT_(suture_meta_, __COUNTER__) \
	__attribute__((section(".suture.meta"), used, aligned(64))) = { \
		sizeof(struct suture_meta_), SUTURE_META_FORMAT_, kind, __LINE__, \
		sizeof(__extension__ (const unsigned char[]){ 0, __VA_ARGS__ }) - 1, \
		(void (*)(void))(fn), addr, size, { 0, __VA_ARGS__ }, __FILE__, name, { 0 } \
	}

#define SUTURE_META_TEXT_(kind, text)	SUTURE_META_(kind, text, 0, 0, 0, )

#endif /* SUTURE_PATCH_H */
