// SPDX-License-Identifier: GPL-2.0-only
/* The object files that the author of a patch compiled. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object.h"

#define MAX_ALIGN	4096U

static bool is_meta(const char *section)
{
	return !strncmp(section, ".suture.", strlen(".suture."));
}

static int check_section(const struct suture_elf *elf, const GElf_Shdr *sh,
			 struct suture_error *err)
{
	static const char *const runs[] = { ".init_array", ".fini_array", ".preinit_array",
					    ".ctors", ".dtors" };
	const char *name = suture_elf_section_name(elf, sh);

	if ((sh->sh_flags & SHF_TLS) && sh->sh_size)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: defines a thread-local variable; a patch cannot have its own, since threads that run already have no room for it",
			elf->path);
	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (!strncmp(name, runs[i], strlen(runs[i])) && sh->sh_size)
			return suture_error_set(err, -EOPNOTSUPP,
				"%s: has a constructor or destructor (section %s); nobody would run it when the patch is applied",
				elf->path, name);
	}
	if ((sh->sh_flags & SHF_ALLOC) && !is_meta(name) && sh->sh_addralign > MAX_ALIGN)
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: the section %s has an alignment of %lu bytes; a patch is mapped at some page, so %u are possible",
			elf->path, name, (unsigned long)sh->sh_addralign, MAX_ALIGN);
	if (!strncmp(name, ".gnu.lto_", 9) && !suture_elf_section(elf, ".text", NULL))
		return suture_error_set(err, -EOPNOTSUPP,
			"%s: compiled with -flto; compile without it", elf->path);
	return 0;
}

static bool defined_elsewhere(const struct suture_objects *objs, const char *name)
{
	for (size_t i = 0; i < objs->nr; i++) {
		Elf_Scn *scn = NULL;
		GElf_Shdr sh;

		while ((scn = elf_nextscn(objs->objs[i]->elf, scn))) {
			Elf_Data *data;
			GElf_Sym sym;

			if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_SYMTAB)
				continue;
			data = elf_getdata(scn, NULL);
			for (int s = sh.sh_info; data && gelf_getsym(data, s, &sym); s++) {
				const char *other = elf_strptr(objs->objs[i]->elf, sh.sh_link,
							       sym.st_name);

				if (sym.st_shndx != SHN_UNDEF && other && !strcmp(other, name))
					return true;
			}
		}
	}
	return false;
}

static int add_use(struct suture_objects *objs, size_t obj, const char *name, bool weak,
		   unsigned int use, size_t section, uint64_t offset, struct suture_error *err)
{
	struct suture_undef *more;

	for (size_t i = 0; i < objs->nr_undefs; i++) {
		if (strcmp(objs->undefs[i].name, name))
			continue;
		objs->undefs[i].uses |= use;
		objs->undefs[i].weak &= weak;
		return 0;
	}
	more = realloc(objs->undefs, (objs->nr_undefs + 1) * sizeof(*more));
	if (!more)
		return suture_error_nomem(err);
	objs->undefs = more;
	more[objs->nr_undefs++] = (struct suture_undef) {
		.name = name, .uses = use, .weak = weak,
		.object = obj, .section = section, .offset = offset,
	};
	return 0;
}

/* Uses of symbols that are not defined in this object, by one relocation section. */
static int read_relocs(struct suture_objects *objs, size_t obj, Elf_Scn *scn, const GElf_Shdr *sh,
		       struct suture_error *err)
{
	struct suture_elf *elf = objs->objs[obj];
	Elf_Scn *to = elf_getscn(elf->elf, sh->sh_info);
	Elf_Scn *symscn = elf_getscn(elf->elf, sh->sh_link);
	Elf_Data *data = elf_getdata(scn, NULL), *symdata, *bytes;
	GElf_Shdr tosh, symsh;
	GElf_Rela rela;
	int ret;

	if (!to || !gelf_getshdr(to, &tosh) || !symscn || !gelf_getshdr(symscn, &symsh) ||
	    !(symdata = elf_getdata(symscn, NULL)) || !data)
		return suture_error_set(err, -ENOEXEC, "%s: relocations are damaged", elf->path);
	if (!(tosh.sh_flags & SHF_ALLOC) || is_meta(suture_elf_section_name(elf, &tosh)))
		return 0;
	bytes = elf_rawdata(to, NULL);

