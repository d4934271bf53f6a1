// SPDX-License-Identifier: GPL-2.0-only
/*
 * The displaced instructions, at another place. How far that is from the target is
 * known only when the patch is mapped, and its text is never written: whatever is
 * relative goes through words that are filled then.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "error.h"
#include "original-int.h"

int suture_displaced_word(struct suture_displaced *d, uint64_t addr, char name[SUTURE_WORD_MAX],
			  struct suture_error *err)
{
	snprintf(name, SUTURE_WORD_MAX, "suture.word.%u.%" PRIx64, d->o->object, addr);
	return d->o->word(d->o->ctx, name, addr, err);
}

bool suture_displaced_label(const struct suture_displaced *d, uint64_t to, char ret[16])
{
	/* the landing pad in front is as good as what is behind it */
	if (to == d->o->addr)
		to = d->begin;
	for (unsigned int i = 0; i < d->nr; i++) {
		if (d->at[i] == to) {
			snprintf(ret, 16, "%u%c", i, i > d->current ? 'f' : 'b');
			return true;
		}
	}
	return false;
}

int suture_displaced_refuse(struct suture_displaced *d, uint64_t at, const char *why,
			    struct suture_error *err)
{
	char show[SUTURE_SHOW_MAX];

	return suture_error_set(err, -EOPNOTSUPP,
		"the original of %s cannot be called: the branch over its entry displaces an instruction that cannot run elsewhere: %s\n%s",
		d->where, why, suture_code_show_objdump(d->o->code, at, show, sizeof(show)));
}

void suture_displaced_lost(struct suture_displaced *d)
{
	if (d->unwind)
		fprintf(d->out, "\t.cfi_endproc\n");
	d->unwind = false;
}

/* Whole instructions up to need, the first address that must stay as it is. */
static int take(struct suture_displaced *d, uint64_t need, struct suture_error *err)
{
	const struct suture_original *o = d->o;
	uint64_t limit = o->addr + o->entry.size, at = d->nr ? d->end : d->begin;

	while (at < need && at < limit) {
		const cs_insn *insn = suture_code_decode(o->code, at, limit, true);
		enum suture_step step = SUTURE_STEP_NEXT;
		uint64_t target;

		/* arm64: Capstone does not know all extensions; each word is one */
		if (!insn && o->code->text.machine != EM_AARCH64)
			return suture_displaced_refuse(d, at, "it does not decode", err);
		if (d->nr == SUTURE_DISPLACED_MAX)
			return suture_displaced_refuse(d, at, "they are too many", err);
		if (insn)
			step = suture_insn_step(o->code, insn, &target);
		d->falls[d->nr] = step != SUTURE_STEP_JUMP && step != SUTURE_STEP_JUMP_IND &&
				  step != SUTURE_STEP_JUMP_SLOT && step != SUTURE_STEP_RET &&
				  step != SUTURE_STEP_STOP;
		d->at[d->nr++] = at;
		at += insn ? insn->size : 4;
	}
	/* where padding is written over, too, nothing is left of it to go on in */
	d->end = at > need ? at : need;
	return 0;
}

/* The function and its further pieces. */
struct whole {
	struct suture_displaced *d;
	struct suture_piece *pieces;
	size_t nr_pieces;
};

/* Is addr in the function or in a piece of it, but not displaced? */
static bool stays(const struct whole *w, uint64_t addr)
{
	const struct suture_original *o = w->d->o;

	if (addr >= o->addr && addr - o->addr < o->entry.size)
		return addr >= w->d->end;
	for (size_t i = 0; i < w->nr_pieces; i++) {
		if (addr - w->pieces[i].addr < w->pieces[i].size)
			return true;
	}
	return false;
}

/* Instead of a place: */
#define BY_TABLE	UINT64_MAX		/* a table, or a landing pad */
#define PERHAPS		(UINT64_MAX - 1)	/* a table that was not found */

/* The last place in what stays that leads to lo <= x < hi: by a jump, or in any way.
 * *ret_from is 0 for none. */
static int leads(const struct whole *w, uint64_t lo, uint64_t hi, bool any, uint64_t *ret_from,
		 struct suture_error *err)
{
	struct suture_code *code = w->d->o->code;
	const struct suture_extent *ext = suture_code_extent(code, w->d->o->addr);
	const struct suture_flow *flow = ext ? suture_code_flow(code, ext) : NULL;
	struct suture_ref *refs;
	size_t nr, i;

