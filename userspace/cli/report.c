// SPDX-License-Identifier: GPL-2.0-only
/* suture report: a page for people of all that is patched on this machine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "options.h"
#include "overview.h"
#include "service.h"

static const struct argp_option argp_options[] = {
	{ "output", 'o', "FILE", 0, "Write it there, at once (else on the standard output)", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	char **output = state->input;

	switch (key) {
	case 'o':
		*output = arg;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	case ARGP_KEY_SUCCESS:
		if (!*output && isatty(STDOUT_FILENO))
			argp_error(state, "it is a page of HTML: where to? (-o FILE)");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = argp_options,
	.parser = parse,
	.doc = "Write a page of HTML that tells what is patched where, what was when, how long "
	       "processes were held, and what is left alone. It needs nothing else than a browser."
	       "\v" CLI_EXIT_CODES,
};

static int put_file(const char *path, const char *page, struct suture_error *err)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int ret;

	if (!slash)
		return suture_write_atomic(".", path, page, 0644, err);
	dir = slash == path ? strdup("/") : strndup(path, slash - path);
	if (!dir)
		return suture_error_nomem(err);
	ret = suture_write_atomic(dir, slash + 1, page, 0644, err);
	free(dir);
	return ret;
}

static int write_page(const struct suture_overview *overview, const char *path,
		      struct suture_error *err)
{
	char *page = NULL;
	size_t size;
	FILE *out;
	int ret = 0;

	out = open_memstream(&page, &size);
	if (!out)
		return suture_error_nomem(err);
	suture_page_write(overview, out);
	if (fclose(out))
		ret = suture_error_nomem(err);
	else if (path)
		ret = put_file(path, page, err);
	else if (fputs(page, stdout) < 0 || fflush(stdout))
		ret = suture_error_set(err, -errno, "cannot write the page: %s", strerror(errno));
	free(page);
	return ret;
}

int cmd_report(int argc, char **argv)
{
	struct suture_error err = { 0 }, trouble = { 0 };
	struct suture_overview overview = { 0 };
	struct suture_view view = { 0 };
	struct suture_report report;
	int code = SUTURE_EXIT_DONE, dev;
	char *output = NULL;

	if (argp_parse(&argp, argc, argv, 0, NULL, &output))
		return SUTURE_EXIT_USAGE;
	dev = suture_device_open(&err);
	if (dev < 0 && dev != -ENOENT)
		return cli_error(&err);
	/* What is loaded can be told all the same. */
	if (service_view(dev, &view, &report, &trouble) && dev >= 0 &&
	    suture_device_patches(dev, &view.patches, &view.nr_patches, &err))
		code = cli_error(&err);
	if (code == SUTURE_EXIT_DONE &&
	    (suture_overview_read(dev, &suture_dirs, &view, &report, trouble.text, &overview,
				  &err) ||
	     write_page(&overview, output, &err)))
		code = cli_error(&err);
	suture_overview_free(&overview);
	suture_report_free(&report);
	suture_view_free(&view);
	if (dev >= 0)
		close(dev);
	return code;
}
