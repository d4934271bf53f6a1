// SPDX-License-Identifier: GPL-2.0-only
/* suture inspect, for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "disasm.h"
#include "inspect.h"
#include "output.h"

static void add_text(struct json_object *obj, const char *key, const struct inspection *in,
		     uint32_t string)
{
	json_object_object_add(obj, key, json_text(spm_string(&in->patch->spm->note, string)));
}

static void add_number(struct json_object *obj, const char *key, uint64_t value)
{
	json_object_object_add(obj, key, json_object_new_uint64(value));
}

static struct json_object *json_objects(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	const struct suture_found *found = in->set->found;
	struct json_object *list = json_object_new_array(), *obj, *files;
	uint32_t i;
	size_t j;

	for (i = 0; i < note->nr_objects; i++) {
		obj = json_object_new_object();
		add_text(obj, "name", in, note->objects[i].name);
		json_object_object_add(obj, "role",
				       json_text(inspect_role_name(note->objects[i].role)));
		json_object_object_add(obj, "build_id", json_hex(note->objects[i].build_id,
								 note->objects[i].build_id_len));
		files = json_object_new_array();
		for (j = 0; j < found->nr_files; j++)
			if (found->files[j].want == in->patch->want_of[i])
				json_object_array_add(files, json_text(found->files[j].path));
		json_object_object_add(obj, "files", files);
		add_number(obj, "relocations", inspect_count_relocs(in, i));
		json_object_array_add(list, obj);
	}
	return list;
}

/* An array of instructions, or null when the object is not here. */
static struct json_object *json_code(struct suture_target *target, uint64_t addr, uint64_t size,
				     int *code)
{
	struct suture_error err = { 0 };
	struct json_object *list, *obj;
	struct suture_line *lines;
	struct suture_code *text;
	size_t nr, i;

	if (!target)
		return NULL;
	if (suture_target_code(target, &text, &err) ||
	    suture_disasm(text, addr, size, &lines, &nr, &err)) {
		*code = cli_error(&err);
		return NULL;
	}
	list = json_object_new_array();
	for (i = 0; i < nr; i++) {
		obj = json_object_new_object();
		add_number(obj, "address", lines[i].addr);
		add_number(obj, "length", lines[i].len);
		json_object_object_add(obj, "text", json_text(lines[i].text));
		json_object_array_add(list, obj);
	}
	free(lines);
	return list;
}

static struct json_object *json_ranges(const struct spm_note *note, uint32_t func)
{
	struct json_object *list = json_object_new_array(), *obj;
	uint32_t i;

