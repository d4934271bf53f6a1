// SPDX-License-Identifier: GPL-2.0-only
/*
 * Does a function read what its caller laid on the stack? Its registers are
 * followed as distances from the stack pointer at entry, along all paths.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "ipara-int.h"

#define NR_REGS		32
#define RSP		4
#define RBP		5
#define MAX_STEPS	400000

struct place {
	struct suture_frame state;
	uint64_t addr;
};

struct follow {
	struct suture_code *code;
	struct place *place;	/* hash table by address */
	size_t nr, room;
	struct suture_todo todo;
	int sp;			/* number of the stack pointer */
	uint32_t passed;	/* registers that carry arguments */
	uint32_t clobbered;	/* registers that a call may write */
	int32_t first;		/* where the arguments begin: above the return address */
	bool args, unclear, nomem;
};

static int reg_index(unsigned int reg)
{
	switch (reg) {
	case X86_REG_RAX: case X86_REG_EAX: case X86_REG_AX: case X86_REG_AL: case X86_REG_AH:
		return 0;
	case X86_REG_RCX: case X86_REG_ECX: case X86_REG_CX: case X86_REG_CL: case X86_REG_CH:
		return 1;
	case X86_REG_RDX: case X86_REG_EDX: case X86_REG_DX: case X86_REG_DL: case X86_REG_DH:
		return 2;
	case X86_REG_RBX: case X86_REG_EBX: case X86_REG_BX: case X86_REG_BL: case X86_REG_BH:
		return 3;
	case X86_REG_RSP: case X86_REG_ESP: case X86_REG_SP: case X86_REG_SPL:
		return RSP;
	case X86_REG_RBP: case X86_REG_EBP: case X86_REG_BP: case X86_REG_BPL:
		return RBP;
	case X86_REG_RSI: case X86_REG_ESI: case X86_REG_SI: case X86_REG_SIL:
		return 6;
	case X86_REG_RDI: case X86_REG_EDI: case X86_REG_DI: case X86_REG_DIL:
		return 7;
	}
	if (reg >= X86_REG_R8 && reg <= X86_REG_R15)
		return 8 + reg - X86_REG_R8;
	if (reg >= X86_REG_R8D && reg <= X86_REG_R15D)
		return 8 + reg - X86_REG_R8D;
	if (reg >= X86_REG_R8W && reg <= X86_REG_R15W)
		return 8 + reg - X86_REG_R8W;
	if (reg >= X86_REG_R8B && reg <= X86_REG_R15B)
		return 8 + reg - X86_REG_R8B;
	return -1;
}

static struct place *find_place(struct follow *f, uint64_t addr)
{
	size_t i;

	if (f->nr * 2 >= f->room) {
		struct follow bigger = { .room = f->room ? f->room * 4 : 1024 };

		bigger.place = calloc(bigger.room, sizeof(*bigger.place));
		if (!bigger.place) {
			f->nomem = true;
			return NULL;
		}
		for (i = 0; i < f->room; i++)
			if (f->place[i].state.set)
				*find_place(&bigger, f->place[i].addr) = f->place[i];
		free(f->place);
		f->place = bigger.place;
		f->room = bigger.room;
		f->nr = bigger.nr;
	}
	i = (addr * 0x9e3779b97f4a7c15ULL >> 20) % f->room;
	while (f->place[i].state.set && f->place[i].addr != addr)
		i = (i + 1) % f->room;
	if (!f->place[i].state.set) {
		f->place[i].addr = addr;
		f->nr++;
	}
	return &f->place[i];
}

/* Comes to addr with a state; what two ways disagree on is not known there.
 * Returns whether the place has to be (re)visited. */
static bool arrive(struct follow *f, uint64_t addr, const struct suture_frame *state)
{
	struct place *p = find_place(f, addr);
	bool changed = false;
	int i;

	if (!p)
		return false;
	if (!p->state.set) {
		p->state = *state;
		p->state.set = true;
		return true;
	}
	for (i = 0; i < NR_REGS; i++) {
		bool known = p->state.known >> i & 1;

		if (!known || (state->known >> i & 1 && state->off[i] == p->state.off[i]))
			continue;
		p->state.known &= ~(1U << i);
		changed = true;
		if (i == f->sp && (state->known >> i & 1))
			p->state.lost = true;
	}
	if (state->lost && !p->state.lost) {
		p->state.lost = true;
		changed = true;
	}
	return changed;
}

