/* SPDX-License-Identifier: GPL-2.0-only */
/* For the insn_* tests: compile a piece of source, open the result. */
#ifndef INSN_FIXTURE_H
#define INSN_FIXTURE_H

#include <criterion/criterion.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "insn-int.h"
#include "target.h"

struct fixture {
	char dir[64];
	char path[96];		/* the shared object */
	struct suture_target *target;
	struct suture_code *code;
};

static inline void run(const char *fmt, ...)
{
	char command[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	cr_assert_eq(system(command), 0, "%s", command);
}

static inline void fixture_open(struct fixture *f, const char *path)
{
	struct suture_error err;

	snprintf(f->path, sizeof(f->path), "%s", path);
	cr_assert_eq(suture_target_open(path, NULL, &f->target, &err), 0, "%s", err.text);
	cr_assert_eq(suture_target_code(f->target, &f->code, &err), 0, "%s", err.text);
}

/* source: C, or assembly in a top-level asm(); flags: more of the compiler's. */
static inline void fixture_build(struct fixture *f, const char *source, const char *flags)
{
	char path[96];
	FILE *file;

	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/suture-insn-XXXXXX");
	cr_assert_not_null(mkdtemp(f->dir));
	snprintf(path, sizeof(path), "%s/a.c", f->dir);
	file = fopen(path, "w");
	cr_assert_not_null(file);
	fputs(source, file);
	cr_assert_eq(fclose(file), 0);
	snprintf(path, sizeof(path), "%s/a.so", f->dir);
	run("cc -O2 -fipa-ra -fPIC -fcf-protection=none -fno-stack-protector -shared -nostdlib "
	    "-Wl,-z,undefs %s -o %s %s/a.c", flags, path, f->dir);
	fixture_open(f, path);
}

static inline void fixture_close(struct fixture *f)
{
	suture_target_close(f->target);
	if (f->dir[0])
		run("rm -r %s", f->dir);
}

/* The address of a function, static ones too. */
static inline uint64_t fixture_addr(const struct fixture *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->target->symbols.nr; i++)
		if (f->target->symbols.syms[i].defined &&
		    !strcmp(f->target->symbols.syms[i].name, name))
			return f->target->symbols.syms[i].value;
	cr_assert_fail("no symbol %s", name);
	return 0;
}

#endif /* INSN_FIXTURE_H */
