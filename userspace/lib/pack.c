// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the author's objects and the target's file to a patch module. It is
 * linked three times: to see what the new functions clobber and how many words
 * need an address; with the entry stubs and a note of the right size, to learn
 * all addresses; and with the note's contents.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../patches/include/suture/patch.h"
#include "align.h"
#include "pack-int.h"
#include "spm.h"

#define ENTRY_PREFIX	"suture.entry."

void suture_pack_warn(struct suture_packer *p, const char *fmt, ...)
{
	struct suture_error text;
	va_list ap;

	if (!p->opt->warn)
		return;
	va_start(ap, fmt);
	suture_error_vset(&text, 0, fmt, ap);
	va_end(ap);
	p->opt->warn(p->opt->warn_ctx, text.text);
}

static int set_name(struct suture_packer *p, struct suture_error *err)
{
	const char *name = p->opt->name, *slash, *c;
	size_t len;

	if (!name) {
		slash = strrchr(p->opt->output, '/');
		name = slash ? slash + 1 : p->opt->output;
	}
	len = strlen(name);
	if (!p->opt->name && len > 4 && !strcmp(name + len - 4, ".spm"))
		len -= 4;
	for (c = name; c < name + len; c++) {
		bool alnum = (*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= 'a' && *c <= 'z');

		if (!alnum && (c == name || !strchr("._+-", *c)))
			break;
	}
	if (!len || len >= sizeof(p->name) || c < name + len)
		return suture_error_set(err, -EINVAL,
			"`%.*s' cannot be a patch's name: letters, digits and ._+- (not first), at most %zu",
			(int)len, name, sizeof(p->name) - 1);
	memcpy(p->name, name, len);
	return 0;
}

static int open_objects(struct suture_packer *p, struct suture_error *err)
{
	int ret = suture_target_open(p->opt->target, p->opt->debug, &p->objects[0], err);

	if (ret)
		return ret;
	p->nr_objects = 1;
	if (p->opt->nr_needed >= SUTURE_MAX_OBJECTS)
		return suture_error_set(err, -E2BIG, "%zu needed objects; %d are possible",
					p->opt->nr_needed, SUTURE_MAX_OBJECTS - 1);
	for (size_t i = 0; i < p->opt->nr_needed; i++) {
		struct suture_target **to = &p->objects[p->nr_objects];

		ret = suture_target_open(p->opt->needed[i], NULL, to, err);
		if (ret)
			return ret;
		p->nr_objects++;
		if ((*to)->arch != p->objects[0]->arch)
			return suture_error_set(err, -EINVAL, "%s: for another machine than %s",
						p->opt->needed[i], p->opt->target);
		for (size_t j = 0; j + 1 < p->nr_objects; j++) {
			const struct suture_elf *a = p->objects[j]->elf, *b = (*to)->elf;

			if (a->build_id_len == b->build_id_len &&
			    !memcmp(a->build_id, b->build_id, a->build_id_len))
				return suture_error_set(err, -EEXIST, "%s and %s are the same build",
							a->path, b->path);
		}
	}
	return suture_objects_open(p->opt->objects, p->opt->nr_objects, p->objects[0]->arch,
				   &p->objs, err);
}

/* Address of a symbol that pack itself put into the patch. */
static int own_symbol(const struct suture_target *patch, const char *name, uint64_t *ret,
		      struct suture_error *err)
{
	const struct suture_symbol *s;

	*ret = 0;
	if (suture_lookup(patch, name, &s, 1) != 1)
		return suture_error_set(err, -EINVAL,
			"the linked patch has no (single) symbol %s; do the objects use it?", name);
	*ret = s->value;
	return 0;
}

/* Where the new functions are, from the metadata that the linker filled in. */
static int read_new(struct suture_packer *p, const struct suture_target *patch, bool first,
		    struct suture_error *err)
{
	Elf_Scn *scn = suture_elf_section(patch->elf, SUTURE_META_SECTION, NULL);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	uint64_t text;
	int ret;

