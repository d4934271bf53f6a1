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

/* Whole instructions from begin until what is written over is covered. */
static int find_instructions(struct suture_displaced *d, struct suture_error *err)
{
	const struct suture_original *o = d->o;
	uint64_t need = o->addr + o->entry.branch_at + o->entry.branch_len;
	uint64_t limit = o->addr + o->entry.size, at = d->begin;

	d->falls = true;
	while (at < need && at < limit) {
		const cs_insn *insn = suture_code_decode(o->code, at, limit, true);
		uint64_t target;

		/* arm64: Capstone does not know all extensions; each word is one */
		if (!insn && o->code->text.machine != EM_AARCH64)
			return suture_displaced_refuse(d, at, "it does not decode", err);
		d->at[d->nr++] = at;
		d->falls = true;
		at += insn ? insn->size : 4;
		switch (insn ? suture_insn_step(o->code, insn, &target) : SUTURE_STEP_NEXT) {
		case SUTURE_STEP_JUMP:
		case SUTURE_STEP_JUMP_IND:
		case SUTURE_STEP_JUMP_SLOT:
		case SUTURE_STEP_RET:
		case SUTURE_STEP_STOP:
			d->falls = false;
			break;
		default:
			break;
		}
	}
	/* where padding is written over, too, nothing is left of it to go on in */
	d->end = at > need ? at : need;
	return 0;
}

/* Is addr in the function or in a piece of it, but not displaced? */
static bool stays(const struct suture_displaced *d, const struct suture_piece *pieces, size_t nr,
		  uint64_t addr)
{
	const struct suture_original *o = d->o;

	if (addr >= o->addr && addr - o->addr < o->entry.size)
		return addr >= d->end;
	for (size_t i = 0; i < nr; i++) {
		if (addr - pieces[i].addr < pieces[i].size)
			return true;
	}
	return false;
}

/*
 * A loop whose head is the entry would come to the branch, and so to the new
 * function, each time around.
 */
static int check_loops(struct suture_displaced *d, struct suture_error *err)
{
	const struct suture_original *o = d->o;
	const struct suture_extent *ext = suture_code_extent(o->code, o->addr);
	const struct suture_flow *flow;
	char show[SUTURE_SHOW_MAX] = "";
	struct suture_piece *pieces;
	struct suture_ref *refs = NULL;
	size_t nr, nr_refs, i;
	bool found = false;
	int ret;

	ret = suture_insn_cold_ranges(o->code, o->addr, o->entry.size, &pieces, &nr, err);
	if (ret)
		return ret;
	ret = suture_code_refs(o->code, o->addr, d->begin + 1, &refs, &nr_refs);
	if (ret) {
		free(pieces);
		return suture_error_nomem(err);
	}
	for (i = 0; i < nr_refs && !found; i++) {
		if ((refs[i].kind != SUTURE_REF_JUMP && refs[i].kind != SUTURE_REF_COND) ||
		    !stays(d, pieces, nr, refs[i].from) || !suture_code_confirm(o->code, &refs[i]))
			continue;
		suture_code_show_objdump(o->code, refs[i].from, show, sizeof(show));
		found = true;
	}
	flow = ext && !found ? suture_code_flow(o->code, ext) : NULL;
	for (i = 0; flow && i < flow->nr_inner; i++)
		found |= flow->inner[i] >= o->addr && flow->inner[i] <= d->begin;
	free(pieces);
	free(refs);
	if (!found)
		return 0;
	return suture_error_set(err, -EOPNOTSUPP,
		"the original of %s cannot be called: it jumps back to its own entry, where the branch to the new function is%s%s",
		d->where, *show ? "\n" : " (by a jump table)", show);
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
	if (o->entry.pad == SUTURE_PAD_PACIASP)
		d.begin = o->addr;
	suture_code_where(o->code, o->addr, d.where, sizeof(d.where));
	ret = find_instructions(&d, err);
	if (!ret)
		ret = check_loops(&d, err);
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
		else
			suture_displaced_lost(&d);
	}
	if (!ret && d.falls)
		ret = ops->back(&d, err);
	end(&d);
	return ret;
}
