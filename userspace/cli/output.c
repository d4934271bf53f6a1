// SPDX-License-Identifier: GPL-2.0-only
/* How results reach people and programs. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "output.h"

void output_text(const char *text, int width)
{
	char *clean = suture_text_clean(text, 0);

	printf("%-*s", width, clean ? clean : "?");
	free(clean);
}

void output_procs(const struct suture_proc *procs, size_t nr, const struct suture_spm *spm)
{
	char detail[1024];
	size_t i;

	if (!nr)
		return;
	printf("  %7s  %-15s  %s\n", "PID", "COMMAND", "STATE");
	for (i = 0; i < nr; i++) {
		if (procs[i].pid)
			printf("  %7d  ", procs[i].pid);
		else
			printf("  %7s  ", "-");	/* not of our pid namespace */
		output_text(procs[i].comm, 15);
		printf("  %s", suture_proc_state_name(procs[i].state));
		suture_proc_detail(&procs[i], spm, detail, sizeof(detail));
		printf("%s%s\n", *detail ? ": " : "", detail);
	}
}

void output_missing(const struct suture_spm *spm, const unsigned int *want_of,
		    const struct suture_found *found)
{
	const struct spm_note *note = &spm->note;
	char hex[2 * SUTURE_BUILD_ID_MAX + 1];
	bool any;
	uint32_t i;
	size_t j;

	for (i = 0; i < note->nr_objects; i++) {
		const struct suture_object *obj = &note->objects[i];

		if (suture_found_usable(found, want_of[i], obj->role))
			continue;
		if (suture_found_has(found, want_of[i])) {
			cli_note("%s: every file of %s is excluded by the policy (--no-policy ignores it)",
				 spm->path, spm_string(note, obj->name));
			continue;
		}
		suture_text_hex(obj->build_id, obj->build_id_len, hex);
		cli_note("%s: no file here is the build of %s that the patch is for (build-id %s)",
			 spm->path, spm_string(note, obj->name), hex);
		any = false;
		for (j = 0; j < found->nr_others; j++) {
			const struct suture_found_other *other = &found->others[j];

			if (other->want != want_of[i])
				continue;
			suture_text_hex(other->id, other->id_len, hex);
			cli_note("  found instead: %s, %s%s", other->path,
				 other->id_len ? "build-id " : "which has no build-id", hex);
			any = true;
		}
		if (!any)
			cli_note("  no file of that name was found in any process or library folder; if there is one elsewhere, name it by --file");
	}
	output_denied(found);
}

void output_excluded(const struct suture_found *found)
{
	size_t i;

	for (i = 0; i < found->nr_files; i++)
		if (found->files[i].excluded)
			cli_note("%s is left out: %s excludes it", found->files[i].path,
				 found->files[i].excluded);
}

void output_too_many(const struct suture_found *found)
{
	if (found->nr_left_out)
		cli_note("%zu file%s with a build-id of the patch %s left out, for there are too many; those of root came first",
			 found->nr_left_out, found->nr_left_out == 1 ? "" : "s",
			 found->nr_left_out == 1 ? "is" : "are");
}

void output_denied(const struct suture_found *found)
{
	if (found->nr_denied)
		cli_note("%zu process%s could not be looked at%s", found->nr_denied,
			 found->nr_denied == 1 ? "" : "es",
			 geteuid() ? ": root sees all of them" : " for want of rights");
}

struct json_object *json_text(const char *text)
{
	struct json_object *obj;
	char *clean;

	if (!text)
		return NULL;
	clean = suture_text_clean(text, SUTURE_TEXT_KEEP_CONTROLS);
	obj = clean ? json_object_new_string(clean) : NULL;
	free(clean);
	return obj;
}

struct json_object *json_hex(const uint8_t *bytes, size_t len)
{
	char hex[2 * SUTURE_OLD_BYTES_MAX + 1];

	if (!len || len > SUTURE_OLD_BYTES_MAX)
		return NULL;
	return json_object_new_string(suture_text_hex(bytes, len, hex));
}

static struct json_object *json_proc(const struct suture_proc *proc, const struct suture_spm *spm)
{
	bool of_hook = proc->reason == SUTURE_REASON_HOOK ||
		       proc->reason == SUTURE_REASON_HOOK_LATE;
	struct json_object *obj = json_object_new_object();
	char detail[1024];

