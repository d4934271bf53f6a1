// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a call come back? A call that does not says nothing about what the
 * function writes: compilers may leave it out of the set.
 *
 * It does, where the code behind it cannot be reached otherwise (compilers
 * leave no dead code), or where the callee contains a return. It never does,
 * where nothing of the function is behind it, or by its well-known name.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "ipara-int.h"

static const char *const never[] = {
	"__stack_chk_fail", "abort", "exit", "_exit", "_Exit", "quick_exit", "__assert_fail",
	"__assert_perror_fail", "__assert", "__fortify_fail", "__chk_fail", "__libc_fatal",
	"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk", "pthread_exit", "thrd_exit",
	"__cxa_throw", "__cxa_rethrow", "__cxa_bad_cast", "__cxa_bad_typeid",
	"__cxa_throw_bad_array_new_length", "__cxa_pure_virtual", "__cxa_call_unexpected",
	"__cxa_call_terminate", "_Unwind_Resume", "err", "errx", "verr", "verrx",
	"g_assertion_message", "g_assertion_message_expr", "g_assertion_message_cmpnum",
	"g_assertion_message_cmpstr", "g_assertion_message_error", "_ZSt9terminatev",
	"_ZSt10unexpectedv",
};

static bool never_by_name(const char *name)
{
	size_t i;

	if (!name)
		return false;
	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (!strcmp(name, never[i]))
			return true;
	return !strncmp(name, "_ZSt", 4) && strstr(name, "__throw_");
}

bool suture_is_profiling(struct suture_code *code, uint64_t target)
{
	const char *name = suture_code_name(code, target);

	return name && (!strcmp(name, "__fentry__") || !strcmp(name, "mcount") ||
			!strcmp(name, "_mcount"));
}

bool suture_is_stub(struct suture_code *code, uint64_t addr)
{
	int i;

	for (i = 0; i < 5; i++) {
		const cs_insn *insn = suture_code_decode(code, addr, UINT64_MAX, true);
		enum suture_step step;
		uint64_t target;

		if (!insn)
			return false;
		step = suture_insn_step(code, insn, &target);
		if (step == SUTURE_STEP_JUMP_SLOT)
			return true;
		/* arm64: [bti c] adrp x16; ldr x17; add x16; br x17 */
		if (code->text.machine == EM_AARCH64 && step == SUTURE_STEP_JUMP_IND)
			return insn->detail->arm64.operands[0].reg == ARM64_REG_X17;
		if (step != SUTURE_STEP_NEXT)
			return false;
		if (code->text.machine == EM_X86_64 && insn->id != X86_INS_ENDBR64)
			return false;
		addr += insn->size;
	}
	return false;
}

/* What the place behind the call tells. */
static enum suture_comeback by_place(struct suture_code *code, uint64_t next,
				     const struct suture_extent *ext)
{
	const struct suture_flow *flow;
	enum suture_comeback result;
	struct suture_ref *refs;
	const cs_insn *insn;
	uint64_t target;
	size_t nr, i;

	if (!ext)
		return SUTURE_COMEBACK_UNKNOWN;
	if (next >= ext->addr + ext->size)
		return SUTURE_COMEBACK_NEVER;
	insn = suture_code_decode(code, next, ext->addr + ext->size, true);
	if (!insn)
		return SUTURE_COMEBACK_UNKNOWN;
	if (suture_insn_step(code, insn, &target) == SUTURE_STEP_STOP)
		return SUTURE_COMEBACK_NEVER;
	if (insn->id == (code->text.machine == EM_X86_64 ? (int)X86_INS_NOP : (int)ARM64_INS_NOP))
		return SUTURE_COMEBACK_UNKNOWN;

	flow = suture_code_flow(code, ext);
	if (!flow || flow->broken || !flow->pads_known)
		return SUTURE_COMEBACK_UNKNOWN;
	for (i = 0; i < flow->nr_inner; i++)
		if (flow->inner[i] == next)
			return SUTURE_COMEBACK_UNKNOWN;
	if (suture_code_refs(code, next, next + 1, &refs, &nr))
		return SUTURE_COMEBACK_UNKNOWN;
	result = nr ? SUTURE_COMEBACK_UNKNOWN : SUTURE_COMEBACK_YES;
	free(refs);
	return result;
}

/* A callee with a return in it comes back (its own tail jumps are not
 * followed: then nothing is known). */
static enum suture_comeback by_body(struct suture_code *code, const struct suture_extent *ext)
{
	uint64_t at, end = ext->addr + ext->size, target;
	const cs_insn *insn;

	for (at = ext->addr; at < end; at += insn->size) {
		insn = suture_code_decode(code, at, end, true);
		if (!insn)
			return SUTURE_COMEBACK_UNKNOWN;
		if (suture_insn_step(code, insn, &target) == SUTURE_STEP_RET)
			return SUTURE_COMEBACK_YES;
	}
	return SUTURE_COMEBACK_UNKNOWN;
}

/* What other calls of the same import tell. */
static enum suture_comeback by_others(struct suture_code *code, uint64_t stub)
{
	enum suture_comeback result = SUTURE_COMEBACK_UNKNOWN;
	struct suture_ref *refs;
	size_t nr, i, asked = 0;

	if (suture_code_refs(code, stub, stub + 1, &refs, &nr))
		return result;
	for (i = 0; i < nr && asked < 32 && result == SUTURE_COMEBACK_UNKNOWN; i++) {
		if (refs[i].kind != SUTURE_REF_CALL || suture_code_confirm(code, &refs[i]) != 1)
			continue;
		asked++;
		result = by_place(code, refs[i].from + (code->text.machine == EM_X86_64 ? 5 : 4),
				  suture_code_extent(code, refs[i].from));
	}
	free(refs);
	return result;
}

enum suture_comeback suture_call_returns(struct suture_code *code, uint64_t site, unsigned int len,
					 uint64_t target)
{
	enum suture_comeback result;
	const struct suture_extent *ext;

	if (target && never_by_name(suture_code_name(code, target)))
		return SUTURE_COMEBACK_NEVER;
	result = by_place(code, site + len, suture_code_extent(code, site));
	if (result != SUTURE_COMEBACK_UNKNOWN || !target)
		return result;
	if (suture_is_stub(code, target))
		return by_others(code, target);
	ext = suture_code_extent(code, target);
	return ext && ext->addr == target ? by_body(code, ext) : SUTURE_COMEBACK_UNKNOWN;
}
