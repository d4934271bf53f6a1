// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a probe can stand that every call of a function meets.
 *
 * From the entry on all ways are followed up to the first instruction that may be
 * probed. Where such an instruction can be reached in another way as well (a loop
 * leads back to it, two ways meet there), a call can meet it more than once, and
 * the count is not exact.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"
#include "trace-point.h"

#define SHOW_MAX	160
#define NO_INSN		UINT64_MAX
#define WAYS_MAX	64
#define INSN_MAX	16	/* bytes */

/* One way to go on from. */
struct way {
	uint64_t at;
	uint64_t from;		/* the jump that leads there, or NO_INSN: what is before it */
};

struct search {
	struct suture_code *code;
	uint64_t entry, first;
	suture_trace_avoid_fn avoid;
	void *arg;
	struct way ways[WAYS_MAX];
	size_t nr_ways, next;
	struct suture_trace_points *points;
	struct suture_error *err;
};

/* What the kernel takes a uprobe on: see arch/x86/kernel/uprobes.c. */
static bool may_probe_x86(const cs_insn *insn)
{
	static const uint8_t nop5[5] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	const cs_x86 *x = &insn->detail->x86;
	const uint8_t op = x->opcode[0];

	if (x->prefix[0] == X86_PREFIX_LOCK || insn->bytes[0] == 0x62)
		return false;
	for (int i = 0; i < insn->size - 1; i++) {
		uint8_t b = insn->bytes[i];

		if (b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e)
			return false;	/* segment prefixes; hints and notrack among them */
		if (b != 0x66 && b != 0x67 && b != 0xf2 && b != 0xf3 && b != 0x64 && b != 0x65)
			break;
	}
	/* Newer kernels write a call over this one. */
	if (insn->size == sizeof(nop5) && !memcmp(insn->bytes, nop5, sizeof(nop5)))
		return false;
	/* in, out, ins, outs, cli, sti, hlt, int, iret, mov and pop to a segment */
	return !((op >= 0x6c && op <= 0x6f) || (op >= 0xe4 && op <= 0xe7) ||
		 (op >= 0xec && op <= 0xef) || (op >= 0xcc && op <= 0xcf) || op == 0xf4 ||
		 op == 0xf1 || op == 0xfa || op == 0xfb || op == 0x8e);
}

/* arch/arm64/kernel/probes/decode-insn.c; loads of literals are simulated. */
static bool may_probe_arm64(const cs_insn *insn)
{
	uint32_t w;

	memcpy(&w, insn->bytes, sizeof(w));
	if ((w & 0x3f000000) == 0x08000000)	/* exclusive and ordered loads and stores */
		return false;
	return (w & 0xff000000) != 0xd5000000 &&	/* system, hints */
	       (w & 0xff000000) != 0xd4000000;	/* exceptions */
}

static bool is_nop(const struct search *s, const cs_insn *insn)
{
	return insn->id == (s->code->text.machine == EM_X86_64 ? (unsigned int)X86_INS_NOP
							       : (unsigned int)ARM64_INS_NOP);
}

static bool may_probe(struct search *s, const cs_insn *insn, enum suture_step step)
{
	if (step == SUTURE_STEP_STOP || step == SUTURE_STEP_SYSCALL)
		return false;
	if (s->avoid && s->avoid(s->arg, insn->address, insn->size))
		return false;
	return s->code->text.machine == EM_X86_64 ? may_probe_x86(insn) : may_probe_arm64(insn);
}

/* Does anything but the instruction at @from lead to [lo, hi]? 1, 0 or -ENOMEM. */
static int led_to(struct search *s, uint64_t lo, uint64_t hi, uint64_t from)
{
	const struct suture_extent *ext = suture_code_extent(s->code, lo);
	const struct suture_flow *flow;
	struct suture_ref *refs;
	size_t nr, i;
	int ret;

	ret = suture_code_refs(s->code, lo, hi + 1, &refs, &nr);
	if (ret)
		return ret;
	for (i = 0; i < nr && !ret; i++)
		ret = refs[i].from - from >= INSN_MAX && suture_code_confirm(s->code, &refs[i]);
	free(refs);
	if (ret || suture_code_in_pointers(s->code, lo, hi + 1, NULL))
		return 1;
	if (!ext)
		return 1;
	flow = suture_code_flow(s->code, ext);
	if (!flow)
		return -ENOMEM;
	for (i = 0; i < flow->nr_inner; i++)
		if (flow->inner[i] >= lo && flow->inner[i] <= hi)
			return 1;
	return flow->unread ? 1 : 0;
}

/* Does the instruction before @at go on to it? Padding does if anything leads there. */
static bool falls_into(struct search *s, uint64_t at)
{
	const struct suture_extent *ext = suture_code_extent(s->code, at);
	const struct suture_flow *flow = ext ? suture_code_flow(s->code, ext) : NULL;
	uint64_t before, target;
	const cs_insn *insn;

	if (!flow)
		return true;
	for (before = at; before-- > ext->addr;) {
		if (!suture_flow_starts(flow, before))
			continue;
		insn = suture_code_decode(s->code, before, at, true);
		if (!insn)
			return true;
		switch (suture_insn_step(s->code, insn, &target)) {
		case SUTURE_STEP_JUMP:
		case SUTURE_STEP_JUMP_IND:
		case SUTURE_STEP_JUMP_SLOT:
		case SUTURE_STEP_RET:
		case SUTURE_STEP_STOP:
			return false;
		default:
			break;
		}
		if (!is_nop(s, insn) || led_to(s, before, before, NO_INSN))
			return true;
		at = before;
	}
	return false;
}

