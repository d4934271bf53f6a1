/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For the tests of pack: a folder to work in, the compiler, and a loader that
 * puts a patch into the test's own process, as the kernel module does it for
 * others. Criterion runs every test in a process of its own.
 */
#ifndef PACK_WORK_H
#define PACK_WORK_H

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pack.h"
#include "spm-file.h"

#define UNUSED __attribute__((unused))

static char work_dir[64];

static void work_begin(void)
{
	strcpy(work_dir, "/tmp/suture-unit-XXXXXX");
	cr_assert(mkdtemp(work_dir));
}

static void work_end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", work_dir);
	cr_expect_eq(system(command), 0);
}

/* A path in the folder; a few are valid at a time. */
static const char *work_path(const char *name)
{
	static char paths[16][256];
	static unsigned int next;
	char *path = paths[next++ % 16];

	snprintf(path, sizeof(paths[0]), "%s/%s", work_dir, name);
	return path;
}

__attribute__((format(printf, 1, 2)))
static void work_run(const char *fmt, ...)
{
	char command[4096], inside[4200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	snprintf(inside, sizeof(inside), "cd %s && %s", work_dir, command);
	cr_assert_eq(system(inside), 0, "failed: %s", command);
}

static void work_write(const char *name, const char *text)
{
	FILE *f = fopen(work_path(name), "w");

	cr_assert(f);
	cr_assert(fputs(text, f) >= 0);
	cr_assert_eq(fclose(f), 0);
}

/* A shared object of @text, with further compiler options. */
static UNUSED void work_target(const char *name, const char *text, const char *flags)
{
	char source[64];

	snprintf(source, sizeof(source), "%s.c", name);
	work_write(source, text);
	work_run("cc -O2 -g -shared -fPIC -Wl,--build-id -Wl,-soname,%s %s -o %s %s", name, flags,
		 name, source);
}

static const char *work_patch_flags(void)
{
	static char flags[4096];
	FILE *f = popen("env -u CFLAGS -u CPPFLAGS MAKEFLAGS= make -s -f " SUTURE_TOP "/patches/patch.mk flags",
			"r");

	cr_assert(f && fgets(flags, sizeof(flags), f));
	cr_assert_eq(pclose(f), 0);
	flags[strcspn(flags, "\n")] = '\0';
	return flags;
}

#define PATCH_HEAD "#include <suture/patch.h>\nSUTURE_PATCH(\"1.0\", \"a test\");\n#line 1\n"

/* patch.c (or .cc) of @text becomes patch.o. The text begins at line 1. */
static UNUSED void work_object(const char *text, const char *flags)
{
	char *whole;

	cr_assert(asprintf(&whole, PATCH_HEAD "%s", text) > 0);
	work_write("patch.c", whole);
	free(whole);
	work_run("cc %s %s -c -o patch.o patch.c", work_patch_flags(), flags);
}

struct work_pack {
	const char *debug, *needed, *output;
	const char *more, *more_debug;	/* a second target */
	char warnings[4096];
};

static void work_warn(void *ctx, const char *text)
{
	struct work_pack *how = ctx;

	snprintf(how->warnings, sizeof(how->warnings), "%s", text);
}

/* patch.o for the file @target becomes patch.spm; the error of suture_pack(). */
static int work_pack_file(const char *target, struct work_pack *how, struct suture_error *err)
{
	const char *object = work_path("patch.o");
	struct work_pack none = { 0 };
	char *targets[3] = { (char *)target }, *debugs[3] = { NULL };
	struct suture_pack_options opt = {
		.name = "test",
		.targets = targets,
		.objects = (char *const[]){ (char *)object, NULL },
		.nr_objects = 1,
		.warn = work_warn,
	};
	const char *needed;

	how = how ?: &none;
	opt.warn_ctx = how;
	opt.output = work_path(how->output ?: "patch.spm");
	opt.nr_targets = 1;
	if (how->more)
		targets[opt.nr_targets++] = (char *)work_path(how->more);
	if (how->debug)
		debugs[opt.nr_debugs++] = (char *)work_path(how->debug);
	if (how->more_debug)
		debugs[opt.nr_debugs++] = (char *)work_path(how->more_debug);
	opt.debugs = debugs;
	if (how->needed) {
		needed = *how->needed == '/' ? how->needed : work_path(how->needed);
		opt.needed = (char *const *)&needed;
		opt.nr_needed = 1;
	}
	return suture_pack(&opt, err);
}

static UNUSED int work_pack(const char *target, struct work_pack *how, struct suture_error *err)
{
	return work_pack_file(work_path(target), how, err);
}

/* It packs. */
#define work_packs(target, how) do { \
	struct suture_error work_err = { 0 }; \
	cr_assert_eq(work_pack(target, how, &work_err), 0, "%s", work_err.text); \
} while (0)

