// SPDX-License-Identifier: GPL-2.0-only
/* May a branch be written over a function's entry? */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"

#define SHOW_MAX 160

/* The function, and the bytes that will be written. */
struct window {
	uint64_t addr, end;	/* of the function */
	uint64_t room;		/* end, and the padding behind it */
	uint64_t lo, hi;	/* nothing may enter between: lo <= x < hi */
	struct suture_entry *entry;
	char where[SHOW_MAX];	/* the function, for messages */
};

/* The landing pad in front, and where the branch can go behind it. */
static void find_pad(struct suture_code *code, struct window *w)
{
	const uint8_t *b = suture_code_bytes(code, w->addr, 4);
	struct suture_entry *entry = w->entry;
	uint32_t word;

	entry->pad = SUTURE_PAD_NONE;
	entry->branch_at = 0;
	if (!b || w->room - w->addr < 4u + entry->branch_len)
		return;
	memcpy(&word, b, 4);
	if (code->text.machine == EM_X86_64) {
		if (word == 0xfa1e0ff3)
			entry->pad = SUTURE_PAD_ENDBR64;
	} else if (word == 0xd503245f || word == 0xd50324df) {
		entry->pad = SUTURE_PAD_BTI;
	} else if (word == 0xd503233f) {
		entry->pad = SUTURE_PAD_PACIASP;
	} else if (word == 0xd503237f) {
		entry->pad = SUTURE_PAD_PACIBSP;
	}
	if (entry->pad != SUTURE_PAD_NONE)
		entry->branch_at = 4;
}

static bool nonzero_word(const struct suture_code *code, uint64_t addr)
{
	static const uint8_t zero[4];
	const uint8_t *b = suture_code_bytes(code, addr, sizeof(zero));

	return b && memcmp(b, zero, sizeof(zero));
}

/* Whole instructions, then padding, up to the last byte that is written. */
static int check_instructions(struct suture_code *code, struct window *w,
			      struct suture_error *err)
{
	uint64_t at = w->addr, need = w->addr + w->entry->branch_at + w->entry->branch_len;
	char show[SHOW_MAX];

	while (at < need && at < w->end) {
		const cs_insn *insn = suture_code_decode(code, at, w->end, true);
		enum suture_step step;
		uint64_t target;

		/* arm64: every word but zero is an instruction of some extension */
		if (!insn && code->text.machine == EM_AARCH64 && nonzero_word(code, at)) {
			at += 4;
			continue;
		}
		if (!insn)
			return suture_error_set(err, -EOPNOTSUPP,
				"%s: the entry does not decode into instructions: %s", w->where,
				suture_code_show(code, at, show, sizeof(show)));
		step = suture_insn_step(code, insn, &target);
		at += insn->size;
		if ((step == SUTURE_STEP_CALL || step == SUTURE_STEP_CALL_IND) && at < need)
			return suture_error_set(err, -EOPNOTSUPP,
				"%s: a call returns into the %u bytes that the branch needs: %s",
				w->where, w->entry->branch_len,
				suture_code_show(code, at - insn->size, show, sizeof(show)));
	}
	if (at < need)
		at = need;	/* padding, checked when the room was measured */
	w->entry->covered = at - w->addr;
	return 0;
}

static const char *kind_name(const struct suture_code *code, uint8_t kind)
{
	if (kind == SUTURE_REF_CALL)
		return "a call";
	if (kind == SUTURE_REF_LEA)
		return "an address taken";
	if (kind == SUTURE_REF_IMM)
		return "a number";
	return code->text.machine == EM_AARCH64 ? "a branch" : "a jump";
}

/* Where to show it from: a lea is found by its opcode, behind its prefix. */
static uint64_t ref_begin(const struct suture_code *code, const struct suture_ref *ref)
{
	const uint8_t *b = suture_code_bytes(code, ref->from - 1, 1);

	return ref->kind == SUTURE_REF_LEA && code->text.machine == EM_X86_64 && b &&
	       (*b & 0xf0) == 0x40 ? ref->from - 1 : ref->from;
}

/* Bytes that nothing may lead into. */
struct inside {
	uint64_t addr, lo, hi;
	const char *where, *what;
};

/* Direct branches and lea. */
static int check_refs(struct suture_code *code, const struct inside *in,
		      struct suture_error *err)
{
	struct suture_ref *refs;
	char show[SHOW_MAX], from[SHOW_MAX];
	size_t i, nr;
	int r;

	r = suture_code_refs(code, in->lo, in->hi, &refs, &nr);
	if (r)
		return suture_error_nomem(err);
	for (i = 0; i < nr; i++) {
		int sure;

		/* what lies in the bytes itself is gone once they are written */
		if (refs[i].from >= in->addr && refs[i].from < in->hi)
			continue;
		sure = suture_code_confirm(code, &refs[i]);
		if (!sure)
			continue;
		suture_code_where(code, refs[i].from, from, sizeof(from));
		r = suture_error_set(err, -EOPNOTSUPP,
			"%s: %s at %s leads to +%" PRIu64 ", into %s%s: %s",
			in->where, kind_name(code, refs[i].kind), from, refs[i].to - in->addr,
			in->what,
			sure < 0 ? " (it may be data: the code around it is not known)" : "",
			suture_code_show(code, ref_begin(code, &refs[i]), show, sizeof(show)));
		break;
	}
	free(refs);
	return r;
}

