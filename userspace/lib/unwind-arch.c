// SPDX-License-Identifier: GPL-2.0-only
/* What the unwinder has to know of the machine: that of this program. */
#include <signal.h>
#include <string.h>
#include <sys/user.h>
#include <ucontext.h>

#include "insn-words-arm64.h"
#include "unwind-int.h"

#if defined(__x86_64__)

/* Index in struct user_regs_struct by DWARF number: rax, rdx, rcx, rbx, rsi, rdi, rbp,
 * rsp, r8 .. r15, rip. */
#define WORD(reg) (offsetof(struct user_regs_struct, reg) / sizeof(uint64_t))
static const uint8_t words[] = {
	WORD(rax), WORD(rdx), WORD(rcx), WORD(rbx), WORD(rsi), WORD(rdi), WORD(rbp), WORD(rsp),
	WORD(r8), WORD(r9), WORD(r10), WORD(r11), WORD(r12), WORD(r13), WORD(r14), WORD(r15),
	WORD(rip),
};

unsigned int unwind_dwarf_regs(const uint64_t *regs, Dwarf_Word out[UNWIND_DWARF_REGS])
{
	for (size_t i = 0; i < sizeof(words); i++)
		out[i] = regs[words[i]];
	return sizeof(words);
}

unsigned int unwind_sp_regno(void)
{
	return 7;
}

uint64_t unwind_pc(const uint64_t *regs)
{
	return regs[WORD(rip)];
}

uint64_t unwind_sp(const uint64_t *regs)
{
	return regs[WORD(rsp)];
}

/* r15 .. rdi */
unsigned int unwind_nr_regs(void)
{
	return WORD(orig_rax);
}

bool unwind_interrupted(struct suture_unwind *unwind, uint64_t pc, uint64_t sp,
			uint64_t words[UNWIND_SIGNAL_WORDS])
{
	(void)unwind, (void)pc, (void)sp, (void)words;
	return false;
}

bool unwind_signal_tables(void)
{
	return true;
}

/* Length of "ff /2" with its operand at @b, without prefixes; 0: it is none. */
static size_t indirect_call(const uint8_t *b, size_t size)
{
	uint8_t mod, rm;
	size_t len = 2;

	if (size < 2 || b[0] != 0xff || ((b[1] >> 3) & 7) != 2)
		return 0;
	mod = b[1] >> 6;
	rm = b[1] & 7;
	if (mod != 3 && rm == 4) {
		len++;
		if (size > 2 && mod == 0 && (b[2] & 7) == 5)
			len += 4;
	}
	if (mod == 0 && rm == 5)
		len += 4;
	if (mod == 1)
		len += 1;
	if (mod == 2)
		len += 4;
	return len;
}

bool unwind_ends_with_call(const uint8_t bytes[UNWIND_BEFORE])
{
	if (bytes[UNWIND_BEFORE - 5] == 0xe8)
		return true;
	/* A prefix before it does not matter. */
	for (size_t i = 0; i < UNWIND_BEFORE; i++)
		if (indirect_call(bytes + i, UNWIND_BEFORE - i) == UNWIND_BEFORE - i)
			return true;
	return false;
}

/* glibc's clone and clone3: mov %rax,%rdi or mov %eax,%edi; mov $60,%eax; syscall */
bool unwind_ends_thread(const uint8_t bytes[UNWIND_BEHIND])
{
	static const uint8_t call_exit[] = { 0xb8, 60, 0, 0, 0, 0x0f, 0x05 };

	if (bytes[0] == 0x48)
		bytes++;
	return bytes[0] == 0x89 && bytes[1] == 0xc7 && !memcmp(bytes + 2, call_exit, 7);
}

bool unwind_reg_is_dead(struct suture_unwind *unwind, uint64_t pc, unsigned int reg)
{
	(void)unwind, (void)pc, (void)reg;
	return false;
}

#elif defined(__aarch64__)

unsigned int unwind_dwarf_regs(const uint64_t *regs, Dwarf_Word out[UNWIND_DWARF_REGS])
{
	/* x0 .. x30, sp */
	for (size_t i = 0; i < 32; i++)
		out[i] = regs[i];
	return 32;
}

unsigned int unwind_sp_regno(void)
{
	return 31;
}

uint64_t unwind_pc(const uint64_t *regs)
{
	return regs[32];
}

uint64_t unwind_sp(const uint64_t *regs)
{
	return regs[31];
}

unsigned int unwind_nr_regs(void)
{
	return 31;
}

/*
 * The vdso has no table, or one that knows only the frame record: it leads to the caller of
 * what was interrupted. x0 .. x30, sp, pc and pstate are on the stack, in the order of @words.
 */
bool unwind_interrupted(struct suture_unwind *unwind, uint64_t pc, uint64_t sp,
			uint64_t words[UNWIND_SIGNAL_WORDS])
{
	/* mov x8, #139 (rt_sigreturn); svc #0 */
	static const uint32_t sigreturn[] = { 0xd2801168, 0xd4000001 };
	size_t offset = sizeof(siginfo_t) + offsetof(ucontext_t, uc_mcontext) +
			offsetof(mcontext_t, regs);
	uint32_t code[2];

	return unwind_peek(unwind, pc, code, sizeof(code)) &&
	       !memcmp(code, sigreturn, sizeof(code)) &&
	       unwind_read(unwind, sp + offset, words, UNWIND_SIGNAL_WORDS * sizeof(*words));
}

bool unwind_signal_tables(void)
{
	return false;
}

bool unwind_ends_with_call(const uint8_t bytes[UNWIND_BEFORE])
{
	uint32_t insn;

	memcpy(&insn, bytes + UNWIND_BEFORE - 4, sizeof(insn));
	return (insn & 0xfc000000) == 0x94000000 ||	/* bl */
	       (insn & 0xfefff000) == 0xd63f0000;	/* blr, blra* */
}

/* mov x8, #93; svc #0 */
bool unwind_ends_thread(const uint8_t bytes[UNWIND_BEHIND])
{
	static const uint8_t call_exit[] = { 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4 };

	return !memcmp(bytes, call_exit, sizeof(call_exit));
}

static bool word_at(void *ctx, uint64_t at, uint32_t *ret)
{
	return unwind_peek(ctx, at, ret, sizeof(*ret));
}

/* System calls keep all registers, and little code writes these. */
bool unwind_reg_is_dead(struct suture_unwind *unwind, uint64_t pc, unsigned int reg)
{
	return suture_arm64_dead(pc, reg, word_at, unwind);
}

#else
#error "no unwinder for this machine"
#endif
