// SPDX-License-Identifier: GPL-2.0-only
/*
 * The registers that a function writes with all that it calls, from below
 * (must) and from above (may). Both are unions, so it does not matter on which
 * path or how often code is met: two walks over everything reachable.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "ipara-int.h"

int suture_seen_add(struct suture_seen *seen, uint64_t addr)
{
	size_t i;

	if (seen->nr * 2 >= seen->room) {
		struct suture_seen bigger = { .room = seen->room ? seen->room * 4 : 256 };

		bigger.slot = calloc(bigger.room, sizeof(*bigger.slot));
		if (!bigger.slot)
			return -ENOMEM;
		for (i = 0; i < seen->room; i++)
			if (seen->slot[i])
				suture_seen_add(&bigger, seen->slot[i] - 1);
		free(seen->slot);
		*seen = bigger;
	}
	i = addr * 0x9e3779b97f4a7c15ULL >> 20;
	for (i %= seen->room; seen->slot[i]; i = (i + 1) % seen->room)
		if (seen->slot[i] == addr + 1)
			return 0;
	seen->slot[i] = addr + 1;
	seen->nr++;
	return 1;
}

bool suture_seen_has(const struct suture_seen *seen, uint64_t addr)
{
	size_t i;

	if (!seen || !seen->room)
		return false;
	i = addr * 0x9e3779b97f4a7c15ULL >> 20;
	for (i %= seen->room; seen->slot[i]; i = (i + 1) % seen->room)
		if (seen->slot[i] == addr + 1)
			return true;
	return false;
}

int suture_todo_push(struct suture_todo *todo, uint64_t addr)
{
	if (todo->nr == todo->room) {
		size_t room = todo->room ? todo->room * 2 : 64;
		uint64_t *v = realloc(todo->v, room * sizeof(*v));

		if (!v)
			return -ENOMEM;
		todo->v = v;
		todo->room = room;
	}
	todo->v[todo->nr++] = addr;
	return 0;
}

struct walk {
	struct suture_code *code;
	struct suture_seen seen;
	struct suture_todo todo;
	uint64_t regs;		/* so far */
	uint64_t kept;		/* must: pushed and popped again somewhere */
	uint64_t all;
	const struct suture_seen *harmless;	/* words and stubs: what they lead to writes nothing */
};

/* The instruction calls or jumps through a word that is harmless. */
static bool is_harmless(const struct walk *w, const cs_insn *insn)
{
	const cs_x86_op *op = &insn->detail->x86.operands[0];

	return w->harmless && w->code->text.machine == EM_X86_64 && op->type == X86_OP_MEM &&
	       op->mem.base == X86_REG_RIP && op->mem.index == X86_REG_INVALID &&
	       suture_seen_has(w->harmless, insn->address + insn->size + op->mem.disp);
}

static uint64_t only_x86_reg(const cs_insn *insn)
{
	const cs_x86_op *op = &insn->detail->x86.operands[0];

	if (op->type != X86_OP_REG)
		return 0;
	switch (op->reg) {
	case X86_REG_RAX: return SUTURE_X86_GPR(0);
	case X86_REG_RCX: return SUTURE_X86_GPR(1);
	case X86_REG_RDX: return SUTURE_X86_GPR(2);
	case X86_REG_RSI: return SUTURE_X86_GPR(6);
	case X86_REG_RDI: return SUTURE_X86_GPR(7);
	default: break;
	}
	if (op->reg >= X86_REG_R8 && op->reg <= X86_REG_R11)
		return SUTURE_X86_GPR(8 + op->reg - X86_REG_R8);
	return 0;
}

/* The vector register that an instruction stores, as a whole or not. */
static uint64_t stored_xmm(const cs_insn *insn)
{
	const cs_x86_op *op = insn->detail->x86.operands;

	if (insn->detail->x86.op_count != 2 || op[0].type != X86_OP_MEM ||
	    op[0].mem.base != X86_REG_RSP || op[1].type != X86_OP_REG ||
	    op[1].reg < X86_REG_XMM6 || op[1].reg > X86_REG_XMM15)
		return 0;
	return SUTURE_X86_XMM(op[1].reg - X86_REG_XMM0);
}

