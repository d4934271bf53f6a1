// SPDX-License-Identifier: GPL-2.0-only
/* Places in the author's sources, from the debug information of the objects. */
#include <stdio.h>
#include <string.h>

#include "dw-int.h"
#include "object.h"

/* The symbol of the object that holds @offset of @section, or NULL. */
static const char *symbol_at(const struct suture_elf *elf, size_t section, uint64_t offset)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	while ((scn = elf_nextscn(elf->elf, scn))) {
		Elf_Data *data;
		GElf_Sym sym;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 1; data && gelf_getsym(data, i, &sym); i++) {
			if (sym.st_shndx == section && offset >= sym.st_value &&
			    offset - sym.st_value < sym.st_size)
				return elf_strptr(elf->elf, sh.sh_link, sym.st_name);
		}
	}
	return NULL;
}

static bool source_line(const struct suture_elf *elf, size_t section, uint64_t offset, char *buf,
			size_t size)
{
	Dwfl_Callbacks callbacks = { 0 };
	bool found = false;
	Dwfl_Module *mod;
	Dwfl_Line *line;
	const char *src;
	GElf_Shdr sh;
	GElf_Addr bias;
	Elf *laid_out;
	Dwfl *dwfl;
	int nr;

	if (suture_dw_load(NULL))
		return false;
	callbacks.section_address = dwfl_offline_section_address;
	callbacks.find_debuginfo = dwfl_standard_find_debuginfo;
	dwfl = dwfl_begin(&callbacks);
	if (!dwfl)
		return false;
	mod = dwfl_report_offline(dwfl, "", elf->path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	/* libdwfl lays an object file's sections out one behind the other */
	laid_out = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	if (!laid_out || !gelf_getshdr(elf_getscn(laid_out, section), &sh) ||
	    !(sh.sh_flags & SHF_EXECINSTR))
		goto out;
	line = dwfl_module_getsrc(mod, bias + sh.sh_addr + offset);
	src = line ? dwfl_lineinfo(line, NULL, &nr, NULL, NULL, NULL) : NULL;
	if (src) {
		const char *dir = dwfl_line_comp_dir(line);
		size_t len = dir ? strlen(dir) : 0;

		/* as the compiler was told it */
		if (len && !strncmp(src, dir, len) && src[len] == '/')
			src += len + 1;
		snprintf(buf, size, "%s:%d", src, nr);
		found = true;
	}
out:
	dwfl_end(dwfl);
	return found;
}

const char *suture_objects_where(const struct suture_objects *objs,
				 const struct suture_undef *undef, char *buf, size_t size)
{
	const struct suture_elf *elf = objs->objs[undef->object];
	const char *in = symbol_at(elf, undef->section, undef->offset);
	size_t len;

	if (!source_line(elf, undef->section, undef->offset, buf, size))
		snprintf(buf, size, "%s", elf->path);
	len = strlen(buf);
	if (in && *in)
		snprintf(buf + len, size - len, " (in %s)", in);
	return buf;
}
