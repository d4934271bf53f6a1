// SPDX-License-Identifier: GPL-2.0-only
/* The view of an object's text: spans, extents, and decoding one instruction. */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "insn-int.h"

/* By address; the entry with a name, then the larger one first. */
static int extent_cmp(const void *pa, const void *pb)
{
	const struct suture_extent *a = pa, *b = pb;

	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return a->size > b->size ? -1 : a->size < b->size;
}

static int u64_cmp(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

/* One extent an address: the size of an FDE counts before that of a symbol
 * (assembly sometimes has none), a name comes from wherever there is one. */
static int take_extents(struct suture_code *code)
{
	const struct suture_text *text = &code->text;
	size_t i, n = 0;

	code->ext = calloc(text->nr_extents + 1, sizeof(*code->ext));
	if (!code->ext)
		return -ENOMEM;
	for (i = 0; i < text->nr_extents; i++)
		if (suture_code_span(code, text->extents[i].addr))
			code->ext[n++] = text->extents[i];
	qsort(code->ext, n, sizeof(*code->ext), extent_cmp);

	code->nr_ext = 0;
	for (i = 0; i < n; i++) {
		struct suture_extent *e = &code->ext[i], *last;

		last = code->nr_ext ? &code->ext[code->nr_ext - 1] : NULL;
		if (!last || last->addr != e->addr) {
			code->ext[code->nr_ext++] = *e;
			continue;
		}
		if (!last->name)
			last->name = e->name;
		if (e->flags & SUTURE_EXTENT_FDE && !(last->flags & SUTURE_EXTENT_FDE)) {
			last->flags |= SUTURE_EXTENT_FDE;
			last->lsda = e->lsda;
			last->size = e->size ? e->size : last->size;
		}
	}
	for (i = 0; i < code->nr_ext; i++) {
		struct suture_extent *e = &code->ext[i];
		const struct suture_span *span = suture_code_span(code, e->addr);
		uint64_t end = span->addr + span->size;

		if (!e->size && i + 1 < code->nr_ext && code->ext[i + 1].addr < end)
			end = code->ext[i + 1].addr;
		if (!e->size || e->size > end - e->addr)
			e->size = end - e->addr;
	}
	return 0;
}

int suture_code_new(const struct suture_text *text, struct suture_code **ret_code,
		    struct suture_error *err)
{
	struct suture_code *code;
	cs_arch arch;
	cs_mode mode;
	size_t i;
	int ret;

	if (text->machine == EM_X86_64) {
		arch = CS_ARCH_X86;
		mode = CS_MODE_64;
	} else if (text->machine == EM_AARCH64) {
		arch = CS_ARCH_ARM64;
		mode = CS_MODE_ARM;
	} else {
		return suture_error_set(err, -EINVAL, "machine %u is neither x86-64 nor arm64",
					text->machine);
	}
	if (!text->nr_code)
		return suture_error_set(err, -EINVAL, "the file has no executable text");

	ret = suture_capstone_load(err);
	if (ret)
		return ret;
	code = calloc(1, sizeof(*code));
	if (!code)
		return suture_error_nomem(err);
	code->text = *text;
	code->lo = UINT64_MAX;
	for (i = 0; i < text->nr_code; i++) {
		const struct suture_span *span = &text->code[i];

		if (span->addr < code->lo)
			code->lo = span->addr;
		if (span->addr + span->size > code->hi)
			code->hi = span->addr + span->size;
	}

	if (suture_capstone.open(arch, mode, &code->cs) != CS_ERR_OK ||
	    suture_capstone.open(arch, mode, &code->csd) != CS_ERR_OK ||
	    suture_capstone.option(code->csd, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK)
		goto err_nomem;
	code->insn = suture_capstone.malloc(code->cs);
	code->insnd = suture_capstone.malloc(code->csd);
	if (!code->insn || !code->insnd || take_extents(code))
		goto err_nomem;

	code->flow = calloc(code->nr_ext + 1, sizeof(*code->flow));
	code->ptr = calloc(text->nr_pointers + 1, sizeof(*code->ptr));
	if (!code->flow || !code->ptr)
		goto err_nomem;
	for (i = 0; i < text->nr_pointers; i++)
		if (text->pointers[i] >= code->lo && text->pointers[i] < code->hi)
			code->ptr[code->nr_ptr++] = text->pointers[i];
	qsort(code->ptr, code->nr_ptr, sizeof(*code->ptr), u64_cmp);

	*ret_code = code;
	return 0;

err_nomem:
	suture_code_free(code);
	return suture_error_nomem(err);
}

void suture_code_free(struct suture_code *code)
{
	size_t i;

	if (!code)
		return;
	for (i = 0; code->flow && i < code->nr_ext; i++)
		suture_flow_free(code->flow[i]);
	free(code->flow);
	for (i = 0; code->lea && i < code->text.nr_data; i++)
		free(code->lea[i]);
	free(code->lea);
	free(code->refs);
	free(code->page);
	free(code->ptr);
	free(code->ext);
	if (code->insn)
		suture_capstone.free(code->insn, 1);
	if (code->insnd)
		suture_capstone.free(code->insnd, 1);
	if (code->cs)
		suture_capstone.close(&code->cs);
	if (code->csd)
		suture_capstone.close(&code->csd);
	free(code);
}

const struct suture_span *suture_code_span(const struct suture_code *code, uint64_t addr)
{
	size_t i;

	for (i = 0; i < code->text.nr_code; i++)
		if (addr - code->text.code[i].addr < code->text.code[i].size)
			return &code->text.code[i];
	return NULL;
}

const uint8_t *suture_code_bytes(const struct suture_code *code, uint64_t addr, uint64_t size)
{
	const struct suture_span *span = suture_code_span(code, addr);
	size_t i;

	for (i = 0; !span && i < code->text.nr_data; i++)
		if (addr - code->text.data[i].addr < code->text.data[i].size)
			span = &code->text.data[i];
	if (!span || size > span->size - (addr - span->addr))
		return NULL;
	return span->bytes + (addr - span->addr);
}

const struct suture_extent *suture_code_extent(const struct suture_code *code, uint64_t addr)
{
	size_t lo = 0, hi = code->nr_ext, back;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (code->ext[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	/* symbols may lie inside an extent: look a little further back */
	for (back = 1; back <= 8 && back <= lo; back++)
		if (addr - code->ext[lo - back].addr < code->ext[lo - back].size)
			return &code->ext[lo - back];
	return NULL;
}

bool suture_code_in_pointers(const struct suture_code *code, uint64_t lo, uint64_t hi,
			     uint64_t *ret)
{
	size_t a = 0, b = code->nr_ptr;

	while (a < b) {
		size_t mid = (a + b) / 2;

		if (code->ptr[mid] < lo)
			a = mid + 1;
		else
			b = mid;
	}
	if (a == code->nr_ptr || code->ptr[a] >= hi)
		return false;
	if (ret)
		*ret = code->ptr[a];
	return true;
}

/* Shadow-stack instructions are newer than this Capstone. Treated as a nop of
 * the right length; ipara-regs.c knows rdssp. */
static size_t cet_length(const uint8_t *b, size_t room)
{
	size_t rex = room > 1 && b[0] == 0xf3 && (b[1] & 0xf0) == 0x40;

	if (room < 4 + rex || b[0] != 0xf3 || b[1 + rex] != 0x0f)
		return 0;
	if (b[2 + rex] == 0x1e && b[3 + rex] >= 0xc0)	/* rdssp, endbr and their kind */
		return 4 + rex;
	if (b[2 + rex] == 0xae && b[3 + rex] >= 0xe8 && b[3 + rex] <= 0xef)	/* incssp */
		return 4 + rex;
	return 0;
}

const cs_insn *suture_code_decode(struct suture_code *code, uint64_t addr, uint64_t limit,
				  bool detail)
{
	const struct suture_span *span = suture_code_span(code, addr);
	cs_insn *insn = detail ? code->insnd : code->insn;
	const uint8_t *bytes;
	uint64_t at = addr;
	size_t room, len;

	if (!span || limit <= addr)
		return NULL;
	room = span->size - (addr - span->addr);
	if (room > limit - addr)
		room = limit - addr;
	bytes = span->bytes + (addr - span->addr);
	len = room;
	if (suture_capstone.disasm_iter(detail ? code->csd : code->cs, &bytes, &len, &at, insn))
		return insn;

	if (code->text.machine != EM_X86_64)
		return NULL;
	bytes = span->bytes + (addr - span->addr);
	len = cet_length(bytes, room);
	if (!len)
		return NULL;
	insn->id = X86_INS_NOP;
	insn->address = addr;
	insn->size = len;
	memcpy(insn->bytes, bytes, len);
	strcpy(insn->mnemonic, "(cet)");
	insn->op_str[0] = '\0';
	if (detail)
		memset(insn->detail, 0, sizeof(*insn->detail));
	return insn;
}

const char *suture_code_name(const struct suture_code *code, uint64_t addr)
{
	const struct suture_extent *ext;
	const char *name = NULL;
	uint64_t offset = 0;

	if (code->text.name_at)
		name = code->text.name_at(code->text.ctx, addr, &offset);
	if (name && !offset)
		return name;
	ext = suture_code_extent(code, addr);
	return ext && ext->addr == addr ? ext->name : NULL;
}

const char *suture_code_where(const struct suture_code *code, uint64_t addr, char *buf,
			      size_t size)
{
	const struct suture_extent *ext = suture_code_extent(code, addr);
	const char *name = NULL;
	uint64_t offset = 0;

	if (code->text.name_at)
		name = code->text.name_at(code->text.ctx, addr, &offset);
	if (!name && ext && ext->name) {
		name = ext->name;
		offset = addr - ext->addr;
	}
	if (name && offset)
		snprintf(buf, size, "%s+0x%" PRIx64 " (0x%" PRIx64 ")", name, offset, addr);
	else if (name)
		snprintf(buf, size, "%s (0x%" PRIx64 ")", name, addr);
	else
		snprintf(buf, size, "0x%" PRIx64, addr);
	return buf;
}

const char *suture_code_show(struct suture_code *code, uint64_t addr, char *buf, size_t size)
{
	const cs_insn *insn = suture_code_decode(code, addr, UINT64_MAX, false);

	if (insn)
		snprintf(buf, size, "0x%" PRIx64 ": %s%s%s", addr, insn->mnemonic,
			 insn->op_str[0] ? " " : "", insn->op_str);
	else
		snprintf(buf, size, "0x%" PRIx64 ": (does not decode)", addr);
	return buf;
}

static bool is_padding(const struct suture_code *code, const cs_insn *insn)
{
	if (code->text.machine == EM_AARCH64)
		return insn->id == ARM64_INS_NOP;
	/* xchg %ax,%ax is how Capstone names 66 90; lea 0(%rsi),%rsi is for old 32-bit text */
	return insn->id == X86_INS_NOP || insn->id == X86_INS_INT3 ||
	       (insn->id == X86_INS_XCHG && insn->size == 2 && insn->bytes[0] == 0x66 &&
		insn->bytes[1] == 0x90);
}

uint64_t suture_code_padding(struct suture_code *code, uint64_t addr, uint64_t limit)
{
	uint64_t at = addr;

	while (at < limit) {
		const uint8_t *b = suture_code_bytes(code, at, 1);
		const cs_insn *insn;

		if (!b)
			break;
		if (*b == 0) {
			at++;
			continue;
		}
		insn = suture_code_decode(code, at, limit, false);
		if (!insn || !is_padding(code, insn))
			break;
		/* a CET instruction reads as a nop, but is the entry of a function */
		if (insn->bytes[0] == 0xf3 && insn->size >= 4)
			break;
		at += insn->size;
	}
	return at - addr;
}
