// SPDX-License-Identifier: GPL-2.0-only
/* An object that patches refer to. */
#include <stdlib.h>
#include <string.h>

#include "target.h"

static int compare_rels(const void *va, const void *vb)
{
	const struct suture_rel *a = va, *b = vb;

	return (a->offset > b->offset) - (a->offset < b->offset);
}

static int read_rel_section(const struct suture_elf *elf, const struct suture_arch *arch,
			    Elf_Scn *scn, const GElf_Shdr *sh, struct suture_rel **rels,
			    size_t *nr, struct suture_error *err)
{
	Elf_Data *data = elf_getdata(scn, NULL), *symdata = NULL;
	/* of what is there, not of what the header says */
	size_t count = data && sh->sh_entsize ? data->d_size / sh->sh_entsize : 0;
	Elf_Scn *symscn = elf_getscn(elf->elf, sh->sh_link);
	struct suture_rel *more;
	GElf_Shdr symsh = { 0 };

	if (symscn && gelf_getshdr(symscn, &symsh) && symsh.sh_type == SHT_DYNSYM)
		symdata = elf_getdata(symscn, NULL);
	more = realloc(*rels, (*nr + count + 1) * sizeof(*more));
	if (!more)
		return suture_error_nomem(err);
	*rels = more;

	for (size_t i = 0; data && i < count; i++) {
		struct suture_rel *rel = &(*rels)[*nr];
		GElf_Rela rela;
		size_t sym;

		if (!gelf_getrela(data, i, &rela))
			return suture_error_set(err, -ENOEXEC, "%s: relocations are damaged",
						elf->path);
		*rel = (struct suture_rel) {
			.offset = rela.r_offset,
			.type = GELF_R_TYPE(rela.r_info),
			.kind = arch->dyn(GELF_R_TYPE(rela.r_info)),
			.addend = rela.r_addend,
		};
		sym = GELF_R_SYM(rela.r_info);
		if (sym && symdata) {
			if (!gelf_getsym(symdata, sym, &rel->sym))
				return suture_error_set(err, -ENOEXEC,
							"%s: relocations are damaged", elf->path);
			rel->name = elf_strptr(elf->elf, symsh.sh_link, rel->sym.st_name);
		}
		(*nr)++;
	}
	return 0;
}

/* Packed relative relocations: only the addresses matter, as pointers. */
static int read_relr_section(const struct suture_elf *elf, Elf_Scn *scn, struct suture_rel **rels,
			     size_t *nr, struct suture_error *err)
{
	Elf_Data *data = elf_rawdata(scn, NULL);
	uint64_t where = 0;

	for (size_t i = 0; data && i < data->d_size / 8; i++) {
		uint64_t word, base;
		struct suture_rel *more = realloc(*rels, (*nr + 64) * sizeof(*more));

		if (!more)
			return suture_error_nomem(err);
		*rels = more;
		memcpy(&word, (char *)data->d_buf + 8 * i, 8);
		base = where;
		if (!(word & 1)) {
			base = word;
			where = word + 8;
			word = 2;
		} else {
			where += 63 * 8;
		}
		for (int bit = 1; bit < 64; bit++) {
			uint64_t addend = 0;

			if (!(word >> bit & 1))
				continue;
			suture_elf_word(elf, base + 8 * (bit - 1), &addend);
			more[(*nr)++] = (struct suture_rel) {
				.offset = base + 8 * (bit - 1),
				.kind = SUTURE_DYN_RELATIVE,
				.addend = addend,
			};
		}
	}
	return 0;
}

int suture_rels_read(const struct suture_elf *elf, const struct suture_arch *arch,
		     struct suture_rel **ret_rels, size_t *ret_nr, struct suture_error *err)
{
	struct suture_rel *rels = NULL;
	Elf_Scn *scn = NULL;
	size_t nr = 0;
	GElf_Shdr sh;
	int ret = 0;

