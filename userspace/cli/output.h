/* SPDX-License-Identifier: GPL-2.0-only */
/* How results reach people and programs; what they say is made elsewhere. */
#ifndef SUTURE_CLI_OUTPUT_H
#define SUTURE_CLI_OUTPUT_H

#include <json-c/json.h>

#include "suture.h"

/* ------------------------------------------------------------- for people */

/* output_text - a string from a file or a process, cleaned, on stdout,
 * padded to @width */
void output_text(const char *text, int width);

/* output_procs - one line for each process */
void output_procs(const struct suture_proc *procs, size_t nr, const struct suture_spm *spm);

/* output_scope - which processes the patch is for, and what takes its place; nothing
 * where it is for all */
void output_scope(const struct suture_ioc_patch *patch);

/* output_excluded - on stderr: files that the policy keeps from being patched */
void output_excluded(const struct suture_found *found);

/* output_too_many - on stderr: how many files are left out because there are too many */
void output_too_many(const struct suture_found *found);

/* output_missing - on stderr: objects of @spm that no file carries, and what
 * was found instead */
void output_missing(const struct suture_spm *spm, const unsigned int *want_of,
		    const struct suture_found *found);

/* output_denied - on stderr: that some processes could not be looked at, if so */
void output_denied(const struct suture_found *found);

/* ----------------------------------------------------------- for programs */

/* json_text - a string, or null; bytes that are not UTF-8 become \xNN */
struct json_object *json_text(const char *text);

/* json_hex - bytes as hex digits */
struct json_object *json_hex(const uint8_t *bytes, size_t len);

struct json_object *json_procs(const struct suture_proc *procs, size_t nr,
			       const struct suture_spm *spm);
struct json_object *json_totals(const struct suture_totals *totals);

/* json_add_scope - as output_scope, fields of @obj */
void json_add_scope(struct json_object *obj, const struct suture_ioc_patch *patch);

/* json_missing - as output_missing, an array */
struct json_object *json_missing(const struct suture_spm *spm, const unsigned int *want_of,
				 const struct suture_found *found);

/* json_finish - print and free; returns @code, or an error when stdout fails */
int json_finish(struct json_object *root, int code);

#endif /* SUTURE_CLI_OUTPUT_H */