	json_object_object_add(obj, "pid", json_object_new_int(proc->pid));
	json_object_object_add(obj, "comm", json_text(proc->comm));
	json_object_object_add(obj, "state", json_text(suture_proc_state_name(proc->state)));
	json_object_object_add(obj, "reason", json_text(suture_proc_reason_name(proc->reason)));
	json_object_object_add(obj, "detail",
			       json_text(suture_proc_detail(proc, spm, detail, sizeof(detail))));
	json_object_object_add(obj, "error", json_object_new_int(proc->error));
	json_object_object_add(obj, "tid", proc->tid ? json_object_new_int(proc->tid) : NULL);
	json_object_object_add(obj, "thread", proc->tid ? json_text(proc->thread_comm) : NULL);
	json_object_object_add(obj, "function", of_hook ? NULL :
			       json_text(suture_spm_func_name(spm, proc->func)));
	json_object_object_add(obj, "hook", of_hook && proc->func != SUTURE_NO_FUNC ?
			       json_object_new_int64(proc->func) : NULL);
	json_object_object_add(obj, "attempts", json_object_new_int64(proc->attempts));
	json_object_object_add(obj, "pause_us", json_object_new_int64(proc->pause_us));
	json_object_object_add(obj, "start_time_ns", json_object_new_uint64(proc->start_time));
	return obj;
}

struct json_object *json_procs(const struct suture_proc *procs, size_t nr,
			       const struct suture_spm *spm)
{
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_object_array_add(list, json_proc(&procs[i], spm));
	return list;
}

struct json_object *json_totals(const struct suture_totals *t)
{
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "total", json_object_new_int64(t->total));
	json_object_object_add(obj, "patched", json_object_new_int64(t->patched));
	json_object_object_add(obj, "unpatched", json_object_new_int64(t->unpatched));
	json_object_object_add(obj, "waiting", json_object_new_int64(t->waiting));
	json_object_object_add(obj, "draining", json_object_new_int64(t->draining));
	json_object_object_add(obj, "not applicable", json_object_new_int64(t->not_applicable));
	json_object_object_add(obj, "refused", json_object_new_int64(t->refused));
	json_object_object_add(obj, "failed", json_object_new_int64(t->failed));
	json_object_object_add(obj, "unknown", json_object_new_int64(t->unknown));
	return obj;
}

struct json_object *json_missing(const struct suture_spm *spm, const unsigned int *want_of,
				 const struct suture_found *found)
{
	struct json_object *list = json_object_new_array(), *obj, *others, *other;
	const struct spm_note *note = &spm->note;
	uint32_t i;
	size_t j;

	for (i = 0; i < note->nr_objects; i++) {
		if (suture_found_usable(found, want_of[i], note->objects[i].role))
			continue;
		obj = json_object_new_object();
		json_object_object_add(obj, "object",
				       json_text(spm_string(note, note->objects[i].name)));
		json_object_object_add(obj, "build_id", json_hex(note->objects[i].build_id,
								 note->objects[i].build_id_len));
		others = json_object_new_array();
		for (j = 0; j < found->nr_others; j++) {
			if (found->others[j].want != want_of[i])
				continue;
			other = json_object_new_object();
			json_object_object_add(other, "path", json_text(found->others[j].path));
			json_object_object_add(other, "build_id",
					       json_hex(found->others[j].id,
							found->others[j].id_len));
			json_object_array_add(others, other);
		}
		json_object_object_add(obj, "found_instead", others);
		json_object_object_add(obj, "excluded", json_object_new_boolean(
					       suture_found_has(found, want_of[i])));
		json_object_array_add(list, obj);
	}
	return list;
}

int json_finish(struct json_object *root, int code)
{
	const char *text;

	text = json_object_to_json_string_ext(root, JSON_C_TO_STRING_PRETTY |
						    JSON_C_TO_STRING_SPACED |
						    JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text || puts(text) < 0 || fflush(stdout)) {
		cli_note("cannot write the result");
		code = SUTURE_EXIT_ERROR;
	}
	json_object_put(root);
	return code;
}