static void set(struct suture_frame *s, int reg, int32_t off)
{
	s->known |= 1U << reg;
	s->off[reg] = off;
	if (reg == RSP)
		s->lost = false;
}

/* Looks at the operands that are memory, and at addresses that get away. */
static void look(struct follow *f, const struct suture_frame *s, const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;
	bool to_memory = false;
	int i, reg;

	for (i = 0; i < x->op_count; i++) {
		const cs_x86_op *op = &x->operands[i];

		if (op->type != X86_OP_MEM || insn->id == X86_INS_LEA || insn->id == X86_INS_NOP)
			continue;
		to_memory |= i == 0;
		reg = reg_index(op->mem.base);
		if (suture_frame_known(s, reg) && s->off[reg] + op->mem.disp >= 8)
			f->args = true;
		/* a stack pointer moved on purpose (and, sub reg) is below the
		 * arguments; one that is lost could be anywhere */
		if (reg == RSP && !suture_frame_known(s, RSP) && s->lost)
			f->unclear = true;
	}
	for (i = 1; to_memory && i < x->op_count; i++) {
		reg = x->operands[i].type == X86_OP_REG ? reg_index(x->operands[i].reg) : -1;
		if (suture_frame_known(s, reg) && s->off[reg] >= 8)
			f->args = true;
	}
}

/* What an instruction that is no branch does to the state. */
static void transfer(struct suture_frame *s, const cs_insn *insn)
{
	const cs_x86 *x = &insn->detail->x86;
	const cs_x86_op *op = x->operands;
	int dst = x->op_count && op[0].type == X86_OP_REG ? reg_index(op[0].reg) : -1;
	int src = x->op_count > 1 && op[1].type == X86_OP_REG ? reg_index(op[1].reg) : -1;
	bool imm = x->op_count > 1 && op[1].type == X86_OP_IMM;
	int i, base;

	switch (insn->id) {
	case X86_INS_PUSH: case X86_INS_PUSHFQ:
		s->off[RSP] -= 8;
		return;
	case X86_INS_POP:
		s->off[RSP] += 8;
		suture_frame_forget(s, dst);
		return;
	case X86_INS_POPFQ:
		s->off[RSP] += 8;
		return;
	case X86_INS_LEAVE:
		if (suture_frame_known(s, RBP))
			set(s, RSP, s->off[RBP] + 8);
		else
			suture_frame_forget(s, RSP);
		suture_frame_forget(s, RBP);
		return;
	case X86_INS_CMP: case X86_INS_TEST: case X86_INS_NOP: case X86_INS_BT:
		return;
	case X86_INS_ADD: case X86_INS_SUB:
		if (dst >= 0 && imm && op[0].size == 8) {
			s->off[dst] += insn->id == X86_INS_ADD ? op[1].imm : -op[1].imm;
			return;
		}
		break;
	case X86_INS_MOV:
		if (dst >= 0 && op[0].size == 8 && suture_frame_known(s, src)) {
			set(s, dst, s->off[src]);
			return;
		}
		break;
	case X86_INS_LEA:
		base = reg_index(op[1].mem.base);
		if (dst >= 0 && op[0].size == 8 && suture_frame_known(s, base) &&
		    op[1].mem.index == X86_REG_INVALID) {
			set(s, dst, s->off[base] + op[1].mem.disp);
			return;
		}
		break;
	case X86_INS_XCHG: case X86_INS_XADD:
		suture_frame_forget(s, src);
		break;
	}
	suture_frame_forget(s, dst);
	for (i = 0; i < insn->detail->regs_write_count; i++)
		suture_frame_forget(s, reg_index(insn->detail->regs_write[i]));
}

