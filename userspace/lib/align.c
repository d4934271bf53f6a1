// SPDX-License-Identifier: GPL-2.0-only
/* Alignment of the stack between a replaced function and its old callers. */
#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "disasm.h"

enum leaves {
	LEAVES_NOT = 0,
	LEAVES_DIRECTLY,	/* to *target, which may be inside */
	LEAVES_BY_POINTER,
};

/* Is it a call or jump, and where to? */
static enum leaves leaves(const uint8_t *insn, const struct suture_line *line, uint64_t *target)
{
	size_t pos = 0;
	int32_t rel;

	/* 66, 67, bnd, notrack, rex: they pad calls of __tls_get_addr, for one */
	while (pos + 1 < line->len && (insn[pos] == 0x66 || insn[pos] == 0x67 ||
				       insn[pos] == 0xf2 || insn[pos] == 0x3e ||
				       (insn[pos] & 0xf0) == 0x40))
		pos++;
	if ((insn[pos] == 0xe8 || insn[pos] == 0xe9) && pos + 5 <= line->len) {
		memcpy(&rel, insn + pos + 1, 4);
		*target = line->addr + pos + 5 + rel;
		return LEAVES_DIRECTLY;
	}
	if (insn[pos] == 0xff && ((insn[pos + 1] >> 3 & 7) == 2 || (insn[pos + 1] >> 3 & 7) == 4))
		return LEAVES_BY_POINTER;
	return LEAVES_NOT;
}

static bool in_plt(const struct suture_elf *elf, uint64_t addr)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf->elf, scn))) {
		if (gelf_getshdr(scn, &sh) && (sh.sh_flags & SHF_EXECINSTR) &&
		    addr >= sh.sh_addr && addr - sh.sh_addr < sh.sh_size)
			return strstr(suture_elf_section_name(elf, &sh), "plt");
	}
	return false;
}

static int disassemble(struct suture_target *target, uint64_t addr, struct suture_code **code,
		       struct suture_line **lines, size_t *nr, struct suture_error *err)
{
	int ret = suture_target_code(target, code, err);

	return ret ?: suture_disasm(*code, addr, 0, lines, nr, err);
}

int suture_align_promised(struct suture_target *target, uint64_t addr, bool *ret,
			  struct suture_error *err)
{
	struct suture_line *lines;
	struct suture_code *code;
	uint64_t to;
	size_t nr;
	int r;

	*ret = true;
	if (target->elf->ehdr.e_machine != EM_X86_64)
		return 0;
	r = disassemble(target, addr, &code, &lines, &nr, err);
	if (r)
		return r;
	*ret = false;
	for (size_t i = 0; i < nr && !*ret; i++) {
		const uint8_t *insn = suture_code_bytes(code, lines[i].addr, lines[i].len);
		enum leaves kind = insn ? leaves(insn, &lines[i], &to) : LEAVES_NOT;

		/* a jump through a pointer may be a switch: it promises nothing */
		if (kind == LEAVES_BY_POINTER)
			*ret = !strncmp(lines[i].text, "call", 4);
		else if (kind == LEAVES_DIRECTLY)
			*ret = in_plt(target->elf, to);
	}
	free(lines);
	return 0;
}

int suture_align_needed(struct suture_target *target, uint64_t addr, bool *ret,
			struct suture_error *err)
{
	const struct suture_extent *ext;
	struct suture_line *lines;
	struct suture_code *code;
	bool needed = false, own = false;
	uint64_t to;
	size_t nr;
	int r;

	*ret = false;
	if (target->elf->ehdr.e_machine != EM_X86_64)
		return 0;
	r = disassemble(target, addr, &code, &lines, &nr, err);
	if (r)
		return r;
	ext = suture_code_extent(code, addr);
	for (size_t i = 0; i < nr; i++) {
		const uint8_t *insn = suture_code_bytes(code, lines[i].addr, lines[i].len);
		enum leaves kind = insn ? leaves(insn, &lines[i], &to) : LEAVES_NOT;

		if (kind == LEAVES_BY_POINTER)
			needed = true;
		else if (kind == LEAVES_DIRECTLY)	/* a call, or a jump to elsewhere */
			needed |= !strncmp(lines[i].text, "call", 4) || !ext || to < ext->addr ||
				  to - ext->addr >= ext->size;
		/* a vector in memory, but not a constant: perhaps on the stack */
		else if (strstr(lines[i].text, "mmword ptr [") && !strstr(lines[i].text, "[rip"))
			needed = true;
		/* the function was compiled to align its stack */
		else if (!strncmp(lines[i].text, "and", 3) && strstr(lines[i].text, " rsp, "))
			own = true;
	}
	free(lines);
	*ret = needed && !own;
	return 0;
}
