// SPDX-License-Identifier: GPL-2.0-only
/* suture find: functions of a stripped file, by what they do. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "seek.h"
#include "options.h"
#include "output.h"
#include "target.h"
#include "text.h"

struct options {
	bool json;
	const char *header, *debug, *query, *target;
};

enum { OPT_HEADER = 256 };

static const struct argp_option argp_options[] = {
	{ "debug", 'd', "FILE", 0, "Separate debug file of TARGET, for its static names", 0 },
	{ "header", OPT_HEADER, "FILE", 0, "Write a C header with what was found; - is the standard output", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->json;
		return 0;
	case 'd':
		opt->debug = arg;
		return 0;
	case OPT_HEADER:
		opt->header = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (!opt->query)
			opt->query = arg;
		else if (!opt->target)
			opt->target = arg;
		else
			argp_error(state, "one query, one target");
		return 0;
	case ARGP_KEY_END:
		if (!opt->target)
			argp_error(state, "which query, and which target?");
		if (opt->header && opt->json)
			argp_error(state, "--header and --json are two forms of the same");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {
	{ &options_json, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.children = children,
	.args_doc = "QUERY TARGET",
	.doc = "Find functions, calls and registers of a stripped file by what they do, as QUERY "
	       "(suture-find(5)) says. Exactly one must fit each section of it; else it says "
	       "what is left by each line, and fails."
	       "\v" CLI_EXIT_CODES,
};

struct found {
	const struct suture_target *target;
	const struct suture_seek_query *query;
	const struct suture_seek_result *results;
	char build_id[2 * SUTURE_BUILD_ID_MAX + 1];
};

static const char *const kinds[] = {
	[SUTURE_SEEK_FUNCTION] = "function",
	[SUTURE_SEEK_CALL] = "call",
	[SUTURE_SEEK_REGISTER] = "register",
};

/* The section that a line leads to, by its key; NULL: none does. */
static const struct suture_seek_entry *refers(const struct found *found,
					      const struct suture_seek_entry *entry,
					      enum suture_seek_key key)
{
	for (size_t i = 0; i < entry->nr_conds; i++)
		if (entry->conds[i].key == key)
			return &found->query->entries[entry->conds[i].ref];
	return NULL;
}

/* ------------------------------------------------------------- for people */

static void print_human(const struct found *found)
{
	output_text(found->target->elf->path, 0);
	printf(", build-id %s\n", found->build_id);
	for (size_t i = 0; i < found->query->nr; i++) {
		const struct suture_seek_entry *entry = &found->query->entries[i];
		const struct suture_seek_result *r = &found->results[i];
		char hex[2 * SUTURE_SEEK_BYTES_MAX + 1];

		printf("  %-8s  %-24s  ", kinds[entry->kind], entry->name);
		if (entry->kind == SUTURE_SEEK_REGISTER) {
			printf("%%%s at %s\n", r->reg, refers(found, entry, SUTURE_SEEK_AT)->name);
			continue;
		}
		printf("0x%" PRIx64, r->addr);
		if (entry->kind == SUTURE_SEEK_FUNCTION)
			printf(", %" PRIu64 " bytes", r->size);
		else
			printf(", %s+0x%" PRIx64, refers(found, entry, SUTURE_SEEK_IN)->name,
			       r->offset);
		if (r->callee_name) {
			printf(", of ");
			output_text(r->callee_name, 0);
		} else if (r->callee) {
			printf(", of 0x%" PRIx64, r->callee);
		}
		printf("\n  %-8s  %-24s  %s%s\n", "", "",
		       suture_text_hex(r->bytes, r->nr_bytes, hex),
		       r->nr_bytes < r->size ? "…" : "");
	}
}

/* ----------------------------------------------------------- for programs */

static struct json_object *json_address(uint64_t addr)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, addr);
	return json_object_new_string(text);
}

static struct json_object *json_result(const struct found *found, size_t i)
{
	const struct suture_seek_entry *entry = &found->query->entries[i];
	const struct suture_seek_result *r = &found->results[i];
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "name", json_text(entry->name));
	json_object_object_add(obj, "kind", json_text(kinds[entry->kind]));
	if (entry->kind == SUTURE_SEEK_REGISTER) {
		json_object_object_add(obj, "at", json_text(refers(found, entry, SUTURE_SEEK_AT)->name));
		json_object_object_add(obj, "register", json_text(r->reg));
		return obj;
	}
	json_object_object_add(obj, "address", json_address(r->addr));
	json_object_object_add(obj, "size", json_object_new_int64(r->size));
	json_object_object_add(obj, "bytes", json_hex(r->bytes, r->nr_bytes));
	if (entry->kind == SUTURE_SEEK_CALL) {
		json_object_object_add(obj, "in", json_text(refers(found, entry, SUTURE_SEEK_IN)->name));
		json_object_object_add(obj, "offset", json_object_new_int64(r->offset));
		json_object_object_add(obj, "callee", r->callee ? json_address(r->callee) : NULL);
		json_object_object_add(obj, "callee_name", json_text(r->callee_name));
	}
	return obj;
}

