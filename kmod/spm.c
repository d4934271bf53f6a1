// SPDX-License-Identifier: GPL-2.0
/*
 * The only parser of patch modules, see spm.h. Every number of the file is
 * compared before it is added to another, so no sum here can wrap; the ELF
 * headers are copied out, so the caller's buffer needs no alignment.
 */
#include "spm.h"

/* Segments are mapped in pages of this size at least, on every machine. */
#define SPM_PAGE		4096ULL
/* The end of the last segment: what one patch may take of an address space. */
#define SPM_IMAGE_MAX		(64ULL << 20)
/* A note's header: namesz, descsz, type. */
#define SPM_NHDR		12

_Static_assert(sizeof(struct suture_note) == 136, "head of the note");
_Static_assert(sizeof(struct suture_object) == 48, "object record");
_Static_assert(sizeof(struct suture_func) == 72, "function record");
_Static_assert(sizeof(struct suture_range) == 16, "range record");
_Static_assert(sizeof(struct suture_site) == 48, "site record");
_Static_assert(sizeof(struct suture_hook) == 16, "hook record");
_Static_assert(sizeof(struct suture_state) == 16, "state record");
_Static_assert(sizeof(struct suture_reloc) == 24, "relocation record");

static int bad(const char **why, const char *text)
{
	*why = text;
	return -ENOEXEC;
}

static int unknown(const char **why, const char *text)
{
	*why = text;
	return -EOPNOTSUPP;
}

/* [@off, @off + @len) lies in [0, @size) */
static bool inside(__u64 off, __u64 len, __u64 size)
{
	return off <= size && len <= size - off;
}

/* [@a, @a + @a_len) and [@b, @b + @b_len) have a byte in common; neither wraps */
static bool overlap(__u64 a, __u64 a_len, __u64 b, __u64 b_len)
{
	return a < b ? b - a < a_len && b_len : a - b < b_len && a_len;
}

static bool all_zero(const __u8 *p, size_t len)
{
	while (len--)
		if (*p++)
			return false;
	return true;
}

/* ------------------------------------------------------------- ELF headers */

static int check_ehdr(const Elf64_Ehdr *eh, size_t len, bool strict, const char **why)
{
	if (memcmp(eh->e_ident, ELFMAG, SELFMAG) != 0)
		return bad(why, "not an ELF file");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return bad(why, "not a 64-bit ELF file");
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return bad(why, "not a little-endian ELF file");
	if (eh->e_ident[EI_VERSION] != EV_CURRENT || eh->e_version != EV_CURRENT)
		return bad(why, "unknown ELF version");
	if (eh->e_ehsize != sizeof(*eh))
		return bad(why, "ELF header of another size");
	if (strict && eh->e_type != ET_DYN)
		return bad(why, "not a shared object");
	if (eh->e_type != ET_DYN && eh->e_type != ET_EXEC)
		return bad(why, "neither a shared object nor an executable");
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return bad(why, "program headers of another size");
	if (eh->e_phnum == 0)
		return bad(why, "no program headers");
	if (eh->e_phnum > SPM_MAX_PHDRS)
		return bad(why, "too many program headers");
	if (eh->e_phoff < sizeof(*eh) ||
	    !inside(eh->e_phoff, eh->e_phnum * sizeof(Elf64_Phdr), len))
		return bad(why, "program headers outside the beginning of the file");
	return 0;
}