/* It does not, and the error says each of the given words. */
#define work_refuses(target, how, ...) do { \
	static const char *const work_words[] = { __VA_ARGS__ }; \
	struct suture_error work_err = { 0 }; \
	cr_assert_lt(work_pack(target, how, &work_err), 0, "was packed"); \
	for (size_t work_i = 0; work_i < sizeof(work_words) / sizeof(work_words[0]); work_i++) \
		cr_expect(strstr(work_err.text, work_words[work_i]), "no `%s' in: %s", \
			  work_words[work_i], work_err.text); \
	cr_expect(access(work_path("patch.spm"), F_OK), "an output was left behind"); \
} while (0)

/* Address and first bytes of a symbol, for SUTURE_..._AT. */
static UNUSED unsigned long address_of(const char *file, const char *symbol, char *bytes, size_t n)
{
	unsigned long addr = 0;
	char command[512];
	FILE *f;

	snprintf(command, sizeof(command), "nm %s | awk '$3 == \"%s\" { print $1 }'",
		 work_path(file), symbol);
	f = popen(command, "r");
	cr_assert(f && fscanf(f, "%lx", &addr) == 1);
	pclose(f);
	bytes[0] = '\0';
	snprintf(command, sizeof(command), "od -An -v -tx1 -j%lu -N%zu %s", addr, n,
		 work_path(file));
	f = popen(command, "r");
	for (unsigned int byte; f && n && fscanf(f, "%x", &byte) == 1;)
		sprintf(bytes + strlen(bytes), ", 0x%02x", byte);
	pclose(f);
	return addr;
}

/* ------------------------------------------------- a loader for one process */

struct inside {
	struct suture_spm *spm;
	uint8_t *base;				/* of the patch */
	uintptr_t objects[SUTURE_MAX_OBJECTS];	/* their bases */
	bool missing[SUTURE_MAX_OBJECTS];	/* is not mapped, and need not be */
};

struct find_base {
	const struct suture_object *object;
	uintptr_t base;
	bool found;
};

static int find_base(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct find_base *find = ctx;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		const void *id;
		size_t len;

		if (ph->p_type != PT_NOTE)
			continue;
		id = spm_find_note((void *)(info->dlpi_addr + ph->p_vaddr), ph->p_memsz, "GNU",
				   NT_GNU_BUILD_ID, &len);
		if (!id || len != find->object->build_id_len ||
		    memcmp(id, find->object->build_id, len))
			continue;
		find->base = info->dlpi_addr;
		find->found = true;
		return 1;
	}
	return 0;
}

