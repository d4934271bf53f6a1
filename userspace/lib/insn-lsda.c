// SPDX-License-Identifier: GPL-2.0-only
/* Landing pads: code that only the unwinder jumps to, from .gcc_except_table. */
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"

/* DW_EH_PE_*, as far as gcc and clang write them here */
#define PE_OMIT		0xff
#define PE_FORM		0x0f
#define PE_PCREL	0x10

struct reader {
	const struct suture_code *code;
	uint64_t at;
	bool bad;
};

static uint64_t get(struct reader *r, unsigned int size)
{
	const uint8_t *b = suture_code_bytes(r->code, r->at, size);
	uint64_t v = 0;

	if (!b) {
		r->bad = true;
		return 0;
	}
	memcpy(&v, b, size);
	r->at += size;
	return v;
}

static uint64_t get_leb(struct reader *r, bool is_signed)
{
	unsigned int shift = 0;
	uint64_t v = 0;
	uint8_t b;

	do {
		b = get(r, 1);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80 && !r->bad);
	if (is_signed && shift < 64 && b & 0x40)
		v |= ~0ULL << shift;
	return v;
}

static uint64_t get_encoded(struct reader *r, uint8_t form)
{
	uint64_t base = form & PE_PCREL ? r->at : 0;

	if (form & 0xe0) {
		r->bad = true;
		return 0;
	}
	switch (form & PE_FORM) {
	case 0x00:
	case 0x04:
	case 0x0c:
		return base + get(r, 8);
	case 0x01:
		return base + get_leb(r, false);
	case 0x02:
		return base + get(r, 2);
	case 0x03:
		return base + get(r, 4);
	case 0x09:
		return base + get_leb(r, true);
	case 0x0a:
		return base + (int16_t)get(r, 2);
	case 0x0b:
		return base + (int32_t)get(r, 4);
	}
	r->bad = true;
	return 0;
}

int suture_lsda_pads(const struct suture_code *code, uint64_t lsda, uint64_t func, uint64_t **ret,
		     size_t *ret_nr)
{
	struct reader r = { .code = code, .at = lsda };
	uint64_t start = func, end, *pads = NULL;
	size_t nr = 0, room = 0;
	uint8_t form;

	*ret = NULL;
	*ret_nr = 0;
	form = get(&r, 1);
	if (form != PE_OMIT)
		start = get_encoded(&r, form);
	if (get(&r, 1) != PE_OMIT)
		get_leb(&r, false);
	form = get(&r, 1);
	end = get_leb(&r, false);
	if (r.bad || end > 1 << 24)
		return -EINVAL;
	end += r.at;

	while (r.at < end && !r.bad) {
		uint64_t pad;

		get_encoded(&r, form);
		get_encoded(&r, form);
		pad = get_encoded(&r, form);
		get_leb(&r, false);
		if (!pad || r.bad)
			continue;
		if (nr == room) {
			uint64_t *more;

			room = room ? room * 2 : 16;
			more = realloc(pads, room * sizeof(*pads));
			if (!more) {
				free(pads);
				return -ENOMEM;
			}
			pads = more;
		}
		pads[nr++] = start + pad;
	}
	if (r.bad) {
		free(pads);
		return -EINVAL;
	}
	*ret = pads;
	*ret_nr = nr;
	return 0;
}
