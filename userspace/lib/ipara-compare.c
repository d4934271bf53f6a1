// SPDX-License-Identifier: GPL-2.0-only
/* The old function against the new one: is a stub needed, can it be built? */
#include <elf.h>
#include <string.h>

#include "ipara-int.h"

#define SHOW_MAX 200

/* What a stub for today's compilers can save with plain moves. */
static uint64_t can_save(const struct suture_code *code)
{
	if (code->text.machine == EM_AARCH64)
		return SUTURE_ARM64_ALL;
	return SUTURE_X86_ALL_GPR | 0xffffULL << 16;
}

/*
 * Of what the new function calls, that which the old one calls as well: gcc has counted
 * what it writes among what the old one writes. Whoever replaces such a function looks
 * at its callers and theirs, so this stays true.
 */
static int find_harmless(struct suture_code *code, uint64_t addr,
			 const struct suture_outside *outside, size_t nr,
			 struct suture_seen *harmless, struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, addr);
	struct suture_seen called = { 0 };
	int r = nr ? suture_ipara_called(code, addr, &called) : 0;

	for (size_t i = 0; r >= 0 && i < nr; i++) {
		/* SUTURE_ORIGINAL goes on behind the old function's entry */
		if ((ext && outside[i].old - ext->addr < ext->size) ||
		    suture_seen_has(&called, outside[i].old))
			r = suture_seen_add(harmless, outside[i].at);
	}
	free(called.slot);
	return r < 0 ? suture_error_nomem(err) : 0;
}

int suture_ipara_compare(struct suture_code *old_code, uint64_t old_addr,
			 struct suture_code *new_code, uint64_t new_addr,
			 const struct suture_outside *outside, size_t nr_outside,
			 struct suture_ipara *ret, struct suture_error *err)
{
	char where[SHOW_MAX], regs[SHOW_MAX], more[2 * SHOW_MAX];
	uint64_t results, unclear, wide;
	struct suture_seen harmless = { 0 };
	enum suture_stack_args args;
	uint16_t machine = old_code->text.machine;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = suture_ipara_callers(old_code, old_addr, &ret->callers, err);
	if (!r)
		r = suture_ipara_clobbers(old_code, old_addr, &ret->old_set, err);
	if (!r)
		r = find_harmless(old_code, old_addr, outside, nr_outside, &harmless, err);
	if (!r)
		r = suture_ipara_clobbers_beyond(new_code, new_addr, &harmless, &ret->new_set, err);
	free(harmless.slot);
	if (r)
		return r;

	ret->save = ret->new_set.may & ~ret->old_set.must & ret->callers.relied;
	/* where the old function could have returned something, nothing is saved:
	 * if it did not, a caller may rely on the register, so it must be known */
	results = ret->save & suture_ipara_results(old_code);
	unclear = results & ret->old_set.may;
	ret->save &= ~unclear;
	if (!ret->save && !unclear)
		return 0;

	suture_code_where(old_code, old_addr, where, sizeof(where));
	if (unclear)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: its %u direct caller(s) may rely on what it leaves alone, and it cannot be seen whether it returns something in %s or keeps it",
			where, ret->callers.calls + ret->callers.jumps,
			suture_ipara_names(machine, unclear, regs, sizeof(regs)));

	suture_ipara_names(machine, ret->save, more, sizeof(more));
	wide = ret->save & ~can_save(old_code);
	if (wide)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: its callers may keep values in %s, which the new function can write; an entry stub cannot save %s",
			where, more, suture_ipara_names(machine, wide, regs, sizeof(regs)));
	args = suture_ipara_stack_args(new_code, new_addr);
	if (args != SUTURE_STACK_ARGS_NO)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: its callers may keep values in %s, which the new function can write; an entry stub that saves them cannot be built, because the new function %s",
			where, more, args == SUTURE_STACK_ARGS_YES
				? "takes arguments on the stack"
				: "uses the stack in a way that is not understood (a tail call? -fno-optimize-sibling-calls helps)");
	return 0;
}
