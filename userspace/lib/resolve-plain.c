// SPDX-License-Identifier: GPL-2.0-only
/* Functions and variables: of the targets, imported by them, of needed objects. */
#include <inttypes.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "resolve-int.h"

bool suture_resolve_is_function(const struct suture_target *object,
				const struct suture_symbol *s)
{
	if (s->type == STT_FUNC || s->type == STT_GNU_IFUNC)
		return true;
	return s->type == STT_NOTYPE && suture_elf_bytes(object->elf, s->value, 1, PF_X);
}

static bool in_memory(const struct suture_elf *elf, uint64_t addr)
{
	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		if (elf->phdrs[i].p_type == PT_LOAD && addr >= elf->phdrs[i].p_vaddr &&
		    addr - elf->phdrs[i].p_vaddr < elf->phdrs[i].p_memsz)
			return true;
	}
	return false;
}

int suture_resolve_text(struct suture_resolver *r, const char *name, uint32_t object,
			uint64_t addr, struct suture_error *err)
{
	char word[2048];
	int ret;

	if (!r->arch->emit_call)
		return suture_resolve_bind(r, name, object, addr, false, err);
	snprintf(word, sizeof(word), SUTURE_CALL_PREFIX "%s", name);
	ret = suture_resolve_bind(r, word, object, addr, false, err);
	if (!ret)
		r->arch->emit_call(r->stubs, name, word);
	return ret;
}

/* The PLT entry or GOT slot by which object @i imports the function. */
static bool way_of(const struct suture_target *object, const char *name, bool *ret_slot,
		   uint64_t *ret_addr)
{
	*ret_slot = false;
	if (suture_target_plt(object, name, ret_addr))
		return true;
	*ret_slot = true;
	return suture_target_slot(object, name, ret_addr);
}

/* A target that is not mapped gives words of 0: then the next one's way is taken. */
static int import_any(struct suture_resolver *r, const char *name, const char *stub, size_t end,
		      int own, uint64_t addr, struct suture_error *err)
{
	char words[SUTURE_MAX_OBJECTS][2048];
	struct suture_way ways[SUTURE_MAX_OBJECTS];
	size_t nr = 0;

	for (size_t i = 0; i < end; i++) {
		struct suture_way *way = &ways[nr];
		uint64_t at;
		int ret;

		if (!way_of(r->scope->objects[i], name, &way->slot, &at)) {
			if (i != (size_t)own)
				continue;
			way->slot = false;
			at = addr;
		}
		snprintf(words[nr], sizeof(words[nr]), SUTURE_CALL_PREFIX "%zu.%s", i, name);
		way->word = words[nr++];
		ret = suture_resolve_bind(r, way->word, i, at, false, err);
		if (ret)
			return ret;
	}
	r->arch->emit_any(r->stubs, stub, ways, nr);
	return 1;
}

int suture_resolve_import(struct suture_resolver *r, const char *name, const char *stub,
			  size_t first, size_t end, int own, uint64_t addr,
			  struct suture_error *err)
{
	size_t nr = own >= 0;
	char word[2048];
	uint64_t at;
	bool slot;
	int ret;

	for (size_t i = first; r->scope->any_target && i < end; i++)
		nr += i != (size_t)own && way_of(r->scope->objects[i], name, &slot, &at);
	if (nr > 1 && !first)
		return import_any(r, name, stub, end, own, addr, err);
	for (size_t i = first; i < end; i++) {
		if (!way_of(r->scope->objects[i], name, &slot, &at))
			continue;
		if (!slot)
			return suture_resolve_text(r, stub, i, at, err) ?: 1;
		snprintf(word, sizeof(word), SUTURE_SLOT_PREFIX "%s", name);
		ret = suture_resolve_bind(r, word, i, at, false, err);
		if (ret)
			return ret;
		r->arch->emit_import(r->stubs, stub, word);
		return 1;
	}
	return 0;
}

/* Its definition in object @o. 1: bound. */
static int resolve_in(struct suture_resolver *r, const struct suture_undef *u, size_t o,
		      struct suture_error *err)
{
	const struct suture_scope *scope = r->scope;
	const struct suture_target *object = scope->objects[o];
	const struct suture_symbol *syms[8], *all;
	size_t nr = suture_lookup(object, u->name, syms, 8), nr_all;
	bool exported = false, function, needed = o >= scope->nr_targets;
	uint64_t slot;
	int ret;