	ret = own_symbol(patch, "suture.text", &text, err);
	if (ret)
		return ret;
	if (!data || data->d_size != p->objs.nr_metas * sizeof(struct suture_meta_))
		return suture_error_set(err, -EINVAL, "the linker lost the metadata of the patch");
	for (size_t i = 0; i < p->nr_funcs; i++) {
		struct suture_replaced *f = &p->funcs[i];
		const struct suture_meta_ *rec = data->d_buf;
		uint64_t fn;

		rec += f->meta->record;
		memcpy(&fn, &rec->fn, sizeof(fn));
		if (rec->kind != f->meta->kind || strcmp(rec->name, f->meta->name))
			return suture_error_set(err, -EINVAL,
						"the linker changed the metadata of the patch");
		if (!fn || !suture_elf_bytes(patch->elf, fn, 1, PF_X) || fn < text)
			return suture_error_set(err, -EINVAL,
				META_AT ": what `%s' is replaced by is not a function of the patch",
				META_ARGS(f->meta), f->meta->name);
		if (!first && fn - text != f->new_text)
			return suture_error_set(err, -EINVAL,
						"the linker moved the functions of the patch");
		f->new_text = fn - text;
	}
	return 0;
}

/* Callers may leave the stack unaligned for the old function. May the new one be
 * called like that? */
static int compare_alignment(struct suture_packer *p, struct suture_replaced *f,
			     struct suture_target *patch, struct suture_code *code,
			     uint64_t new_addr, struct suture_error *err)
{
	bool promised, needed;
	int ret;

	ret = suture_align_promised(p->objects[0], f->addr, &promised, err);
	if (!ret)
		ret = suture_align_needed(patch, new_addr, &needed, err);
	if (ret || promised || !needed)
		return ret;
	if (!f->stub && suture_ipara_stack_args(code, new_addr) != SUTURE_STACK_ARGS_NO)
		return suture_error_set(err, -EOPNOTSUPP,
			META_AT ": `%s' cannot be replaced: gcc may let its callers leave the stack unaligned, since the old function does not mind; the new one does, and a stub that aligns it cannot be built, because there are arguments on the stack. Compile the patch with CFLAGS += -mincoming-stack-boundary=3",
			META_ARGS(f->meta), f->meta->name);
	f->stub = true;
	return 0;
}

/* Callers that know what the old function leaves alone: does the new one? */
static int compare_functions(struct suture_packer *p, struct suture_target *patch,
			    struct suture_error *err)
{
	struct suture_code *old_code = NULL, *new_code = NULL;
	uint64_t text;
	int ret;

	ret = own_symbol(patch, "suture.text", &text, err);
	if (!ret)
		ret = suture_target_code(p->objects[0], &old_code, err);
	if (!ret)
		ret = suture_target_code(patch, &new_code, err);
	for (size_t i = 0; !ret && i < p->nr_funcs; i++) {
		struct suture_replaced *f = &p->funcs[i];
		struct suture_ipara ipara;

		ret = suture_ipara_compare(old_code, f->addr, new_code, text + f->new_text, &ipara,
					   err);
		if (ret)
			return suture_error_prefix(err, META_AT ": `%s' cannot be replaced",
						   META_ARGS(f->meta), f->meta->name) ?: ret;
		f->save = ipara.save;
		f->stub = ipara.save;
		if (ipara.callers.calls || ipara.callers.jumps)
			ret = compare_alignment(p, f, patch, new_code, text + f->new_text, err);
	}
	return ret;
}

static int emit_entries(struct suture_packer *p, FILE *out, struct suture_error *err)
{
	const struct suture_arch *arch = p->objs.arch;

	for (size_t i = 0; i < p->nr_funcs; i++) {
		struct suture_replaced *f = &p->funcs[i];
		char name[64], regs[512];
		uint64_t cannot;

		if (!f->stub)
			continue;
		snprintf(name, sizeof(name), ENTRY_PREFIX "%zu", i);
		if (!arch->emit_entry(out, name, f->new_text, f->save, &cannot))
			return suture_error_set(err, -EOPNOTSUPP,
				META_AT ": `%s' cannot be replaced: its callers in the target keep values in %s, which the old function leaves alone and the new one does not, and which a stub cannot save",
				META_ARGS(f->meta), f->meta->name,
				suture_ipara_names(arch->machine, cannot, regs, sizeof(regs)));
	}
	return 0;
}

