// SPDX-License-Identifier: GPL-2.0-only
/* suture status --verify: what was compared, and what differs. */
#include <inttypes.h>
#include <stdio.h>

#include "command.h"
#include "output.h"
#include "suture.h"
#include "verify-run.h"

/* "answer+0x6" */
static void print_where(const struct suture_difference *d)
{
	if (!*d->function && !d->len)
		return;
	printf(" %s", *d->function ? d->function : "its text");
	if (d->len)
		printf("+0x%" PRIx64 " (0x%" PRIx64 ")", d->offset, d->addr);
}

static void print_differences(const struct suture_verify *verify)
{
	for (size_t i = 0; i < verify->nr_procs; i++) {
		const struct suture_verify_proc *proc = &verify->procs[i];

		for (size_t k = 0; k < proc->nr_diffs; k++) {
			const struct suture_difference *d = &proc->diffs[k];

			printf("  %7d  ", proc->pid);
			output_text(proc->comm, 15);
			printf("  ");
			output_text(verify->patches[d->patch].name, 0);
			print_where(d);
			printf(": ");
			output_text(d->text, 0);
			printf("\n");
		}
	}
}

static void print_verify(const struct suture_verify *verify)
{
	print_differences(verify);
	printf("verified: %zu process%s, %" PRIu64 " places, %" PRIu64 " bytes of text: ",
	       verify->nr_procs, verify->nr_procs == 1 ? "" : "es", verify->nr_places,
	       verify->nr_bytes);
	if (verify->nr_diffs)
		printf("%zu difference%s\n", verify->nr_diffs, verify->nr_diffs == 1 ? "" : "s");
	else
		printf("all as it should be\n");
	if (verify->nr_denied)
		printf("%zu processes could not be looked at: run suture as root\n",
		       verify->nr_denied);
}

static struct json_object *json_difference(const struct suture_verify *verify,
					   const struct suture_verify_proc *proc,
					   const struct suture_difference *d)
{
	size_t len = d->len < SUTURE_DIFFERENCE_BYTES ? d->len : SUTURE_DIFFERENCE_BYTES;
	struct json_object *obj = json_object_new_object();

	json_object_object_add(obj, "pid", json_object_new_int(proc->pid));
	json_object_object_add(obj, "comm", json_text(proc->comm));
	json_object_object_add(obj, "patch", json_text(verify->patches[d->patch].name));
	json_object_object_add(obj, "kind", json_text(suture_difference_name(d->kind)));
	json_object_object_add(obj, "function", *d->function ? json_text(d->function) : NULL);
	json_object_object_add(obj, "offset", json_object_new_uint64(d->offset));
	json_object_object_add(obj, "address", json_object_new_uint64(d->addr));
	json_object_object_add(obj, "length", json_object_new_uint64(d->len));
	json_object_object_add(obj, "bytes", json_hex(d->got, len));
	json_object_object_add(obj, "expected", json_hex(d->want, len));
	json_object_object_add(obj, "text", json_text(d->text));
	return obj;
}

static struct json_object *json_seen(const struct suture_verify *verify,
				     const struct suture_verify_proc *proc)
{
	struct json_object *obj = json_object_new_object(), *patches;

	json_object_object_add(obj, "pid", json_object_new_int(proc->pid));
	json_object_object_add(obj, "comm", json_text(proc->comm));
	patches = json_object_new_object();
	for (size_t p = 0; p < verify->nr_patches; p++)
		if (verify->chosen[p])
			json_object_object_add(patches, verify->patches[p].name,
					       json_text(suture_observed_name(proc->observed[p])));
	json_object_object_add(obj, "patches", patches);
	return obj;
}

static struct json_object *json_verify(const struct suture_verify *verify)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *diffs = json_object_new_array(), *procs = json_object_new_array();

	for (size_t i = 0; i < verify->nr_procs; i++) {
		const struct suture_verify_proc *proc = &verify->procs[i];

		json_object_array_add(procs, json_seen(verify, proc));
		for (size_t k = 0; k < proc->nr_diffs; k++)
			json_object_array_add(diffs,
					      json_difference(verify, proc, &proc->diffs[k]));
	}
	json_object_object_add(obj, "places", json_object_new_uint64(verify->nr_places));
	json_object_object_add(obj, "bytes", json_object_new_uint64(verify->nr_bytes));
	json_object_object_add(obj, "denied", json_object_new_uint64(verify->nr_denied));
	json_object_object_add(obj, "processes", procs);
	json_object_object_add(obj, "differences", diffs);
	return obj;
}

int verify_run(int dev, char *const *names, struct json_object *root)
{
	struct suture_error err = { 0 };
	struct suture_verify *verify;
	int code = SUTURE_EXIT_DONE;

	if (suture_verify(dev, names, &verify, &err))
		return cli_error(&err);
	if (verify->nr_diffs || verify->nr_denied)
		code = SUTURE_EXIT_PARTIAL;
	if (root)
		json_object_object_add(root, "verify", json_verify(verify));
	else
		print_verify(verify);
	suture_verify_free(verify);
	return code;
}