static int print_json(const struct found *found)
{
	struct json_object *root = json_object_new_object(), *list = json_object_new_array();

	json_object_object_add(root, "file", json_text(found->target->elf->path));
	json_object_object_add(root, "build_id", json_text(found->build_id));
	for (size_t i = 0; i < found->query->nr; i++)
		json_object_array_add(list, json_result(found, i));
	json_object_object_add(root, "found", list);
	return json_finish(root, SUTURE_EXIT_DONE);
}

/* ---------------------------------------------------------- for a Makefile */

static void write_header(const struct found *found, FILE *out)
{
	fprintf(out, "/* Written by `suture find'; for one build of the target only. */\n"
		"#define FOUND_BUILD_ID \"%s\"\n", found->build_id);
	for (size_t i = 0; i < found->query->nr; i++) {
		const struct suture_seek_entry *entry = &found->query->entries[i];
		const struct suture_seek_result *r = &found->results[i];
		char name[SUTURE_SEEK_NAME_MAX] = "";

		for (size_t k = 0; entry->name[k]; k++)
			name[k] = toupper((unsigned char)entry->name[k]);
		fprintf(out, "\n");
		if (entry->kind == SUTURE_SEEK_REGISTER) {
			fprintf(out, "#define %s_REGISTER \"%s\"\n", name, r->reg);
			continue;
		}
		fprintf(out, "#define %s_ADDRESS 0x%" PRIx64 "\n", name, r->addr);
		fprintf(out, "#define %s_SIZE %" PRIu64 "\n", name, r->size);
		if (entry->kind == SUTURE_SEEK_CALL)
			fprintf(out, "#define %s_OFFSET 0x%" PRIx64 "\n", name, r->offset);
		fprintf(out, "#define %s_BYTES ", name);
		for (size_t k = 0; k < r->nr_bytes; k++)
			fprintf(out, "%s0x%02x", k ? ", " : "", r->bytes[k]);
		fprintf(out, "\n");
	}
}

/* Whole, or not at all: make would take half a header for a new one. */
static int make_header(const struct found *found, const char *path, struct suture_error *err)
{
	char *temp = NULL;
	FILE *out;
	int ret = 0;

	if (!strcmp(path, "-")) {
		write_header(found, stdout);
		return fflush(stdout) ? suture_error_set(err, -errno, "standard output: %s",
							 strerror(errno)) : 0;
	}
	if (asprintf(&temp, "%s.new", path) < 0)
		return suture_error_nomem(err);
	out = fopen(temp, "we");
	if (out)
		write_header(found, out);
	if (!out || fflush(out) || ferror(out) || rename(temp, path))
		ret = suture_error_set(err, -errno, "%s: %s", path, strerror(errno));
	if (out)
		fclose(out);
	if (ret && out)
		unlink(temp);
	free(temp);
	return ret;
}

int cmd_find(int argc, char **argv)
{
	struct suture_seek_result *results = NULL;
	struct suture_seek_query query = { 0 };
	struct suture_target *target = NULL;
	struct suture_error err = { 0 };
	struct options opt = { 0 };
	struct found found;
	int code = SUTURE_EXIT_DONE;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (suture_seek_read(opt.query, &query, &err) ||
	    suture_target_open(opt.target, opt.debug, &target, &err) ||
	    suture_seek(target, &query, &results, &err)) {
		code = cli_error(&err);
		goto out;
	}
	found = (struct found) { .target = target, .query = &query, .results = results };
	suture_text_hex(target->elf->build_id, target->elf->build_id_len, found.build_id);
	if (opt.header)
		code = make_header(&found, opt.header, &err) ? cli_error(&err) : SUTURE_EXIT_DONE;
	else if (opt.json)
		code = print_json(&found);
	else
		print_human(&found);
out:
	free(results);
	suture_target_close(target);
	suture_seek_free(&query);
	return code;
}