	for (i = 0; i < note->nr_ranges; i++) {
		if (note->ranges[i].func != func)
			continue;
		obj = json_object_new_object();
		add_number(obj, "address", note->ranges[i].addr);
		add_number(obj, "size", note->ranges[i].size);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_funcs(const struct inspection *in, int *code)
{
	const struct spm_note *note = &in->patch->spm->note;
	struct json_object *list = json_object_new_array(), *obj;
	const struct suture_extent *extent;
	uint64_t body;
	uint32_t i;

	for (i = 0; i < note->nr_funcs; i++) {
		const struct suture_func *func = &note->funcs[i];

		obj = json_object_new_object();
		add_text(obj, "name", in, func->name);
		add_text(obj, "object", in, note->objects[func->object].name);
		add_number(obj, "old_address", func->old_addr);
		add_number(obj, "old_size", func->old_size);
		json_object_object_add(obj, "old_bytes", json_hex(func->old_bytes, func->old_len));
		add_number(obj, "branch_at", func->branch_at);
		json_object_object_add(obj, "further_parts", json_ranges(note, i));
		body = inspect_body(in, func->new_addr);
		json_object_object_add(obj, "stub_address", body == func->new_addr ? NULL :
				       json_object_new_uint64(func->new_addr));
		add_number(obj, "new_address", body);
		extent = inspect_new_extent(in, body);
		if (extent && extent->addr == body && extent->size)
			add_number(obj, "new_size", extent->size);
		if (in->disassemble) {
			json_object_object_add(obj, "old_code",
					       json_code(in->objects[func->object], func->old_addr,
							 func->old_size, code));
			json_object_object_add(obj, "new_code", json_code(in->self, body, 0, code));
		}
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_sites(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	struct json_object *list = json_object_new_array(), *obj;
	uint64_t body;
	uint32_t i;

	for (i = 0; i < note->nr_sites; i++) {
		body = inspect_body(in, note->sites[i].new_addr);
		obj = json_object_new_object();
		add_text(obj, "name", in, note->sites[i].name);
		add_text(obj, "object", in, note->objects[note->sites[i].object].name);
		add_number(obj, "address", note->sites[i].addr);
		json_object_object_add(obj, "stub_address",
				       body == note->sites[i].new_addr ? NULL :
				       json_object_new_uint64(note->sites[i].new_addr));
		add_number(obj, "new_address", body);
		json_object_object_add(obj, "old_bytes", json_hex(note->sites[i].old_bytes,
								  note->sites[i].old_len));
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_hooks(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	const struct suture_extent *extent;
	struct json_object *list = json_object_new_array(), *obj;
	uint32_t i;

	for (i = 0; i < note->nr_hooks; i++) {
		obj = json_object_new_object();
		json_object_object_add(obj, "kind",
				       json_text(inspect_hook_name(note->hooks[i].kind)));
		add_number(obj, "address", note->hooks[i].addr);
		extent = inspect_new_extent(in, note->hooks[i].addr);
		json_object_object_add(obj, "function", extent && extent->name ?
				       json_text(extent->name) : NULL);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_states(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	struct json_object *list = json_object_new_array(), *obj;
	uint32_t i;

	for (i = 0; i < note->nr_states; i++) {
		obj = json_object_new_object();
		add_number(obj, "id", note->states[i].id);
		add_number(obj, "version", note->states[i].version);
		json_object_array_add(list, obj);
	}
	return list;
}

static struct json_object *json_replaces(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	struct json_object *list = json_object_new_array();
	uint32_t i;

	for (i = 0; i < note->nr_replaces; i++)
		json_object_array_add(list, json_text(spm_string(note, note->replaces[i])));
	return list;
}

/* null: there is none */
static struct json_object *json_signature(const struct inspection *in)
{
	struct json_object *obj;

	if (!in->sign.is_signed)
		return NULL;
	obj = json_object_new_object();
	json_object_object_add(obj, "signer", json_text(in->sign.signer));
	json_object_object_add(obj, "serial", json_text(in->sign.serial));
	json_object_object_add(obj, "digest", in->sign.digest ? json_text(in->sign.digest) : NULL);
	return obj;
}

int inspect_json(const struct inspection *in)
{
	const struct suture_note *head = in->patch->spm->note.head;
	struct json_object *root = json_object_new_object();
	int code = in->disassemble && !in->self ? SUTURE_EXIT_ERROR : SUTURE_EXIT_DONE;

	add_text(root, "name", in, head->name);
	add_text(root, "version", in, head->version);
	add_text(root, "description", in, head->description);
	add_text(root, "cve", in, head->cve);
	add_text(root, "level", in, head->level);
	add_text(root, "author", in, head->author);
	add_text(root, "license", in, head->license);
	json_object_object_add(root, "file", json_text(in->patch->spm->path));
	json_object_object_add(root, "signature", json_signature(in));
	json_object_object_add(root, "machine", json_text(inspect_machine_name(head->machine)));
	json_object_object_add(root, "consistency",
			       json_text(head->flags & SUTURE_NOTE_QUIESCENT ? "quiescent"
									      : "immediate"));
	json_object_object_add(root, "any_target",
			       json_object_new_boolean(head->flags & SUTURE_NOTE_ANY_TARGET));
	json_object_object_add(root, "replaces_all",
			       json_object_new_boolean(head->flags & SUTURE_NOTE_REPLACE));
	json_object_object_add(root, "replaces", json_replaces(in));
	json_object_object_add(root, "objects", json_objects(in));
	json_object_object_add(root, "functions", json_funcs(in, &code));
	json_object_object_add(root, "sites", json_sites(in));
	json_object_object_add(root, "hooks", json_hooks(in));
	if (in->patch->spm->note.nr_hooks) {
		add_number(root, "hook_limit_ms", head->hook_limit_ms ?: SUTURE_HOOK_LIMIT_MS);
		add_number(root, "hook_stack", head->hook_stack);
	}
	json_object_object_add(root, "states", json_states(in));
	add_number(root, "relocations", in->patch->spm->note.nr_relocs);
	add_number(root, "relocations_to_itself", inspect_count_relocs(in, SUTURE_SELF));
	return json_finish(root, code);
}
