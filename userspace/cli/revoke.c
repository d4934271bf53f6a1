// SPDX-License-Identifier: GPL-2.0-only
/* suture revoke: hand in revocation lists, and take out what they name. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "output.h"
#include "patches.h"

struct options {
	struct wait_options wait;
	struct names_options files;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &opt->wait;
	state->child_inputs[1] = &opt->files;
	return 0;
}

static const struct argp_child children[] = {
	{ &options_wait, 0, NULL, 0 }, { &options_names, 0, NULL, 0 }, { 0 }
};

static const struct argp argp = {
	.parser = parse,
	.children = children,
	.args_doc = "FILE...",
	.doc = "Hand signed revocation lists to the kernel, which refuses the patches that they "
	       "name from then on, and take those out that are loaded."
	       "\v" CLI_EXIT_CODES,
};

/* A patch that goes because it is revoked. */
struct going {
	struct suture_spm *spm;
	struct suture_totals before;
	bool started;
};

static int start(int dev, const char *name, struct going *going)
{
	struct suture_error err = { 0 };
	struct suture_ioc_patch patch;
	struct suture_proc *procs;
	size_t nr;
	int ret;

	ret = suture_device_patch(dev, name, &patch, &err);
	if (!ret)
		ret = suture_device_procs(dev, name, &procs, &nr, &err);
	if (!ret) {
		suture_totals_count(procs, nr, &going->before);
		free(procs);
		going->spm = suture_status_spm(&patch);
		ret = suture_device_revert(dev, name, 0, &err);
	}
	if (ret == -ENOENT)	/* it went by itself */
		return SUTURE_EXIT_DONE;
	going->started = !ret;
	if (!ret)
		return SUTURE_EXIT_DONE;
	suture_error_prefix(&err, "%s", name);
	return cli_error(&err);
}

/*
 * All are started before one is waited for: a patch that another has replaced would come
 * back while only that one goes. They come in the order in which they were loaded.
 */
static int revert(int dev, char (*names)[SUTURE_NAME_MAX], size_t nr, const struct options *opt,
		  struct json_object *list)
{
	struct going *going = calloc(nr + 1, sizeof(*going));
	int code = SUTURE_EXIT_DONE;
	size_t i;

	if (!going) {
		cli_note("out of memory");
		return SUTURE_EXIT_ERROR;
	}
	for (i = 0; i < nr; i++)
		code = cli_worse(code, start(dev, names[i], &going[i]));
	for (i = 0; i < nr; i++) {
		if (going[i].started)
			code = cli_worse(code, wait_reverted(dev, names[i], going[i].spm,
							     &going[i].before, &opt->wait, list));
		suture_spm_close(going[i].spm);
	}
	free(going);
	return code;
}

static int hand_in(int dev, const char *path, const struct options *opt,
		   struct json_object *list)
{
	struct suture_error err = { 0 };
	struct suture_ioc_revoke said;
	char (*names)[SUTURE_NAME_MAX];
	int fd, code;
	size_t nr;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0) {
		suture_error_set(&err, -errno, "cannot open %s: %s", path, strerror(errno));
		return cli_error(&err);
	}
	code = suture_device_revoke(dev, fd, &said, &names, &nr, &err);
	close(fd);
	if (code)
		return cli_error(&err);
	if (!list) {
		output_text(path, 0);
		printf(": list no. %llu, %u entries\n", (unsigned long long)said.serial,
		       said.nr_entries);
	}
	code = revert(dev, names, nr, opt, list);
	free(names);
	return code;
}

int cmd_revoke(int argc, char **argv)
{
	struct json_object *list = NULL;
	struct options opt = { .files.ask = "which list?" };
	struct suture_error err;
	int code = SUTURE_EXIT_DONE, dev;
	char **file;

	if (argp_parse(&argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	dev = suture_device_open(&err);
	if (dev < 0)
		return cli_error(&err);
	if (opt.wait.json)
		list = json_object_new_array();
	for (file = opt.files.list; *file; file++)
		code = cli_worse(code, hand_in(dev, *file, &opt, list));
	close(dev);
	return patches_json(list, code);
}
