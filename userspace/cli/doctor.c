// SPDX-License-Identifier: GPL-2.0-only
/* suture doctor: is this machine ready, and if not, what to do. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "doctor.h"
#include "output.h"

struct options {
	bool json;
	const char *module;
};

enum { OPT_JSON = 256, OPT_MODULE };

static const struct argp_option argp_options[] = {
	{ "module", OPT_MODULE, "PATH", 0,
	  "The suture.ko that would be loaded (else SUTURE_KO, else by name)", 0 },
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
	case OPT_MODULE:
		opt->module = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Say whether this machine is ready for patches, and what to do if it is not. "
	       "Exits with 0 only when it is ready; a module that is not loaded, but can be, "
	       "counts as ready."
	       "\v" CLI_EXIT_CODES,
};

static void print_checks(const struct suture_checks *checks)
{
	size_t i, failed = 0;

	for (i = 0; i < checks->nr; i++) {
		const struct suture_check *check = &checks->list[i];

		printf("%-6s  %-9s  %s\n", check->ok ? "ok" : "not ok", check->name, check->text);
		if (!check->ok) {
			printf("%-6s  %-9s  to do: %s\n", "", "", check->advice);
			failed++;
		}
	}
	if (checks->ready)
		printf("this machine is ready\n");
	else
		printf("this machine is not ready: %zu of %zu checks failed\n", failed, checks->nr);
}

static struct json_object *json_checks(const struct suture_checks *checks)
{
	struct json_object *root = json_object_new_object(), *obj;
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < checks->nr; i++) {
		const struct suture_check *check = &checks->list[i];

		obj = json_object_new_object();
		json_object_object_add(obj, "name", json_text(check->name));
		json_object_object_add(obj, "ok", json_object_new_boolean(check->ok));
		json_object_object_add(obj, "text", json_text(check->text));
		json_object_object_add(obj, "advice",
				       check->ok ? NULL : json_text(check->advice));
		json_object_array_add(list, obj);
	}
	json_object_object_add(root, "ready", json_object_new_boolean(checks->ready));
	json_object_object_add(root, "checks", list);
	return root;
}

int cmd_doctor(int argc, char **argv)
{
	struct suture_error err = { 0 };
	struct options opt = { 0 };
	struct suture_checks checks;
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (!opt.module)
		opt.module = getenv("SUTURE_KO");
	if (opt.module && !*opt.module)
		opt.module = NULL;
	if (suture_doctor(opt.module, &checks, &err))
		return cli_error(&err);
	code = checks.ready ? SUTURE_EXIT_DONE : SUTURE_EXIT_ERROR;
	if (opt.json)
		return json_finish(json_checks(&checks), code);
	print_checks(&checks);
	return code;
}
