// SPDX-License-Identifier: GPL-2.0
/* The parser of patch modules: hooks, states, replaced patches, relocations. */
#include "spm-int.h"

static int check_hooks(const struct spm_note *note, const struct spm_machine *m,
		       const struct spm_elf *elf, const char **why)
{
	const struct suture_note *head = note->head;
	const struct suture_hook *h;
	unsigned int i;

	for (i = 0; i < note->nr_hooks; i++) {
		h = &note->hooks[i];
		if (h->kind < SUTURE_HOOK_PRE_PATCH || h->kind > SUTURE_HOOK_POST_UNPATCH)
			return unknown(why, "unknown kind of hook");
		if (h->reserved)
			return bad(why, "reserved field of a hook is not 0");
		if (!spm_is_text(elf, m, h->addr))
			return bad(why, "hook is not in the patch's text");
	}
	if (!note->nr_hooks) {
		if (head->hook_enter || head->hook_leave || head->hook_stack ||
		    head->hook_limit_ms)
			return bad(why, "patch without hooks says how to run them");
		return 0;
	}
	if (!spm_is_text(elf, m, head->hook_enter) || !spm_is_text(elf, m, head->hook_leave))
		return bad(why, "entry of the hooks is not in the patch's text");
	if (head->hook_stack < SUTURE_HOOK_STACK_MIN || head->hook_stack > SUTURE_HOOK_STACK_MAX ||
	    head->hook_stack & 4095)
		return bad(why, "wrong size of the stack for hooks");
	if (head->hook_limit_ms > SUTURE_HOOK_LIMIT_MAX)
		return bad(why, "time limit of hooks is too high");
	return 0;
}

/* An aligned word at @vaddr lies in a writable segment, zero-filled part or not. */
static bool is_data(const struct spm_elf *elf, __u64 vaddr, __u64 len)
{
	const struct spm_segment *s;
	unsigned int i;

	for (i = 0; i < elf->nr_segments; i++) {
		s = &elf->segments[i];
		if ((s->flags & (PF_W | PF_X)) == PF_W && vaddr >= s->vaddr &&
		    inside(vaddr - s->vaddr, len, s->memsz))
			return true;
	}
	return false;
}

static int check_states(const struct spm_note *note, const struct spm_elf *elf,
			const char **why)
{
	const __u64 size = sizeof(struct suture_state_slot);
	const struct suture_state *s, *p;
	unsigned int i, j;

	for (i = 0; i < note->nr_states; i++) {
		s = &note->states[i];
		if (s->slot & 7)
			return bad(why, "slot of a state is not aligned");
		if (!is_data(elf, s->slot, size))
			return bad(why, "slot of a state is not in the patch's data");
		for (j = 0; j < i; j++) {
			p = &note->states[j];
			if (p->id == s->id)
				return bad(why, "two states with one id");
			if (overlap(p->slot, size, s->slot, size))
				return bad(why, "slots of states overlap");
		}
	}
	return 0;
}

/* Names of other patches. */
static int check_replaces(const struct spm_note *note, const char **why)
{
	unsigned int i;
	int ret;

	for (i = 0; i < note->nr_replaces; i++) {
		ret = spm_check_string(note, note->replaces[i], SUTURE_NAME_MAX, why);
		if (ret)
			return ret;
		if (!spm_is_patch_name(spm_string(note, note->replaces[i])))
			return bad(why, "name of a replaced patch is not a patch's name");
	}
	return 0;
}

/* Strictly ascending and aligned, so no two touch one word. */
static int check_relocs(const struct spm_note *note, const struct spm_elf *elf,
			const char **why)
{
	const struct suture_reloc *r;
	unsigned int i;

	for (i = 0; i < note->nr_relocs; i++) {
		r = &note->relocs[i];
		if (r->object != SUTURE_SELF && r->object >= note->nr_objects)
			return bad(why, "relocation against an object that is not listed");
		if (r->reserved)
			return bad(why, "reserved field of a relocation is not 0");
		if (r->offset & 7)
			return bad(why, "relocation is not aligned");
		if (i && r->offset <= r[-1].offset)
			return bad(why, "relocations are not in strictly ascending order");
		if (!is_data(elf, r->offset, 8))
			return bad(why, "relocation is not in the patch's data");
	}
	return 0;
}

int spm_check_rest(const struct spm_note *note, const struct spm_machine *m,
		   const struct spm_elf *elf, const char **why)
{
	int ret;

	ret = check_hooks(note, m, elf, why);
	if (!ret)
		ret = check_states(note, elf, why);
	if (!ret)
		ret = check_replaces(note, why);
	if (!ret)
		ret = check_relocs(note, elf, why);
	return ret;
}
