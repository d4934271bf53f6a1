// SPDX-License-Identifier: GPL-2.0-only
/* Where each symbol that a patch uses and does not define is found. */
#include <stdlib.h>
#include <string.h>

#include "../../patches/include/suture/patch.h"
#include "original.h"
#include "resolve-int.h"
#include "tls.h"

int suture_resolve_bind(struct suture_resolver *r, const char *name, uint32_t object,
			uint64_t addr, bool tls, struct suture_error *err)
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

int suture_resolve_refuse(const struct suture_resolver *r, const struct suture_undef *u,
			  struct suture_error *err, const char *fmt, ...)
{
	char where[1024], text[3072];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	suture_objects_where(r->scope->objs, u, where, sizeof(where));
	return suture_error_set(err, -ENOENT, "%s: `%s': %s", where, u->name, text);
}

/* SUTURE_IMPORT: the address of a GOT slot, or of a word that takes its place. */
static int resolve_slot(struct suture_resolver *r, const struct suture_undef *u,
			struct suture_error *err)
{
	const char *name = u->name + strlen(SUTURE_SLOT_PREFIX);
	const struct suture_scope *scope = r->scope;
	const struct suture_symbol *syms[4];
	size_t nr = 0, defined = 0, i;
	char targets[2048];
	uint64_t addr;
	int ret;

	for (i = 0; i < scope->nr_objects; i++) {
		if (suture_target_slot(scope->objects[i], name, &addr))
			return suture_resolve_bind(r, u->name, i, addr, false, err);
	}
	for (i = 0; i < scope->nr_targets && !nr; i++) {
		nr = suture_lookup(scope->objects[i], name, syms, 4);
		defined = i;
	}
	if (nr != 1 || syms[0]->type == STT_TLS)
		return suture_resolve_refuse(r, u, err,
			"%s has no GOT slot for `%s', so SUTURE_IMPORT cannot reach it%s",
			suture_scope_targets(scope, targets, sizeof(targets)), name,
			nr ? "; declare it extern and use it directly"
			   : ": it does not import it. Import it from a needed object (NEEDED, --needed), declared extern");
	/* a program's own copy of a library's variable, for one */
	ret = suture_resolve_bind(r, name, defined, syms[0]->value, false, err);
	if (!ret)
		fprintf(r->stubs, "\t.section .data.rel.ro,\"aw\"\n\t.p2align 3\n"
				  "\t.globl \"%s\"\n\t.hidden \"%s\"\n\"%s\":\n\t.quad \"%s\"\n"
				  "\t.text\n", u->name, u->name, u->name, name);
	return ret;
}

/* The object that has the thread-local, and how it is reached. */
static int find_tls(struct suture_resolver *r, const struct suture_undef *u, uint32_t *ret_object,
		    struct suture_tls *tls, struct suture_error *err)
{
	const struct suture_scope *scope = r->scope;
	struct suture_error one;
	uint64_t value;
	int ret = suture_scope_told(scope, u->name, true, ret_object, &value, err);

	if (ret < 0)
		return ret;
	if (ret) {
		ret = suture_tls_find(scope->objects[*ret_object], u->name, &value, tls, &one);
	} else {
		for (size_t i = 0; i < scope->nr_objects; i++) {
			struct suture_error other;

			ret = suture_tls_find(scope->objects[i], u->name, NULL, tls,
					      i ? &other : &one);
			*ret_object = i;
			if (ret != -ENOENT)
				break;
		}
	}
	if (ret == -ENOENT)
		return suture_resolve_refuse(r, u, err, "%s", one.text);
	return ret ? suture_error_set(err, ret, "%s", one.text) : 0;
}

static int resolve_tls(struct suture_resolver *r, const struct suture_undef *u,
		       struct suture_error *err)
{
	const struct suture_scope *scope = r->scope;
	struct suture_tls tls;
	uint32_t object;
	char name[2048];
	int ret = find_tls(r, u, &object, &tls, err);