static int cannot(struct search *s, uint64_t at, const char *why)
{
	char show[SHOW_MAX];

	return suture_error_set(s->err, -EOPNOTSUPP, "%s (%s)", why,
				suture_code_show(s->code, at, show, sizeof(show)));
}

/* Is the instruction one that stays as it is in the file? */
static bool stays(const struct search *s, uint64_t at)
{
	return at >= s->first || at < s->entry;
}

static int add_way(struct search *s, uint64_t at, uint64_t from)
{
	for (size_t i = 0; i < s->nr_ways; i++) {
		if (s->ways[i].at != at)
			continue;
		/* Met twice: two ways lead there. */
		if (stays(s, at))
			s->points->exact = false;
		return 0;
	}
	if (s->nr_ways == WAYS_MAX)
		return cannot(s, at, "it branches too often right behind its entry");
	s->ways[s->nr_ways++] = (struct way) { at, from };
	return 0;
}

/* @at may be probed, and was reached by @way from @free on without a jump. */
static int choose(struct search *s, const struct way *way, uint64_t free, uint64_t at)
{
	struct suture_trace_points *points = s->points;
	int ret = 0;

	for (size_t i = 0; i < points->nr; i++) {
		if (points->addr[i] == at) {
			points->exact = false;
			return 0;
		}
	}
	if (points->nr == SUTURE_TRACE_POINTS_MAX)
		return cannot(s, at, "it branches too often right behind its entry");
	points->addr[points->nr++] = at;

	if (at != s->entry)
		ret = led_to(s, free, at, way->from);
	if (ret < 0)
		return suture_error_nomem(s->err);
	if (!ret && (way->from == NO_INSN || free != way->at || !falls_into(s, free)))
		return 0;
	/* Of another function: others' calls would be counted. */
	if (suture_code_extent(s->code, at) != suture_code_extent(s->code, s->entry))
		return cannot(s, way->from,
			      "it leaves for another function before a probe can stand");
	points->exact = false;
	return 0;
}

/* A function that jumps back to its own entry: a call meets it several times. */
static int jumps_to_entry(struct search *s)
{
	const struct suture_extent *ext = suture_code_extent(s->code, s->entry);
	struct suture_ref *refs;
	size_t nr, i;

	if (suture_code_refs(s->code, s->entry, s->entry + 1, &refs, &nr))
		return suture_error_nomem(s->err);
	for (i = 0; i < nr; i++)
		if ((refs[i].kind == SUTURE_REF_JUMP || refs[i].kind == SUTURE_REF_COND) &&
		    suture_code_extent(s->code, refs[i].from) == ext &&
		    suture_code_confirm(s->code, &refs[i]))
			s->points->exact = false;
	free(refs);
	return 0;
}

/* Follow one way to its probe, or to where it parts. */
static int follow(struct search *s, struct way way)
{
	uint64_t at = way.at, free = stays(s, at) ? at : 0, target;

	for (;;) {
		const cs_insn *insn = suture_code_decode(s->code, at, UINT64_MAX, true);
		enum suture_step step;
		uint64_t next;

		if (!insn)
			return cannot(s, at, "its code does not decode");
		step = suture_insn_step(s->code, insn, &target);
		next = at + insn->size;
		if (stays(s, at)) {
			if (!free)
				free = at;
			if (may_probe(s, insn, step))
				return choose(s, &way, free, at);
		}
		switch (step) {
		case SUTURE_STEP_NEXT:
		case SUTURE_STEP_SYSCALL:
			break;
		case SUTURE_STEP_CALL:
		case SUTURE_STEP_CALL_IND:
			/* mcount and its kind: the call comes back, as far as anyone knows */
			if (!stays(s, at))
				break;
			return cannot(s, at, "no probe can stand before the first call that it makes");
		case SUTURE_STEP_COND: {
			int ret = target ? add_way(s, target, at) : 0;

			if (ret || !target)
				return ret ?: cannot(s, at, "it is not known where this leads");
			break;
		}
		case SUTURE_STEP_JUMP:
			return add_way(s, target, at);
		default:
			return cannot(s, at,
				      "it is over before the first instruction that can be probed");
		}
		at = next;
	}
}

int suture_trace_points(struct suture_code *code, uint64_t entry, uint64_t first,
			suture_trace_avoid_fn avoid, void *arg, struct suture_trace_points *ret,
			struct suture_error *err)
{
	struct search s = {
		.code = code, .entry = entry, .first = first, .avoid = avoid, .arg = arg,
		.points = ret, .err = err,
	};
	int r;

	*ret = (struct suture_trace_points) { .exact = true };
	r = add_way(&s, entry, NO_INSN);
	while (!r && s.next < s.nr_ways)
		r = follow(&s, s.ways[s.next++]);
	return r ?: jumps_to_entry(&s);
}
