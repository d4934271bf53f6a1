/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands of suture(1) share: one function a command, the exit
 * codes, and how errors reach the terminal.
 */
#ifndef SUTURE_CLI_COMMAND_H
#define SUTURE_CLI_COMMAND_H

#include <stdbool.h>

#include "error.h"

enum suture_exit {
	SUTURE_EXIT_DONE = 0,
	SUTURE_EXIT_ERROR = 1,
	SUTURE_EXIT_USAGE = 2,
	SUTURE_EXIT_NOTHING = 3,	/* no file has the build-id */
	SUTURE_EXIT_TIMEOUT = 4,	/* the transition goes on */
	SUTURE_EXIT_PARTIAL = 5,	/* applied, but a process refused or failed */
};

/* Every command: argv[0] is "suture NAME"; returns an enum suture_exit. */
int cmd_pack(int argc, char **argv);
int cmd_bundle(int argc, char **argv);
int cmd_apply(int argc, char **argv);
int cmd_promote(int argc, char **argv);
int cmd_revert(int argc, char **argv);
int cmd_revoke(int argc, char **argv);
int cmd_settle(int argc, char **argv);
int cmd_remove(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_auto(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_find(int argc, char **argv);
int cmd_targets(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

/* cli_error - "suture: TEXT" on stderr, control characters made visible;
 * returns SUTURE_EXIT_ERROR */
int cli_error(const struct suture_error *err);

/* cli_note - one line for people on stderr, in the same manner */
void cli_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* cli_worse - of two exit codes the one that a caller must hear about */
int cli_worse(int a, int b);

/* Footer of every --help. argp puts what follows \v behind the options. */
#define CLI_EXIT_CODES \
	"Exit codes: 0 done; 1 failed; 2 wrong usage; 3 nothing to patch (no " \
	"file has the build-id); 4 timed out, the transition goes on; 5 applied, " \
	"but some processes refused or failed."

#endif /* SUTURE_CLI_COMMAND_H */