	if (nr > 1) {
		char list[2048];

		suture_describe(syms, nr < 8 ? nr : 8, list, sizeof(list));
		return suture_resolve_refuse(r, u, err,
			"%s has %zu of this name:\n%s\nTell which one with SUTURE_SYMBOL_AT%s(%s%s%s%s, ADDRESS, BYTES…)",
			object->elf->path, nr, list, scope->nr_targets > 1 || needed ? "_IN" : "",
			scope->nr_targets > 1 || needed ? "\"" : "",
			scope->nr_targets > 1 || needed ?
				object->soname ?: suture_target_file_name(object) : "",
			scope->nr_targets > 1 || needed ? "\", " : "", u->name);
	}
	all = suture_symbols_find(&object->symbols, u->name, &nr_all);
	for (size_t i = 0; i < nr_all; i++)
		exported |= all[i].dynamic && all[i].defined;
	function = suture_resolve_is_function(object, syms[0]);
	/* others may take the place of what is exported: as the targets themselves call it */
	if (exported && function && !needed) {
		ret = suture_resolve_import(r, u->name, u->name, 0, scope->nr_targets,
					    syms[0]->type == STT_GNU_IFUNC ? -1 : (int)o,
					    syms[0]->value, err);
		if (ret)
			return ret;
	} else if (exported && !needed && !object->executable &&
		   suture_target_slot(object, u->name, &slot)) {
		return suture_resolve_refuse(r, u, err,
			"a variable that %s exports and reaches through its GOT, since a program may have a copy of its own. Write SUTURE_IMPORT(TYPE, %s); and use *SUTURE_IMPORTED(%s)",
			object->elf->path, u->name, u->name);
	}
	if (syms[0]->type == STT_GNU_IFUNC)
		return suture_resolve_refuse(r, u, err,
			"an ifunc (ld.so chooses its address) that %s does not reach through its PLT",
			object->elf->path);
	if (syms[0]->type == STT_TLS)
		return suture_resolve_refuse(r, u, err, "a thread-local in %s; declare it __thread",
					     object->elf->path);
	if (function)
		return suture_resolve_text(r, u->name, o, syms[0]->value, err) ?: 1;
	return suture_resolve_bind(r, u->name, o, syms[0]->value, false, err) ?: 1;
}

/* Which object SUTURE_SYMBOL_IN says, or -1. */
static int said_object(struct suture_resolver *r, const struct suture_undef *u, int *ret,
		       struct suture_error *err)
{
	const struct suture_symbol *s;

	*ret = -1;
	for (size_t i = 0; i < r->scope->objs->nr_metas; i++) {
		const struct suture_meta *m = &r->scope->objs->metas[i];
		int error;

		if (m->kind != SUTURE_META_SYMBOL_IN_ || strcmp(m->name, u->name))
			continue;
		error = suture_scope_object(r->scope, m, ret, err);
		if (error)
			return error;
		if (*ret >= 0 && !suture_lookup(r->scope->objects[*ret], u->name, &s, 1))
			return suture_error_set(err, -EINVAL, "%s:%u: `%s' is not defined in %s",
						m->file, m->line, m->name,
						r->scope->objects[*ret]->elf->path);
	}
	return 0;
}

/* Its definition in objects @first .. @end: there must be but one of them. 1: bound. */
static int resolve_defined(struct suture_resolver *r, const struct suture_undef *u, size_t first,
			   size_t end, struct suture_error *err)
{
	const struct suture_target *const *objects =
		(const struct suture_target *const *)r->scope->objects;
	const struct suture_symbol *s;
	int found = -1;

	for (size_t i = first; i < end; i++) {
		if (!suture_lookup(objects[i], u->name, &s, 1))
			continue;
		if (found >= 0)
			return suture_resolve_refuse(r, u, err,
				"both %s and %s have it. Say which is meant: SUTURE_SYMBOL_IN(\"%s\", %s);",
				objects[found]->elf->path, objects[i]->elf->path,
				objects[i]->soname ?: suture_target_file_name(objects[i]), u->name);
		found = i;
	}
	return found < 0 ? 0 : resolve_in(r, u, found, err);
}

/* What the targets import: functions, not variables. 1: bound. */
static int resolve_imported(struct suture_resolver *r, const struct suture_undef *u, size_t first,
			    size_t end, struct suture_error *err)
{
	bool imported = false, function = u->uses & SUTURE_USE_CALL, data = false;
	const struct suture_target *who = NULL;
	uint64_t addr;

	for (size_t i = first; i < end; i++) {
		const struct suture_target *object = r->scope->objects[i];
		const struct suture_symbol *all;
		size_t nr;

		all = suture_symbols_find(&object->symbols, u->name, &nr);
		for (size_t j = 0; j < nr; j++) {
			if (all[j].defined)
				continue;
			imported |= all[j].dynamic;
			function |= all[j].type == STT_FUNC;
			data |= all[j].type == STT_OBJECT;
			if (all[j].dynamic && suture_target_slot(object, u->name, &addr))
				who = who ?: object;
		}
	}
	if (imported && function && !data)
		return suture_resolve_import(r, u->name, u->name, first, end, -1, 0, err);
	if (who && first == 0)
		return suture_resolve_refuse(r, u, err,
			"a variable that %s imports. Write SUTURE_IMPORT(TYPE, %s); and use *SUTURE_IMPORTED(%s)",
			who->elf->path, u->name, u->name);
	return 0;
}

