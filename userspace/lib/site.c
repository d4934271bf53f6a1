// SPDX-License-Identifier: GPL-2.0-only
/* One call instruction of a function, and may it be retargeted. */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "insn-int.h"
#include "site.h"

struct func {
	struct suture_code *code;
	uint64_t addr, end;
	struct suture_piece *pieces;
	size_t nr_pieces;
	char where[160];
};

static bool inside(const struct func *f, uint64_t addr)
{
	if (addr >= f->addr && addr < f->end)
		return true;
	for (size_t i = 0; i < f->nr_pieces; i++) {
		if (addr - f->pieces[i].addr < f->pieces[i].size)
			return true;
	}
	return false;
}

static const char *name_of(const struct func *f, uint64_t addr)
{
	const struct suture_text *text = &f->code->text;
	const char *name = NULL;
	uint64_t offset = 0;

	if (text->name_at)
		name = text->name_at(text->ctx, addr, &offset);
	return name && !offset ? name : suture_code_name(f->code, addr);
}

/* The instruction at @at, if it is a call that can be retargeted. 1: it is. */
static int classify(const struct func *f, uint64_t at, struct suture_site_info *ret,
		    unsigned int *ret_len)
{
	const cs_insn *insn = suture_code_decode(f->code, at, f->end, true);
	const bool x86 = f->code->text.machine == EM_X86_64;
	enum suture_step step;
	unsigned int skip = 0;
	const uint8_t *b;
	uint64_t target;
	int32_t disp;

	memset(ret, 0, sizeof(*ret));
	*ret_len = insn ? insn->size : x86 ? 1 : 4;
	if (!insn)
		return 0;
	step = suture_insn_step(f->code, insn, &target);
	b = insn->bytes;
	/* addr32, as the linker fills up, and bnd; they stay in front */
	while (x86 && skip + 5 < insn->size && (b[skip] == 0x67 || b[skip] == 0xf2))
		skip++;
	if (step == SUTURE_STEP_CALL && (!x86 || b[skip] == 0xe8)) {
		ret->kind = SUTURE_SITE_CALL;
	} else if (step == SUTURE_STEP_JUMP && (!x86 || b[skip] == 0xe9) && !inside(f, target)) {
		ret->kind = SUTURE_SITE_JUMP;
	} else if (x86 && insn->size == 6 && b[0] == 0xff && b[1] == 0x15) {
		ret->kind = SUTURE_SITE_CALL_WORD;
		memcpy(&disp, b + 2, sizeof(disp));
		ret->slot = at + 6 + disp;
		skip = 0;
		target = 0;
	} else {
		return 0;
	}
	ret->len = insn->size - skip;
	if (x86 && ret->len != (ret->kind == SUTURE_SITE_CALL_WORD ? 6 : 5))
		return 0;
	ret->addr = at + skip;
	ret->callee = target;
	ret->name = name_of(f, ret->slot ? ret->slot : ret->callee);
	ret->bytes = suture_code_bytes(f->code, ret->addr, ret->len);
	return ret->bytes ? 1 : 0;
}

/* "  +0x1c  call puts", a line for each that could be meant. */
static void list_calls(const struct func *f, char *buf, size_t size)
{
	size_t used = 0, nr = 0;
	unsigned int len;

	buf[0] = '\0';
	for (uint64_t at = f->addr; at < f->end; at += len) {
		struct suture_site_info site;
		char callee[32];

		if (!classify(f, at, &site, &len))
			continue;
		if (used + 300 > size) {
			nr++;
			continue;
		}
		snprintf(callee, sizeof(callee), site.slot ? "*0x%" PRIx64 : "0x%" PRIx64,
			 site.slot ? site.slot : site.callee);
		used += snprintf(buf + used, size - used, "\n  +0x%" PRIx64 "  %s %.200s",
				 at - f->addr, site.kind == SUTURE_SITE_JUMP ? "jump" : "call",
				 site.name ? site.name : callee);
	}
	if (!*buf)
		snprintf(buf, size, " none");
	else if (nr)
		snprintf(buf + used, size - used, "\n  and %zu more", nr);
}

static int refuse(const struct func *f, uint64_t at, const char *why, struct suture_error *err)
{
	char calls[6000], show[SUTURE_SHOW_MAX];

	list_calls(f, calls, sizeof(calls));
	return suture_error_set(err, -EOPNOTSUPP,
		"%s+0x%" PRIx64 " %s: %s\nThe calls in it that can be retargeted:%s", f->where,
		at - f->addr, why, suture_code_show_objdump(f->code, at, show, sizeof(show)),
		calls);
}

static int check(const struct func *f, uint64_t want, struct suture_site_info *ret,
		 struct suture_error *err)
{
	char where[192], why[256];
	unsigned int len;
	int r;

	for (uint64_t at = f->addr; at < f->end; at += len) {
		bool call = classify(f, at, ret, &len);

		if (want >= at + len)
			continue;
		/* behind a prefix is where the call itself begins */
		if (want != at && !(call && want == ret->addr)) {
			snprintf(why, sizeof(why),
				 "is inside an instruction, which begins at +0x%" PRIx64,
				 at - f->addr);
			return refuse(f, at, why, err);
		}
		if (!call)
			return refuse(f, at, f->code->text.machine == EM_X86_64 ?
				"is no direct call (e8), call through a word (ff 15) or jump out of the function (e9)" :
				"is no call (bl) or branch out of the function (b)", err);
		snprintf(where, sizeof(where), "%s+0x%" PRIx64, f->where, at - f->addr);
		r = suture_code_check_inside(f->code, at, at + 1, at + len, where,
					     "the middle of the call", err);
		return r;
	}
	return refuse(f, want, "does not decode", err);
}

int suture_site_check(struct suture_code *code, uint64_t func, uint64_t size, uint64_t offset,
		      struct suture_site_info *ret, struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, func);
	struct func f = { .code = code, .addr = func };
	int r;

	memset(ret, 0, sizeof(*ret));
	suture_code_where(code, func, f.where, sizeof(f.where));
	if (!size && ext && ext->addr == func)
		size = ext->size;
	if (!size || !suture_code_span(code, func) || !suture_code_bytes(code, func, size))
		return suture_error_set(err, -EINVAL, "%s is no function of which the size is known",
					f.where);
	f.end = func + size;
	r = suture_insn_cold_ranges(code, func, size, &f.pieces, &f.nr_pieces, err);
	if (r)
		return r;
	if (offset >= size) {
		char calls[6000];

		list_calls(&f, calls, sizeof(calls));
		r = suture_error_set(err, -EINVAL,
			"%s has %" PRIu64 " bytes, and none at +0x%" PRIx64 "\nThe calls in it that can be retargeted:%s",
			f.where, size, offset, calls);
	} else {
		r = check(&f, func + offset, ret, err);
	}
	if (r)
		memset(ret, 0, sizeof(*ret));
	free(f.pieces);
	return r;
}
