// SPDX-License-Identifier: GPL-2.0-only
/* suture inspect: what a patch module replaces, and by what. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "disasm.h"
#include "inspect.h"

#define WIDTH_DEFAULT	120
#define WIDTH_LEAST	60
/* as `suture pack` names stubs */
#define FUNC_STUB	"suture.entry."
#define SITE_STUB	"suture.site."

struct options {
	bool json, no_disassembly;
	char **files;
	size_t nr_files;
	char *patch[2];
};

enum { OPT_JSON = 256, OPT_FILE, OPT_NO_DISASSEMBLY };

static const struct argp_option argp_options[] = {
	{ "file", OPT_FILE, "PATH", 0,
	  "Look at this file too for the target's build-id; may be repeated", 0 },
	{ "no-disassembly", OPT_NO_DISASSEMBLY, NULL, 0, "Without the code", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print as JSON", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case OPT_JSON:
		opt->json = true;
		return 0;
	case OPT_FILE:
		return -suture_strv_add(&opt->files, &opt->nr_files, arg);
	case OPT_NO_DISASSEMBLY:
		opt->no_disassembly = true;
		return 0;
	case ARGP_KEY_ARG:
		if (opt->patch[0])
			argp_error(state, "one patch module at a time");
		opt->patch[0] = arg;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which patch module?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.args_doc = "FILE",
	.doc = "Show what a patch module (.spm) says of itself: what it is for, which functions "
	       "of which build of what it replaces, and, when a file with that build-id is on "
	       "this machine, the old and the new code side by side."
	       "\v" CLI_EXIT_CODES,
};

const struct suture_extent *inspect_new_extent(const struct inspection *in, uint64_t addr)
{
	struct suture_code *code;

	if (!in->self || suture_target_code(in->self, &code, NULL))
		return NULL;
	return suture_code_extent(code, addr);
}

/* The function that a line of a stub calls; NULL: it is no call, or of no known function. */
static const struct suture_symbol *called(const struct suture_target *self, const char *text)
{
	static const char *const calls[] = { "call", "bl" };
	const struct suture_symbol *sym;
	size_t nr, len, i;

	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		len = strlen(calls[i]);
		if (strncmp(text, calls[i], len) || text[len] != ' ')
			continue;
		sym = suture_symbols_find(&self->symbols, text + len + strspn(text + len, " "), &nr);
		return sym && sym->defined ? sym : NULL;
	}
	return NULL;
}

uint64_t inspect_body(const struct inspection *in, uint64_t addr)
{
	const struct suture_extent *extent = inspect_new_extent(in, addr);
	const struct suture_symbol *sym = NULL;
	struct suture_line *lines;
	struct suture_code *code;
	size_t nr, i;

	if (!extent || !extent->name ||
	    (strncmp(extent->name, FUNC_STUB, strlen(FUNC_STUB)) &&
	     strncmp(extent->name, SITE_STUB, strlen(SITE_STUB))) ||
	    suture_target_code(in->self, &code, NULL) ||
	    suture_disasm(code, addr, 0, &lines, &nr, NULL))
		return addr;
	for (i = 0; i < nr && !sym; i++)
		sym = called(in->self, lines[i].text);
	free(lines);
	return sym ? sym->value : addr;
}

size_t inspect_count_relocs(const struct inspection *in, uint32_t object)
{
	const struct spm_note *note = &in->patch->spm->note;
	size_t nr = 0;
	uint32_t i;

	for (i = 0; i < note->nr_relocs; i++)
		nr += note->relocs[i].object == object;
	return nr;
}

const char *inspect_machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "arm64";
	}
	return "an unknown machine";
}

const char *inspect_hook_name(uint32_t kind)
{
	switch (kind) {
	case SUTURE_HOOK_PRE_PATCH:
		return "pre_patch";
	case SUTURE_HOOK_POST_PATCH:
		return "post_patch";
	case SUTURE_HOOK_PRE_UNPATCH:
		return "pre_unpatch";
	case SUTURE_HOOK_POST_UNPATCH:
		return "post_unpatch";
	}
	return "unknown";
}

const char *inspect_role_name(uint32_t role)
{
	return role == SUTURE_ROLE_TARGET ? "target" : "needed";
}

/* Where distributions install separate debug files. */
static bool debug_path(const struct suture_object *obj, char *path, size_t size)
{
	char hex[2 * SUTURE_BUILD_ID_MAX + 1];

	if (obj->build_id_len < 2)
		return false;
	suture_text_hex(obj->build_id, obj->build_id_len, hex);
	snprintf(path, size, "/usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	return access(path, R_OK) == 0;
}

/* A file that was found may be deleted or elsewhere: what we have is its descriptor. */
static void open_object(struct inspection *in, uint32_t index)
{
	const struct suture_object *obj = &in->patch->spm->note.objects[index];
	const struct suture_found *found = in->set->found;
	char path[64], debug[128];
	bool has_debug = debug_path(obj, debug, sizeof(debug));
	struct suture_error err = { 0 };
	size_t i;

	for (i = 0; i < found->nr_files; i++) {
		if (found->files[i].want != in->patch->want_of[index])
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", found->files[i].fd);
		if (!suture_target_open(path, has_debug ? debug : NULL, &in->objects[index], &err))
			return;
		suture_error_prefix(&err, "%s", found->files[i].path);
		cli_error(&err);
	}
}

static unsigned int terminal_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		return WIDTH_DEFAULT;
	return size.ws_col < WIDTH_LEAST ? WIDTH_LEAST : size.ws_col;
}

static int inspect(const struct patchset *set, const struct options *opt)
{
	struct inspection in = {
		.set = set,
		.patch = &set->patches[0],
		.disassemble = !opt->no_disassembly,
		.width = terminal_width(),
	};
	struct suture_error err = { 0 };
	uint32_t i;
	int code;

	/* A signature that cannot be read is worth a word, the patch can be looked at. */
	if (suture_sign_read(in.patch->spm->path, &in.sign, &err))
		cli_error(&err);
	/* The patch module is an ordinary object, too. */
	if (suture_target_open(in.patch->spm->path, NULL, &in.self, &err))
		cli_error(&err);
	if (in.disassemble) {
		for (i = 0; i < in.patch->spm->note.nr_objects; i++)
			if (in.patch->spm->note.objects[i].role == SUTURE_ROLE_TARGET)
				open_object(&in, i);
	}
	code = opt->json ? inspect_json(&in) : inspect_print(&in);
	for (i = 0; i < SUTURE_MAX_OBJECTS; i++)
		suture_target_close(in.objects[i]);
	suture_target_close(in.self);
	return code;
}

int cmd_inspect(int argc, char **argv)
{
	struct suture_error err = { 0 };
	struct patchset *set = NULL;
	struct options opt = { 0 };
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (patchset_open(opt.patch, opt.files, false, &set, &err))
		code = cli_error(&err);
	else
		code = inspect(set, &opt);
	patchset_free(set);
	suture_strv_free(opt.files);
	return code;
}
