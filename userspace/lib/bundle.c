// SPDX-License-Identifier: GPL-2.0-only
/* A Debian package of patch modules, made with dpkg-deb. */
#include <ctype.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle.h"
#include "crypto-int.h"
#include "marks.h"
#include "spm-file.h"

#define FOLDER	"usr/lib/suture/patches"

extern char **environ;

struct work {
	const struct suture_bundle_options *options;
	struct suture_bundle *bundle;
	char dir[64];		/* the tree that becomes the package */
	struct suture_spm *first;
	FILE *md5sums;
};

static const char *text_of(const struct suture_spm *spm, uint32_t string)
{
	return spm_string(&spm->note, string);
}

/* ------------------------------------------------------------------- names */

/* What Debian allows in a name: [a-z0-9+.-], at least two, the first a letter or digit. */
static int set_package(struct work *w, struct suture_error *err)
{
	char *name = w->bundle->package, *c;
	size_t room = sizeof(w->bundle->package);
	int len;

	if (w->options->package)
		len = snprintf(name, room, "%s", w->options->package);
	else
		len = snprintf(name, room, "suture-patch-%s", suture_spm_name(w->first));
	if (len >= (int)room)
		return suture_error_set(err, -ENAMETOOLONG, "the package's name is too long");
	for (c = name; *c && !w->options->package; c++)
		*c = *c == '_' ? '-' : tolower((unsigned char)*c);
	for (c = name; *c; c++)
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') &&
		    (c == name || !strchr("+.-", *c)))
			break;
	if (*c || len < 2)
		return suture_error_set(err, -EINVAL,
					"`%s' cannot be the name of a Debian package: a-z, 0-9, + . and - can be in it",
					name);
	return 0;
}

/* A version begins with a digit; what Debian does not allow in it becomes a point. */
static int set_version(struct work *w, struct suture_error *err)
{
	const char *from = w->options->version ?: text_of(w->first, w->first->note.head->version);
	char *version = w->bundle->version, *c;
	int len;

	len = snprintf(version, sizeof(w->bundle->version), "%s%s",
		       isdigit((unsigned char)*from) ? "" : "0.", from);
	if (len >= (int)sizeof(w->bundle->version))
		return suture_error_set(err, -ENAMETOOLONG, "the version is too long");
	for (c = version; *c; c++) {
		if (isalnum((unsigned char)*c) || strchr("+.~-", *c))
			continue;
		if (w->options->version)
			return suture_error_set(err, -EINVAL,
						"`%s' cannot be the version of a Debian package",
						from);
		*c = '.';
	}
	return 0;
}

static int set_arch(struct work *w, struct suture_error *err)
{
	const char *arch = w->first->elf.machine == EM_X86_64 ? "amd64" :
			   w->first->elf.machine == EM_AARCH64 ? "arm64" : NULL;

	if (!arch)
		return suture_error_set(err, -EOPNOTSUPP, "%s: for an unknown machine",
					w->first->path);
	strcpy(w->bundle->arch, arch);
	return 0;
}

/* ------------------------------------------------------------------- files */

static int errno_error(struct suture_error *err, const char *what)
{
	return suture_error_set(err, -errno, "cannot write %s: %s", what, strerror(errno));
}

/* Copies, and sums up for md5sums, which is what dpkg --verify reads. */
static int copy_bytes(struct work *w, struct suture_spm *spm, int out, const char *name,
		      struct suture_error *err)
{
	EVP_MD_CTX *md;
	uint8_t buf[65536], sum[EVP_MAX_MD_SIZE];
	unsigned int sum_len = 0, i;
	uint64_t at = 0;
	ssize_t got;
	int ret;