	*ret_from = 0;
	if (suture_code_refs(code, lo, hi, &refs, &nr))
		return suture_error_nomem(err);
	for (i = 0; i < nr; i++) {
		bool jump = refs[i].kind == SUTURE_REF_JUMP || refs[i].kind == SUTURE_REF_COND;

		if ((jump || any) && stays(w, refs[i].from) && refs[i].from > *ret_from &&
		    suture_code_confirm(code, &refs[i]))
			*ret_from = refs[i].from;
	}
	for (i = 0; flow && i < flow->nr_inner; i++) {
		if (flow->inner[i] >= lo && flow->inner[i] < hi)
			*ret_from = BY_TABLE;
	}
	if (flow && flow->unread && *ret_from != BY_TABLE)
		*ret_from = PERHAPS;
	free(refs);
	return 0;
}

static int refuse_loop(struct suture_displaced *d, uint64_t from, struct suture_error *err)
{
	char show[SUTURE_SHOW_MAX] = "(by a table)";

	if (from == PERHAPS)
		return suture_error_set(err, -EOPNOTSUPP,
			"the original of %s cannot be called: it has a jump table that was not found, which may lead back to its own entry, where the branch to the new function is",
			d->where);
	if (from != BY_TABLE)
		suture_code_show_objdump(d->o->code, from, show, sizeof(show));
	return suture_error_set(err, -EOPNOTSUPP,
		"the original of %s cannot be called: it is a loop back to its own entry, where the branch to the new function is, and too long to run elsewhere\n%s",
		d->where, show);
}

/*
 * A loop whose head is the entry would come to the branch, and so to the new
 * function, each time around. A short one runs elsewhere as a whole, with all of the
 * function that leads into it.
 */
static int take_loops(struct whole *w, struct suture_error *err)
{
	struct suture_displaced *d = w->d;
	uint64_t written = d->end, from;
	int ret;

	for (;;) {
		ret = leads(w, d->o->addr, d->begin + 1, false, &from, err);
		if (!ret && !from && d->end > written)
			ret = leads(w, written, d->end, true, &from, err);
		if (ret || !from)
			return ret;
		if (from < d->end || from - d->o->addr >= d->o->entry.size ||
		    take(d, from + 1, err))
			return refuse_loop(d, from, err);
	}
}

static int find_instructions(struct suture_displaced *d, struct suture_error *err)
{
	const struct suture_original *o = d->o;
	struct whole w = { .d = d };
	int ret = take(d, o->addr + o->entry.branch_at + o->entry.branch_len, err);

	if (!ret)
		ret = suture_insn_cold_ranges(o->code, o->addr, o->entry.size, &w.pieces,
					      &w.nr_pieces, err);
	if (!ret)
		ret = take_loops(&w, err);
	free(w.pieces);
	return ret;
}

static void begin(struct suture_displaced *d)
{
	fputs("\t.text\n", d->out);
	suture_asm_begin(d->out, d->o->name);
	d->unwind = true;
}

static void end(struct suture_displaced *d)
{
	suture_displaced_lost(d);
	fprintf(d->out, "\t.size \"%s\", . - \"%s\"\n", d->o->name, d->o->name);
}

int suture_original_emit(const struct suture_original *o, FILE *out, struct suture_error *err)
{
	const struct suture_displaced_ops *ops = o->code->text.machine == EM_AARCH64 ?
		&suture_displaced_arm64 : &suture_displaced_x86;
	struct suture_displaced d = { .o = o, .out = out, .begin = o->addr + o->entry.branch_at };
	struct suture_displaced_cfi cfi = { .offset = o->code->text.machine == EM_X86_64 ? 8 : 0 };
	int ret;

	/* that landing pad signs the return address, and is not left in its place */
	if (suture_pad_signs(o->entry.pad))
		d.begin = o->addr;
	suture_code_where(o->code, o->addr, d.where, sizeof(d.where));
	ret = find_instructions(&d, err);
	if (ret)
		return ret;

	begin(&d);
	for (d.current = 0; !ret && d.current < d.nr; d.current++) {
		uint64_t at = d.at[d.current];
		const cs_insn *insn;

		fprintf(out, "%u:\n", d.current);
		ret = ops->insn(&d, at, err);
		insn = ret ? NULL : suture_code_decode(o->code, at, UINT64_MAX, true);
		if (insn)
			suture_displaced_cfi(&d, &cfi, insn);
		/* what stands behind a jump is come to from elsewhere, with another frame */
		if (!insn || !d.falls[d.current])
			suture_displaced_lost(&d);
	}
	if (!ret && d.nr && d.falls[d.nr - 1])
		ret = ops->back(&d, err);
	end(&d);
	return ret;
}
