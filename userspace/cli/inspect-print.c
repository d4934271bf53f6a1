// SPDX-License-Identifier: GPL-2.0-only
/* suture inspect, for people. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "disasm.h"
#include "inspect.h"
#include "output.h"

/* A line "  WORD  TEXT", left out when there is no text. */
static void print_meta(const struct inspection *in, const char *word, uint32_t string)
{
	const char *text = spm_string(&in->patch->spm->note, string);

	if (!*text)
		return;
	printf("  %-12s ", word);
	output_text(text, 0);
	printf("\n");
}

static void print_head(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	uint32_t i;

	output_text(suture_spm_name(in->patch->spm), 0);
	printf(" ");
	output_text(spm_string(note, note->head->version), 0);
	printf("\n");
	print_meta(in, "description", note->head->description);
	print_meta(in, "CVE", note->head->cve);
	print_meta(in, "level", note->head->level);
	print_meta(in, "author", note->head->author);
	print_meta(in, "license", note->head->license);
	printf("  %-12s %s\n", "machine", inspect_machine_name(note->head->machine));
	printf("  %-12s %s\n", "consistency",
	       note->head->flags & SUTURE_NOTE_QUIESCENT ?
	       "quiescent: all functions change at once, when no thread is inside an old one" :
	       "immediate: a thread inside an old function finishes there");
	if (note->head->flags & SUTURE_NOTE_ANY_TARGET)
		printf("  %-12s %s\n", "targets", "any: a process may map one of them alone");
	if (note->head->flags & SUTURE_NOTE_REPLACE)
		printf("  %-12s %s\n", "replaces", "all patches that are loaded before it");
	for (i = 0; i < note->nr_replaces; i++)
		print_meta(in, i ? "" : "replaces", note->replaces[i]);
}

static void print_signature(const struct inspection *in)
{
	printf("  %-12s ", "signature");
	if (in->sign.is_signed && in->sign.digest) {
		output_text(in->sign.signer, 0);
		printf(", serial %s, %s (not verified here: `suture verify')\n", in->sign.serial,
		       in->sign.digest);
	} else {
		printf("%s\n", in->sign.is_signed ? "damaged" : "none");
	}
}

static void print_objects(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	const struct suture_found *found = in->set->found;
	char hex[2 * SUTURE_BUILD_ID_MAX + 1];
	uint32_t i;
	size_t j;

	printf("\nobjects\n");
	for (i = 0; i < note->nr_objects; i++) {
		const struct suture_object *obj = &note->objects[i];

		printf("  %s ", inspect_role_name(obj->role));
		output_text(spm_string(note, obj->name), 0);
		printf(", build-id %s\n", suture_text_hex(obj->build_id, obj->build_id_len, hex));
		for (j = 0; j < found->nr_files; j++) {
			if (found->files[j].want != in->patch->want_of[i])
				continue;
			printf("    found: ");
			output_text(found->files[j].path, 0);
			printf("%s\n", found->files[j].deleted ? " (deleted)" : "");
		}
		if (!suture_found_has(found, in->patch->want_of[i]))
			printf("    no file of this build is here\n");
	}
}

static void print_bytes(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		printf("%s%02x", i ? " " : "", bytes[i]);
}

/* "0x7b0, 15 bytes, new_answer" */
static void print_new(const struct inspection *in, uint64_t addr)
{
	const struct suture_extent *extent = inspect_new_extent(in, addr);

	printf("0x%" PRIx64, addr);
	if (!extent || extent->addr != addr)
		return;
	if (extent->size)
		printf(", %" PRIu64 " bytes", extent->size);
	if (extent->name) {
		printf(", ");
		output_text(extent->name, 0);
	}
}

/* The author's function, and the stub by which it is entered. */
static void print_entry(const struct inspection *in, uint64_t addr)
{
	uint64_t body = inspect_body(in, addr);

	printf("    new: ");
	print_new(in, body);
	if (body != addr) {
		printf("\n    entered through a stub: ");
		print_new(in, addr);
	}
	printf("\n");
}

