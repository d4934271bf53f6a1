// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who refers to an address. Branches are found by their bytes at every offset
 * (nothing can be missed, whatever the instruction boundaries are); a find
 * that matters is confirmed by decoding its function from the beginning.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"

#define PAGE_SHIFT 12

static int32_t get32(const uint8_t *b)
{
	int32_t v;

	memcpy(&v, b, sizeof(v));	/* both machines are little endian */
	return v;
}

typedef int (*ref_fn)(void *arg, uint64_t to, uint64_t from, enum suture_ref_kind kind);

/* Bytes that begin something with a 32-bit displacement. */
static const uint8_t long_form[256] = {
	[0xe8] = 1, [0xe9] = 1, [0x0f] = 1, [0x8d] = 1, [0xc7] = 1,
};

/* Remembers that some lea leads into the data. */
static void note_lea(const struct suture_code *code, uint64_t to)
{
	size_t i;

	for (i = 0; i < code->text.nr_data; i++) {
		uint64_t at = to - code->text.data[i].addr;

		if (at < code->text.data[i].size)
			code->lea[i][at / 32] |= 1 << (at / 4 % 8);
	}
}

/* All x86 references with 32-bit displacements. */
static int scan_x86(const struct suture_code *code, const struct suture_span *span, ref_fn fn,
		    void *arg)
{
	const uint8_t *b = span->bytes;
	uint64_t i, size = span->size;

	for (i = 0; i + 5 <= size; i++) {
		enum suture_ref_kind kind;
		unsigned int at;
		uint64_t to;

		if (!long_form[b[i]])
			continue;
		if (b[i] == 0xe8 || b[i] == 0xe9) {
			kind = b[i] == 0xe8 ? SUTURE_REF_CALL : SUTURE_REF_JUMP;
			at = 1;
		} else if (i + 6 > size) {
			continue;
		} else if (b[i] == 0x0f && (b[i + 1] & 0xf0) == 0x80) {
			kind = SUTURE_REF_COND;
			at = 2;
		} else if (b[i] == 0x8d && (b[i + 1] & 0xc7) == 0x05) {
			kind = SUTURE_REF_LEA;
			at = 2;
		} else if (b[i] == 0xc7 && b[i + 1] == 0xf8) {	/* xbegin */
			kind = SUTURE_REF_COND;
			at = 2;
		} else {
			continue;
		}
		to = span->addr + i + at + 4 + (int64_t)get32(b + i + at);
		if (kind == SUTURE_REF_LEA)
			note_lea(code, to);
		if (to >= code->lo && to < code->hi && fn(arg, to, span->addr + i, kind))
			return -ENOMEM;
	}
	return 0;
}

static int64_t sign(uint32_t v, unsigned int bits)
{
	return (int64_t)((uint64_t)v << (64 - bits)) >> (64 - bits);
}

static int scan_arm64(const struct suture_code *code, const struct suture_span *span, ref_fn fn,
		      void *arg)
{
	uint64_t i, k;

	for (i = 0; i + 4 <= span->size; i += 4) {
		uint32_t w = get32(span->bytes + i), rd = w & 31, v;
		enum suture_ref_kind kind = SUTURE_REF_COND;
		uint64_t pc = span->addr + i, to;

		if ((w & 0x7c000000) == 0x14000000) {
			kind = w >> 31 ? SUTURE_REF_CALL : SUTURE_REF_JUMP;
			to = pc + sign(w & 0x3ffffff, 26) * 4;
		} else if ((w & 0xff000010) == 0x54000000 || (w & 0x7e000000) == 0x34000000) {
			to = pc + sign(w >> 5 & 0x7ffff, 19) * 4;
		} else if ((w & 0x7e000000) == 0x36000000) {
			to = pc + sign(w >> 5 & 0x3fff, 14) * 4;
		} else if ((w & 0x1f000000) == 0x10000000) {
			int64_t imm = sign((w >> 5 & 0x7ffff) << 2 | (w >> 29 & 3), 21);

			kind = SUTURE_REF_LEA;
			to = pc + imm;
			if (w >> 31) {
				/* adrp: the low bits come with an add close behind it */
				for (k = 4; k <= 32 && i + k + 4 <= span->size; k += 4) {
					v = get32(span->bytes + i + k);
					if ((v & 0xffc00000) == 0x91000000 && (v >> 5 & 31) == rd)
						break;
				}
				if (k > 32 || i + k + 4 > span->size)
					continue;
				to = (pc & ~0xfffULL) + imm * 4096 + (v >> 10 & 0xfff);
			}
		} else {
			continue;
		}
		if (kind == SUTURE_REF_LEA)
			note_lea(code, to);
		/* what is no multiple of 4 is data that looks like an adr */
		if (to & 3)
			continue;
		if (to >= code->lo && to < code->hi && fn(arg, to, pc, kind))
			return -ENOMEM;
	}
	return 0;
}