/* What to say of a name that nobody provides. */
static int refuse_unknown(struct suture_resolver *r, const struct suture_undef *u,
			  struct suture_error *err)
{
	/* what gcc writes in the place of printf, fputs, sprintf, strstr … */
	static const char *const builtins[] = { "puts", "putchar", "fputc", "fwrite", "strcpy",
						"stpcpy", "mempcpy", "strchr", "strlen", "calloc" };
	const struct suture_scope *scope = r->scope;
	char list[2048], targets[2048];
	bool stripped = false;
	size_t nr;

	suture_scope_targets(scope, targets, sizeof(targets));
	for (size_t i = 0; i < scope->nr_targets; i++) {
		const struct suture_target *target = scope->objects[i];

		snprintf(list, sizeof(list), "__%s_chk", u->name);
		suture_symbols_find(&target->symbols, list, &nr);
		if (nr)
			return suture_resolve_refuse(r, u, err,
				"%s does not import it, but %s; compile with CFLAGS += -D_FORTIFY_SOURCE=2, as it was",
				target->elf->path, list);
		stripped |= !suture_elf_section(target->debug ?: target->elf, ".symtab", NULL);
	}
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (!strcmp(builtins[i], u->name))
			return suture_resolve_refuse(r, u, err,
				"neither defined nor imported by %s. If it is not in the source, the compiler put it in the place of another function: CFLAGS += -fno-builtin",
				targets);
	}

	if (!strncmp(u->name, "__stack_chk_", 12))
		return suture_resolve_refuse(r, u, err,
			"%s does not import it; compile the patch with -fno-stack-protector, as patch.mk does",
			targets);
	for (size_t i = 0; i < scope->nr_targets; i++) {
		if (suture_clones(scope->objects[i], u->name, list, sizeof(list)))
			return suture_resolve_refuse(r, u, err,
				"in %s it exists only as copies that gcc made, whose arguments can differ:\n%s\nIf one of them fits, say so with SUTURE_SYMBOL_AT",
				scope->objects[i]->elf->path, list);
	}
	return suture_resolve_refuse(r, u, err,
		"neither defined nor imported by %s%s. Define it in the patch, tell where it is with SUTURE_SYMBOL_AT, or name the object that has it (NEEDED, --needed)",
		targets, stripped ?
		" (which is stripped: for its static names give the debug file, DEBUG or --debug)" : "");
}

int suture_resolve_plain(struct suture_resolver *r, const struct suture_undef *u,
			 struct suture_error *err)
{
	static const char *const helpers[] = { "memcpy", "memmove", "memset", "memcmp" };
	const struct suture_scope *scope = r->scope;
	uint32_t object;
	uint64_t addr;
	int ret, in;

	ret = suture_scope_told(scope, u->name, false, &object, &addr, err);
	if (ret < 0)
		return ret;
	if (ret && !in_memory(scope->objects[object]->elf, addr))
		return suture_resolve_refuse(r, u, err,
			"SUTURE_SYMBOL_AT tells 0x%" PRIx64 ", which is outside of %s", addr,
			scope->objects[object]->elf->path);
	if (ret)
		return u->uses & SUTURE_USE_CALL
			? suture_resolve_text(r, u->name, object, addr, err)
			: suture_resolve_bind(r, u->name, object, addr, false, err);
	ret = said_object(r, u, &in, err);
	if (ret)
		return ret;
	if (in >= 0)
		ret = resolve_in(r, u, in, err);
	if (!ret)
		ret = resolve_defined(r, u, 0, scope->nr_targets, err);
	if (!ret)
		ret = resolve_imported(r, u, 0, scope->nr_targets, err);
	if (!ret)
		ret = resolve_defined(r, u, scope->nr_targets, scope->nr_objects, err);
	if (!ret)
		ret = resolve_imported(r, u, scope->nr_targets, scope->nr_objects, err);
	if (ret)
		return ret > 0 ? 0 : ret;
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++) {
		if (!strcmp(helpers[i], u->name)) {
			r->out->helpers = true;
			return 0;
		}
	}
	if (u->weak)
		return 0;	/* stays null, as ld.so would leave it */
	return refuse_unknown(r, u, err);
}
