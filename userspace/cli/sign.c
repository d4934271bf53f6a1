// SPDX-License-Identifier: GPL-2.0-only
/* suture sign, suture verify. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"
#include "libdirs.h"
#include "output.h"
#include "sign.h"

#define TRUSTED		"/etc/suture/trusted.d"

struct options {
	const char *key;
	char **certs;
	size_t nr_certs;
	char **files;
	size_t nr_files;
};

static const struct argp_option sign_options[] = {
	{ "key", 'k', "FILE", 0, "The private key (PEM or DER)", 0 },
	{ "cert", 'c', "FILE", 0, "Its certificate (PEM or DER)", 0 },
	{ 0 }
};

static const struct argp_option verify_options[] = {
	{ "cert", 'c', "PATH", 0,
	  "A certificate, or a folder of such (*.der, *.x509); may be repeated (else " TRUSTED ")",
	  0 },
	{ 0 }
};

static error_t parse_any(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	switch (key) {
	case 'k':
		opt->key = arg;
		return 0;
	case 'c':
		return -suture_strv_add(&opt->certs, &opt->nr_certs, arg);
	case ARGP_KEY_ARG:
		return -suture_strv_add(&opt->files, &opt->nr_files, arg);
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which file?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse_sign(int key, char *arg, struct argp_state *state)
{
	struct options *opt = state->input;

	if (key == ARGP_KEY_END && (!opt->key || opt->nr_certs != 1)) {
		argp_error(state, "with which key? (--key FILE --cert FILE)");
		return 0;
	}
	return parse_any(key, arg, state);
}

static const struct argp sign_argp = {
	.options = sign_options,
	.parser = parse_sign,
	.args_doc = "FILE...",
	.doc = "Sign patch modules (.spm) or revocation lists, in place: a PKCS#7 signature is "
	       "appended, as for kernel modules. One that is there is replaced."
	       "\v" CLI_EXIT_CODES,
};

static const struct argp verify_argp = {
	.options = verify_options,
	.parser = parse_any,
	.args_doc = "FILE...",
	.doc = "Would these certificates let the kernel take the patch modules (.spm) or revocation "
	       "lists? Says who has signed them, and what a list revokes; fails when one is unsigned, altered, cut, a stranger's or out of its "
	       "time."
	       "\v" CLI_EXIT_CODES,
};

static void free_options(struct options *opt)
{
	suture_strv_free(opt->certs);
	suture_strv_free(opt->files);
}

/* Without what is for people; the parser lets nothing pass that a terminal would obey. */
static int show_list(const char *path)
{
	struct spm_revocation entry;
	struct spm_revocations list;
	struct suture_error err;
	size_t pos = 0, i;
	char *text;

	if (suture_revocations_read(path, &text, &list, &err))
		return cli_error(&err);
	printf("  revocation list no. %llu, %u entries\n", (unsigned long long)list.serial, list.nr);
	while (spm_next_revocation(&list, &pos, &entry)) {
		if (!entry.is_digest) {
			printf("  %s %s\n", entry.name, entry.version);
			continue;
		}
		printf("  sha256:");
		for (i = 0; i < sizeof(entry.digest); i++)
			printf("%02x", entry.digest[i]);
		printf("\n");
	}
	free(text);
	return SUTURE_EXIT_DONE;
}

int cmd_sign(int argc, char **argv)
{
	int code = SUTURE_EXIT_DONE;
	struct options opt = { 0 };
	struct suture_error err;
	size_t i;

	if (argp_parse(&sign_argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	for (i = 0; i < opt.nr_files; i++)
		if (suture_sign_file(opt.files[i], opt.key, opt.certs[0], &err))
			code = cli_error(&err);
	free_options(&opt);
	return code;
}

int cmd_verify(int argc, char **argv)
{
	char *const trusted[] = { TRUSTED, NULL };
	int code = SUTURE_EXIT_DONE;
	struct options opt = { 0 };
	struct suture_signed said;
	char *const *certs;
	struct suture_error err;
	size_t i;

	if (argp_parse(&verify_argp, argc, argv, 0, NULL, &opt))
		return SUTURE_EXIT_USAGE;
	certs = opt.certs ? opt.certs : trusted;
	for (i = 0; i < opt.nr_files; i++) {
		if (suture_sign_verify(opt.files[i], certs, &said, &err)) {
			code = cli_error(&err);
			continue;
		}
		output_text(opt.files[i], 0);
		printf(": good, signed by ");
		output_text(said.signer, 0);
		printf(" (serial %s, %s)\n", said.serial, said.digest);
		if (said.is_list)
			code = cli_worse(code, show_list(opt.files[i]));
		else
			printf("  sha256:%s\n", said.image);
	}
	free_options(&opt);
	return code;
}