/* @prev_end: end of the last page of the segment before, 0 for the first */
static int check_load(const Elf64_Phdr *ph, __u64 prev_end, const char **why)
{
	if (ph->p_memsz == 0)
		return bad(why, "empty segment");
	if (ph->p_filesz > ph->p_memsz)
		return bad(why, "segment has more bytes in the file than in memory");
	if (!inside(ph->p_vaddr, ph->p_memsz, SPM_IMAGE_MAX))
		return bad(why, "segment ends above 64 MiB");
	if (ph->p_align < SPM_PAGE || (ph->p_align & (ph->p_align - 1)))
		return bad(why, "segment alignment is not a power of two of a page at least");
	if ((ph->p_vaddr ^ ph->p_offset) & (ph->p_align - 1))
		return bad(why, "segment's address and offset are not congruent");
	if (ph->p_flags & ~(__u32)(PF_R | PF_W | PF_X))
		return bad(why, "unknown segment flags");
	if ((ph->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
		return bad(why, "segment is writable and executable");
	if (ph->p_memsz > ph->p_filesz && !(ph->p_flags & PF_W))
		return bad(why, "zero-filled part in a segment that is not writable");
	if ((ph->p_vaddr & ~(SPM_PAGE - 1)) < prev_end)
		return bad(why, "segments overlap or are not in ascending order");
	return 0;
}

int spm_parse_elf(const void *buf, size_t len, __u64 file_size, bool strict,
		  struct spm_elf *elf, const char **why)
{
	const __u8 *bytes = buf;
	__u64 prev_end = 0;
	bool has_text = false;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	unsigned int i;
	int ret;

	memset(elf, 0, sizeof(*elf));
	*why = NULL;

	/* However much the caller has read, the answer is the same. */
	if (len > SPM_HEADER_MAX)
		len = SPM_HEADER_MAX;
	if (len > file_size)
		len = file_size;
	if (len < sizeof(eh))
		return bad(why, "file is too short for an ELF header");
	memcpy(&eh, bytes, sizeof(eh));
	ret = check_ehdr(&eh, len, strict, why);
	if (ret)
		return ret;

	for (i = 0; i < eh.e_phnum; i++) {
		memcpy(&ph, bytes + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_LOAD && ph.p_type != PT_NOTE)
			continue;
		if (!inside(ph.p_offset, ph.p_filesz, file_size)) {
			if (!strict)
				continue;
			ret = bad(why, "segment or note outside the file");
			goto err;
		}
		if (ph.p_type == PT_NOTE) {
			if (strict && ph.p_filesz > SUTURE_NOTE_MAX) {
				ret = bad(why, "note segment is too large");
				goto err;
			}
			if (elf->nr_notes < SUTURE_MAX_SEGMENTS) {
				elf->notes[elf->nr_notes].offset = ph.p_offset;
				elf->notes[elf->nr_notes].size = ph.p_filesz;
				elf->nr_notes++;
			} else if (strict) {
				ret = bad(why, "too many note segments");
				goto err;
			}
			continue;
		}
		if (strict) {
			ret = check_load(&ph, prev_end, why);
			if (ret)
				goto err;
			/* check_load has bounded both, so this does not wrap */
			prev_end = (ph.p_vaddr + ph.p_memsz + SPM_PAGE - 1) & ~(SPM_PAGE - 1);
			has_text |= (ph.p_flags & PF_X) != 0;
		}
		if (elf->nr_segments < SUTURE_MAX_SEGMENTS) {
			struct spm_segment *s = &elf->segments[elf->nr_segments++];

			s->vaddr = ph.p_vaddr;
			s->memsz = ph.p_memsz;
			s->offset = ph.p_offset;
			s->filesz = ph.p_filesz;
			s->flags = ph.p_flags;
		} else if (strict) {
			ret = bad(why, "too many segments");
			goto err;
		}
	}
	if (strict && !has_text) {
		ret = bad(why, "no executable segment");
		goto err;
	}
	elf->type = eh.e_type;
	elf->machine = eh.e_machine;
	return 0;
err:
	memset(elf, 0, sizeof(*elf));
	return ret;
}

const void *spm_find_note(const void *buf, size_t len, const char *owner, __u32 type,
			  size_t *desc_len)
{
	const __u8 *bytes = buf;
	size_t owner_size = strlen(owner) + 1;
	__u64 off = 0, desc;
	__u32 nhdr[3];	/* namesz, descsz, type */

	*desc_len = 0;
	while (inside(off, SPM_NHDR, len)) {
		memcpy(nhdr, bytes + off, SPM_NHDR);
		off += SPM_NHDR;
		/* 64-bit sums of 32-bit sizes: cannot wrap, off is at most len */
		desc = off + (((__u64)nhdr[0] + 3) & ~3ULL);
		if (!inside(desc, nhdr[1], len))
			return NULL;
		if (nhdr[2] == type && nhdr[0] == owner_size &&
		    memcmp(bytes + off, owner, owner_size) == 0) {
			*desc_len = nhdr[1];
			return bytes + desc;
		}
		off = desc + (((__u64)nhdr[1] + 3) & ~3ULL);
	}
	return NULL;
}

int spm_vaddr_to_offset(const struct spm_elf *elf, __u64 vaddr, __u64 len, __u32 flags,
			__u64 *ret_offset)
{
	unsigned int i;

	for (i = 0; i < elf->nr_segments; i++) {
		const struct spm_segment *s = &elf->segments[i];

		if ((s->flags & flags) != flags || vaddr < s->vaddr ||
		    vaddr - s->vaddr >= s->filesz ||
		    !inside(vaddr - s->vaddr, len, s->filesz))
			continue;
		*ret_offset = s->offset + (vaddr - s->vaddr);
		return 0;
	}
	return -ERANGE;
}

/* -------------------------------------------------------------------- note */

/* What the rules need to know of a machine. */
struct machine {
	__u16 em;
	__u8 insn_align;	/* of instructions, bytes */
	__u8 branch_len;	/* of the branch at an entry, bytes */
};

static const struct machine machines[] = {
	{ EM_X86_64, 1, 5 },
	{ EM_AARCH64, 4, 4 },
};

static const struct machine *find_machine(__u16 em)
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
static bool is_landing_pad(const struct machine *m, const __u8 *p)
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
static unsigned int call_len(const struct machine *m, const __u8 *p)
{
	if (m->em == EM_X86_64) {
		if (p[0] == 0xe8 || p[0] == 0xe9)	/* call rel32, jmp rel32 */
			return 5;
		return p[0] == 0xff && p[1] == 0x15 ? 6 : 0;	/* call *disp32(%rip) */
	}
	return (get_le32(p) & 0x7c000000) == 0x14000000 ? 4 : 0;	/* b, bl */
}

/* @new_addr is where an instruction of the patch can be. */
static bool is_text(const struct spm_elf *elf, const struct machine *m, __u64 new_addr)
{
	__u64 off;

	return (new_addr & (m->insn_align - 1)) == 0 &&
	       spm_vaddr_to_offset(elf, new_addr, m->insn_align, PF_X, &off) == 0;
}

/*
 * Well-formed UTF-8 without control characters (C0, DEL, C1). A string ends in
 * a NUL, and that is no continuation byte, so nothing behind it is read.
 */
static bool is_printable(const char *string)
{
	const __u8 *s = (const __u8 *)string;
	__u32 c, min;
	int n;

	while (*s) {
		c = *s++;
		if (c < 0x80) {
			if (c < 0x20 || c == 0x7f)
				return false;
			continue;
		} else if ((c & 0xe0) == 0xc0) {
			n = 1, c &= 0x1f, min = 0xa0;	/* below: C1 or overlong */
		} else if ((c & 0xf0) == 0xe0) {
			n = 2, c &= 0x0f, min = 0x800;
		} else if ((c & 0xf8) == 0xf0) {
			n = 3, c &= 0x07, min = 0x10000;
		} else {
			return false;
		}
		for (; n; n--) {
			if ((*s & 0xc0) != 0x80)
				return false;
			c = c << 6 | (*s++ & 0x3f);
		}
		if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
	}
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_patch_name(const char *s)
{
	if (!is_alnum(*s))
		return false;
	for (; *s; s++)
		if (!is_alnum(*s) && !strchr("._+-", *s))
			return false;
	return true;
}

/* @max: bytes with the NUL. check_strings has seen that the blob ends in one. */
static int check_string(const struct spm_note *note, __u32 off, size_t max, const char **why)
{
	if (off >= note->strings_size)
		return bad(why, "string outside the string blob");
	if (strnlen(note->strings + off, max) == max)
		return bad(why, "string is too long");
	if (!is_printable(note->strings + off))
		return bad(why, "string has control characters or is not UTF-8");
	return 0;
}

static int check_strings(const struct spm_note *note, const char **why)
{
	const struct suture_note *h = note->head;
	const __u32 texts[] = { h->version, h->description, h->cve, h->license, h->author };
	unsigned int i;
	int ret;

	if (note->strings_size == 0 || note->strings[0] != '\0')
		return bad(why, "string blob does not begin with a NUL");
	if (note->strings[note->strings_size - 1] != '\0')
		return bad(why, "string blob does not end in a NUL");
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ret = check_string(note, texts[i], SUTURE_TEXT_MAX, why);
		if (ret)
			return ret;
	}
	ret = check_string(note, h->name, SUTURE_NAME_MAX, why);
	if (ret)
		return ret;
	if (!is_patch_name(note->strings + h->name))
		return bad(why, "patch name has characters that are not allowed");
	return 0;
}

static int check_objects(const struct spm_note *note, const char **why)
{
	const struct suture_object *o, *p;
	unsigned int i, j;
	int ret;

	if (note->nr_objects == 0)
		return bad(why, "no objects");
	for (i = 0; i < note->nr_objects; i++) {
		o = &note->objects[i];
		if (o->role != SUTURE_ROLE_TARGET && o->role != SUTURE_ROLE_NEEDED)
			return bad(why, "unknown role of an object");
		if (o->reserved)
			return bad(why, "reserved field of an object is not 0");
		ret = check_string(note, o->name, SUTURE_TEXT_MAX, why);
		if (ret)
			return ret;
		if (note->strings[o->name] == '\0')
			return bad(why, "object without a name");
		if (o->build_id_len == 0 || o->build_id_len > SUTURE_BUILD_ID_MAX)
			return bad(why, "build-id of a wrong length");
		if (!all_zero(o->build_id + o->build_id_len,
			      SUTURE_BUILD_ID_MAX - o->build_id_len))
			return bad(why, "bytes behind a build-id are not 0");
		for (j = 0; j < i; j++) {
			p = &note->objects[j];
			if (p->build_id_len == o->build_id_len &&
			    memcmp(p->build_id, o->build_id, o->build_id_len) == 0)
				return bad(why, "object is listed twice");
		}
	}
	return 0;
}

static bool is_target(const struct spm_note *note, __u32 object)
{
	return object < note->nr_objects && note->objects[object].role == SUTURE_ROLE_TARGET;
}

static int check_func(const struct spm_note *note, const struct machine *m,
		      const struct spm_elf *elf, const struct suture_func *f, const char **why)
{
	int ret;

	if (!is_target(note, f->object))
		return bad(why, "function is not of a target object");
	if (f->flags & ~SUTURE_FUNC_FLAGS)
		return unknown(why, "unknown flags of a function");
	if (!all_zero(f->reserved, sizeof(f->reserved)))
		return bad(why, "reserved field of a function is not 0");
	ret = check_string(note, f->name, SUTURE_TEXT_MAX, why);
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
	if (!is_text(elf, m, f->new_addr))
		return bad(why, "new function is not in the patch's text");
	return 0;
}

static int check_funcs(const struct spm_note *note, const struct machine *m,
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

static int check_site(const struct spm_note *note, const struct machine *m,
		      const struct spm_elf *elf, const struct suture_site *s, const char **why)
{
	int ret = check_string(note, s->name, SUTURE_TEXT_MAX, why);

	if (ret)
		return ret;
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
	if (!is_text(elf, m, s->new_addr))
		return bad(why, "site's new function is not in the patch's text");
	return 0;
}

static int check_sites(const struct spm_note *note, const struct machine *m,
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

static int check_hooks(const struct spm_note *note, const struct machine *m,
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
		if (!is_text(elf, m, h->addr))
			return bad(why, "hook is not in the patch's text");
	}
	if (!note->nr_hooks)
		return head->hook_enter || head->hook_leave || head->hook_stack ||
		       head->hook_limit_ms ? bad(why, "patch without hooks says how to run them") :
					     0;
	if (!is_text(elf, m, head->hook_enter) || !is_text(elf, m, head->hook_leave))
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
	const struct suture_state *s;
	unsigned int i, j;

	for (i = 0; i < note->nr_states; i++) {
		s = &note->states[i];
		for (j = 0; j < i; j++)
			if (note->states[j].id == s->id)
				return bad(why, "two states with one id");
		if ((s->slot & 7) || !is_data(elf, s->slot, sizeof(struct suture_state_slot)))
			return bad(why, "slot of a state is not in the patch's data");
	}
	return 0;
}

/* Names of other patches. */
static int check_replaces(const struct spm_note *note, const char **why)
{
	unsigned int i;
	int ret;

	for (i = 0; i < note->nr_replaces; i++) {
		ret = check_string(note, note->replaces[i], SUTURE_NAME_MAX, why);
		if (ret)
			return ret;
		if (!is_patch_name(spm_string(note, note->replaces[i])))
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

/* One table of the head: where it is, what a record is, how many there may be. */
struct table {
	const struct suture_table *t;
	__u32 record, align, max;
};

/* @limit: bytes of the descriptor */
static int check_tables(const struct table *tables, unsigned int nr, __u64 limit,
			const char **why)
{
	const struct table *a, *b;
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		a = &tables[i];
		if (a->t->count > a->max)
			return bad(why, "table has too many records");
		if (a->t->offset & (a->align - 1))
			return bad(why, "table is not aligned");
		if (a->t->count == 0)
			continue;
		if (a->t->offset < sizeof(struct suture_note))
			return bad(why, "table overlaps the head of the note");
		if (!inside(a->t->offset, (__u64)a->t->count * a->record, limit))
			return bad(why, "table outside the note");
		for (j = 0; j < i; j++) {
			b = &tables[j];
			if (overlap(a->t->offset, (__u64)a->t->count * a->record,
				    b->t->offset, (__u64)b->t->count * b->record))
				return bad(why, "tables overlap");
		}
	}
	return 0;
}

static const void *table_at(const struct suture_note *head, const struct suture_table *t)
{
	return t->count ? (const __u8 *)head + t->offset : NULL;
}

static int find_tables(const struct suture_note *h, size_t len, struct spm_note *note,
		       const char **why)
{
	const struct table tables[] = {
		{ &h->objects, sizeof(struct suture_object), 8, SUTURE_MAX_OBJECTS },
		{ &h->funcs, sizeof(struct suture_func), 8, SUTURE_MAX_FUNCS },
		{ &h->ranges, sizeof(struct suture_range), 8, SUTURE_MAX_RANGES },
		{ &h->sites, sizeof(struct suture_site), 8, SUTURE_MAX_SITES },
		{ &h->hooks, sizeof(struct suture_hook), 8, SUTURE_MAX_HOOKS },
		{ &h->states, sizeof(struct suture_state), 8, SUTURE_MAX_STATES },
		{ &h->replaces, sizeof(__u32), 8, SUTURE_MAX_REPLACES },
		{ &h->relocs, sizeof(struct suture_reloc), 8, SUTURE_MAX_RELOCS },
		{ &h->strings, 1, 1, SUTURE_NOTE_MAX },
	};
	int ret;

	ret = check_tables(tables, sizeof(tables) / sizeof(tables[0]), len, why);
	if (ret)
		return ret;
	note->head = h;
	note->objects = table_at(h, &h->objects);
	note->nr_objects = h->objects.count;
	note->funcs = table_at(h, &h->funcs);
	note->nr_funcs = h->funcs.count;
	note->ranges = table_at(h, &h->ranges);
	note->nr_ranges = h->ranges.count;
	note->sites = table_at(h, &h->sites);
	note->nr_sites = h->sites.count;
	note->hooks = table_at(h, &h->hooks);
	note->nr_hooks = h->hooks.count;
	note->states = table_at(h, &h->states);
	note->nr_states = h->states.count;
	note->replaces = table_at(h, &h->replaces);
	note->nr_replaces = h->replaces.count;
	note->relocs = table_at(h, &h->relocs);
	note->nr_relocs = h->relocs.count;
	note->strings = table_at(h, &h->strings);
	note->strings_size = h->strings.count;
	return 0;
}

static int check_head(const struct suture_note *h, const struct spm_elf *elf,
		      const char **why)
{
	if (h->format != SUTURE_NOTE_FORMAT)
		return unknown(why, "unknown format of the note");
	if (h->size != sizeof(*h))
		return bad(why, "head of the note has another size");
	if (!find_machine(h->machine))
		return unknown(why, "patch is for a machine that is not supported");
	if (h->machine != elf->machine)
		return bad(why, "machine of the note is not the machine of the file");
	if (h->flags & ~SUTURE_NOTE_FLAGS)
		return unknown(why, "unknown flags of the note");
	if (h->reserved)
		return bad(why, "reserved field of the note is not 0");
	return 0;
}

static int check_note(const struct spm_note *note, const struct spm_elf *elf,
		      const char **why)
{
	const struct machine *m = find_machine(note->head->machine);
	int ret;

	ret = check_strings(note, why);
	if (!ret)
		ret = check_objects(note, why);
	if (!ret)
		ret = check_funcs(note, m, elf, why);
	if (!ret)
		ret = check_ranges(note, why);
	if (!ret)
		ret = check_sites(note, m, elf, why);
	if (!ret)
		ret = check_targets(note, why);
	if (!ret)
		ret = check_hooks(note, m, elf, why);
	if (!ret)
		ret = check_states(note, elf, why);
	if (!ret)
		ret = check_replaces(note, why);
	if (!ret)
		ret = check_relocs(note, elf, why);
	return ret;
}

int spm_parse_note(const void *desc, size_t len, const struct spm_elf *elf,
		   struct spm_note *note, const char **why)
{
	const struct suture_note *head = desc;
	int ret;

	memset(note, 0, sizeof(*note));
	*why = NULL;
	if ((unsigned long)desc & 7)
		return bad(why, "note is not aligned in memory");
	if (len < sizeof(*head))
		return bad(why, "note is too short for its head");
	if (len > SUTURE_NOTE_MAX)
		return bad(why, "note is too large");
	ret = check_head(head, elf, why);
	if (!ret)
		ret = find_tables(head, len, note, why);
	if (!ret)
		ret = check_note(note, elf, why);
	if (ret)
		memset(note, 0, sizeof(*note));
	return ret;
}
