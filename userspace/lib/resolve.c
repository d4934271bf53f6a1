// SPDX-License-Identifier: GPL-2.0-only
/* Where each symbol that a patch uses and does not define is found. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "resolve.h"
#include "tls.h"

struct resolver {
	const struct suture_objects *objs;
	struct suture_target *const *objects;
	size_t nr_objects;
	struct suture_target *target;	/* objects[0] */
	struct suture_bindings *out;
	FILE *stubs;
	bool tls_get_addr;		/* SUTURE_TLS_GET_ADDR is there */
};

static int bind(struct resolver *r, const char *name, uint32_t object, uint64_t addr, bool tls,
		struct suture_error *err)
{
	struct suture_bindings *out = r->out;
	struct suture_binding *more;
	char *copy;

	if (suture_bindings_find(out, name))
		return 0;
	more = realloc(out->all, (out->nr + 1) * sizeof(*more));
	if (more)
		out->all = more;
	copy = strdup(name);
	if (!more || !copy) {
		free(copy);
		return suture_error_nomem(err);
	}
	more[out->nr++] = (struct suture_binding) {
		.name = copy, .object = object, .addr = addr, .tls = tls,
	};
	return 0;
}

/* -ENOENT of one symbol: the others are still looked at. */
static int refuse(const struct resolver *r, const struct suture_undef *u,
		  struct suture_error *err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static int refuse(const struct resolver *r, const struct suture_undef *u,
		  struct suture_error *err, const char *fmt, ...)
{
	char where[1024], text[3072];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	suture_objects_where(r->objs, u, where, sizeof(where));
	return suture_error_set(err, -ENOENT, "%s: `%s': %s", where, u->name, text);
}

static bool is_function(const struct suture_target *target, const struct suture_symbol *s)
{
	if (s->type == STT_FUNC || s->type == STT_GNU_IFUNC)
		return true;
	return s->type == STT_NOTYPE && suture_elf_bytes(target->elf, s->value, 1, PF_X);
}

/* The address that SUTURE_SYMBOL_AT tells. 1: told. */
static int told(struct resolver *r, const struct suture_undef *u, uint64_t *ret_addr,
		struct suture_error *err)
{
	const struct suture_meta *found = NULL;

	for (size_t i = 0; i < r->objs->nr_metas; i++) {
		const struct suture_meta *m = &r->objs->metas[i];
		const uint8_t *bytes;

		if (m->kind != SUTURE_META_SYMBOL_AT_ || strcmp(m->name, u->name))
			continue;
		if (found && found->addr != m->addr)
			return suture_error_set(err, -EINVAL,
				"%s:%u: `%s' is told to be at 0x%" PRIx64 ", and at 0x%" PRIx64 " by %s:%u",
				m->file, m->line, m->name, m->addr, found->addr, found->file,
				found->line);
		found = m;
		if (u->uses & SUTURE_USE_TLS)
			continue;
		bytes = suture_elf_bytes(r->target->elf, m->addr, m->nr_bytes, 0);
		if (m->nr_bytes && (!bytes || memcmp(bytes, m->bytes, m->nr_bytes)))
			return suture_error_set(err, -EINVAL,
				"%s:%u: `%s': %s does not have the expected bytes at 0x%" PRIx64 "; is it the build that the patch is for?",
				m->file, m->line, m->name, r->target->elf->path, m->addr);
	}
	if (!found)
		return 0;
	*ret_addr = found->addr;
	return 1;
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

/* Text of the target itself: @name becomes its address, or a stub that goes there. */
static int bind_text(struct resolver *r, const char *name, uint64_t addr,
		     struct suture_error *err)
{
	char word[2048];
	int ret;

	if (!r->objs->arch->emit_call)
		return bind(r, name, 0, addr, false, err);
	snprintf(word, sizeof(word), SUTURE_CALL_PREFIX "%s", name);
	ret = bind(r, word, 0, addr, false, err);
	if (!ret)
		r->objs->arch->emit_call(r->stubs, name, word);
	return ret;
}

/* A function of the target's PLT or GOT. 1: there is one, and it is bound. */
static int through_target(struct resolver *r, const char *name, const char *stub,
			  struct suture_error *err)
{
	char slot_name[2048];
	uint64_t addr;
	int ret;

	if (suture_target_plt(r->target, name, &addr))
		return bind_text(r, stub, addr, err) ?: 1;
	if (!suture_target_slot(r->target, name, &addr))
		return 0;
	snprintf(slot_name, sizeof(slot_name), SUTURE_SLOT_PREFIX "%s", name);
	ret = bind(r, slot_name, 0, addr, false, err);
	if (ret)
		return ret;
	r->objs->arch->emit_import(r->stubs, stub, slot_name);
	return 1;
}

/* SUTURE_IMPORT: the address of a GOT slot, or of a word that takes its place. */
static int resolve_slot(struct resolver *r, const struct suture_undef *u,
			struct suture_error *err)
{
	const char *name = u->name + strlen(SUTURE_SLOT_PREFIX);
	const struct suture_symbol *syms[4];
	uint64_t addr;
	size_t nr;
	int ret;

	if (suture_target_slot(r->target, name, &addr))
		return bind(r, u->name, 0, addr, false, err);
	nr = suture_lookup(r->target, name, syms, 4);
	if (nr != 1 || syms[0]->type == STT_TLS)
		return refuse(r, u, err,
			"%s has no GOT slot for `%s', so SUTURE_IMPORT cannot reach it%s",
			r->target->elf->path, name,
			nr ? "; declare it extern and use it directly"
			   : ": it does not import it. Import it from a needed object (NEEDED, --needed), declared extern");
	/* a program's own copy of a library's variable, for one */
	ret = bind(r, name, 0, syms[0]->value, false, err);
	if (!ret)
		fprintf(r->stubs, "\t.section .data.rel.ro,\"aw\"\n\t.p2align 3\n"
				  "\t.globl \"%s\"\n\t.hidden \"%s\"\n\"%s\":\n\t.quad \"%s\"\n"
				  "\t.text\n", u->name, u->name, u->name, name);
	return ret;
}

static int resolve_tls(struct resolver *r, const struct suture_undef *u,
		       struct suture_error *err)
{
	struct suture_tls tls;
	char name[2048];
	uint64_t value;
	int ret = told(r, u, &value, err);

	if (ret < 0)
		return ret;
	ret = suture_tls_find(r->target, u->name, ret ? &value : NULL, &tls, err);
	if (ret == -ENOENT)
		return refuse(r, u, err, "%s", err->text);
	if (!ret)
		ret = bind(r, u->name, tls.kind == SUTURE_TLS_CONSTANT ? SUTURE_SELF : 0, tls.slot,
			   true, err);
	if (!ret && tls.kind == SUTURE_TLS_PAIR && !r->tls_get_addr) {
		r->tls_get_addr = true;
		ret = through_target(r, "__tls_get_addr", SUTURE_TLS_GET_ADDR, err);
		if (!ret)
			ret = refuse(r, u, err, "%s does not import __tls_get_addr",
				     r->target->elf->path);
		ret = ret > 0 ? 0 : ret;
	}
	if (ret)
		return ret;
	snprintf(name, sizeof(name), SUTURE_TLS_PREFIX "%s", u->name);
	r->objs->arch->emit_tls(r->stubs, name, tls.kind, tls.delta);
	return 0;
}

/* A definition in the target that others may override. 1: bound. */
static int resolve_exported(struct resolver *r, const struct suture_undef *u,
			    const struct suture_symbol *s, struct suture_error *err)
{
	uint64_t slot;
	int ret;

	if (is_function(r->target, s)) {
		ret = through_target(r, u->name, u->name, err);
		if (ret)
			return ret;
	} else if (!r->target->executable && suture_target_slot(r->target, u->name, &slot)) {
		return refuse(r, u, err,
			"a variable that %s exports and reaches through its GOT, since a program may have a copy of its own. Write SUTURE_IMPORT(TYPE, %s); and use *SUTURE_IMPORTED(%s)",
			r->target->elf->path, u->name, u->name);
	}
	return 0;
}

static int resolve_needed(struct resolver *r, const struct suture_undef *u,
			  struct suture_error *err)
{
	for (size_t i = 1; i < r->nr_objects; i++) {
		const struct suture_symbol *syms[8];
		size_t nr = suture_lookup(r->objects[i], u->name, syms, 8);
		char list[2048];

		if (!nr)
			continue;
		if (nr > 1) {
			suture_describe(syms, nr < 8 ? nr : 8, list, sizeof(list));
			return refuse(r, u, err, "%s has %zu of this name:\n%s",
				      r->objects[i]->elf->path, nr, list);
		}
		if (syms[0]->type == STT_GNU_IFUNC || syms[0]->type == STT_TLS)
			return refuse(r, u, err, "in %s it is %s, which cannot be reached from here",
				r->objects[i]->elf->path, syms[0]->type == STT_TLS ?
				"a thread-local" : "an ifunc (ld.so chooses its address)");
		return bind(r, u->name, i, syms[0]->value, false, err) ?: 1;
	}
	return 0;
}

/* What to say of a name that nobody provides. */
static int refuse_unknown(struct resolver *r, const struct suture_undef *u,
			  struct suture_error *err)
{
	/* what gcc writes in the place of printf, fputs, sprintf, strstr … */
	static const char *const builtins[] = { "puts", "putchar", "fputc", "fwrite", "strcpy",
						"stpcpy", "mempcpy", "strchr", "strlen", "calloc" };
	const struct suture_elf *elf = r->target->elf;
	char list[2048];
	size_t nr;

	snprintf(list, sizeof(list), "__%s_chk", u->name);
	suture_symbols_find(&r->target->symbols, list, &nr);
	if (nr)
		return refuse(r, u, err,
			"%s does not import it, but %s; compile with CFLAGS += -D_FORTIFY_SOURCE=2, as it was",
			elf->path, list);
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
		if (!strcmp(builtins[i], u->name))
			return refuse(r, u, err,
				"neither defined nor imported by %s. If it is not in the source, the compiler put it in the place of another function: CFLAGS += -fno-builtin",
				elf->path);
	}

	if (!strncmp(u->name, "__stack_chk_", 12))
		return refuse(r, u, err,
			"%s does not import it; compile the patch with -fno-stack-protector, as patch.mk does",
			elf->path);
	if (suture_clones(r->target, u->name, list, sizeof(list)))
		return refuse(r, u, err,
			"in %s it exists only as copies that gcc made, whose arguments can differ:\n%s\nIf one of them fits, say so with SUTURE_SYMBOL_AT",
			elf->path, list);
	return refuse(r, u, err,
		"neither defined nor imported by %s%s. Define it in the patch, tell where it is with SUTURE_SYMBOL_AT, or name the object that has it (NEEDED, --needed)",
		elf->path, suture_elf_section(r->target->debug ?: elf, ".symtab", NULL) ? "" :
		" (which is stripped: for its static names give the debug file, DEBUG or --debug)");
}

static int resolve_plain(struct resolver *r, const struct suture_undef *u,
			 struct suture_error *err)
{
	static const char *const helpers[] = { "memcpy", "memmove", "memset", "memcmp" };
	const struct suture_symbol *syms[8], *all;
	bool imported = false, function = u->uses & SUTURE_USE_CALL;
	uint64_t addr;
	size_t nr;
	int ret;

	ret = told(r, u, &addr, err);
	if (ret < 0)
		return ret;
	if (ret && !in_memory(r->target->elf, addr))
		return refuse(r, u, err, "SUTURE_SYMBOL_AT tells 0x%" PRIx64 ", which is outside of %s",
			      addr, r->target->elf->path);
	if (ret)
		return function ? bind_text(r, u->name, addr, err)
				: bind(r, u->name, 0, addr, false, err);

	nr = suture_lookup(r->target, u->name, syms, 8);
	if (nr > 1) {
		char list[2048];

		suture_describe(syms, nr < 8 ? nr : 8, list, sizeof(list));
		return refuse(r, u, err,
			"%s has %zu of this name:\n%s\nTell which one with SUTURE_SYMBOL_AT(%s, ADDRESS, BYTES…)",
			r->target->elf->path, nr, list, u->name);
	}
	all = suture_symbols_find(&r->target->symbols, u->name, &nr);
	for (size_t i = 0; i < nr; i++) {
		if (all[i].dynamic && all[i].defined) {
			ret = resolve_exported(r, u, &all[i], err);
			if (ret)
				return ret > 0 ? 0 : ret;
		}
		imported |= all[i].dynamic && !all[i].defined;
		function |= !all[i].defined && all[i].type == STT_FUNC;
		if (!all[i].defined && all[i].type == STT_OBJECT)
			function = false;
	}
	if (nr && suture_lookup(r->target, u->name, syms, 8)) {
		if (syms[0]->type == STT_GNU_IFUNC)
			return refuse(r, u, err,
				"an ifunc (ld.so chooses its address) that %s does not reach through its PLT",
				r->target->elf->path);
		if (syms[0]->type == STT_TLS)
			return refuse(r, u, err, "a thread-local in %s; declare it __thread",
				      r->target->elf->path);
		if (is_function(r->target, syms[0]))
			return bind_text(r, u->name, syms[0]->value, err);
		return bind(r, u->name, 0, syms[0]->value, false, err);
	}
	if (imported && function) {
		ret = through_target(r, u->name, u->name, err);
		if (ret)
			return ret > 0 ? 0 : ret;
	}
	if (imported && !function && suture_target_slot(r->target, u->name, &addr))
		return refuse(r, u, err,
			"a variable that %s imports. Write SUTURE_IMPORT(TYPE, %s); and use *SUTURE_IMPORTED(%s)",
			r->target->elf->path, u->name, u->name);
	ret = resolve_needed(r, u, err);
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

static int resolve(struct resolver *r, const struct suture_undef *u, struct suture_error *err)
{
	if (u->uses & SUTURE_USE_TLS_OTHER)
		return refuse(r, u, err,
			"used as a thread-local in a way that needs it near the patch. Compile with -fPIC %s, declare it `extern __thread' without a visibility or tls_model",
			r->objs->arch->tls_flag);
	if (u->uses & SUTURE_USE_DIRECT)
		return refuse(r, u, err,
			"used in a way that needs it near the patch. Compile with -fPIC, and declare it extern without a visibility");
	if (u->uses & SUTURE_USE_TLS)
		return resolve_tls(r, u, err);
	if (!strncmp(u->name, SUTURE_SLOT_PREFIX, strlen(SUTURE_SLOT_PREFIX)))
		return resolve_slot(r, u, err);
	return resolve_plain(r, u, err);
}

static int compare_bindings(const void *va, const void *vb)
{
	const struct suture_binding *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

int suture_resolve(const struct suture_objects *objs, struct suture_target *const *objects,
		   size_t nr_objects, struct suture_bindings *out, struct suture_error *err)
{
	struct resolver r = {
		.objs = objs, .objects = objects, .nr_objects = nr_objects,
		.target = objects[0], .out = out,
	};
	struct suture_error one;
	char all[sizeof(err->text)] = "";
	size_t len = 0, size;
	int ret = 0, first = 0;
	bool tls = false;

	memset(out, 0, sizeof(*out));
	r.stubs = open_memstream(&out->stubs, &size);
	if (!r.stubs)
		return suture_error_nomem(err);
	fputs("\t.section .note.GNU-stack,\"\",%progbits\n\t.text\n", r.stubs);

	for (size_t i = 0; i < objs->nr_undefs; i++) {
		const struct suture_undef *u = &objs->undefs[i];

		if (!strcmp(u->name, "__tls_get_addr"))	/* SUTURE_TLS_ENTRY */
			continue;
		tls |= u->uses & SUTURE_USE_TLS;
		ret = resolve(&r, u, &one);
		if (ret && ret != -ENOENT) {
			first = suture_error_set(err, ret, "%s", one.text);
			goto out;
		}
		if (ret) {
			first = first ?: ret;
			if (len < sizeof(all) - 2)
				len += snprintf(all + len, sizeof(all) - len, "%s%s",
						len ? "\n" : "", one.text);
			if (len >= sizeof(all))
				len = sizeof(all) - 1;
		}
	}
	if (first) {
		suture_error_set(err, first, "%s", all);
		goto out;
	}
	if (tls)
		objs->arch->emit_tls_entry(r.stubs);
	if (out->nr)
		qsort(out->all, out->nr, sizeof(*out->all), compare_bindings);
out:
	if (fclose(r.stubs) && !first)
		first = suture_error_nomem(err);
	return first;
}

void suture_bindings_free(struct suture_bindings *out)
{
	for (size_t i = 0; i < out->nr; i++)
		free(out->all[i].name);
	free(out->all);
	free(out->stubs);
	memset(out, 0, sizeof(*out));
}

/* Linear: also used while the table is not sorted yet, and it is short. */
const struct suture_binding *suture_bindings_find(const struct suture_bindings *bindings,
						  const char *name)
{
	for (size_t i = 0; i < bindings->nr; i++) {
		if (!strcmp(bindings->all[i].name, name))
			return &bindings->all[i];
	}
	return NULL;
}