	if (!ret)
		ret = suture_resolve_bind(r, u->name,
					  tls.kind == SUTURE_TLS_CONSTANT ? SUTURE_SELF : object,
					  tls.slot, true, err);
	if (!ret && tls.kind == SUTURE_TLS_PAIR && !r->tls_get_addr) {
		r->tls_get_addr = true;
		ret = suture_resolve_import(r, "__tls_get_addr", SUTURE_TLS_GET_ADDR, 0,
					    scope->nr_objects, -1, 0, err);
		if (!ret)
			ret = suture_resolve_refuse(r, u, err, "%s does not import __tls_get_addr",
						    scope->objects[object]->elf->path);
		ret = ret > 0 ? 0 : ret;
	}
	if (ret)
		return ret;
	snprintf(name, sizeof(name), SUTURE_TLS_PREFIX "%s", u->name);
	r->arch->emit_tls(r->stubs, name, tls.kind, tls.delta);
	return 0;
}

static int bind_word(void *ctx, uint32_t object, const char *name, uint64_t addr,
		     struct suture_error *err)
{
	return suture_resolve_bind(ctx, name, object, addr, false, err);
}

static int resolve_original(struct suture_resolver *r, const struct suture_undef *u,
			    struct suture_error *err)
{
	const char *name = u->name + strlen(SUTURE_ORIGINAL_PREFIX);
	int ret = r->scope->original(r->scope->ctx, name, r->stubs, bind_word, r, err);

	if (ret != -ENOENT)
		return ret;
	return suture_resolve_refuse(r, u, err,
		"SUTURE_ORIGINAL(%s), but the patch does not replace it: call it by its name", name);
}

/* SUTURE_MAPPED: an address in the object that is not 0 where it is mapped. */
static int resolve_mapped(struct suture_resolver *r, const struct suture_undef *u,
			  struct suture_error *err)
{
	const char *name = u->name + strlen(SUTURE_OBJECT_PREFIX);
	const struct suture_meta m = { .file = "", .object = name };
	struct suture_error no;
	const struct suture_elf *elf;
	int object;

	if (!*name || suture_scope_object(r->scope, &m, &object, &no))
		return suture_resolve_refuse(r, u, err,
			"SUTURE_MAPPED(\"%s\"): the patch has no such target or needed object", name);
	elf = r->scope->objects[object]->elf;
	for (size_t i = 0; i < elf->nr_phdrs; i++) {
		if (elf->phdrs[i].p_type == PT_LOAD && (elf->phdrs[i].p_flags & PF_X))
			return suture_resolve_bind(r, u->name, object, elf->phdrs[i].p_vaddr, false,
						   err);
	}
	return suture_error_set(err, -EINVAL, "%s has no text", elf->path);
}

static bool begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

static int resolve(struct suture_resolver *r, const struct suture_undef *u,
		   struct suture_error *err)
{
	if (begins(u->name, SUTURE_STATE_PREFIX))
		return suture_resolve_refuse(r, u, err,
			"SUTURE_STATE_PREVIOUS(%s), but the patch has no SUTURE_STATE(%s, …), written the same way",
			u->name + strlen(SUTURE_STATE_PREFIX),
			u->name + strlen(SUTURE_STATE_PREFIX));
	if (u->uses & SUTURE_USE_TLS_OTHER)
		return suture_resolve_refuse(r, u, err,
			"used as a thread-local in a way that needs it near the patch. Compile with -fPIC %s, declare it `extern __thread' without a visibility or tls_model",
			r->arch->tls_flag);
	if (begins(u->name, SUTURE_ORIGINAL_PREFIX))
		return resolve_original(r, u, err);
	if (u->uses & SUTURE_USE_DIRECT)
		return suture_resolve_refuse(r, u, err,
			"used in a way that needs it near the patch. Compile with -fPIC, and declare it extern without a visibility");
	if (u->uses & SUTURE_USE_TLS)
		return resolve_tls(r, u, err);
	if (begins(u->name, SUTURE_SLOT_PREFIX))
		return resolve_slot(r, u, err);
	if (begins(u->name, SUTURE_OBJECT_PREFIX))
		return resolve_mapped(r, u, err);
	return suture_resolve_plain(r, u, err);
}

static int compare_bindings(const void *va, const void *vb)
{
	const struct suture_binding *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

int suture_resolve(const struct suture_scope *scope, struct suture_bindings *out,
		   struct suture_error *err)
{
	const struct suture_objects *objs = scope->objs;
	struct suture_resolver r = { .scope = scope, .arch = objs->arch, .out = out };
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
		r.arch->emit_tls_entry(r.stubs);
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