static int scan(const struct suture_code *code, ref_fn fn, void *arg)
{
	size_t i;
	int r = 0;

	for (i = 0; i < code->text.nr_code && !r; i++)
		r = code->text.machine == EM_X86_64
			    ? scan_x86(code, &code->text.code[i], fn, arg)
			    : scan_arm64(code, &code->text.code[i], fn, arg);
	return r;
}

static int count_ref(void *arg, uint64_t to, uint64_t from, enum suture_ref_kind kind)
{
	struct suture_code *code = arg;

	(void)from;
	(void)kind;
	code->page[((to - code->lo) >> PAGE_SHIFT) + 1]++;
	return 0;
}

static int store_ref(void *arg, uint64_t to, uint64_t from, enum suture_ref_kind kind)
{
	struct suture_code *code = arg;
	uint32_t *at = &code->page[(to - code->lo) >> PAGE_SHIFT];

	code->refs[(*at)++] = (struct suture_ref){ .to = to, .from = from, .kind = kind };
	return 0;
}

/* A counting sort by page of the target: two passes over the text, no more. */
static int build_index(struct suture_code *code)
{
	size_t i, n = ((code->hi - code->lo) >> PAGE_SHIFT) + 1;

	code->lea = calloc(code->text.nr_data + 1, sizeof(*code->lea));
	code->page = calloc(n + 2, sizeof(*code->page));
	if (!code->page || !code->lea)
		goto err_nomem;
	for (i = 0; i < code->text.nr_data; i++) {
		code->lea[i] = calloc(code->text.data[i].size / 32 + 1, 1);
		if (!code->lea[i])
			goto err_nomem;
	}
	code->nr_pages = n;
	scan(code, count_ref, code);
	for (i = 0; i < n; i++)
		code->page[i + 1] += code->page[i];
	code->refs = malloc((code->page[n] + 1) * sizeof(*code->refs));
	if (!code->refs)
		goto err_nomem;
	scan(code, store_ref, code);
	/* storing moved each page's start to its end */
	memmove(code->page + 1, code->page, n * sizeof(*code->page));
	code->page[0] = 0;
	return 0;

err_nomem:
	for (i = 0; code->lea && i < code->text.nr_data; i++)
		free(code->lea[i]);
	free(code->lea);
	free(code->page);
	code->lea = NULL;
	code->page = NULL;
	return -ENOMEM;
}

uint64_t suture_code_next_lea(struct suture_code *code, uint64_t addr)
{
	size_t i;

	if (!code->page && build_index(code))
		return addr;
	for (i = 0; i < code->text.nr_data; i++) {
		const struct suture_span *span = &code->text.data[i];
		uint64_t at = addr - span->addr;

		if (at >= span->size)
			continue;
		for (at = (at / 4 + 1) * 4; at < span->size; at += 4)
			if (code->lea[i][at / 32] & 1 << (at / 4 % 8))
				return span->addr + at;
		return span->addr + span->size;
	}
	return UINT64_MAX;
}

struct found {
	struct suture_ref *refs;
	size_t nr, room;
};

static int add_found(struct found *found, struct suture_ref ref)
{
	if (found->nr == found->room) {
		size_t room = found->room ? found->room * 2 : 16;
		struct suture_ref *refs = realloc(found->refs, room * sizeof(*refs));

		if (!refs)
			return -ENOMEM;
		found->refs = refs;
		found->room = room;
	}
	found->refs[found->nr++] = ref;
	return 0;
}

