// SPDX-License-Identifier: GPL-2.0-only
/*
 * The functions that an object's unwind table knows. libdw cuts the table into
 * entries; the addresses inside are in the encoding that the CIE names.
 */
#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "dw-int.h"
#include "fde.h"

#define DW_EH_PE_FORMAT	0x0f
#define DW_EH_PE_BASE	0x70

struct cursor {
	const struct suture_elf *elf;
	uint64_t addr;		/* of pos, when loaded */
	const uint8_t *pos, *end;
};

static bool take(struct cursor *c, void *to, size_t len)
{
	if ((size_t)(c->end - c->pos) < len)
		return false;
	memcpy(to, c->pos, len);
	c->pos += len;
	c->addr += len;
	return true;
}

static bool take_uleb(struct cursor *c, uint64_t *ret)
{
	unsigned int shift = 0;
	uint8_t byte;

	*ret = 0;
	do {
		if (shift > 63 || !take(c, &byte, 1))
			return false;
		*ret |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return true;
}

/* A pointer in the encoding @enc; false for one that is not used in practice. */
static bool take_pointer(struct cursor *c, uint8_t enc, uint64_t *ret)
{
	uint64_t base = (enc & DW_EH_PE_BASE) == DW_EH_PE_pcrel ? c->addr : 0;
	int16_t s2;
	int32_t s4;

	if ((enc & DW_EH_PE_BASE) != DW_EH_PE_absptr && (enc & DW_EH_PE_BASE) != DW_EH_PE_pcrel)
		return false;
	switch (enc & DW_EH_PE_FORMAT) {
	case DW_EH_PE_absptr:
	case DW_EH_PE_udata8:
	case DW_EH_PE_sdata8:
		if (!take(c, ret, 8))
			return false;
		break;
	case DW_EH_PE_udata4:
	case DW_EH_PE_sdata4:
		if (!take(c, &s4, 4))
			return false;
		*ret = (enc & DW_EH_PE_FORMAT) == DW_EH_PE_sdata4 ? (uint64_t)s4 : (uint32_t)s4;
		break;
	case DW_EH_PE_udata2:
	case DW_EH_PE_sdata2:
		if (!take(c, &s2, 2))
			return false;
		*ret = (enc & DW_EH_PE_FORMAT) == DW_EH_PE_sdata2 ? (uint64_t)s2 : (uint16_t)s2;
		break;
	default:
		return false;
	}
	if (*ret)	/* a null pointer stays one */
		*ret += base;
	return true;
}

/* The encodings of a CIE: of code addresses, and of the LSDA (omit: none). */
static bool cie_encodings(const Dwarf_CIE *cie, uint8_t *ret_code, uint8_t *ret_lsda)
{
	struct cursor c = {
		.pos = cie->augmentation_data,
		.end = cie->augmentation_data + cie->augmentation_data_size,
	};
	uint64_t personality;
	uint8_t enc;

	*ret_code = DW_EH_PE_absptr;
	*ret_lsda = DW_EH_PE_omit;
	if (!cie->augmentation || cie->augmentation[0] != 'z')
		return !cie->augmentation || !cie->augmentation[0];
	for (const char *p = cie->augmentation + 1; *p; p++) {
		switch (*p) {
		case 'R':
			if (!take(&c, ret_code, 1))
				return false;
			break;
		case 'L':
			if (!take(&c, ret_lsda, 1))
				return false;
			break;
		case 'P':	/* only to get past it: the base does not matter */
			if (!take(&c, &enc, 1) ||
			    !take_pointer(&c, enc & DW_EH_PE_FORMAT, &personality))
				return false;
			break;
		case 'S':
		case 'B':
			break;
		default:
			return false;
		}
	}
	return true;
}

static bool read_fde(const struct suture_elf *elf, const uint8_t *ident, Elf_Data *data,
		     uint64_t table_addr, const Dwarf_FDE *entry, struct suture_fde *fde)
{
	struct cursor c = { .elf = elf, .pos = entry->start, .end = entry->end };
	uint8_t code, lsda;
	Dwarf_CFI_Entry cie;
	Dwarf_Off next;
	uint64_t len;

	if (dwarf_next_cfi(ident, data, true, entry->CIE_pointer, &next, &cie) ||
	    !dwarf_cfi_cie_p(&cie) || !cie_encodings(&cie.cie, &code, &lsda))
		return false;
	c.addr = table_addr + (entry->start - (const uint8_t *)data->d_buf);
	if (!take_pointer(&c, code, &fde->addr) ||
	    !take_pointer(&c, code & DW_EH_PE_FORMAT, &fde->size))
		return false;
	fde->lsda = 0;
	if (lsda != DW_EH_PE_omit && (!take_uleb(&c, &len) || !take_pointer(&c, lsda, &fde->lsda)))
		return false;
	return fde->size && fde->addr;
}

static int compare(const void *va, const void *vb)
{
	const struct suture_fde *a = va, *b = vb;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

int suture_fde_read(const struct suture_elf *elf, struct suture_fde **ret_fdes, size_t *ret_nr,
		    struct suture_error *err)
{
	struct suture_fde *fdes = NULL, *more;
	size_t nr = 0, room = 0;
	Dwarf_Off off = 0, next;
	GElf_Shdr sh;
	Elf_Scn *scn = suture_elf_section(elf, ".eh_frame", &sh);
	Elf_Data *data = scn && sh.sh_type != SHT_NOBITS ? elf_rawdata(scn, NULL) : NULL;
	int ret;

	*ret_fdes = NULL;
	*ret_nr = 0;
	if (!data || !data->d_buf)
		return 0;
	ret = suture_dw_load(err);
	if (ret)
		return ret;
	for (;; off = next) {
		Dwarf_CFI_Entry entry;

		/* > 0: the end; < 0: an entry that libdw cannot read, left out */
		ret = dwarf_next_cfi(elf->ehdr.e_ident, data, true, off, &next, &entry);
		if (ret > 0 || next == (Dwarf_Off)-1)
			break;
		if (next <= off)
			break;
		if (ret < 0 || dwarf_cfi_cie_p(&entry))
			continue;
		if (nr == room) {
			room = room ? 2 * room : 256;
			more = realloc(fdes, room * sizeof(*fdes));
			if (!more) {
				free(fdes);
				return suture_error_nomem(err);
			}
			fdes = more;
		}
		if (read_fde(elf, elf->ehdr.e_ident, data, sh.sh_addr, &entry.fde, &fdes[nr]))
			nr++;
	}
	if (nr)
		qsort(fdes, nr, sizeof(*fdes), compare);
	*ret_fdes = fdes;
	*ret_nr = nr;
	return 0;
}

const struct suture_fde *suture_fde_at(const struct suture_fde *fdes, size_t nr, uint64_t addr)
{
	struct suture_fde key = { .addr = addr };

	return nr ? bsearch(&key, fdes, nr, sizeof(*fdes), compare) : NULL;
}
