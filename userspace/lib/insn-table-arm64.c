// SPDX-License-Identifier: GPL-2.0-only
/*
 * Jump tables of arm64. gcc, clang and rustc make of a switch
 *
 *	cmp  index, #last; b.hi default
 *	adrp table; add table, table, #lo12
 *	ldrb | ldrh | ldr | ldrsw  entry, [table, index]
 *	adr  base					or base is the table
 *	add  to, base, entry {, sxtb | sxth | sxtw} {, #2}
 *	br   to
 *
 * The last ones stand together. Where table and base were made may be far away, in front
 * of a loop for instance: their registers are followed backwards on every way.
 */
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"
#include "insn-words-arm64.h"
#include "ipara-int.h"

#define NEAR		8	/* instructions from add to br, from load to add */
#define NEAR_CMP	32	/* from the comparison to the load */
#define PLUS_MAX	0xffff
#define STEPS_MAX	20000	/* instructions that are looked at for one register */

/* A register whose value is looked for, as it is in front of an instruction. */
struct wanted {
	uint64_t at;
	unsigned int reg;
	unsigned int plus;	/* what is added to it on the way */
};

struct search {
	struct suture_code *code;
	const struct suture_extent *ext;
	struct suture_ref *refs;	/* to places in it, by .to */
	size_t nr_refs;
	uint64_t *jumps;		/* the br of each switch in it */
	size_t nr_jumps;
	struct suture_places *out;
};

/* Of one register. */
struct values {
	uint64_t v[8];
	unsigned int nr;
	bool unknown;		/* there are others, perhaps */
};

static bool word_at(const struct suture_code *code, uint64_t at, uint32_t *ret)
{
	const uint8_t *b = suture_code_bytes(code, at, 4);

	if (b)
		memcpy(ret, b, 4);
	return b;
}

