/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calling convention between a replaced function and its old callers.
 *
 * gcc -O2 (-fipa-ra) lets the caller of a function whose body it knows keep
 * values in caller-saved registers that the function, with all that it calls,
 * happens not to write. The caller was compiled against the old function; so
 * the new one must leave those registers alone too, or be entered through a
 * stub that saves them.
 *
 * Only callers that call (or tail-jump) directly can know the body. A function
 * that is reached through the PLT, a GOT slot or a pointer alone follows the
 * full convention. An exported function, or one whose address is taken, may
 * still have direct callers besides: what counts is the direct branch.
 */
#ifndef SUTURE_IPARA_H
#define SUTURE_IPARA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct suture_code;
struct suture_error;

/* Sets of registers. x86-64: general registers by their hardware number. */
#define SUTURE_X86_GPR(n)	(1ULL << (n))	/* rax rcx rdx rbx rsp rbp rsi rdi r8 .. r15 */
#define SUTURE_X86_XMM(n)	(1ULL << (16 + (n)))	/* 0 .. 31, ymm and zmm with it */
#define SUTURE_X86_K(n)		(1ULL << (48 + (n)))
#define SUTURE_X86_MMX		(1ULL << 56)		/* mm0 .. mm7 */
#define SUTURE_X86_UPPER	(1ULL << 57)	/* of ymm/zmm 0 .. 15: above 128 bits */
/* arm64 */
#define SUTURE_ARM64_X(n)	(1ULL << (n))		/* 0 .. 18 */
#define SUTURE_ARM64_V(n)	(1ULL << (32 + (n)))	/* 0 .. 31 */
/* Flags and x87 are never kept across a call by gcc, and are left out. */

/* "r8, r10, xmm3" of a set, into buf (always terminated); returns buf. */
const char *suture_ipara_names(uint16_t machine, uint64_t regs, char *buf, size_t size);

/* The caller-saved registers that a function can write. */
struct suture_clobbers {
	uint64_t must;	/* written for certain as the compiler saw it: no more than gcc's own set */
	uint64_t may;	/* everything that it could write: no less than it does */
};

/*
 * For the function at addr with all that it calls or tail-jumps to directly.
 * A call through a pointer, the PLT or into the unknown writes everything that
 * the ABI allows (in `must` only where the call is seen to return).
 * -EINVAL: no function there.
 */
int suture_ipara_clobbers(struct suture_code *code, uint64_t addr, struct suture_clobbers *ret,
			  struct suture_error *err);

/* Who reaches a function, and how. */
struct suture_callers {
	uint32_t calls;		/* direct calls from elsewhere in the object */
	uint32_t jumps;		/* direct (tail) jumps from elsewhere in the object */
	bool address_taken;	/* a pointer in data, a lea, or an immediate is its address */
	uint64_t relied;	/* registers in which a caller, or a caller of it, may keep
				 * something; 0 when there is no direct caller */
};

int suture_ipara_callers(struct suture_code *code, uint64_t addr, struct suture_callers *ret,
			 struct suture_error *err);

/* Does a function read what its caller laid on the stack? */
enum suture_stack_args {
	SUTURE_STACK_ARGS_NO = 0,
	SUTURE_STACK_ARGS_YES,
	SUTURE_STACK_ARGS_UNKNOWN,	/* it moves its stack pointer in a way not followed */
};

enum suture_stack_args suture_ipara_stack_args(struct suture_code *code, uint64_t addr);

/* What a replacement asks for. */
struct suture_ipara {
	struct suture_callers callers;
	struct suture_clobbers old_set;
	struct suture_clobbers new_set;
	uint64_t save;		/* registers that an entry stub must keep over the call of the
				 * new function; 0: no stub */
};

/* What the new function calls outside of its own text, where that is known. */
struct suture_outside {
	uint64_t at;		/* in the new text: the word that it is called through, or a
				 * stub that leads there */
	uint64_t old;		/* in the old text: what is called */
};

/*
 * Compares the old function with the new one, each in its own text.
 * @outside: what the old function calls, too (and the old function itself, by
 * SUTURE_ORIGINAL) adds nothing: callers knew of it already.
 * 0: ret->save says whether a stub is needed, and it can be built: it saves
 * those registers, calls the new function (which takes nothing from the
 * stack), restores them and returns; rax, rdx, xmm0 and xmm1 are among them
 * only where the old function certainly never wrote them, so cannot have
 * returned anything there.
 * -EOPNOTSUPP: a stub is needed and cannot be built; err names the registers
 * and the reason; *ret is filled all the same.
 */
int suture_ipara_compare(struct suture_code *old_code, uint64_t old_addr,
			 struct suture_code *new_code, uint64_t new_addr,
			 const struct suture_outside *outside, size_t nr_outside,
			 struct suture_ipara *ret, struct suture_error *err);

#endif /* SUTURE_IPARA_H */