/* A function that saves caller-saved registers before it writes them, and pops
 * them last, has a convention of its own (ms_abi, no_caller_saved_registers)
 * and keeps them. A register of results alone may be there for alignment only;
 * with others it is kept as they are. Nobody but such a function saves xmm8 and
 * up: they carry no arguments. */
static void note_kept(struct walk *w, const struct suture_extent *ext)
{
	uint64_t at, end = ext->addr + ext->size, pushed = 0, popped = 0, run = 0, kept;
	uint64_t written = 0, stored = 0, target;
	bool prologue = true;

	if (w->code->text.machine != EM_X86_64)
		return;
	for (at = ext->addr; at < end && (prologue || pushed);) {
		const cs_insn *insn = suture_code_decode(w->code, at, end, true);
		struct suture_effect e;
		enum suture_step step;

		if (!insn)
			break;
		at += insn->size;
		step = suture_insn_step(w->code, insn, &target);
		if (prologue) {
			if (insn->id == X86_INS_PUSH)
				pushed |= only_x86_reg(insn) & ~written;
			stored |= stored_xmm(insn) & ~written;
			suture_insn_effect(w->code, insn, &e);
			written |= e.may;
			prologue = step == SUTURE_STEP_NEXT;
		}
		if (insn->id == X86_INS_POP) {
			run |= only_x86_reg(insn);
		} else if (insn->id != X86_INS_LEAVE) {
			if (step == SUTURE_STEP_RET || step == SUTURE_STEP_JUMP)
				popped |= run;
			run = 0;
		}
	}
	kept = pushed & popped;
	if (!(kept & ~suture_ipara_results(w->code)))
		kept = 0;
	if (kept || stored & 0xffULL << 24)
		kept |= stored;
	w->kept |= kept;
}

static bool is_tlsdesc_call(const struct suture_code *code, const cs_insn *insn)
{
	const cs_x86_op *op = &insn->detail->x86.operands[0];

	return code->text.machine == EM_X86_64 && code->text.flags & SUTURE_TEXT_TLSDESC &&
	       op->type == X86_OP_MEM && op->mem.base == X86_REG_RAX && !op->mem.disp &&
	       op->mem.index == X86_REG_INVALID;
}

/* One straight run of instructions, as the compiler laid them out. */
static int must_run(struct walk *w, uint64_t at)
{
	struct suture_code *code = w->code;
	const struct suture_extent *ext = suture_code_extent(code, at);
	const struct suture_flow *flow;
	uint64_t end, target;
	size_t i;
	int r;

	if (!ext)
		return 0;
	end = ext->addr + ext->size;
	while (at < end && w->regs != w->all) {
		const cs_insn *insn;
		struct suture_effect e;
		enum suture_step step;
		unsigned int len;
		bool tlsdesc, harmless;

		r = suture_seen_add(&w->seen, at);
		if (r <= 0)
			return r;
		insn = suture_code_decode(code, at, end, true);
		if (!insn)
			return 0;
		suture_insn_effect(code, insn, &e);
		w->regs |= e.must;
		step = suture_insn_step(code, insn, &target);
		tlsdesc = step == SUTURE_STEP_CALL_IND && is_tlsdesc_call(code, insn);
		len = insn->size;
		harmless = is_harmless(w, insn) || suture_seen_has(w->harmless, ext->addr);

		switch (step) {
		case SUTURE_STEP_CALL:
			if (suture_is_profiling(code, target) ||
			    suture_call_returns(code, at, len, target) != SUTURE_COMEBACK_YES)
				break;
			r = suture_todo_push(&w->todo, target);
			if (r)
				return r;
			break;
		case SUTURE_STEP_CALL_IND:
			/* arm64: blr through a TLS descriptor cannot be told apart */
			if (code->text.machine == EM_AARCH64 &&
			    code->text.flags & SUTURE_TEXT_TLSDESC)
				break;
			if (tlsdesc)
				w->regs |= SUTURE_X86_GPR(0);
			else if (!harmless && suture_call_returns(code, at, len, 0) == SUTURE_COMEBACK_YES)
				w->regs |= w->all;
			break;
		case SUTURE_STEP_JUMP:
			return suture_todo_push(&w->todo, target);
		case SUTURE_STEP_COND:
			r = suture_todo_push(&w->todo, target);
			if (r)
				return r;
			break;
		case SUTURE_STEP_JUMP_SLOT:
			if (!harmless)
				w->regs |= w->all;
			return 0;
		case SUTURE_STEP_JUMP_IND:
			if (harmless)
				return 0;
			flow = suture_code_flow(code, ext);
			if (!flow)
				return -ENOMEM;
			/* with nothing inside to jump to, it can only leave */
			if (!flow->nr_inner && !flow->has_switch && !flow->broken &&
			    (code->text.machine == EM_X86_64 || suture_is_stub(code, ext->addr)))
				w->regs |= w->all;
			for (i = 0; i < flow->nr_inner; i++)
				if (suture_todo_push(&w->todo, flow->inner[i]))
					return -ENOMEM;
			return 0;
		case SUTURE_STEP_RET:
		case SUTURE_STEP_STOP:
			return 0;
		case SUTURE_STEP_SYSCALL:
			if (code->text.machine == EM_X86_64)
				w->regs |= SUTURE_X86_GPR(0) | SUTURE_X86_GPR(1) |
					   SUTURE_X86_GPR(11);
			break;
		case SUTURE_STEP_NEXT:
			break;
		}
		at += len;
	}
	return 0;
}

