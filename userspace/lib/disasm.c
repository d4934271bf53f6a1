// SPDX-License-Identifier: GPL-2.0-only
/* Disassembly for people. */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disasm.h"
#include "insn-int.h"

#define DEFAULT_WIDTH	120
#define ALIGN_MAX	3000	/* lines a side; longer functions are not aligned */

/* "free" or "xmlDictLookup+0x12" or, inside lo .. hi, "+0x12"; false: no name. */
static bool name_target(const struct suture_code *code, uint64_t addr, uint64_t lo, uint64_t hi,
			char *buf, size_t size)
{
	const char *name = NULL;
	uint64_t offset = 0;

	if (addr >= lo && addr < hi) {
		snprintf(buf, size, "+0x%" PRIx64, addr - lo);
		return true;
	}
	if (code->text.name_at)
		name = code->text.name_at(code->text.ctx, addr, &offset);
	if (!name) {
		const struct suture_extent *ext = suture_code_extent(code, addr);

		if (!ext || !ext->name)
			return false;
		name = ext->name;
		offset = addr - ext->addr;
	}
	if (offset)
		snprintf(buf, size, "%s+0x%" PRIx64, name, offset);
	else
		snprintf(buf, size, "%s", name);
	return true;
}

/* The address that an instruction refers to relative to itself. */
static bool refers_to(struct suture_code *code, const cs_insn *insn, uint64_t *ret)
{
	const cs_x86 *x = &insn->detail->x86;
	int i;

	switch (suture_insn_step(code, insn, ret)) {
	case SUTURE_STEP_CALL:
	case SUTURE_STEP_JUMP:
	case SUTURE_STEP_COND:
		return true;
	default:
		break;
	}
	if (code->text.machine == EM_AARCH64) {
		*ret = insn->detail->arm64.op_count > 1 ? insn->detail->arm64.operands[1].imm : 0;
		return insn->id == ARM64_INS_ADR || insn->id == ARM64_INS_ADRP;
	}
	for (i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM && x->operands[i].mem.base == X86_REG_RIP) {
			*ret = insn->address + insn->size + x->operands[i].mem.disp;
			return true;
		}
	return false;
}

/* The text of a string constant, quoted: two lines about "same-site" are alike
 * wherever the constant lies. */
static bool name_string(const struct suture_code *code, uint64_t addr, char *buf, size_t size)
{
	size_t n = 0;

	buf[n++] = '"';
	for (;; addr++) {
		const uint8_t *b = suture_code_bytes(code, addr, 1);

		if (!b || suture_code_span(code, addr))
			return false;
		if (!*b)
			break;
		if (*b < ' ' || *b > '~')
			return false;
		if (n + 5 > size || n > 24) {
			strcpy(buf + n, "...");
			n += 3;
			break;
		}
		buf[n++] = *b;
	}
	strcpy(buf + n, "\"");
	return n > 2;
}

static void write_line(struct suture_code *code, const cs_insn *insn, uint64_t lo, uint64_t hi,
		       struct suture_line *line)
{
	const char *rip = strstr(insn->op_str, "[rip"), *end = rip ? strchr(rip, ']') : NULL;
	const size_t size = sizeof(line->text);
	char name[80];
	bool named;
	uint64_t to;

	line->addr = insn->address;
	line->len = insn->size;
	if (!refers_to(code, insn, &to)) {
		snprintf(line->text, size, "%-7s %s", insn->mnemonic, insn->op_str);
	} else {
		named = name_target(code, to, lo, hi, name, sizeof(name)) ||
			name_string(code, to, name, sizeof(name));
		if (!named)
			snprintf(name, sizeof(name), "0x%" PRIx64, to);
		if (end && named)
			snprintf(line->text, size, "%-7s %.*s[rip + %s%.40s", insn->mnemonic,
				 (int)(rip - insn->op_str), insn->op_str, name, end);
		else if (end || (code->text.machine == EM_AARCH64 && !strncmp(insn->mnemonic, "adr", 3)))
			snprintf(line->text, size, "%-7s %.60s  # %s", insn->mnemonic,
				 insn->op_str, name);
		else
			snprintf(line->text, size, "%-7s %s", insn->mnemonic, name);
	}
	/* no blanks at the end of "ret" */
	for (size_t n = strlen(line->text); n && line->text[n - 1] == ' '; n--)
		line->text[n - 1] = '\0';
}

int suture_disasm(struct suture_code *code, uint64_t addr, uint64_t size,
		  struct suture_line **ret_lines, size_t *ret_nr, struct suture_error *err)
{
	const struct suture_extent *ext = suture_code_extent(code, addr);
	struct suture_line *lines;
	uint64_t at, end;
	size_t nr = 0;

	*ret_lines = NULL;
	*ret_nr = 0;
	if (!size && ext)
		size = ext->addr + ext->size - addr;
	if (!size || !suture_code_span(code, addr) || !suture_code_bytes(code, addr, size))
		return suture_error_set(err, -EINVAL, "no function is known at 0x%" PRIx64, addr);
	/* an instruction has a byte at least */
	lines = calloc(code->text.machine == EM_AARCH64 ? size / 4 + 4 : size, sizeof(*lines));
	if (!lines)
		return suture_error_nomem(err);

