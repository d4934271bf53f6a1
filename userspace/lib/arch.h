/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between machines when a patch is packed; one file each in arch/. */
#ifndef SUTURE_ARCH_H
#define SUTURE_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "insn.h"

/* Dynamic relocations, of targets and of patches. */
enum suture_dyn {
	SUTURE_DYN_OTHER = 0,
	SUTURE_DYN_NONE,
	SUTURE_DYN_RELATIVE,
	SUTURE_DYN_ABS64,	/* word = symbol + addend */
	SUTURE_DYN_GLOB_DAT,
	SUTURE_DYN_JUMP_SLOT,
	SUTURE_DYN_DTPMOD,
	SUTURE_DYN_DTPOFF,
	SUTURE_DYN_TPOFF,
	SUTURE_DYN_TLSDESC,
	SUTURE_DYN_COPY,
	SUTURE_DYN_IRELATIVE,
};

/* How an author's object uses a symbol; a set. */
#define SUTURE_USE_CALL		(1U << 0)	/* calls or jumps to it */
#define SUTURE_USE_ADDRESS	(1U << 1)	/* its address, through the patch's GOT */
#define SUTURE_USE_WORD		(1U << 2)	/* its address, in a word of data */
#define SUTURE_USE_DIRECT	(1U << 3)	/* in a manner that needs it nearby: not -fPIC */
#define SUTURE_USE_TLS		(1U << 4)	/* as a thread-local, general dynamic */
#define SUTURE_USE_TLS_OTHER	(1U << 5)	/* as a thread-local, any other way */

/* How a thread-local of the target is reached when the patch runs. */
enum suture_tls_kind {
	SUTURE_TLS_PAIR = 1,	/* module and offset: __tls_get_addr of that GOT pair, + delta */
	SUTURE_TLS_OFFSET,	/* thread pointer + the GOT word + delta */
	SUTURE_TLS_DESC,	/* thread pointer + what the descriptor's function says + delta */
	SUTURE_TLS_CONSTANT,	/* thread pointer + delta */
};

/* A patch's word for the address of a function that is entered by emit_call. */
#define SUTURE_CALL_PREFIX	"suture.call."
/* A patch's word for the address of a name that stands for a GOT slot. */
#define SUTURE_SLOT_PREFIX	"suture.slot."
/* An address in the object of that name (SUTURE_MAPPED). */
#define SUTURE_OBJECT_PREFIX	"suture.object."
/* A state's slot; the author's object defines it. */
#define SUTURE_STATE_PREFIX	"suture.state."
/* What the patch calls as __tls_get_addr. A name of its own, so that ld leaves
 * the call as it is: `call *__tls_get_addr@GOTPCREL(%rip)` with the prefixes of
 * the TLS sequence, relaxed to a direct call, becomes one with 16-bit operands. */
#define SUTURE_TLS_ENTRY	"suture.tls_entry"
/* The function that finds a thread-local, called by it. */
#define SUTURE_TLS_PREFIX	"suture.tls."
/* __tls_get_addr as the target calls it. */
#define SUTURE_TLS_GET_ADDR	"suture.tls_get_addr"

/* Where the kernel has a hook begin and where it has it end: struct suture_hook. */
#define SUTURE_HOOK_ENTER	"suture.hook_enter"
#define SUTURE_HOOK_LEAVE	"suture.hook_leave"

/* One of the ways to a function: a word, which is 0 where its object is not there. */
struct suture_way {
	const char *word;	/* holds the address of code, or */
	bool slot;		/* of a GOT slot */
};

struct suture_arch {
	uint16_t machine;		/* EM_* */
	const char *name;
	const char *cc;			/* compiler driver */
	uint64_t max_page;		/* bytes; alignment of the patch's segments */
	uint8_t branch_len;		/* bytes that are written over an entry */
	const char *tls_flag;		/* compiler option for the TLS dialect wanted */

	enum suture_dyn (*dyn)(uint32_t type);
	/* name of a relocation type, for messages; NULL: unknown */
	const char *(*reloc_name)(uint32_t type);
	/* use of a symbol by one relocation of an object file; @at: the relocated
	 * place, @before bytes before and @after bytes behind it can be read */
	unsigned int (*use)(uint32_t type, const uint8_t *at, size_t before, size_t after);
	/* The GOT slot through which the PLT entry at @code jumps. Returns the
	 * entry's length in bytes, 0 when none begins here. */
	size_t (*plt_entry)(const uint8_t *code, size_t len, uint64_t addr, uint64_t *ret_slot);
	size_t plt_step;		/* entries begin at multiples of this */
	/* thread-local @value of an executable with this TLS segment, relative to
	 * the thread pointer */
	int64_t (*tls_constant)(uint64_t value, uint64_t memsz, uint64_t align);

	/* Assembly. Each writes one hidden function. */
	void (*emit_import)(FILE *out, const char *name, const char *slot);
	/* enters by the first way whose word is not 0 */
	void (*emit_any)(FILE *out, const char *name, const struct suture_way *ways, size_t nr);
	/* enters the function whose address is the word @word; NULL: the compiler's
	 * own indirect call does */
	void (*emit_call)(FILE *out, const char *name, const char *word);
	void (*emit_tls_entry)(FILE *out);	/* SUTURE_TLS_ENTRY */
	void (*emit_tls)(FILE *out, const char *name, enum suture_tls_kind kind, int64_t delta);
	/* comes from behind the landing pad @pad, enters the function at suture.text +
	 * @target with the stack aligned, and keeps the registers @regs (SUTURE_X86_* or
	 * SUTURE_ARM64_* of ipara.h);
	 * false: it cannot, and *ret_cannot is the set of those that it cannot keep */
	bool (*emit_entry)(FILE *out, const char *name, uint64_t target, uint64_t regs,
			   enum suture_pad pad, uint64_t *ret_cannot);
	void (*emit_hooks)(FILE *out);	/* SUTURE_HOOK_ENTER and SUTURE_HOOK_LEAVE */
};

/* suture_arch_find - by e_machine; NULL when patches for it cannot be made */
const struct suture_arch *suture_arch_find(uint16_t machine);

extern const struct suture_arch suture_arch_x86_64;
extern const struct suture_arch suture_arch_arm64;

/* suture_asm_begin, suture_asm_end - frame of a hidden function in assembly */
void suture_asm_begin(FILE *out, const char *name);
void suture_asm_end(FILE *out, const char *name);

#endif /* SUTURE_ARCH_H */