static int must_walk(struct suture_code *code, uint64_t addr, const struct suture_seen *harmless,
		     uint64_t *ret)
{
	struct walk w = { .code = code, .all = suture_ipara_all_must(code), .harmless = harmless };
	struct suture_seen extents = { 0 };
	int r = suture_todo_push(&w.todo, addr);

	while (!r && w.todo.nr && w.regs != w.all) {
		const struct suture_extent *ext;

		addr = w.todo.v[--w.todo.nr];
		/* a stub alone, not the whole PLT as one function */
		if (suture_is_stub(code, addr) && !suture_seen_has(harmless, addr)) {
			w.regs = w.all;
			break;
		}
		ext = suture_code_extent(code, addr);
		if (ext && (r = suture_seen_add(&extents, ext->addr)) == 1)
			note_kept(&w, ext);
		if (r >= 0)
			r = must_run(&w, addr);
	}
	*ret = w.regs & ~w.kept;
	free(w.seen.slot);
	free(w.todo.v);
	free(extents.slot);
	return r < 0 ? r : 0;
}

/* Everything in an extent, in the order of its bytes. */
static int may_extent(struct walk *w, const struct suture_extent *ext)
{
	struct suture_code *code = w->code;
	uint64_t at, end = ext->addr + ext->size, target;
	unsigned int since_table = 99;	/* instructions since a jump table was read */
	bool makes_return = false;	/* the instruction writes the return address */
	const struct suture_flow *flow = suture_code_flow(code, ext);
	size_t i;

	if (!flow)
		return -ENOMEM;
	/* further parts that only tables or the unwinder lead to */
	for (i = 0; i < flow->nr_inner; i++)
		if (flow->inner[i] - ext->addr >= ext->size &&
		    suture_todo_push(&w->todo, flow->inner[i]))
			return -ENOMEM;

	for (at = ext->addr; at < end && w->regs != w->all;) {
		const cs_insn *insn = suture_code_decode(code, at, end, true);
		struct suture_effect e;
		enum suture_step step;
		unsigned int len;
		bool mem_slot = false, made_return = makes_return, by_reg, harmless;
		const cs_x86_op *op;

		if (!insn) {
			/* zeroes and such behind the last instruction are not code */
			if (suture_code_padding(code, at, end) == end - at)
				break;
			w->regs = w->all;
			return 0;
		}
		suture_insn_effect(code, insn, &e);
		w->regs |= e.may;
		step = suture_insn_step(code, insn, &target);
		len = insn->size;	/* insn does not outlive the next decode */
		since_table++;
		op = &insn->detail->x86.operands[0];
		if (code->text.machine == EM_X86_64) {
			const cs_x86_op *src = &insn->detail->x86.operands[1];

			if (insn->id == X86_INS_MOVSXD && src->type == X86_OP_MEM &&
			    src->mem.index != X86_REG_INVALID && src->mem.scale == 4)
				since_table = 0;
			mem_slot = step == SUTURE_STEP_JUMP_IND && op->type == X86_OP_MEM &&
				   op->mem.base == X86_REG_INVALID && op->mem.scale == 8;
		}
		harmless = is_harmless(w, insn) || suture_seen_has(w->harmless, ext->addr);
		by_reg = step == SUTURE_STEP_JUMP_IND && op->type == X86_OP_REG;
		/* push reg; ret and mov reg,(%rsp); ret are jumps in disguise */
		makes_return = code->text.machine == EM_X86_64 &&
			      (insn->id == X86_INS_PUSH ||
			       (insn->id == X86_INS_MOV && op->type == X86_OP_MEM &&
				op->mem.base == X86_REG_RSP && !op->mem.disp));

		switch (step) {
		case SUTURE_STEP_CALL:
			if (suture_is_profiling(code, target) ||
			    suture_call_returns(code, at, len, target) == SUTURE_COMEBACK_NEVER)
				break;
			if (suture_todo_push(&w->todo, target))
				return -ENOMEM;
			break;
		case SUTURE_STEP_JUMP:
		case SUTURE_STEP_COND:
			if (target >= ext->addr && target < end)
				break;
			if (suture_todo_push(&w->todo, target))
				return -ENOMEM;
			break;
		case SUTURE_STEP_CALL_IND:
			if (harmless ||
			    suture_call_returns(code, at, len, 0) == SUTURE_COMEBACK_NEVER)
				break;
			w->regs = w->all;
			return 0;
		case SUTURE_STEP_JUMP_IND:
			if (harmless || (since_table <= 8 && by_reg))
				break;
			if (mem_slot && flow->nr_inner)
				break;
			w->regs = w->all;
			return 0;
		case SUTURE_STEP_JUMP_SLOT:
			if (harmless)
				break;
			w->regs = w->all;
			return 0;
		case SUTURE_STEP_RET:
			if (made_return)
				w->regs = w->all;
			break;
		case SUTURE_STEP_SYSCALL:
		case SUTURE_STEP_STOP:
		case SUTURE_STEP_NEXT:
			break;
		}
		at += len;
	}
	return 0;
}