	end = addr + size;
	for (at = addr; at < end; at += lines[nr++].len) {
		const cs_insn *insn = suture_code_decode(code, at, end, true);
		struct suture_line *line = &lines[nr];

		if (insn) {
			write_line(code, insn, addr, end, line);
			continue;
		}
		line->addr = at;
		line->len = code->text.machine == EM_AARCH64 && end - at >= 4 ? 4 : 1;
		if (line->len == 4) {
			uint32_t word;

			memcpy(&word, suture_code_bytes(code, at, 4), 4);
			snprintf(line->text, sizeof(line->text), ".word   0x%08x", word);
		} else {
			snprintf(line->text, sizeof(line->text), ".byte   0x%02x",
				 *suture_code_bytes(code, at, 1));
		}
	}
	*ret_lines = lines;
	*ret_nr = nr;
	return 0;
}

/* What counts when lines are compared: not where a branch within the function
 * goes, because every line that is put in moves it. */
static bool same_line(const struct suture_line *a, const struct suture_line *b)
{
	const char *pa = strchr(a->text, ' '), *pb = strchr(b->text, ' ');
	size_t la, lb;

	if (!strcmp(a->text, b->text))
		return true;
	if (!pa || !pb)
		return false;
	la = pa - a->text;
	lb = pb - b->text;
	pa += strspn(pa, " ");
	pb += strspn(pb, " ");
	return la == lb && !strncmp(a->text, b->text, la) && *pa == '+' && *pb == '+';
}

struct side {
	struct suture_line *lines;
	size_t nr;
};

/* Longest common subsequence: len[i][j] of a[i..] and b[j..]. */
static uint16_t *align(const struct side *a, const struct side *b)
{
	size_t w = b->nr + 1, i, j;
	uint16_t *len;

	if (a->nr > ALIGN_MAX || b->nr > ALIGN_MAX)
		return NULL;
	len = calloc((a->nr + 1) * w, sizeof(*len));
	if (!len)
		return NULL;
	for (i = a->nr; i-- > 0;) {
		for (j = b->nr; j-- > 0;) {
			uint16_t down = len[(i + 1) * w + j], right = len[i * w + j + 1];

			if (same_line(&a->lines[i], &b->lines[j]))
				len[i * w + j] = len[(i + 1) * w + j + 1] + 1;
			else
				len[i * w + j] = down > right ? down : right;
		}
	}
	return len;
}

static void put_row(FILE *f, const struct suture_line *a, const struct suture_line *b,
		    uint64_t abase, uint64_t bbase, char mark, int column)
{
	char left[240] = "", right[240] = "";

	if (a)
		snprintf(left, sizeof(left), "%5" PRIx64 "  %s", a->addr - abase, a->text);
	if (b)
		snprintf(right, sizeof(right), "%5" PRIx64 "  %s", b->addr - bbase, b->text);
	if (b)
		fprintf(f, "%-*.*s %c %.*s\n", column, column, left, mark, column, right);
	else
		fprintf(f, "%-*.*s %c\n", column, column, left, mark);
}

static void put_all(FILE *f, const struct side *a, const struct side *b, const uint16_t *len,
		    uint64_t abase, uint64_t bbase, int column)
{
	size_t i = 0, j = 0, w = b->nr + 1;

	while (i < a->nr || j < b->nr) {
		const struct suture_line *la = i < a->nr ? &a->lines[i] : NULL;
		const struct suture_line *lb = j < b->nr ? &b->lines[j] : NULL;

		if (la && lb && same_line(la, lb)) {
			put_row(f, la, lb, abase, bbase, ' ', column);
			i++;
			j++;
		} else if (la && lb && (!len || len[(i + 1) * w + j + 1] == len[i * w + j])) {
			put_row(f, la, lb, abase, bbase, '|', column);
			i++;
			j++;
		} else if (la && (!lb || len[(i + 1) * w + j] >= len[i * w + j + 1])) {
			put_row(f, la, NULL, abase, bbase, '<', column);
			i++;
		} else {
			put_row(f, NULL, lb, abase, bbase, '>', column);
			j++;
		}
	}
}

int suture_disasm_pair(struct suture_code *old_code, uint64_t old_addr, uint64_t old_size,
		       struct suture_code *new_code, uint64_t new_addr, uint64_t new_size,
		       unsigned int width, char **ret_text, struct suture_error *err)
{
	struct side a = { 0 }, b = { 0 };
	char *text = NULL;
	uint16_t *len;
	size_t size;
	FILE *f;
	int r;

	*ret_text = NULL;
	if (!width)
		width = DEFAULT_WIDTH;
	if (width < 40)
		width = 40;
	r = suture_disasm(old_code, old_addr, old_size, &a.lines, &a.nr, err);
	if (r)
		return r;
	r = suture_disasm(new_code, new_addr, new_size, &b.lines, &b.nr, err);
	if (r)
		goto out;

	f = open_memstream(&text, &size);
	if (!f) {
		r = suture_error_nomem(err);
		goto out;
	}
	len = align(&a, &b);
	put_all(f, &a, &b, len, old_addr, new_addr, (width - 3) / 2);
	free(len);
	if (fclose(f)) {
		free(text);
		r = suture_error_nomem(err);
		goto out;
	}
	*ret_text = text;
out:
	free(a.lines);
	free(b.lines);
	return r;
}