static uint64_t adr_to(uint64_t at, uint32_t w)
{
	int64_t imm = sign((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21);

	return w >> 31 ? (at & ~0xfffULL) + imm * 4096 : at + imm;
}

/* The last instruction before @at, at most @near away, that writes @reg. */
static bool written_by(const struct search *s, uint64_t at, unsigned int reg, unsigned int near,
		       uint64_t *ret_at, uint32_t *ret)
{
	for (; near-- && at > s->ext->addr; ) {
		at -= 4;
		if (!word_at(s->code, at, ret) || ends(*ret))
			return false;
		if (suture_arm64_writes(*ret, reg)) {
			*ret_at = at;
			return true;
		}
	}
	return false;
}

/* ------------------------------------------------------ following a register */

struct follow {
	struct search *s;
	struct wanted *todo;
	size_t nr, room;
	struct suture_seen seen;
	size_t steps;
	struct values *values;
};

static void found(struct values *values, uint64_t v)
{
	for (unsigned int i = 0; i < values->nr; i++)
		if (values->v[i] == v)
			return;
	if (values->nr == sizeof(values->v) / sizeof(values->v[0]))
		values->unknown = true;
	else
		values->v[values->nr++] = v;
}

static int push(struct follow *f, struct wanted want)
{
	int r;

	if (want.plus > PLUS_MAX) {
		f->values->unknown = true;
		return 0;
	}
	r = suture_seen_add(&f->seen, want.at << 24 | want.reg << 16 | want.plus);
	if (r <= 0)
		return r;
	if (f->nr == f->room) {
		size_t room = f->room ? f->room * 2 : 32;
		struct wanted *todo = realloc(f->todo, room * sizeof(*todo));

		if (!todo)
			return -ENOMEM;
		f->todo = todo;
		f->room = room;
	}
	f->todo[f->nr++] = want;
	return 0;
}

/* A word of the frame, which a register was put into, or is got from. */
struct slot {
	unsigned int base;	/* x29, or 31: the stack pointer */
	int64_t offset;
	unsigned int reg[2];	/* two words of a pair; 31: none */
};

/* Is it a store, or a load, of whole registers in the frame? */
static bool read_slot(const struct search *s, uint64_t at, uint32_t w, bool load, struct slot *ret)
{
	uint64_t made_at;
	uint32_t made;

	*ret = (struct slot){ .base = rn(w), .reg = { rd(w), 31 } };
	if ((w & 0xffc00000) == (load ? 0xf9400000 : 0xf9000000)) {
		ret->offset = (w >> 10 & 0xfff) * 8;
	} else if ((w & 0xffc00000) == (load ? 0xa9400000 : 0xa9000000)) {
		ret->offset = sign(w >> 15 & 0x7f, 7) * 8;
		ret->reg[1] = w >> 10 & 31;
	} else {
		return false;
	}
	if (ret->base != 29 && ret->base != 31) {
		/* far away: sub Xn, x29, #imm */
		if (!written_by(s, at, ret->base, NEAR, &made_at, &made) ||
		    (made & 0xbf800000) != 0x91000000)
			return false;
		ret->base = rn(made);
		ret->offset += (int64_t)(made >> 10 & 0xfff) * (made >> 22 & 1 ? 4096 : 1) *
			       (made >> 30 & 1 ? -1 : 1);
	}
	return ret->base == 29 || ret->base == 31;
}

/* It is read back from the frame: what has been put there? */
static int look_in_frame(struct follow *f, struct wanted want, uint64_t at, uint32_t w)
{
	const struct suture_extent *ext = f->s->ext;
	struct slot got, put;
	bool any = false;
	int r = 0;

	if (!read_slot(f->s, at, w, true, &got)) {
		f->values->unknown = true;
		return 0;
	}
	if (got.reg[1] == want.reg && got.reg[0] != want.reg)
		got.offset += 8;
	for (at = ext->addr; at + 4 <= ext->addr + ext->size && !r; at += 4) {
		if (!word_at(f->s->code, at, &w) || !read_slot(f->s, at, w, false, &put) ||
		    put.base != got.base)
			continue;
		if (put.offset + 8 == got.offset)
			put.reg[0] = put.reg[1];
		else if (put.offset != got.offset)
			continue;
		if (put.reg[0] == 31)
			continue;
		any = true;
		r = push(f, (struct wanted){ at, put.reg[0], want.plus });
	}
	f->values->unknown |= !any;
	return r;
}

/* The instruction at @at, which is done before that of @want. */
static int look_back(struct follow *f, struct wanted want, uint64_t at)
{
	struct wanted next = want;
	uint32_t w;

	if (!word_at(f->s->code, at, &w)) {
		f->values->unknown = true;
		return 0;
	}
	next.at = at;
	if (!suture_arm64_writes(w, want.reg))
		return push(f, next);
	/* a register that calls do not keep: so this way does not lead to the switch */
	if (is_bl(w))
		return 0;
	if (is_mov(w)) {
		next.reg = rm(w);
		return push(f, next);
	}
	if (is_add_imm(w)) {
		next.reg = rn(w);
		next.plus += w >> 10 & 0xfff;
		return push(f, next);
	}
	if (!is_adr(w) && !is_adrp(w))
		return look_in_frame(f, want, at, w);
	found(f->values, adr_to(at, w) + want.plus);
	return 0;
}

static int ref_cmp(const void *pa, const void *pb)
{
	const struct suture_ref *a = pa, *b = pb;

	return a->to < b->to ? -1 : a->to > b->to;
}

/* All that can be done right before. */
static int before(struct follow *f, struct wanted want)
{
	const struct search *s = f->s;
	size_t lo = 0, hi = s->nr_refs, i;
	bool any = false;
	uint32_t w;
	int r = 0;

	if (want.at == s->ext->addr || want.at - s->ext->addr >= s->ext->size)
		return 0;	/* no function gets a table from its caller */
	if (word_at(s->code, want.at - 4, &w) && !ends(w)) {
		any = true;
		r = look_back(f, want, want.at - 4);
	}
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->refs[mid].to < want.at)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (; lo < s->nr_refs && s->refs[lo].to == want.at && !r; lo++) {
		any = true;
		r = look_back(f, want, s->refs[lo].from);
	}
	/* what nothing else leads to is where a switch leads */
	for (i = 0; !any && i < s->nr_jumps && !r; i++)
		r = look_back(f, want, s->jumps[i]);
	return r;
}