static int may_walk(struct suture_code *code, uint64_t addr, const struct suture_seen *harmless,
		    uint64_t *ret)
{
	struct walk w = { .code = code, .all = suture_ipara_all(code), .harmless = harmless };
	int r = suture_todo_push(&w.todo, addr);

	while (!r && w.todo.nr && w.regs != w.all) {
		const struct suture_extent *ext;

		addr = w.todo.v[--w.todo.nr];
		ext = suture_code_extent(code, addr);
		if (!ext || (suture_is_stub(code, addr) && !suture_seen_has(harmless, addr))) {
			w.regs = w.all;
			break;
		}
		r = suture_seen_add(&w.seen, ext->addr);
		if (r == 1)
			r = may_extent(&w, ext);
	}
	*ret = w.regs;
	free(w.seen.slot);
	free(w.todo.v);
	return r;
}

int suture_ipara_called(struct suture_code *code, uint64_t addr, struct suture_seen *called)
{
	struct walk w = { .code = code };
	int r = suture_todo_push(&w.todo, addr);

	/* nothing is everything: the walk goes to its end, what it pushes is what is called */
	w.all = ~0ULL;
	while (!r && w.todo.nr) {
		addr = w.todo.v[--w.todo.nr];
		r = suture_seen_add(called, addr);
		if (r >= 0 && !suture_is_stub(code, addr))
			r = must_run(&w, addr);
		r = r < 0 ? r : 0;
	}
	free(w.seen.slot);
	free(w.todo.v);
	return r;
}

int suture_ipara_clobbers(struct suture_code *code, uint64_t addr, struct suture_clobbers *ret,
			  struct suture_error *err)
{
	return suture_ipara_clobbers_beyond(code, addr, NULL, ret, err);
}

int suture_ipara_clobbers_beyond(struct suture_code *code, uint64_t addr,
				 const struct suture_seen *harmless,
				 struct suture_clobbers *ret, struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, addr);

	memset(ret, 0, sizeof(*ret));
	if (!ext)
		return suture_error_set(err, -EINVAL,
					"no function is known at 0x%llx", (unsigned long long)addr);
	if (must_walk(code, addr, harmless, &ret->must) ||
	    may_walk(code, addr, harmless, &ret->may))
		return suture_error_nomem(err);
	/* what is certain is also possible, whatever the two walks met */
	ret->may |= ret->must;
	return 0;
}
