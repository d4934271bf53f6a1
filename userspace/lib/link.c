// SPDX-License-Identifier: GPL-2.0-only
/* Compiler and linker, run in a temporary folder. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link.h"

/*
 * Two loadable segments: what is only read or run, shared by all processes,
 * and what is written, which begins on a page of its own so that as few pages
 * as possible are copied. The author's text comes first in .text: how far a
 * function is from suture.text does not depend on the stubs.
 */
static const char script_head[] =
	"VERSION { { local: *; }; }\n"
	"PHDRS\n"
	"{\n"
	"	text PT_LOAD FILEHDR PHDRS FLAGS(5);\n"
	"	data PT_LOAD FLAGS(6);\n"
	"	dynamic PT_DYNAMIC FLAGS(6);\n"
	"	note PT_NOTE FLAGS(4);\n"
	"	unwind PT_GNU_EH_FRAME FLAGS(4);\n"
	"	stack PT_GNU_STACK FLAGS(6);\n"
	"}\n"
	"SECTIONS\n"
	"{\n"
	"	. = SIZEOF_HEADERS;\n"
	"	.note.gnu.build-id : { *(.note.gnu.build-id) } :text :note\n"
	"	.note.suture : { KEEP(*(.note.suture)) } :text :note\n"
	"	.gnu.hash : { *(.gnu.hash) } :text\n"
	"	.dynsym : { *(.dynsym) }\n"
	"	.dynstr : { *(.dynstr) }\n"
	"	.gnu.version : { *(.gnu.version) }\n"
	"	.gnu.version_d : { *(.gnu.version_d) }\n"
	"	.gnu.version_r : { *(.gnu.version_r) }\n"
	"	.rela.plt : { *(.rela.plt) }\n"
	"	.rela.dyn : { *(.rela.*) }\n"
	"	.plt : { *(.plt) }\n"
	"	.plt.got : { *(.plt.got) }\n"
	"	.plt.sec : { *(.plt.sec) }\n"
	"	.text : ALIGN(64) {\n"
	"		HIDDEN(suture.text = .);\n"
	"		*(.text .text.* .gnu.linkonce.t.*)\n"
	"	}\n"
	"	.rodata : { *(.rodata .rodata.* .gnu.linkonce.r.*) }\n"
	"	.eh_frame_hdr : { *(.eh_frame_hdr) } :text :unwind\n"
	"	.eh_frame : { KEEP(*(.eh_frame)) } :text\n"
	"	.gcc_except_table : { *(.gcc_except_table .gcc_except_table.*) }\n"
	"	. = ALIGN(CONSTANT(MAXPAGESIZE));\n"
	"	.dynamic : { *(.dynamic) } :data :dynamic\n"
	"	.got : { *(.got) *(.igot) } :data\n"
	"	.got.plt : { *(.got.plt) *(.igot.plt) }\n"
	"	.data.rel.ro : { *(.data.rel.ro .data.rel.ro.*) }\n"
	"	.data : { *(.data .data.* .gnu.linkonce.d.*) }\n"
	"	.bss : { *(.bss .bss.* COMMON) }\n";

static const char script_keep[] = "	.suture.meta 0 : { KEEP(*(.suture.meta)) } :NONE\n";
static const char script_drop[] = "	/DISCARD/ : { *(.suture.*) }\n";
static const char script_tail[] =
	"	/DISCARD/ : { *(.note.GNU-stack) *(.note.gnu.property) *(.gnu.lto_*) }\n"
	"}\n";

static const char helpers[] =
	"typedef __SIZE_TYPE__ size_t;\n"
	"#define HIDDEN __attribute__((visibility(\"hidden\")))\n"
	"HIDDEN void *memcpy(void *to, const void *from, size_t n)\n"
	"{\n"
	"	unsigned char *t = to;\n"
	"	const unsigned char *f = from;\n"
	"	while (n--)\n"
	"		*t++ = *f++;\n"
	"	return to;\n"
	"}\n"
	"HIDDEN void *memmove(void *to, const void *from, size_t n)\n"
	"{\n"
	"	unsigned char *t = to;\n"
	"	const unsigned char *f = from;\n"
	"	if ((__UINTPTR_TYPE__)t - (__UINTPTR_TYPE__)f >= n)\n"
	"		while (n--)\n"
	"			*t++ = *f++;\n"
	"	else\n"
	"		while (n--)\n"
	"			t[n] = f[n];\n"
	"	return to;\n"
	"}\n"
	"HIDDEN void *memset(void *to, int c, size_t n)\n"
	"{\n"
	"	unsigned char *t = to;\n"
	"	while (n--)\n"
	"		*t++ = c;\n"
	"	return to;\n"
	"}\n"
	"HIDDEN int memcmp(const void *a, const void *b, size_t n)\n"
	"{\n"
	"	const unsigned char *p = a, *q = b;\n"
	"	for (; n; n--, p++, q++)\n"
	"		if (*p != *q)\n"
	"			return *p - *q;\n"
	"	return 0;\n"
	"}\n";

/* Runs a command in the folder; its output goes into the error. */
static int run(const struct suture_link *link, char *const argv[], struct suture_error *err)
{
	char out[4096];
	size_t len = 0;
	int pipes[2], status;
	ssize_t n;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC))
		return suture_error_set(err, -errno, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0) {
		int ret = -errno;

		close(pipes[0]);
		close(pipes[1]);
		return suture_error_set(err, ret, "fork: %s", strerror(-ret));
	}
	if (!pid) {
		/* messages in one language, no options from outside */
		setenv("LC_ALL", "C", 1);
		unsetenv("LDFLAGS");
		unsetenv("LD_RUN_PATH");
		if (chdir(link->dir) || dup2(pipes[1], 1) < 0 || dup2(pipes[1], 2) < 0)
			_exit(126);
		execvp(argv[0], argv);
		dprintf(2, "%s: %s", argv[0], strerror(errno));
		_exit(127);
	}
	close(pipes[1]);
	for (;;) {
		char rest[4096];
		bool full = len >= sizeof(out) - 1;

		n = full ? read(pipes[0], rest, sizeof(rest))
			 : read(pipes[0], out + len, sizeof(out) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += full ? 0 : n;
	}
	close(pipes[0]);
	while (len && out[len - 1] == '\n')
		len--;
	out[len] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return suture_error_set(err, -EIO, "%s failed:\n%s", argv[0], out);
}