/* The values that @reg can have in front of @at. */
static int values_of(struct search *s, uint64_t at, unsigned int reg, struct values *ret)
{
	struct follow f = { .s = s, .values = ret };
	int r;

	memset(ret, 0, sizeof(*ret));
	r = push(&f, (struct wanted){ .at = at, .reg = reg });
	while (!r && f.nr) {
		if (f.steps++ == STEPS_MAX) {
			ret->unknown = true;
			break;
		}
		r = before(&f, f.todo[--f.nr]);
	}
	free(f.todo);
	free(f.seen.slot);
	return r;
}

/* ------------------------------------------------------------------- tables */

/* What stands in front of a br. */
struct form {
	uint64_t load_at, add_at;
	unsigned int table, index, base;	/* registers */
	bool base_is_table;
	unsigned int size;	/* of an entry */
	bool is_signed;
	unsigned int shift;
};

/* ldr{,b,h,sb,sh,sw} Rt, [Xn, index] */
static bool read_load(uint32_t w, struct form *form)
{
	unsigned int opc = w >> 22 & 3;

	if ((w & 0x3f200c00) != 0x38200800 || !opc || w >> 30 == 3)
		return false;
	form->size = 1 << (w >> 30);
	form->is_signed = opc != 1;
	form->table = rn(w);
	form->index = rm(w);
	return true;
}

static bool read_form(const struct search *s, uint64_t br_at, struct form *form)
{
	unsigned int entry, other;
	uint32_t br, add, load;
	uint64_t at;

	if (!word_at(s->code, br_at, &br) || !is_br(br) ||
	    !written_by(s, br_at, rn(br), NEAR, &form->add_at, &add))
		return false;
	entry = rm(add);
	form->base = rn(add);
	if (is_add_ext(add)) {
		form->shift = add >> 10 & 7;
	} else if (is_add_lsl(add)) {
		form->shift = add >> 10 & 63;
	} else {
		return false;
	}
	if (form->shift != 0 && form->shift != 2)
		return false;
	if (!written_by(s, form->add_at, entry, NEAR, &form->load_at, &load) ||
	    !read_load(load, form)) {
		/* the other way round, where that is the same */
		other = entry;
		entry = form->base;
		form->base = other;
		if (form->shift || !is_add_lsl(add) ||
		    !written_by(s, form->add_at, entry, NEAR, &form->load_at, &load) ||
		    !read_load(load, form))
			return false;
	}
	if (is_add_ext(add))
		form->is_signed |= add >> 15 & 1;	/* sxt, not uxt */
	form->base_is_table = form->base == form->table && entry != form->base &&
			      !(written_by(s, form->add_at, form->base, NEAR, &at, &load) &&
				at > form->load_at);
	return true;
}

/* Entries of the table, from the comparison of the index; 0: not known. */
static uint64_t how_many(const struct search *s, const struct form *form)
{
	unsigned int reg = form->index, near = NEAR_CMP;
	uint64_t at = form->load_at;
	bool guarded = false, equal_too = false;
	uint32_t w;

	while (near-- && at > s->ext->addr) {
		at -= 4;
		if (!word_at(s->code, at, &w) || ends(w) || is_bl(w))
			return 0;
		if ((w & 0xff000010) == 0x54000000) {
			/* b.hi or b.hs leads away: what goes on is below, or equal */
			guarded = (w & 15) == 8 || (w & 15) == 2;
			equal_too = (w & 15) == 8;
		} else if ((w & 0x7f80001f) == 0x7100001f && rn(w) == reg) {
			uint64_t imm = (uint64_t)(w >> 10 & 0xfff) << (w >> 22 & 1 ? 12 : 0);

			return guarded ? imm + equal_too : 0;
		} else if (suture_arm64_writes(w, reg)) {
			if (!is_mov(w))
				return 0;
			reg = rm(w);
		}
	}
	return 0;
}