static void print_funcs(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	uint32_t i, j;

	if (!note->nr_funcs)
		return;
	printf("\nfunctions\n");
	for (i = 0; i < note->nr_funcs; i++) {
		const struct suture_func *func = &note->funcs[i];

		printf("  ");
		output_text(spm_string(note, func->name), 0);
		printf("\n    old: 0x%" PRIx64 ", %u bytes, in ", (uint64_t)func->old_addr,
		       func->old_size);
		output_text(spm_string(note, note->objects[func->object].name), 0);
		printf("\n    begins with: ");
		print_bytes(func->old_bytes, func->old_len);
		printf("%s\n", func->branch_at ? " (the branch goes behind the landing pad)" : "");
		for (j = 0; j < note->nr_ranges; j++)
			if (note->ranges[j].func == i)
				printf("    further part: 0x%" PRIx64 ", %u bytes\n",
				       (uint64_t)note->ranges[j].addr, note->ranges[j].size);
		print_entry(in, func->new_addr);
	}
}

static void print_sites(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	uint32_t i;

	if (!note->nr_sites)
		return;
	printf("\ncalls\n");
	for (i = 0; i < note->nr_sites; i++) {
		const struct suture_site *site = &note->sites[i];

		printf("  ");
		output_text(spm_string(note, site->name), 0);
		printf("\n    old: 0x%" PRIx64 ", %u bytes, in ", (uint64_t)site->addr,
		       site->old_len);
		output_text(spm_string(note, note->objects[site->object].name), 0);
		printf("\n    is: ");
		print_bytes(site->old_bytes, site->old_len);
		printf("\n");
		print_entry(in, site->new_addr);
	}
}

static void print_life(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	const struct suture_note *head = note->head;
	uint32_t i;

	if (note->nr_hooks)
		printf("\nhooks: %u ms each, on a stack of %u KiB\n",
		       head->hook_limit_ms ?: SUTURE_HOOK_LIMIT_MS, head->hook_stack >> 10);
	for (i = 0; i < note->nr_hooks; i++) {
		printf("  %-12s ", inspect_hook_name(note->hooks[i].kind));
		print_new(in, note->hooks[i].addr);
		printf("\n");
	}
	if (note->nr_states)
		printf("\nstates\n");
	for (i = 0; i < note->nr_states; i++)
		printf("  id %u, version %u\n", note->states[i].id, note->states[i].version);
}

static void print_relocs(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	uint32_t i;
	size_t nr;

	printf("\nrelocations: %u\n", note->nr_relocs);
	nr = inspect_count_relocs(in, SUTURE_SELF);
	if (nr)
		printf("  %zu to the patch itself\n", nr);
	for (i = 0; i < note->nr_objects; i++) {
		nr = inspect_count_relocs(in, i);
		if (!nr)
			continue;
		printf("  %zu to ", nr);
		output_text(spm_string(note, note->objects[i].name), 0);
		printf("\n");
	}
}

/* Old and new of one function; what a missing side is for is said above already. */
static int print_pair(const struct inspection *in, const struct suture_func *func)
{
	struct suture_code *old_code, *new_code;
	struct suture_error err = { 0 };
	char *text, *clean;

	if (suture_target_code(in->objects[func->object], &old_code, &err) ||
	    suture_target_code(in->self, &new_code, &err) ||
	    suture_disasm_pair(old_code, func->old_addr, func->old_size, new_code,
			       inspect_body(in, func->new_addr), 0, in->width, &text, &err))
		return cli_error(&err);
	printf("\n");
	output_text(spm_string(&in->patch->spm->note, func->name), 0);
	printf(": old and new\n");
	/* Names of symbols are in it. */
	clean = suture_text_clean(text, SUTURE_TEXT_KEEP_NEWLINES);
	fputs(clean ? clean : "out of memory\n", stdout);
	free(clean);
	free(text);
	return SUTURE_EXIT_DONE;
}

int inspect_print(const struct inspection *in)
{
	const struct spm_note *note = &in->patch->spm->note;
	int code = SUTURE_EXIT_DONE;
	uint32_t i;

	print_head(in);
	print_signature(in);
	print_objects(in);
	print_funcs(in);
	print_sites(in);
	print_life(in);
	print_relocs(in);
	if (!in->disassemble)
		return code;
	if (!in->self)
		return SUTURE_EXIT_ERROR;
	for (i = 0; i < note->nr_funcs; i++) {
		if (in->objects[note->funcs[i].object])
			code = cli_worse(code, print_pair(in, &note->funcs[i]));
		else
			cli_note("%s: its old code cannot be shown without the target (name it by --file)",
				 spm_string(note, note->funcs[i].name));
	}
	return code;
}
