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
#include "pack-int.h"
#include "spm.h"

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

bool suture_pack_is_name(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = name[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z');

		if (!alnum && (!i || !strchr("._+-", c)))
			return false;
	}
	return len && len < SUTURE_NAME_MAX;
}

static int set_name(struct suture_packer *p, struct suture_error *err)
{
	const char *name = p->opt->name, *slash;
	size_t len;

	if (!name) {
		slash = strrchr(p->opt->output, '/');
		name = slash ? slash + 1 : p->opt->output;
	}
	len = strlen(name);
	if (!p->opt->name && len > 4 && !strcmp(name + len - 4, ".spm"))
		len -= 4;
	if (!suture_pack_is_name(name, len))
		return suture_error_set(err, -EINVAL,
			"`%.*s' cannot be a patch's name: letters, digits and ._+- (not first), at most %zu",
			(int)len, name, sizeof(p->name) - 1);
	memcpy(p->name, name, len);
	return 0;
}

/* The debug file of the same build as @path among those given; NULL: none. */
static int find_debug(const struct suture_pack_options *opt, const char *path, bool *used,
		      const char **ret, struct suture_error *err)
{
	struct suture_elf *elf = NULL, *debug;
	int error;

	*ret = NULL;
	error = suture_elf_open(path, &elf, err);
	for (size_t i = 0; !error && i < opt->nr_debugs; i++) {
		error = suture_elf_open(opt->debugs[i], &debug, err);
		if (error)
			break;
		if (debug->build_id_len && debug->build_id_len == elf->build_id_len &&
		    !memcmp(debug->build_id, elf->build_id, elf->build_id_len)) {
			*ret = opt->debugs[i];
			used[i] = true;
		}
		suture_elf_close(debug);
	}
	suture_elf_close(elf);
	return error;
}

static int open_object(struct suture_packer *p, const char *path, bool *used,
		       struct suture_error *err)
{
	struct suture_target **to = &p->objects[p->nr_objects];
	const char *debug;
	int ret;

	if (p->nr_objects == SUTURE_MAX_OBJECTS)
		return suture_error_set(err, -E2BIG, "targets and needed objects: %d are possible",
					SUTURE_MAX_OBJECTS);
	ret = find_debug(p->opt, path, used, &debug, err);
	if (!ret)
		ret = suture_target_open(path, debug, to, err);
	if (ret)
		return ret;
	p->nr_objects++;
	if ((*to)->arch != p->objects[0]->arch)
		return suture_error_set(err, -EINVAL, "%s: for another machine than %s", path,
					p->objects[0]->elf->path);
	for (size_t i = 0; i + 1 < p->nr_objects; i++) {
		const struct suture_elf *a = p->objects[i]->elf, *b = (*to)->elf;

		if (a->build_id_len == b->build_id_len &&
		    !memcmp(a->build_id, b->build_id, a->build_id_len))
			return suture_error_set(err, -EEXIST, "%s and %s are the same build",
						a->path, b->path);
	}
	return 0;
}

static int open_objects(struct suture_packer *p, struct suture_error *err)
{
	const struct suture_pack_options *opt = p->opt;
	bool *used = calloc(opt->nr_debugs + 1, sizeof(*used));
	int ret = 0;

	if (!used)
		return suture_error_nomem(err);
	for (size_t i = 0; !ret && i < opt->nr_targets; i++) {
		ret = open_object(p, opt->targets[i], used, err);
		p->nr_targets = p->nr_objects;
	}
	for (size_t i = 0; !ret && i < opt->nr_needed; i++)
		ret = open_object(p, opt->needed[i], used, err);
	for (size_t i = 0; !ret && i < opt->nr_debugs; i++) {
		if (!used[i])
			ret = suture_error_set(err, -EINVAL,
				"%s is the debug file of another build than %s",
				opt->debugs[i], opt->nr_targets == 1 && !opt->nr_needed
				? opt->targets[0] : "any of the objects");
	}
	free(used);
	if (ret)
		return ret;
	p->scope = (struct suture_scope) {
		.objs = &p->objs,
		.objects = p->objects,
		.nr_objects = p->nr_objects,
		.nr_targets = p->nr_targets,
		.original = suture_pack_original,
		.ctx = p,
	};
	return suture_objects_open(p->opt->objects, p->opt->nr_objects, p->objects[0]->arch,
				   &p->objs, err);
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
static int link_once(struct suture_packer *p, bool stubs_too, const uint8_t *desc, size_t desc_len,
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
	ret = stubs_too ? suture_pack_stubs(p, out, err) : 0;
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
		ret = suture_pack_read_fns(p, first, true, err);
	if (!ret)
		ret = suture_pack_compare(p, first, err);
	if (!ret)
		ret = suture_pack_note(p, first, false, &desc, &len, err);
	if (ret)
		goto out;

	ret = link_once(p, true, desc, len, true, "second", &second, NULL, err);
	free(desc);
	desc = NULL;
	if (!ret)
		ret = suture_pack_read_fns(p, second, false, err);
	if (!ret)
		ret = suture_pack_note(p, second, true, &desc, &again, err);
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
	if (!ret && !(p.fns = calloc(p.objs.nr_metas + 1, sizeof(*p.fns))))
		ret = suture_error_nomem(err);
	if (!ret)
		ret = suture_pack_find_functions(&p, err);
	if (!ret)
		ret = suture_pack_find_sites(&p, err);
	if (!ret)
		ret = suture_pack_check_targets(&p, err);
	for (size_t i = 0; i < p.objs.nr_metas; i++) {
		p.hooks |= suture_pack_is_hook(&p.objs.metas[i]);
		p.scope.any_target |= p.objs.metas[i].kind == SUTURE_META_ANY_TARGET_;
	}
	if (!ret)
		ret = suture_resolve(&p.scope, &p.bindings, err);
	if (!ret)
		ret = link_all(&p, err);

	suture_link_end(&p.link);
	for (size_t i = 0; i < p.nr_funcs; i++)
		free(p.funcs[i].pieces);
	free(p.funcs);
	free(p.sites);
	free(p.fns);
	suture_bindings_free(&p.bindings);
	suture_objects_close(&p.objs);
	for (size_t i = 0; i < p.nr_objects; i++)
		suture_target_close(p.objects[i]);
	return ret;
}