	ret = suture_crypto_load(err);
	if (ret)
		return ret;
	md = EVP_MD_CTX_new();
	if (!md || !EVP_DigestInit_ex(md, EVP_md5(), NULL)) {
		ret = suture_error_nomem(err);
		goto out;
	}
	while ((got = pread(spm->fd, buf, sizeof(buf), at)) > 0) {
		if (write(out, buf, got) != got) {
			ret = errno_error(err, name);
			goto out;
		}
		EVP_DigestUpdate(md, buf, got);
		at += got;
	}
	if (got < 0 || at != spm->size) {
		ret = suture_error_set(err, -EIO, "%s was changed just now", spm->path);
		goto out;
	}
	EVP_DigestFinal_ex(md, sum, &sum_len);
	for (i = 0; i < sum_len; i++)
		fprintf(w->md5sums, "%02x", sum[i]);
	fprintf(w->md5sums, "  " FOLDER "/%s\n", name);
	w->bundle->installed += at;
out:
	EVP_MD_CTX_free(md);
	return ret;
}

static int add_file(struct work *w, struct suture_spm *spm, struct suture_error *err)
{
	const char *slash = strrchr(spm->path, '/'), *name = slash ? slash + 1 : spm->path;
	struct timespec times[2];
	char path[512];
	struct stat st;
	size_t len = strlen(name);
	int out, ret;

	if (len < 5 || *name == '.' || strcmp(name + len - 4, ".spm"))
		return suture_error_set(err, -EINVAL, "%s: the name must be NAME.spm", spm->path);
	if (snprintf(path, sizeof(path), "%s/" FOLDER "/%s", w->dir, name) >= (int)sizeof(path))
		return suture_error_set(err, -ENAMETOOLONG, "%s: the name is too long", spm->path);
	out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0)
		return errno == EEXIST ?
		       suture_error_set(err, -EEXIST, "two files have the name %s", name) :
		       errno_error(err, path);
	ret = copy_bytes(w, spm, out, name, err);
	/* By its time the service tells what is newer. */
	if (!ret && !fstat(spm->fd, &st)) {
		times[0] = times[1] = st.st_mtim;
		if (fchmod(out, 0644) || futimens(out, times))
			ret = errno_error(err, path);
	}
	close(out);
	return ret;
}

static int add_files(struct work *w, char *const *files, struct suture_error *err)
{
	struct suture_spm *spm = NULL;
	int ret = 0;

	for (; !ret && *files; files++) {
		ret = suture_spm_open(*files, &spm, err);
		if (ret)
			break;
		if (spm->elf.machine != w->first->elf.machine)
			ret = suture_error_set(err, -EINVAL,
					       "%s and %s are for different architectures: make a package for each",
					       w->first->path, spm->path);
		else
			ret = add_file(w, spm, err);
		suture_spm_close(spm);
	}
	return ret;
}

/* ----------------------------------------------------------------- control */

static void write_control(FILE *out, const struct work *w)
{
	const struct suture_note *head = w->first->note.head;
	const char *description = text_of(w->first, head->description);
	const char *cve = text_of(w->first, head->cve), *level = text_of(w->first, head->level);
	uint64_t kib = (w->bundle->installed + 1023) / 1024;

	fprintf(out, "Package: %s\nVersion: %s\nArchitecture: %s\nMaintainer: %s\n"
		"Installed-Size: %" PRIu64 "\nSection: admin\nPriority: optional\n"
		"Recommends: suture\n", w->bundle->package, w->bundle->version, w->bundle->arch,
		w->options->maintainer, kib);
	fprintf(out, "Description: live patch: %s\n", *description ? description :
		suture_spm_name(w->first));
	fprintf(out, " Replaces functions of running programs, without a restart.\n .\n");
	fprintf(out, " Patch: %s %s\n", suture_spm_name(w->first), text_of(w->first, head->version));
	if (*cve)
		fprintf(out, " Fixes: %s\n", cve);
	if (*level)
		fprintf(out, " Level: %s\n", level);
	fprintf(out, " Size: %" PRIu64 " KiB\n", kib);
}

static FILE *open_in(const struct work *w, const char *name, struct suture_error *err)
{
	char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/DEBIAN/%s", w->dir, name);
	out = fopen(path, "we");
	if (!out)
		errno_error(err, path);
	return out;
}

