// SPDX-License-Identifier: GPL-2.0-only
/* suture(1): finds the command and runs it. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

const char *argp_program_version = "suture " SUTURE_VERSION;

static const struct command {
	const char *name, *args, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "pack", "OBJECT.o...", "make a patch module from an author's objects", cmd_pack },
	{ "sign", "FILE...", "sign patch modules and revocation lists", cmd_sign },
	{ "verify", "FILE...", "who has signed a patch module, and is it unaltered", cmd_verify },
	{ "bundle", "FILE...", "a Debian package of a patch", cmd_bundle },
	{ "apply", "FILE...", "patch every process that runs, and those to come", cmd_apply },
	{ "promote", "NAME...", "from the canaries to all processes", cmd_promote },
	{ "revert", "NAME...|--all", "take patches out again", cmd_revert },
	{ "revoke", "FILE...", "refuse what a signed list names, and take it out", cmd_revoke },
	{ "remove", "NAME...", "take patches back for good on this machine", cmd_remove },
	{ "restore", "NAME...", "let the service have them again", cmd_restore },
	{ "auto", "on|off|status", "automatic installation", cmd_auto },
	{ "settle", "NAME...", "unwind threads that seem to hold a transition up", cmd_settle },
	{ "list", "", "the patches that are loaded, and those that lie ready", cmd_list },
	{ "status", "[NAME...]", "each process: patched, or why not", cmd_status },
	{ "report", "", "a page of all that, for a browser", cmd_report },
	{ "trace", "NAME|FILE", "who calls the old code, who the new", cmd_trace },
	{ "inspect", "FILE", "what a patch module replaces, and by what", cmd_inspect },
	{ "find", "QUERY TARGET", "functions of a stripped file, by what they do", cmd_find },
	{ "targets", "FILE...", "what would be patched, without doing it", cmd_targets },
	{ "doctor", "", "is this machine ready, and if not, what to do", cmd_doctor },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* The list of commands stands between the options and the exit codes. */
static char *help_filter(int key, const char *text, void *input)
{
	char *buf = NULL;
	size_t size, i;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC || !text)
		return (char *)text;
	out = open_memstream(&buf, &size);
	if (!out)
		return (char *)text;
	fprintf(out, "Commands:\n");
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s%-14s %s\n", commands[i].name, commands[i].args,
			commands[i].summary);
	fprintf(out, "\n`suture COMMAND --help' tells more of each.\n\n%s", text);
	fclose(out);
	return buf;
}

struct choice {
	const struct command *command;
	int at;			/* index of the command's name in argv */
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct choice *choice = state->input;
	size_t i;

	switch (key) {
	case ARGP_KEY_ARG:
		for (i = 0; i < NR_COMMANDS; i++)
			if (!strcmp(arg, commands[i].name))
				choice->command = &commands[i];
		if (!choice->command)
			argp_error(state, "there is no command `%s'", arg);
		/* What follows is the command's own. */
		choice->at = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Replace functions of running programs, without stopping them."
	       "\v" CLI_EXIT_CODES,
	.help_filter = help_filter,
};

int main(int argc, char **argv)
{
	struct choice choice = { 0 };
	char name[64];

	argp_err_exit_status = SUTURE_EXIT_USAGE;
	/* In order: the options of a command are not ours. */
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &choice))
		return SUTURE_EXIT_USAGE;
	snprintf(name, sizeof(name), "suture %s", choice.command->name);
	argv[choice.at] = name;
	return choice.command->run(argc - choice.at, argv + choice.at);
}
