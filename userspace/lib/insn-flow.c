// SPDX-License-Identifier: GPL-2.0-only
/* Flow of control: single instructions, and one extent as a whole. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"

static enum suture_step step_x86(const cs_insn *insn, uint64_t *ret_target)
{
	const cs_x86 *x = &insn->detail->x86;
	const cs_x86_op *op = x->op_count ? &x->operands[0] : NULL;
	bool direct = op && op->type == X86_OP_IMM;
	unsigned int i;

	switch (insn->id) {
	case X86_INS_CALL:
		if (direct)
			*ret_target = op->imm;
		return direct ? SUTURE_STEP_CALL : SUTURE_STEP_CALL_IND;
	case X86_INS_LCALL:
		return SUTURE_STEP_CALL_IND;
	case X86_INS_JMP:
		if (direct)
			*ret_target = op->imm;
		if (direct)
			return SUTURE_STEP_JUMP;
		if (op && op->type == X86_OP_MEM && op->mem.index == X86_REG_INVALID &&
		    (op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_INVALID))
			return SUTURE_STEP_JUMP_SLOT;
		return SUTURE_STEP_JUMP_IND;
	case X86_INS_LJMP:
		return SUTURE_STEP_JUMP_IND;
	case X86_INS_RET:
	case X86_INS_RETF:
	case X86_INS_RETFQ:
	case X86_INS_IRET:
	case X86_INS_IRETD:
	case X86_INS_IRETQ:
		return SUTURE_STEP_RET;
	case X86_INS_UD2:
	case X86_INS_UD2B:
	case X86_INS_HLT:
	case X86_INS_INT3:
		return SUTURE_STEP_STOP;
	case X86_INS_SYSCALL:
	case X86_INS_SYSENTER:
	case X86_INS_INT:
		return SUTURE_STEP_SYSCALL;
	case X86_INS_LOOP:
	case X86_INS_LOOPE:
	case X86_INS_LOOPNE:
	case X86_INS_JCXZ:
	case X86_INS_JECXZ:
	case X86_INS_JRCXZ:
	case X86_INS_XBEGIN:
		*ret_target = direct ? op->imm : 0;
		return SUTURE_STEP_COND;
	}
	for (i = 0; i < insn->detail->groups_count; i++) {
		if (insn->detail->groups[i] != X86_GRP_JUMP)
			continue;
		*ret_target = direct ? op->imm : 0;
		return SUTURE_STEP_COND;
	}
	return SUTURE_STEP_NEXT;
}

static enum suture_step step_arm64(const cs_insn *insn, uint64_t *ret_target)
{
	const cs_arm64 *a = &insn->detail->arm64;
	unsigned int i;

	for (i = 0; i < a->op_count; i++)
		if (a->operands[i].type == ARM64_OP_IMM)
			*ret_target = a->operands[i].imm;
	switch (insn->id) {
	case ARM64_INS_BL:
		return SUTURE_STEP_CALL;
	case ARM64_INS_BLR:
		return SUTURE_STEP_CALL_IND;
	case ARM64_INS_B:
		return a->cc == ARM64_CC_INVALID || a->cc == ARM64_CC_AL ? SUTURE_STEP_JUMP
									  : SUTURE_STEP_COND;
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
		return SUTURE_STEP_COND;
	case ARM64_INS_BR:
		return SUTURE_STEP_JUMP_IND;
	case ARM64_INS_RET:
		/* through another register it is a jump, as the stubs of patches have it */
		if (a->op_count && a->operands[0].type == ARM64_OP_REG &&
		    a->operands[0].reg != ARM64_REG_X30)
			return SUTURE_STEP_JUMP_IND;
		return SUTURE_STEP_RET;
	case ARM64_INS_ERET:
		return SUTURE_STEP_RET;
	case ARM64_INS_BRK:
	case ARM64_INS_HLT:
		return SUTURE_STEP_STOP;
	case ARM64_INS_SVC:
		return SUTURE_STEP_SYSCALL;
	}
	return SUTURE_STEP_NEXT;
}

enum suture_step suture_insn_step(struct suture_code *code, const cs_insn *insn,
				  uint64_t *ret_target)
{
	*ret_target = 0;
	return code->text.machine == EM_X86_64 ? step_x86(insn, ret_target)
					       : step_arm64(insn, ret_target);
}

void suture_places_add(struct suture_places *list, uint64_t v)
{
	if (list->nr == list->room) {
		size_t room = list->room ? list->room * 2 : 16;
		uint64_t *more = realloc(list->v, room * sizeof(*more));

		if (!more) {
			list->nomem = true;
			return;
		}
		list->v = more;
		list->room = room;
	}
	list->v[list->nr++] = v;
}