	while (!ret && (scn = elf_nextscn(elf->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) || !(sh.sh_flags & SHF_ALLOC))
			continue;
		if (sh.sh_type == SHT_RELA)
			ret = read_rel_section(elf, arch, scn, &sh, &rels, &nr, err);
		else if (sh.sh_type == SHT_RELR)
			ret = read_relr_section(elf, scn, &rels, &nr, err);
	}
	if (ret) {
		free(rels);
		return ret;
	}
	if (nr)
		qsort(rels, nr, sizeof(*rels), compare_rels);
	*ret_rels = rels;
	*ret_nr = nr;
	return 0;
}

const struct suture_rel *suture_target_rel_at(const struct suture_target *target, uint64_t addr)
{
	struct suture_rel key = { .offset = addr };

	if (!target->nr_rels)
		return NULL;
	return bsearch(&key, target->rels, target->nr_rels, sizeof(key), compare_rels);
}

static int compare_plts(const void *va, const void *vb)
{
	const struct suture_plt *a = va, *b = vb;
	int ret = strcmp(a->name, b->name);

	return ret ?: (a->addr > b->addr) - (a->addr < b->addr);
}

static int read_plt_section(struct suture_target *target, const GElf_Shdr *sh,
			    struct suture_error *err)
{
	const struct suture_arch *arch = target->arch;
	const uint8_t *code = suture_elf_bytes(target->elf, sh->sh_addr, sh->sh_size, PF_X);

	for (uint64_t pos = 0; code && pos < sh->sh_size; pos += arch->plt_step) {
		const struct suture_rel *rel;
		struct suture_plt *more;
		uint64_t slot, addr = sh->sh_addr + pos;
		size_t len = arch->plt_entry(code + pos, sh->sh_size - pos, addr, &slot);

		if (!len)
			continue;
		/* go on behind it: what follows a landing pad is no entry */
		pos += (len - 1) / arch->plt_step * arch->plt_step;
		rel = suture_target_rel_at(target, slot);
		if (!rel || !rel->name || rel->addend ||
		    (rel->kind != SUTURE_DYN_JUMP_SLOT && rel->kind != SUTURE_DYN_GLOB_DAT))
			continue;
		more = realloc(target->plts, (target->nr_plts + 1) * sizeof(*more));
		if (!more)
			return suture_error_nomem(err);
		target->plts = more;
		more[target->nr_plts++] = (struct suture_plt) {
			.addr = addr, .slot = slot, .name = rel->name,
		};
	}
	return 0;
}

static int read_plt(struct suture_target *target, struct suture_error *err)
{
	static const char *const names[] = { ".plt", ".plt.sec", ".plt.got", ".plt.bnd" };
	GElf_Shdr sh;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int ret = 0;

		if (suture_elf_section(target->elf, names[i], &sh) && sh.sh_type == SHT_PROGBITS)
			ret = read_plt_section(target, &sh, err);
		if (ret)
			return ret;
	}
	if (target->nr_plts)
		qsort(target->plts, target->nr_plts, sizeof(*target->plts), compare_plts);
	return 0;
}