/* Free address space for the patch, in reach of its target. */
static uint8_t *find_room(uintptr_t target, size_t size)
{
	for (uintptr_t at = (target & ~0xfffUL) + (16 << 20);; at += 1 << 20) {
		void *got = mmap((void *)at, size, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (got == (void *)at)
			return got;
		if (got != MAP_FAILED)
			munmap(got, size);
		cr_assert_lt(at - target, 1UL << 30, "no room for the patch");
	}
}

static void write_text(uint8_t *at, const uint8_t *bytes, size_t len)
{
	uintptr_t page = (uintptr_t)at & ~0xfffUL;
	size_t size = (uintptr_t)at + len - page;

	cr_assert_eq(mprotect((void *)page, size, PROT_READ | PROT_WRITE | PROT_EXEC), 0);
	memcpy(at, bytes, len);
	cr_assert_eq(mprotect((void *)page, size, PROT_READ | PROT_EXEC), 0);
}

/* A branch to @to in the place of the @len bytes of @old; what is left over is nops. */
static void write_branch(uint8_t *at, uint8_t opcode, const uint8_t *to, const uint8_t *old,
			 size_t old_len, size_t skip)
{
	uint8_t code[16] = { opcode, [5 ... 15] = 0x90 };
	int64_t far = to - (at + skip + 5);
	int32_t near = far;

	cr_assert_eq(near, far, "out of reach");
	cr_assert_eq(memcmp(at, old, old_len), 0, "other old bytes");
	memcpy(code + 1, &near, 4);
	write_text(at + skip, code, opcode == 0xe8 ? old_len : 5);
}

/* Maps patch.spm, fills its words, writes the jumps. Nothing of the objects but
 * the bytes that are replaced is looked at. With ANY_TARGET objects may be missing. */
static UNUSED void inside_apply(struct inside *in)
{
	struct suture_error err = { 0 };
	const struct spm_note *note;
	size_t size = 0;

	memset(in, 0, sizeof(*in));
	cr_assert_eq(suture_spm_open(work_path("patch.spm"), &in->spm, &err), 0, "%s", err.text);
	note = &in->spm->note;
	for (unsigned int i = 0; i < note->nr_objects; i++) {
		struct find_base find = { .object = &note->objects[i] };

		dl_iterate_phdr(find_base, &find);
		in->missing[i] = !find.found;
		cr_assert(find.found || (note->head->flags & SUTURE_NOTE_ANY_TARGET),
			  "object %u is not mapped", i);
		in->objects[i] = find.base;
	}
	for (unsigned int i = 0; i < in->spm->elf.nr_segments; i++)
		size = in->spm->elf.segments[i].vaddr + in->spm->elf.segments[i].memsz;
	size = (size + 4095) & ~4095UL;
	in->base = find_room(in->objects[in->missing[0]], size);
	for (unsigned int i = 0; i < in->spm->elf.nr_segments; i++) {
		const struct spm_segment *s = &in->spm->elf.segments[i];
		uint64_t start = s->vaddr & ~4095UL, skip = s->vaddr - start;
		uint64_t file_end = (skip + s->filesz + 4095) & ~4095UL;
		uint64_t end = (skip + s->memsz + 4095) & ~4095UL;
		int prot = (s->flags & PF_R ? PROT_READ : 0) | (s->flags & PF_W ? PROT_WRITE : 0) |
			   (s->flags & PF_X ? PROT_EXEC : 0);

		cr_assert_neq(mmap(in->base + start, file_end, prot, MAP_PRIVATE | MAP_FIXED,
				   in->spm->fd, s->offset - skip), MAP_FAILED);
		if (end > file_end)
			cr_assert_neq(mmap(in->base + start + file_end, end - file_end, prot,
					   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
				      MAP_FAILED);
		if (s->memsz > s->filesz)
			memset(in->base + s->vaddr + s->filesz, 0,
			       file_end - skip - s->filesz);
	}
	for (unsigned int i = 0; i < note->nr_relocs; i++) {
		const struct suture_reloc *r = &note->relocs[i];
		uintptr_t base = r->object == SUTURE_SELF ? (uintptr_t)in->base
							  : in->objects[r->object];

		if (r->object != SUTURE_SELF && in->missing[r->object])
			*(uint64_t *)(in->base + r->offset) = 0;
		else
			*(uint64_t *)(in->base + r->offset) = base + r->addend;
	}
	for (unsigned int i = 0; i < note->nr_funcs; i++) {
		const struct suture_func *f = &note->funcs[i];

		if (!in->missing[f->object])
			write_branch((uint8_t *)in->objects[f->object] + f->old_addr, 0xe9,
				     in->base + f->new_addr, f->old_bytes, f->old_len,
				     f->branch_at);
	}
	for (unsigned int i = 0; i < note->nr_sites; i++) {
		const struct suture_site *s = &note->sites[i];

		if (!in->missing[s->object])
			write_branch((uint8_t *)in->objects[s->object] + s->addr,
				     s->old_bytes[0] == 0xe9 ? 0xe9 : 0xe8,
				     in->base + s->new_addr, s->old_bytes, s->old_len, 0);
	}
}

static UNUSED void inside_revert(struct inside *in)
{
	const struct spm_note *note = &in->spm->note;

	for (unsigned int i = 0; i < note->nr_funcs; i++)
		if (!in->missing[note->funcs[i].object])
			write_text((uint8_t *)in->objects[note->funcs[i].object] +
				   note->funcs[i].old_addr, note->funcs[i].old_bytes,
				   note->funcs[i].old_len);
	for (unsigned int i = 0; i < note->nr_sites; i++)
		if (!in->missing[note->sites[i].object])
			write_text((uint8_t *)in->objects[note->sites[i].object] +
				   note->sites[i].addr, note->sites[i].old_bytes,
				   note->sites[i].old_len);
	suture_spm_close(in->spm);
}

static UNUSED void *work_dlopen(const char *name, int flags)
{
	void *lib = dlopen(work_path(name), flags);

	cr_assert(lib, "%s", dlerror());
	return lib;
}

#endif /* PACK_WORK_H */