static int u64_cmp(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

static void sort_unique(struct suture_places *list)
{
	size_t i, n = 0;

	if (!list->nr)
		return;
	qsort(list->v, list->nr, sizeof(*list->v), u64_cmp);
	for (i = 0; i < list->nr; i++)
		if (!n || list->v[n - 1] != list->v[i])
			list->v[n++] = list->v[i];
	list->nr = n;
}

/* Entries are 32-bit distances from the table (gcc's and clang's -fPIC form).
 * A table ends where something else in the object begins (the next function's
 * table, often), or where an entry leads to nowhere. */
static void read_table(struct suture_code *code, uint64_t table, struct suture_places *inner)
{
	uint64_t at, end = suture_code_next_lea(code, table);

	for (at = table; at < end; at += 4) {
		const uint8_t *b = suture_code_bytes(code, at, 4);
		uint64_t to;
		int32_t v;

		if (!b)
			return;
		memcpy(&v, b, 4);
		to = table + (int64_t)v;
		if (!suture_code_span(code, to))
			return;
		suture_places_add(inner, to);
	}
}

/* jmp *table(,%reg,8): 64-bit addresses, in text that is not moved */
static void read_fixed_table(struct suture_code *code, uint64_t table, struct suture_places *inner)
{
	const uint8_t *b;
	uint64_t to;

	for (; (b = suture_code_bytes(code, table, 8)); table += 8) {
		memcpy(&to, b, 8);
		if (!suture_code_span(code, to))
			return;
		suture_places_add(inner, to);
	}
}

/* Notes what an x86 instruction has to do with jump tables and addresses. */
static void look_x86(struct suture_code *code, struct suture_flow *flow, const cs_insn *insn,
		     struct suture_places *tables, struct suture_places *inner)
{
	const cs_x86 *x = &insn->detail->x86;
	const cs_x86_op *mem = NULL;
	unsigned int i;

	for (i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM)
			mem = &x->operands[i];
	if (!mem)
		return;
	if (insn->id == X86_INS_LEA && mem->mem.base == X86_REG_RIP) {
		uint64_t to = insn->address + insn->size + mem->mem.disp;

		if (to > flow->addr && to < flow->addr + flow->size)
			suture_places_add(inner, to);
		else
			suture_places_add(tables, to);
	} else if (insn->id == X86_INS_MOVSXD && mem->mem.index != X86_REG_INVALID &&
		   mem->mem.scale == 4) {
		flow->has_switch = true;
	} else if (insn->id == X86_INS_JMP && mem->mem.base == X86_REG_INVALID &&
		   mem->mem.index != X86_REG_INVALID && mem->mem.scale == 8) {
		flow->has_switch = true;
		read_fixed_table(code, mem->mem.disp, inner);
	}
}

static struct suture_flow *make_flow(struct suture_code *code, const struct suture_extent *ext)
{
	struct suture_flow *flow = calloc(1, sizeof(*flow));
	struct suture_places tables = { 0 }, inner = { 0 };
	uint64_t at, end = ext->addr + ext->size, pointer;
	unsigned int nr_read;
	size_t i, n;

	if (!flow)
		return NULL;
	flow->addr = ext->addr;
	flow->size = ext->size;
	flow->start = calloc(1, ext->size / 8 + 1);
	if (!flow->start)
		goto err_nomem;

	for (at = ext->addr; at < end;) {
		const cs_insn *insn = suture_code_decode(code, at, end, true);

		if (!insn) {
			flow->broken = true;
			at += code->text.machine == EM_AARCH64 ? 4 : 1;
			continue;
		}
		flow->start[(at - ext->addr) / 8] |= 1 << ((at - ext->addr) % 8);
		if (code->text.machine == EM_X86_64)
			look_x86(code, flow, insn, &tables, &inner);
		at += insn->size;
	}

	if (code->text.machine == EM_AARCH64) {
		if (suture_tables_arm64(code, ext, &inner, &nr_read, &flow->unread))
			goto err_nomem;
		flow->has_switch = nr_read && !flow->unread;
	}
	sort_unique(&tables);
	for (i = 0; flow->has_switch && i < tables.nr; i++)
		read_table(code, tables.v[i], &inner);
	for (pointer = ext->addr; suture_code_in_pointers(code, pointer + 1, end, &pointer);)
		suture_places_add(&inner, pointer);

	flow->pads_known = ext->flags & SUTURE_EXTENT_FDE;
	if (flow->pads_known && ext->lsda) {
		int r = suture_lsda_pads(code, ext->lsda, ext->addr, &flow->pads, &flow->nr_pads);

		if (r == -ENOMEM)
			goto err_nomem;
		flow->pads_known = !r;
		for (i = 0; i < flow->nr_pads; i++)
			suture_places_add(&inner, flow->pads[i]);
	}
	sort_unique(&inner);

	/* what does not lead to an instruction was not a table after all */
	for (i = 0, n = 0; i < inner.nr; i++)
		if (inner.v[i] - ext->addr >= ext->size || suture_flow_starts(flow, inner.v[i]))
			inner.v[n++] = inner.v[i];
	flow->inner = inner.v;
	flow->nr_inner = n;
	free(tables.v);
	if (tables.nomem || inner.nomem) {
		suture_flow_free(flow);
		return NULL;
	}
	return flow;

err_nomem:
	free(tables.v);
	free(inner.v);
	suture_flow_free(flow);
	return NULL;
}

const struct suture_flow *suture_code_flow(struct suture_code *code,
					   const struct suture_extent *ext)
{
	struct suture_flow **slot = &code->flow[ext - code->ext];

	if (!*slot)
		*slot = make_flow(code, ext);
	return *slot;
}

void suture_flow_free(struct suture_flow *flow)
{
	if (!flow)
		return;
	free(flow->start);
	free(flow->inner);
	free(flow->pads);
	free(flow);
}