static int write_file(const struct suture_link *link, const char *name, const char *const *parts,
		      struct suture_error *err)
{
	char path[4096];
	FILE *f;
	int ret = 0;

	snprintf(path, sizeof(path), "%s/%s", link->dir, name);
	f = fopen(path, "we");
	for (; f && *parts; parts++)
		fputs(*parts, f);
	if (!f || ferror(f))
		ret = -errno ?: -EIO;
	if (f && fclose(f))
		ret = -errno;
	return ret ? suture_error_set(err, ret, "%s: %s", path, strerror(-ret)) : 0;
}

int suture_link_begin(struct suture_link *link, const struct suture_objects *objs,
		      const char *cc, struct suture_error *err)
{
	const char *tmp = getenv("TMPDIR");

	memset(link, 0, sizeof(*link));
	link->arch = objs->arch;
	link->cc = cc ?: objs->arch->cc;
	if (asprintf(&link->dir, "%s/suture-pack-XXXXXX", tmp && *tmp ? tmp : "/tmp") < 0) {
		link->dir = NULL;
		return suture_error_nomem(err);
	}
	if (!mkdtemp(link->dir)) {
		int ret = suture_error_set(err, -errno, "%s: %s", link->dir, strerror(errno));

		free(link->dir);
		link->dir = NULL;
		return ret;
	}
	for (size_t i = 0; i < objs->nr; i++) {
		char path[4096];
		int ret;

		snprintf(path, sizeof(path), "%s/%zu.o", link->dir, i);
		ret = suture_objects_copy(objs, i, path, err);
		if (ret)
			return ret;
		link->nr_objects++;
	}
	return 0;
}

void suture_link_end(struct suture_link *link)
{
	DIR *dir;
	struct dirent *de;

	if (!link->dir)
		return;
	dir = opendir(link->dir);
	while (dir && (de = readdir(dir)))
		unlinkat(dirfd(dir), de->d_name, 0);
	if (dir)
		closedir(dir);
	rmdir(link->dir);
	free(link->dir);
	link->dir = NULL;
}

int suture_link_helpers(struct suture_link *link, struct suture_error *err)
{
	char *argv[] = { (char *)link->cc, "-O2", "-fPIC", "-ffreestanding", "-fno-builtin",
			 "-fno-tree-loop-distribute-patterns", "-fno-stack-protector",
			 "-fcf-protection=none", "-c", "memory.c", "-o", "memory.o", NULL };
	int ret = write_file(link, "memory.c", (const char *const[]){ helpers, NULL }, err);

	if (link->arch->machine != EM_X86_64)
		argv[7] = "-fno-common";
	if (!ret)
		ret = run(link, argv, err);
	link->helpers = !ret;
	return ret;
}

int suture_link_run(struct suture_link *link, const char *stubs, bool keep_meta,
		    const char *name, char **ret_path, struct suture_error *err)
{
	char page[64], (*objs)[32], *out = NULL;
	char *as[] = { (char *)link->cc, "-c", "suture.s", "-o", "suture.o", NULL };
	char **argv;
	size_t n = 0;
	int ret;

	*ret_path = NULL;
	ret = write_file(link, "suture.s", (const char *const[]){ stubs, NULL }, err);
	if (!ret)
		ret = run(link, as, err);
	if (!ret)
		ret = write_file(link, "script",
				 (const char *const[]){ script_head,
							keep_meta ? script_keep : script_drop,
							script_tail, NULL }, err);
	if (ret)
		return ret;

	argv = calloc(link->nr_objects + 32, sizeof(*argv));
	objs = calloc(link->nr_objects + 1, sizeof(*objs));
	if (!argv || !objs || asprintf(&out, "%s/%s", link->dir, name) < 0) {
		out = NULL;
		ret = suture_error_nomem(err);
		goto out;
	}
	snprintf(page, sizeof(page), "-Wl,-z,max-page-size=%" PRIu64, link->arch->max_page);
	argv[n++] = (char *)link->cc;
	argv[n++] = "-shared";
	argv[n++] = "-nostdlib";
	argv[n++] = "-fuse-ld=bfd";
	argv[n++] = "-Wl,-T,script";
	argv[n++] = page;
	argv[n++] = "-Wl,-z,noseparate-code,-z,norelro,-z,now,-z,text,-z,noexecstack";
	argv[n++] = "-Wl,-z,combreloc,-Bsymbolic,--eh-frame-hdr,--hash-style=gnu";
	argv[n++] = "-Wl,--build-id=sha1";
	argv[n++] = "-o";
	argv[n++] = (char *)name;
	for (size_t i = 0; i < link->nr_objects; i++) {
		snprintf(objs[i], sizeof(objs[i]), "%zu.o", i);
		argv[n++] = objs[i];
	}
	argv[n++] = "suture.o";
	if (link->helpers)
		argv[n++] = "memory.o";
	ret = run(link, argv, err);
	if (!ret) {
		*ret_path = out;
		out = NULL;
	}
out:
	free(out);
	free(argv);
	free(objs);
	return ret;
}