/* Jump tables, landing pads, pointers in data. */
static int check_tables(struct suture_code *code, const struct inside *in,
			struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, in->addr);
	const struct suture_flow *flow;
	uint64_t to;
	size_t i;

	/* assembly has second entries a few bytes in */
	for (i = 0; i < code->nr_ext; i++)
		if (code->ext[i].addr >= in->lo && code->ext[i].addr < in->hi)
			return suture_error_set(err, -EOPNOTSUPP,
				"%s: %s begins at +%" PRIu64 ", within %s", in->where,
				code->ext[i].name ? code->ext[i].name : "another function",
				code->ext[i].addr - in->addr, in->what);
	if (suture_code_in_pointers(code, in->lo, in->hi, &to))
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: a pointer in the data leads to +%" PRIu64 ", into %s",
			in->where, to - in->addr, in->what);
	if (!ext)
		return 0;
	flow = suture_code_flow(code, ext);
	if (!flow)
		return suture_error_nomem(err);
	for (i = 0; i < flow->nr_inner; i++)
		if (flow->inner[i] >= in->lo && flow->inner[i] < in->hi)
			return suture_error_set(err, -EOPNOTSUPP,
				"%s: a jump table or landing pad of the function leads to +%" PRIu64
				", into %s", in->where, flow->inner[i] - in->addr, in->what);
	return 0;
}

int suture_code_check_inside(struct suture_code *code, uint64_t addr, uint64_t lo, uint64_t hi,
			     const char *where, const char *what, struct suture_error *err)
{
	struct inside in = { .addr = addr, .lo = lo, .hi = hi, .where = where, .what = what };
	int r = check_refs(code, &in, err);

	return r ? r : check_tables(code, &in, err);
}

int suture_insn_check_entry(struct suture_code *code, uint64_t addr, uint64_t size,
			    struct suture_entry *ret_entry, struct suture_error *err)
{
	const struct suture_span *span = suture_code_span(code, addr);
	const struct suture_extent *ext, *next;
	struct window w = { .addr = addr, .entry = ret_entry };
	char what[64];
	uint64_t limit;
	size_t i;
	int r;

	memset(ret_entry, 0, sizeof(*ret_entry));
	suture_code_where(code, addr, w.where, sizeof(w.where));
	if (!span)
		return suture_error_set(err, -EINVAL, "%s is not in the executable text", w.where);
	if (code->text.machine == EM_AARCH64 && addr & 3)
		return suture_error_set(err, -EINVAL, "%s is not a multiple of 4", w.where);
	ext = suture_code_extent(code, addr);
	if (!size && ext)
		size = ext->addr + ext->size - addr;
	if (!size)
		return suture_error_set(err, -EINVAL, "the size of %s is not known; give it",
					w.where);
	if (size > span->addr + span->size - addr || size > UINT32_MAX)
		return suture_error_set(err, -EINVAL,
			"%s: %" PRIu64 " bytes from there are not all text", w.where, size);
	if (ext && ext->addr != addr && ext->flags & SUTURE_EXTENT_FDE)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s is not the entry of a function: one of %" PRIu64
			" bytes begins at 0x%" PRIx64, w.where, ext->size, ext->addr);

	/* padding up to the next function belongs to nobody */
	w.end = addr + size;
	limit = span->addr + span->size;
	for (i = 0; i < code->nr_ext; i++) {
		next = &code->ext[i];
		if (next->addr >= w.end && next->addr < limit)
			limit = next->addr;
	}
	w.room = w.end + suture_code_padding(code, w.end, limit < w.end + 64 ? limit : w.end + 64);

	ret_entry->size = size;
	ret_entry->room = w.room - addr;
	ret_entry->branch_len = code->text.machine == EM_X86_64 ? 5 : 4;
	if (w.room - addr < ret_entry->branch_len) {
		char next_where[SHOW_MAX] = "the end of the section";

		if (w.room < span->addr + span->size)
			suture_code_where(code, w.room, next_where, sizeof(next_where));
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: too short for a branch of %u bytes: %" PRIu64 " bytes and %" PRIu64
			" of padding, then %s", w.where, ret_entry->branch_len, size,
			w.room - w.end, next_where);
	}
	find_pad(code, &w);

	/* to arrive at the branch itself is as good as at the entry; not where
	 * the return address was signed on the way */
	w.lo = addr + ret_entry->branch_at + !suture_pad_signs(ret_entry->pad);
	w.hi = addr + ret_entry->branch_at + ret_entry->branch_len;

	r = check_instructions(code, &w, err);
	if (r)
		return r;
	snprintf(what, sizeof(what), "the %u bytes that the branch needs", ret_entry->branch_len);
	return suture_code_check_inside(code, addr, w.lo, w.hi, w.where, what, err);
}
