// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who may rely on what a function leaves alone.
 *
 * A direct caller may; so may a caller of that one, unless the one in between
 * is seen to write everything anyway; and so on upwards. A value is kept in a
 * register by naming it, except for one that passes through as an argument.
 * So of the registers that carry no arguments only those count that somebody
 * in this group of functions names.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "ipara-int.h"

#define GROUP_MAX	1000	/* functions; beyond that everything counts */

#define IN_GROUP	1	/* its instructions count */
#define UPWARDS		2	/* so do its callers */
#define DONE		4
#define DONE_UPWARDS	8

struct group {
	struct suture_code *code;
	uint8_t *state;		/* by extent */
	struct suture_todo todo;	/* indices of extents */
	size_t nr;
	uint64_t mentioned;
	bool lost;		/* somebody refers to it from outside all extents, or too many */
};

static uint64_t always_relied(const struct suture_code *code)
{
	if (code->text.machine == EM_AARCH64)
		return 0x1ff | 0xffULL << 32;
	return (SUTURE_X86_ALL_GPR & ~SUTURE_X86_GPR(11)) | 0xffULL << 16;
}

static int join(struct group *g, uint64_t addr, uint8_t state)
{
	const struct suture_extent *ext = suture_code_extent(g->code, addr);
	size_t i;

	if (!ext) {
		g->lost = true;
		return 0;
	}
	i = ext - g->code->ext;
	if ((g->state[i] & state) == state)
		return 0;
	g->state[i] |= state;
	return suture_todo_push(&g->todo, i);
}

/* The registers that one extent names, and the parts that it jumps to. */
static int read_extent(struct group *g, const struct suture_extent *ext)
{
	uint64_t at, end = ext->addr + ext->size, target;
	const cs_insn *insn;

	for (at = ext->addr; at < end; at += insn->size) {
		struct suture_effect e;
		enum suture_step step;

		insn = suture_code_decode(g->code, at, end, true);
		if (!insn) {
			if (suture_code_padding(g->code, at, end) != end - at)
				g->mentioned = suture_ipara_all(g->code);
			return 0;
		}
		suture_insn_effect(g->code, insn, &e);
		g->mentioned |= e.mention;
		step = suture_insn_step(g->code, insn, &target);
		if ((step == SUTURE_STEP_JUMP || step == SUTURE_STEP_COND) &&
		    target - ext->addr >= ext->size && suture_code_span(g->code, target) &&
		    join(g, target, IN_GROUP))
			return -ENOMEM;
	}
	return 0;
}

/* Those who lead to an extent's entry. */
static int read_callers(struct group *g, const struct suture_extent *ext)
{
	struct suture_clobbers set = { 0 };
	struct suture_ref *refs;
	bool asked = false;
	size_t nr, i;
	int r;

	if (suture_code_refs(g->code, ext->addr, ext->addr + 1, &refs, &nr))
		return -ENOMEM;
	for (i = 0, r = 0; i < nr && !r; i++) {
		if (refs[i].from - ext->addr < ext->size || refs[i].kind >= SUTURE_REF_LEA)
			continue;
		if (refs[i].kind == SUTURE_REF_CALL) {
			if (!asked)
				r = suture_ipara_clobbers(g->code, ext->addr, &set, NULL);
			asked = true;
			if (r || set.must == suture_ipara_all_must(g->code))
				continue;
		}
		r = join(g, refs[i].from, IN_GROUP | UPWARDS);
	}
	free(refs);
	return r;
}

static int close_group(struct group *g)
{
	int r = 0;

	while (!r && g->todo.nr && !g->lost) {
		size_t i = g->todo.v[--g->todo.nr];
		const struct suture_extent *ext = &g->code->ext[i];

		if (!(g->state[i] & DONE)) {
			g->state[i] |= DONE;
			if (++g->nr > GROUP_MAX)
				g->lost = true;
			r = read_extent(g, ext);
		}
		if (!r && g->state[i] & UPWARDS && !(g->state[i] & DONE_UPWARDS)) {
			g->state[i] |= DONE_UPWARDS;
			r = read_callers(g, ext);
		}
	}
	return r;
}

int suture_ipara_callers(struct suture_code *code, uint64_t addr, struct suture_callers *ret,
			 struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, addr);
	struct group g = { .code = code };
	struct suture_ref *refs = NULL;
	size_t nr, i;
	int r;

	memset(ret, 0, sizeof(*ret));
	if (!ext)
		return suture_error_set(err, -EINVAL,
					"no function is known at 0x%llx", (unsigned long long)addr);
	g.state = calloc(code->nr_ext, 1);
	r = g.state ? suture_code_refs(code, addr, addr + 1, &refs, &nr) : -ENOMEM;
	for (i = 0; !r && i < nr; i++) {
		/* recursion comes from code that goes with the function */
		if (refs[i].kind != SUTURE_REF_LEA && refs[i].kind != SUTURE_REF_IMM &&
		    refs[i].from - ext->addr < ext->size)
			continue;
		/* a chance find that is no instruction; calls are too long for chance */
		if (refs[i].kind != SUTURE_REF_CALL && !suture_code_confirm(code, &refs[i]))
			continue;
		if (refs[i].kind == SUTURE_REF_LEA || refs[i].kind == SUTURE_REF_IMM) {
			ret->address_taken = true;
			continue;
		}
		if (refs[i].kind == SUTURE_REF_CALL)
			ret->calls++;
		else
			ret->jumps++;
		r = join(&g, refs[i].from, IN_GROUP | UPWARDS);
	}
	if (suture_code_in_pointers(code, addr, addr + 1, NULL))
		ret->address_taken = true;
	if (!r)
		r = close_group(&g);
	if (ret->calls || ret->jumps)
		ret->relied = g.lost ? suture_ipara_all(code)
				     : always_relied(code) | (g.mentioned & suture_ipara_all(code));
	free(refs);
	free(g.state);
	free(g.todo.v);
	return r ? suture_error_nomem(err) : 0;
}
