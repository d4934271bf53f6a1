/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking one patch out, for those commands that do it. */
#ifndef SUTURE_CLI_REVERT_H
#define SUTURE_CLI_REVERT_H

#include "wait.h"

struct revert_options {
	struct wait_options wait;
	bool force;
	bool may_be_gone;	/* it is no error when somebody else was first */
};

/* revert_patch - start it, wait, and sum up on stdout or into @list; returns an exit code */
int revert_patch(int dev, const struct suture_ioc_patch *patch,
		 const struct revert_options *opt, struct json_object *list);

#endif /* SUTURE_CLI_REVERT_H */
