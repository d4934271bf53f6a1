// SPDX-License-Identifier: GPL-2.0
/* The parser of patch modules: what code is replaced. */
#include "spm-int.h"

static const struct spm_machine machines[] = {
	{ EM_X86_64, 1, 5 },
	{ EM_AARCH64, 4, 4 },
};

const struct spm_machine *spm_find_machine(__u16 em)
{
	unsigned int i;

	for (i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (machines[i].em == em)
			return &machines[i];
	return NULL;
}

static __u32 get_le32(const __u8 *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (__u32)p[3] << 24;
}

/* The instruction at @p is one that an indirect branch may lead to; it is what
 * stays in front of the branch when branch_at is 4. */
static bool is_landing_pad(const struct spm_machine *m, const __u8 *p)
{
	__u32 insn = get_le32(p);

	if (m->em == EM_X86_64)
		return insn == 0xfa1e0ff3;	/* endbr64 */
	return insn == 0xd503245f ||		/* bti c */
	       insn == 0xd50324df ||		/* bti jc */
	       insn == 0xd503233f ||		/* paciasp */
	       insn == 0xd503237f;		/* pacibsp */
}

/* Length of the call (or the jump instead of one, at the end of a function) at @p that
 * can be led elsewhere; 0: it is none. */
static unsigned int call_len(const struct spm_machine *m, const __u8 *p)
{
	if (m->em == EM_X86_64) {
		if (p[0] == 0xe8 || p[0] == 0xe9)	/* call rel32, jmp rel32 */
			return 5;
		return p[0] == 0xff && p[1] == 0x15 ? 6 : 0;	/* call *disp32(%rip) */
	}
	return (get_le32(p) & 0x7c000000) == 0x14000000 ? 4 : 0;	/* b, bl */
}

bool spm_is_text(const struct spm_elf *elf, const struct spm_machine *m,
		 __u64 new_addr)
{
	__u64 off;

	return (new_addr & (m->insn_align - 1)) == 0 &&
	       spm_vaddr_to_offset(elf, new_addr, m->insn_align, PF_X, &off) == 0;
}

static bool is_target(const struct spm_note *note, __u32 object)
{
	return object < note->nr_objects && note->objects[object].role == SUTURE_ROLE_TARGET;
}

static int check_func(const struct spm_note *note, const struct spm_machine *m,
		      const struct spm_elf *elf, const struct suture_func *f, const char **why)
{
	int ret;

	if (!is_target(note, f->object))
		return bad(why, "function is not of a target object");
	if (f->flags & ~SUTURE_FUNC_FLAGS)
		return unknown(why, "unknown flags of a function");
	if (!all_zero(f->reserved, sizeof(f->reserved)))
		return bad(why, "reserved field of a function is not 0");
	ret = spm_check_string(note, f->name, SUTURE_TEXT_MAX, why);
	if (ret)
		return ret;
	if (note->strings[f->name] == '\0')
		return bad(why, "function without a name");
	if (f->old_size == 0)
		return bad(why, "replaced function has no size");
	if (f->old_addr & (m->insn_align - 1))
		return bad(why, "replaced function is not aligned");
	if (!inside(f->old_addr, f->old_size, ~0ULL))
		return bad(why, "replaced function ends outside the address space");
	if (f->branch_at != 0 && f->branch_at != 4)
		return bad(why, "branch neither at byte 0 nor at byte 4 of a function");
	if (f->old_len < f->branch_at + m->branch_len || f->old_len > SUTURE_OLD_BYTES_MAX)
		return bad(why, "wrong number of expected bytes of a function");
	if (!all_zero(f->old_bytes + f->old_len, SUTURE_OLD_BYTES_MAX - f->old_len))
		return bad(why, "bytes behind the expected bytes of a function are not 0");
	if (f->old_size < (__u32)f->branch_at + m->branch_len)
		return bad(why, "replaced function is too short for a branch");
	if (f->branch_at && !is_landing_pad(m, f->old_bytes))
		return bad(why, "branch at byte 4 of a function without a landing pad");
	if (!spm_is_text(elf, m, f->new_addr))
		return bad(why, "new function is not in the patch's text");
	return 0;
}

static int check_funcs(const struct spm_note *note, const struct spm_machine *m,
		       const struct spm_elf *elf, const char **why)
{
	const struct suture_func *f, *p;
	unsigned int i, j;
	int ret;

	for (i = 0; i < note->nr_funcs; i++) {
		f = &note->funcs[i];
		ret = check_func(note, m, elf, f, why);
		if (ret)
			return ret;
		for (j = 0; j < i; j++) {
			p = &note->funcs[j];
			if (p->object != f->object)
				continue;
			if (p->old_addr == f->old_addr)
				return bad(why, "replaced function is listed twice");
			if (overlap(p->old_addr, p->old_size, f->old_addr, f->old_size))
				return bad(why, "replaced functions overlap");
		}
	}
	return 0;
}

static int check_ranges(const struct spm_note *note, const char **why)
{
	const struct suture_range *r;
	unsigned int i;

	for (i = 0; i < note->nr_ranges; i++) {
		r = &note->ranges[i];
		if (r->func >= note->nr_funcs)
			return bad(why, "range is not of a replaced function");
		if (r->size == 0)
			return bad(why, "range has no size");
		if (!inside(r->addr, r->size, ~0ULL))
			return bad(why, "range ends outside the address space");
	}
	return 0;
}

static int check_site(const struct spm_note *note, const struct spm_machine *m,
		      const struct spm_elf *elf, const struct suture_site *s, const char **why)
{
	int ret = spm_check_string(note, s->name, SUTURE_TEXT_MAX, why);

	if (ret)
		return ret;
	if (note->strings[s->name] == '\0')
		return bad(why, "site without a name");
	if (!is_target(note, s->object))
		return bad(why, "site is not of a target object");
	if (!all_zero(s->reserved, sizeof(s->reserved)))
		return bad(why, "reserved field of a site is not 0");
	if (s->addr & (m->insn_align - 1))
		return bad(why, "site is not aligned");
	if (!call_len(m, s->old_bytes))
		return bad(why, "site is not a direct call");
	if (s->old_len != call_len(m, s->old_bytes))
		return bad(why, "wrong number of expected bytes of a site");
	if (!inside(s->addr, s->old_len, ~0ULL))
		return bad(why, "site ends outside the address space");
	if (!all_zero(s->old_bytes + s->old_len, sizeof(s->old_bytes) - s->old_len))
		return bad(why, "bytes behind the expected bytes of a site are not 0");
	if (!spm_is_text(elf, m, s->new_addr))
		return bad(why, "site's new function is not in the patch's text");
	return 0;
}

static int check_sites(const struct spm_note *note, const struct spm_machine *m,
		       const struct spm_elf *elf, const char **why)
{
	const struct suture_func *f;
	const struct suture_site *s, *p;
	unsigned int i, j;
	int ret;

	for (i = 0; i < note->nr_sites; i++) {
		s = &note->sites[i];
		ret = check_site(note, m, elf, s, why);
		if (ret)
			return ret;
		for (j = 0; j < i; j++) {
			p = &note->sites[j];
			if (p->object == s->object &&
			    overlap(p->addr, p->old_len, s->addr, s->old_len))
				return bad(why, "sites overlap");
		}
		/* what is written for one would be unexpected bytes for the other */
		for (j = 0; j < note->nr_funcs; j++) {
			f = &note->funcs[j];
			if (f->object == s->object &&
			    overlap(f->old_addr, f->old_len, s->addr, s->old_len))
				return bad(why, "site is in the beginning of a replaced function");
		}
	}
	return 0;
}

/* Every target object has something replaced, and something is replaced. */
static int check_targets(const struct spm_note *note, const char **why)
{
	unsigned int i, j;
	bool used;

	if (note->nr_funcs == 0 && note->nr_sites == 0)
		return bad(why, "neither functions nor sites");
	for (i = 0; i < note->nr_objects; i++) {
		used = note->objects[i].role != SUTURE_ROLE_TARGET;
		for (j = 0; j < note->nr_funcs && !used; j++)
			used = note->funcs[j].object == i;
		for (j = 0; j < note->nr_sites && !used; j++)
			used = note->sites[j].object == i;
		if (!used)
			return bad(why, "target object without functions and sites");
	}
	return 0;
}

int spm_check_code(const struct spm_note *note, const struct spm_machine *m,
		   const struct spm_elf *elf, const char **why)
{
	int ret;

	ret = check_funcs(note, m, elf, why);
	if (!ret)
		ret = check_ranges(note, why);
	if (!ret)
		ret = check_sites(note, m, elf, why);
	if (!ret)
		ret = check_targets(note, why);
	return ret;
}
