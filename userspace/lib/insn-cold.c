// SPDX-License-Identifier: GPL-2.0-only
/* Further pieces of a function: what the compiler moved out of line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"

struct pieces {
	struct suture_code *code;
	uint64_t addr, end;	/* of the function itself */
	uint8_t *in;		/* by extent: 1 a piece, 2 looked at */
	const char *name;
	size_t base_len;	/* of the name without its clone suffix */
};

/* NAME.constprop.0 and the like: the function that it was made from. */
static size_t base_length(const char *name)
{
	static const char *const suffix[] = { ".constprop", ".isra", ".part", ".cold", ".lto_priv" };
	size_t i, len = strlen(name);

	for (i = 0; i < sizeof(suffix) / sizeof(suffix[0]); i++) {
		const char *at = strstr(name, suffix[i]);

		if (at && at != name && (size_t)(at - name) < len)
			len = at - name;
	}
	return len;
}

/* NAME.cold, NAME.part.0 and what comes of them, also behind a clone suffix. */
static bool named_piece(const struct pieces *p, const char *name)
{
	const char *rest;

	if (!p->name || !name || strncmp(name, p->name, p->base_len))
		return false;
	rest = name + p->base_len;
	if (*rest != '.')
		return false;
	/* a cold part of another clone is not ours */
	if (strncmp(name, p->name, strlen(p->name)) == 0)
		rest = name + strlen(p->name);
	else if (strncmp(rest, ".part", 5))
		return false;
	return !strncmp(rest, ".cold", 5) || !strncmp(rest, ".part", 5);
}

static bool ours(const struct pieces *p, uint64_t addr)
{
	const struct suture_extent *ext;

	if (addr >= p->addr && addr < p->end)
		return true;
	ext = suture_code_extent(p->code, addr);
	return ext && p->in[ext - p->code->ext];
}

/* Only jumps from the function and its pieces lead into ext, and one does. */
static int only_ours(struct pieces *p, const struct suture_extent *ext, bool *ret)
{
	uint64_t end = ext->addr + ext->size;
	struct suture_ref *refs;
	bool from_us = false, from_others = false;
	size_t nr, i;
	int r;

	*ret = false;
	if (suture_code_in_pointers(p->code, ext->addr, end, NULL))
		return 0;
	r = suture_code_refs(p->code, ext->addr, end, &refs, &nr);
	if (r)
		return r;
	for (i = 0; i < nr && !from_others; i++) {
		if (refs[i].from >= ext->addr && refs[i].from < end)
			continue;
		if (!suture_code_confirm(p->code, &refs[i]))
			continue;
		if (ours(p, refs[i].from) && refs[i].kind <= SUTURE_REF_COND)
			from_us |= refs[i].kind != SUTURE_REF_CALL;
		else
			from_others = true;
		/* a call from ourselves makes it a function of its own */
		from_others |= refs[i].kind == SUTURE_REF_CALL;
	}
	free(refs);
	*ret = from_us && !from_others;
	return 0;
}

/* It jumps to an instruction of ours that is not an entry. */
static bool jumps_back(struct pieces *p, const struct suture_extent *ext)
{
	uint64_t at, end = ext->addr + ext->size, target;
	const cs_insn *insn;

	for (at = ext->addr; at < end; at += insn->size) {
		enum suture_step step;

		insn = suture_code_decode(p->code, at, end, true);
		if (!insn)
			return false;
		step = suture_insn_step(p->code, insn, &target);
		if ((step == SUTURE_STEP_JUMP || step == SUTURE_STEP_COND) &&
		    target > p->addr && target < p->end)
			return true;
	}
	return false;
}