/* sutured sees the folder by itself; a package of it may do more (interest-noawait). */
static int write_rest(struct work *w, struct suture_error *err)
{
	FILE *out = open_in(w, "control", err);

	if (!out)
		return err->code;
	write_control(out, w);
	if (fclose(out))
		return errno_error(err, "control");
	out = open_in(w, "triggers", err);
	if (!out)
		return err->code;
	fputs("activate-noawait suture-patches\n", out);
	return fclose(out) ? errno_error(err, "triggers") : 0;
}

/* --------------------------------------------------------------- dpkg-deb */

/* What it says goes into the message. */
static int run_dpkg_deb(const char *dir, const char *deb, struct suture_error *err)
{
	char *const args[] = { "dpkg-deb", "--root-owner-group", "--build", (char *)dir,
			       (char *)deb, NULL };
	posix_spawn_file_actions_t actions;
	char said[1024];
	int pipe_fds[2], status, ret;
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC))
		return suture_error_set(err, -errno, "no pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 2);
	ret = posix_spawnp(&pid, args[0], &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_fds[1]);
	if (ret) {
		close(pipe_fds[0]);
		return suture_error_set(err, -ret, "cannot run dpkg-deb: %s", strerror(ret));
	}
	while (len + 1 < sizeof(said) &&
	       (got = read(pipe_fds[0], said + len, sizeof(said) - 1 - len)) > 0)
		len += got;
	close(pipe_fds[0]);
	said[len] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		return suture_error_set(err, -EIO, "dpkg-deb did not make %s: %s", deb, said);
	return 0;
}

static int build(struct work *w, struct suture_error *err)
{
	const char *output = w->options->output ?: ".";
	struct stat st;
	int len;

	if (!stat(output, &st) && S_ISDIR(st.st_mode))
		len = asprintf(&w->bundle->path, "%s/%s_%s_%s.deb", output, w->bundle->package,
			       w->bundle->version, w->bundle->arch);
	else
		len = asprintf(&w->bundle->path, "%s", output);
	if (len < 0) {
		w->bundle->path = NULL;
		return suture_error_nomem(err);
	}
	return run_dpkg_deb(w->dir, w->bundle->path, err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static int make_tree(struct work *w, struct suture_error *err)
{
	char path[128];
	int ret;

	strcpy(w->dir, "/tmp/suture-bundle-XXXXXX");
	if (!mkdtemp(w->dir)) {
		ret = errno_error(err, w->dir);
		*w->dir = '\0';
		return ret;
	}
	snprintf(path, sizeof(path), "%s/DEBIAN", w->dir);
	if (chmod(w->dir, 0755) || mkdir(path, 0755))
		return errno_error(err, path);
	snprintf(path, sizeof(path), "%s/" FOLDER, w->dir);
	ret = suture_make_dirs(path, 0755);
	return ret ? suture_error_set(err, ret, "cannot make %s: %s", path, strerror(-ret)) : 0;
}

int suture_bundle_make(char *const *files, const struct suture_bundle_options *options,
		       struct suture_bundle *ret_bundle, struct suture_error *err)
{
	struct work w = { .options = options, .bundle = ret_bundle };
	struct suture_error why = { 0 };
	mode_t mask = umask(022);
	int ret;

	memset(ret_bundle, 0, sizeof(*ret_bundle));
	ret = suture_spm_open(files[0], &w.first, &why);
	if (!ret)
		ret = set_package(&w, &why);
	if (!ret)
		ret = set_version(&w, &why);
	if (!ret)
		ret = set_arch(&w, &why);
	if (!ret)
		ret = make_tree(&w, &why);
	if (!ret) {
		w.md5sums = open_in(&w, "md5sums", &why);
		ret = w.md5sums ? add_files(&w, files, &why) : why.code;
		if (w.md5sums && fclose(w.md5sums) && !ret)
			ret = errno_error(&why, "md5sums");
	}
	if (!ret)
		ret = write_rest(&w, &why);
	if (!ret)
		ret = build(&w, &why);
	if (*w.dir)
		nftw(w.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	suture_spm_close(w.first);
	umask(mask);
	if (ret) {
		free(ret_bundle->path);
		ret_bundle->path = NULL;
		suture_error_set(err, ret, "%s", why.text);
	}
	return ret;
}