/* Short branches reach 128 bytes, so only the neighbourhood has to be read. */
static int find_short(const struct suture_code *code, uint64_t lo, uint64_t hi,
		      struct found *found)
{
	uint64_t a = lo > 130 ? lo - 130 : 0, at;

	for (at = a; at < hi + 130; at++) {
		const uint8_t *b = suture_code_span(code, at) ? suture_code_bytes(code, at, 2)
							       : NULL;
		enum suture_ref_kind kind = SUTURE_REF_COND;
		uint64_t to;

		if (!b)
			continue;
		if (b[0] == 0xeb)
			kind = SUTURE_REF_JUMP;
		else if ((b[0] & 0xf0) != 0x70 && (b[0] & 0xfc) != 0xe0)
			continue;
		to = at + 2 + (int8_t)b[1];
		if (to >= lo && to < hi &&
		    add_found(found, (struct suture_ref){ .to = to, .from = at, .kind = kind }))
			return -ENOMEM;
	}
	return 0;
}

/* Text that is not moved may hold an address as a plain 32-bit number. */
static int find_numbers(const struct suture_code *code, uint64_t lo, uint64_t hi,
			struct found *found)
{
	size_t s;
	uint64_t i;

	for (s = 0; s < code->text.nr_code; s++) {
		const struct suture_span *span = &code->text.code[s];

		for (i = 0; i + 4 <= span->size; i++) {
			uint64_t v = (uint32_t)get32(span->bytes + i);

			if (v >= lo && v < hi &&
			    add_found(found, (struct suture_ref){ .to = v, .from = span->addr + i,
								  .kind = SUTURE_REF_IMM }))
				return -ENOMEM;
		}
	}
	return 0;
}

int suture_code_refs(struct suture_code *code, uint64_t lo, uint64_t hi, struct suture_ref **ret,
		     size_t *ret_nr)
{
	struct found found = { 0 };
	size_t first, last, i;
	int r = 0;

	*ret = NULL;
	*ret_nr = 0;
	if (lo < code->lo)
		lo = code->lo;
	if (hi > code->hi)
		hi = code->hi;
	if (lo >= hi)
		return 0;
	if (!code->page)
		r = build_index(code);
	if (r)
		return r;

	first = code->page[(lo - code->lo) >> PAGE_SHIFT];
	last = code->page[((hi - 1 - code->lo) >> PAGE_SHIFT) + 1];
	for (i = first; i < last && !r; i++)
		if (code->refs[i].to >= lo && code->refs[i].to < hi)
			r = add_found(&found, code->refs[i]);
	if (!r && code->text.machine == EM_X86_64)
		r = find_short(code, lo, hi, &found);
	if (!r && code->text.machine == EM_X86_64 && code->text.flags & SUTURE_TEXT_FIXED)
		r = find_numbers(code, lo, hi, &found);
	if (r) {
		free(found.refs);
		return r;
	}
	*ret = found.refs;
	*ret_nr = found.nr;
	return 0;
}

int suture_code_confirm(struct suture_code *code, const struct suture_ref *ref)
{
	const struct suture_extent *ext = suture_code_extent(code, ref->from);
	uint64_t at, end;

	if (!ext)
		return -1;
	if (code->text.machine == EM_AARCH64)
		return 1;
	if (ref->kind == SUTURE_REF_IMM)
		return -1;

	end = ext->addr + ext->size;
	for (at = ext->addr; at <= ref->from;) {
		const cs_insn *insn = suture_code_decode(code, at, end, false);

		if (!insn)
			return -1;
		/* prefixes (bnd, hints, REX of a lea) come before the opcode that was found */
		if (at + insn->size > ref->from) {
			uint64_t tail = ref->from - at;
			const uint8_t *b = insn->bytes;
			unsigned int i;

			for (i = 0; i < tail; i++)
				if ((b[i] & 0xf0) != 0x40 && b[i] != 0xf2 && b[i] != 0x2e &&
				    b[i] != 0x3e && b[i] != 0x66 && b[i] != 0x48)
					return 0;
			return 1;
		}
		at += insn->size;
	}
	return 0;
}