static void emit_note(FILE *out, const uint8_t *desc, size_t len)
{
	if (!len)
		return;
	fprintf(out, "\t.section .note.suture,\"a\",%%note\n\t.p2align 2\n"
		     "\t.long %zu, %zu, %u\n\t.asciz \"" SUTURE_NOTE_NAME "\"\n\t.p2align 2\n",
		sizeof(SUTURE_NOTE_NAME), len, (unsigned int)SUTURE_NOTE_TYPE);
	for (size_t i = 0; i < len; i++)
		fprintf(out, "%s%u%s", i % 16 ? "," : "\t.byte ", desc[i],
			i % 16 == 15 || i + 1 == len ? "\n" : "");
}

/* One link; the result is opened, its file belongs to the temporary folder. */
static int link_once(struct suture_packer *p, bool entries, const uint8_t *desc, size_t desc_len,
		     bool keep_meta, const char *file, struct suture_target **ret_patch,
		     char **ret_path, struct suture_error *err)
{
	char *stubs = NULL, *path = NULL;
	size_t size;
	FILE *out = open_memstream(&stubs, &size);
	int ret;

	if (!out)
		return suture_error_nomem(err);
	fputs(p->bindings.stubs, out);
	ret = entries ? emit_entries(p, out, err) : 0;
	emit_note(out, desc, desc_len);
	if (fclose(out) && !ret)
		ret = suture_error_nomem(err);
	if (!ret)
		ret = suture_link_run(&p->link, stubs, keep_meta, file, &path, err);
	if (!ret)
		ret = suture_target_open(path, NULL, ret_patch, err);
	free(stubs);
	if (!ret && ret_path)
		*ret_path = path;
	else
		free(path);
	return ret;
}

static int fill_objects(struct suture_packer *p, struct suture_note_writer *w)
{
	w->objects = calloc(p->nr_objects, sizeof(*w->objects));
	if (!w->objects)
		return -ENOMEM;
	for (size_t i = 0; i < p->nr_objects; i++) {
		const struct suture_target *t = p->objects[i];

		w->objects[i] = (struct suture_object) {
			.role = i ? SUTURE_ROLE_NEEDED : SUTURE_ROLE_TARGET,
			.name = suture_note_string(w, t->soname ?: suture_target_file_name(t)),
			.build_id_len = t->elf->build_id_len,
		};
		memcpy(w->objects[i].build_id, t->elf->build_id, t->elf->build_id_len);
	}
	w->nr_objects = p->nr_objects;
	return 0;
}

static int fill_funcs(struct suture_packer *p, const struct suture_target *patch, bool entries,
		      struct suture_note_writer *w, struct suture_error *err)
{
	uint64_t text;
	size_t nr_pieces = 0;
	int ret = own_symbol(patch, "suture.text", &text, err);

	if (ret)
		return ret;
	for (size_t i = 0; i < p->nr_funcs; i++)
		nr_pieces += p->funcs[i].nr_pieces;
	if (nr_pieces > SUTURE_MAX_RANGES)
		return suture_error_set(err, -E2BIG,
			"the replaced functions have %zu further parts; %d are possible", nr_pieces,
			SUTURE_MAX_RANGES);
	w->funcs = calloc(p->nr_funcs, sizeof(*w->funcs));
	w->ranges = calloc(nr_pieces + 1, sizeof(*w->ranges));
	if (!w->funcs || !w->ranges)
		return suture_error_nomem(err);