/* Candidates that one extent leads to: its direct jumps, tables, landing pads. */
static int look_at(struct pieces *p, const struct suture_extent *ext, bool *changed)
{
	const struct suture_flow *flow = suture_code_flow(p->code, ext);
	uint64_t at, end = ext->addr + ext->size, target;
	size_t i;
	int r;

	if (!flow)
		return -ENOMEM;
	for (i = 0; i < flow->nr_inner; i++) {
		const struct suture_extent *to = suture_code_extent(p->code, flow->inner[i]);

		if (!to || ours(p, flow->inner[i]))
			continue;
		p->in[to - p->code->ext] = 1;
		*changed = true;
	}
	for (at = ext->addr; at < end;) {
		const cs_insn *insn = suture_code_decode(p->code, at, end, true);
		const struct suture_extent *to;
		enum suture_step step;
		bool yes;

		if (!insn)
			break;
		at += insn->size;
		step = suture_insn_step(p->code, insn, &target);
		if ((step != SUTURE_STEP_JUMP && step != SUTURE_STEP_COND) || ours(p, target))
			continue;
		to = suture_code_extent(p->code, target);
		if (!to)
			continue;
		r = only_ours(p, to, &yes);
		if (r)
			return r;
		if (yes || jumps_back(p, to)) {
			p->in[to - p->code->ext] = 1;
			*changed = true;
		}
	}
	return 0;
}

/* Extents from which something jumps into our middle. */
static int look_back(struct pieces *p, bool *changed)
{
	struct suture_ref *refs;
	size_t nr, i;
	int r;

	r = suture_code_refs(p->code, p->addr + 1, p->end, &refs, &nr);
	for (i = 0; !r && i < nr; i++) {
		const struct suture_extent *ext = suture_code_extent(p->code, refs[i].from);

		if (!ext || ours(p, refs[i].from) ||
		    (refs[i].kind != SUTURE_REF_JUMP && refs[i].kind != SUTURE_REF_COND) ||
		    suture_code_confirm(p->code, &refs[i]) != 1)
			continue;
		/* assembly may share a tail with a neighbour that is a function */
		if (ext->name && !named_piece(p, ext->name))
			continue;
		p->in[ext - p->code->ext] = 1;
		*changed = true;
	}
	free(refs);
	return r;
}

static int collect(struct pieces *p)
{
	bool changed = true;
	size_t i;
	int r = 0;

	for (i = 0; i < p->code->nr_ext; i++)
		if (named_piece(p, p->code->ext[i].name) && !ours(p, p->code->ext[i].addr))
			p->in[i] = 1;
	while (changed && !r) {
		const struct suture_extent *own = suture_code_extent(p->code, p->addr);

		changed = false;
		r = own ? look_at(p, own, &changed) : 0;
		if (!r)
			r = look_back(p, &changed);
		for (i = 0; i < p->code->nr_ext && !r; i++) {
			if (p->in[i] != 1)
				continue;
			p->in[i] = 2;
			changed = true;
			r = look_at(p, &p->code->ext[i], &changed);
		}
	}
	return r;
}

int suture_insn_cold_ranges(struct suture_code *code, uint64_t addr, uint64_t size,
			    struct suture_piece **ret_pieces, size_t *ret_nr,
			    struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, addr);
	struct pieces p = { .code = code, .addr = addr };
	struct suture_piece *out;
	size_t i, n = 0;
	int r;

	*ret_pieces = NULL;
	*ret_nr = 0;
	if (!suture_code_span(code, addr))
		return suture_error_set(err, -EINVAL, "0x%llx is not in the executable text",
					(unsigned long long)addr);
	p.end = size ? addr + size : ext ? ext->addr + ext->size : addr + 1;
	p.name = suture_code_name(code, addr);
	if (p.name)
		p.base_len = base_length(p.name);
	p.in = calloc(code->nr_ext + 1, 1);
	r = p.in ? collect(&p) : -ENOMEM;

	for (i = 0; i < code->nr_ext && !r; i++)
		n += p.in[i] && (code->ext[i].addr < p.addr || code->ext[i].addr >= p.end);
	out = !r && n ? calloc(n, sizeof(*out)) : NULL;
	if (r || (n && !out)) {
		free(p.in);
		return suture_error_nomem(err);
	}
	for (i = 0, n = 0; i < code->nr_ext && out; i++)
		if (p.in[i] && (code->ext[i].addr < p.addr || code->ext[i].addr >= p.end))
			out[n++] = (struct suture_piece){ code->ext[i].addr, code->ext[i].size };
	free(p.in);
	*ret_pieces = out;
	*ret_nr = n;
	return 0;
}