/*
 * Adds where the entries lead. Without a number, up to where something else in the data
 * begins, or an entry leads out of the function.
 */
static int read_table(struct search *s, const struct form *form, uint64_t table, uint64_t base,
		      uint64_t nr)
{
	const struct suture_extent *ext = s->ext;
	uint64_t begin = s->out->nr, end = suture_code_next_lea(s->code, table), i;

	for (i = 0; nr ? i < nr : table + (i + 1) * form->size <= end + 3; i++) {
		const uint8_t *b = suture_code_bytes(s->code, table + i * form->size, form->size);
		uint64_t v = 0, to;

		if (b)
			memcpy(&v, b, form->size);
		if (form->is_signed)
			v = sign(v, form->size * 8);
		to = base + (v << form->shift);
		if (b && !(to & 3) && (nr || form->size == 4 || to - ext->addr < ext->size) &&
		    suture_code_span(s->code, to)) {
			suture_places_add(s->out, to);
			continue;
		}
		if (!nr && i)
			break;
		/* it was none */
		s->out->nr = begin;
		return -EINVAL;
	}
	return i ? 0 : -EINVAL;
}

static int read_switch(struct search *s, const struct form *form)
{
	struct values tables, bases;
	uint64_t nr = how_many(s, form);
	unsigned int i;
	int r = values_of(s, form->load_at, form->table, &tables);

	if (!r && !form->base_is_table)
		r = values_of(s, form->add_at, form->base, &bases);
	if (r)
		return r;
	if (!tables.nr || tables.unknown ||
	    (!form->base_is_table && (bases.nr != 1 || bases.unknown)))
		r = -EINVAL;
	for (i = 0; i < tables.nr && (form->base_is_table || bases.nr); i++)
		if (read_table(s, form, tables.v[i],
			       form->base_is_table ? tables.v[i] : bases.v[0], nr))
			r = -EINVAL;
	return r;
}

int suture_tables_arm64(struct suture_code *code, const struct suture_extent *ext,
			struct suture_places *out, unsigned int *ret_read, unsigned int *ret_unread)
{
	struct search s = { .code = code, .ext = ext, .out = out };
	struct form form;
	size_t i, n = 0;
	uint64_t at;
	uint32_t w;
	int r;

	*ret_read = *ret_unread = 0;
	for (at = ext->addr; at + 4 <= ext->addr + ext->size; at += 4)
		n += word_at(code, at, &w) && is_br(w) && read_form(&s, at, &form);
	if (!n)
		return 0;
	s.jumps = calloc(n, sizeof(*s.jumps));
	r = s.jumps ? suture_code_refs(code, ext->addr, ext->addr + ext->size, &s.refs, &s.nr_refs)
		    : -ENOMEM;
	if (r)
		goto out;
	for (i = 0, n = 0; i < s.nr_refs; i++)
		if (s.refs[i].kind == SUTURE_REF_JUMP || s.refs[i].kind == SUTURE_REF_COND)
			s.refs[n++] = s.refs[i];
	s.nr_refs = n;
	qsort(s.refs, n, sizeof(*s.refs), ref_cmp);

	for (at = ext->addr; at + 4 <= ext->addr + ext->size; at += 4)
		if (word_at(code, at, &w) && is_br(w) && read_form(&s, at, &form))
			s.jumps[s.nr_jumps++] = at;
	for (i = 0; i < s.nr_jumps; i++) {
		read_form(&s, s.jumps[i], &form);
		r = read_switch(&s, &form);
		if (r == -ENOMEM)
			break;
		*(r ? ret_unread : ret_read) += 1;
		r = 0;
	}
out:
	free(s.refs);
	free(s.jumps);
	return r;
}