static void follow_from(struct follow *f, uint64_t at, size_t *steps)
{
	struct suture_code *code = f->code;
	const struct suture_extent *ext = suture_code_extent(code, at);
	uint64_t target;
	size_t i;

	if (!ext) {
		f->unclear = true;
		return;
	}
	for (;;) {
		struct place *p = find_place(f, at);
		const struct suture_flow *flow;
		enum suture_step step;
		const cs_insn *insn;
		unsigned int len;
		struct suture_frame s;

		if (!p || ++*steps > MAX_STEPS) {
			f->unclear = true;
			return;
		}
		s = p->state;
		insn = suture_code_decode(code, at, ext->addr + ext->size, true);
		if (!insn) {
			f->unclear = true;
			return;
		}
		/* push %r10 of a realigned frame keeps an address and passes none on */
		if (code->text.machine == EM_AARCH64)
			suture_frame_look_arm64(&s, insn, &f->args, &f->unclear);
		else if (insn->id != X86_INS_PUSH ||
			 insn->detail->x86.operands[0].type != X86_OP_REG)
			look(f, &s, insn);
		len = insn->size;	/* insn does not outlive the next decode */
		at += len;
		step = suture_insn_step(code, insn, &target);
		switch (step) {
		case SUTURE_STEP_CALL:
		case SUTURE_STEP_CALL_IND:
			for (i = 0; i < NR_REGS; i++)
				if (1ULL << i & f->passed && suture_frame_known(&s, i) &&
				    s.off[i] >= f->first)
					f->args = true;
			s.known &= ~f->clobbered;
			if (step == SUTURE_STEP_CALL_IND)
				target = 0;
			if (suture_call_returns(code, at - len, len, target) ==
			    SUTURE_COMEBACK_NEVER)
				return;
			break;
		case SUTURE_STEP_JUMP:
			if (arrive(f, target, &s) && suture_todo_push(&f->todo, target))
				f->nomem = true;
			return;
		case SUTURE_STEP_COND:
			if (arrive(f, target, &s) && suture_todo_push(&f->todo, target))
				f->nomem = true;
			break;
		case SUTURE_STEP_JUMP_SLOT:
			f->unclear = true;	/* a tail call passes them on unseen */
			return;
		case SUTURE_STEP_JUMP_IND:
			flow = suture_code_flow(code, ext);
			if (!flow || !flow->has_switch)
				f->unclear = true;
			for (i = 0; flow && i < flow->nr_inner; i++)
				if (arrive(f, flow->inner[i], &s) &&
				    suture_todo_push(&f->todo, flow->inner[i]))
					f->nomem = true;
			return;
		case SUTURE_STEP_RET:
		case SUTURE_STEP_STOP:
			return;
		case SUTURE_STEP_SYSCALL:
			s.known &= ~f->clobbered;
			break;
		case SUTURE_STEP_NEXT:
			if (code->text.machine == EM_AARCH64)
				suture_frame_step_arm64(&s, insn);
			else
				transfer(&s, insn);
			break;
		}
		if (at >= ext->addr + ext->size || !arrive(f, at, &s))
			return;
	}
}

enum suture_stack_args suture_ipara_stack_args(struct suture_code *code, uint64_t addr)
{
	bool arm64 = code->text.machine == EM_AARCH64;
	struct follow f = {
		.code = code,
		.sp = arm64 ? SUTURE_ARM64_SP : RSP,
		.first = arm64 ? 0 : 8,
		/* not r10, which realigned frames keep an address in */
		.passed = arm64 ? 0x1ff : SUTURE_X86_ALL_GPR & ~SUTURE_X86_GPR(10),
		.clobbered = arm64 ? 0x7ffff : SUTURE_X86_ALL_GPR,
	};
	struct suture_frame entry = { .known = 1U << f.sp };
	size_t steps = 0;

	if (arrive(&f, addr, &entry) && suture_todo_push(&f.todo, addr))
		f.nomem = true;
	while (f.todo.nr && !f.args && !f.nomem)
		follow_from(&f, f.todo.v[--f.todo.nr], &steps);
	free(f.place);
	free(f.todo.v);
	if (f.args)
		return SUTURE_STACK_ARGS_YES;
	return f.unclear || f.nomem ? SUTURE_STACK_ARGS_UNKNOWN : SUTURE_STACK_ARGS_NO;
}