	for (int i = 0; gelf_getrela(data, i, &rela); i++) {
		const uint8_t *at = NULL;
		size_t before = 0, after = 0;
		const char *name;
		unsigned int use;
		GElf_Sym sym;

		if (!gelf_getsym(symdata, GELF_R_SYM(rela.r_info), &sym))
			return suture_error_set(err, -ENOEXEC, "%s: relocations are damaged",
						elf->path);
		if (sym.st_shndx != SHN_UNDEF || !GELF_R_SYM(rela.r_info))
			continue;
		name = elf_strptr(elf->elf, symsh.sh_link, sym.st_name);
		if (!name || !*name || !strcmp(name, "_GLOBAL_OFFSET_TABLE_"))
			continue;
		if (bytes && bytes->d_buf && rela.r_offset <= bytes->d_size) {
			at = (uint8_t *)bytes->d_buf + rela.r_offset;
			before = rela.r_offset;
			after = bytes->d_size - rela.r_offset;
		}
		use = objs->arch->use(GELF_R_TYPE(rela.r_info), at, before, after);
		/* hidden: ld would want to find it in the patch */
		if (use && GELF_ST_VISIBILITY(sym.st_other) != STV_DEFAULT)
			use |= SUTURE_USE_DIRECT;
		if (!use || defined_elsewhere(objs, name))
			continue;
		ret = add_use(objs, obj, name, GELF_ST_BIND(sym.st_info) == STB_WEAK, use,
			      elf_ndxscn(to), rela.r_offset, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int compare_undefs(const void *va, const void *vb)
{
	const struct suture_undef *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

int suture_objects_open(char *const *paths, size_t nr, const struct suture_arch *arch,
			struct suture_objects *objs, struct suture_error *err)
{
	int ret;

	memset(objs, 0, sizeof(*objs));
	objs->arch = arch;
	objs->objs = calloc(nr + 1, sizeof(*objs->objs));
	if (!objs->objs)
		return suture_error_nomem(err);
	for (size_t i = 0; i < nr; i++) {
		ret = suture_elf_open(paths[i], &objs->objs[i], err);
		if (ret)
			return ret;
		objs->nr++;
		if (objs->objs[i]->ehdr.e_type != ET_REL)
			return suture_error_set(err, -ENOEXEC,
				"%s: not an object file (compile with -c)", paths[i]);
		if (objs->objs[i]->ehdr.e_machine != arch->machine)
			return suture_error_set(err, -ENOEXEC,
				"%s: compiled for another machine than the target (%s)",
				paths[i], arch->name);
	}
	for (size_t i = 0; i < nr; i++) {
		struct suture_elf *elf = objs->objs[i];
		Elf_Scn *scn = NULL;
		GElf_Shdr sh;

		while ((scn = elf_nextscn(elf->elf, scn))) {
			if (!gelf_getshdr(scn, &sh))
				continue;
			ret = check_section(elf, &sh, err);
			if (!ret && sh.sh_type == SHT_RELA)
				ret = read_relocs(objs, i, scn, &sh, err);
			if (!ret && !strcmp(suture_elf_section_name(elf, &sh), SUTURE_META_SECTION))
				ret = suture_meta_read(objs, elf, scn, err);
			if (ret)
				return ret;
		}
	}
	if (objs->nr_undefs)
		qsort(objs->undefs, objs->nr_undefs, sizeof(*objs->undefs), compare_undefs);
	return 0;
}

void suture_objects_close(struct suture_objects *objs)
{
	for (size_t i = 0; i < objs->nr; i++)
		suture_elf_close(objs->objs[i]);
	free(objs->objs);
	free(objs->undefs);
	free(objs->metas);
	memset(objs, 0, sizeof(*objs));
}

int suture_objects_copy(const struct suture_objects *objs, size_t i, const char *path,
			struct suture_error *err)
{
	const struct suture_elf *elf = objs->objs[i];
	uint8_t *copy = malloc(elf->size + 1);
	Elf_Scn *scn = NULL;
	size_t done = 0;
	GElf_Shdr sh;
	int fd = -1, ret = 0;

	if (!copy)
		return suture_error_nomem(err);
	memcpy(copy, elf->image, elf->size);
	while ((scn = elf_nextscn(elf->elf, scn))) {
		uint64_t at = elf->ehdr.e_shoff + elf_ndxscn(scn) * sizeof(Elf64_Shdr);
		Elf64_Shdr raw;

		if (!gelf_getshdr(scn, &sh) || !is_meta(suture_elf_section_name(elf, &sh)))
			continue;
		if (elf->ehdr.e_shentsize != sizeof(raw) || at > elf->size - sizeof(raw)) {
			ret = suture_error_set(err, -ENOEXEC, "%s: section headers are damaged",
					       elf->path);
			goto out;
		}
		memcpy(&raw, copy + at, sizeof(raw));
		raw.sh_flags &= ~(uint64_t)(SHF_ALLOC | SHF_WRITE | 0x200000 /* SHF_GNU_RETAIN */);
		memcpy(copy + at, &raw, sizeof(raw));
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	while (fd >= 0 && done < elf->size) {
		ssize_t n = write(fd, copy + done, elf->size - done);

		if (n < 0)
			break;
		done += n;
	}
	if (fd < 0 || done < elf->size)
		ret = suture_error_set(err, -errno, "%s: %s", path, strerror(errno));
out:
	if (fd >= 0)
		close(fd);
	free(copy);
	return ret;
}
