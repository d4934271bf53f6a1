// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the functions of an object do. First all text is searched for bytes that could refer
 * to an address, whatever the instructions are: nothing is missed, and it is quick. Then
 * the functions that have such bytes are decoded from their beginning.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "seek-int.h"

/* The first of the sorted addresses that is not below @addr. */
static size_t lower(const uint64_t *to, size_t nr, uint64_t addr)
{
	size_t lo = 0, hi = nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (to[mid] < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void mark(const struct suture_seeker *f, uint64_t at, uint8_t *marks)
{
	const struct suture_extent *ext = suture_code_extent(f->code, at);

	if (ext)
		marks[ext - f->code->ext] = 1;
}

/* Short jumps reach 128 bytes, so only the neighbourhood has to be read. */
static void scan_short(const struct suture_seeker *f, const struct suture_span *span,
		       uint64_t to, uint8_t *marks)
{
	uint64_t at = to - span->addr > 130 && to > span->addr ? to - span->addr - 130 : 0;

	for (; at < span->size && span->addr + at < to + 130; at++)
		if (span->addr + at + 1 + (int64_t)(int8_t)span->bytes[at] == to)
			mark(f, span->addr + at, marks);
}

/* Calls, jumps and addresses all are 32-bit distances from behind themselves. */
static void scan_x86(const struct suture_seeker *f, const struct suture_span *span,
		     const uint64_t *to, size_t nr, uint8_t *marks)
{
	uint64_t least = to[0], width = to[nr - 1] - least;

	for (uint64_t i = 0; i + 4 <= span->size; i++) {
		uint64_t addr;
		int32_t rel;
		size_t k;

		memcpy(&rel, span->bytes + i, sizeof(rel));
		addr = span->addr + i + 4 + (int64_t)rel;
		if (addr - least > width)
			continue;
		k = nr == 1 ? 0 : lower(to, nr, addr);
		if (k < nr && to[k] == addr)
			mark(f, span->addr + i, marks);
	}
	for (size_t k = 0; k < nr; k++)
		if (to[k] + 130 > span->addr && to[k] < span->addr + span->size + 130)
			scan_short(f, span, to[k], marks);
}

static int64_t sign(uint64_t v, unsigned int bits)
{
	return (int64_t)(v << (64 - bits)) >> (64 - bits);
}

static void scan_arm64(const struct suture_seeker *f, const struct suture_span *span,
		       const uint64_t *to, size_t nr, uint8_t *marks)
{
	for (uint64_t i = 0; i + 4 <= span->size; i += 4) {
		uint64_t pc = span->addr + i, least, most;
		uint32_t w;
		size_t k;

		memcpy(&w, span->bytes + i, sizeof(w));
		if ((w & 0x7c000000) == 0x14000000) {			/* b, bl */
			least = most = pc + sign(w & 0x3ffffff, 26) * 4;
		} else if ((w & 0x1f000000) == 0x10000000) {		/* adr, adrp */
			int64_t imm = sign((uint64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21);

			least = w >> 31 ? (pc & ~0xfffULL) + imm * 4096 : pc + imm;
			most = w >> 31 ? least + 4095 : least;
		} else if ((w & 0xff000010) == 0x54000000) {		/* b.cond */
			least = most = pc + sign(w >> 5 & 0x7ffff, 19) * 4;
		} else {
			continue;
		}
		k = lower(to, nr, least);
		if (k < nr && to[k] <= most)
			mark(f, pc, marks);
	}
}

void suture_seek_scan(const struct suture_seeker *f, const uint64_t *to, size_t nr,
		      uint8_t *marks)
{
	for (size_t i = 0; nr && i < f->code->text.nr_code; i++) {
		const struct suture_span *span = &f->code->text.code[i];

		if (f->code->text.machine == EM_X86_64)
			scan_x86(f, span, to, nr, marks);
		else
			scan_arm64(f, span, to, nr, marks);
	}
}

/* ----------------------------------------------------------------- bodies */

struct builder {
	struct suture_seeker *f;
	const struct suture_extent *ext;
	struct suture_seek_body *body;
	size_t room;
	uint64_t page[31];	/* arm64: what adrp has put into each register, 1: nothing */
};

static int add(struct builder *b, const cs_insn *insn, enum suture_seek_act act, bool slot,
	       uint64_t to)
{
	struct suture_seek_body *body = b->body;

	if (body->nr == b->room) {
		size_t room = b->room ? 2 * b->room : 32;
		struct suture_seek_event *more = realloc(body->events, room * sizeof(*more));

		if (!more)
			return -ENOMEM;
		body->events = more;
		b->room = room;
	}
	body->events[body->nr++] = (struct suture_seek_event) {
		.at = insn->address, .len = insn->size, .act = act, .slot = slot, .to = to,
	};
	return 0;
}

static bool may_matter_x86(const cs_insn *insn)
{
	return insn->id == X86_INS_CALL || insn->id == X86_INS_LEA || *insn->mnemonic == 'j' ||
	       !strncmp(insn->mnemonic, "loop", 4) || insn->id == X86_INS_XBEGIN;
}

/* The address of an operand relative to the instruction, if there is one. */
static bool operand_x86(const cs_insn *insn, uint64_t *ret)
{
	const cs_x86 *x = &insn->detail->x86;

	for (int i = 0; i < x->op_count; i++) {
		if (x->operands[i].type != X86_OP_MEM || x->operands[i].mem.base != X86_REG_RIP)
			continue;
		*ret = insn->address + insn->size + x->operands[i].mem.disp;
		return true;
	}
	return false;
}

/* What an instruction writes no longer has the page in it. */
static void forget_arm64(struct builder *b, const cs_insn *insn)
{
	const cs_arm64 *a = &insn->detail->arm64;

	for (int i = 0; i < a->op_count; i++) {
		unsigned int reg = a->operands[i].reg;

		if (a->operands[i].type != ARM64_OP_REG || !(a->operands[i].access & CS_AC_WRITE))
			continue;
		if (reg >= ARM64_REG_W0 && reg <= ARM64_REG_W30)
			reg = ARM64_REG_X0 + (reg - ARM64_REG_W0);
		if (reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28)
			b->page[reg - ARM64_REG_X0] = 1;
	}
}

/* Addresses are made of a page and what is added to it. */
static int look_arm64(struct builder *b, const cs_insn *insn)
{
	uint32_t w, rd, rn;
	int ret = 0;

	memcpy(&w, insn->bytes, sizeof(w));
	rd = w & 31;
	rn = w >> 5 & 31;
	if ((w & 0x9f000000) == 0x90000000) {				/* adrp */
		int64_t imm = sign((uint64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21);

		if (rd < 31)
			b->page[rd] = (insn->address & ~0xfffULL) + imm * 4096;
		return 0;
	}
	if ((w & 0xffc00000) == 0x91000000 && rn < 31 && b->page[rn] != 1)	/* add, #imm */
		ret = add(b, insn, SUTURE_SEEK_ACT_REF, false, b->page[rn] + (w >> 10 & 0xfff));
	else if ((w & 0x9f000000) == 0x10000000)			/* adr */
		ret = add(b, insn, SUTURE_SEEK_ACT_REF, false,
			  insn->address +
			  sign((uint64_t)(w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21));
	forget_arm64(b, insn);
	return ret;
}

static int look(struct builder *b, const cs_insn *insn)
{
	const bool x86 = b->f->code->text.machine == EM_X86_64;
	enum suture_seek_act act = SUTURE_SEEK_ACT_CALL;
	uint64_t to, word;
	bool call;

	/* what is called may write x0 to x18 */
	call = insn->id == ARM64_INS_BL || insn->id == ARM64_INS_BLR;
	for (int i = 0; i < 19 && call && !x86; i++)
		b->page[i] = 1;
	switch (suture_insn_step(b->f->code, insn, &to)) {
	case SUTURE_STEP_JUMP:
	case SUTURE_STEP_COND:
		act = to - b->ext->addr < b->ext->size ? SUTURE_SEEK_ACT_INSIDE
							: SUTURE_SEEK_ACT_JUMP;
		/* fall through */
	case SUTURE_STEP_CALL:
		return add(b, insn, act, false, to);
	case SUTURE_STEP_JUMP_SLOT:
		act = SUTURE_SEEK_ACT_JUMP;
		/* fall through */
	case SUTURE_STEP_CALL_IND:
		/* calls through other pointers count, too: they are between others */
		if (!x86 || !operand_x86(insn, &word))
			word = 0;
		return add(b, insn, act, true, word);
	default:
		break;
	}
	if (!x86)
		return look_arm64(b, insn);
	if (insn->id == X86_INS_LEA && operand_x86(insn, &word))
		return add(b, insn, SUTURE_SEEK_ACT_REF, false, word);
	return 0;
}

static int decode(struct builder *b)
{
	struct suture_code *code = b->f->code;
	uint64_t end = b->ext->addr + b->ext->size;

	for (int i = 0; i < 31; i++)
		b->page[i] = 1;
	for (uint64_t at = b->ext->addr; at < end;) {
		bool x86 = code->text.machine == EM_X86_64;
		const cs_insn *insn = suture_code_decode(code, at, end, !x86);

		if (insn && x86 && may_matter_x86(insn))
			insn = suture_code_decode(code, at, end, true);
		else if (insn && x86) {
			at += insn->size;
			continue;
		}
		if (!insn) {
			b->body->broken = true;
			at += x86 ? 1 : 4;
			continue;
		}
		at += insn->size;
		if (look(b, insn))
			return -ENOMEM;
	}
	return 0;
}

const struct suture_seek_body *suture_seek_body(struct suture_seeker *f, size_t ext,
						struct suture_error *err)
{
	struct builder b = { .f = f, .ext = &f->code->ext[ext] };

	if (f->bodies[ext])
		return f->bodies[ext];
	/* overlapping entries of a hostile unwind table would be decoded over and over */
	if (b.ext->size > f->budget) {
		suture_error_set(err, -E2BIG,
			"%s: the functions to be looked at have more code than the file; its unwind table is damaged, or the conditions fit too much",
			f->target->elf->path);
		return NULL;
	}
	f->budget -= b.ext->size;
	b.body = calloc(1, sizeof(*b.body));
	if (!b.body || decode(&b)) {
		if (b.body)
			free(b.body->events);
		free(b.body);
		suture_error_nomem(err);
		return NULL;
	}
	f->bodies[ext] = b.body;
	return b.body;
}

void suture_seek_bodies_free(struct suture_seeker *f)
{
	for (size_t i = 0; f->bodies && i < f->code->nr_ext; i++) {
		if (f->bodies[i])
			free(f->bodies[i]->events);
		free(f->bodies[i]);
	}
	free(f->bodies);
}

bool suture_seek_is(const struct suture_seek_event *event, enum suture_seek_act act,
		    const struct suture_seek_what *what)
{
	return event->act == act &&
	       suture_seek_places_has(event->slot ? &what->slots : &what->to, event->to);
}