	for (size_t i = 0; i < p->nr_funcs; i++) {
		const struct suture_replaced *f = &p->funcs[i];
		uint32_t written = f->entry.branch_at + p->objs.arch->branch_len;
		struct suture_func *to = &w->funcs[i];
		const uint8_t *bytes;
		uint64_t entry;
		char name[64];

		to->object = 0;
		to->name = suture_note_string(w, f->meta->name);
		/* where padding is written over, that counts as the function, too */
		to->old_size = f->entry.size > written ? f->entry.size : written;
		to->old_addr = f->addr;
		to->new_addr = text + f->new_text;
		to->branch_at = f->entry.branch_at;
		to->old_len = f->entry.room < SUTURE_OLD_BYTES_MAX ? f->entry.room
								  : SUTURE_OLD_BYTES_MAX;
		bytes = suture_elf_bytes(p->objects[0]->elf, f->addr, to->old_len, PF_X);
		if (!bytes)
			return suture_error_set(err, -EINVAL,
						META_AT ": `%s': its text is not in the file %s",
						META_ARGS(f->meta), f->meta->name,
						p->objects[0]->elf->path);
		memcpy(to->old_bytes, bytes, to->old_len);
		if (f->stub && entries) {
			snprintf(name, sizeof(name), ENTRY_PREFIX "%zu", i);
			ret = own_symbol(patch, name, &entry, err);
			if (ret)
				return ret;
			to->new_addr = entry;
		}
		for (size_t j = 0; j < f->nr_pieces; j++)
			w->ranges[w->nr_ranges++] = (struct suture_range) {
				.func = i, .size = f->pieces[j].size, .addr = f->pieces[j].addr,
			};
	}
	w->nr_funcs = p->nr_funcs;
	return 0;
}

/* The note for the patch as it was linked last, with its entry stubs or still without:
 * the size is the same. */
static int make_note(struct suture_packer *p, const struct suture_target *patch, bool entries,
		     uint8_t **ret_desc, size_t *ret_len, struct suture_error *err)
{
	struct suture_note_writer w = { 0 };
	int ret;

	w.head.machine = p->objs.arch->machine;
	w.head.name = suture_note_string(&w, p->name);
	ret = suture_pack_texts(p, &w, err);
	if (!ret)
		ret = fill_objects(p, &w) ? suture_error_nomem(err) : 0;
	if (!ret)
		ret = fill_funcs(p, patch, entries, &w, err);
	if (!ret)
		ret = suture_relocs_make(patch, &p->bindings, &w.relocs, &w.nr_relocs, err);
	if (!ret)
		ret = suture_note_write(&w, ret_desc, ret_len, err);
	suture_note_free(&w);
	return ret;
}

/* The loadable part must not differ but for the note: addresses were read from one
 * link and are used in the next. */
static int check_same(const struct suture_target *a, const struct suture_target *b,
		      struct suture_error *err)
{
	bool same = a->elf->nr_phdrs == b->elf->nr_phdrs && a->nr_rels == b->nr_rels;

	for (size_t i = 0; same && i < a->elf->nr_phdrs; i++)
		same = !memcmp(&a->elf->phdrs[i], &b->elf->phdrs[i], sizeof(GElf_Phdr));
	for (size_t i = 0; same && i < a->nr_rels; i++)
		same = a->rels[i].offset == b->rels[i].offset &&
		       a->rels[i].type == b->rels[i].type && a->rels[i].addend == b->rels[i].addend;
	return same ? 0 : suture_error_set(err, -EINVAL,
					   "two links of the same patch differ in their layout");
}