bool suture_target_plt(const struct suture_target *target, const char *name, uint64_t *ret_addr)
{
	for (size_t lo = 0, hi = target->nr_plts; lo < hi;) {
		size_t mid = (lo + hi) / 2;
		int cmp = strcmp(target->plts[mid].name, name);

		if (!cmp) {
			*ret_addr = target->plts[mid].addr;
			return true;
		}
		if (cmp < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool suture_target_slot(const struct suture_target *target, const char *name,
			uint64_t *ret_addr)
{
	/* GLOB_DAT first: a JUMP_SLOT may still lead into the PLT */
	static const enum suture_dyn kinds[] = { SUTURE_DYN_GLOB_DAT, SUTURE_DYN_JUMP_SLOT };

	for (int k = 0; k < 2; k++) {
		for (size_t i = 0; i < target->nr_rels; i++) {
			const struct suture_rel *rel = &target->rels[i];

			if (rel->kind != kinds[k] || !rel->name || rel->addend ||
			    strcmp(rel->name, name))
				continue;
			*ret_addr = rel->offset;
			return true;
		}
	}
	return false;
}

/* DT_SONAME, and what the flags say. */
static void read_dynamic(struct suture_target *target)
{
	struct suture_elf *elf = target->elf;
	bool interp = false, pie = false;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		interp |= elf->phdrs[i].p_type == PT_INTERP;
		if (elf->phdrs[i].p_type == PT_TLS)
			target->tls = elf->phdrs[i];
	}
	while ((scn = elf_nextscn(elf->elf, scn))) {
		Elf_Data *data;
		GElf_Dyn dyn;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_DYNAMIC)
			continue;
		data = elf_getdata(scn, NULL);
		for (int i = 0; data && gelf_getdyn(data, i, &dyn) && dyn.d_tag != DT_NULL; i++) {
			if (dyn.d_tag == DT_SONAME)
				target->soname = elf_strptr(elf->elf, sh.sh_link, dyn.d_un.d_val);
			else if (dyn.d_tag == DT_FLAGS_1)
				pie |= dyn.d_un.d_val & DF_1_PIE;
			else if (dyn.d_tag == DT_FLAGS)
				target->symbolic |= dyn.d_un.d_val & DF_SYMBOLIC;
			else if (dyn.d_tag == DT_SYMBOLIC)
				target->symbolic = true;
		}
	}
	/* libc.so.6 and ld.so can be run, too, but have a soname */
	target->executable = elf->ehdr.e_type == ET_EXEC || pie || (interp && !target->soname);
}

static int open_debug(struct suture_target *target, const char *path, struct suture_error *err)
{
	int ret = suture_elf_open(path, &target->debug, err);

	if (ret)
		return suture_error_prefix(err, "debug file");
	if (target->debug->build_id_len != target->elf->build_id_len ||
	    memcmp(target->debug->build_id, target->elf->build_id, target->elf->build_id_len))
		return suture_error_set(err, -EINVAL,
					"%s: a debug file of another build: its build-id is not that of %s",
					path, target->elf->path);
	return suture_symbols_read(&target->symbols, target->debug, err);
}

int suture_target_open(const char *path, const char *debug, struct suture_target **ret_target,
		       struct suture_error *err)
{
	struct suture_target *target = calloc(1, sizeof(*target));
	int ret;

	if (!target)
		return suture_error_nomem(err);
	ret = suture_elf_open(path, &target->elf, err);
	if (ret)
		goto err;
	if (target->elf->ehdr.e_type != ET_DYN && target->elf->ehdr.e_type != ET_EXEC) {
		ret = suture_error_set(err, -ENOEXEC,
				       "%s: neither a shared object nor a program", path);
		goto err;
	}
	target->arch = suture_arch_find(target->elf->ehdr.e_machine);
	if (!target->arch) {
		ret = suture_error_set(err, -EOPNOTSUPP, "%s: machine %u is not supported", path,
				       target->elf->ehdr.e_machine);
		goto err;
	}
	if (!target->elf->build_id_len) {
		ret = suture_error_set(err, -ENODATA,
				       "%s: has no build-id, so it cannot be recognised; link it with -Wl,--build-id",
				       path);
		goto err;
	}
	read_dynamic(target);
	ret = suture_symbols_read(&target->symbols, target->elf, err);
	if (!ret && debug)
		ret = open_debug(target, debug, err);
	if (!ret)
		ret = suture_fde_read(target->elf, &target->fdes, &target->nr_fdes, err);
	if (!ret)
		ret = suture_rels_read(target->elf, target->arch, &target->rels, &target->nr_rels,
				       err);
	if (!ret)
		ret = read_plt(target, err);
	if (ret)
		goto err;
	suture_symbols_sort(&target->symbols);
	*ret_target = target;
	return 0;
err:
	suture_target_close(target);
	return ret;
}

void suture_target_close(struct suture_target *target)
{
	if (!target)
		return;
	suture_code_free(target->code);
	free(target->spans);
	free(target->extents);
	free(target->pointers);
	free(target->named);
	free(target->plts);
	free(target->rels);
	free(target->fdes);
	suture_symbols_free(&target->symbols);
	suture_elf_close(target->debug);
	suture_elf_close(target->elf);
	free(target);
}

const char *suture_target_file_name(const struct suture_target *target)
{
	const char *slash = strrchr(target->elf->path, '/');

	return slash ? slash + 1 : target->elf->path;
}
