// SPDX-License-Identifier: GPL-2.0-only
/* suture auto: automatic installation, on or off. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "service.h"

struct options {
	bool json;
	const char *word;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &opt->json;
		return 0;
	case ARGP_KEY_ARG:
		if (opt->word || (strcmp(arg, "on") && strcmp(arg, "off") && strcmp(arg, "status")))
			argp_usage(state);
		opt->word = arg;
		return 0;
	case ARGP_KEY_END:
		if (!opt->word)
			argp_error(state, "on, off or status?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &options_json, 0, NULL, 0 }, { 0 } };

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.args_doc = "on|off|status",
	.doc = "Automatic installation: with it, the service applies the patches that lie in its "
	       "folders. Without it they are listed as available, and `suture apply' installs "
	       "them. What is applied stays until it is removed."
	       "\v" CLI_EXIT_CODES,
};

static int set(struct suture_marks *marks, void *arg, struct suture_error *err)
{
	int on = !strcmp(arg, "on");

	(void)err;
	if (marks->automatic == on)
		return 0;
	marks->automatic = on;
	marks->automatic_since = time(NULL);
	return 1;
}

static void print_status(const struct suture_conf *conf, const struct suture_marks *marks,
			 const struct suture_report *report)
{
	const char *trouble = suture_report_trouble(report);
	char since[64] = "";
	time_t when = marks->automatic_since;
	struct tm tm;

	printf("automatic installation: %s", suture_plan_install(conf, marks) ? "on" : "off");
	if (marks->automatic < 0)
		printf(", as configured\n");
	else if (localtime_r(&when, &tm) && strftime(since, sizeof(since), "%Y-%m-%d %H:%M:%S", &tm))
		printf(", by `suture auto' since %s\n", since);
	else
		printf("\n");
	if (report->running)
		printf("service: runs, process %d\n", report->pid);
	else
		printf("service: does not run\n");
	if (trouble) {
		printf("trouble: ");
		output_text(trouble, 0);
		printf("\n");
	}
}

static int print_json(const struct suture_conf *conf, const struct suture_marks *marks,
		      const struct suture_report *report)
{
	struct json_object *root = json_object_new_object();

	json_object_object_add(root, "install",
			       json_object_new_boolean(suture_plan_install(conf, marks)));
	json_object_object_add(root, "configured", json_object_new_boolean(conf->install));
	json_object_object_add(root, "by_command_since", marks->automatic < 0 ? NULL :
			       json_object_new_int64(marks->automatic_since));
	json_object_object_add(root, "running", json_object_new_boolean(report->running));
	json_object_object_add(root, "pid", report->running ?
			       json_object_new_int(report->pid) : NULL);
	json_object_object_add(root, "trouble", json_text(suture_report_trouble(report)));
	json_object_object_add(root, "exit", json_object_new_int(SUTURE_EXIT_DONE));
	return json_finish(root, SUTURE_EXIT_DONE);
}

int cmd_auto(int argc, char **argv)
{
	struct suture_marks marks = { .automatic = -1 };
	struct suture_error err = { 0 };
	struct suture_report report;
	int code = SUTURE_EXIT_DONE;
	struct options opt = { 0 };
	struct suture_conf conf;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	if (strcmp(opt.word, "status") &&
	    suture_marks_update(suture_dirs.state, set, (void *)opt.word, &err))
		return cli_error(&err);
	if (suture_conf_read(&suture_dirs, &conf, &err))
		return cli_error(&err);
	if (suture_marks_read(suture_dirs.state, &marks, &err)) {
		suture_conf_free(&conf);
		return cli_error(&err);
	}
	suture_report_read(&suture_dirs, &report);
	if (opt.json)
		code = print_json(&conf, &marks, &report);
	else
		print_status(&conf, &marks, &report);
	suture_report_free(&report);
	suture_marks_free(&marks);
	suture_conf_free(&conf);
	return code;
}