/* The kernel's own parser must like it. */
static int check_result(const struct suture_target *patch, struct suture_error *err)
{
	const struct suture_elf *elf = patch->elf;
	const char *why = "it has no note of Suture";
	const void *desc = NULL;
	struct spm_note note;
	struct spm_elf parsed;
	size_t len;
	void *copy;
	int ret;

	ret = spm_parse_elf(elf->image, elf->size < SPM_HEADER_MAX ? elf->size : SPM_HEADER_MAX,
			    elf->size, true, &parsed, &why);
	if (ret)
		goto bad;
	for (size_t i = 0; !desc && i < parsed.nr_notes; i++)
		desc = spm_find_note(elf->image + parsed.notes[i].offset, parsed.notes[i].size,
				     SUTURE_NOTE_NAME, SUTURE_NOTE_TYPE, &len);
	ret = -ENOEXEC;
	if (!desc)
		goto bad;
	copy = malloc(len);
	if (!copy)
		return suture_error_nomem(err);
	memcpy(copy, desc, len);
	ret = spm_parse_note(copy, len, &parsed, &note, &why);
	free(copy);
	if (!ret)
		return 0;
bad:
	return suture_error_set(err, ret, "the patch would be refused: %s", why);
}

static int write_output(const char *path, const struct suture_elf *elf, struct suture_error *err)
{
	char *temp = NULL;
	size_t done = 0;
	mode_t mask = umask(0);
	int fd, ret = 0;

	umask(mask);
	if (asprintf(&temp, "%s.XXXXXX", path) < 0)
		return suture_error_nomem(err);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		ret = suture_error_set(err, -errno, "%s: %s", temp, strerror(errno));
		free(temp);
		return ret;
	}
	while (done < elf->size) {
		ssize_t n = write(fd, elf->image + done, elf->size - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += n;
	}
	if (done < elf->size || fchmod(fd, 0644 & ~mask) || fsync(fd) || rename(temp, path)) {
		ret = suture_error_set(err, -errno, "%s: %s", path, strerror(errno));
		unlink(temp);
	}
	close(fd);
	free(temp);
	return ret;
}

static int link_all(struct suture_packer *p, struct suture_error *err)
{
	struct suture_target *first = NULL, *second = NULL, *last = NULL;
	uint8_t *desc = NULL;
	size_t len, again;
	int ret;

	ret = suture_link_begin(&p->link, &p->objs, p->opt->cc, err);
	if (!ret && p->bindings.helpers)
		ret = suture_link_helpers(&p->link, err);
	if (!ret)
		ret = link_once(p, false, NULL, 0, true, "first", &first, NULL, err);
	if (!ret)
		ret = read_new(p, first, true, err);
	if (!ret)
		ret = compare_functions(p, first, err);
	if (!ret)
		ret = make_note(p, first, false, &desc, &len, err);
	if (ret)
		goto out;

	ret = link_once(p, true, desc, len, true, "second", &second, NULL, err);
	free(desc);
	desc = NULL;
	if (!ret)
		ret = read_new(p, second, false, err);
	if (!ret)
		ret = make_note(p, second, true, &desc, &again, err);
	if (!ret && again != len)
		ret = suture_error_set(err, -EINVAL, "the note's size changed between two links");
	if (!ret)
		ret = link_once(p, true, desc, len, false, "last", &last, NULL, err);
	if (!ret)
		ret = check_same(second, last, err);
	if (!ret)
		ret = check_result(last, err);
	if (!ret)
		ret = write_output(p->opt->output, last->elf, err);
out:
	free(desc);
	suture_target_close(first);
	suture_target_close(second);
	suture_target_close(last);
	return ret;
}

int suture_pack(const struct suture_pack_options *options, struct suture_error *err)
{
	struct suture_packer p = { .opt = options };
	struct suture_error own;
	int ret;

	if (!err)
		err = &own;
	ret = set_name(&p, err);
	if (!ret)
		ret = open_objects(&p, err);
	if (!ret)
		ret = suture_pack_find_functions(&p, err);
	if (!ret)
		ret = suture_resolve(&p.objs, p.objects, p.nr_objects, &p.bindings, err);
	if (!ret)
		ret = link_all(&p, err);

	suture_link_end(&p.link);
	for (size_t i = 0; i < p.nr_funcs; i++)
		free(p.funcs[i].pieces);
	free(p.funcs);
	suture_bindings_free(&p.bindings);
	suture_objects_close(&p.objs);
	for (size_t i = 0; i < p.nr_objects; i++)
		suture_target_close(p.objects[i]);
	return ret;
}
