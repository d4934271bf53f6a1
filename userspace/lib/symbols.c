// SPDX-License-Identifier: GPL-2.0-only
/* All symbols of an object. */
#include <stdlib.h>
#include <string.h>

#include "symbols.h"

/* Cuts "@VERSION" off, as ld writes it into the names of .symtab. */
static const char *plain_name(struct suture_symbols *tab, const char *name, bool *ret_old)
{
	const char *at = strchr(name, '@');
	char **names, *copy;

	*ret_old = false;
	if (!at || at == name)
		return name;
	*ret_old = at[1] != '@';
	copy = strndup(name, at - name);
	names = realloc(tab->names, (tab->nr_names + 1) * sizeof(*names));
	if (names)
		tab->names = names;
	if (!copy || !names) {
		free(copy);
		return NULL;
	}
	names[tab->nr_names++] = copy;
	return copy;
}

static bool hidden_version(Elf_Data *versym, size_t i)
{
	GElf_Versym v;

	return versym && gelf_getversym(versym, i, &v) && (v & 0x8000);
}

static int read_table(struct suture_symbols *tab, const struct suture_elf *elf, Elf_Scn *scn,
		      const GElf_Shdr *sh, Elf_Data *versym, struct suture_error *err)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t nr = sh->sh_entsize ? sh->sh_size / sh->sh_entsize : 0;
	const char *file = NULL;
	struct suture_symbol *syms;

	if (!data || !nr)
		return 0;
	syms = realloc(tab->syms, (tab->nr + nr) * sizeof(*syms));
	if (!syms)
		return suture_error_nomem(err);
	tab->syms = syms;

	for (size_t i = 1; i < nr; i++) {
		struct suture_symbol *s = &tab->syms[tab->nr];
		const char *name;
		GElf_Sym sym;
		bool old;

		if (!gelf_getsym(data, i, &sym))
			return suture_error_set(err, -ENOEXEC, "%s: symbol table is damaged",
						elf->path);
		name = elf_strptr(elf->elf, sh->sh_link, sym.st_name);
		if (GELF_ST_TYPE(sym.st_info) == STT_FILE) {
			file = name && *name ? name : NULL;
			continue;
		}
		if (!name || !*name || GELF_ST_TYPE(sym.st_info) == STT_SECTION)
			continue;
		name = plain_name(tab, name, &old);
		if (!name)
			return suture_error_nomem(err);
		*s = (struct suture_symbol) {
			.name = name,
			.value = sym.st_value,
			.size = sym.st_size,
			.file = GELF_ST_BIND(sym.st_info) == STB_LOCAL ? file : NULL,
			.type = GELF_ST_TYPE(sym.st_info),
			.bind = GELF_ST_BIND(sym.st_info),
			.defined = sym.st_shndx != SHN_UNDEF,
			.dynamic = sh->sh_type == SHT_DYNSYM,
			.old_version = old || hidden_version(versym, i),
		};
		tab->nr++;
	}
	return 0;
}

int suture_symbols_read(struct suture_symbols *tab, const struct suture_elf *elf,
			struct suture_error *err)
{
	Elf_Data *versym = NULL;
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;
	int ret;

	while ((scn = elf_nextscn(elf->elf, scn))) {
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_GNU_versym)
			versym = elf_getdata(scn, NULL);
	}
	while ((scn = elf_nextscn(elf->elf, scn))) {
		if (!gelf_getshdr(scn, &sh) ||
		    (sh.sh_type != SHT_SYMTAB && sh.sh_type != SHT_DYNSYM))
			continue;
		ret = read_table(tab, elf, scn, &sh, sh.sh_type == SHT_DYNSYM ? versym : NULL, err);
		if (ret)
			return ret;
	}
	return 0;
}

static int compare(const void *va, const void *vb)
{
	const struct suture_symbol *a = va, *b = vb;
	int ret = strcmp(a->name, b->name);

	if (ret)
		return ret;
	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	if (a->dynamic != b->dynamic)
		return b->dynamic - a->dynamic;
	return (a->size < b->size) - (a->size > b->size);
}

void suture_symbols_sort(struct suture_symbols *tab)
{
	if (tab->nr)
		qsort(tab->syms, tab->nr, sizeof(*tab->syms), compare);
}

void suture_symbols_free(struct suture_symbols *tab)
{
	for (size_t i = 0; i < tab->nr_names; i++)
		free(tab->names[i]);
	free(tab->names);
	free(tab->syms);
	memset(tab, 0, sizeof(*tab));
}

static const struct suture_symbol *find(const struct suture_symbols *tab, const char *name,
					size_t len, size_t *ret_nr)
{
	size_t lo = 0, hi = tab->nr, first;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (strncmp(tab->syms[mid].name, name, len) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	first = lo;
	while (lo < tab->nr && !strncmp(tab->syms[lo].name, name, len))
		lo++;
	*ret_nr = lo - first;
	return tab->syms ? tab->syms + first : NULL;
}

const struct suture_symbol *suture_symbols_find(const struct suture_symbols *tab,
						const char *name, size_t *ret_nr)
{
	return find(tab, name, strlen(name) + 1, ret_nr);
}

const struct suture_symbol *suture_symbols_prefix(const struct suture_symbols *tab,
						  const char *prefix, size_t *ret_nr)
{
	return find(tab, prefix, strlen(prefix), ret_nr);
}

bool suture_symbol_is_clone(const char *name, const char *base)
{
	static const char *const suffixes[] = { "constprop", "isra", "part", "lto_priv", "llvm",
						"cold", "localalias" };
	size_t len = strlen(base);
	const char *p = name + len;

	if (strncmp(name, base, len) || *p != '.')
		return false;
	while (*p == '.') {
		size_t word = strcspn(++p, ".");
		bool known = false;

		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
			known |= strlen(suffixes[i]) == word && !strncmp(p, suffixes[i], word);
		if (!known && strspn(p, "0123456789") != word)
			return false;
		p += word;
	}
	return true;
}
